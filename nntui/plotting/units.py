"""Every unit of every layer as a cell: shaded by what was chosen, dead and saturated ones marked."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nntui.looks.units import LayerUnits, Units
from nntui_engine.run.snapshot import LaneSnapshot

from .boxes import draw_box
from .colours import ink_on
from .grid import Grid, fit
from .heat_map import Entry
from .layer_signs import layer_keys
from .numbers import number, power
from .plot import Key
from .shades import Floats, Palette, Shades, largest_of, rising, rising_shades, signed, signed_shades
from .theme import BACKGROUND, DIM, ERROR, FAINT, TEXT, Theme

SATURATED = 0.9  # of the rows: from here on a unit is marked
MOST_DECADES = 8
WIDTHS = (3, 2, 1)  # columns of a cell
WIDEST_NAME = 16


@dataclass(frozen=True, slots=True)
class Measure:
    """What cells can be shaded by: its name, what ``of`` a layer is shown, and how."""

    name: str
    of: Callable[[LayerUnits], Floats]
    scale: str  # "signed", "share" or "log"


MEASURES = (
    Measure("mean activation", lambda layer: layer.mean, "signed"),
    Measure("silent share", lambda layer: layer.silent, "share"),
    Measure("saturated share", lambda layer: layer.saturated, "share"),
    Measure("gradient", lambda layer: layer.gradient, "log"),
)


def draw_units(
    found: Units, lane: LaneSnapshot, title: str, chosen: tuple[int, int], measure: Measure,
    width: int, height: int, theme: Theme,
) -> Grid:  # fmt: skip
    """The layers from top to bottom in a box; ``chosen``: layer (1-based) and unit (0-based) that stand out."""
    grid, g = Grid.blank(width, height), theme.glyphs
    draw_box(grid, theme, fit(title, width - 6, g.end))
    if width < 16 or height < 4:
        return grid
    shades, palette, legend = _shaded(found, measure, theme)
    keys = layer_keys(lane, theme)
    plan = _plan(keys, [len(layer.mean) for layer in found.layers], width - 4, height - 3, chosen[0] - 1)
    pens = _Pens(grid, palette, plan.cell, theme)
    row = 1
    for index in plan.layers:
        layer = found.layers[index]
        at = chosen[1] if chosen[0] == index + 1 else -1
        row = _draw_layer(grid, row, layer, shades[index], pens, plan, index, at, lane, theme)
    _draw_legend(grid, legend, len(found.layers) - len(plan.layers), theme)
    return grid


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the room is used: which layers, whether each has a line of words, the columns of a cell and of the names
    beside cells, and the lines of cells of each layer; ``keys``: what layers are called."""

    keys: list[Key]
    layers: range
    headed: bool
    cell: int
    left: int
    lines: dict[int, int]


