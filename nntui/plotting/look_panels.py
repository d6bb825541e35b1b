"""Panels that show a network itself: its answers, its weights, a backward pass, and a swept setting's effect."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nntui.looks.backward_pass import backward_pass
from nntui.looks.curve import prediction_curve
from nntui.looks.regions import decision_regions
from nntui.looks.request import Found, LookRequest
from nntui.looks.spread import is_unsure, prediction_spread
from nntui.looks.weights import Paths, coefficient_paths, unit_weights
from nntui_engine.analysis.trace import can_trace
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .lane_maps import draw_lane_maps, with_names
from .panel import Panel, PanelView, Picture, always
from .pass_table import draw_pass
from .plot import Curve, Key, PlotSpec, Points
from .scales import Axis, linear_axis, log_axis
from .spread_list import draw_spread
from .theme import DIM, TEXT, Theme
from .unit_weights import draw_weights, layer_words

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

Floats = NDArray[np.float64]
MOST_PATHS = 16  # curves in one plot
NAMED_PATHS = 3  # the largest of them, in its legend
WIDE = 20.0  # swept values that differ by more than this factor stand on a log axis


def regions_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """Every lane's answer everywhere around its data."""
    title, found = "Decision regions", _found(view, decision_regions)
    if not found:
        return _waiting(title)
    named = with_names(found, snapshot)
    known = (found, view.lane, theme, *(lane.name for lane in snapshot.lanes))
    count = len(snapshot.lanes)
    return view.once(title, known, lambda w, h: draw_lane_maps(named, view.lane, count, (title,), w, h, theme))


def has_regions(snapshot: Snapshot, view: PanelView) -> bool:
    """Whether the chosen lane's answer can be a map: two inputs, and not several labels a row."""
    lane = snapshot.lanes[view.lane]
    return lane.network.settings.inputs == 2 and lane.network.task != "multilabel"


def curve_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:  # noqa: ARG001
    """Every lane's answer along its only input, over the data of the chosen one."""
    found = _found(view, prediction_curve)
    if found is None:
        return _waiting("Prediction")
    keys = [Key(theme.lane_marker(b.lane), b.name or "network", theme.lane(b.lane)) for b in found.bands]
    curves = tuple(
        Curve(k.label, k.colour, k.marker, found.xs, b.low, b.middle, b.high, ~np.isfinite(b.middle))
        for k, b in zip(keys, found.bands, strict=True)
    )
    held = theme.glyphs.held_out[0]
    dot = "." if theme.ascii_only else "•"
    points = [Points(found.train[:, 0], found.train[:, 1], dot, TEXT, held=True)]
    legend = [*keys, Key(dot, "data", TEXT)]
    if len(found.held_out):
        points.append(Points(found.held_out[:, 0], found.held_out[:, 1], held, DIM, held=True))
        legend.append(Key(held, "held out", DIM))
    data = np.concatenate([found.train[:, 1], found.held_out[:, 1]])
    room = (float(data.max()) - float(data.min())) or 1.0
    return PlotSpec(
        title="Prediction",
        subtitle=f"against {found.feature}",
        curves=curves,
        curves_are="lanes",
        points=tuple(points),
        legend=tuple(legend),
        x_axis=linear_axis(float(found.xs[0]), float(found.xs[-1])),
        widest=(float(data.min()) - room, float(data.max()) + room),
        memory=view.axis_memory("prediction_curve"),
    )


def has_curve(snapshot: Snapshot, view: PanelView) -> bool:
    """Whether the chosen lane has one input and one output."""
    settings = snapshot.lanes[view.lane].network.settings
    return settings.inputs == 1 and settings.outputs == 1


def pass_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """Every number of the chosen lane's next backward pass."""
    found = _found(view, backward_pass)
    if found is None:
        return _waiting("Backward pass")
    lane = _seen_lane(snapshot, view)
    return lambda w, h: draw_pass(found, lane, w, h, theme)


def has_pass(snapshot: Snapshot, view: PanelView) -> bool:
    """Whether the chosen lane's backward pass can be written out (see ``analysis/trace.py``)."""
    return can_trace(snapshot.lanes[view.lane].network.settings)


def weights_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """The weights into the chosen unit."""
    found = _found(view, unit_weights)
    if found is None:
        return _waiting("Weights of one unit")
    lane = _seen_lane(snapshot, view)
    return lambda w, h: draw_weights(found, lane.name, w, h, theme)


def spread_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:  # noqa: ARG001
    """How much the answers vary while dropout stays on."""
    found = _found(view, prediction_spread)
    if found is None:
        return _waiting("Prediction spread")
    return lambda w, h: draw_spread(found, w, h, theme)


def has_spread(snapshot: Snapshot, view: PanelView) -> bool:  # noqa: ARG001
    """Whether any lane's answers vary while dropout stays on."""
    return any(is_unsure(lane.network.settings) for lane in snapshot.lanes)


