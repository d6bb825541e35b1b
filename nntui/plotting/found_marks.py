"""What was found, marked where it shows: its first step on the plots of its lane, its sign at the layers it names."""

from collections.abc import Mapping
from dataclasses import replace

from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .panel import PanelView
from .plot import PlotSpec, TimeMark
from .theme import Theme


def with_found(spec: PlotSpec, snapshot: Snapshot, view: PanelView, theme: Theme, of_layers: bool) -> PlotSpec:
    """A plot over the steps with the first step of what was found: in the chosen lane where it is of layers, else in
    every lane that is drawn."""
    if not view.found or spec.x_axis is not None or spec.empty:
        return spec
    drawn = [lane for lane in snapshot.lanes if lane.name not in view.muted]
    lanes = [snapshot.lanes[view.lane]] if of_layers else drawn
    several = len(snapshot.lanes) > 1
    marks = [
        TimeMark(
            one.step,
            text=one.rule.replace("_", " "),
            colour=theme.lane(lane.index) if several else "",
            sign=one.sign,
        )
        for lane in lanes
        for one in view.found
        if one.lane == lane.name and one.step <= lane.step
    ]
    return replace(spec, marks=(*spec.marks, *marks))


def found_signs(lane: LaneSnapshot, view: PanelView) -> Mapping[int, str]:
    """The sign of every layer (1-based) of a lane that is named by what was found in it."""
    signs: dict[int, str] = {}
    for one in reversed(view.found):
        signs |= dict.fromkeys(one.layers, one.sign) if one.lane == lane.name else {}
    return signs
