"""The chosen lane's layers as a table of their newest vital signs."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from rich.cells import cell_len

from nntui_engine.registry.activation import ACTIVATIONS
from nntui_engine.registry.layer_kind import shape_text
from nntui_engine.run.snapshot import LaneSnapshot

from .boxes import draw_box
from .grid import Grid, Spot, fit
from .layer_signs import layer_forms, layer_keys, short_path
from .numbers import grouped, number
from .theme import ACCENT, DIM, ERROR, FAINT, TEXT, WARNING, Theme

LONGEST_NAME = 10
NOTHING: Mapping[int, str] = MappingProxyType({})


def layers_height(lane: LaneSnapshot) -> int:
    """Rows that show every layer."""
    return len(lane.layers) + 5


def draw_layers(
    lane: LaneSnapshot,
    width: int,
    height: int,
    theme: Theme,
    chosen: int = 0,
    several: bool = False,
    found: Mapping[int, str] = NOTHING,
) -> Grid:
    """One row a layer: its marker, units, activation, gradient norm, activation variance and dead units; of a network
    that is no plain chain its name or kind, its shape and activation, gradient norm and dead units.

    A frozen layer has a sign beside its marker, and so has one in ``found`` (1-based). ``chosen`` (1-based) is the
    layer that weights, histograms and the knob of one layer are of; 0 for none. ``several``: the title says which lane
    it is of.
    """
    grid = Grid.blank(width, height)
    title = f"Layers {theme.glyphs.dot} {lane.name}" if lane.name and several else "Layers"
    draw_box(grid, theme, fit(title, max(0, width - 16), theme.glyphs.end))
    end = width - 2
    plain = lane.network.settings.is_plain
    wide = plain and end >= 34  # else there is no room for the variance
    digits = _number_room(lane, end, 2 if wide else 1) if plain else 5
    grid.write_right(1, end, "dead", DIM)
    grid.write_right(1, end - 5, "var" if wide else "grad", DIM)
    if wide:
        grid.write_right(1, end - 6 - digits, "grad", DIM)
    grid.write(2, 4, _inputs(lane, plain, theme), DIM)
    count, keys = len(lane.layers), layer_keys(lane, theme)
    room = height - 5
    row = 3
    for index in _shown(count, room, chosen - 1):
        if index < 0:
            grid.write(row, 4, f"{count - room + 1} more", FAINT)
        else:
            grid.write(row, 2, keys[index].marker, f"bold {keys[index].colour}")
            _draw_layer(grid, row, lane, index, (plain, wide, index == chosen - 1), digits, theme)
            grid.spots.append(Spot("layer", index + 1, row, 1, width - 2))
            grid.write(row, 3, found.get(index + 1, ""), f"bold {WARNING}")
        row += 1
    words = f"{grouped(lane.network.parameters)} parameters"
    if any(_is_frozen(lane, index) for index in range(count)):
        words += f", {theme.glyphs.frozen} frozen"
    grid.write(row, 2, fit(words, width - 4, theme.glyphs.end), DIM)
    return grid


def _number_room(lane: LaneSnapshot, end: int, columns: int) -> int:
    """The characters of a number: as many as leave the activations' names whole."""
    names = max(cell_len(layer.activation) for layer in lane.layers)
    return next((room for room in (7, 6) if 9 + names + columns * (room + 1) + 5 <= end), 5)


def _shown(count: int, room: int, chosen: int) -> list[int]:
    """Which layers (0-based) have a row, −1 for the line that says how many have none; the chosen one has."""
    if count <= room:
        return list(range(count))
    rows = max(0, room - 2)
    first = max(0, chosen - rows + 1) if 0 <= chosen < count - 1 else 0
    return [*range(first, first + rows), -1, count - 1]


def _inputs(lane: LaneSnapshot, plain: bool, theme: Theme) -> str:
    settings = lane.network.settings
    if plain or all(layer.kind in ("dense", "add") for layer in lane.layers):
        return f"{settings.inputs:>{4 if plain else 1}} {'input' if settings.inputs == 1 else 'inputs'}"
    return f"{shape_text(settings.shape)} inputs".replace("×", theme.glyphs.times)


def _draw_layer(
    grid: Grid, row: int, lane: LaneSnapshot, index: int, ways: tuple[bool, bool, bool], digits: int, theme: Theme
) -> None:
    """``ways``: whether the network is a plain chain, whether there is room for the variance, whether it is chosen;
    ``digits``: the characters of a number."""
    plain, wide, chosen = ways
    layer, end = lane.layers[index], grid.width - 2
    frozen = _is_frozen(lane, index)
    if chosen:
        grid.write(row, 1, theme.glyphs.chosen, ACCENT)
    if frozen:
        grid.write(row, 3, theme.glyphs.frozen, ACCENT)
    colour = DIM if frozen else TEXT
    if plain:
        words = f"{layer.units:>4} {fit(layer.activation, end - 14 - (1 + wide) * (digits + 1), theme.glyphs.end)}"
    else:
        words = _words(lane, index, end - 15, theme)
    grid.write(row, 4, words, colour)
    signs = ((6 + digits, "gradient_norm"), (5, "activation_variance")) if wide else ((5, "gradient_norm"),)
    for place, name in signs:
        value = _value(lane, name, index)
        if value is not None:
            grid.write_right(row, end - place, number(value, digits), TEXT if math.isfinite(value) else ERROR)
        elif not layer.has(name):
            grid.write_right(row, end - place, "-", FAINT)
    dead = _value(lane, "dead_units", index)
    if ACTIVATIONS[layer.activation].falls_silent and dead is not None and math.isfinite(dead):
        grid.write_right(row, end, f"{dead:.0f}", TEXT if dead else DIM)
    else:
        grid.write_right(row, end, "-", FAINT)


def _words(lane: LaneSnapshot, index: int, room: int, theme: Theme) -> str:
    """A layer of a network that is no plain chain, in the longest form that fits; the names stand in one column."""
    called = [layer_forms(layer, _name(lane, i), theme) for i, layer in enumerate(lane.layers)]
    longest = max(cell_len(forms[-1][-1]) for forms in called)  # of the shapes, which are never cut
    column = max(4, min(LONGEST_NAME, max(cell_len(forms[0][0]) for forms in called), room - longest - 1))
    found = ""
    for head, *rest in called[index]:
        name = short_path(head, column, theme.glyphs.end)
        found = f"{name}{' ' * (column - cell_len(name))} {' '.join(rest)}"
        if cell_len(found) <= room:
            return found
    return fit(found, room, theme.glyphs.end)


def _name(lane: LaneSnapshot, index: int) -> str:
    """The name in the file, or "output"; "" where there is none. Another framework's layers have names of their own."""
    own = "watch" in lane.network.settings.table
    last = index == len(lane.layers) - 1 and not own
    return "output" if last else lane.network.settings.layers[index].name


def _is_frozen(lane: LaneSnapshot, index: int) -> bool:
    return lane.layers[index].parameters > 0 and not lane.network.settings.layers[index].trainable


def _value(lane: LaneSnapshot, name: str, index: int) -> float | None:
    values = lane.per_layer.get(name)
    there = values is not None and index < len(values) and lane.layers[index].has(name)
    return float(np.asarray(values)[index]) if there else None