def sweep_loss_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
    """The loss now, against the swept setting."""
    names = (("validation_loss", "validation"), ("train_loss", "training"))
    return _sweep_panel(snapshot, view, theme, "sweep_loss", "Loss", names, log=view.log_axis("sweep_loss", False))


def sweep_accuracy_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
    """The accuracy now, against the swept setting."""
    names = (("validation_accuracy", "validation"), ("train_accuracy", "training"))
    return _sweep_panel(snapshot, view, theme, "sweep_accuracy", "Accuracy", names, percent=True)


def has_sweep(snapshot: Snapshot, view: PanelView) -> bool:
    """Whether the scenario sweeps a setting, and all of the sweep's lanes are there."""
    names = {lane.name for lane in snapshot.lanes}
    return view.sweep is not None and all(name in names for group in view.sweep.groups.values() for name in group)


def has_sweep_accuracy(snapshot: Snapshot, view: PanelView) -> bool:
    """Whether there is a sweep and a lane whose answers are classified."""
    return has_sweep(snapshot, view) and any(lane.network.settings.accuracy != "none" for lane in snapshot.lanes)


def paths_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
    """Each weight into the chosen unit, against the swept setting: the coefficient paths of a regression."""
    found, sweep = _found(view, coefficient_paths), view.sweep
    if found is None or sweep is None:
        return _waiting("Coefficient paths")
    here = _seen_lane(snapshot, view).name
    names = next((names for names in sweep.groups.values() if here in names), next(iter(sweep.groups.values())))
    places, order, numbers = _swept_places(sweep.values)
    weights = np.array([found.weights.get(name, np.full(0, np.nan)) for name in names])[order]
    count = weights.shape[1]
    only = snapshot.lanes[view.lane].layers[found.layer - 1].units == 1
    keys = [Key(theme.lane_marker(i), _input_name(found, i), theme.layer(i, count)) for i in range(count)]
    curves = tuple(
        Curve(key.label, key.colour, key.marker, places, w, w, w, ~np.isfinite(w), band=False)
        for key, w in zip(keys, weights.T, strict=True)
    )
    return PlotSpec(
        title=f"Weights against {_setting_words(sweep.key)}",
        subtitle="" if only else f"unit {found.unit + 1}, {layer_words(found.layer, found.layers)}",
        curves=curves,
        points=tuple(
            Points(places, w, key.marker, f"bold {key.colour}") for key, w in zip(keys, weights.T, strict=True)
        ),
        legend=tuple(keys[i] for i in np.argsort(-np.abs(weights[0]), kind="stable")[:NAMED_PATHS]),
        floor=0.0,
        x_axis=_swept_axis(places, numbers),
        memory=view.axis_memory("coefficient_paths"),
    )


def has_paths(snapshot: Snapshot, view: PanelView) -> bool:
    """Whether there is a sweep and the chosen lane has at most ``MOST_PATHS`` inputs."""
    return has_sweep(snapshot, view) and snapshot.lanes[view.lane].network.settings.inputs <= MOST_PATHS


def _input_name(found: Paths, index: int) -> str:
    return found.names[index] if index < len(found.names) else str(index + 1)


SWEEP_PANELS: tuple[Panel, ...] = (
    Panel(
        "sweep_loss",
        (),
        (),
        sweep_loss_panel,
        has_sweep,
        meaning="How wrong each of the settings is now: the lowest point is the best of them",
        short="lowest = best",
        formula="loss over all rows of the set, for each value of the swept setting",
    ),
    Panel(
        "sweep_accuracy",
        (),
        (),
        sweep_accuracy_panel,
        has_sweep_accuracy,
        meaning="How often each of the settings is right now: the highest point is the best of them",
        short="highest = best",
        formula="share of the set predicted right, for each value of the swept setting",
    ),
)
LOOK_PANELS: tuple[Panel, ...] = (
    Panel(
        "decision_regions",
        (),
        (),
        regions_panel,
        has_regions,
        decision_regions,
        "map",
        True,
        meaning="What the network answers at every point of the plane; marks: the data, crosses: wrong",
        short="answers; crosses: wrong",
        formula="the class with the largest output at each point; the fainter, the less sure",
    ),
    Panel(
        "prediction_curve",
        (),
        (),
        curve_panel,
        has_curve,
        prediction_curve,
        "map",
        True,
        meaning="What the network answers along its input; the dots are the data",
        short="answers and data",
        formula="output a(x) for each x; with dropout on, mean and spread of many passes",
    ),
    Panel(
        "backward_pass",
        (),
        (),
        pass_panel,
        has_pass,
        backward_pass,
        "network",
        True,
        meaning="Every number of one step: forward to the loss, then its slopes on the way back",
        short="one step in numbers",
        formula="z = W·a + b, a = φ(z); δ = ∂L/∂z, ∂L/∂W = δ·aᵀ, ΔW by the optimizer",
    ),
    Panel(
        "unit_weights",
        (),
        (),
        weights_panel,
        always,
        unit_weights,
        on_request=True,
        meaning="What one unit listens to: the size and the sign of every weight into it",
        short="weights into one unit",
        formula="one row of W, and its bias b",
    ),
    Panel(
        "prediction_spread",
        (),
        (),
        spread_panel,
        has_spread,
        prediction_spread,
        "network",
        True,
        meaning="How much answers differ while dropout stays on: the more, the less sure",
        short="how unsure it is",
        formula="mean standard deviation of the outputs over 100 passes with dropout on",
    ),
    Panel(
        "coefficient_paths",
        (),
        (),
        paths_panel,
        has_paths,
        coefficient_paths,
        on_request=True,
        meaning="Each weight into the unit as the swept setting grows: which are given up first",
        short="weights by setting",
        formula="one row of W for each value of the swept setting",
    ),
)


