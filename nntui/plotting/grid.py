"""A rectangle of characters, each with the index of its ink: what everything on screen is drawn on."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, get_character_cell_size


@dataclass(frozen=True, slots=True)
class Spot:
    """Cells that stand for something a person can choose: ``what`` kind of thing, and ``which``."""

    what: str
    which: Any
    row: int
    column: int
    width: int
    height: int = 1

    def holds(self, row: int, column: int) -> bool:
        """Whether a cell is one of them."""
        return self.row <= row < self.row + self.height and self.column <= column < self.column + self.width


@dataclass(slots=True)
class Grid:
    """``chars`` (height, width) holds one character a cell ("" right of a double-width one), ``inks`` the index
    into ``styles``, which are rich style strings. ``spots`` say what can be chosen here, the later ones on top."""

    chars: NDArray[np.str_]
    inks: NDArray[np.int16]
    styles: list[str] = field(default_factory=lambda: [""])
    spots: list[Spot] = field(default_factory=list)

    @classmethod
    def blank(cls, width: int, height: int) -> "Grid":
        """A grid of spaces without a style."""
        return cls(np.full((height, width), " ", dtype="<U1"), np.zeros((height, width), dtype=np.int16))

    @property
    def width(self) -> int:
        """Columns of cells."""
        return int(self.chars.shape[1])

    @property
    def height(self) -> int:
        """Rows of cells."""
        return int(self.chars.shape[0])

    def ink(self, style: str) -> int:
        """The index of a style, added when new."""
        if style not in self.styles:
            self.styles.append(style)
        return self.styles.index(style)

    def write(self, row: int, column: int, text: str, style: str) -> int:
        """Writes text into a row and returns the column after it; what does not fit is left out."""
        cells = _cells(text)
        end, start = column + len(cells), max(0, column)
        height, width = self.chars.shape
        shown = cells[start - column : max(0, width - column)]
        if 0 <= row < height and len(shown):
            self.chars[row, start : start + len(shown)] = shown
            self.inks[row, start : start + len(shown)] = self.ink(style)
            last = str(shown[-1])
            if last and not last.isascii() and get_character_cell_size(last) == 2:
                self.chars[row, start + len(shown) - 1] = " "  # half of a double-width character
        return end

    def write_right(self, row: int, end: int, text: str, style: str) -> None:
        """Writes text so that it ends before column ``end``."""
        self.write(row, end - cell_len(text), text, style)

    def spot_at(self, row: int, column: int) -> Spot | None:
        """What a cell stands for."""
        return next((spot for spot in reversed(self.spots) if spot.holds(row, column)), None)

    def paste(self, other: "Grid", row: int, column: int) -> None:
        """Copies a smaller grid into this one."""
        self.spots += [replace(spot, row=spot.row + row, column=spot.column + column) for spot in other.spots]
        inks = np.array([self.ink(style) for style in other.styles], dtype=np.int16)
        area = (slice(row, row + other.height), slice(column, column + other.width))
        self.chars[area] = other.chars
        self.inks[area] = inks[other.inks]

    def lines(self) -> list[str]:
        """The characters alone, one string a row."""
        return ["".join(row) for row in self.chars]

    def runs(self, row: int) -> list[tuple[str, str]]:
        """A row as (text, style) pieces of equal ink."""
        inks = self.inks[row]
        starts = [0, *(np.flatnonzero(np.diff(inks)) + 1).tolist(), self.width]
        chars = self.chars[row].tobytes().decode("utf-32-le")
        return [(chars[a:b].replace("\0", ""), self.styles[int(inks[a])]) for a, b in pairwise(starts) if b > a]


@lru_cache(maxsize=4096)
def _cells(text: str) -> NDArray[np.str_]:
    """One character a cell, as an array that is not to be written to."""
    if text.isascii() and text.isprintable():
        return np.frombuffer(text.encode("utf-32-le"), dtype="<U1")
    return np.array(list(text) if text.isascii() else to_cells(text), dtype="<U1")


def to_cells(text: str) -> list[str]:
    """One entry a cell: "" after a double-width character; characters without width are left out."""
    cells: list[str] = []
    for character in text:
        width = get_character_cell_size(character)
        if width > 0 and character.isprintable():
            cells.append(character)
            cells.extend([""] * (width - 1))
    return cells


def fit(text: str, width: int, end: str = "…") -> str:
    """The text, shortened to ``width`` cells with ``end`` where it is longer."""
    if cell_len(text) <= width:
        return text
    kept = ""
    for character in text:
        if cell_len(kept + character + end) > width:
            break
        kept += character
    return kept.rstrip() + end if width > len(end) else kept[:width]


def wrap(text: str, width: int) -> list[str]:
    """Lines of whole words, each at most ``width`` cells (a longer word stands alone)."""
    lines: list[str] = []
    for word in text.split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
