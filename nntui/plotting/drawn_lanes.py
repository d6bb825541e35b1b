"""Which lanes plots draw: all but those that were muted, or one alone; a lane that is not drawn trains on."""

from dataclasses import replace

from nntui_engine.run.snapshot import Snapshot

from .panel import PanelView
from .plot import PlotSpec


def undrawn(snapshot: Snapshot, view: PanelView) -> frozenset[int]:
    """The indices of the lanes whose curves are not drawn."""
    if view.alone:
        return frozenset(lane.index for lane in snapshot.lanes if lane.index != view.lane)
    return frozenset(lane.index for lane in snapshot.lanes if lane.settings.name in view.muted)


def without_undrawn(spec: PlotSpec, snapshot: Snapshot, view: PanelView) -> PlotSpec:
    """A plot of lanes without the curves that are not to be drawn; one of layers as it is."""
    away = undrawn(snapshot, view)
    if not away or spec.curves_are != "lanes":
        return spec
    names = {lane.name for lane in snapshot.lanes if lane.index in away}
    return replace(
        spec,
        curves=tuple(curve for curve in spec.curves if curve.label not in names),
        legend=tuple(key for key in spec.legend if key.label not in names),
    )
