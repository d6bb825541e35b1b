"""What each plot of a race shows. Adding one is a function and a row in RACE_PANELS."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nntui_engine.snapshot import RacerSnapshot, RaceSnapshot

from .look import Look
from .panels import PanelView
from .plot import Curve, Key, PlotSpec, TimeMark

Floats = NDArray[np.float64]
HIGHEST = 1e3  # times the largest value at a start: what lies above is drawn as a cross
LOWEST = 1e-18  # times that value: what lies below is drawn as an arrow along the bottom


@dataclass(frozen=True, slots=True)
class RacePanel:
    """One plot of a race."""

    name: str
    build: Callable[[RaceSnapshot, PanelView, Look], PlotSpec]


def value_panel(race: RaceSnapshot, view: PanelView, look: Look) -> PlotSpec:
    title = "Value" if all(lane.lowest == 0.0 for lane in race.lanes) else "Value above the minimum"
    values = [np.maximum(lane.values - lane.lowest, 0.0) for lane in race.lanes]
    return _panel(race, view, look, "value", title, values)


def gradient_panel(race: RaceSnapshot, view: PanelView, look: Look) -> PlotSpec:
    return _panel(race, view, look, "gradient_norm", "Gradient norm", [lane.gradient_norms for lane in race.lanes])


def distance_panel(race: RaceSnapshot, view: PanelView, look: Look) -> PlotSpec:
    """To the nearest minimum."""
    values = [distances(lane.path, lane.minima) for lane in race.lanes]
    return _panel(race, view, look, "distance", "Distance to minimum", values)


RACE_PANELS: dict[str, RacePanel] = {
    panel.name: panel
    for panel in (
        RacePanel("value", value_panel),
        RacePanel("gradient_norm", gradient_panel),
        RacePanel("distance", distance_panel),
    )
}


def race_panel_order(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """All plots, those a scenario asks for first."""
    first = tuple(dict.fromkeys(name for name in wanted if name in RACE_PANELS))
    return first + tuple(name for name in RACE_PANELS if name not in first)


def distances(path: Floats, minima: Floats) -> Floats:
    """(m,) from each point of a path to its nearest minimum; NaN where there is none."""
    if len(minima) == 0:
        return np.full(len(path), np.nan)
    with np.errstate(all="ignore"):
        return np.asarray(np.min([np.hypot(path[:, 0] - x, path[:, 1] - y) for x, y in minima], axis=0))


def race_marks(race: RaceSnapshot) -> tuple[TimeMark, ...]:
    """Changes since all lanes last began together."""
    marks = list(race.marks)
    for index, mark in enumerate(race.marks):
        if mark.restarted and mark.lane is None:
            marks = list(race.marks[index + 1 :])
    return tuple(TimeMark(mark.step, mark.restarted) for mark in marks)


def _panel(race: RaceSnapshot, view: PanelView, look: Look, name: str, title: str, values: list[Floats]) -> PlotSpec:
    starts = [float(v[0]) for v in values if len(v) and np.isfinite(v[0])]
    largest = max(starts, default=1.0) or 1.0
    keys = tuple(Key(look.lane_marker(lane.index), lane.name, look.lane(lane.index)) for lane in race.lanes)
    curves = tuple(_curve(lane, key, v, largest) for lane, key, v in zip(race.lanes, keys, values, strict=True))
    lost = [f"{lane.name} diverged at step {lane.diverged_at}" for lane in race.lanes if lane.diverged_at is not None]
    empty = ""
    if race.step == 0:
        empty = "No step has been made yet."
    elif name == "distance" and not any(len(lane.minima) for lane in race.lanes):
        empty = "No minimum of this surface is known."
    return PlotSpec(
        title=title,
        curves=curves,
        legend=keys,
        step=race.step,
        steps=race.steps,
        scale="log",
        marks=race_marks(race),
        note=", ".join(lost),
        empty=empty,
        subtitle="log",
        memory=view.axis_memory(f"race/{name}"),
    )


def _curve(lane: RacerSnapshot, key: Key, values: Floats, largest: float) -> Curve:
    with np.errstate(over="ignore"):
        bad = ~(values <= HIGHEST * largest)
    shown = np.where(bad, np.nan, np.where(values < LOWEST * largest, 0.0, values))
    return Curve(key.label, key.colour, key.marker, lane.steps, shown, shown, shown, bad, band=False)
