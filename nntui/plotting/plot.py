"""One plot: curves with their bands, marks, gaps and notes, drawn into a grid."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from .boxes import draw_box
from .canvas import Columns, band_dots, line_dots, to_cells, to_columns
from .grid import Grid, wrap
from .plot_box import SMALLEST, PlotBox, plot_box
from .scales import LABEL_WIDTH, Axis, SteadyAxis, step_axis
from .theme import DIM, FAINT, TEXT, WARNING, Theme

Floats = NDArray[np.float64]
MANY = 16  # curves; of more, markers that are alike stand in a row once


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line over time: (m,) steps and the smallest, mean and largest value at each.

    ``bad`` (m,) says where the value was NaN or infinite; ``marker`` is drawn at the newest point.
    """

    label: str
    colour: str
    marker: str
    steps: Floats
    low: Floats
    mean: Floats
    high: Floats
    bad: NDArray[np.bool_]
    band: bool = True

    def faded(self, step: int) -> "Curve":
        """The same from ``step`` on, in grey, without name, marker and band."""
        on = self.steps >= step
        low, mean, high = self.low[on], self.mean[on], self.high[on]
        return Curve("", FAINT, "", self.steps[on], low, mean, high, self.bad[on], band=False)


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the legend."""

    marker: str
    label: str
    colour: str


@dataclass(frozen=True, slots=True)
class TimeMark:
    """A change made at a step."""

    step: int
    restarted: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Single values (m,) at places (m,) along the plot, each drawn as ``marker``."""

    places: Floats
    values: Floats
    marker: str
    style: str


@dataclass(frozen=True, slots=True, eq=False)
class PlotSpec:
    """Everything a plot shows. ``empty`` says why there is nothing to see; then no curve is drawn.

    ``fixed`` are limits that never move, ``floor`` a value the axis always includes, ``widest`` limits that data beyond
    do not widen. ``x_axis`` stands in place of the steps.
    """

    title: str
    curves: tuple[Curve, ...] = ()
    legend: tuple[Key, ...] = ()
    step: int = 0
    steps: int = 0
    scale: Literal["linear", "log"] = "linear"
    percent: bool = False
    whole: bool = False
    fixed: tuple[float, float] | None = None
    floor: float | None = None
    marks: tuple[TimeMark, ...] = ()
    note: str = ""
    empty: str = ""
    subtitle: str = ""
    memory: SteadyAxis = field(default_factory=SteadyAxis)
    points: tuple[Points, ...] = ()
    x_axis: Axis | None = None
    widest: tuple[float, float] | None = None

    def faded(self, step: int) -> tuple[Curve, ...]:
        """Its curves from ``step`` on, in grey and without a name."""
        return tuple(curve.faded(step) for curve in self.curves)


def draw_plot(spec: PlotSpec, width: int, height: int, theme: Theme) -> Grid:
    """The plot as a grid of exactly ``width`` × ``height`` cells."""
    grid = Grid.blank(width, height)
    if width < SMALLEST[0] or height < SMALLEST[1]:
        grid.write(0, 0, spec.title, TEXT)
        return grid
    x_axis = spec.x_axis or step_axis(_last_step(spec), spec.steps)
    y_axis = None if spec.empty else _value_axis(spec)
    if y_axis is None:
        _draw_empty(grid, spec, theme)
        return grid
    frame = plot_box(width, height, x_axis, y_axis, theme.ascii_only)
    _draw_frame(grid, frame)
    _draw_marks(grid, frame, spec, x_axis, theme)
    if theme.ascii_only:
        _draw_ascii_curves(grid, frame, spec, x_axis, y_axis, theme)
    else:
        _draw_curves(grid, frame, spec, x_axis, y_axis, theme)
    _draw_gaps(grid, frame, spec, x_axis, y_axis, theme)
    _draw_points(grid, frame, spec, x_axis, y_axis)
    _draw_ends(grid, frame, spec, x_axis, y_axis, theme)
    _draw_title(grid, spec, frame.left, theme)
    if spec.note:
        _draw_note(grid, frame, spec.note)
    return grid