def _found(view: PanelView, look: "Callable[[Experiment, LookRequest], Found]") -> Found | None:
    return None if view.looks is None else view.looks.of(look)


def _seen_lane(snapshot: Snapshot, view: PanelView) -> LaneSnapshot:
    """The lane that was looked at: for a moment after another was chosen still the one before."""
    return snapshot.lanes[min(view.looks.request.lane if view.looks else view.lane, len(snapshot.lanes) - 1)]


def _waiting(title: str) -> PlotSpec:
    return PlotSpec(title=title, empty="One moment.")


def swept_values(values: Sequence[object]) -> tuple[list[float], bool]:
    """Where the swept values stand on the axis: the numbers themselves (or the only entry of a list), whether such;
    else their places, counted from 1."""
    found = []
    for value in values:
        one = value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value
        if isinstance(one, bool) or not isinstance(one, (int, float)) or not math.isfinite(one):
            return [float(i) for i in range(1, len(values) + 1)], False
        found.append(float(one))
    return found, True


def _swept_places(values: Sequence[object]) -> tuple[Floats, NDArray[np.intp], bool]:
    """Where the swept values stand on the axis, in rising order; the order; and whether they are numbers."""
    xs, numbers = swept_values(values)
    order = np.argsort(xs, kind="stable")
    return np.asarray(xs, dtype=np.float64)[order], order, numbers


def _setting_words(key: str) -> str:
    return key.rpartition(".")[2].replace("_", " ")


def _swept_axis(xs: Floats, numbers: bool) -> Axis:
    low, high = float(xs.min()), float(xs.max())
    if numbers and low > 0.0 and high / low >= WIDE:
        axis = log_axis(low, high)
        return Axis(math.log10(low) - 0.05, math.log10(high) + 0.05, log=True, step=axis.step)
    whole = all(x == int(x) for x in xs)
    return linear_axis(low, high, whole=whole)


def _sweep_panel(
    snapshot: Snapshot,
    view: PanelView,
    theme: Theme,
    name: str,
    title: str,
    measures: tuple[tuple[str, str], ...],
    *,
    log: bool = False,
    percent: bool = False,
) -> PlotSpec:
    sweep = view.sweep
    assert sweep is not None
    lanes: Mapping[str, LaneSnapshot] = {lane.name: lane for lane in snapshot.lanes}
    places, order, numbers = _swept_places(sweep.values)
    known = [m for m in measures if any(np.isfinite(lane.whole.get(m[0], np.nan)) for lane in snapshot.lanes)]
    shown = known[:1] if len(sweep.groups) > 1 else known
    curves: list[Curve] = []
    keys: list[Key] = []
    points: list[Points] = []
    for group, names in sweep.groups.items():
        for measure, word in shown:
            index = len(keys)
            key = Key(theme.kind_marker(index), group or word, theme.kind(index))
            values = np.array([lanes[one].whole.get(measure, np.nan) for one in names], dtype=np.float64)[order]
            stopped = np.array([lanes[one].network.first_non_finite is not None for one in names])[order]
            bad = ~np.isfinite(values) & stopped
            curves.append(Curve(key.label, key.colour, key.marker, places, values, values, values, bad, band=False))
            keys.append(key)
            points.append(Points(places, values, key.marker, f"bold {key.colour}"))
    setting = _setting_words(sweep.key)
    words = f"against {setting}" if numbers else f"against {setting} (1 to {len(places)}, in the file's order)"
    which = f"{shown[0][1]} {title.lower()}".capitalize() if len(sweep.groups) > 1 and shown else title
    return PlotSpec(
        title=f"{which} {words}",
        subtitle="log" if log else "",
        curves=tuple(curves),
        points=tuple(points),
        legend=tuple(keys),
        scale="log" if log else "linear",
        floor=None if log else 0.0,
        percent=percent,
        fixed=(0.0, 1.0) if percent else None,
        x_axis=_swept_axis(places, numbers),
        empty="" if shown else "Measured at the first evaluation.",
        memory=view.axis_memory(name),
    )
