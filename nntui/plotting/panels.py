"""What each panel of the Overview shows of a snapshot. Adding a panel is one function and one row in PANELS."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from nntui.looks.request import Look
from nntui_engine.registry.activation import ACTIVATIONS
from nntui_engine.registry.statistic import EVALUATION_BY_NAME, LAYER_BY_NAME, WHOLE_BY_NAME, Statistic
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .answer_panels import ANSWER_PANELS
from .drawn_lanes import without_undrawn
from .found_marks import with_found
from .history_plots import any_history, lane_words, layer_plot, nothing_yet, opens_log, whole_plot, whose
from .landscape_panel import LANDSCAPE_PANELS
from .layers_view import LAYERS_PANELS
from .look_panels import LOOK_PANELS, SWEEP_PANELS
from .panel import Panel, PanelView, Picture
from .picture_panels import PICTURE_PANELS
from .plot import PlotSpec
from .sequence_panels import SEQUENCE_PANELS
from .surface_panels import SURFACE_PANELS
from .theme import Theme
from .time_view import seen_in_time
from .unit_panels import UNIT_PANELS


def loss_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
    """The loss: of each lane's mini-batches, or of mini-batches and held-out rows when there is one lane."""
    memory, several = view.axis_memory("loss"), len(snapshot.lanes) > 1
    log = view.log_axis("loss", opens_log(snapshot, ("loss",) if several else ("loss", "validation_loss"), memory))
    return whole_plot(
        snapshot,
        theme,
        PlotSpec(
            title="Loss",
            scale="log" if log else "linear",
            floor=0.0,
            subtitle="log" if log else "",
            empty="" if any_history(snapshot, "loss") else nothing_yet(snapshot.step),
            memory=memory,
        ),
        one=(("loss", "training"), ("validation_loss", "validation")),
        several="loss",
    )


def accuracy_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
    """The share of rows predicted right; for regression the share of variation explained."""
    if all(lane.network.settings.accuracy == "none" for lane in snapshot.lanes):
        name = "r2"
        spec = PlotSpec(
            title="R² (share of variation explained)",
            empty="" if any_history(snapshot, name) else "Measured at the first evaluation.",
            memory=view.axis_memory(name),
        )
        return whole_plot(snapshot, theme, spec, one=(("train_r2", "training"), (name, "validation")), several=name)
    held_out = any(np.isfinite(lane.whole.get("validation_accuracy", np.nan)) for lane in snapshot.lanes)
    several = "validation_accuracy" if held_out else "train_accuracy"
    shown = ("accuracy", several) if len(snapshot.lanes) == 1 else (several,)
    spec = PlotSpec(
        title="Accuracy",
        subtitle="" if len(snapshot.lanes) == 1 else {"validation_accuracy": "validation"}.get(several, "training"),
        fixed=(0.0, 1.0),
        percent=True,
        empty="" if any(any_history(snapshot, n) for n in shown) else "Measured at the first evaluation.",
        memory=view.axis_memory("accuracy"),
    )
    measures = (("accuracy", "training"), ("validation_accuracy", "validation"))
    return whole_plot(snapshot, theme, spec, one=measures, several=several)


def has_mortal(snapshot: Snapshot, view: PanelView) -> bool:  # noqa: ARG001
    """Whether a unit of any lane can die."""
    return any(_mortal(lane) for lane in snapshot.lanes)


def _mortal(lane: LaneSnapshot) -> tuple[int, ...]:
    """The hidden layers (0-based) whose units can fall silent."""
    return tuple(i for i, layer in enumerate(lane.layers[:-1]) if ACTIVATIONS[layer.activation].falls_silent)


def dead_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
    """Units that fire on no row: only layers whose activation can die are drawn."""
    lane = snapshot.lanes[view.lane]
    mortal = _mortal(lane)
    if not mortal:
        kinds = sorted({layer.activation for layer in lane.layers[:-1]})
        reason = f"{lane_words(snapshot, lane)} has no ReLU layer ({', '.join(kinds) or 'no hidden layer'}): " + (
            "its units cannot die."
        )
        return PlotSpec(title="Dead ReLU units by layer", whose=whose(snapshot, lane), empty=reason)
    spec = layer_plot(
        snapshot, view, theme, "dead_units", "Dead ReLU units by layer", whole=True, floor=0.0, only=mortal
    )
    values = lane.per_layer.get("dead_units")
    if values is None or spec.empty:
        return spec
    total = sum(lane.layers[i].units for i in mortal)
    dead = float(np.nansum(np.asarray(values)[list(mortal)]))
    words = "none dead" if dead == 0 else f"{dead:.0f} of {total}"
    return replace(spec, subtitle=words)