def _last_step(spec: PlotSpec) -> int:
    return max([spec.step, *(int(curve.steps[-1]) for curve in spec.curves if len(curve.steps))])


def _value_axis(spec: PlotSpec) -> Axis | None:
    """The value axis for all finite data, or None when there are none."""
    log = spec.scale == "log"
    found: list[float] = []
    any_point = False
    for curve in spec.curves:
        for values in (curve.low, curve.mean, curve.high):
            finite = values[np.isfinite(values)]
            any_point = any_point or len(finite) > 0
            finite = finite[finite > 0.0] if log else finite
            if len(finite):
                found += [float(finite.min()), float(finite.max())]
        any_point = any_point or bool(curve.bad.any())
    for points in spec.points:
        finite = points.values[np.isfinite(points.values) & (points.values > (0.0 if log else -np.inf))]
        any_point = any_point or len(finite) > 0
        found += [float(finite.min()), float(finite.max())] if len(finite) else []
    if not any_point:
        return None
    if spec.fixed is not None:
        found = list(spec.fixed)
    if not found:
        found = [1e-3, 1.0] if log else [0.0, 1.0]
    low, high = min(found), max(found)
    if spec.widest is not None:
        low, high = (min(max(end, spec.widest[0]), spec.widest[1]) for end in (low, high))
    if spec.floor is not None and not log:
        low = min(low, spec.floor)
    return spec.memory.fit(low, high, log=log, percent=spec.percent, whole=spec.whole)


def _draw_frame(grid: Grid, frame: PlotBox) -> None:
    grid.chars[:] = [list(row) for row in frame.rows]
    grid.inks[:] = grid.ink(DIM)
    line = grid.ink(FAINT)
    grid.inks[: frame.top, :] = line
    grid.inks[frame.top : frame.top + frame.height, frame.left - 1] = line
    grid.inks[:, frame.left + frame.width :] = line
    grid.inks[frame.top + frame.height, :] = line
    grid.inks[frame.top + frame.height + 1 :, :] = grid.ink(DIM)


def _draw_title(grid: Grid, spec: PlotSpec, left: int, theme: Theme) -> None:
    """The title in the upper line, the legend at its right end; each in the longest form that fits."""
    subtitle = f"{theme.glyphs.dot} {spec.subtitle} " if spec.subtitle else ""
    legends = _legend_forms(spec.legend, theme)
    short = spec.title.removesuffix(" by layer")
    room = grid.width - left - 1
    choices = [
        (title, sub, legend)
        for title in dict.fromkeys((spec.title, short))
        for sub in dict.fromkeys((subtitle, ""))
        for legend in legends
    ] + [(short, "", [])]
    if short != spec.title and any(key.label for key in spec.legend):  # layers' names are worth more than the words
        choices = [choice for choice in choices if choice[2] == legends[0]] + choices
    title, sub, legend = next((c for c in choices if _title_width(*c) <= room), choices[-1])
    column = grid.write(0, left, f" {title} "[:room], f"bold {TEXT}")
    grid.write(0, column, sub, DIM)
    column = grid.width - 1 - _legend_width(legend)
    for text, style in [(" ", FAINT), *legend, (" ", FAINT)] if legend else []:
        column = grid.write(0, column, text, style)


def _title_width(title: str, subtitle: str, legend: list[tuple[str, str]]) -> int:
    return len(title) + 2 + len(subtitle) + _legend_width(legend)


def _legend_width(legend: list[tuple[str, str]]) -> int:
    return sum(cell_len(text) for text, _ in legend) + 2 if legend else 0


