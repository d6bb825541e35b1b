"""Two records beside each other: what was set otherwise, how they came out, and where their numbers part."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.headless.record_rows import STEPWISE, Beside
from nntui.headless.settings_document import settings_document
from nntui_engine.record.about import columns_of
from nntui_engine.record.source import RecordSource
from nntui_engine.registry.statistic import EVALUATION_STATISTICS, WHOLE_STATISTICS
from nntui_engine.tasks.network_lane import NetworkLane

Array = NDArray[np.float64]
OUTCOME = tuple(row.name for row in (*EVALUATION_STATISTICS, *WHOLE_STATISTICS))


@dataclass(frozen=True, slots=True)
class Difference:
    """What one of two has otherwise: ``key`` says what; None where one has no such thing."""

    key: str
    first: Any
    second: Any


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
class LaneComparison:
    """Two lanes. ``same_steps``: so many steps from the first on have the same numbers, to the bit; ``parts_at``: the
    first step that both measured and that differs, ``losses_part_at`` the first whose loss does; None without one."""

    first: str
    second: str
    settings: tuple[Difference, ...]
    outcome: tuple[Difference, ...]
    same_steps: int
    parts_at: int | None
    losses_part_at: int | None
    layers: tuple[LayerDifference, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A record beside another: the lanes that both have, and the names of those that only one has."""

    lanes: tuple[LaneComparison, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


def compared(first: RecordSource, second: RecordSource) -> Comparison:
    """Lanes of the same name beside each other; where each record has one lane, those two."""
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
    outcomes = [
        {"step": one.step, **{name: one.whole[name] for name in OUTCOME if name in one.whole}} for one in snapshots
    ]
    changed = tuple(_differences(settings[0], settings[1]))
    outcome = tuple(_differences(outcomes[0], outcomes[1], all_of_them=True))
    return LaneComparison(lanes[0].name, lanes[1].name, changed, outcome, *_numbers(first, a, second, b))


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


def _numbers(
    first: RecordSource, a: int, second: RecordSource, b: int
) -> tuple[int, int | None, int | None, tuple[LayerDifference, ...]]:
    """How many steps are the same, the first that is not, the first with another loss, and where layers differ most."""
    lanes = first.lanes[a], second.lanes[b]
    names = [columns_of(lane)[STEPWISE][1:] for lane in lanes]
    common = [name for name in names[0] if name in names[1]]
    at = [np.array([1 + mine.index(name) for name in common], int) for mine in names]
    beside = Beside(second.measured(b, STEPWISE), len(names[1]))
    largest = _Largest(len(common))
    same = 0
    parts_at: int | None = None
    losses_part_at: int | None = None
    for table in first.measured(a, STEPWISE):
        if not len(table):
            continue
        other = beside.upto(table[-1, 0])
        steps, mine, theirs = np.intersect1d(table[:, 0], other[:, 0], return_indices=True)
        x, y = table[mine][:, at[0]], other[theirs][:, at[1]]
        differs = (x != y) & ~(np.isnan(x) & np.isnan(y))
        if parts_at is None:
            parts_at = _first(steps, differs.any(axis=1))
            same += len(steps) if parts_at is None else int(np.searchsorted(steps, parts_at))
        if losses_part_at is None:
            losses_part_at = _first(steps, differs[:, common.index("loss")])
        largest.take(steps, x, y)
    lane = lanes[0]
    assert isinstance(lane, NetworkLane)
    return same, parts_at, losses_part_at, tuple(largest.by_statistic(common, [info.name for info in lane.infos]))


def _first(steps: Array, which: NDArray[np.bool_]) -> int | None:
    return int(steps[np.argmax(which)]) if which.any() else None


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
