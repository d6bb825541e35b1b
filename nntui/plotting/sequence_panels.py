"""Panels of recurrent layers: the gradient through time, the states over one sequence, the gates over the run."""

import math

import numpy as np
from numpy.typing import NDArray

from nntui.looks.inside import hidden_over_time
from nntui_engine.registry.recurrence import GATES, RECURRENT_KINDS
from nntui_engine.run.snapshot import LaneSnapshot, LayerInfo, Series, Snapshot

from .heat_map import HeatMap, at_numbers, at_steps, draw_heat_map, numbers_axis
from .history_plots import lane_marks, lane_words, nothing_yet, whose
from .numbers import number, power
from .panel import Panel, PanelView, Picture
from .plot import Curve, Key, PlotSpec
from .scales import step_axis
from .shades import largest_of, rising, rising_shades, sign_keys, signed, signed_shades
from .theme import Theme

Floats = NDArray[np.float64]
MOST_DECADES = 16  # of a map's shades
MOMENTS = "smn"  # signs of the curves at the start, in the middle and now; those of lanes mean lanes


def recurrent_layer(lane: LaneSnapshot, wanted: int = 0, gated: bool = False) -> LayerInfo | None:
    """The lane's layer ``wanted`` (1-based) where that is recurrent, else its first one; ``gated``: only such."""
    found = [
        layer for layer in lane.layers if layer.kind in RECURRENT_KINDS and (len(GATES[layer.kind]) > 1 or not gated)
    ]
    return next((layer for layer in found if layer.index == wanted), found[0] if found else None)


def has_recurrent(snapshot: Snapshot, view: PanelView) -> bool:  # noqa: ARG001
    """Whether any lane has a recurrent layer."""
    return any(recurrent_layer(lane) is not None for lane in snapshot.lanes)


def has_gates(snapshot: Snapshot, view: PanelView) -> bool:  # noqa: ARG001
    """Whether any lane has a layer with gates."""
    return any(recurrent_layer(lane, gated=True) is not None for lane in snapshot.lanes)


def through_time_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """‖∂L/∂hₜ‖ of the chosen lane: time steps upwards, training steps to the right, by decades."""
    title, lane = "Gradient through time", snapshot.lanes[view.lane]
    layer, series = _past(lane, "time_gradient_norm", view)
    if layer is None or series is None:
        return PlotSpec(title=title, whose=whose(snapshot, lane), empty=_why_empty(snapshot, lane, layer))
    norms = np.asarray(series.mean).T
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(np.isposinf(norms), np.nan, np.log10(norms))
    finite = logs[np.isfinite(logs)]
    high = math.ceil(finite.max()) if finite.size else 0
    low = min(high - 1, max(math.floor(finite.min()), high - MOST_DECADES)) if finite.size else -1
    palette = rising(theme)
    shades = rising_shades((logs - low) / (high - low), palette)
    mark = (palette.marks[0], palette.marks[palette.levels - 1]) if theme.ascii_only else ("█", "█")
    legend = (
        (mark[0], palette.colours[0], f" {power(low)} "),
        (mark[1], palette.colours[palette.levels - 1], f" {power(high)}"),
    )
    axis = step_axis(lane.step, lane.settings.steps)
    spec = HeatMap(
        _titled(snapshot, lane, title, theme),
        f"time step of {_layer_words(lane, layer)}, upwards, by training step",
        shades, palette, axis, numbers_axis(len(norms)), at_steps(np.asarray(series.steps)), at_numbers(len(norms)),
        legend,
    )  # fmt: skip
    return lambda w, h: draw_heat_map(spec, w, h, theme)


