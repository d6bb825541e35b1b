"""The box of knobs beside the plots: their names and values, group by group."""

from dataclasses import dataclass

from rich.cells import cell_len

from .boxes import draw_box
from .grid import Grid, Spot, fit, wrap
from .lane_rows import draw_more, first_shown
from .theme import ACCENT, DIM, FAINT, TEXT, WARNING, Theme


@dataclass(frozen=True, slots=True)
class KnobRow:
    """One knob as it is shown. ``was`` is its first value where it was changed; ``missing`` greys it out. ``heading``:
    the name of a group, and what is to be said of it. ``place``: the knob that a click chooses."""

    label: str
    value: str
    was: str = ""
    missing: bool = False
    waiting: bool = False
    heading: bool = False
    place: int = 0


def draw_knobs(
    rows: list[KnobRow], chosen: int, target: str, explanation: str, width: int, height: int, theme: Theme
) -> Grid:
    """The knobs with their values at the right; a sentence about the chosen one, which is always in sight, where there
    is room. ``target``: whose they are."""
    grid = Grid.blank(width, height)
    title = f"Knobs {theme.glyphs.dot} {target}" if target else "Knobs"
    draw_box(grid, theme, fit(title, width - 6, theme.glyphs.end))
    room = height - 2
    first = first_shown([place == chosen for place in range(len(rows))], room)
    for offset, row in enumerate(rows[first : first + max(0, room)]):
        grid.spots.append(Spot("group" if row.heading else "knob", row.place, offset + 1, 1, width - 2))
        if row.heading:
            _draw_heading(grid, offset + 1, row, theme)
        else:
            _draw_knob(grid, offset + 1, row, first + offset == chosen, theme)
    draw_more(grid, first, len(rows) - first - room, theme)
    lines = wrap(explanation, width - 4)
    if lines and room - len(rows) > len(lines):
        for offset, line in enumerate(lines):
            grid.write(len(rows) + 2 + offset, 2, line, DIM)
    return grid


def _draw_heading(grid: Grid, row: int, group: KnobRow, theme: Theme) -> None:
    """A group's name, a line, and what is to be said of it."""
    end = grid.width - 2
    value = f" {group.value}" if group.value else ""
    label = fit(group.label, end - 2 - cell_len(value), theme.glyphs.end)
    column = grid.write(row, 2, label, DIM)
    grid.write(row, column + 1, theme.glyphs.line * (end - cell_len(value) - column - 1), FAINT)
    grid.write_right(row, end, value, ACCENT if group.was else DIM)


def _draw_knob(grid: Grid, row: int, knob: KnobRow, chosen: bool, theme: Theme) -> None:
    """Label, what the value was before, value; the arrows that turn the chosen one stand around its value."""
    g, end = theme.glyphs, grid.width - 4
    left, right = g.turn.split()
    value = fit(knob.value, max(1, end - 10), g.end)
    start = end - cell_len(value)
    label = fit(knob.label, max(1, start - 6), g.end)
    if chosen:
        grid.write(row, 1, g.chosen, f"bold {ACCENT}")
    label_end = grid.write(row, 3, label, f"bold {TEXT}" if chosen else FAINT if knob.missing else DIM)
    colour = FAINT if knob.missing else WARNING if knob.waiting else ACCENT if knob.was else TEXT
    grid.write(row, start, value, f"bold {colour}" if chosen or knob.was else colour)
    if chosen and not knob.missing:
        grid.write(row, end + 1, right, ACCENT)
        grid.write(row, start - 2, left, ACCENT)
        grid.spots += [Spot("turn", 1, row, start, end + 2 - start), Spot("turn", -1, row, start - 3, 3)]
        start -= 2
    was = f"{knob.was} {g.arrow}"
    if knob.was and label_end + 1 + cell_len(was) < start:
        grid.write_right(row, start - 1, was, FAINT)
