"""Which actions do something now, and for each that does not, why: what a key says instead of nothing."""

from collections import deque
from typing import Protocol

from nntui.plotting.header import Tab
from nntui.plotting.layers_view import ONE_LAYER
from nntui.plotting.panel import PanelView
from nntui.plotting.panels import view_panels
from nntui.plotting.theme import Theme
from nntui_engine.analysis.fixing.candidates import Candidate
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .keys import CANNOT, NEEDS, NOT_ORDERED, OF_KNOB, ORDERED, RACE_ONLY, Action, key_words
from .knob_rack import KnobRack
from .map_view import MapView
from .session_view import SessionView

ALWAYS = frozenset({"help", "keys", "quit", "interrupt", "open", "palette", "redraw"})
OF_UNITS = frozenset({"units", "unit", "diagram"})  # panels in which arrows choose a unit, where one stands alone
_OF_THE_NETWORK = frozenset({"network", "map", "landscape"})
_WITHOUT_LOSS = frozenset({"lesson", "layers", "map", "network", "landscape"})
VIEWS = frozenset({"overview", "layers", "network", "map", "landscape", "lesson"})
_OF_SEVERAL_LANES = frozenset({"next_lane", "mute", "solo", "apart"})
_ON_THE_MAP = frozenset({"zoom_out", "zoom_in", "pan_left", "pan_down", "pan_up", "pan_right", "whole_map"})


class Known(Protocol):
    """What reasons are read from: the lab's model."""

    view: SessionView
    view_name: str
    actions: tuple[Action, ...]
    theme: Theme
    rack: KnobRack
    panel_view: PanelView
    map_view: MapView
    pages: int
    shown: tuple[str, ...]
    lists_layers: bool
    zoom: str
    output: deque[str] | None

    @property
    def race(self) -> Snapshot | None:
        """The newest snapshot where it is one of a race."""

    @property
    def knob_layer(self) -> int:
        """The layer that the chosen knob is for, 0 where it is for all."""

    @property
    def next_try(self) -> int | None:
        """The first suggestion that was not done yet."""

    @property
    def next_fix(self) -> tuple[LaneSnapshot, Candidate] | None:
        """A sick lane, and the first fix of what was found in it that was not tried yet."""

    @property
    def chosen_lanes(self) -> list[LaneSnapshot]:
        """The lanes the knobs turn for."""


def reason(model: Known, action_id: str) -> str:
    """Why an action can do nothing now, as a sentence; "" if it can."""
    view = model.view
    if action_id in ALWAYS:
        return ""
    if view.snapshot is None:
        if view.stage == "failed":
            return "" if action_id == "restart" else "Nothing runs: r tries again, o opens another scenario."
        return "Not yet: what is to be trained is still being made ready."
    if action_id in VIEWS:
        return why_not(model, action_id) or ("This view is shown already." if action_id == model.view_name else "")
    return refused(model, action_id) or _of_run(model, action_id) or _of_view(model, action_id)


def available(model: Known) -> set[str]:
    """The ids of all actions that do something now."""
    return {action.id for action in model.actions if not reason(model, action.id)}


def refused(model: Known, action_id: str) -> str:
    """Why what is shown cannot do this at all, "" if it can: a record is not trained, another's run not turned."""
    if model.view.snapshot is None:
        return ""
    if model.view.condition and action_id in ORDERED:
        return model.view.no_orders
    missing = (need for need, ids in NEEDS.items() if action_id in ids and need not in model.view.capabilities)
    words = CANNOT.get(next(missing, ""), "")
    return NOT_ORDERED if words and model.view.condition else words


def why_not(model: Known, view_name: str) -> str:
    """Why a view cannot be shown, "" if it can."""
    snapshot = model.view.snapshot
    if view_name in _OF_THE_NETWORK and model.panel_view.blind and model.race is None:
        return "A record has the numbers of a run and not its network, which this view asks."
    if view_name in ("layers", "network", "landscape") and model.race is not None:
        return "This scenario has no network: an optimizer goes down a surface."
    if view_name != "map" or snapshot is None or snapshot.on_surface:
        return ""
    if view_panels("map", snapshot, model.panel_view):
        return ""
    if snapshot.lanes[model.panel_view.lane].network.task == "multilabel":
        return "The map is drawn for one answer; this network gives several at once."
    return "There is no map for what this network reads and answers."


def tabs(model: Known) -> tuple[Tab, ...]:
    """The views, for the header."""
    here, ascii_only = model.view_name or "overview", model.theme.ascii_only
    labels = {} if model.output is None else {"lesson": "output"}
    away = {view for view in VIEWS if why_not(model, view)}
    return tuple(
        Tab(key_words(one, ascii_only), labels.get(one.id, one.label), one.call, one.id == here, one.id in away)
        for one in model.actions
        if one.id in VIEWS
    )


