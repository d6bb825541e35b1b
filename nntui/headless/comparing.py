"""Two records beside each other: what was set otherwise, how they came out, and where their numbers part."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.headless.parting import Parting, common_columns, side_by_side
from nntui.headless.settings_document import settings_document
from nntui_engine.errors import InputError
from nntui_engine.record.source import RecordSource
from nntui_engine.registry.statistic import EVALUATION_STATISTICS, SURFACE_BY_NAME, WHOLE_STATISTICS
from nntui_engine.run.snapshot import LaneSnapshot
from nntui_engine.tasks.network_lane import NetworkLane

Array = NDArray[np.float64]
OUTCOME = tuple(row.name for row in (*EVALUATION_STATISTICS, *WHOLE_STATISTICS))


@dataclass(frozen=True, slots=True)
class Difference:
    """What one of two has otherwise: ``key`` says what; None where one has no such thing."""

    key: str
    first: Any
    second: Any


Head = tuple[str, str, tuple[Difference, ...], tuple[Difference, ...]]  # what every comparison of lanes begins with


@dataclass(frozen=True, slots=True)
class LayerDifference:
    """Where a statistic of layers differs most: in units of its root mean square over both runs (``size``)."""

    statistic: str
    layer: str
    step: int
    first: float
    second: float
    size: float


@dataclass(frozen=True, slots=True)
class Farthest:
    """Where two paths are farthest apart: (x, y) of both."""

    step: int
    first: tuple[float, float]
    second: tuple[float, float]
    distance: float


@dataclass(frozen=True, slots=True)
class LaneComparison:
    """Two lanes. ``same_steps``: so many steps from the first on have the same numbers, to the bit; ``parts_at``: the
    first step that both measured and that differs; None without one."""

    first: str
    second: str
    settings: tuple[Difference, ...]
    outcome: tuple[Difference, ...]
    same_steps: int
    parts_at: int | None


@dataclass(frozen=True, slots=True)
class NetworkComparison(LaneComparison):
    """Two networks. ``losses_part_at``: the first step whose loss differs."""

    losses_part_at: int | None
    layers: tuple[LayerDifference, ...]


@dataclass(frozen=True, slots=True)
class RaceComparison(LaneComparison):
    """Two paths. ``paths_part_at``: the first step at which they are at two places; ``farthest``: None if they never
    are."""

    paths_part_at: int | None
    farthest: Farthest | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A record beside another: the lanes that both have, and the names of those that only one has."""

    lanes: tuple[LaneComparison, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


def compared(first: RecordSource, second: RecordSource) -> Comparison:
    """Lanes of the same name beside each other; where each record has one lane, those two.

    Raises InputError where one is of a race and the other of networks.
    """
    if first.is_race != second.is_race:
        race, networks = (first, second) if first.is_race else (second, first)
        raise InputError(f"{race.path}: is the record of a race on a surface, and {networks.path} is of networks")
    names = [[lane.name for lane in one.lanes] for one in (first, second)]
    if len(names[0]) == len(names[1]) == 1:
        pairs = [(0, 0)]
    else:
        pairs = [(place, names[1].index(name)) for place, name in enumerate(names[0]) if name in names[1]]
    lanes = tuple(_lanes(first, a, second, b) for a, b in pairs)
    used = [{pair[which] for pair in pairs} for which in (0, 1)]
    only = [tuple(name for at, name in enumerate(names[which]) if at not in used[which]) for which in (0, 1)]
    return Comparison(lanes, *only)


def _lanes(first: RecordSource, a: int, second: RecordSource, b: int) -> LaneComparison:
    lanes = first.lanes[a], second.lanes[b]
    snapshots = first.snapshot().lanes[a], second.snapshot().lanes[b]
    settings = [dict(_flat(settings_document(one.settings))) for one in snapshots]
    outcomes = [_race_outcome(one) if first.is_race else _outcome(one) for one in snapshots]
    changed = tuple(_differences(settings[0], settings[1]))
    outcome = tuple(_differences(outcomes[0], outcomes[1], all_of_them=True))
    parts = _paths if first.is_race else _networks
    return parts((lanes[0].name, lanes[1].name, changed, outcome), first, a, second, b)


def _outcome(lane: LaneSnapshot) -> dict[str, Any]:
    return {"step": lane.step, **{name: lane.whole[name] for name in OUTCOME if _known(lane, name)}}


def _known(lane: LaneSnapshot, name: str) -> bool:
    """Whether a lane has a statistic; of the record of another framework some were never measured."""
    return name in lane.whole and (name == "loss" or lane.network.facts.rows > 0 or not math.isnan(lane.whole[name]))


def _race_outcome(lane: LaneSnapshot) -> dict[str, Any]:
    known = [name for name in SURFACE_BY_NAME if name != "distance" or len(lane.surface.minima)]
    return {"step": lane.step, "state": lane.state, **{name: lane.whole[name] for name in known}}


def _flat(table: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of nested tables; layers are numbered from 1."""
    if isinstance(table, Mapping):
        for key, value in table.items():
            if key != "index":
                yield from _flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(table, list) and any(isinstance(one, Mapping) for one in table):
        for at, value in enumerate(table, start=1):
            yield from _flat(value, f"{path}.{at}")
    else:
        yield path, table


def _differences(
    first: Mapping[str, Any], second: Mapping[str, Any], all_of_them: bool = False
) -> Iterator[Difference]:
    for key in dict.fromkeys((*first, *second)):
        one, other = first.get(key), second.get(key)
        if all_of_them or one != other:
            yield Difference(key, one, other)


def _networks(head: Head, first: RecordSource, a: int, second: RecordSource, b: int) -> NetworkComparison:
    common = common_columns(first, a, second, b)
    parting, largest = Parting([common.index("loss")]), _Largest(len(common))
    for some in side_by_side(first, a, second, b):
        parting.take(some)
        largest.take(some.steps, some.x, some.y)
    lane = first.lanes[a]
    assert isinstance(lane, NetworkLane)
    layers = tuple(largest.by_statistic(common, [info.name for info in lane.infos]))
    return NetworkComparison(*head, parting.same, parting.at, parting.chosen_at, layers)


def _paths(head: Head, first: RecordSource, a: int, second: RecordSource, b: int) -> RaceComparison:
    common = common_columns(first, a, second, b)
    places = [common.index("x"), common.index("y")]
    parting, farthest = Parting(places), None
    for some in side_by_side(first, a, second, b):
        parting.take(some)
        farthest = _farther(farthest, some.steps, some.x[:, places], some.y[:, places])
    return RaceComparison(*head, parting.same, parting.at, parting.chosen_at, farthest)


def _farther(so_far: Farthest | None, steps: Array, one: Array, other: Array) -> Farthest | None:
    """The farther of what was found so far, and of these steps (m,) with both's places (m, 2)."""
    with np.errstate(over="ignore", invalid="ignore"):
        apart = np.hypot(*(one - other).T)
    apart = np.where(np.isfinite(apart), apart, 0.0)
    at = int(np.argmax(apart)) if len(apart) else 0
    if not len(apart) or apart[at] <= (0.0 if so_far is None else so_far.distance):
        return so_far
    (x, y), (u, v) = one[at].tolist(), other[at].tolist()
    return Farthest(int(steps[at]), (x, y), (u, v), float(apart[at]))


class _Largest:
    """Of each column the largest difference so far, and where."""

    def __init__(self, width: int) -> None:
        self._difference, self._squares, self._count = np.zeros(width), np.zeros(width), np.zeros(width)
        self._where = np.zeros((width, 3))  # the step and both values

    def take(self, steps: Array, x: Array, y: Array) -> None:
        """Some steps (m,), and the values of both (m, width)."""
        if not len(steps):
            return
        finite = np.isfinite(x) & np.isfinite(y)
        with np.errstate(over="ignore", invalid="ignore"):
            apart = np.where(finite, np.abs(x - y), 0.0)
            self._squares += np.where(finite, x * x + y * y, 0.0).sum(axis=0)
        self._count += 2 * finite.sum(axis=0)
        at, columns = apart.argmax(axis=0), np.arange(apart.shape[1])
        larger = apart[at, columns] > self._difference
        self._difference = np.where(larger, apart[at, columns], self._difference)
        found = np.column_stack([steps[at], x[at, columns], y[at, columns]])
        self._where = np.where(larger[:, None], found, self._where)

    def by_statistic(self, names: list[str], layers: list[str]) -> list[LayerDifference]:
        """Of each statistic of layers where it differs most, the largest first; none of what is the same."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            sizes = np.nan_to_num(self._difference / np.sqrt(self._squares / self._count))
        best: dict[str, LayerDifference] = {}
        for column, name in enumerate(names):
            statistic, _, number = name.partition("/")
            if not number or not sizes[column]:
                continue
            step, one, other = self._where[column].tolist()
            found = LayerDifference(statistic, layers[int(number) - 1], int(step), one, other, float(sizes[column]))
            if statistic not in best or found.size > best[statistic].size:
                best[statistic] = found
        return sorted(best.values(), key=lambda one: -one.size)
