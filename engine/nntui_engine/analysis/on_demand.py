"""Statistics that are worked out only when asked for, because they cost more than a training step.

Their names and formulas are in ``statistics.ON_DEMAND_STATISTICS``; ``MEASURES`` has the function of (experiment, lane
index) for each.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..experiment import Experiment
from ..layout.graph import graph_of, multiply_adds, owned
from ..scenario.settings import LaneSettings
from .correlation import gradient_correlation
from .curvature import second_eigenvalue, sharpness, smallest_eigenvalue

Measure = Callable[[Experiment, int], float]

SPREAD_SAMPLES = 100
_FAR = 3.0  # how much further from the middle than the data the "outside" points are
_MOST_CHECKED = 200  # parameters whose gradient is checked


@dataclass(frozen=True, slots=True)
class Operations:
    """Multiplications of one row's pass through the dense layers, for the loss and its gradient.

    ``forward``: the outputs. ``reverse``: all partial derivatives by backpropagation, the outputs included: each layer
    multiplies once more for ∂L/∂W and, but for the first, once more for ∂L/∂ of its inputs. ``forward_mode``: the same
    derivatives by one tangent pass per parameter, each as long as the forward pass, the outputs included.
    """

    forward: int
    reverse: int
    forward_mode: int


def operations(settings: LaneSettings) -> Operations:
    """Multiplications of a lane's network (batch norm and activations left out)."""
    graph = graph_of(settings)
    sizes = multiply_adds(graph)[1:]
    forward = sum(sizes)
    parameters = sum(block.size for own in owned(graph) for block in own if block.measured)
    return Operations(forward, 2 * forward + sum(sizes[1:]), forward * (parameters + 1))


def prediction_spread(experiment: Experiment, lane: int, stretch: float = 1.0, samples: int = SPREAD_SAMPLES) -> float:
    """Mean standard deviation of the outputs over ``samples`` passes with dropout on (Gal & Ghahramani 2016).

    Taken at the held-out rows (the training rows if none are held out), ``stretch`` times as far from their middle.
    """
    data = experiment.network.lanes[lane].data
    x = data.x_validation if len(data.x_validation) else data.x_train
    middle = x.mean(axis=0)
    x = middle + stretch * (x - middle)
    outputs = np.stack([experiment.predict(x, lane, sample) for sample in range(samples)])
    return float(outputs.std(axis=0).mean())


def backprop_error(experiment: Experiment, lane: int) -> float:
    """Largest |g − difference| / max(1e-8, |g| + |difference|) over (up to 200 of) the parameters.

    Taken on the next mini-batch. The difference is centred, with a step of 1e-5: made for float64.
    """
    gradients = experiment.gradients(lane)
    values = {name: value for name, value in experiment.parameters(lane).items() if name in gradients}
    places = [(name, at) for name, value in values.items() for at in np.ndindex(value.shape)]
    worst = 0.0
    for name, at in places[:: max(1, len(places) // _MOST_CHECKED)]:
        losses = []
        for step in (1e-5, -1e-5):
            moved = values[name].copy()
            moved[at] += step
            experiment.network.set_parameters(lane, {name: moved})
            losses.append(experiment.loss(lane) + experiment.penalty(lane))
        experiment.network.set_parameters(lane, {name: values[name]})
        difference = (losses[0] - losses[1]) / 2e-5
        gradient = float(gradients[name][at])
        worst = max(worst, abs(gradient - difference) / max(1e-8, abs(gradient) + abs(difference)))
    return worst


def rate_against_sharpness(experiment: Experiment, lane: int) -> float:
    """lr·sharpness / 2 with the scenario's rate: above 1, plain gradient descent on all rows cannot settle."""
    return float(experiment.lanes[lane].settings.optimizer_parameters["lr"]) * sharpness(experiment, lane) / 2.0


def _count(kind: str) -> Measure:
    return lambda experiment, lane: float(getattr(operations(experiment.network.lanes[lane].settings), kind))


# One function for each row of ``statistics.ON_DEMAND_STATISTICS``
MEASURES: dict[str, Measure] = {
    "operations_forward": _count("forward"),
    "operations_reverse": _count("reverse"),
    "operations_forward_mode": _count("forward_mode"),
    "backprop_error": backprop_error,
    "sharpness": sharpness,
    "lr_sharpness": rate_against_sharpness,
    "second_hessian_eigenvalue": second_eigenvalue,
    "smallest_hessian_eigenvalue": smallest_eigenvalue,
    "prediction_spread": prediction_spread,
    "prediction_spread_outside": lambda experiment, lane: prediction_spread(experiment, lane, _FAR),
    "gradient_correlation": gradient_correlation,
}
# … and on a surface
SURFACE_MEASURES: dict[str, Measure] = {
    "highest_value": lambda experiment, lane: experiment.surface.lanes[lane].highest_value,
}
