"""Which cells of a panel are not what they were: only those are written to the terminal."""

import numpy as np
from numpy.typing import NDArray

from .grid import Grid

GAP = 12  # cells: what lies between two changes costs less than a jump over it


class Changes:
    """Compares each grid with the one before; styles are compared by name, as grids number theirs anew."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._chars: NDArray[np.uint32] | None = None
        self._styles: NDArray[np.int64] | None = None

    def forget(self) -> None:
        """The next grid is a new one."""
        self._chars = None

    def spans(self, grid: Grid) -> list[tuple[int, int, int]] | None:
        """(row, first column, column after the last) of what differs from the last grid; None where all may."""
        numbers = [self._numbers.setdefault(style, len(self._numbers)) for style in grid.styles]
        chars = np.ascontiguousarray(grid.chars).view(np.uint32)  # the code points: numbers are compared sooner
        styles = np.array(numbers, dtype=np.int64)[grid.inks]
        old_chars, old_styles, self._chars, self._styles = self._chars, self._styles, chars, styles
        if old_chars is None or old_styles is None or old_chars.shape != chars.shape:
            return None
        differs = (old_chars != chars) | (old_styles != styles)
        right_halves = (chars == 0) | (old_chars == 0)
        differs[:, 1:] |= right_halves[:, 1:] & differs[:, :-1]
        return _spans(differs)


def _spans(differs: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    found: list[tuple[int, int, int]] = []
    for row, column in np.argwhere(differs).tolist():
        if found and found[-1][0] == row and column - found[-1][2] < GAP:
            found[-1] = row, found[-1][1], column + 1
        else:
            found.append((row, column, column + 1))
    return found
