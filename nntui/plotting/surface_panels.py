"""What each plot of a run on a surface shows. Adding one is a function and a row in SURFACE_PANELS."""

import numpy as np
from numpy.typing import NDArray

from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .history_plots import all_marks
from .panel import Panel, PanelView
from .plot import Curve, Key, PlotSpec
from .theme import Theme

Floats = NDArray[np.float64]
HIGHEST = 1e3  # times the largest value at a start: what lies above is drawn as a cross
LOWEST = 1e-18  # times that value: what lies below is drawn as an arrow along the bottom


def value_panel(race: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
    """The value along each lane's path, above that of the surface's minimum, on a log axis."""
    title = "Value" if all(lane.surface.lowest == 0.0 for lane in race.lanes) else "Value above the minimum"
    values = [np.maximum(_past(lane, "value") - lane.surface.lowest, 0.0) for lane in race.lanes]
    return _panel(race, view, theme, "value", title, values)


def gradient_panel(race: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
    """The gradient's norm along each lane's path, on a log axis."""
    values = [_past(lane, "gradient_norm") for lane in race.lanes]
    return _panel(race, view, theme, "gradient_norm", "Gradient norm", values)


def distance_panel(race: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
    """To the nearest minimum."""
    values = [_past(lane, "distance") for lane in race.lanes]
    return _panel(race, view, theme, "distance", "Distance to minimum", values)


def _panel(race: Snapshot, view: PanelView, theme: Theme, name: str, title: str, values: list[Floats]) -> PlotSpec:
    log = view.log_axis(name, True)
    starts = [float(v[0]) for v in values if len(v) and np.isfinite(v[0])]
    largest = max(starts, default=1.0) or 1.0
    keys = tuple(Key(theme.lane_marker(lane.index), lane.name, theme.lane(lane.index)) for lane in race.lanes)
    curves = tuple(_curve(lane, key, v, largest) for lane, key, v in zip(race.lanes, keys, values, strict=True))
    away = [(lane.name, lane.surface.diverged_at) for lane in race.lanes]
    lost = [f"{name} diverged at step {step}" for name, step in away if step is not None]
    empty = ""
    if race.step == 0:
        empty = "No step has been made yet."
    elif name == "distance" and not any(len(lane.surface.minima) for lane in race.lanes):
        empty = "No minimum of this surface is known."
    return PlotSpec(
        title=title,
        curves=curves,
        legend=keys,
        step=race.step,
        steps=race.steps,
        scale="log" if log else "linear",
        marks=all_marks(race, theme),
        curves_are="lanes",
        note=", ".join(lost),
        empty=empty,
        subtitle="log" if log else "",
        memory=view.axis_memory(f"race/{name}"),
    )


def _curve(lane: LaneSnapshot, key: Key, values: Floats, largest: float) -> Curve:
    with np.errstate(over="ignore"):
        bad = ~(values <= HIGHEST * largest)
    shown = np.where(bad, np.nan, np.where(values < LOWEST * largest, 0.0, values))
    return Curve(key.label, key.colour, key.marker, lane.surface.steps, shown, shown, shown, bad, band=False)


def _past(lane: LaneSnapshot, name: str) -> Floats:
    """(m,) beside the steps of the path; NaN for the moment before the history is there."""
    series = lane.whole_history.get(name)
    return np.full(len(lane.surface.steps), np.nan) if series is None else series.mean[:, 0]


SURFACE_PANELS: dict[str, Panel] = {
    panel.name: panel
    for panel in (
        Panel(
            "value",
            ("value",),
            (),
            value_panel,
            meaning="How high each optimizer stands: the quickest way down wins",
            short="height; down is good",
            formula="f(x, y) − its lowest value",
        ),
        Panel(
            "gradient_norm",
            ("gradient_norm",),
            (),
            gradient_panel,
            meaning="How steep the surface is where each stands: near 0 = flat, a minimum or a saddle",
            short="steepness",
            formula="‖∇f(x, y)‖₂",
        ),
        Panel(
            "distance",
            ("distance",),
            (),
            distance_panel,
            meaning="How far each is from the nearest minimum",
            short="way still to go",
            formula="distance from (x, y) to the nearest known minimum",
        ),
    )
}
