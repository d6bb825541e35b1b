"""Paths on the map as braille dots: clipped to it, joined, the newest stretch brightest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nntui.looks.projection import Projection

from .canvas import to_cells

Floats = NDArray[np.float64]
AGES = (0.1, 0.3, 0.6)  # shares of the steps done; what is older has the last age
FADES = (1.0, 0.88, 0.74, 0.6)  # how much of the lane's colour is left at each age


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """Braille code points (height, width), 0 where the path does not pass; ``ages`` index FADES."""

    codes: NDArray[np.uint32]
    ages: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Exit:
    """The border cell where a path left the map for good, and the side (−1, 0, 1 right and down) it left to."""

    column: int
    row: int
    right: int
    down: int


def trail(path: Floats, steps: Floats, projection: Projection, thick: bool = False) -> Trail:
    """The path (m, 2) at ``steps`` (m,) as dots, two by four to a cell; ``thick`` makes every dot two wide."""
    width, height = projection.width, projection.height
    dots = np.zeros((4 * height, 2 * width), dtype=np.bool_)
    ages = np.full((height, width), len(FADES) - 1, dtype=np.int8)
    places = projection.places(path)
    scaled = (places + 0.5) * (2.0, 4.0)
    whole = np.isfinite(scaled).all(axis=1)
    scaled, steps = scaled[whole], steps[whole]
    if len(scaled) == 0:
        return Trail(to_cells(dots), ages)
    if len(scaled) == 1:
        scaled, steps = np.repeat(scaled, 2, axis=0), np.repeat(steps, 2)
    cells = np.floor(scaled)
    moved = np.flatnonzero((cells[1:] != cells[:-1]).any(axis=1))  # most steps of a slow path stay on their dot
    keep = np.unique(np.concatenate(([0], moved + 1, [len(scaled) - 1])))
    begin, end, when = scaled[keep[:-1]], scaled[keep[1:]], steps[keep[1:]]
    begin, end, inside = clip(begin, end, 2.0 * width, 4.0 * height)
    begin, end, when = begin[inside], end[inside], when[inside]
    if len(begin) == 0:
        return Trail(to_cells(dots), ages)
    counts = np.ceil(np.abs(end - begin).max(axis=1)).astype(np.int64) + 1
    first = np.cumsum(counts) - counts
    share = (np.arange(counts.sum()) - np.repeat(first, counts)) / np.repeat(np.maximum(counts - 1, 1), counts)
    points = np.repeat(begin, counts, axis=0) + np.repeat(end - begin, counts, axis=0) * share[:, None]
    columns = np.clip(np.floor(points[:, 0]), 0, 2 * width - 1).astype(np.int64)
    rows = np.clip(np.floor(points[:, 1]), 0, 4 * height - 1).astype(np.int64)
    dots[rows, columns] = True
    if thick:
        dots[rows, columns ^ 1] = True
    last = float(steps[-1])
    age = np.searchsorted(AGES, (last - when) / max(last, 1.0), side="right").astype(np.int8)
    ages[rows // 4, columns // 2] = np.repeat(age, counts)  # in order of time: the newest pass stays
    return Trail(to_cells(dots), ages)


def clip(begin: Floats, end: Floats, width: float, height: float) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Segments (n, 2) cut to the rectangle (Liang & Barsky), and which of them touch it."""
    delta = end - begin
    enter, leave = np.zeros(len(begin)), np.ones(len(begin))
    inside = np.ones(len(begin), dtype=np.bool_)
    for axis, size in ((0, width), (1, height)):
        for direction, room in ((-1.0, begin[:, axis]), (1.0, size - begin[:, axis])):
            slope = direction * delta[:, axis]
            with np.errstate(all="ignore"):
                cut = room / slope
            enter = np.where(slope < 0, np.maximum(enter, cut), enter)
            leave = np.where(slope > 0, np.minimum(leave, cut), leave)
            inside &= (slope != 0) | (room >= 0)
    inside &= enter <= leave
    return begin + delta * enter[:, None], begin + delta * leave[:, None], inside


def exit_of(path: Floats, projection: Projection) -> Exit | None:
    """Where the path (m, 2) left the map, None when its newest point is on it (or there is none).

    A path that ends in NaN left where it last was; one that never touched the map is shown on the nearest border.
    """
    places = projection.places(path)
    known = np.flatnonzero(np.isfinite(places).all(axis=1))
    if len(known) == 0:
        return None
    lost = known[-1] < len(path) - 1
    head = places[known[-1]]
    here = _inside(places[known], projection)
    if here[-1]:
        if not lost:
            return None
        column, row = np.floor(head + 0.5).astype(int)
        return Exit(int(column), int(row), 0, 0)
    right, down = _side(head, projection)
    found = np.flatnonzero(here)
    if len(found):
        from_, to = places[known[found[-1]]], places[known[found[-1] + 1]]
        right, down = _side(to, projection)
        _, cut, _ = clip(from_[None] + 0.5, to[None] + 0.5, projection.width, projection.height)
        at = cut[0] - 0.5
    else:
        at = head
    column = int(np.clip(np.floor(at[0] + 0.5), 0, projection.width - 1))
    row = int(np.clip(np.floor(at[1] + 0.5), 0, projection.height - 1))
    return Exit(column, row, right, down)


def _inside(places: Floats, projection: Projection) -> NDArray[np.bool_]:
    size = (projection.width - 0.5, projection.height - 0.5)
    return np.asarray(((places >= -0.5) & (places < size)).all(axis=1), dtype=np.bool_)


def _side(place: Floats, projection: Projection) -> tuple[int, int]:
    right = -1 if place[0] < -0.5 else 1 if place[0] >= projection.width - 0.5 else 0
    down = -1 if place[1] < -0.5 else 1 if place[1] >= projection.height - 0.5 else 0
    return right, down
