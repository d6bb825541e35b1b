"""One plot drawn into a grid: frame, curves with their bands, gaps, what lies beyond the axis, markers, notes."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .boxes import draw_box
from .canvas import Columns, Gathering, band_dots, dot_places, gathering, line_dots, to_cells, to_columns
from .grid import Grid, Spot, wrap
from .plot import Curve, PlotSpec
from .plot_box import SMALLEST, PlotBox, plot_box
from .plot_ends import draw_ends, mark_along
from .plot_marks import cell_column, draw_marks, label_marks
from .plot_title import draw_title
from .scales import LABEL_WIDTH, Axis, step_axis
from .theme import ACCENT, DIM, FAINT, TEXT, WARNING, Theme
from .value_axis import ValueAxis, value_axis

Floats = NDArray[np.float64]
Gathered = list[tuple[Curve, Columns]]
FEW = 4  # curves; of more, a band would hide the others: only what stands out of it is drawn
OUTSTANDING = 4.0  # times as far as usual from the middle, and a cell's height


def draw_plot(spec: PlotSpec, width: int, height: int, theme: Theme) -> Grid:
    """The plot as a grid of exactly ``width`` × ``height`` cells."""
    grid = Grid.blank(width, height)
    if width < SMALLEST[0] + 1 or height < SMALLEST[1]:
        grid.write(0, 0, spec.title, TEXT)
        return grid
    x_axis = spec.x_axis or step_axis(last_step(spec), spec.steps)
    y = None if spec.empty else value_axis(spec)
    if y is None:
        _draw_empty(grid, spec, theme)
        return grid
    margin = int(len(spec.curves) > 1 or theme.colour == "grey")
    frame = plot_box(width - margin, height, x_axis, y.axis, theme.ascii_only)
    placed = [_placed(curve, x_axis, y.axis) for curve in spec.curves]
    plain = theme.ascii_only or theme.colour == "grey"
    gathered = _gathered(placed, frame, 1) if plain else []
    _draw_frame(grid, frame)
    if spec.timed:
        grid.spots.append(Spot("step", x_axis, frame.top, frame.left, frame.width, frame.height))
    draw_marks(grid, frame, spec, x_axis, theme)
    if theme.ascii_only:
        _draw_ascii_curves(grid, frame, gathered, theme)
    else:
        _draw_curves(grid, frame, _gathered(placed, frame, 2), theme)
    _draw_cursor(grid, frame, spec, x_axis, theme)
    _draw_gaps(grid, frame, spec, x_axis, y.axis, theme)
    _draw_points(grid, frame, spec, x_axis, y.axis)
    mark_along(grid, frame, gathered, theme)
    if margin:
        draw_ends(grid, frame, [(_end(one, frame), one.curve) for one in placed if np.isfinite(one.mean).any()])
    label_marks(grid, frame, spec, x_axis, theme)
    _draw_beyond(grid, frame, y, theme)
    draw_title(grid, spec, frame.left, width - margin - 1, theme)
    if spec.note:
        _draw_note(grid, frame, spec.note)
    return grid


def last_step(spec: PlotSpec) -> int:
    """The last step that it has a value at, or that the run made."""
    return max([spec.step, *(int(curve.steps[-1]) for curve in spec.curves if len(curve.steps))])


def _draw_frame(grid: Grid, frame: PlotBox) -> None:
    grid.chars[:, : frame.chars.shape[1]] = frame.chars
    grid.inks[:] = grid.ink(DIM)
    line = grid.ink(FAINT)
    grid.inks[: frame.top, :] = line
    grid.inks[frame.top : frame.top + frame.height, frame.left - 1] = line
    grid.inks[:, frame.left + frame.width :] = line
    grid.inks[frame.top + frame.height, :] = line
    grid.inks[frame.top + frame.height + 1 :, :] = grid.ink(DIM)


def _draw_empty(grid: Grid, spec: PlotSpec, theme: Theme) -> None:
    """A box with the reason why it is empty, in whole words; its left edge is where a plot's would be."""
    box = Grid.blank(grid.width - LABEL_WIDTH, grid.height)
    draw_box(box, theme)
    lines = wrap(spec.empty or "Nothing measured yet.", box.width - 6)[: box.height - 2]
    top = max(1, (box.height - len(lines)) // 2)
    for offset, line in enumerate(lines):
        box.write(top + offset, (box.width - len(line)) // 2, line, DIM)
    grid.paste(box, 0, LABEL_WIDTH)
    draw_title(grid, spec, LABEL_WIDTH + 1, grid.width - 1, theme)


def _cell_columns(frame: PlotBox, axis: Axis, steps: Floats) -> NDArray[np.int64]:
    return frame.left + (axis.place(steps) * (frame.width - 1) + 0.5 + 1e-9).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a curve's points that are in sight lie on both axes, from 0 to 1."""

    curve: Curve
    x: Floats
    low: Floats
    mean: Floats
    high: Floats


def _placed(curve: Curve, x: Axis, y: Axis) -> Placed:
    low, mean, high = y.place(np.stack([curve.low, np.where(curve.bad, np.nan, curve.mean), curve.high]))
    if len(curve.steps) and x.low <= curve.steps[0] and curve.steps[-1] <= x.high:
        return Placed(curve, x.place(curve.steps), low, mean, high)
    seen = (curve.steps >= x.low) & (curve.steps <= x.high)
    return Placed(curve, x.place(curve.steps[seen]), low[seen], mean[seen], high[seen])


def _gathered(placed: list[Placed], frame: PlotBox, dots: int) -> Gathered:
    found: Gathered = []
    same: dict[bytes, Gathering] = {}  # curves with the same steps, as all layers of a lane have, are gathered alike
    for one in placed:
        key = one.x.tobytes()
        if key and key not in same:
            same[key] = gathering(one.x, frame.width, dots)
        x = same.get(key, one.x)
        found.append((one.curve, to_columns(x, one.low, one.mean, one.high, frame.width, dots, one.curve.stepped)))
    return found


def _end(one: Placed, frame: PlotBox) -> float:
    """Where a curve with a finite value ends: the mean of its last column of cells, as :func:`to_columns` has it."""
    known = np.isfinite(one.mean)
    last = len(known) - int(known[::-1].argmax())
    gap = int(known[last - 1 :: -1].argmin())
    first = last - gap if gap else 0
    at = dot_places(one.x[first:last], frame.width, 1)
    start = int(np.searchsorted(at, at[-1]))
    return float(np.add.reduceat(one.mean[first:last], [start])[0] / (last - first - start))


def _bands(gathered: Gathered, frame: PlotBox) -> Gathered:
    """What is drawn of the smallest and largest values: of few curves all, else where they stand out."""
    few = len(gathered) <= FEW
    return [
        (curve, columns if curve.band and few else _outstanding(columns, frame.height)) for curve, columns in gathered
    ]


def _outstanding(columns: Columns, height: int) -> Columns:
    gaps = [np.abs(end - columns.middle) for end in (columns.low, columns.high)]
    shown = []
    for end, gap in zip((columns.low, columns.high), gaps, strict=True):
        known = gap[np.isfinite(gap)]
        least = max(1.0 / max(1, height - 1), OUTSTANDING * _median(known)) if len(known) else np.inf
        shown.append(np.where(gap > least, end, columns.middle))
    flat = (shown[0] == columns.middle) & (shown[1] == columns.middle)
    low, high = (np.where(flat, np.nan, end) for end in shown)
    return replace(columns, low=low, high=high)


def _median(values: Floats) -> float:
    """As np.median's of finite values, without its care for what else they may be."""
    values = np.sort(values)
    middle = len(values) // 2
    return float(values[middle] if len(values) % 2 else 0.5 * (values[middle - 1] + values[middle]))


def _draw_curves(grid: Grid, frame: PlotBox, gathered: Gathered, theme: Theme) -> None:
    chars, inks = _canvas(grid, frame)
    if not gathered:
        return
    bands = band_dots(_stacked(_bands(gathered, frame)), frame.height)
    lines = line_dots(_stacked(gathered), frame.height)
    colours = [*(theme.faded(curve.colour) for curve, _ in gathered), *(curve.colour for curve, _ in gathered)]
    for codes, colour in zip(to_cells(np.concatenate([bands, lines])), colours, strict=True):
        here = codes > 0
        chars[here] = codes[here].view("<U1")
        inks[here] = grid.ink(colour)


def _stacked(gathered: Gathered) -> Columns:
    """All curves at once: (curves, columns) places."""
    columns = [one for _, one in gathered]
    return Columns(*(np.stack([getattr(one, end) for one in columns]) for end in ("low", "middle", "high")))


def _draw_ascii_curves(grid: Grid, frame: PlotBox, gathered: Gathered, theme: Theme) -> None:
    chars, inks = _canvas(grid, frame)
    for curve, columns in _bands(gathered, frame):
        here = band_dots(columns, frame.height, 1)
        chars[here] = "."
        inks[here] = grid.ink(theme.faded(curve.colour))
    for curve, columns in gathered:
        here = line_dots(columns, frame.height, 1)
        chars[here] = curve.marker or "."
        inks[here] = grid.ink(curve.colour)


def _canvas(grid: Grid, frame: PlotBox) -> tuple[NDArray[np.str_], NDArray[np.int16]]:
    area = slice(frame.top, frame.top + frame.height), slice(frame.left, frame.left + frame.width)
    return grid.chars[area], grid.inks[area]


def _draw_gaps(grid: Grid, frame: PlotBox, spec: PlotSpec, x: Axis, y: Axis, theme: Theme) -> None:
    """NaN and Inf as crosses along the top, values beyond the axis as arrows along its end."""
    top, bottom, slack = frame.top, frame.top + frame.height - 1, 1e-9 * (y.high - y.low)
    for curve in spec.curves:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.log10(np.maximum(curve.mean, 0.0)) if y.log else curve.mean
        gaps = [
            (row, glyph, here)
            for row, glyph, here in (
                (top, theme.glyphs.above, ~curve.bad & (values > y.high + slack)),
                (bottom, theme.glyphs.below, ~curve.bad & (values < y.low - slack)),
                (top, theme.glyphs.bad, curve.bad),
            )
            if here.any()
        ]
        if not gaps:
            continue
        ink = grid.ink(f"bold {curve.colour}")
        seen = (curve.steps >= x.low) & (curve.steps <= x.high)
        columns = _cell_columns(frame, x, curve.steps[seen])
        for row, glyph, here in gaps:
            marked = np.zeros(grid.width, dtype=bool)
            marked[columns[here[seen]]] = True
            for at in np.flatnonzero(here[seen][1:] & here[seen][:-1]):  # from one such point to the next
                marked[columns[at] : columns[at + 1]] = True
            grid.chars[row, marked], grid.inks[row, marked] = glyph, ink


def _draw_points(grid: Grid, frame: PlotBox, spec: PlotSpec, x: Axis, y: Axis) -> None:
    for points in spec.points:
        known = np.isfinite(points.values) & ~(y.log & (points.values <= 0.0))
        columns = _cell_columns(frame, x, points.places[known])
        rows = frame.top + ((1.0 - y.place(points.values[known])) * (frame.height - 1) + 0.5 + 1e-9).astype(np.int64)
        grid.chars[rows, columns], grid.inks[rows, columns] = points.marker, grid.ink(points.style)


def _draw_cursor(grid: Grid, frame: PlotBox, spec: PlotSpec, x: Axis, theme: Theme) -> None:
    if spec.cursor is not None and x.low <= spec.cursor <= x.high:
        rows = slice(frame.top, frame.top + frame.height)
        column = cell_column(frame, x, spec.cursor)
        grid.chars[rows, column], grid.inks[rows, column] = theme.glyphs.side, grid.ink(f"bold {ACCENT}")


def _draw_beyond(grid: Grid, frame: PlotBox, y: ValueAxis, theme: Theme) -> None:
    """What the axis does not show, in the corners at the right: an arrow and a few words."""
    end = frame.left + frame.width
    for row, glyph, words in (
        (frame.top, theme.glyphs.above, y.above),
        (frame.top + frame.height - 1, theme.glyphs.below, y.below),
    ):
        if words:
            grid.write_right(row, end, f" {glyph} {words}", WARNING)


def _draw_note(grid: Grid, frame: PlotBox, note: str) -> None:
    """A remark inside the canvas, top left, under the row of crosses."""
    for offset, line in enumerate(wrap(note, max(10, frame.width - 2))[: max(1, frame.height - 2)]):
        grid.write(frame.top + 1 + offset, frame.left + 1, line, WARNING)