def _legend_forms(legend: tuple[Key, ...], theme: Theme) -> list[list[tuple[str, str]]]:
    """The legend in full, then with markers alone, then its first and last entry; one empty form if it is empty."""
    full: list[tuple[str, str]] = []
    short: list[tuple[str, str]] = []
    for index, key in enumerate(legend):
        gap = "  " if index and key.label else " " if index else ""
        full.append((f"{gap}{key.marker}", key.colour))
        if key.label:
            full.append((f" {key.label}", DIM))
        short.append((f"{' ' if index else ''}{key.marker}", key.colour))
    forms = [full, short]
    if len(legend) > 2:
        first, last = legend[0], legend[-1]
        forms.append([(first.marker, first.colour), (theme.glyphs.end, DIM), (last.marker, last.colour)])
    return forms


def _draw_empty(grid: Grid, spec: PlotSpec, theme: Theme) -> None:
    """A box with the reason why it is empty, in whole words; its left edge is where a plot's would be."""
    box = Grid.blank(grid.width - LABEL_WIDTH, grid.height)
    draw_box(box, theme)
    lines = wrap(spec.empty or "Nothing measured yet.", box.width - 6)[: box.height - 2]
    top = max(1, (box.height - len(lines)) // 2)
    for offset, line in enumerate(lines):
        box.write(top + offset, (box.width - len(line)) // 2, line, DIM)
    grid.paste(box, 0, LABEL_WIDTH)
    _draw_title(grid, spec, LABEL_WIDTH + 1, theme)


def _cell_columns(frame: PlotBox, axis: Axis, steps: Floats) -> NDArray[np.int64]:
    return frame.left + (axis.place(steps) * (frame.width - 1) + 0.5 + 1e-9).astype(np.int64)


def _cell_column(frame: PlotBox, axis: Axis, step: float) -> int:
    return int(_cell_columns(frame, axis, np.array([step]))[0])


def _cell_row(frame: PlotBox, place: float) -> int:
    return frame.top + int((1.0 - place) * (frame.height - 1) + 0.5 + 1e-9)


def _draw_marks(grid: Grid, frame: PlotBox, spec: PlotSpec, x: Axis, theme: Theme) -> None:
    ink = grid.ink(mark_colour(theme))
    for mark in spec.marks:
        if x.low <= mark.step <= x.high:
            column = _cell_column(frame, x, mark.step)
            rows = slice(frame.top, frame.top + frame.height)
            grid.chars[rows, column] = theme.glyphs.restart_mark if mark.restarted else theme.glyphs.mark
            grid.inks[rows, column] = ink


def mark_colour(theme: Theme) -> str:
    """The colour of the marks at changes, a dimmed warning, as "#rrggbb"."""
    return theme.faded(WARNING)


def _columns(curve: Curve, frame: PlotBox, x: Axis, y: Axis, dots: int) -> Columns:
    gap = curve.bad
    mean = np.where(gap, np.nan, y.place(curve.mean))
    return to_columns(x.place(curve.steps), y.place(curve.low), mean, y.place(curve.high), frame.width, dots)


def _draw_curves(grid: Grid, frame: PlotBox, spec: PlotSpec, x: Axis, y: Axis, theme: Theme) -> None:
    rows = slice(frame.top, frame.top + frame.height)
    cols = slice(frame.left, frame.left + frame.width)
    chars, inks = grid.chars[rows, cols], grid.inks[rows, cols]
    gathered = [(curve, _columns(curve, frame, x, y, 2)) for curve in spec.curves]
    layers = [(band_dots(c, frame.height), theme.faded(curve.colour)) for curve, c in gathered if curve.band]
    layers += [(line_dots(c, frame.height), curve.colour) for curve, c in gathered]
    for dots, colour in layers:
        codes = to_cells(dots)
        here = codes > 0
        chars[here] = codes[here].view("<U1")
        inks[here] = grid.ink(colour)


def _draw_ascii_curves(grid: Grid, frame: PlotBox, spec: PlotSpec, x: Axis, y: Axis, theme: Theme) -> None:
    rows = slice(frame.top, frame.top + frame.height)
    cols = slice(frame.left, frame.left + frame.width)
    chars, inks = grid.chars[rows, cols], grid.inks[rows, cols]
    gathered = [(curve, _columns(curve, frame, x, y, 1)) for curve in spec.curves]
    for curve, columns in gathered:
        if curve.band:
            here = band_dots(columns, frame.height, 1)
            chars[here] = "."
            inks[here] = grid.ink(theme.faded(curve.colour))
    for curve, columns in gathered:
        here = line_dots(columns, frame.height, 1)
        chars[here] = curve.marker or "."
        inks[here] = grid.ink(curve.colour)


def _draw_gaps(grid: Grid, frame: PlotBox, spec: PlotSpec, x: Axis, y: Axis, theme: Theme) -> None:
    """NaN and Inf as crosses along the top, values at or below 0 on a log axis as arrows along the bottom."""
    for curve in spec.curves:
        ink = grid.ink(f"bold {curve.colour}")
        columns = _cell_columns(frame, x, curve.steps[curve.bad])
        grid.chars[frame.top, columns], grid.inks[frame.top, columns] = theme.glyphs.bad, ink
        if y.log:
            bottom = frame.top + frame.height - 1
            columns = _cell_columns(frame, x, curve.steps[curve.mean <= 0.0])
            grid.chars[bottom, columns], grid.inks[bottom, columns] = theme.glyphs.below, ink


def _draw_points(grid: Grid, frame: PlotBox, spec: PlotSpec, x: Axis, y: Axis) -> None:
    for points in spec.points:
        known = np.isfinite(points.values) & ~(y.log & (points.values <= 0.0))
        columns = _cell_columns(frame, x, points.places[known])
        rows = frame.top + ((1.0 - y.place(points.values[known])) * (frame.height - 1) + 0.5 + 1e-9).astype(np.int64)
        grid.chars[rows, columns], grid.inks[rows, columns] = points.marker, grid.ink(points.style)


def _draw_ends(grid: Grid, frame: PlotBox, spec: PlotSpec, x: Axis, y: Axis, theme: Theme) -> None:
    """Each curve's marker at its newest point, side by side where they meet; in grey also along the line.

    Layers' numbers stand apart, lest 1 and 2 be read as 12.
    """
    if len(spec.curves) < 2 and theme.colour != "grey":
        return
    taken: set[tuple[int, int]] = set()
    alike: set[tuple[int, str]] = set()
    for index, curve in enumerate(spec.curves):
        columns = _columns(curve, frame, x, y, 1)
        drawn = np.flatnonzero(np.isfinite(columns.middle))
        if not len(drawn) or not curve.marker.strip():
            continue
        ink = grid.ink(f"bold {curve.colour}")
        column = frame.left + int(drawn[-1])
        row = _cell_row(frame, float(columns.middle[drawn[-1]]))
        apart = 2 if curve.marker.isalnum() else 1
        if len(spec.curves) > MANY and not curve.marker.isalnum() and (row, curve.marker) in alike:
            continue  # "+" is every layer past nine: one for all whose ends meet
        alike.add((row, curve.marker))
        while (row, column) in taken and column - apart >= frame.left:
            column -= apart
        taken.add((row, column))
        grid.chars[row, column], grid.inks[row, column] = curve.marker, ink
        if theme.colour == "grey" and len(spec.curves) > 1:
            _mark_along(grid, frame, curve, index, columns)


def _mark_along(grid: Grid, frame: PlotBox, curve: Curve, index: int, columns: Columns) -> None:
    for column in range((index * 5) % 13, frame.width, 13):
        if np.isfinite(columns.middle[column]):
            grid.chars[_cell_row(frame, float(columns.middle[column])), frame.left + column] = curve.marker


def _draw_note(grid: Grid, frame: PlotBox, note: str) -> None:
    """A remark inside the canvas, top left, under the row of crosses."""
    for offset, line in enumerate(wrap(note, max(10, frame.width - 2))[: max(1, frame.height - 2)]):
        grid.write(frame.top + 1 + offset, frame.left + 1, line, WARNING)
