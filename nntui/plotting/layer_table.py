"""The chosen lane's layers as a table of their newest vital signs."""

import math

import numpy as np

from nntui_engine.registry.activation import ACTIVATIONS
from nntui_engine.run.snapshot import LaneSnapshot

from .boxes import draw_box
from .grid import Grid, fit
from .numbers import grouped, number
from .theme import DIM, ERROR, FAINT, TEXT, Theme


def layers_height(lane: LaneSnapshot) -> int:
    """Rows that show every layer."""
    return len(lane.layers) + 5


def draw_layers(lane: LaneSnapshot, width: int, height: int, theme: Theme) -> Grid:
    """One row a layer: its marker, units, activation, gradient norm, activation variance and dead units."""
    grid = Grid.blank(width, height)
    draw_box(grid, theme, "Layers")
    end = width - 2
    wide = end >= 34  # else there is no room for the variance
    grid.write_right(1, end, "grad   var dead" if wide else "grad dead", DIM)
    inputs = lane.network.settings.inputs
    grid.write(2, 4, f"{inputs:>4} {'input' if inputs == 1 else 'inputs'}", DIM)
    count = len(lane.layers)
    room = height - 5
    shown = range(count) if count <= room else [*range(max(0, room - 2)), -1, count - 1]
    row = 3
    for index in shown:
        if index < 0:
            grid.write(row, 4, f"{count - room + 1} more", FAINT)
        else:
            _draw_layer(grid, row, lane, index, wide, theme)
        row += 1
    grid.write(row, 2, fit(f"{grouped(lane.network.parameters)} parameters", width - 4, theme.glyphs.end), DIM)
    return grid


def _draw_layer(grid: Grid, row: int, lane: LaneSnapshot, index: int, wide: bool, theme: Theme) -> None:
    layer, count, end = lane.layers[index], len(lane.layers), grid.width - 2
    grid.write(row, 2, theme.layer_marker(index, count), f"bold {theme.layer(index, count)}")
    grid.write(row, 4, f"{layer.units:>4} {fit(layer.activation, end - (26 if wide else 20), theme.glyphs.end)}", TEXT)
    signs = ((11, "gradient_norm"), (5, "activation_variance")) if wide else ((5, "gradient_norm"),)
    for place, name in signs:
        value = _value(lane, name, index)
        if value is not None:
            grid.write_right(row, end - place, number(value, 5), TEXT if math.isfinite(value) else ERROR)
    dead = _value(lane, "dead_units", index)
    if ACTIVATIONS[layer.activation].falls_silent and dead is not None and math.isfinite(dead):
        grid.write_right(row, end, f"{dead:.0f}", TEXT if dead else DIM)
    else:
        grid.write_right(row, end, "-", FAINT)


def _value(lane: LaneSnapshot, name: str, index: int) -> float | None:
    values = lane.per_layer.get(name)
    return None if values is None or index >= len(values) else float(np.asarray(values)[index])