def whole_panel(statistic: Statistic) -> Panel:
    """A panel for a statistic of the whole network, shown where a scenario asks for it."""
    name = statistic.name
    later = "" if statistic.cadence == "step" else "Measured at the first evaluation."

    def build(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
        of_loss = name.endswith("loss")
        memory = view.axis_memory(name)
        log = view.log_axis(name, opens_log(snapshot, (name,), memory) if of_loss else statistic.scale == "log")
        spec = PlotSpec(
            title=statistic.title,
            scale="log" if log else "linear",
            floor=0.0 if of_loss else None,
            subtitle="log" if log else "",
            fixed=(0.0, 1.0) if name.endswith("accuracy") else None,
            percent=name.endswith("accuracy"),
            empty="" if any_history(snapshot, name) else later or nothing_yet(snapshot.step),
            memory=memory,
        )
        return whole_plot(snapshot, theme, spec, one=((name, ""),), several=name)

    summary = statistic.summary.removesuffix(".")
    return Panel(name, (name,), (), build, on_request=True, meaning=summary, formula=statistic.formula)


def layer_panel(statistic: Statistic, meaning: str = "", short: str = "") -> Panel:
    """A panel for a statistic of each layer of the chosen lane; without words of its own it is shown where a scenario
    asks for it."""

    def build(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
        log = view.log_axis(statistic.name, statistic.scale == "log")
        share = statistic.name.endswith("fraction")
        floor = None if log or statistic.name.endswith("mean") else 0.0
        title = f"{statistic.title} by layer"
        return layer_plot(snapshot, view, theme, statistic.name, title, log=log, floor=floor, percent=share)

    return Panel(
        statistic.name,
        (),
        (statistic.name,),
        build,
        on_request=not meaning,
        meaning=meaning or statistic.summary.removesuffix("."),
        short=short,
        formula=statistic.formula,
    )


# fmt: off
_DESIGNED: tuple[Panel, ...] = (
    *SWEEP_PANELS,
    Panel(
        "loss", ("loss", "validation_loss"), (), loss_panel,
        meaning="How wrong the answers are: falling = it learns, flat = stuck, rising = steps too long",
        short="how wrong it is",
        formula=WHOLE_BY_NAME["loss"].formula,
    ),
    layer_panel(
        LAYER_BY_NAME["gradient_norm"],
        "How hard the loss pulls at each layer's weights; lines far apart = trouble",
        "pull at each layer",
    ),
    Panel(
        "accuracy", ("accuracy", "train_accuracy", "validation_accuracy", "train_r2", "r2"), (), accuracy_panel,
        meaning="How often answers are right; of numbers, how much of their variation is explained",
        short="how right the answers are",
        formula=f"{WHOLE_BY_NAME['accuracy'].formula}; R² = {EVALUATION_BY_NAME['train_r2'].formula}",
    ),
    *UNIT_PANELS,
    *SEQUENCE_PANELS,
    *PICTURE_PANELS,
    layer_panel(
        LAYER_BY_NAME["activation_variance"],
        "How much signal each layer passes on; lines far apart = it fades or swells on its way",
        "signal of each layer",
    ),
    Panel(
        "dead_units", (), ("dead_units",), dead_panel, has_mortal,
        meaning="Units that fire on no row: they get no gradient and cannot learn any more",
        short="units that never fire",
        formula=LAYER_BY_NAME["dead_units"].formula,
    ),
    *LOOK_PANELS,
    *ANSWER_PANELS,
    *LANDSCAPE_PANELS,
    *LAYERS_PANELS,
)
# fmt: on
# Every other statistic has a plain panel; of two of one name the layers' comes first
_PLAIN = (
    *(whole_panel(row) for row in (*WHOLE_BY_NAME.values(), *EVALUATION_BY_NAME.values())),
    *(layer_panel(row) for row in LAYER_BY_NAME.values()),
)
PANELS: dict[str, Panel] = {panel.name: panel for panel in _DESIGNED}
PANELS |= {panel.name: panel for panel in _PLAIN if panel.name not in PANELS}


def panels_of(snapshot: Snapshot | None) -> dict[str, Panel]:
    """The panels for what runs, by name."""
    return SURFACE_PANELS if snapshot is not None and snapshot.on_surface else PANELS


def build_panel(name: str, snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """What a panel shows; in grey under it what it showed of a future that was replaced."""
    panel = panels_of(snapshot)[name]
    spec, former = panel.build(snapshot, view, theme), view.former
    if not isinstance(spec, PlotSpec):
        return spec
    spec = without_undrawn(spec, snapshot, view)
    then = None if former is None else _same_lane(former.snapshot, snapshot.lanes[view.lane])
    if former is not None and (then is not None or not panel.layer):
        old = panel.build(former.snapshot, replace(view, memory={}, former=None, lane=then or 0), theme)
        if isinstance(old, PlotSpec):
            old = without_undrawn(old, former.snapshot, replace(view, lane=then or 0))
            spec = replace(spec, curves=(*old.faded(former.step), *spec.curves))
    return seen_in_time(with_found(spec, snapshot, view, theme, bool(panel.layer)), view, theme)


def _same_lane(former: Snapshot, lane: LaneSnapshot) -> int | None:
    """The place that a lane had in a former snapshot; None where it was not there yet."""
    return next((i for i, one in enumerate(former.lanes) if one.settings.name == lane.settings.name), None)


class PanelWords(NamedTuple):
    """What is said of a panel."""

    title: str
    meaning: str
    formula: str


def words_of(name: str, snapshot: Snapshot, view: PanelView, theme: Theme) -> PanelWords:
    """A panel's title, what it shows in plain words, and what is worked out, "" where nothing is said."""
    panel = panels_of(snapshot)[name]
    built = panel.build(snapshot, view, theme)
    title = built.title if isinstance(built, PlotSpec) else name.replace("_", " ").capitalize()
    return PanelWords(title, panel.meaning.removesuffix("."), panel.formula.removesuffix("."))


def meaning_of(name: str, snapshot: Snapshot | None, view: PanelView) -> tuple[str, ...]:
    """What a panel shows in plain words, the longest form first; none where they are switched off."""
    panel = panels_of(snapshot)[name]
    return tuple(filter(None, (panel.meaning, panel.short))) if view.meanings else ()


def panel_order(wanted: tuple[str, ...], snapshot: Snapshot | None, view: PanelView) -> tuple[str, ...]:
    """The panels that have something to show: those a scenario asks for, then the rest, those of a sweep first.

    A look costs time, so it is taken where the scenario asks for it; the Map and Network views have them all. So with
    the panels that are there for one lesson.
    """
    panels = panels_of(snapshot)
    shown = [name for name, panel in panels.items() if snapshot is not None and panel.has_something(snapshot, view)]
    first = tuple(dict.fromkeys(name for name in wanted if name in shown))
    return first + tuple(name for name in shown if name not in first and not panels[name].on_request)


def view_panels(name: str, snapshot: Snapshot | None, view: PanelView) -> tuple[str, ...]:
    """The panels of the Map or the Network view that have something to show; of the Network view those alone that have
    something to show of the chosen lane."""
    if snapshot is None:
        return ()
    if name == "network":
        snapshot, view = replace(snapshot, lanes=(snapshot.lanes[view.lane],)), replace(view, lane=0)
    return tuple(panel.name for panel in PANELS.values() if panel.view == name and panel.has_something(snapshot, view))


def looks_of(names: tuple[str, ...]) -> tuple[Look, ...]:
    """What these panels need to see of the network itself."""
    return tuple(look for name in names if (look := PANELS[name].look) is not None)


def histories(names: tuple[str, ...], snapshot: Snapshot | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The (whole-lane, per-layer) histories the panels ``names`` need; without a ``snapshot``, those of a network."""
    panels = [panels_of(snapshot)[name] for name in names]
    whole = dict.fromkeys(name for panel in panels for name in panel.whole)
    layer = dict.fromkeys(name for panel in panels for name in panel.layer)
    return tuple(whole), tuple(layer)