def offered(model: Known) -> list[tuple[Action, str]]:
    """What the palette lists, and why it cannot be done ("" if it can)."""
    there = available(model)
    listed = [action for action in model.actions if action.in_palette]
    pairs = [(action, refused(model, action.id) or _no_knob(model, action.id)) for action in listed]
    return [(action, words) for action, words in pairs if words or action.id in there]


def _of_run(model: Known, action_id: str) -> str:
    """Reasons that lie in the run and in what was done to it."""
    view = model.view
    if action_id in RACE_ONLY - {"cancel"} and model.race is None:
        return "That is for races on a surface; here a network is trained."
    if action_id == "undo" and not view.can_undo:
        return "There is no change to take back."
    if action_id == "redo" and not view.can_redo:
        return "No change was taken back."
    if action_id in _OF_SEVERAL_LANES and view.snapshot is not None and len(view.snapshot.lanes) < 2:
        return f"There is one lane only: {_key(model, 'add_lane')} makes another beside it."
    if action_id in ("mute", "solo") and len(model.chosen_lanes) > 1:
        return f"All lanes are chosen: {_key(model, 'next_lane')} chooses one."
    if action_id == "fix" and model.next_fix is None:
        if model.race is not None:
            return "A race on a surface is not diagnosed."
        if any(finding.fixes for finding in view.findings):
            return "Every fix of what was found was tried."
        return "Nothing was found that a fix is known for."
    if action_id == "record" and view.recorded:
        return f"This run is recorded already, into {view.recorded}."
    if action_id == "explain" and not view.findings:
        return "Nothing was found that could be explained."
    if action_id == "try" and model.next_try is None:
        done = bool(view.scenario.tries)
        return "All suggestions of the lesson were done." if done else "This scenario's lesson suggests nothing to try."
    return ""


def _of_view(model: Known, action_id: str) -> str:
    """Reasons that lie in what is on screen."""
    name = model.view_name
    if action_id in _ON_THE_MAP and name != "map":
        return f"The map is not shown: {_key(model, 'map')} shows it."
    if action_id == "whole_map" and model.map_view.window is None:
        return "The whole map is shown already."
    if action_id == "cancel" and model.map_view.crosshair is None and name != "fair" and not _looks_closer(model):
        return "There is nothing to leave."
    if action_id in ("zoom_panel", "smooth", "window", "arrange") and name in ("lesson", "fair"):
        return f"No plots are shown here: {_key(model, 'overview')} shows them."
    if action_id == "apart" and model.zoom in ("", ONE_LAYER):
        return f"That is for one plot alone on the screen: {_key(model, 'zoom_panel')} shows one so."
    if model.zoom and model.zoom not in {*OF_UNITS, ONE_LAYER}:
        return "One plot is shown alone: its arrows move the cursor." if action_id in ("knob_up", "knob_down") else ""
    weights = {"unit_weights", *OF_UNITS} & {*model.shown} or name in ("layers", "landscape", "network")
    if action_id == "measure" and model.race is not None:
        return "" if name == "map" else f"The map is not shown: {_key(model, 'map')} shows it."
    if action_id == "measure" and "units" not in model.shown:
        return why_not(model, "network") or f"Units are not shown: {_key(model, 'network')} shows them."
    if action_id in ("next_unit", "last_unit") and not weights:
        return f"No unit's weights are shown: {_key(model, 'network')} shows them."
    if model.zoom == ONE_LAYER and action_id in ("next_layer", "last_layer"):
        return ""
    if action_id in ("next_layer", "last_layer") and not weights and not (model.knob_layer or model.lists_layers):
        return f"Nothing here is of one layer: {_key(model, 'network')} shows a layer's weights."
    if action_id in ("next_panels", "last_panels") and (name == "fair" or (model.pages == 1 and name != "lesson")):
        return "All plots of this view are on screen."
    if action_id == "log_axis" and (name in _WITHOUT_LOSS or model.race is not None):
        return "No loss is plotted here."
    return ""


def _looks_closer(model: Known) -> bool:
    return bool(model.zoom) or model.panel_view.cursor is not None


def _no_knob(model: Known, action_id: str) -> str:
    """Why the chosen knob cannot be turned, "" if it can or the action is no knob's."""
    lanes = model.chosen_lanes
    if action_id not in OF_KNOB or not lanes:
        return ""
    there = any(model.rack.value(model.rack.knob, lane) is not None for lane in lanes)
    return "" if there else model.rack.missing(lanes)


def _key(model: Known, action_id: str) -> str:
    """The key of an action as this person has it."""
    return next(key_words(action, model.theme.ascii_only) for action in model.actions if action.id == action_id)
