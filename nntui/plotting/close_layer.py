"""One layer, large: every statistic of it in numbers and over the run, how its outputs are spread, and its weights."""

import numpy as np
from numpy.typing import NDArray

from nntui.looks.close_layer import CloseLayer
from nntui_engine.registry.layer_kind import shape_text
from nntui_engine.registry.statistic import LAYER_BY_NAME, Statistic
from nntui_engine.run.snapshot import LaneSnapshot, Series

from .boxes import draw_box
from .grid import Grid, fit
from .histograms import bars, draw_histograms, draw_spread
from .layer_signs import layer_keys
from .numbers import grouped, number
from .shades import Floats
from .theme import ACCENT, BACKGROUND, DIM, ERROR, FAINT, TEXT, Theme
from .unit_weights import layer_words

NAME, NUMBER = 24, 9  # columns of a statistic's title, and of a number
BESIDE = 100  # columns from which on spreads stand beside the numbers
LEAST_CURVE = 8
HIGHEST = 2  # rows of a curve
BARS = 8  # heights of a row
LEAST_SPREAD = 6  # rows of the histograms


def draw_close_layer(
    found: CloseLayer | None, lane: LaneSnapshot, layer: int, cursor: float | None, whose: str,
    width: int, height: int, theme: Theme,
) -> Grid:  # fmt: skip
    """The layer (1-based) in a box: its statistics at the step ``cursor`` (None: the newest) with their curves; beside
    or under them what was ``found`` (None: nothing yet, or nothing can be)."""
    grid, g, info = Grid.blank(width, height), theme.glyphs, lane.layers[layer - 1]
    place = layer_words(layer, len(lane.layers), lane.layer_names.get(layer, ""))
    kind = info.activation or info.kind.replace("_", " ")
    words = [place.capitalize(), kind, *([whose] if whose else [])]
    draw_box(grid, theme, fit(f" {g.dot} ".join(words), width - 6, g.end))
    if width < 24 or height < 5:
        return grid
    beside = found is not None and width >= BESIDE
    left = (width - 4) * 11 // 20 if beside else width - 4
    used = _draw_numbers(grid, lane, layer, cursor, left, beside, theme)
    if found is None:
        return grid
    top = 1 if beside else 1 + used
    column, rows, columns = (left + 3, height - 2, width - left - 4) if beside else (1, height - 1 - top, width - 2)
    _draw_spreads(grid, found, (top, column, rows, columns), theme)
    return grid


def _draw_numbers(
    grid: Grid, lane: LaneSnapshot, layer: int, cursor: float | None, columns: int, beside: bool, theme: Theme
) -> int:
    """The table, from row 1 on in ``columns``; returns how many rows it took. ``beside``: nothing stands under it."""
    info, key = lane.layers[layer - 1], layer_keys(lane, theme)[layer - 1]
    shape = shape_text(info.shape).replace("×", theme.glyphs.times)
    words = f"{info.inputs} inputs {theme.glyphs.arrow} {shape}, {grouped(info.parameters)} parameters"
    after = grid.write(1, 2, f"{key.marker} ", f"bold {key.colour}")
    grid.write(1, after, fit(words, columns - 2, theme.glyphs.end), TEXT)
    rows = [(row, series) for row in LAYER_BY_NAME.values() if (series := _series(lane, row, layer)) is not None]
    if not rows:
        grid.write(2, 2, "Nothing was measured yet.", DIM)
        return 2
    ends = NUMBER * 2 if columns >= NAME + 3 * NUMBER + 2 * LEAST_CURVE else 0
    curve = columns - NAME - NUMBER - ends - 2
    step = float(lane.step) if cursor is None else min(cursor, float(lane.step))
    head = 2 + NAME + NUMBER
    grid.write_right(2, head, f"at {grouped(step)}", ACCENT if cursor is not None else DIM)
    if curve >= LEAST_CURVE:
        grid.write(2, head + 2, fit("over the run", curve, theme.glyphs.end), DIM)
    if ends:
        grid.write_right(2, head + 2 + curve + NUMBER, "lowest", DIM)
        grid.write_right(2, head + 2 + curve + ends, "highest", DIM)
    room = grid.height - 4
    high = HIGHEST if beside and HIGHEST * len(rows) <= room else 1
    for place, (row, series) in enumerate(rows[:room]):
        line = 2 + high * (place + 1)  # a curve stands on it
        _draw_row(grid, line, row, _at(series, step, layer), TEXT)
        if curve >= LEAST_CURVE:
            at = (line + 1 - high, head + 2, high, curve)
            _draw_curve(grid, at, row.scale == "log", series, layer, lane.step, cursor, theme)
        finite = series.mean[:, layer - 1][np.isfinite(series.mean[:, layer - 1])]
        if ends and finite.size:
            grid.write_right(line, head + 2 + curve + NUMBER, number(float(finite.min())), DIM)
            grid.write_right(line, head + 2 + curve + ends, number(float(finite.max())), DIM)
    if len(rows) > room:
        grid.write_right(grid.height - 1, 2 + columns, f" {len(rows) - room} more in a larger window ", DIM)
    return 2 + min(room, len(rows)) * high


