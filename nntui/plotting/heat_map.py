"""A heat map: shades over two axes, in the frame that plots have."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .grid import Grid, fit
from .plot_box import SMALLEST, plot_box
from .scales import Axis, round_step
from .shades import Palette, Shades, paint
from .theme import DIM, FAINT, TEXT, Theme

Floats = NDArray[np.float64]
Places = Callable[[Floats], NDArray[np.int64]]  # which entry stands at these places of an axis; −1: none
Entry = tuple[str, str, str]  # of a legend: a mark, its style, words


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap:
    """``shades`` (rows, columns), the first row below; ``row_at`` and ``column_at`` say which of them stand where."""

    title: str
    subtitle: str
    shades: Shades
    palette: Palette
    x_axis: Axis
    y_axis: Axis
    column_at: Places
    row_at: Places
    legend: tuple[Entry, ...] = ()


def numbers_axis(count: int) -> Axis:
    """An axis of the whole numbers 1 to ``count``."""
    end = float(max(2, count))
    return Axis(1.0, end, whole=True, step=max(1.0, round_step(end - 1.0, 5)))


def at_numbers(count: int) -> Places:
    """Each of ``count`` entries has an equal part of their axis."""
    end = max(2, count)
    return lambda places: np.clip(np.floor((places - 1.0) / (end - 1) * count), 0, count - 1).astype(np.int64)


def at_steps(steps: Floats) -> Places:
    """Entry i stands from behind step i − 1 up to ``steps[i]`` of (entries,); after the last there is none."""

    def found(places: Floats) -> NDArray[np.int64]:
        at = np.searchsorted(steps, places)
        return np.asarray(np.where(at < len(steps), at, -1), dtype=np.int64)

    return found


def draw_heat_map(spec: HeatMap, width: int, height: int, theme: Theme) -> Grid:
    """The map as a grid of exactly ``width`` × ``height`` cells."""
    grid = Grid.blank(width, height)
    if width < SMALLEST[0] or height < SMALLEST[1]:
        grid.write(0, 0, spec.title, TEXT)
        return grid
    frame = plot_box(width, height, spec.x_axis, spec.y_axis, theme.ascii_only)
    grid.chars[:] = frame.chars
    grid.inks[:] = grid.ink(DIM)
    line = grid.ink(FAINT)
    grid.inks[: frame.top, :] = line
    grid.inks[frame.top : frame.top + frame.height, frame.left - 1] = line
    grid.inks[:, frame.left + frame.width :] = line
    grid.inks[frame.top + frame.height, :] = line
    grid.inks[frame.top + frame.height + 1 :, :] = grid.ink(DIM)
    columns = spec.column_at(_middles(spec.x_axis, frame.width))
    rows = spec.row_at(_middles(spec.y_axis, 2 * frame.height))[::-1]
    seen = spec.shades[np.ix_(np.maximum(rows, 0), np.maximum(columns, 0))]
    shown = np.where((rows[:, None] < 0) | (columns[None, :] < 0), -2, seen).astype(np.int16)
    paint(grid, frame.top, frame.left, shown, spec.palette, theme)
    draw_title(grid, spec.title, spec.subtitle, spec.legend, frame.left, theme)
    return grid


def draw_title(grid: Grid, title: str, subtitle: str, legend: tuple[Entry, ...], left: int, theme: Theme) -> None:
    """The title and what fits beside it in the upper line: the subtitle, and at its end the legend."""
    end = grid.width - 1
    column = grid.write(0, left, fit(f" {title} ", max(0, end - left), theme.glyphs.end), f"bold {TEXT}")
    keys = sum(len(mark) + len(words) for mark, _, words in legend) + 2
    words = f"{theme.glyphs.dot} {subtitle} " if subtitle else ""
    if column + len(words) + keys > end and column + keys <= end:
        words = ""
    column = grid.write(0, column, fit(words, max(0, end - column), theme.glyphs.end), DIM)
    if not legend or column + keys > end:
        return
    column = grid.write(0, end - keys, " ", FAINT)
    for mark, style, text in legend:
        column = grid.write(0, column, mark, style)
        column = grid.write(0, column, text, DIM)
    grid.write(0, column, " ", FAINT)


def _middles(axis: Axis, count: int) -> Floats:
    """The values in the middle of ``count`` equal parts of an axis."""
    return np.asarray(axis.low + (np.arange(count) + 0.5) / count * (axis.high - axis.low))
