"""What every unit answers over the plane of two inputs, or along the line of one; and the weights between units."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nntui_engine.scenario.settings import LaneSettings

from .projection import Window
from .regions import UNLIKE
from .request import LookRequest
from .samples import MOST_PRODUCTS, Floats, limits, products, some
from .units import PROBED, Units, units_of
from .weights import UnitWeights, unit_weights

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

SIDE = 24  # places along each side of a small picture
LARGE = 72  # and of a large one
POINTS = 64  # of a small curve
MOST_UNITS = 64  # of a layer that are drawn
MOST_INPUTS = 12
MOST_LAYERS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The inputs or one layer: ``pictures`` (units, rows, columns) of what each unit passes on, top row first; a curve
    (units, 1, points) for one input, (units, 1, 1) the mean over rows of data for more. ``weights`` (sources, units);
    None of the inputs."""

    pictures: Floats
    weights: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class Diagram:
    """The inputs, then every layer of the chosen lane; at most ``MOST_UNITS`` units of each."""

    columns: tuple[Column, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class UnitResponse:
    """What one unit passes on over a window of two inputs, ``picture`` (rows, columns) top row first, or along one
    input, (1, points); ``even`` and ``data`` as of Regions."""

    window: Window
    data: Window
    even: bool
    picture: Floats
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CloseUnit:
    """One unit: the weights into it, what it passes on over the inputs where there are one or two, and how all units
    do."""

    weights: UnitWeights
    response: UnitResponse | None
    units: Units


def is_small(settings: LaneSettings) -> bool:
    """Whether a network can be drawn as nodes with edges: a chain of few layers, with few inputs; and with few units
    where these are no pictures."""
    if not settings.is_chain or settings.inputs > MOST_INPUTS or len(settings.layers) > MOST_LAYERS:
        return False
    return settings.inputs <= 2 or all(layer.units <= MOST_INPUTS for layer in settings.layers)


def diagram(experiment: "Experiment", request: LookRequest) -> Diagram | None:
    """Every unit's answer over the inputs, and the weights between them."""
    from nntui_engine.analysis.inside import outputs_of_layers, probe_set

    lane = experiment.network.lanes[request.lane]
    settings, data = lane.settings, lane.data
    if not is_small(settings):
        return None
    shape = _shape(settings, SIDE, POINTS)
    rows = probe_set(experiment, request.lane, PROBED) if shape is None else _places(_window(data.x_train), shape)
    passed = outputs_of_layers(experiment, request.lane, rows)
    values = experiment.parameters(request.lane)
    weights = [None, *(np.asarray(values[f"{one.label}.weights"], dtype=np.float64) for one in settings.layers)]
    columns = []
    for out, into in zip(passed, weights, strict=True):
        flat = out.reshape(len(out), -1).T[:MOST_UNITS]
        small = flat.mean(axis=1)[:, None, None] if shape is None else flat.reshape(len(flat), *shape)
        columns.append(Column(small, None if into is None else into[:MOST_UNITS, :MOST_UNITS]))
    names = tuple(data.features) if len(data.features) == settings.inputs else ()
    return Diagram(tuple(columns), names or tuple(f"x{i + 1}" for i in range(settings.inputs)))


def close_unit(experiment: "Experiment", request: LookRequest) -> CloseUnit:
    """The chosen unit's weights and its answer over the inputs."""
    from nntui_engine.analysis.inside import outputs_of_layers

    lane = experiment.network.lanes[request.lane]
    into, everyone = unit_weights(experiment, request), units_of(experiment, request.lane)
    shape = _shape(lane.settings, LARGE, 4 * POINTS)
    if shape is None:
        return CloseUnit(into, None, everyone)
    window = _window(lane.data.x_train)
    out = outputs_of_layers(experiment, request.lane, _places(window, shape))[into.layer]
    picture = out.reshape(len(out), -1)[:, min(request.unit, out.shape[-1] - 1)].reshape(shape)
    (x0, x1), (y0, y1) = window
    even = len(shape) == 2 and shape[0] > 1 and 1.0 / UNLIKE <= (x1 - x0) / (y1 - y0) <= UNLIKE
    response = UnitResponse(window, window, even, picture, tuple(lane.data.features[:2]))
    return CloseUnit(into, response, everyone)


def _shape(settings: LaneSettings, side: int, points: int) -> tuple[int, int] | None:
    """Rows and columns of a picture, fewer for a large network; None where there are more than two inputs."""
    if settings.inputs == 1:
        return 1, points
    if settings.inputs > 2 or len(settings.shape) > 1:
        return None
    most = int(math.sqrt(MOST_PRODUCTS / max(1, products(settings))))
    return (max(8, min(side, most)),) * 2


def _window(x: Floats) -> Window:
    """What the pictures show of one or two inputs; of one the second part says nothing."""
    rows = x[some(len(x))]
    across = limits(rows[:, 0])
    return across, (limits(rows[:, 1]) if x.shape[1] > 1 else (0.0, 1.0))


def _places(window: Window, shape: tuple[int, int]) -> Floats:
    """The inputs (rows·columns, 1 or 2) at the places of a picture, from the top left on."""
    (x0, x1), (y0, y1) = window
    xs = np.linspace(x0, x1, shape[1])
    if shape[0] == 1:
        return xs[:, None]
    ys = np.linspace(y1, y0, shape[0])
    return np.column_stack([np.tile(xs, len(ys)), np.repeat(ys, len(xs))])
