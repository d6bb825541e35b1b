"""Which cells of a panel are not what they were: only those are written to the terminal."""

import numpy as np
from numpy.typing import NDArray

from .grid import Grid

GAP = 12  # cells: what lies between two changes costs less than a jump over it


class Changes:
    """Compares each grid with the one before; styles are compared by name, as grids number theirs anew."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._chars: NDArray[np.str_] | None = None
        self._styles: NDArray[np.int64] | None = None

    def forget(self) -> None:
        """The next grid is a new one."""
        self._chars = None

    def spans(self, grid: Grid) -> list[tuple[int, int, int]] | None:
        """(row, first column, column after the last) of what differs from the last grid; None where all may."""
        numbers = [self._numbers.setdefault(style, len(self._numbers)) for style in grid.styles]
        chars, styles = grid.chars, np.array(numbers, dtype=np.int64)[grid.inks]
        old_chars, old_styles, self._chars, self._styles = self._chars, self._styles, chars, styles
        if old_chars is None or old_styles is None or old_chars.shape != chars.shape:
            return None
        differs = (old_chars != chars) | (old_styles != styles)
        right_halves = (chars == "") | (old_chars == "")
        differs[:, 1:] |= right_halves[:, 1:] & differs[:, :-1]
        return [span for row in np.flatnonzero(differs.any(axis=1)) for span in _runs(int(row), differs[row])]


def _runs(row: int, differs: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    columns = np.flatnonzero(differs)
    breaks = np.flatnonzero(np.diff(columns) > GAP)
    starts = columns[np.concatenate(([0], breaks + 1))]
    ends = columns[np.concatenate((breaks, [len(columns) - 1]))]
    return [(row, int(start), int(end) + 1) for start, end in zip(starts, ends, strict=True)]
