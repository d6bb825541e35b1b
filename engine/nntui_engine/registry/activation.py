"""Activation functions φ(z): what a scenario can name. The formulas are in ``kernels/activation.py``."""

from dataclasses import dataclass

from .row import Parameter, Registry, Row


@dataclass(frozen=True, slots=True)
class Activation(Row):
    """An activation, and what is asked of it in several places.

    ``rectifies``: 0 and flat below 0, so that a unit whose inputs all lie there gets no gradient. ``falls_silent``: can
    be exactly 0 on every row of a set. ``squashes``: flat at both ends.
    """

    rectifies: bool = False
    falls_silent: bool = False
    squashes: bool = False


ACTIVATIONS = Registry(
    "activation",
    (
        Activation("linear", "Passes its input on unchanged: φ(z) = z."),
        Activation(
            "sigmoid",
            "Squashes to (0, 1); its slope is at most 1/4, so deep stacks lose their gradient.",
            squashes=True,
        ),
        Activation("tanh", "Squashes to (−1, 1), centred on 0; its slope is at most 1.", squashes=True),
        Activation(
            "relu",
            "Zero for negative input, unchanged for positive: max(0, z). Units can die.",
            source="Nair & Hinton 2010",
            rectifies=True,
            falls_silent=True,
        ),
        Activation(
            "leaky_relu",
            "ReLU with a small slope α for negative input, so that a unit never dies.",
            (Parameter("alpha", 0.01, "slope for negative input", low=0.0, high=1.0),),
            "Maas et al. 2013",
        ),
        Activation(
            "prelu",
            "Leaky ReLU whose slope α is learned, one for each layer.",
            (Parameter("alpha", 0.25, "slope for negative input at the start", low=-10.0, high=10.0),),
            "He et al. 2015",
        ),
        Activation(
            "elu",
            "Smooth for negative input: α(eᶻ − 1), which pulls the mean activation towards 0.",
            (Parameter("alpha", 1.0, "value approached for very negative input, negated", low=0.0, high=10.0),),
            "Clevert et al. 2016",
        ),
        Activation(
            "selu",
            "ELU scaled so that activations keep mean 0 and variance 1 from layer to layer.",
            source="Klambauer et al. 2017",
        ),
        Activation(
            "gelu",
            "The input times the chance that a standard normal is below it: z·Φ(z).",
            source="Hendrycks & Gimpel 2016",
        ),
        Activation("silu", "The input times its sigmoid: z·σ(z); called swish too.", source="Elfwing et al. 2018"),
        Activation("softplus", "A smooth ReLU: ln(1 + eᶻ).", source="Dugas et al. 2001"),
        Activation(
            "threshold",
            "A hard step: 1 for z ≥ 0, else 0. Its slope is taken as 1, which gives the perceptron rule.",
            source="Rosenblatt 1958",
            falls_silent=True,
        ),
        Activation(
            "softmax",
            "Turns the outputs of a row into shares that sum to 1. Output layer only.",
        ),
    ),
)

HIDDEN_ACTIVATIONS = tuple(name for name in ACTIVATIONS if name != "softmax")
