"""What some panels show of a network beyond its statistics: worked out between two launches, for what is on screen."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nntui_engine.data.dataset import LaneData
from nntui_engine.scenario.checks import NARROWEST_SHARE, NARROWEST_WINDOW
from nntui_engine.scenario.settings import LaneSettings

from .plotting.close import Band, Curves, Paths, Regions, Spread, UnitWeights

if TYPE_CHECKING:
    from nntui_engine.analysis.trace import Trace
    from nntui_engine.experiment import Experiment

Floats = NDArray[np.float64]
MOST_PRODUCTS = 4e7  # multiplications in one look: some tens of milliseconds
MOST_ROWS = 2000  # points kept for a picture
REGION_COLUMNS, REGION_ROWS = 128, 96
CURVE_POINTS = 240
SAMPLES = 20  # passes with dropout on
FAR = 3.0
FURTHEST = 1e30  # from 0, of what an axis shows
SHORTEST_WAIT = 0.25  # seconds between two looks while it trains
SHARE = 0.1  # of the time at most for looking


@dataclass(frozen=True, slots=True)
class Wish:
    """The panels on screen that need a closer look, the chosen lane, and a unit (0-based) of a layer (1-based)."""

    names: tuple[str, ...] = ()
    lane: int = 0
    layer: int = 1
    unit: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Closeup:
    """What was seen at ``step``: one entry a panel, None where it does not apply."""

    wish: Wish
    step: int
    seconds: float = 0.0
    parts: Mapping[str, Any] = field(default_factory=dict)


def take_closeup(experiment: "Experiment", wish: Wish) -> Closeup:
    """Everything wished for, now."""
    began = time.perf_counter()
    wish = Wish(wish.names, min(wish.lane, len(experiment.lanes) - 1), wish.layer, wish.unit)
    parts = {name: LOOKS[name](experiment, wish) for name in wish.names if name in LOOKS}
    return Closeup(wish, int(experiment.step), time.perf_counter() - began, parts)


class Looker:
    """Takes closeups: at once for a new wish, else now and then while the network changes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.wish = Wish()
        self.newest: Closeup | None = None
        self._clock = clock
        self._taken_at = -math.inf
        self._stale = True

    def ask(self, wish: Wish) -> None:
        """Look for this from now on, and at once."""
        self.wish, self._stale = wish, True
        self._taken_at = -math.inf

    def changed(self) -> None:
        """The network is no longer what it was."""
        self._stale = True

    @property
    def due(self) -> bool:
        """Whether to look again now."""
        if not self.wish.names or not self._stale:
            return False
        cost = 0.0 if self.newest is None else self.newest.seconds
        return self._clock() - self._taken_at >= max(SHORTEST_WAIT, cost / SHARE)

    def look(self, experiment: "Experiment") -> None:
        """Take the closeup that is wished for, whether it is due or not."""
        self.newest = take_closeup(experiment, self.wish)
        self._stale, self._taken_at = False, self._clock()


def limits(*parts: Floats) -> tuple[float, float]:
    """The range of all values with a margin of a twelfth on both sides; never too wide or narrow for an axis."""
    values = np.clip(np.concatenate([part[np.isfinite(part)] for part in parts]), -FURTHEST, FURTHEST)
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    least = max(NARROWEST_WINDOW, NARROWEST_SHARE * max(abs(low), abs(high)))
    margin = (high - low) / 12 if high - low >= least else max(1.0, least)
    return low - margin, high + margin


def _products(settings: LaneSettings) -> int:
    widths = [settings.inputs, *(layer.units for layer in settings.layers)]
    return int(sum(a * b for a, b in pairwise(widths)))


def _some(count: int) -> NDArray[np.int64]:
    """At most MOST_ROWS rows of ``count``, evenly spread."""
    return np.unique(np.linspace(0, max(0, count - 1), min(count, MOST_ROWS)).astype(np.int64))


def look_regions(experiment: "Experiment", wish: Wish) -> Regions | None:
    """The network's answer on a grid around its data, for two inputs."""
    lane = experiment.network.lanes[wish.lane]
    settings, data = lane.settings, lane.data
    if settings.inputs != 2 or data.task == "multilabel":
        return None
    window = tuple(limits(data.x_train[:, i], data.x_validation[:, i]) for i in (0, 1))
    coarse = max(1.0, math.sqrt(REGION_COLUMNS * REGION_ROWS * _products(settings) / MOST_PRODUCTS))
    xs = np.linspace(*window[0], max(8, int(REGION_COLUMNS / coarse)))
    ys = np.linspace(*window[1], max(8, int(REGION_ROWS / coarse)))
    points = np.column_stack([np.tile(xs, len(ys)), np.repeat(ys, len(xs))])
    outputs = experiment.predict(points, wish.lane)
    train, held = _some(len(data.x_train)), _some(len(data.x_validation))
    targets = np.concatenate([data.t_train[train], data.t_validation[held]])
    everything = np.concatenate([data.t_train, data.t_validation])
    kind, sureness = classified(outputs, everything, settings)
    kinds, _ = classified(targets, everything, settings)
    names = _class_names(data, everything.shape[1]) if settings.accuracy != "none" else ("low", "high")
    shape = (len(ys), len(xs))
    return Regions(
        window=(window[0], window[1]),
        kind=kind.reshape(shape)[::-1],
        sureness=sureness.reshape(shape)[::-1],
        points=np.concatenate([data.x_train[train], data.x_validation[held]]),
        kinds=kinds,
        held_out=np.arange(len(train) + len(held)) >= len(train),
        names=names,
        features=tuple(data.features[:2]),
    )


