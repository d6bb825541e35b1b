"""Losses: what a scenario can name. The formulas are in ``kernels/loss.py``."""

from .row import Parameter, Registry, Row

LOSSES = Registry(
    "loss",
    (
        Row(
            "cross_entropy",
            "Minus the log of the probability given to the right class, averaged over the rows.",
        ),
        Row(
            "binary_cross_entropy",
            "Cross-entropy of each output on its own, as a yes-or-no question; averaged over rows and outputs.",
        ),
        Row("mse", "Squared error, averaged over rows and outputs."),
        Row("mae", "Absolute error, averaged over rows and outputs."),
        Row(
            "huber",
            "Squared error near the target and absolute error beyond a distance δ; averaged over rows and outputs.",
            (
                Parameter(
                    "huber_delta",
                    1.0,
                    "distance where squared turns to absolute",
                    low=0.0,
                    high=1e30,
                    exclusive_low=True,
                ),
            ),
            "Huber 1964",
        ),
        Row(
            "hinge",
            "Asks for a margin: max(0, 1 − t·a) with targets t = ±1 (0 is read as −1); averaged over rows and outputs.",
        ),
    ),
)
