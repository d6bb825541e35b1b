"""Every number of one backward pass through a tiny network, beside the difference that checks it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ..errors import InputError
from ..scenario.settings import LaneSettings

if TYPE_CHECKING:  # the lab's screen asks can_trace before the compiled code is loaded
    from ..experiment import Experiment

MOST_UNITS = 12
MOST_NUMBERS = 120  # weights and biases
BIAS = -1  # in place of the input that a weight comes from
STEP = {"float64": 1e-5, "float32": 5e-3}  # of the centred difference; a smaller one drowns in float32's rounding


@dataclass(frozen=True, slots=True)
class Node:
    """One unit (0-based) of a layer (1-based) on the first row of the mini-batch: z, a = f(z) and δ = ∂L/∂z."""

    layer: int
    unit: int
    z: float
    a: float
    delta: float


@dataclass(frozen=True, slots=True)
class Weight:
    """One weight from ``source`` (0-based; BIAS for the unit's bias) to a unit: its value, ∂(loss + penalty)/∂w (as
    :meth:`Experiment.gradients`), and the centred difference (L(w + h) − L(w − h)) / 2h."""

    layer: int
    source: int
    unit: int
    value: float
    gradient: float
    difference: float


@dataclass(frozen=True, slots=True)
class Trace:
    """One pass on the next mini-batch of ``rows`` rows: ``inputs`` and ``targets`` are those of its first row, ``loss``
    the mean over all of them; every δ holds the 1/rows of that mean."""

    rows: int
    inputs: tuple[float, ...]
    targets: tuple[float, ...]
    loss: float
    nodes: tuple[Node, ...]
    weights: tuple[Weight, ...]


def can_trace(settings: LaneSettings) -> bool:
    """Whether a network is a chain of dense layers small enough to be written out, has no batch norm (which mixes the
    rows) and no threshold unit (whose learning rule is no derivative)."""
    if not settings.is_chain:
        return False
    widths = [settings.inputs, *(layer.units for layer in settings.layers)]
    numbers = sum((a + 1) * b for a, b in pairwise(widths))
    plain = not settings.batch_norm_inputs and all(layer.batch_norm == "none" for layer in settings.layers)
    plain = plain and all(layer.activation != "threshold" for layer in settings.layers)
    return plain and sum(widths[1:]) <= MOST_UNITS and numbers <= MOST_NUMBERS


def trace(experiment: "Experiment", lane: int = 0) -> Trace:
    """The pass that the next step of a lane will make. Changes nothing. Raises InputError if :func:`can_trace` says no.

    A unit's δ is the sum over the next layer's δ times the weights there, times f′(z); a weight's gradient is the sum
    over the rows of its unit's δ times what came in (Rumelhart, Hinton & Williams 1986).
    """
    from ..kernels import columns as c

    settings = experiment.network.lanes[lane].settings
    if not can_trace(settings):
        raise InputError(
            f"a pass can be written out for plain chains of dense layers of at most {MOST_UNITS} units, without batch "
            "norm or threshold"
        )
    loss = experiment.loss(lane)
    gradients = experiment.gradients(lane)
    arena = experiment.network.arena
    pool, in_layers = arena.pool, arena.nodes[lane, 1:]

    def row(numbers: NDArray[Any], at: int, size: int) -> tuple[float, ...]:
        return tuple(float(value) for value in numbers[at : at + size])

    inputs = row(*arena.first_row(lane), settings.inputs)
    targets = row(*arena.first_target(lane), settings.outputs)
    nodes = []
    for layer, place in zip(settings.layers, in_layers, strict=False):
        parts = [row(pool, int(place[column]), layer.units) for column in (c.N_Z, c.N_A, c.N_DELTA)]
        nodes += [Node(layer.index, unit, *numbers) for unit, numbers in enumerate(zip(*parts, strict=True))]
    rows = int(arena.ints[lane, c.I_BATCH_ROWS])
    values = experiment.parameters(lane)
    weights = []
    for layer in settings.layers:
        for unit in range(layer.units):
            places: list[tuple[str, tuple[int, ...], int]] = [(f"{layer.label}.biases", (unit,), BIAS)]
            names = f"{layer.label}.weights"
            places += [(names, (source, unit), source) for source in range(values[names].shape[0])]
            for name, at, source in places:
                difference = _difference(experiment, lane, name, values[name], at, STEP[settings.dtype])
                value, gradient = float(values[name][at]), float(gradients[name][at])
                weights.append(Weight(layer.index, source, unit, value, gradient, difference))
    return Trace(rows, inputs, targets, loss, tuple(nodes), tuple(weights))


def _difference(
    experiment: "Experiment", lane: int, name: str, value: NDArray[Any], at: tuple[int, ...], step: float
) -> float:
    """(L(w + h) − L(w − h)) / 2h of one number, which is put back to the bit."""
    ends, losses = [], []
    try:
        for signed in (step, -step):
            moved = value.copy()
            moved[at] += signed
            ends.append(float(moved[at]))
            experiment.network.set_parameters(lane, {name: moved})
            losses.append(experiment.loss(lane) + experiment.penalty(lane, in_gradient=True))
    finally:
        experiment.network.set_parameters(lane, {name: value})
    return (losses[0] - losses[1]) / (ends[0] - ends[1])
