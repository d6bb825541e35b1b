"""One unit, large: how it does in numbers, what it passes on over the inputs, and the weights into it."""

import math

import numpy as np

from nntui.looks.projection import Projection, Window
from nntui.looks.responses import CloseUnit, UnitResponse
from nntui_engine.run.snapshot import LaneSnapshot

from .boxes import draw_box
from .grid import Grid, fit
from .map_frame import LABELS, SMALLEST, Canvas, canvas_of, draw_frame
from .numbers import number, share
from .plot import Curve, PlotSpec
from .plot_drawing import draw_plot
from .regions import seen
from .scales import linear_axis
from .shades import largest_of, paint, signed, signed_shades
from .theme import ACCENT, DIM, ERROR, TEXT, WARNING, Theme
from .unit_weights import draw_weights, layer_words
from .units import SATURATED, Measure, draw_units

NUMBERS = 27  # columns of the numbers
BESIDE = 58  # columns from which on picture and weights stand side by side, and below that
HIGH = 14  # rows of a picture from which on they stand above each other
ROOM_FOR_ALL = 8  # rows under the numbers from which on all units stand there
LEAST_WEIGHTS = 19  # columns
Line = tuple[str, str, str]  # words, a value, its style


def draw_close_unit(
    found: CloseUnit, lane: LaneSnapshot, whose: str, measure: Measure, width: int, height: int, theme: Theme
) -> Grid:
    """The unit in a box; its numbers at the left, over all units by ``measure`` where there is room, picture and
    weights in what is left."""
    grid, g = Grid.blank(width, height), theme.glyphs
    into = found.weights
    place = layer_words(into.layer, into.layers, into.name)
    words = f"unit {into.unit + 1} of {into.units}, {place}"
    info = lane.layers[into.layer - 1]
    kind = info.activation or info.kind.replace("_", " ")
    titles = [f"{words.capitalize()} {g.dot} {kind} {g.dot} {whose}"] if whose else []
    titles += [f"{words.capitalize()} {g.dot} {kind}", words.capitalize()]
    draw_box(grid, theme, fit(next((t for t in titles if len(t) <= width - 6), titles[-1]), width - 6, g.end))
    if width < 24 or height < 5:
        return grid
    left, top, lines = 2, 1, _numbers(found)
    if width >= NUMBERS + 30:
        for row, (name, value, style) in enumerate(lines[: height - 2]):
            grid.write(1 + row, 2, fit(name, NUMBERS - 10, g.end), DIM)
            grid.write_right(1 + row, NUMBERS, value, style)
        room = height - 3 - len(lines)
        if room >= ROOM_FOR_ALL:
            drawn = draw_units(found.units, lane, "", (into.layer, into.unit), measure, NUMBERS + 2, room + 2, theme)
            grid.paste(_without_box(drawn), 2 + len(lines), 2)
        left = NUMBERS + 2
    else:
        half, few = (width - 4) // 2, 6 if height >= 12 else 2
        for place_, (name, value, style) in enumerate(lines[:few]):
            column, row = 2 + place_ % 2 * half, 1 + place_ // 2
            grid.write(row, column, fit(name, half - 10, g.end), DIM)
            grid.write_right(row, column + half - 2, value, style)
        top = 1 + few // 2
    columns, rows = width - left - 2, height - top - 1
    parts = _parts(found, columns, rows)
    for (row, column, wide, high), what in parts:
        part = _response(found.response, wide, high, theme) if what else _weights(found, wide, high, theme)
        grid.paste(part, top + row, left + column)
    return grid


