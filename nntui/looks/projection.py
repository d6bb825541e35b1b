"""Where a point of the plane lies on the map's cells, and which point a cell shows.

The window's corners lie in the middle of the map's corner cells, so that ticks stand where they say.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Window = tuple[tuple[float, float], tuple[float, float]]
Point = tuple[float, float]

FAR = 1e7  # dots; what lies further off is drawn as if it lay there


@dataclass(frozen=True, slots=True)
class Projection:
    """``window`` ((x0, x1), (y0, y1)) on ``width`` × ``height`` cells (at least 2 × 2); y grows upwards."""

    window: Window
    width: int
    height: int

    def point(self, column: float, row: float) -> Point:
        """The point in the middle of a cell."""
        (x0, x1), (y0, y1) = self.window
        return x0 + (x1 - x0) * column / (self.width - 1), y1 - (y1 - y0) * row / (self.height - 1)

    def cell(self, point: Point) -> tuple[int, int] | None:
        """(column, row) of the cell a point lies in, None outside the map."""
        place = self.places(np.array([point]))[0]
        if not np.isfinite(place).all():
            return None
        column, row = math.floor(place[0] + 0.5), math.floor(place[1] + 0.5)
        return (column, row) if 0 <= column < self.width and 0 <= row < self.height else None

    def places(self, points: Floats) -> Floats:
        """(n, 2) columns and rows, 0 in the middle of the first cell; NaN stays, far points are brought to FAR."""
        (x0, x1), (y0, y1) = self.window
        with np.errstate(all="ignore"):
            columns = (points[:, 0] - x0) / (x1 - x0) * (self.width - 1)
            rows = (y1 - points[:, 1]) / (y1 - y0) * (self.height - 1)
        return np.clip(np.column_stack([columns, rows]), -FAR, FAR)

    def pixels(self) -> tuple[Floats, Floats]:
        """xs (width,) and ys (2 · height,), top first: the middles of the half cells."""
        (x0, x1), (y0, y1) = self.window
        columns, rows = np.arange(self.width), (np.arange(2 * self.height) - 0.5) / 2
        return x0 + (x1 - x0) * columns / (self.width - 1), y1 - (y1 - y0) * rows / (self.height - 1)
