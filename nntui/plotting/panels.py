"""What each panel of the Overview shows of a snapshot. Adding a panel is one function and one row in PANELS."""

from dataclasses import replace

import numpy as np

from nntui_engine.snapshot import LaneSnapshot, Series, Snapshot

from .close_panels import CLOSE_PANELS, MAP_PANELS, NETWORK_PANELS, SWEEP_PANELS
from .look import Look
from .panel import Panel as Panel
from .panel import PanelView as PanelView
from .plot import Curve, Key, PlotSpec, TimeMark

CAN_DIE = frozenset({"relu", "threshold"})
NEVER_EMPTY = frozenset({"loss", "gradient_norm", "activation_variance"})


def loss_panel(snapshot: Snapshot, view: PanelView, look: Look) -> PlotSpec:
    """The loss: of each lane's mini-batches, or of mini-batches and held-out rows when there is one lane."""
    return _whole_panel(
        snapshot,
        look,
        PlotSpec(
            title="Loss",
            scale="log" if view.log_loss else "linear",
            floor=0.0,
            subtitle="log" if view.log_loss else "",
            empty="" if _any_history(snapshot, "loss") else _nothing_yet(snapshot.step),
            memory=view.axis_memory("loss"),
        ),
        batch="loss",
        held_out="validation_loss",
        several="loss",
    )


def accuracy_panel(snapshot: Snapshot, view: PanelView, look: Look) -> PlotSpec:
    """The share of rows predicted right; for regression the share of variation explained."""
    if all(lane.settings.accuracy == "none" for lane in snapshot.lanes):
        name = "r2"
        spec = PlotSpec(
            title="R² (share of variation explained)",
            empty="" if _any_history(snapshot, name) else "Measured at the first evaluation.",
            memory=view.axis_memory(name),
        )
        return _whole_panel(snapshot, look, spec, batch="train_r2", held_out=name, several=name)
    held_out = any(np.isfinite(lane.whole.get("validation_accuracy", np.nan)) for lane in snapshot.lanes)
    several = "validation_accuracy" if held_out else "train_accuracy"
    shown = ("accuracy", several) if len(snapshot.lanes) == 1 else (several,)
    spec = PlotSpec(
        title="Accuracy",
        subtitle="" if len(snapshot.lanes) == 1 else {"validation_accuracy": "validation"}.get(several, "training"),
        fixed=(0.0, 1.0),
        percent=True,
        empty="" if any(_any_history(snapshot, n) for n in shown) else "Measured at the first evaluation.",
        memory=view.axis_memory("accuracy"),
    )
    return _whole_panel(snapshot, look, spec, batch="accuracy", held_out="validation_accuracy", several=several)


def gradient_panel(snapshot: Snapshot, view: PanelView, look: Look) -> PlotSpec:
    return _layer_panel(snapshot, view, look, "gradient_norm", "Gradient norm by layer", log=True)


def variance_panel(snapshot: Snapshot, view: PanelView, look: Look) -> PlotSpec:
    return _layer_panel(snapshot, view, look, "activation_variance", "Activation variance by layer", log=True)


def dead_panel(snapshot: Snapshot, view: PanelView, look: Look) -> PlotSpec:
    """Units that fire on no row: only layers whose activation can die are drawn."""
    lane = snapshot.lanes[view.lane]
    mortal = tuple(i for i, layer in enumerate(lane.layers[:-1]) if layer.activation in CAN_DIE)
    if not mortal:
        kinds = sorted({layer.activation for layer in lane.layers[:-1]})
        reason = f"{_lane_words(snapshot, lane)} has no ReLU layer ({', '.join(kinds) or 'no hidden layer'}): " + (
            "its units cannot die."
        )
        return PlotSpec(title="Dead ReLU units by layer", empty=reason)
    spec = _layer_panel(
        snapshot, view, look, "dead_units", "Dead ReLU units by layer", whole=True, floor=0.0, only=mortal
    )
    values = lane.per_layer.get("dead_units")
    if values is None or spec.empty:
        return spec
    total = sum(lane.layers[i].units for i in mortal)
    dead = float(np.nansum(np.asarray(values)[list(mortal)]))
    words = "none dead" if dead == 0 else f"{dead:.0f} of {total}"
    return replace(spec, subtitle=words)


PANELS: dict[str, Panel] = {
    panel.name: panel
    for panel in (
        Panel("loss", ("loss", "validation_loss"), (), loss_panel),
        Panel("gradient_norm", (), ("gradient_norm",), gradient_panel),
        Panel(
            "accuracy",
            ("accuracy", "train_accuracy", "validation_accuracy", "train_r2", "r2"),
            (),
            accuracy_panel,
        ),
        Panel("activation_variance", (), ("activation_variance",), variance_panel),
        Panel("dead_units", (), ("dead_units",), dead_panel),
        *CLOSE_PANELS,
    )
}


def panel_order(wanted: tuple[str, ...], snapshot: Snapshot | None, view: PanelView) -> tuple[str, ...]:
    """The panels that have something to show: those a scenario asks for, those of a sweep, then the rest.

    A closer look costs time, so it is taken where the scenario asks for it; the Map and Network views have them all.
    """
    shown = [name for name, panel in PANELS.items() if snapshot is not None and panel.applies(snapshot, view)]
    shown = [name for name in shown if name in wanted or not PANELS[name].close]
    swept = tuple(name for name in SWEEP_PANELS if name in shown)
    first = tuple(dict.fromkeys(name for name in (*wanted, *swept) if name in shown))
    return first + tuple(name for name in shown if name not in first)