def _parts(found: CloseUnit, columns: int, rows: int) -> list[tuple[tuple[int, int, int, int], bool]]:
    """Where the response (True) and the weights (False) stand: (row, column, columns, rows)."""
    if found.response is None:
        return [((0, 0, columns, rows), False)]
    low = min(rows // 3, len(found.weights.weights) + 2)
    if columns < BESIDE and rows - low >= HIGH:
        return [((0, 0, columns, rows - low), True), ((rows - low, 0, columns, low), False)]
    most = columns * 3 // 5 if columns >= BESIDE else columns - LEAST_WEIGHTS - 1
    wide = min(most, 2 * rows + LABELS)
    if wide >= SMALLEST[0] and len(found.weights.weights):
        return [((0, 0, wide, rows), True), ((0, wide + 1, columns - wide - 1, rows), False)]
    return [((0, 0, columns, rows), True)]


def _numbers(found: CloseUnit) -> list[Line]:
    """What is known of the unit, what is sick in colour."""
    into, layer = found.weights, found.units.layers[found.weights.layer - 1]
    at = into.unit
    lines = [("mean", number(float(layer.mean[at])), TEXT)]
    silent, flat = float(layer.silent[at]), float(layer.saturated[at])
    if not math.isnan(silent):
        words = "dead" if silent == 1.0 else share(silent)
        lines += [("silent on", words, f"bold {ERROR}" if silent == 1.0 else TEXT)]
    if not math.isnan(flat):
        lines += [("saturated", share(flat), f"bold {WARNING}" if flat >= SATURATED else TEXT)]
    if not math.isnan(float(layer.gradient[at])):
        lines += [("gradient", number(float(layer.gradient[at])), TEXT)]
    lines += [("deviation", number(float(layer.deviation[at])), TEXT)]
    if len(into.weights):
        lines += [("weights in", str(len(into.weights)), TEXT), ("bias", number(into.bias), TEXT)]
        with np.errstate(over="ignore", invalid="ignore"):
            lines += [("their norm", number(float(np.linalg.norm(into.weights))), TEXT)]
        lines += [("largest", number(largest_of(into.weights)), TEXT)]
    return [*lines, ("over probe rows", str(found.units.rows), DIM)]


def _weights(found: CloseUnit, width: int, height: int, theme: Theme) -> Grid:
    """The weights without the box that they have as a panel."""
    return _without_box(draw_weights(found.weights, "", width + 2, height + 2, theme))


def _without_box(drawn: Grid) -> Grid:
    return Grid(drawn.chars[1:-1, 1:-1], drawn.inks[1:-1, 1:-1], drawn.styles)


def _response(found: UnitResponse | None, width: int, height: int, theme: Theme) -> Grid:
    grid = Grid.blank(width, height)
    if found is None or width < SMALLEST[0] or height < SMALLEST[1]:
        return grid
    if len(found.picture) == 1:
        xs, values = np.linspace(*found.window[0], found.picture.shape[1]), found.picture[0]
        curve = Curve("answer", ACCENT, "", xs, values, values, values, ~np.isfinite(values), band=False)
        name = found.features[0] if found.features else "x"
        axis = linear_axis(float(xs[0]), float(xs[-1]))
        return draw_plot(
            PlotSpec("Its answer", (curve,), subtitle=f"against {name}", x_axis=axis), width, height, theme
        )
    canvas = canvas_of(found.data, width, height)
    window, columns, rows = seen(found, canvas.width, canvas.height)
    canvas = Canvas(canvas.left, canvas.top, columns, rows)
    framed = Grid.blank(canvas.left + columns + 1, rows + 3)
    draw_frame(framed, window, canvas, theme)
    title = next(form for form in (" Its answer ", " answer ", "") if len(form) <= columns)
    framed.write(0, canvas.left, title, f"bold {TEXT}")
    palette = signed(theme)
    shades = signed_shades(_sampled(found, window, canvas), largest_of(found.picture), palette)
    picture = Grid.blank(columns, rows)
    paint(picture, 0, 0, shades, palette, theme)
    framed.paste(picture, canvas.top, canvas.left)
    words = f" largest {number(largest_of(found.picture))} "
    if columns > len(words) + 14:
        framed.write_right(0, canvas.left + columns, words, DIM)
    grid.paste(framed, 0, 0)
    return grid


def _sampled(found: UnitResponse, window: Window, canvas: Canvas) -> np.ndarray:
    """The values at the half cells of a canvas."""
    xs, ys = Projection(window, canvas.width, canvas.height).pixels()
    (x0, x1), (y0, y1) = found.window
    rows, columns = found.picture.shape
    column = np.clip(np.rint((xs - x0) / (x1 - x0) * (columns - 1)), 0, columns - 1).astype(np.int64)
    row = np.clip(np.rint((y1 - ys) / (y1 - y0) * (rows - 1)), 0, rows - 1).astype(np.int64)
    return np.asarray(found.picture[np.ix_(row, column)])
