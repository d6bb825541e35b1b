"""What came of a sweep, laid out along its axes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .plan import LANE, Cell, Plan
from .results import Results


def values_of(plan: Plan, cell: Cell) -> dict[str, Any]:
    """The values of a cell on the axes, by key."""
    lane = {LANE: cell.lane} if len(plan.lanes) > 1 else {}
    return lane | {axis.key: axis.values[place] for axis, place in zip(plan.axes, cell.places, strict=True)}


def table_of(results: Results) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Over the places of :attr:`Plan.shape` without seeds: the mean of a cell's seeds, their standard deviation, and
    whether one of them has diverged. NaN where none is known yet."""
    shape = results.plan.shape
    by_seed = results.values.reshape(shape)
    known = ~np.isnan(by_seed)
    count = known.sum(axis=-1)
    with np.errstate(all="ignore"):
        mean = np.where(known, by_seed, 0.0).sum(axis=-1) / np.where(count, count, np.nan)
        away = np.where(known, by_seed - mean[..., None], 0.0)
        spread = np.sqrt((away**2).sum(axis=-1) / np.where(count, count, np.nan))
    return mean, spread, np.asarray(results.diverged.reshape(shape).any(axis=-1), dtype=np.bool_)


def ends_of(results: Results) -> list[tuple[str, float, int]]:
    """("smallest", value, cell) and ("largest", …) of the runs that have a finite value and did not diverge; nothing
    where there is none."""
    usable = np.isfinite(results.values) & ~results.diverged
    if not usable.any():
        return []
    low = int(np.argmin(np.where(usable, results.values, np.inf)))
    high = int(np.argmax(np.where(usable, results.values, -np.inf)))
    return [(word, float(results.values[at]), at) for word, at in (("smallest", low), ("largest", high))]
