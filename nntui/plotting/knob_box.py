"""The box of knobs beside the plots: their names and values, group by group."""

from dataclasses import dataclass

from rich.cells import cell_len

from .boxes import draw_box
from .grid import Grid, fit, wrap
from .theme import ACCENT, DIM, FAINT, TEXT, WARNING, Theme


@dataclass(frozen=True, slots=True)
class KnobRow:
    """One knob as it is shown. ``was`` is its first value where it was changed; ``missing`` greys it out. ``heading``:
    the name of a group, and what is to be said of it."""

    label: str
    value: str
    was: str = ""
    missing: bool = False
    waiting: bool = False
    heading: bool = False


def draw_knobs(
    rows: list[KnobRow], chosen: int, target: str, explanation: str, width: int, height: int, theme: Theme
) -> Grid:
    """The knobs, the chosen one marked, with a sentence about it where there is room; ``target``: whose they are."""
    grid = Grid.blank(width, height)
    title = f"Knobs {theme.glyphs.dot} {target}" if target else "Knobs"
    draw_box(grid, theme, fit(title, width - 6, theme.glyphs.end))
    room = height - 2
    column = min(5 + max((cell_len(row.label) for row in rows if not row.heading), default=0), width - 8)
    column = max(column, 15)
    first = max(0, min(chosen - room // 2, len(rows) - room)) if len(rows) > room else 0
    for offset, row in enumerate(rows[first : first + room]):
        if row.heading:
            grid.write(offset + 1, 2, fit(row.label, width - 4 - cell_len(row.value), theme.glyphs.end), FAINT)
            grid.write_right(offset + 1, width - 2, row.value, ACCENT if row.was else FAINT)
        else:
            _draw_knob(grid, offset + 1, row, first + offset == chosen, column, theme)
    if len(rows) > room:
        if first > 0:
            grid.write(0, width - 4, "↑" if not theme.ascii_only else "^", DIM)
        if first + room < len(rows):
            grid.write(height - 1, width - 4, "↓" if not theme.ascii_only else "v", DIM)
    left = room - len(rows)
    lines = wrap(explanation, width - 4)
    if lines and left > len(lines):
        top = len(rows) + 2
        for offset, line in enumerate(lines):
            grid.write(top + offset, 2, line, DIM)
    return grid


def _draw_knob(grid: Grid, row: int, knob: KnobRow, chosen: bool, column: int, theme: Theme) -> None:
    g = theme.glyphs
    left, right = g.turn.split()
    label_style = f"bold {TEXT}" if chosen else FAINT if knob.missing else DIM
    if chosen:
        grid.write(row, 1, g.chosen, f"bold {ACCENT}")
    grid.write(row, 3, knob.label, label_style)
    colour = FAINT if knob.missing else WARNING if knob.waiting else ACCENT if knob.was else TEXT
    value = fit(knob.value, grid.width - column - 2, g.end)
    if chosen and not knob.missing:
        grid.write(row, column - 2, left, ACCENT)
    end = grid.write(row, column, value, f"bold {colour}" if chosen or knob.was else colour)
    if chosen and not knob.missing and end + 2 < grid.width:
        end = grid.write(row, end + 1, right, ACCENT)
    if knob.was:
        was = f"was {knob.was}"
        if end + 1 + cell_len(was) <= grid.width - 2:
            grid.write_right(row, grid.width - 2, was, FAINT)
