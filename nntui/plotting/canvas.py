"""Curves as dots: four rows and two columns of braille dots to a cell, filled with NumPy.

A value at the lower limit lies in the middle of the lowest cell and one at the upper limit in the middle of the
highest, which is where the frame puts its ticks.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
BRAILLE = 0x2800
_BITS = ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (3, 0), (3, 1))  # row and column of a cell's dot, by its bit


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


@dataclass(frozen=True, slots=True)
class Gathering:
    """Which of ``points`` (ascending) fall into the same dot column: ``starts`` and ``lengths`` of each such group, the
    column ``used`` by it, and all columns from the first to the last. The same for all curves with these points."""

    points: Floats
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    used: NDArray[np.int64]
    span: NDArray[np.int64]


def gathering(points: Floats, cells: int, dots: int) -> Gathering:
    """Of (m,) points, at least one, places between 0 and 1."""
    at = dot_places(points, cells, dots)
    starts = np.concatenate(([0], np.flatnonzero(at[1:] != at[:-1]) + 1))
    lengths = np.diff(np.append(starts, len(at)))
    used = at[starts]
    return Gathering(points, starts, lengths, used, np.arange(used[0], used[-1] + 1))


def to_columns(
    x: Floats | Gathering, low: Floats, middle: Floats, high: Floats, cells: int, dots: int = 2, stepped: bool = False
) -> Columns:
    """Gathers points into dot columns: smallest low, mean middle, largest high of the points that fall into each.

    ``x`` (ascending) and the values are places between 0 and 1; a NaN middle is a gap. Columns between two
    neighbouring points are filled along the straight line, or with the former's value where ``stepped``; columns across
    a gap are left empty.
    """
    out = Columns(*np.full((3, cells * dots), np.nan))
    points = x.points if isinstance(x, Gathering) else x
    here = np.isfinite(middle)
    if here.all():
        runs = [slice(None)] if len(points) else []
    else:
        ends = [0, *(np.flatnonzero(here[1:] != here[:-1]) + 1).tolist(), len(here)]
        runs = [slice(a, b) for a, b in pairwise(ends) if here[a]]
    for run in runs:
        whole = isinstance(x, Gathering) and run.start is None
        held = x if whole and isinstance(x, Gathering) else gathering(points[run], cells, dots)
        inside = middle[run]
        merged = (
            np.fmin.reduceat(np.fmin(low[run], inside), held.starts),
            np.add.reduceat(inside, held.starts) / held.lengths,
            np.fmax.reduceat(np.fmax(high[run], inside), held.starts),
        )
        span, used = held.span, held.used
        first, last = int(span[0]), int(span[-1]) + 1
        before = np.searchsorted(used, span, side="right") - 1 if stepped else None
        for target, values in zip((out.low, out.middle, out.high), merged, strict=True):
            target[first:last] = np.interp(span, used, values) if before is None else values[before]
    return out


def line_dots(columns: Columns, rows: int, dots: int = 4) -> Bools:
    """The middle curve as a connected line: a (…, rows · dots, columns) mask, row 0 at the top; of several curves
    as many, their places being (…, columns)."""
    y = _from_top(columns.middle, rows, dots)
    here = np.isfinite(columns.middle)
    top, bottom = y.copy(), y.copy()
    left, right = y[..., :-1], y[..., 1:]
    joined = here[..., 1:] & here[..., :-1]
    # two neighbours meet half way, so that steep parts stay connected
    half = (right + left) // 2
    for part, ends in ((slice(None, -1), half + (right < left)), (slice(1, None), half + (right > left))):
        top[..., part] = np.where(joined, np.minimum(top[..., part], ends), top[..., part])
        bottom[..., part] = np.where(joined, np.maximum(bottom[..., part], ends), bottom[..., part])
    return _spans(top, bottom, here, rows * dots)


def band_dots(columns: Columns, rows: int, dots: int = 4) -> Bools:
    """Everything between the low and the high curve, as a mask like ``line_dots``'."""
    top = _from_top(columns.high, rows, dots)
    bottom = _from_top(columns.low, rows, dots)
    here = np.isfinite(columns.high) & np.isfinite(columns.low)
    return _spans(top, bottom, here, rows * dots)


def to_cells(dots: Bools) -> NDArray[np.uint32]:
    """Braille code points of a dot mask of shape (…, 4 · rows, 2 · columns); 0 where a cell has no dot."""
    bits = dots.view(np.uint8)
    codes = np.zeros((*dots.shape[:-2], dots.shape[-2] // 4, dots.shape[-1] // 2), np.uint8)
    for bit, (row, column) in enumerate(_BITS):
        codes |= bits[..., row::4, column::2] << bit
    return np.where(codes > 0, codes + np.uint32(BRAILLE), np.uint32(0))


def _from_top(places: Floats, rows: int, dots: int) -> NDArray[np.int64]:
    return dot_places(np.where(np.isfinite(places), 1.0 - places, 0.0), rows, dots)


def _spans(top: NDArray[np.int64], bottom: NDArray[np.int64], here: Bools, height: int) -> Bools:
    row = np.arange(height)[:, None]
    inside = (row >= top[..., None, :]) & (row <= bottom[..., None, :])
    return np.asarray(inside & here[..., None, :], dtype=np.bool_)