def classified(outputs: Floats, targets: Floats, settings: LaneSettings) -> tuple[NDArray[np.int64], Floats]:
    """The class that each row of ``outputs`` (n, k) stands for (−1 where not finite), and how sure it is, 0 to 1.

    A single output is compared with the lane's threshold; where nothing is classified, with the middle of the targets.
    """
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(outputs).all(axis=1))
    if outputs.shape[1] == 1:
        low, high = float(targets.min()), float(targets.max())
        threshold = settings.accuracy_threshold if settings.accuracy == "threshold" else (low + high) / 2
        value = np.where(finite, outputs[:, 0], threshold)
        kind = (value > threshold).astype(np.int64)
        room = np.where(kind == 1, high - threshold, threshold - low)
        sureness = np.abs(value - threshold) / np.maximum(room, 1e-12)
    else:
        value = np.where(finite[:, None], outputs, 0.0)
        kind = np.asarray(value.argmax(axis=1), dtype=np.int64)
        ordered = np.sort(value, axis=1)
        sureness = ordered[:, -1] - ordered[:, -2]
    return np.where(finite, kind, np.int64(-1)), np.clip(sureness, 0.0, 1.0)


def _class_names(data: LaneData, outputs: int) -> tuple[str, ...]:
    count = max(2, outputs)
    return tuple(data.classes) if len(data.classes) == count else tuple(str(i) for i in range(count))


def look_curve(experiment: "Experiment", wish: Wish) -> Curves | None:
    """Every lane's answer along its only input, and the data of the chosen lane."""
    chosen = experiment.network.lanes[wish.lane]
    data = chosen.data
    if chosen.settings.inputs != 1:
        return None
    low, high = limits(data.x_train, data.x_validation)
    xs = np.linspace(low, high, CURVE_POINTS)
    bands = []
    for index, lane in enumerate(experiment.network.lanes):
        if lane.data.split_key != data.split_key:
            continue
        middle = experiment.predict(xs[:, None], index)[:, 0]
        bottom = top = middle
        if is_unsure(lane.settings) and _products(lane.settings) * CURVE_POINTS * SAMPLES <= MOST_PRODUCTS:
            samples = np.stack([experiment.predict(xs[:, None], index, i)[:, 0] for i in range(SAMPLES)])
            spread = samples.std(axis=0)
            bottom, top = middle - spread, middle + spread
        bands.append(Band(index, lane.name, bottom, middle, top))
    train, held = _some(len(data.x_train)), _some(len(data.x_validation))
    return Curves(
        xs,
        tuple(bands),
        np.column_stack([data.x_train[train, 0], data.t_train[train, 0]]),
        np.column_stack([data.x_validation[held, 0], data.t_validation[held, 0]]),
        data.features[0] if data.features else "x",
    )


def look_trace(experiment: "Experiment", wish: Wish) -> "Trace | None":
    """Every number of the next backward pass of a tiny network."""
    from nntui_engine.analysis.trace import can_trace, trace

    return trace(experiment, wish.lane) if can_trace(experiment.network.lanes[wish.lane].settings) else None


def look_weights(experiment: "Experiment", wish: Wish) -> UnitWeights:
    """The weights into one unit."""
    lane = experiment.network.lanes[wish.lane]
    layer = min(max(1, wish.layer), len(lane.settings.layers))
    values = experiment.parameters(wish.lane)
    weights = np.asarray(values[f"{layer}.weights"], dtype=np.float64)
    unit = min(wish.unit, weights.shape[1] - 1)
    names = tuple(lane.data.features) if layer == 1 else ()
    bias = float(values[f"{layer}.biases"][unit])
    return UnitWeights(layer, len(lane.settings.layers), unit, weights.shape[1], weights[:, unit], bias, names)


def look_paths(experiment: "Experiment", wish: Wish) -> Paths:
    """The weights into the chosen unit, in every lane that has such a unit."""
    chosen = look_weights(experiment, wish)
    found = {}
    for index, lane in enumerate(experiment.network.lanes):
        weights = experiment.parameters(index).get(f"{chosen.layer}.weights")
        if weights is not None and weights.shape[0] == len(chosen.weights) and weights.shape[1] > chosen.unit:
            found[lane.name] = np.asarray(weights[:, chosen.unit], dtype=np.float64)
    return Paths(chosen.layer, chosen.layers, chosen.unit, found, chosen.names)


def is_unsure(settings: LaneSettings) -> bool:
    """Whether two passes with dropout on can differ."""
    layers = any(layer.dropout > 0.0 for layer in settings.layers)
    return layers or settings.input_dropout > 0.0 or settings.dropconnect > 0.0


def look_spread(experiment: "Experiment", wish: Wish) -> tuple[Spread, ...]:  # noqa: ARG001
    """How far the outputs of each lane with dropout vary from pass to pass, at its data and far from them."""
    from nntui_engine.analysis.asked import prediction_spread

    found = []
    for index, lane in enumerate(experiment.network.lanes):
        if is_unsure(lane.settings):
            at, away = (prediction_spread(experiment, index, stretch, SAMPLES) for stretch in (1.0, FAR))
            found.append(Spread(index, lane.name, at, away))
    return tuple(found)


# What each panel of plotting/close_panels.py needs to see
LOOKS: dict[str, Callable[["Experiment", Wish], object]] = {
    "decision_regions": look_regions,
    "prediction_curve": look_curve,
    "backward_pass": look_trace,
    "unit_weights": look_weights,
    "prediction_spread": look_spread,
    "coefficient_paths": look_paths,
}