def _series(lane: LaneSnapshot, row: Statistic, layer: int) -> Series | None:
    """A statistic's history where it says something of this layer."""
    series = lane.layer_history.get(row.name)
    there = series is not None and len(series.steps) and lane.layers[layer - 1].has(row.name)
    return series if there and not np.isnan(series.mean[:, layer - 1]).all() else None  # type: ignore[union-attr]


def _at(series: Series, step: float, layer: int) -> float:
    """The last value up to ``step``; NaN before the first."""
    at = int(np.searchsorted(series.steps, step, side="right")) - 1
    return float(series.mean[at, layer - 1]) if at >= 0 else np.nan


def _draw_row(grid: Grid, row: int, statistic: Statistic, value: float, style: str) -> None:
    grid.write(row, 2, fit(statistic.title, NAME - 1), DIM)
    grid.write_right(row, 2 + NAME + NUMBER, number(value), style if np.isfinite(value) else ERROR)


def _draw_curve(
    grid: Grid, at: tuple[int, int, int, int], log: bool, series: Series, layer: int, last: int,
    cursor: float | None, theme: Theme,
) -> None:  # fmt: skip
    """Bars of a mean over each part of the run, ``at`` (row, column, rows, columns); where the cursor is, inverse."""
    top, left, rows, columns = at
    edges = np.linspace(0.0, last + 1.0, columns + 1)
    values, broken = _means(series.steps, series.mean[:, layer - 1], edges, log)
    known = np.isfinite(values)
    low, high = (float(values[known].min()), float(values[known].max())) if known.any() else (0.0, 0.0)
    shares = np.nan_to_num(values - low) / ((high - low) or 1.0)
    shares = np.maximum(shares, 1.0 / (BARS * rows)) * known  # the lowest is seen, what was not measured is a gap
    for row, line in enumerate(bars(shares, rows, theme)):
        grid.write(top + row, left, line, FAINT if cursor is not None else DIM)
    for column in np.flatnonzero(broken).tolist():
        grid.write(top + rows - 1, left + column, theme.glyphs.bad, ERROR)
    if cursor is not None:
        here = left + min(columns - 1, int(np.searchsorted(edges, cursor, side="right")) - 1)
        for row in range(top, top + rows):
            grid.write(row, here, str(grid.chars[row, here]), f"bold {BACKGROUND} on {ACCENT}")


def _means(steps: Floats, values: Floats, edges: Floats, log: bool) -> tuple[Floats, NDArray[np.bool_]]:
    """The mean between every two ``edges``, of logarithms with ``log`` (of 0 as of the lowest); the one before where
    nothing was measured, NaN before the first; and between which something is not finite."""
    if log:
        lowest = np.min(values, where=values > 0.0, initial=1.0)
        with np.errstate(invalid="ignore"):
            values = np.log10(np.where(values == 0.0, lowest, values))
    starts, bad = np.searchsorted(steps, edges), ~np.isfinite(values)
    count = np.diff(starts)
    broken = np.diff(np.concatenate([[0], np.cumsum(bad)])[starts]) > 0
    total = np.diff(np.concatenate([[0.0], np.cumsum(np.where(bad, 0.0, values))])[starts])
    before = np.maximum.accumulate(np.where(count > 0, np.arange(len(count)), 0))
    known = (count[before] > 0) & ~broken[before]
    return np.where(known, total[before] / np.maximum(count[before], 1), np.nan), broken


def _draw_spreads(grid: Grid, found: CloseLayer, room: tuple[int, int, int, int], theme: Theme) -> None:
    """Outputs from moment to moment, and under them the weights now; ``room``: (row, column, rows, columns)."""
    top, left, rows, columns = room
    low = LEAST_SPREAD if found.weights is not None and rows >= 2 * LEAST_SPREAD else 0
    if found.outputs and rows - low >= LEAST_SPREAD - 1:
        title = "Outputs from step to step"
        grid.paste(draw_histograms(found.outputs, title, columns, rows - low, theme), top, left)
    if found.weights is not None and low:
        grid.paste(draw_spread(found.weights, "Weights now", columns, low, theme), top + rows - low, left)
