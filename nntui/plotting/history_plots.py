"""Plots of a statistic over time: one curve a lane for the whole network, one curve a layer for the chosen lane."""

from dataclasses import replace

import numpy as np

from nntui_engine.run.snapshot import LaneSnapshot, Mark, Series, Snapshot

from .layer_signs import layer_keys
from .panel import PanelView
from .plot import Curve, Key, PlotSpec, TimeMark
from .scales import SteadyAxis
from .theme import Theme
from .value_limits import spans_decades

NEVER_EMPTY = frozenset({"loss", "gradient_norm", "activation_variance"})


def any_history(snapshot: Snapshot, name: str) -> bool:
    """Whether any lane has a past of this statistic of the whole network."""
    return any(name in lane.whole_history and len(lane.whole_history[name].steps) for lane in snapshot.lanes)


def opens_log(snapshot: Snapshot, names: tuple[str, ...], memory: SteadyAxis) -> bool:
    """Whether the lanes' means span so much that they open on a log axis; the axis' memory keeps it on the border."""
    lows, highs = [], []
    for series in (lane.whole_history.get(name) for lane in snapshot.lanes for name in names):
        means = series.mean[np.isfinite(series.mean) & (series.mean > 0.0)] if series is not None else np.zeros(0)
        if len(means):
            lows.append(float(means.min()))
            highs.append(float(means.max()))
    memory.logarithmic = spans_decades(lows, highs, memory.logarithmic)
    return memory.logarithmic


def nothing_yet(step: int) -> str:
    """Why a plot has no points: before the first step, or for a moment when the plot has just come into view."""
    return "No step has been trained yet." if step == 0 else "One moment."


def lane_words(snapshot: Snapshot, lane: LaneSnapshot) -> str:
    """How a sentence names the lane: "This network" where it is the only one."""
    return "This network" if len(snapshot.lanes) == 1 else f"Lane {lane.name}"


def whose(snapshot: Snapshot, lane: LaneSnapshot) -> str:
    """The lane's name for a title; "" where it is the only one."""
    return lane.name if len(snapshot.lanes) > 1 else ""


def _curve(
    lane: LaneSnapshot, name: str, series: Series, column: int, key: Key, *, band: bool = True, stepped: bool = False
) -> Curve:
    low, mean, high = (np.asarray(a)[:, column] for a in (series.low, series.mean, series.high))
    bad = np.isinf(mean) | (np.isnan(mean) & (np.isfinite(low) | np.isfinite(high)))
    if lane.network.first_non_finite is not None and name in NEVER_EMPTY:
        bad |= np.isnan(mean) & (np.asarray(series.steps) >= lane.network.first_non_finite.step)
    return Curve(key.label, key.colour, key.marker, np.asarray(series.steps), low, mean, high, bad, band, stepped)


def whole_plot(
    snapshot: Snapshot, theme: Theme, spec: PlotSpec, *, one: tuple[tuple[str, str], ...], several: str
) -> PlotSpec:
    """``spec`` with the curve of every lane; of the only lane all ``one``, each a statistic and its word."""
    curves: list[Curve] = []
    legend: list[Key] = []
    if len(snapshot.lanes) == 1:
        lane = snapshot.lanes[0]
        for index, (name, label) in enumerate(one):
            series = lane.whole_history.get(name)
            if series is not None and len(series.steps) and np.isfinite(series.mean).any():
                key = Key(theme.lane_marker(index), label, theme.lane(index))
                if label:
                    legend.append(key)
                curves.append(_curve(lane, name, series, 0, key))
    else:
        for lane in snapshot.lanes:
            key = Key(theme.lane_marker(lane.index), lane.name, theme.lane(lane.index))
            legend.append(key)
            series = lane.whole_history.get(several)
            if series is not None and len(series.steps):
                curves.append(_curve(lane, several, series, 0, key))
    return replace(
        spec,
        curves=tuple(curves),
        legend=tuple(legend),
        step=snapshot.step,
        steps=snapshot.steps,
        marks=all_marks(snapshot, theme),
        curves_are="lanes" if len(snapshot.lanes) > 1 else "curves",
        note=_bad_note(snapshot.lanes, len(snapshot.lanes) > 1) if several == "loss" else "",
    )


def layer_plot(
    snapshot: Snapshot,
    view: PanelView,
    theme: Theme,
    name: str,
    title: str,
    *,
    log: bool = False,
    percent: bool = False,
    whole: bool = False,
    floor: float | None = None,
    only: tuple[int, ...] | None = None,
) -> PlotSpec:
    """One curve for each layer (those in ``only``) of the chosen lane that has the statistic."""
    lane = snapshot.lanes[view.lane]
    series = lane.layer_history.get(name)
    shown = [i for i, layer in enumerate(lane.layers) if layer.has(name) and (only is None or i in only)]
    all_keys = layer_keys(lane, theme)
    keys = {index: all_keys[index] for index in shown}
    curves: list[Curve] = []
    if series is not None and len(series.steps):
        curves = [_curve(lane, name, series, index, keys[index], band=False, stepped=whole) for index in shown]
    return PlotSpec(
        title=title,
        whose=whose(snapshot, lane),
        curves=tuple(curves),
        legend=tuple(keys.values()),
        curves_are="layers",
        subtitle="log" if log else "",
        step=lane.step,
        steps=lane.settings.steps,
        scale="log" if log else "linear",
        percent=percent,
        whole=whole,
        floor=floor,
        marks=lane_marks(snapshot, lane),
        note=_bad_note((lane,), False) if name in NEVER_EMPTY else "",
        empty="" if curves else nothing_yet(lane.step),
        memory=view.axis_memory(f"{name}/{lane.index}"),
    )


def lane_marks(snapshot: Snapshot, lane: LaneSnapshot) -> tuple[TimeMark, ...]:
    """The marks of one lane at its own steps, since it last began."""
    return tuple(TimeMark(step, False, mark.text) for mark, step in _since_it_began(snapshot, lane))


def all_marks(snapshot: Snapshot, theme: Theme) -> tuple[TimeMark, ...]:
    """The marks of all lanes, each at its lane's own step; one for those of several lanes that stand together."""
    lanes: dict[tuple[int, str], set[int]] = {}
    for lane in snapshot.lanes:
        for mark, step in _since_it_began(snapshot, lane):
            lanes.setdefault((step, mark.text), set()).add(lane.index)
    several = len(snapshot.lanes) > 1
    return tuple(
        TimeMark(step, False, text, theme.lane(min(mine)) if several and len(mine) == 1 else "")
        for (step, text), mine in lanes.items()
    )


def _since_it_began(snapshot: Snapshot, lane: LaneSnapshot) -> list[tuple[Mark, int]]:
    """The changes of a lane since it last began, and at which step of its own each was."""
    found: list[tuple[Mark, int]] = []
    for mark in snapshot.marks:
        step = mark.at.get(lane.name) if mark.at else mark.step if mark.lane in (None, lane.name) else None
        if step is None:
            continue
        found = [] if mark.restarted else [*found, (mark, step)]
    return [(mark, step) for mark, step in found if 0 < step <= lane.step]


def _bad_note(lanes: tuple[LaneSnapshot, ...], named: bool) -> str:
    notes = [
        f"{lane.name + ': ' if named else ''}NaN or Inf from step {lane.network.first_non_finite.step}"
        for lane in lanes
        if lane.network.first_non_finite is not None
    ]
    return ", ".join(notes)
