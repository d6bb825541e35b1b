"""A small network as nodes and edges: every unit a picture of its answer over the inputs, every edge a weight."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nntui.looks.responses import Column, Diagram
from nntui_engine.run.snapshot import LaneSnapshot

from .boxes import draw_box
from .canvas import to_cells
from .colours import ink_on
from .grid import Grid, fit
from .layer_signs import layer_keys
from .numbers import number
from .shades import Floats, largest_of, paint, resized, sign_keys, signed, signed_shades
from .theme import BACKGROUND, DIM, TEXT, Theme
from .tiles import NOTHING, put

SIDES = (16, 12, 10, 8, 6, 4)  # half rows, and columns, of a node's picture
LEAST_GAP, WIDEST_GAP = 4, 22  # columns between layers
MOST_EDGES = 24  # between two layers
NUMBER = 7  # columns of a node that shows a number
LEVELS = 8  # of how bright edges are
FAINTEST = 0.25  # of its colour that the weakest edge has


@dataclass(frozen=True, slots=True)
class _Plan:
    """Columns and rows of a node, columns between layers, where the first one begins, and which are ``shown``."""

    wide: int
    high: int
    gap: int
    left: int
    shown: range

    def start(self, at: int) -> int:
        """The column where the nodes of a layer (0: the inputs) begin."""
        return self.left + (at - self.shown.start) * (self.wide + self.gap)


def draw_diagram(
    found: Diagram, lane: LaneSnapshot, title: str, chosen: tuple[int, int], width: int, height: int, theme: Theme
) -> Grid:
    """Inputs at the left, outputs at the right; ``chosen``: layer (1-based) and unit (0-based) that stand out. Where
    not all layers have room those about the chosen one are drawn, and the lower line says what is left out."""
    grid, g = Grid.blank(width, height), theme.glyphs
    draw_box(grid, theme, fit(title, width - 6, g.end))
    rows = height - 4  # names above, signs below
    plan = _plan(found, width - 4, rows, chosen[0])
    if plan is None:
        words = "A larger window shows the network here."
        if width > 12 and height > 3:
            grid.write(height // 2, 2, fit(words, width - 4, g.end), DIM)
        return grid
    places = {at: _places(found.columns[at], plan, rows, chosen[1] if chosen[0] == at else 0) for at in plan.shown}
    _draw_pictures(grid, found, places, plan, rows, theme)
    for at in plan.shown[1:]:
        left = plan.start(at) - plan.gap
        _draw_edges(grid, found.columns[at], places[at - 1], places[at], left, plan, rows, theme)
    for at in plan.shown:
        _draw_column(grid, found, lane, at, places[at], chosen, plan, theme)
        hidden = _count(found.columns[at], lane, at) - len(places[at])
        if hidden:
            grid.write(height - 2, plan.start(at), fit(f"+{hidden}", plan.wide + plan.gap - 1, g.end), TEXT)
    _draw_left_out(grid, len(found.columns), plan, theme)
    _draw_signs(grid, found, theme)
    return grid


def _count(column: Column, lane: LaneSnapshot, at: int) -> int:
    return lane.layers[at - 1].units if at else len(column.pictures)


def _plan(found: Diagram, columns: int, rows: int, chosen: int) -> _Plan | None:
    """The largest nodes that all fit, else the smallest; of too many layers those about the chosen one; None where
    there is no room for two."""
    count, most = len(found.columns), max(len(column.pictures) for column in found.columns)
    pictures = found.columns[0].pictures[0].size > 1
    curves = pictures and found.columns[0].pictures.shape[1] == 1
    sizes = [(2 * side if curves else side, side // 2) for side in SIDES] if pictures else [(NUMBER, 1)]
    for wide, high in sizes:
        gap = (columns - count * wide) // max(1, count - 1)
        if gap >= LEAST_GAP and (most * high <= rows or (wide, high) == sizes[-1]) and rows >= high:
            return _planned(columns, wide, high, gap, range(count))
    wide, high = sizes[-1]
    fit_in = min(count, (columns + LEAST_GAP) // (wide + LEAST_GAP))
    if fit_in < 2 or rows < high:
        return None
    first = max(0, min(chosen - fit_in // 2, count - fit_in))
    gap = (columns - fit_in * wide) // (fit_in - 1)
    return _planned(columns, wide, high, gap, range(first, first + fit_in))


def _planned(columns: int, wide: int, high: int, gap: int, shown: range) -> _Plan:
    gap, count = min(gap, WIDEST_GAP), len(shown)
    return _Plan(wide, high, gap, 2 + (columns - count * wide - (count - 1) * gap) // 2, shown)


def _draw_left_out(grid: Grid, count: int, plan: _Plan, theme: Theme) -> None:
    """How many layers, the inputs among them, are not drawn, in the box's lower line."""
    left_out = ((plan.shown.start, "before"), (count - plan.shown.stop, "after"))
    words = ", ".join(f"{many} {where}" for many, where in left_out if many)
    if words:
        forms = (f" layers not drawn: {words} (w, W) ", f" not drawn: {words} (w) ", f" {words} (w) ")
        shown = next((form for form in forms if len(form) <= grid.width - 4), forms[-1])
        grid.write_right(grid.height - 1, grid.width - 2, fit(shown, grid.width - 4, theme.glyphs.end), TEXT)


