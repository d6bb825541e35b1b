"""The Layers view: any statistic of every layer over the whole run, and how the chosen layer's outputs are spread."""

import math

import numpy as np

from nntui.looks.histograms import BINS, Histogram
from nntui.looks.layer_histograms import LayerHistograms, layer_histograms
from nntui_engine.registry.statistic import LAYER_BY_NAME
from nntui_engine.run.snapshot import LaneSnapshot, Series, Snapshot

from .boxes import draw_box
from .grid import Grid, fit
from .heat_map import HeatMap, at_numbers, at_steps, draw_heat_map, numbers_axis
from .history_plots import nothing_yet
from .numbers import number, power
from .panel import Panel, PanelView, Picture, of_a_network
from .plot import PlotSpec
from .scales import step_axis
from .shades import Floats, rising, rising_shades
from .theme import ACCENT, DIM, TEXT, Theme

STATISTICS = tuple(LAYER_BY_NAME)
MOST_DECADES = 16
_BARS = " ▁▂▃▄▅▆▇█"
_BARS_ASCII = " .:-=+*#@"


def layer_map_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """The chosen statistic: layers upwards, training steps to the right."""
    lane, row = snapshot.lanes[view.lane], LAYER_BY_NAME[STATISTICS[view.statistic % len(STATISTICS)]]
    series = lane.layer_history.get(row.name)
    if series is None or not np.isfinite(series.mean).any():
        why = nothing_yet(lane.step) if lane.step == 0 else "Nothing of it in this network: v shows another statistic."
        return PlotSpec(title=row.title, empty=why)
    shares, ends = _shares(series, row.scale == "log")
    palette = rising(theme)
    mark = (palette.marks[0], palette.marks[palette.levels - 1]) if theme.ascii_only else ("█", "█")
    legend = (
        (mark[0], palette.colours[0], f" {ends[0]} "),
        (mark[1], palette.colours[palette.levels - 1], f" {ends[1]}"),
    )
    count = len(shares)
    spec = HeatMap(
        f"{row.title} · {theme.lane_marker(lane.index)} {lane.name}" if len(snapshot.lanes) > 1 else row.title,
        "layers upwards, the output last, by training step",
        rising_shades(shares, palette), palette, step_axis(lane.step, lane.settings.steps), numbers_axis(count),
        at_steps(np.asarray(series.steps)), at_numbers(count), legend,
    )  # fmt: skip
    return lambda w, h: draw_heat_map(spec, w, h, theme)


def _shares(series: Series, log: bool) -> tuple[Floats, tuple[str, str]]:
    """How far up each value (layers, samples) stands, and the words for both ends."""
    values = np.asarray(series.mean, dtype=float).T
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.where(np.isposinf(values), np.nan, np.log10(values))
    finite = values[np.isfinite(values)]
    high = float(finite.max()) if finite.size else 0.0
    low = float(finite.min()) if finite.size else 0.0
    if log:
        high, low = math.ceil(high), max(math.floor(low), math.ceil(high) - MOST_DECADES)
        low = min(low, high - 1)
        return (values - low) / (high - low), (power(int(low)), power(int(high)))
    return (values - low) / ((high - low) or 1.0), (number(low), number(high))


def histogram_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """The chosen layer's outputs, a line for each moment, the newest below."""
    lane = snapshot.lanes[view.lane]
    found = None if view.looks is None else view.looks.of(layer_histograms)
    if found is None or not found.histograms:
        return PlotSpec(title="Outputs of a layer", empty="One moment.")
    return lambda width, height: _draw_histograms(found, lane, width, height, theme)


def _draw_histograms(found: LayerHistograms, lane: LaneSnapshot, width: int, height: int, theme: Theme) -> Grid:
    grid = Grid.blank(width, height)
    layer = lane.layers[min(found.layer, len(lane.layers)) - 1]
    title = f"Outputs of layer {layer.name} {theme.glyphs.dot} {layer.activation or layer.kind}"
    draw_box(grid, theme, fit(title, width - 6, theme.glyphs.end))
    rows, columns = height - 3, width - 13
    if rows < 1 or columns < 8:
        return grid
    low, high = _range(found.histograms)
    places = np.unique(np.linspace(0, len(found.histograms) - 1, min(rows, len(found.histograms))).round().astype(int))
    bars = _BARS_ASCII if theme.ascii_only else _BARS
    for row, place in enumerate(places.tolist()):
        one = found.histograms[place]
        newest = place == len(found.histograms) - 1
        grid.write_right(row + 1, 9, f"{one.step}", TEXT if newest else DIM)
        densities = np.sqrt(_resampled(one, low, high, columns))  # a spike at 0 must leave the rest in sight
        top = float(densities.max()) or 1.0
        heights = np.ceil(densities / top * (len(bars) - 1)).astype(int)
        grid.write(row + 1, 11, "".join(bars[h] for h in heights), ACCENT if newest else DIM)
    foot = height - 2
    grid.write(foot, 11, number(low), DIM)
    grid.write_right(foot, width - 2, number(high), DIM)
    if low < 0.0 < high:
        at = 11 + round(-low / (high - low) * (columns - 1))
        if 11 + len(number(low)) < at < width - 3 - len(number(high)):
            grid.write(foot, at, "0", DIM)
    return grid


def _range(histograms: tuple[Histogram, ...]) -> tuple[float, float]:
    """From the lowest to the highest value of them all; a little around one that is the same everywhere."""
    low, high = min(one.low for one in histograms), max(one.high for one in histograms)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _resampled(one: Histogram, low: float, high: float, columns: int) -> Floats:
    """The shares of a histogram in ``columns`` equal parts from ``low`` to ``high``."""
    if not one.high > one.low:
        place = min(columns - 1, max(0, int((one.low - low) / (high - low) * columns)))
        return np.where(np.arange(columns) == place, one.shares.sum(), 0.0)
    edges = np.linspace(one.low, one.high, BINS + 1)
    below = np.concatenate([[0.0], np.cumsum(one.shares)])
    return np.asarray(np.diff(np.interp(np.linspace(low, high, columns + 1), edges, below)))


LAYERS_PANELS = (
    Panel(
        "layer_map",
        (),
        STATISTICS,
        layer_map_panel,
        of_a_network,
        view="layers",
        on_request=True,
        meaning="One statistic of every layer over the run: a stripe that stands out is the sick layer",
        short="every layer over the run",
        formula="the chosen statistic of each layer, at each step that was measured",
    ),
    Panel(
        "layer_outputs",
        (),
        (),
        histogram_panel,
        of_a_network,
        look=layer_histograms,
        view="layers",
        on_request=True,
        meaning="How the chosen layer's outputs are spread: piled up at one value, they say little",
        short="how outputs are spread",
        formula="share of a in each equal part of its range, over units and rows of the probe set",
    ),
)
