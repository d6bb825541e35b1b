"""A confusion matrix: counts of what is true (rows) and what is answered (columns), the largest mistake in words."""

import numpy as np
from rich.cells import cell_len

from nntui.looks.answers import Confusion

from .boxes import draw_box
from .colours import ink_on
from .grid import Grid, fit
from .numbers import grouped, share
from .theme import DIM, ERROR, GOOD, TEXT, Theme

WIDEST_NAME = 12
STRONGEST = 0.75  # of the colour that a cell has which holds all rows of its class


def draw_confusion(found: Confusion, title: str, width: int, height: int, theme: Theme) -> Grid:
    """The matrix in a box; where not all classes fit, the first ones, and how many are left out."""
    grid, g = Grid.blank(width, height), theme.glyphs
    draw_box(grid, theme, fit(title, width - 6, g.end))
    if width < 24 or height < 6:
        return grid
    names, rooms = found.names, width - 4
    left = min(WIDEST_NAME, max(4, max(cell_len(name) for name in names)))
    digits = max(3, len(str(int(found.counts.max(initial=0)))) + 1)
    widest = max(digits, min(8, (rooms - left - 1) // max(1, len(names))))
    fits = min(len(names), (rooms - left - 1) // widest)
    under = 2 + (found.broken > 0)  # lines, one more where classes are left out
    shown = fits if fits == len(names) <= height - 3 - under else min(fits, height - 4 - under)
    grid.write(1, 2, "true", DIM)
    head = fit("answered", rooms - left - 1, g.end)
    for column, name in enumerate(names[:shown]):
        grid.write_right(1, 3 + left + (column + 1) * widest, fit(name, widest - 1, g.end), TEXT)
    if 3 + left + shown * widest + len(head) + 1 < width - 2:
        grid.write(1, 4 + left + shown * widest, f"{g.left_right[0]} {head}" if not theme.ascii_only else head, DIM)
    for row in range(shown):
        _draw_row(grid, found, row, shown, left, widest, theme)
    lines = _words(found, shown, rooms)
    for place, (words, style) in enumerate(lines[: height - 3 - shown]):
        grid.write(height - 1 - len(lines[: height - 3 - shown]) + place, 2, fit(words, rooms, g.end), style)
    return grid


def _draw_row(grid: Grid, found: Confusion, row: int, shown: int, left: int, wide: int, theme: Theme) -> None:
    counts, total = found.counts[row], max(1, int(found.counts[row].sum()))
    grid.write(2 + row, 2, fit(found.names[row], left, theme.glyphs.end), TEXT)
    for column in range(shown):
        count = int(counts[column])
        words = grouped(count) if len(grouped(count)) < wide else str(count)
        words = (words if count else theme.glyphs.dot).rjust(wide)
        grid.write(2 + row, 3 + left + column * wide, words, _style(count / total, row == column, theme))


def _style(part: float, right: bool, theme: Theme) -> str:
    """The more of the row's class, the stronger: green where it is right, red where it is wrong."""
    if part == 0.0:
        return DIM
    if theme.colour == "16":
        return f"bold {'#55ff55' if right else '#ff5555'}"
    colour = TEXT if theme.colour == "grey" else GOOD if right else ERROR
    behind = theme.on_ground(colour, 0.1 + (STRONGEST - 0.1) * part)
    return f"{'' if right else 'bold '}{ink_on(behind)} on {behind}"


def _words(found: Confusion, shown: int, room: int) -> list[tuple[str, str]]:
    """The largest mistake, which rows were counted, and what is not shown."""
    wrong = found.counts.copy()
    np.fill_diagonal(wrong, 0)
    lines = [("No class is taken for another.", GOOD)]
    if wrong.any():
        true, answered = np.unravel_index(int(wrong.argmax()), wrong.shape)
        count, of = int(wrong[true, answered]), int(found.counts[true].sum())
        names = found.names
        words = f"Most often: {names[true]} taken for {names[answered]}, {count} of {of}"
        more = f" ({share(count / of)})"
        lines = [(words + more if len(words + more) <= room else words, f"bold {TEXT}")]
    if found.broken:
        lines.append((f"{found.broken} answers are not finite and not counted.", ERROR))
    kind = "held out" if found.held_out else "trained on, none are held out"
    few = f"{grouped(found.looked_at)} of " if found.looked_at < found.rows else ""
    lines.append((f"Rows: {few}{grouped(found.rows)} {kind}", DIM))
    if shown < len(found.names):
        lines.append((f"{shown} of {len(found.names)} classes fit here", DIM))
    return lines
