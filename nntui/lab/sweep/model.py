"""What is shown of a sweep: which axes go down and across, where the others stand, and where the cursor is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.plotting import numbers
from nntui.plotting.sweep_map import SweepMap, wants_log
from nntui.sweep.axes import Axis
from nntui.sweep.batch import Result
from nntui.sweep.plan import LANE, Cell, Plan
from nntui.sweep.results import Results
from nntui.sweep.table import ends_of, table_of

SHARES = ("accuracy", "fraction")


class SweepModel:
    """Its cells on two axes at a time; the cursor stands on a place of every axis."""

    def __init__(self, results: Results) -> None:
        self.results, self.plan = results, results.plan
        self.axes: tuple[Axis, ...] = self.plan.shown_axes or (Axis("seeds", (len(self.plan.seeds),)),)
        self.down, self.across = (len(self.axes) - 2, len(self.axes) - 1) if len(self.axes) > 1 else (0, 0)
        self.at = [0] * len(self.axes)
        self.log: bool | None = None  # None: as the values ask for

    # -- keys -------------------------------------------------------------------------------------------------------

    def move(self, down: int, across: int) -> None:
        """Moves the cursor, which stops at the edges."""
        self._step(self.down, down)
        if self.across != self.down:
            self._step(self.across, across)

    def turn(self, axis: int, by: int) -> None:
        """Goes along an axis that is not on the map; around at its end."""
        self.at[axis] = (self.at[axis] + by) % len(self.axes[axis].values)

    def put_down(self) -> None:
        """The next axis goes down."""
        self.down = self._next(self.down, self.across)

    def put_across(self) -> None:
        """The next axis goes across."""
        self.across = self._next(self.across, self.down)

    def swap(self) -> None:
        """Rows become columns."""
        self.down, self.across = self.across, self.down

    @property
    def others(self) -> list[int]:
        """The axes that are not on the map."""
        return [axis for axis in range(len(self.axes)) if axis not in (self.down, self.across)]

    def _next(self, axis: int, taken: int) -> int:
        if len(self.axes) < 3:
            return axis
        axis = (axis + 1) % len(self.axes)
        return axis if axis != taken else (axis + 1) % len(self.axes)

    def _step(self, axis: int, by: int) -> None:
        self.at[axis] = max(0, min(len(self.axes[axis].values) - 1, self.at[axis] + by))

    # -- what is drawn ----------------------------------------------------------------------------------------------

    @property
    def percent(self) -> bool:
        """Whether what is measured is a share."""
        return self.plan.measure.statistic.endswith(SHARES)

    def map(self) -> SweepMap:
        """The two axes as they are to be drawn."""
        mean, _, diverged = self._table()
        done = self._done()
        values, marked, ended = (self._slice(one) for one in (mean, diverged, done))
        log = wants_log(values, marked) if self.log is None else self.log
        words = [f"{self.axes[axis].key} = {words_of(self.axes[axis].values[self.at[axis]])}" for axis in self.others]
        seeds = f"mean of {len(self.plan.seeds)} seeds" if len(self.plan.seeds) > 1 else ""
        title = ", ".join(filter(None, (f"{self.plan.measure.text}", seeds, *words)))
        down, across = self.axes[self.down], self.axes[self.across]
        single = self.down == self.across
        return SweepMap(
            title=title,
            rows=tuple(words_of(value) for value in down.values),
            columns=("",) if single else tuple(words_of(value) for value in across.values),
            row_name=down.key,
            column_name="" if single else across.key,
            values=values,
            done=ended,
            diverged=marked,
            cursor=(self.at[self.down], 0 if single else self.at[self.across]),
            log=log,
            percent=self.percent,
        )

    def cells(self) -> list[Cell]:
        """The cells under the cursor, one for each seed."""
        places = list(self.at) if len(self.plan.lanes) > 1 else [0, *self.at]
        if not self.plan.axes:
            places = places[:1]
        return [self.plan.cell(self.plan.number_of((*places, seed))) for seed in range(len(self.plan.seeds))]

    def under_cursor(self) -> list[tuple[Cell, Result | None]]:
        """The cells there, with what came of them."""
        return [(cell, self.results.found.get(cell.number)) for cell in self.cells()]

    def place_of(self, cell: Cell) -> list[int]:
        """Where a cell stands on each axis."""
        lane = [list(self.plan.lanes).index(cell.lane)] if len(self.plan.lanes) > 1 else []
        return [*lane, *cell.places] or [0]

    def ends(self) -> list[tuple[str, float, Cell]]:
        """The smallest and the largest finite value of all runs, with their cells."""
        return [(word, value, self.plan.cell(number)) for word, value, number in ends_of(self.results)]

    def _table(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        mean, spread, diverged = table_of(self.results)
        return tuple(self._without_lanes(one) for one in (mean, spread, diverged))  # type: ignore[return-value]

    def _done(self) -> NDArray[Any]:
        return self._without_lanes(np.asarray(self.results.done.reshape(self.plan.shape).any(axis=-1)))

    def _without_lanes(self, table: NDArray[Any]) -> NDArray[Any]:
        found = table[0] if len(self.plan.lanes) == 1 else table
        return found if found.ndim else found.reshape(1)

    def _slice(self, table: NDArray[Any]) -> NDArray[Any]:
        """The (rows, columns) of the map."""
        where = tuple(slice(None) if axis in (self.down, self.across) else self.at[axis] for axis in range(table.ndim))
        part = np.asarray(table[where])
        if part.ndim == 1:
            return part[:, None]
        return part if self.down < self.across else part.T


def words_of(value: object) -> str:
    """A value of an axis."""
    if isinstance(value, float):
        return numbers.setting(value, 4)
    return "-".join(map(words_of, value)) if isinstance(value, list) else str(value)


def named(plan: Plan, cell: Cell) -> dict[str, str]:
    """The values of a cell by key, in words."""
    lane = {LANE: cell.lane} if len(plan.lanes) > 1 else {}
    return lane | {axis.key: words_of(axis.values[place]) for axis, place in zip(plan.axes, cell.places, strict=True)}
