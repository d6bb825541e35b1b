"""The weights into one unit: a picture where they belong to the pixels of a square image, bars otherwise."""

import math

import numpy as np

from nntui.looks.weights import UnitWeights

from .boxes import draw_box
from .grid import Grid, fit, wrap
from .numbers import number
from .theme import BACKGROUND, DIM, ERROR, TEXT, Theme, mix

SMALLEST_IMAGE = 16  # inputs
LEVELS = 12
BAR = 24  # columns of one bar with its label and number, at least


def draw_weights(found: UnitWeights, name: str, width: int, height: int, theme: Theme) -> Grid:
    """The weights in a box whose title says which unit and whose."""
    grid = Grid.blank(width, height)
    g = theme.glyphs
    whose = f" {g.dot} {name}" if name else ""
    place = layer_words(found.layer, found.layers, found.name)
    if found.missing:
        return _draw_missing(grid, found, f"Weights of {place}{whose}", theme)
    gate = f" ({found.part} gate)" if found.part else ""
    unit = f"unit {found.unit + 1} of {found.units}{gate}, {place}"
    titles = (f"Weights of {unit}{whose}", f"Weights: {unit}", unit)
    draw_box(grid, theme, fit(next((t for t in titles if len(t) <= width - 6), titles[-1]), width - 6, g.end))
    if width < 12 or height < 5:
        return grid
    side = math.isqrt(len(found.weights))
    finite = found.weights[np.isfinite(found.weights)]
    largest = float(np.abs(finite).max()) if len(finite) else 0.0
    image = found.layer == 1 and side * side == len(found.weights) >= SMALLEST_IMAGE and side <= 2 * (height - 3)
    if image and side <= width - 4 and not theme.ascii_only:
        _draw_image(grid, found, side, largest, theme)
    else:
        _draw_bars(grid, found, largest, theme)
    broken = len(found.weights) - len(finite)
    foot = f"{broken} not finite" if broken else f"bias {number(found.bias)}, largest {number(largest)}"
    grid.write(height - 2, 2, fit(foot, width - 4, g.end), ERROR if broken else DIM)
    return grid


def layer_words(layer: int, layers: int, name: str = "") -> str:
    """A layer (1-based) of ``layers`` in words: "output" for the last one, its name where it has one."""
    return "output" if layer == layers else f"layer {name or layer}"


def _draw_missing(grid: Grid, found: UnitWeights, title: str, theme: Theme) -> Grid:
    draw_box(grid, theme, fit(title, grid.width - 6, theme.glyphs.end))
    lines = wrap(found.missing, grid.width - 6)[: grid.height - 2]
    top = max(1, (grid.height - len(lines)) // 2)
    for row, line in enumerate(lines):
        grid.write(top + row, (grid.width - len(line)) // 2, line, DIM)
    return grid


def tint(value: float, largest: float, theme: Theme) -> str:
    """Blue for positive, orange for negative, the background's colour for zero."""
    if not math.isfinite(value):
        return ERROR
    level = round(abs(value) / largest * LEVELS) / LEVELS if largest > 0.0 else 0.0
    if theme.colour == "grey":  # one scale from dark (lowest) to light (highest)
        signed = 0.5 + 0.5 * math.copysign(level, value)
        return mix("#000000", "#ffffff", signed)
    if theme.colour == "16":
        return "#000000" if level < 0.25 else "#00ffff" if value > 0 else "#ffff00"
    return theme.on_ground(theme.sign(value > 0), level)


def _draw_image(grid: Grid, found: UnitWeights, side: int, largest: float, theme: Theme) -> None:
    """Every weight a rectangle of half cells, twice as many columns as half rows at least where there is room."""
    rows, columns = 2 * (grid.height - 3), grid.width - 4
    scale = max(1, min(rows // side, columns // side))
    which = np.kron(np.arange(side * side).reshape(side, side), np.ones((scale, scale), dtype=np.int64))
    if len(which) % 2:
        which = np.vstack([which, np.full((1, which.shape[1]), side * side)])
    tints = [*(tint(float(value), largest, theme) for value in found.weights), BACKGROUND]
    high, wide = len(which) // 2, which.shape[1]
    left = max(2, (grid.width - wide) // 2)
    pairs, place = np.unique(which[0::2] * len(tints) + which[1::2], return_inverse=True)
    colours = [(tints[upper], tints[lower]) for upper, lower in (divmod(int(pair), len(tints)) for pair in pairs)]
    inks = np.array([grid.ink(f"{upper} on {lower}") for upper, lower in colours], dtype=np.int16)
    marks = np.array([" " if upper == lower else "▀" for upper, lower in colours])
    area = (slice(1, 1 + high), slice(left, left + wide))
    grid.chars[area], grid.inks[area] = marks[place.reshape(high, wide)], inks[place.reshape(high, wide)]
    words = (("white", TEXT, " positive "), ("black", DIM, " negative ")) if theme.colour == "grey" else ()
    signs = words or (("█", theme.sign(True), " positive "), ("█", theme.sign(False), " negative "))
    column = grid.width - 2 - sum(len(mark) + len(label) for mark, _, label in signs)
    if column > left + wide + 1 or grid.height - 3 > high:
        for mark, colour, label in signs:
            column = grid.write(grid.height - 3, column, mark, colour)
            column = grid.write(grid.height - 3, column, label, DIM)


def _draw_bars(grid: Grid, found: UnitWeights, largest: float, theme: Theme) -> None:
    """One bar a weight, to the right of the middle where positive; the largest first where not all fit."""
    rooms = grid.height - 3
    across = max(1, min((grid.width - 4) // BAR, -(-len(found.weights) // max(1, rooms))))
    room = rooms * across
    order = np.arange(len(found.weights))
    if len(order) > room:
        sizes = np.where(np.isfinite(found.weights), np.abs(found.weights), np.inf)
        order = np.sort(np.argsort(-sizes, kind="stable")[:room])
        grid.write_right(0, grid.width - 2, f" largest {room} of {len(found.weights)} ", DIM)
    each = (grid.width - 4) // across
    for place, index in enumerate(order):
        column, row = divmod(place, rooms)
        _draw_bar(grid, 1 + row, 2 + column * each, each - 1, int(index), found, largest, theme)


def _draw_bar(
    grid: Grid, row: int, left: int, width: int, index: int, found: UnitWeights, largest: float, theme: Theme
) -> None:
    value = float(found.weights[index])
    labels = min(10, max(4, width - 18))
    number_words = f"unit {index + 1}" if found.layer > 1 and labels > 7 else f"{index + 1}"
    label = found.names[index] if index < len(found.names) else number_words
    grid.write(row, left, fit(label, labels, theme.glyphs.end), DIM)
    numbers = number(value)
    half = (width - labels - 10) // 2
    middle = left + labels + 1 + half
    if half >= 2:
        length = round(abs(value) / largest * half) if largest > 0.0 and math.isfinite(value) else 0
        start = middle + 1 if value > 0 else middle - length
        grid.write(row, middle, theme.glyphs.side, DIM)
        grid.write(row, start, theme.glyphs.full * length, theme.sign(value > 0))
    grid.write_right(row, left + width, numbers, TEXT if math.isfinite(value) else ERROR)