def _places(column: Column, plan: _Plan, rows: int, chosen: int) -> dict[int, int]:
    """The units that are shown with the row (0-based) at which each begins, evenly spread."""
    count = len(column.pictures)
    shown = min(count, rows // plan.high)
    first = max(0, min(chosen - shown // 2, count - shown))
    room = rows / shown
    return {first + i: int(i * room + (room - plan.high) / 2) for i in range(shown)}


def _draw_column(
    grid: Grid, found: Diagram, lane: LaneSnapshot, at: int, places: dict[int, int], chosen: tuple[int, int],
    plan: _Plan, theme: Theme,
) -> None:  # fmt: skip
    column, left = found.columns[at], plan.start(at)
    head, style = ("inputs", DIM)
    if at:
        key, info = layer_keys(lane, theme)[at - 1], lane.layers[at - 1]
        head, style = f"{key.marker} {info.activation}", f"bold {key.colour}"
    room = min(plan.wide + plan.gap - 1, grid.width - 2 - left)
    grid.write(1, left, fit(head, room, theme.glyphs.end), style)
    largest = largest_of(column.pictures)
    for unit, row in places.items():
        picture, top = column.pictures[unit], 2 + row
        if picture.size == 1:
            _draw_number(grid, top, left, float(picture[0, 0]), largest, theme)
        elif len(picture) == 1:
            _draw_curve(grid, top, left, picture[0], largest, plan, theme)
        if not at and plan.high > 1 and unit < len(found.names):
            name = fit(found.names[unit], plan.wide, theme.glyphs.end)
            grid.write(top, left, name, f"bold {TEXT} on {BACKGROUND}")
        if chosen == (at, unit):
            for line in range(plan.high):
                grid.write(
                    top + line, left - 1, theme.glyphs.chosen if line == plan.high // 2 else theme.glyphs.side, TEXT
                )


def _draw_pictures(
    grid: Grid, found: Diagram, places: dict[int, dict[int, int]], plan: _Plan, rows: int, theme: Theme
) -> None:
    """What units answer over a plane, all layers at once."""
    if found.columns[0].pictures.shape[1] == 1:
        return
    palette, room = signed(theme), np.full((2 * rows, grid.width - 4), NOTHING, dtype=np.int16)
    for at, shown in places.items():
        column = found.columns[at]
        largest = largest_of(column.pictures)
        small = resized(column.pictures[[*shown]], 2 * plan.high, plan.wide)
        shades = signed_shades(small, largest, palette)
        for picture, row in zip(shades, shown.values(), strict=True):
            put(room, 2 * row, plan.start(at) - 2, picture)
    paint(grid, 2, 2, room, palette, theme)


def _draw_number(grid: Grid, top: int, left: int, value: float, largest: float, theme: Theme) -> None:
    palette = signed(theme)
    colour = palette.colours[int(signed_shades(np.array([value]), largest, palette)[0])]
    style = f"{ink_on(colour)} on {colour}"
    grid.write(
        top, left, number(value, NUMBER - 1).rjust(NUMBER - 1).ljust(NUMBER), TEXT if theme.ascii_only else style
    )


def _draw_curve(grid: Grid, top: int, left: int, values: Floats, largest: float, plan: _Plan, theme: Theme) -> None:
    """A unit's answer along the only input, 0 in the middle."""
    columns = resized(values[None], 1, plan.wide * 2)[0]
    with np.errstate(all="ignore"):
        places = np.nan_to_num(0.5 - 0.5 * np.clip(columns / (largest or 1.0), -1.0, 1.0), nan=0.5)
    at = np.rint(places * (4 * plan.high - 1)).astype(np.int64)
    if theme.ascii_only:
        for column in range(plan.wide):
            grid.write(top + int(at[2 * column]) // 4, left + column, "*", TEXT)
        return
    dots = np.zeros((4 * plan.high, 2 * plan.wide), dtype=np.bool_)
    for column, row in enumerate(at.tolist()):
        other = int(at[max(0, column - 1)])
        dots[min(row, other) : max(row, other) + 1, column] = True
    behind, line = theme.on_ground(TEXT, 0.08), theme.sign(True)
    for row, codes in enumerate(to_cells(dots)):
        words = "".join(chr(code) if code else " " for code in codes.tolist())
        grid.write(top + row, left, words, f"{line} on {behind}")


def _draw_edges(
    grid: Grid, column: Column, sources: dict[int, int], targets: dict[int, int], left: int, plan: _Plan, rows: int,
    theme: Theme,
) -> None:  # fmt: skip
    """The strongest weights between two layers, the weakest of them first: the stronger, the brighter; those below 0
    are dotted."""
    if column.weights is None:
        return
    ends = [*sources], [*targets]
    between = np.nan_to_num(column.weights[np.ix_(*ends)], posinf=0.0, neginf=0.0)
    strongest = np.argsort(np.abs(between), axis=None, kind="stable")[-MOST_EDGES:]
    largest = largest_of(between)
    dots = np.zeros((4 * rows, 2 * plan.gap), dtype=np.bool_)
    inks = np.zeros((rows, plan.gap), dtype=np.int16)
    signs = np.full((rows, plan.gap), " ")
    middle, colours = 2 * plan.high, dict[int, int]()
    for place in strongest.tolist():
        source, target = ends[0][place // len(targets)], ends[1][place % len(targets)]
        weight = float(column.weights[source, target])
        if weight == 0.0 or not np.isfinite(weight):
            continue
        level = round(LEVELS * weight / largest)
        if level not in colours:
            strength = FAINTEST + (1.0 - FAINTEST) * abs(level) / LEVELS
            colours[level] = grid.ink(_edge_colour(weight, strength, theme))
        ink = colours[level]
        rise = 4 * (targets[target] - sources[source])
        count = max(2 * plan.gap - 5, abs(rise))
        along = np.arange(count + 1) / count
        xs = np.rint(2 + along * (2 * plan.gap - 5)).astype(np.int64)
        ys = np.clip(np.rint(4 * sources[source] + middle + along * rise).astype(np.int64), 0, 4 * rows - 1)
        inks[ys // 4, xs // 2], signs[ys // 4, xs // 2] = ink, "+" if weight > 0.0 else "-"
        drawn = slice(None) if weight > 0.0 else (xs + ys) % 3 != 0
        dots[ys[drawn], xs[drawn]] = True
    codes = to_cells(dots)
    area = (slice(2, 2 + rows), slice(left, left + plan.gap))
    shown: NDArray[np.bool_] = np.asarray(codes > 0)
    chars = np.array([[chr(code) if code else " " for code in row] for row in codes.tolist()])
    grid.chars[area] = np.where(shown, signs if theme.ascii_only else chars, grid.chars[area])
    grid.inks[area] = np.where(shown, inks, grid.inks[area])


def _edge_colour(weight: float, strength: float, theme: Theme) -> str:
    if theme.colour == "16":
        return ("#55ffff" if weight > 0.0 else "#ffff55") if strength > 0.5 else "#555555"
    return theme.on_ground(TEXT if theme.colour == "grey" else theme.sign(weight > 0.0), strength)


def _draw_signs(grid: Grid, found: Diagram, theme: Theme) -> None:
    """What colours and dotted edges mean, in the last line's free end."""
    row, end = grid.height - 2, grid.width - 2
    most = max(0 if one.weights is None else int(one.weights.size) for one in found.columns)
    words = f"  edges: weights, {'the strongest, ' if most > MOST_EDGES else ''}"
    words += "+ above 0, - below" if theme.ascii_only else "dotted below 0"
    keys = [] if theme.ascii_only else list(sign_keys(theme))
    for entries in ([*keys, ("", DIM, words)], [("", DIM, words)], []):
        start = end - sum(len(mark) + len(text) for mark, _, text in entries)
        if start >= 2 and "".join(grid.chars[row, start:end]).strip() == "":
            for mark, style, text in entries:
                start = grid.write(row, start, mark, style)
                start = grid.write(row, start, text, DIM)
            return