def view_panels(name: str, snapshot: Snapshot | None, view: PanelView) -> tuple[str, ...]:
    """The panels of the Map or the Network view that have something to show."""
    names = MAP_PANELS if name == "map" else NETWORK_PANELS
    return tuple(one for one in names if snapshot is not None and PANELS[one].applies(snapshot, view))


def close_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the panels that need a closer look at the network."""
    return tuple(name for name in names if PANELS[name].close)


def histories(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The (whole-network, per-layer) histories the panels ``names`` need."""
    panels = [PANELS[name] for name in names]
    whole = dict.fromkeys(name for panel in panels for name in panel.whole)
    layer = dict.fromkeys(name for panel in panels for name in panel.layer)
    return tuple(whole), tuple(layer)


def _any_history(snapshot: Snapshot, name: str) -> bool:
    return any(name in lane.whole_history and len(lane.whole_history[name].steps) for lane in snapshot.lanes)


def _nothing_yet(step: int) -> str:
    """Why a plot has no points: before the first step, or for a moment when the plot has just come into view."""
    return "No step has been trained yet." if step == 0 else "One moment."


def _lane_words(snapshot: Snapshot, lane: LaneSnapshot) -> str:
    return "This network" if len(snapshot.lanes) == 1 else f"Lane {lane.name}"


def _curve(lane: LaneSnapshot, name: str, series: Series, column: int, key: Key, band: bool = True) -> Curve:
    low, mean, high = (np.asarray(a)[:, column] for a in (series.low, series.mean, series.high))
    bad = np.isinf(mean) | (np.isnan(mean) & (np.isfinite(low) | np.isfinite(high)))
    if lane.first_non_finite is not None and name in NEVER_EMPTY:
        bad |= np.isnan(mean) & (np.asarray(series.steps) >= lane.first_non_finite[0])
    return Curve(key.label, key.colour, key.marker, np.asarray(series.steps), low, mean, high, bad, band)


def _whole_panel(
    snapshot: Snapshot, look: Look, spec: PlotSpec, *, batch: str, held_out: str, several: str
) -> PlotSpec:
    curves: list[Curve] = []
    legend: list[Key] = []
    if len(snapshot.lanes) == 1:
        lane = snapshot.lanes[0]
        for index, (name, label) in enumerate(((batch, "training"), (held_out, "validation"))):
            series = lane.whole_history.get(name)
            if series is not None and len(series.steps) and np.isfinite(series.mean).any():
                key = Key(look.lane_marker(index), label, look.lane(index))
                legend.append(key)
                curves.append(_curve(lane, name, series, 0, key))
    else:
        for lane in snapshot.lanes:
            key = Key(look.lane_marker(lane.index), lane.name, look.lane(lane.index))
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
        marks=tuple(TimeMark(mark.step, mark.restarted) for mark in snapshot.marks),
        note=_bad_note(snapshot.lanes, len(snapshot.lanes) > 1) if several == "loss" else "",
    )


def _layer_panel(
    snapshot: Snapshot,
    view: PanelView,
    look: Look,
    name: str,
    title: str,
    *,
    log: bool = False,
    whole: bool = False,
    floor: float | None = None,
    only: tuple[int, ...] | None = None,
) -> PlotSpec:
    lane = snapshot.lanes[view.lane]
    series = lane.layer_history.get(name)
    count = len(lane.layers)
    shown = tuple(range(count)) if only is None else only
    keys = {index: Key(look.layer_marker(index, count), "", look.layer(index, count)) for index in shown}
    curves: list[Curve] = []
    if series is not None and len(series.steps):
        curves = [_curve(lane, name, series, index, keys[index], band=False) for index in shown]
    return PlotSpec(
        title=title,
        curves=tuple(curves),
        legend=tuple(keys.values()),
        step=lane.step,
        steps=lane.settings.steps,
        scale="log" if log else "linear",
        whole=whole,
        floor=floor,
        marks=lane_marks(snapshot, lane),
        note=_bad_note((lane,), False) if name in NEVER_EMPTY else "",
        empty="" if curves else _nothing_yet(lane.step),
        memory=view.axis_memory(f"{name}/{lane.index}"),
    )


def lane_marks(snapshot: Snapshot, lane: LaneSnapshot) -> tuple[TimeMark, ...]:
    """The marks of one lane in its own time: a lane that started again counts from there."""
    mine = [mark for mark in snapshot.marks if mark.lane in (None, lane.name)]
    began = snapshot.step - lane.step
    return tuple(TimeMark(mark.step - began, mark.restarted) for mark in mine if mark.step > began)


def _bad_note(lanes: tuple[LaneSnapshot, ...], named: bool) -> str:
    notes = [
        f"{lane.name + ': ' if named else ''}NaN or Inf from step {lane.first_non_finite[0]}"
        for lane in lanes
        if lane.first_non_finite is not None
    ]
    return ", ".join(notes)
