"""Every action with its keys, to be looked at and changed."""

from dataclasses import dataclass

from rich.cells import cell_len

from .boxes import draw_box
from .grid import Grid, Spot, fit, wrap
from .lane_rows import draw_more, first_shown
from .theme import ACCENT, DIM, ERROR, FAINT, GOOD, TEXT, WARNING, Theme

KEYS_AT, WORDS_AT = 3, 20  # columns
MESSAGE_ROWS = 2


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An action: its keys, what it does, and its own keys ``was`` where they were changed. ``heading``: a group."""

    words: str
    keys: str = ""
    was: str = ""
    heading: bool = False


def draw_key_list(
    rows: list[KeyRow], chosen: int, asking: bool, message: tuple[str, str], width: int, height: int, theme: Theme
) -> Grid:
    """The rows in a box, the chosen one in sight; under them ``message`` and its kind ("error", "done" or "").

    ``asking``: the next key is the chosen action's.
    """
    grid = Grid.blank(width, height)
    draw_box(grid, theme, "Keys", ACCENT)
    room = max(1, height - 2 - MESSAGE_ROWS)
    first = first_shown([place == chosen for place in range(len(rows))], room)
    for offset, row in enumerate(rows[first : first + room]):
        _draw_row(grid, offset + 1, row, first + offset == chosen, asking, theme)
        if not row.heading:
            grid.spots.append(Spot("action", first + offset, offset + 1, 1, width - 2))
    draw_more(grid, first, len(rows) - first - room, theme)
    words, kind = message
    style = {"error": ERROR, "done": GOOD}.get(kind, DIM)
    lines = wrap(words, width - 4)
    for at, line in enumerate(lines[:MESSAGE_ROWS], height - 1 - MESSAGE_ROWS):
        grid.write(at, 2, fit(line, width - 4, theme.glyphs.end), style)
    return grid


def _draw_row(grid: Grid, at: int, row: KeyRow, here: bool, asking: bool, theme: Theme) -> None:
    end = theme.glyphs.end
    if row.heading:
        grid.write(at, 2, row.words, f"bold {DIM}")
        return
    if here:
        grid.write(at, 1, theme.glyphs.chosen, f"bold {ACCENT}")
    keys = "press a key" if here and asking else row.keys
    style = f"bold {WARNING}" if here and asking else f"bold {ACCENT}"
    grid.write(at, KEYS_AT, fit(keys, WORDS_AT - KEYS_AT - 1, end), style)
    was = f"own: {row.was}" if row.was else ""
    room = grid.width - WORDS_AT - 2 - (cell_len(was) + 2 if was else 0)
    grid.write(at, WORDS_AT, fit(row.words, room, end), f"bold {TEXT}" if here else TEXT)
    grid.write_right(at, grid.width - 2, was, FAINT)
