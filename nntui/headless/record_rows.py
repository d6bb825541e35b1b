"""The rows of a record: everything that a lane measured at a step side by side, a block at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nntui_engine.record.about import columns_of
from nntui_engine.record.source import RecordSource
from nntui_engine.run.task import Lane
from nntui_engine.tasks.network_lane import NetworkLane

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """A number of each row: a statistic, of one ``layer`` (1-based) or of the whole lane (0), and that layer's name."""

    statistic: str
    layer: int
    layer_name: str = ""

    @property
    def title(self) -> str:
        """How it is called in a table."""
        return f"{self.statistic} {self.layer_name}".rstrip()


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a lane: ``steps`` (m,), and of each kind of measurement its values (m, width), NaN without one, and
    whether there is one (m,)."""

    steps: Array
    values: dict[str, Array]
    there: dict[str, NDArray[np.bool_]]


def stepwise(lane: Lane) -> str:
    """The kind of measurement that is made at every step, which the others are put beside."""
    return next(iter(columns_of(lane)))


def columns(lane: Lane) -> dict[str, list[Column | None]]:
    """By kind of measurement what its columns hold; None for what says nothing of this lane."""
    found: dict[str, list[Column | None]] = {}
    for kind, names in columns_of(lane).items():
        found[kind] = [_column(lane, name) for name in names[1:]]
    return found


def _column(lane: Lane, name: str) -> Column | None:
    if not isinstance(lane, NetworkLane):
        return Column(name, 0)
    statistic, _, number = name.partition("/")
    if not number:
        return Column(statistic, 0) if statistic and lane.applies(statistic) else None
    layer = lane.infos[int(number) - 1]
    return Column(statistic, layer.index, layer.name) if layer.has(statistic) else None


def _title(column: Column) -> str:
    return column.title


def all_titles(lanes: Sequence[Lane]) -> list[str]:
    """Every column's of all lanes, once; what has several numbers of a layer has one with a number each."""
    kinds = [kind for lane in lanes for kind in columns(lane).values()]
    return list(dict.fromkeys(title for kind in kinds for title, _ in numbered(kind)))


def numbered(kind: list[Column | None], called: Callable[[Column], str] = _title) -> Iterator[tuple[str, int]]:
    """(title, place) of each column that says something; of equal ones the later ones are numbered from 2."""
    seen: dict[str, int] = {}
    for at, column in enumerate(kind):
        if column is not None:
            title = called(column)
            seen[title] = count = seen.get(title, 0) + 1
            yield title if count == 1 else f"{title} {count}", at


def rows(source: RecordSource, place: int) -> Iterator[Rows]:
    """All rows of a lane in their order, block by block. What was not measured at every step is put beside its step."""
    lane = source.lanes[place]
    widths = {kind: len(names) - 1 for kind, names in columns_of(lane).items()}
    main = stepwise(lane)
    beside = {kind: Beside(source.measured(place, kind), width) for kind, width in widths.items() if kind != main}
    for table in source.measured(place, main):
        if len(table):
            yield _joined(main, table, beside, table[-1, 0])
    rest = _joined(main, np.empty((0, 1 + widths[main])), beside, np.inf)
    if len(rest.steps):
        yield rest


class Beside:
    """A kind of measurement of some steps only, taken as far as is asked for."""

    def __init__(self, tables: Iterator[Array], width: int) -> None:
        self._tables, self._rest = tables, np.empty((0, 1 + width))

    def upto(self, step: float) -> Array:
        """What was measured up to a step and was not taken before: (m, 1 + width)."""
        while not len(self._rest) or self._rest[-1, 0] <= step:
            table = next(self._tables, None)
            if table is None:
                break
            self._rest = np.concatenate([self._rest, table])
        count = int(np.searchsorted(self._rest[:, 0], step, side="right"))
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken


def _joined(main: str, table: Array, beside: dict[str, Beside], step: float) -> Rows:
    parts = {main: table, **{kind: one.upto(step) for kind, one in beside.items()}}
    steps = np.unique(np.concatenate([part[:, 0] for part in parts.values()]))
    values, there = {}, {}
    for kind, part in parts.items():
        at = np.searchsorted(steps, part[:, 0])
        values[kind], there[kind] = np.full((len(steps), part.shape[1] - 1), np.nan), np.zeros(len(steps), bool)
        values[kind][at], there[kind][at] = part[:, 1:], True  # of a step that was measured twice the last counts
    return Rows(steps, values, there)
