"""What a plot says at a step that is pointed at: a line there, and every curve's value in a box beside it."""

from dataclasses import replace

from rich.cells import cell_len

from .boxes import draw_box
from .grid import Grid, Spot, fit
from .numbers import grouped
from .panel import Picture, draw_panel
from .plot import PlotSpec
from .plot_marks import column_of
from .scales import Axis
from .theme import ACCENT, DIM, TEXT, Theme
from .time_view import values_at

MOST_ACROSS = 3  # values beside each other
LEAST_LABEL = 6  # cells of a name, below which it is left out

Entry = tuple[str, str, str, str]  # marker, its colour, name, value


def draw_read(
    built: PlotSpec | Picture,
    cursor: float | None,
    told: bool,
    width: int,
    height: int,
    theme: Theme,
    meaning: tuple[str, ...],
) -> Grid:
    """A panel with the line at ``cursor`` where it is over the steps; ``told``: with the values there."""
    if cursor is None or not isinstance(built, PlotSpec) or not built.timed:
        return draw_panel(built, width, height, theme, meaning)
    step = min(cursor, float(built.step))
    grid = draw_panel(replace(built, cursor=step), width, height, theme, meaning)
    canvas = next((spot for spot in grid.spots if spot.what == "step"), None)
    if told and canvas is not None:
        entries = [(curve.marker, curve.colour, curve.label, words.strip()) for curve, words in values_at(built, step)]
        _draw_values(grid, canvas, step, entries, theme)
    return grid


def step_at(axis: Axis, column: int, width: int) -> float:
    """The step that a column of a plot stands for."""
    return float(round(axis.low + (axis.high - axis.low) * column / max(1, width - 1)))


def _draw_values(grid: Grid, canvas: Spot, step: float, entries: list[Entry], theme: Theme) -> None:
    room = canvas.width - 3
    across, cells = _columns(entries, canvas.height - 2, room, theme)
    if not cells:
        return
    wide = max(cell_len(marker) + cell_len(label) + cell_len(value) + 2 for marker, _, label, value in cells)
    heading = f"step {grouped(step)}"
    columns = -(-len(cells) // across)
    rows = min(across, canvas.height - 2)
    box = Grid.blank(min(max(columns * (wide + 1) + 3, len(heading) + 6), canvas.width), rows + 2)
    draw_box(box, theme, heading, ACCENT)
    for place, (marker, colour, label, value) in enumerate(cells):
        row, left = place % across + 1, 2 + place // across * (wide + 1)
        column = box.write(row, left, f"{marker} ", f"bold {colour}")
        box.write(row, column, label, DIM)
        box.write_right(row, left + wide, value, TEXT)
    at = column_of(canvas.column, canvas.width, canvas.which, step)
    left = at + 2 if at + 2 + box.width <= canvas.column + canvas.width else at - 1 - box.width
    grid.paste(box, canvas.row, max(canvas.column, left))


def _columns(entries: list[Entry], most: int, room: int, theme: Theme) -> tuple[int, list[Entry]]:
    """How many values stand under each other, and the values, their names as long as there is room for."""
    if most < 1 or not entries:
        return 0, []
    columns = min(MOST_ACROSS, -(-len(entries) // most))
    across = -(-len(entries) // columns)
    rows = min(across, most)
    longest = max(cell_len(marker) + cell_len(value) for marker, _, _, value in entries)
    label = room // columns - longest - 3
    names = [fit(one, label, theme.glyphs.end) if label >= LEAST_LABEL else "" for _, _, one, _ in entries]
    cells = [(marker, colour, name, value) for (marker, colour, _, value), name in zip(entries, names, strict=True)]
    return rows, cells[: rows * columns]