def _plan(keys: list[Key], units: list[int], columns: int, rows: int, chosen: int) -> _Plan:
    """The widest cells with which every unit of every layer is seen, in lines under words or beside a short name; else
    fewer lines for the widest layers; else fewer layers, the chosen one among them."""
    for headed in (True, False):
        left = 0 if headed else min(WIDEST_NAME, columns // 3)
        for cell in WIDTHS:
            lines = [_lines(count, columns - left, cell) for count in units]
            if sum(lines) + headed * len(units) <= rows:
                return _Plan(keys, range(len(units)), headed, cell, left, dict(enumerate(lines)))
    left, first = min(WIDEST_NAME, columns // 3), max(0, min(chosen - rows // 2, len(units) - rows))
    shown = range(first, min(len(units), first + rows))
    found = {index: _lines(units[index], columns - left, 1) for index in shown}
    while sum(found.values()) > rows:
        found[max(found, key=lambda index: found[index])] -= 1
    return _Plan(keys, shown, False, 1, left, found)


def _lines(count: int, columns: int, cell: int) -> int:
    return -(-count // max(1, columns // cell))


def _draw_layer(
    grid: Grid, row: int, layer: LayerUnits, shades: Shades, pens: "_Pens", plan: _Plan, index: int, chosen: int,
    lane: LaneSnapshot, theme: Theme,
) -> int:  # fmt: skip
    """One layer from ``row`` on; returns the row after it."""
    info, key = lane.layers[index], plan.keys[index]
    dead, flat = layer.silent == 1.0, layer.saturated >= SATURATED
    kind = info.activation or info.kind.replace("_", " ")
    name = f"{key.label} {kind}" if key.label and key.label != "output" else kind
    if plan.headed:
        column = grid.write(row, 2, f"{key.marker} ", f"bold {key.colour}")
        words = [f"{name}, {len(shades)} {'unit' if len(shades) == 1 else 'units'}"]
        words += [f"{int(count)} {what}" for count, what in ((dead.sum(), "dead"), (flat.sum(), "saturated")) if count]
        grid.write(row, column, fit(", ".join(words), grid.width - 2 - column, theme.glyphs.end), TEXT)
        row += 1
    else:
        column = grid.write(row, 2, f"{key.marker} ", f"bold {key.colour}")
        grid.write(row, column, fit(f"{len(shades)} {name}", plan.left - 3, theme.glyphs.end), TEXT)
    across, lines = max(1, (grid.width - 4 - plan.left) // plan.cell), plan.lines[index]
    shown = range(min(len(shades), across * lines))
    hidden = len(shades) - len(shown)
    first = 0
    if hidden:  # the chosen unit is always among those shown
        more = f"+{hidden}"
        kept = max(1, len(shown) - -(-len(more) // plan.cell))
        first = max(0, min(chosen - kept + 1, len(shades) - kept)) if chosen >= 0 else 0
        shown = range(kept)
        more = f"+{len(shades) - kept}"
        grid.write_right(row + lines - 1, grid.width - 2, more, TEXT)
    for place in shown:
        unit = first + place
        line, at = divmod(place, across)
        mark = theme.glyphs.dead if dead[unit] else theme.glyphs.flat if flat[unit] else ""
        left = 2 + plan.left + at * plan.cell
        pens.draw(row + line, left, int(shades[unit]), mark, unit == chosen)
    return row + lines


class _Pens:
    """Draws cells: filled, but for a gap to the next where they are three wide; what does not apply is a dot."""

    def __init__(self, grid: Grid, palette: Palette, wide: int, theme: Theme) -> None:
        self._grid, self._palette, self._theme = grid, palette, theme
        self._filled = 2 if wide == 3 else wide
        self._known: dict[tuple[int, str, bool], tuple[list[str], int]] = {}

    def draw(self, row: int, left: int, shade: int, mark: str, chosen: bool) -> None:
        """One cell, if its row is there."""
        sort = shade, mark, chosen
        if sort not in self._known:
            words, style = self._cell(*sort)
            self._known[sort] = list(words), self._grid.ink(style)
        if row < self._grid.height:
            place = row, slice(left, left + self._filled)
            self._grid.chars[place], self._grid.inks[place] = self._known[sort]

    def _cell(self, shade: int, mark: str, chosen: bool) -> tuple[str, str]:
        """Characters and style."""
        theme, wide, g = self._theme, self._filled, self._theme.glyphs
        if chosen:
            words = g.chosen + mark if theme.ascii_only else mark or g.chosen
            return words.ljust(wide)[:wide], f"bold {BACKGROUND} on {TEXT}"
        if shade == -2:
            return g.dot.ljust(wide), FAINT
        if theme.ascii_only:
            filling = self._palette.marks[shade]
            return (mark or filling).rjust(wide, filling), TEXT if shade >= 0 else ERROR
        colour = self._palette.colours[shade]
        return mark.ljust(wide), f"bold {ink_on(colour)} on {colour}"


def _shaded(found: Units, measure: Measure, theme: Theme) -> tuple[list[Shades], Palette, list[Entry]]:
    """Every layer's shades on one scale, and what dark and light mean."""
    values = [np.asarray(measure.of(layer), dtype=np.float64) for layer in found.layers]
    everything = np.concatenate(values)
    if measure.scale == "signed":
        palette, largest = signed(theme), largest_of(everything)
        ends = [(palette.levels - 1, f"+{number(largest)}"), (0, f"-{number(largest)}")]
        return [signed_shades(v, largest, palette) for v in values], palette, _keys(palette, ends, theme)
    palette = rising(theme)
    if measure.scale == "share":
        shares = [np.where(np.isnan(v), -np.inf, v) for v in values]
        ends = [(0, "never"), (palette.levels - 1, "on every row")]
        return [rising_shades(s, palette) for s in shares], palette, _keys(palette, ends, theme)
    with np.errstate(divide="ignore"):
        logs = [np.where(np.isnan(v), np.nan, np.log10(v)) for v in values]
    finite = np.concatenate(logs)[np.isfinite(np.concatenate(logs))]
    high = float(np.ceil(finite.max())) if finite.size else 0.0
    low = min(max(float(np.floor(finite.min())) if finite.size else -1.0, high - MOST_DECADES), high - 1)
    with np.errstate(invalid="ignore"):
        shares = [np.where(np.isnan(v), -np.inf, np.maximum(v - low, 0.0) / (high - low)) for v in logs]
    ends = [(0, power(int(low))), (palette.levels - 1, power(int(high)))]
    return [rising_shades(s, palette) for s in shares], palette, _keys(palette, ends, theme)


def _keys(palette: Palette, ends: list[tuple[int, str]], theme: Theme) -> list[Entry]:
    return [
        (
            palette.marks[at] if theme.ascii_only else "█",
            TEXT if theme.ascii_only else palette.colours[at],
            f" {words}  ",
        )
        for at, words in ends
    ]


def _draw_legend(grid: Grid, legend: list[Entry], hidden: int, theme: Theme) -> None:
    """What shades and marks mean, and how many layers are not shown."""
    row, end = grid.height - 2, grid.width - 2
    if hidden:
        words = f"{hidden} more {'layer' if hidden == 1 else 'layers'} (w)"
        grid.write_right(row, end, words, TEXT)
        end -= len(words) + 1
    column = 2
    entries = [
        *legend,
        (theme.glyphs.dead, f"bold {ERROR}", " dead  "),
        (theme.glyphs.flat, f"bold {ERROR}", " saturated  "),
    ]
    for mark, style, words in entries:
        if column + len(mark) + len(words.rstrip()) > end:
            break
        column = grid.write(row, column, mark, style)
        column = grid.write(row, column, words, DIM)
