"""Lanes as a table, a line each: marker, name, as many columns of numbers as fit, a sign for how the lane stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len

from .boxes import draw_box
from .grid import Grid, Spot, fit
from .lane_names import room_for_names, short_names
from .theme import ACCENT, DIM, FAINT, TEXT, Theme

_NAMES_AT = 4  # columns: the frame, the choice, the marker and a space are before them
_AFTER = 3  # a space, the sign and the frame are after the numbers
ROOMY = 34  # columns of a table
READABLE = 14  # cells of a name, beyond which numbers are worth more
_FRAME = 4  # rows: the frame, the headings, the words


@dataclass(frozen=True, slots=True)
class Column:
    """A column of numbers of at most ``room`` characters; ``headings`` from long to short. The column of the highest
    ``rank`` goes first where there is little room, that of rank 0 never."""

    name: str
    headings: tuple[str, ...]
    room: int
    rank: int


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A line: its marker in its colour, its name, what stands in the columns and in which style, the sign at its end,
    whether it is chosen, and which ``lane`` it chooses; ``dim``: it is not drawn."""

    marker: str
    colour: str
    name: str
    cells: Mapping[str, tuple[str, str]]
    sign: tuple[str, str]
    here: bool
    lane: int = 0
    dim: bool = False

    def undrawn(self, theme: Theme) -> "LaneRow":
        """The same of a lane whose curves are not drawn: dim, without its marker."""
        cells = {name: (text, FAINT) for name, (text, _) in self.cells.items()}
        return replace(self, marker=theme.glyphs.dot, colour=FAINT, cells=cells, sign=(self.sign[0], FAINT), dim=True)


def number_room(width: int) -> int:
    """The characters of a number in a table so many columns wide: three digits that count, in little room two."""
    return 7 if width >= ROOMY else 6


def rows_height(count: int) -> int:
    """Rows of a table of so many lanes."""
    return count + _FRAME


def lines_for(height: int, count: int) -> int:
    """How many of so many rows a table of this height has room for; the words under them may have to go."""
    return height - 3 - (height - 3 > min(2, count))


def draw_rows(
    title: str,
    rows: Sequence[LaneRow],
    columns: Sequence[Column],
    words: tuple[str, str],
    size: tuple[int, int],
    theme: Theme,
) -> Grid:
    """The table in a box of ``size`` (width, height); ``words`` and their style stand under it.

    The first chosen row is in sight where not all fit; the frame says how many are not.
    """
    width, height = size
    grid = Grid.blank(width, height)
    draw_box(grid, theme, title)
    names = [row.name for row in rows]
    shown, room = _columns_for(names, columns, width)
    left_out, short = short_names(names, room, theme.glyphs.end)
    ends = _draw_headings(grid, shown, left_out, theme)
    lines = lines_for(height, len(rows))
    if lines < height - 3:
        grid.write(height - 2, 2, fit(words[0], width - 4, theme.glyphs.end), words[1])
    first = first_shown([row.here for row in rows], lines)
    for place, row in enumerate(rows[first : first + max(0, lines)]):
        grid.spots.append(Spot("lane", row.lane, 2 + place, 1, width - 2))
        if row.here and len(rows) > 1:
            grid.write(2 + place, 1, theme.glyphs.chosen, ACCENT)
        grid.write(2 + place, 2, row.marker, row.colour)
        ink = FAINT if row.dim else TEXT
        grid.write(2 + place, _NAMES_AT, short[first + place], f"bold {ink}" if row.here else ink)
        for column, end in zip(shown, ends, strict=True):
            grid.write_right(2 + place, end, *row.cells[column.name])
        grid.write(2 + place, width - 2, *row.sign)
    draw_more(grid, first, len(rows) - first - lines, theme)
    return grid


def _columns_for(names: Sequence[str], columns: Sequence[Column], width: int) -> tuple[list[Column], int]:
    """The columns, and how much room they leave for names: as many as leave names whole, else without the words that
    they share; two at least are worth that."""
    sets = [list(columns)]
    while len(sets[-1]) > 1:
        last = max(sets[-1], key=lambda column: column.rank)
        sets.append([column for column in sets[-1] if column is not last])
    rooms = [width - _NAMES_AT - _AFTER - sum(_wide(column) for column in shown) for shown in sets]
    whole, least = room_for_names(names)
    several = max(1, len(sets) - 1)
    whole, least = min(whole, READABLE), min(least, READABLE)
    for start, stop in ((0, several), (several, len(sets))):
        for needed in (whole, least):
            for shown, room in zip(sets[start:stop], rooms[start:stop], strict=True):
                if room >= needed:
                    return shown, room
    return sets[-1], max(2, rooms[-1])


def _wide(column: Column) -> int:
    return 1 + max(column.room, cell_len(column.headings[-1]))


def _draw_headings(grid: Grid, columns: Sequence[Column], left_out: str, theme: Theme) -> list[int]:
    """Writes the headings, each as long as it may be, and before them what names have in common; where columns end."""
    end = grid.width - _AFTER
    ends: list[int] = []
    for column in reversed(columns):
        ends.insert(0, end)
        end -= _wide(column)
    end = _NAMES_AT + 2 + cell_len(left_out) if left_out else 2
    begin = grid.width
    for column, right in zip(columns, ends, strict=True):
        words = next((one for one in column.headings if right - cell_len(one) >= end), column.headings[-1])
        grid.write_right(1, right, words, DIM)
        begin, end = min(begin, right - cell_len(words)), right + 1
    grid.write(1, _NAMES_AT, fit(left_out, max(0, begin - _NAMES_AT - 1), theme.glyphs.end), DIM)
    return ends


def first_shown(chosen: Sequence[bool], lines: int) -> int:
    """The first of the rows that are shown on so many ``lines``, such that the first chosen one is among them."""
    here = next((place for place, one in enumerate(chosen) if one), 0)
    return max(0, min(here - lines // 2, len(chosen) - lines))


def draw_more(grid: Grid, above: int, below: int, theme: Theme) -> None:
    """How many rows there are above and below those in sight, in the frame."""
    for row, count, arrow in ((0, above, theme.glyphs.up), (grid.height - 1, below, theme.glyphs.down)):
        if count > 0:
            grid.write_right(row, grid.width - 2, f" {count} more {arrow} ", TEXT)
