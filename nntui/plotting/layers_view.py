"""The Layers view: any statistic of every layer over the whole run, and how the chosen layer's outputs are spread."""

import math

import numpy as np

from nntui.looks.close_layer import close_layer
from nntui.looks.layer_histograms import layer_histograms
from nntui_engine.registry.statistic import LAYER_BY_NAME
from nntui_engine.run.snapshot import Series, Snapshot

from .close_layer import draw_close_layer
from .heat_map import HeatMap, at_numbers, at_steps, draw_heat_map, numbers_axis
from .histograms import draw_histograms
from .history_plots import nothing_yet, whose
from .numbers import number, power
from .panel import Panel, PanelView, Picture, of_a_network
from .plot import PlotSpec
from .scales import step_axis
from .shades import Floats, rising, rising_shades
from .theme import Theme

ONE_LAYER = "layer"  # the panel that shows the chosen layer large
STATISTICS = tuple(LAYER_BY_NAME)
MOST_DECADES = 16


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
    layer = lane.layers[min(found.layer, len(lane.layers)) - 1]
    title = f"Outputs of layer {layer.name} {theme.glyphs.dot} {layer.activation or layer.kind}"
    return lambda width, height: draw_histograms(found.histograms, title, width, height, theme)


def layer_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """The chosen layer, large."""
    lane = snapshot.lanes[view.lane]
    found = None if view.looks is None else view.looks.of(close_layer)
    number_ = min(view.layer, len(lane.layers))
    if found is not None and found.layer != number_:
        found = None  # what was seen of the layer before
    return lambda width, height: draw_close_layer(
        found, lane, number_, view.cursor, whose(snapshot, lane), width, height, theme
    )


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
    Panel(
        ONE_LAYER,
        (),
        STATISTICS,
        layer_panel,
        of_a_network,
        look=close_layer,
        on_request=True,
        meaning="The chosen layer: each statistic over the run, how its outputs are spread, and its weights",
        short="the chosen layer",
        formula="each statistic by itself from its lowest to its highest value; W and a by equal parts",
    ),
)
