"""The sensitivity curves of fair rates: value reached against learning rate, both logarithmic."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.looks.fair_rates import FairView

from .boxes import draw_box
from .canvas import line_dots, to_cells, to_columns
from .grid import Grid, fit, wrap
from .numbers import number, setting
from .plot_box import SMALLEST, plot_box
from .scales import Axis, log_axis
from .theme import ACCENT, BACKGROUND, DIM, ERROR, TEXT, Theme

Floats = NDArray[np.float64]
OWN_START_FROM = 80  # columns from which the table also has what is best from the scenario's own start
LOWEST = 1e-18  # times the value with the smallest rate: what lies below is drawn there


def draw_fair(view: FairView, chosen: int, width: int, height: int, theme: Theme) -> Grid:
    """The curves with each lane's best rate marked, over a table of them."""
    grid = Grid.blank(width, height)
    if not view.complete:
        draw_box(grid, theme, "Fair rates")
        words = f"Trying 60 learning rates for every optimizer: {view.done} of {view.total} done."
        for row, line in enumerate(wrap(words, width - 6)):
            grid.write(height // 2 + row, max(2, (width - len(line)) // 2), line, DIM)
        return grid
    rows = min(len(view.found) + 4, max(5, height // 2))
    plot_height = height - rows
    if plot_height >= SMALLEST[1] + 2 and width >= SMALLEST[0]:
        grid.paste(draw_curves(view, chosen, width, plot_height, theme), 0, 0)
    else:
        rows = height
    grid.paste(_table(view, chosen, width, rows, theme), height - rows, 0)
    return grid


def draw_curves(view: FairView, chosen: int, width: int, height: int, theme: Theme) -> Grid:
    """Value reached against lr. A lane that diverged has no point there; crosses along the top say so."""
    grid = Grid.blank(width, height)
    grid.styles.append(DIM)
    first = max((float(one.values[0]) - view.floor for one in view.found if np.isfinite(one.values[0])), default=1.0)
    curves = [np.maximum(one.values - view.floor, LOWEST * (first or 1.0)) for one in view.found]
    finite = np.concatenate([c[np.isfinite(c)] for c in curves]) if curves else np.zeros(0)
    ceiling = 1e3 * (first or 1.0)
    finite = finite[finite <= ceiling]
    y = log_axis(float(finite.min()), float(finite.max())) if len(finite) else log_axis(1e-3, 1.0)
    rates = view.found[0].rates
    x = log_axis(float(rates[0]), float(rates[-1]))
    frame = plot_box(width, height, x, y, theme.ascii_only)
    grid.chars[:] = frame.chars
    grid.inks[:] = grid.ink(DIM)
    area = (slice(frame.top, frame.top + frame.height), slice(frame.left, frame.left + frame.width))
    order = sorted(range(len(curves)), key=lambda i: i == chosen)
    dots = 1 if theme.ascii_only else 2
    for index in order:
        lane, values = view.found[index], curves[index]
        bad = ~(values <= ceiling)
        middle = np.where(bad, np.nan, y.place(values))
        columns = to_columns(x.place(lane.rates), middle, middle, middle, frame.width, dots)
        if theme.ascii_only:
            here = line_dots(columns, frame.height, 1)
            grid.chars[area][here] = theme.lane_marker(index)
        else:
            codes = to_cells(line_dots(columns, frame.height))
            here = codes > 0
            grid.chars[area][here] = codes[here].view("<U1")
        grid.inks[area][here] = grid.ink(theme.lane(index))
        lost = np.unique((x.place(lane.rates[bad]) * (frame.width - 1) + 0.5).astype(int))
        lost = lost[(lost + index) % max(1, len(curves)) == 0]  # lanes share the row
        grid.chars[frame.top, frame.left + lost] = theme.glyphs.bad
        grid.inks[frame.top, frame.left + lost] = grid.ink(theme.lane(index))
    for index in order:
        _mark_best(grid, view, curves[index], index, chosen, x, y, frame, theme)
    grid.write(0, frame.left, " Value reached against learning rate ", f"bold {TEXT}")
    words = f" {view.steps} steps, 5 starts, {theme.glyphs.bad} diverged "
    if frame.left + 38 + len(words) < width:
        grid.write_right(0, width - 1, words, DIM)
    return grid


def _mark_best(
    grid: Grid, view: FairView, values: Floats, index: int, chosen: int, x: Axis, y: Axis, frame: Any, theme: Theme
) -> None:
    best = view.found[index].best
    at = int(np.argmin(values))
    if not np.isfinite(values[at]):
        return
    column = frame.left + int(float(x.place(np.array([best]))[0]) * (frame.width - 1) + 0.5)
    row = frame.top + int((1.0 - float(y.place(values[at : at + 1])[0])) * (frame.height - 1) + 0.5)
    colour = theme.lane(index)
    style = f"bold {BACKGROUND} on {colour}" if index == chosen else f"bold {colour}"
    grid.write(row, column, theme.lane_marker(index), style)


def _table(view: FairView, chosen: int, width: int, height: int, theme: Theme) -> Grid:
    grid = Grid.blank(width, height)
    draw_box(grid, theme, "Best learning rate of each")
    grid.write(1, 4, "optimizer", DIM)
    own = width >= OWN_START_FROM
    name_room = min(30, width - (62 if own else 34))
    grid.write_right(1, 4 + name_room + 10, "best lr", DIM)
    grid.write_right(1, 4 + name_room + 26, "median of five" if own else "value reached", DIM)
    if own:
        grid.write_right(1, 4 + name_room + 54, "best from this start alone", DIM)
    for row, one in enumerate(view.found[: height - 4], start=2):
        index = row - 2
        if index == chosen:
            grid.write(row, 1, theme.glyphs.chosen, ACCENT)
        grid.write(row, 2, theme.lane_marker(index), theme.lane(index))
        grid.write(row, 4, fit(one.lane or one.optimizer, name_room, theme.glyphs.end), TEXT)
        reached = float(np.min(one.values))
        grid.write_right(row, 4 + name_room + 10, setting(one.best, 3), f"bold {TEXT}")
        words = number(reached) if np.isfinite(reached) else "diverged with all"
        grid.write_right(row, 4 + name_room + 26, words, TEXT if np.isfinite(reached) else ERROR)
        if own and np.isfinite(one.value_from_start):
            words = f"{setting(one.best_from_start, 3)}: {number(one.value_from_start)}"
            grid.write_right(row, 4 + name_room + 54, words, DIM)
    words = "enter gives every lane its best rate and starts again, Esc goes back"
    grid.write(height - 2, 2, fit(words, width - 4, theme.glyphs.end), ACCENT)
    return grid
