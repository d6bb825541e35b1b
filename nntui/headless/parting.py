"""Where the numbers of two recorded lanes part: the steps that both made, side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nntui.headless.record_rows import Beside, stepwise
from nntui_engine.record.about import columns_of
from nntui_engine.record.source import RecordSource

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shared:
    """Steps (m,) that both made, both's values of what both measured (m, width), and which of them differ."""

    steps: Array
    x: Array
    y: Array
    differs: NDArray[np.bool_]

    def first(self, columns: list[int]) -> int | None:
        """The first step at which one of these columns differs."""
        which = self.differs[:, columns].any(axis=1)
        return int(self.steps[np.argmax(which)]) if which.any() else None


def common_columns(first: RecordSource, a: int, second: RecordSource, b: int) -> list[str]:
    """What lane ``a`` of one and lane ``b`` of the other both measure at every step."""
    one, other = (columns_of(lane)[stepwise(lane)][1:] for lane in (first.lanes[a], second.lanes[b]))
    return [name for name in one if name in other]


def side_by_side(first: RecordSource, a: int, second: RecordSource, b: int) -> Iterator[Shared]:
    """The steps that lane ``a`` of one and lane ``b`` of the other both made, some at a time, in their order."""
    common = common_columns(first, a, second, b)
    names = [columns_of(lane)[stepwise(lane)][1:] for lane in (first.lanes[a], second.lanes[b])]
    at = [np.array([1 + mine.index(name) for name in common], int) for mine in names]
    beside = Beside(second.measured(b, stepwise(second.lanes[b])), len(names[1]))
    for table in first.measured(a, stepwise(first.lanes[a])):
        if not len(table):
            continue
        other = beside.upto(table[-1, 0])
        steps, mine, theirs = np.intersect1d(table[:, 0], other[:, 0], return_indices=True)
        x, y = table[mine][:, at[0]], other[theirs][:, at[1]]
        yield Shared(steps, x, y, (x != y) & ~(np.isnan(x) & np.isnan(y)))


@dataclass(slots=True)
class Parting:
    """How far two lanes are the same, to the bit: ``same`` steps. ``at`` is the first step at which anything differs,
    ``chosen_at`` the first at which one of the columns ``chosen`` does; None as long as nothing does."""

    chosen: list[int]
    same: int = 0
    at: int | None = None
    chosen_at: int | None = None

    def take(self, some: Shared) -> None:
        """The next steps that both made."""
        if self.at is None:
            self.at = some.first(list(range(some.differs.shape[1])))
            before = some.steps if self.at is None else some.steps[some.steps < self.at]
            self.same += int((before > 0).sum())  # a start is no step
        if self.chosen_at is None:
            self.chosen_at = some.first(self.chosen)
