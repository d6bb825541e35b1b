"""Curves as dots: four rows and two columns of braille dots to a cell, filled with NumPy.

A value at the lower limit lies in the middle of the lowest cell and one at the upper limit in the middle of the
highest, which is where the frame puts its ticks.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
BRAILLE = 0x2800
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Columns:
    """One curve per dot column: places between 0 and 1 (NaN where nothing is to be drawn)."""

    low: Floats
    middle: Floats
    high: Floats


def dot_places(places: Floats, cells: int, dots: int) -> NDArray[np.int64]:
    """Dot index, in the shape of ``places`` (0 … 1), on an axis of ``cells`` cells with ``dots`` dots each."""
    index = np.floor((places * (cells - 1) + 0.5) * dots + 1e-9)
    return np.clip(index, 0, cells * dots - 1).astype(np.int64)


def to_columns(
    x: Floats, low: Floats, middle: Floats, high: Floats, cells: int, dots: int = 2, stepped: bool = False
) -> Columns:
    """Gathers points into dot columns: smallest low, mean middle, largest high of the points that fall into each.

    ``x`` (ascending) and the values are places between 0 and 1; a NaN middle is a gap. Columns between two
    neighbouring points are filled along the straight line, or with the former's value where ``stepped``; columns across
    a gap are left empty.
    """
    count = cells * dots
    empty = np.full(count, np.nan)
    out = Columns(empty.copy(), empty.copy(), empty.copy())
    if len(x) == 0:
        return out
    at = dot_places(x, cells, dots)
    here = np.isfinite(middle)
    breaks = np.flatnonzero(np.diff(here.astype(np.int8)) != 0) + 1
    for run in np.split(np.arange(len(x)), breaks):
        if not here[run[0]]:
            continue
        columns = at[run]
        starts = np.concatenate(([0], np.flatnonzero(np.diff(columns)) + 1))
        lengths = np.diff(np.append(starts, len(run)))
        used = columns[starts]
        merged = (
            np.fmin.reduceat(np.fmin(low[run], middle[run]), starts),
            np.add.reduceat(middle[run], starts) / lengths,
            np.fmax.reduceat(np.fmax(high[run], middle[run]), starts),
        )
        span = np.arange(used[0], used[-1] + 1)
        for target, values in zip((out.low, out.middle, out.high), merged, strict=True):
            held = values[np.searchsorted(used, span, side="right") - 1] if stepped else None
            target[span] = np.interp(span, used, values) if held is None else held
    return out


def line_dots(columns: Columns, rows: int, dots: int = 4) -> Bools:
    """The middle curve as a connected line: a (rows · dots, columns) mask, row 0 at the top."""
    y = _from_top(columns.middle, rows, dots)
    here = np.isfinite(columns.middle)
    top, bottom = y.copy(), y.copy()
    joined = here[1:] & here[:-1]
    # two neighbours meet half way, so that steep parts stay connected
    half = (y[1:] + y[:-1]) // 2
    left_end = np.where(y[1:] >= y[:-1], half, half + 1)
    right_end = np.where(y[1:] > y[:-1], half + 1, half)
    for part, ends in ((slice(None, -1), left_end), (slice(1, None), right_end)):
        top[part] = np.where(joined, np.minimum(top[part], ends), top[part])
        bottom[part] = np.where(joined, np.maximum(bottom[part], ends), bottom[part])
    return _spans(top, bottom, here, rows * dots)


def band_dots(columns: Columns, rows: int, dots: int = 4) -> Bools:
    """Everything between the low and the high curve, as a mask like ``line_dots``'."""
    top = _from_top(columns.high, rows, dots)
    bottom = _from_top(columns.low, rows, dots)
    here = np.isfinite(columns.high) & np.isfinite(columns.low)
    return _spans(top, bottom, here, rows * dots)


def to_cells(dots: Bools) -> NDArray[np.uint32]:
    """Braille code points of a dot mask of shape (4 · rows, 2 · columns); 0 where a cell has no dot."""
    rows, columns = dots.shape[0] // 4, dots.shape[1] // 2
    blocks = dots.reshape(rows, 4, columns, 2).astype(np.uint32)
    codes = np.einsum("rack,ak->rc", blocks, _DOTS)
    return np.where(codes > 0, codes + BRAILLE, 0).astype(np.uint32)


def _from_top(places: Floats, rows: int, dots: int) -> NDArray[np.int64]:
    return dot_places(np.where(np.isfinite(places), 1.0 - places, 0.0), rows, dots)


def _spans(top: NDArray[np.int64], bottom: NDArray[np.int64], here: Bools, height: int) -> Bools:
    row = np.arange(height)[:, None]
    return np.asarray((row >= top) & (row <= bottom) & here, dtype=np.bool_)