def by_time_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
    """‖∂L/∂hₜ‖ over the time steps t, at the first, a middle and the newest sample of the chosen lane."""
    title, lane = "Gradient by time", snapshot.lanes[view.lane]
    layer, series = _past(lane, "time_gradient_norm", view)
    if layer is None or series is None:
        return PlotSpec(title=title, whose=whose(snapshot, lane), empty=_why_empty(snapshot, lane, layer))
    chosen = list(dict.fromkeys((0, (len(series.steps) - 1) // 2, len(series.steps) - 1)))
    times = np.arange(1.0, series.mean.shape[1] + 1.0)
    curves, keys = [], []
    for place, at in enumerate(chosen):
        words = f"{'' if place else 'step '}{series.steps[at]:.0f}"
        key = Key(MOMENTS[place], words, theme.layer(place, len(chosen)))
        values = np.asarray(series.mean)[at]
        keys.append(key)
        curves.append(
            Curve(key.label, key.colour, key.marker, times, values, values, values, ~np.isfinite(values), band=False)
        )
    return PlotSpec(
        title=title,
        whose=whose(snapshot, lane),
        subtitle="log",
        curves=tuple(curves),
        legend=tuple(keys),
        scale="log",
        x_axis=numbers_axis(len(times)),
        memory=view.axis_memory(f"gradient_by_time/{lane.index}"),
    )


def hidden_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """Every unit's state over the time steps of one probe sequence."""
    title, lane = "Hidden units over one sequence", snapshot.lanes[view.lane]
    if recurrent_layer(lane) is None:
        return PlotSpec(title=title, whose=whose(snapshot, lane), empty=_why_empty(snapshot, lane, None))
    found = None if view.looks is None else view.looks.of(hidden_over_time)
    if found is None:
        return PlotSpec(title=title, empty="One moment.")
    palette, largest = signed(theme), largest_of(found.states)
    time, units = found.states.shape
    spec = HeatMap(
        _titled(snapshot, lane, title, theme),
        f"unit upwards, time step to the right; up to {number(largest)}",
        signed_shades(found.states.T, largest, palette), palette, numbers_axis(time), numbers_axis(units),
        at_numbers(time), at_numbers(units), sign_keys(theme),
    )  # fmt: skip
    return lambda w, h: draw_heat_map(spec, w, h, theme)


def gates_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
    """Each gate's mean over the run, and beside it, dim, the share of it that is stuck open or shut."""
    title, lane = "Gates", snapshot.lanes[view.lane]
    layer, means = _past(lane, "gate_mean", view, gated=True)
    stuck = None if layer is None else lane.sequence_history.get("gate_saturated", {}).get(layer.index)
    if layer is None or means is None or stuck is None:
        empty = _why_empty(snapshot, lane, layer, "layer with gates")
        return PlotSpec(title=title, whose=whose(snapshot, lane), empty=empty)
    names, curves, keys = GATES[layer.kind], [], []
    for place, name in enumerate(names):
        colour = theme.layer(place, len(names))  # a gate is no lane: neither its sign nor its colour may say so
        keys.append(Key(name[0], name, colour))
        curves.append(_gate_curve(stuck, place, Key("", f"{name}, saturated", theme.faded(colour))))
    curves += [_gate_curve(means, place, key) for place, key in enumerate(keys)]
    return PlotSpec(
        title=title,
        whose=whose(snapshot, lane),
        subtitle="dim: stuck",
        curves=tuple(curves),
        legend=tuple(keys),
        step=lane.step,
        steps=lane.settings.steps,
        floor=0.0,
        marks=lane_marks(snapshot, lane),
        memory=view.axis_memory(f"gates/{lane.index}"),
    )


def _gate_curve(series: Series, place: int, key: Key) -> Curve:
    low, mean, high = (np.asarray(part)[:, place] for part in (series.low, series.mean, series.high))
    steps = np.asarray(series.steps)
    return Curve(key.label, key.colour, key.marker, steps, low, mean, high, ~np.isfinite(mean), band=False)


def _past(
    lane: LaneSnapshot, statistic: str, view: PanelView, gated: bool = False
) -> tuple[LayerInfo | None, Series | None]:
    """The layer that is shown, and the past of one of its statistics where it has one."""
    layer = recurrent_layer(lane, view.layer, gated)
    series = None if layer is None else lane.sequence_history.get(statistic, {}).get(layer.index)
    return layer, series if series is not None and len(series.steps) else None


def _why_empty(snapshot: Snapshot, lane: LaneSnapshot, layer: LayerInfo | None, wanted: str = "recurrent layer") -> str:
    return f"{lane_words(snapshot, lane)} has no {wanted}." if layer is None else nothing_yet(lane.step)


def _titled(snapshot: Snapshot, lane: LaneSnapshot, title: str, theme: Theme) -> str:
    name = whose(snapshot, lane)
    return f"{title} {theme.glyphs.dot} {name}" if name else title


def _layer_words(lane: LaneSnapshot, layer: LayerInfo) -> str:
    return f"layer {lane.layer_name(layer.index)}"


SEQUENCE_PANELS: tuple[Panel, ...] = (
    Panel(
        "gradient_through_time",
        (),
        ("time_gradient_norm",),
        through_time_panel,
        has_recurrent,
        meaning="How much of the error reaches each time step; dark far back = the past teaches nothing",
        short="error by time step",
        formula="‖∂L/∂hₜ‖₂ for every t, mean over the mini-batch",
    ),
    Panel(
        "gradient_by_time",
        (),
        ("time_gradient_norm",),
        by_time_panel,
        has_recurrent,
        meaning="The same at three moments of the run: a steep fall to the left = the past is forgotten",
        short="error by time step",
        formula="‖∂L/∂hₜ‖₂ for every t, mean over the mini-batch",
    ),
    Panel(
        "hidden_over_time",
        (),
        (),
        hidden_panel,
        has_recurrent,
        hidden_over_time,
        "network",
        meaning="What each unit holds while one sequence is read: a stripe keeps, a flicker reacts",
        short="states while reading",
        formula="hₜ of every unit, for one row of the probe set",
    ),
    Panel(
        "gates",
        (),
        ("gate_mean", "gate_saturated"),
        gates_panel,
        has_gates,
        meaning="How far each gate is open, 0 to 1; dim: how much of it is stuck open or shut",
        short="how open gates are",
        formula="mean of σ(z); share of entries with |σ'(z)| < 5 % of its largest",
    ),
)
