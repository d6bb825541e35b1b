"""What the footer has now, and what some actions are called there, in place of their own words."""

from collections import deque
from typing import Protocol

from nntui.plotting.grid import fit
from nntui.plotting.layers_view import ONE_LAYER

from .keys import OF_THE_START
from .reasons import OF_UNITS, Known

LONGEST_LANE = 16  # columns of a lane's name


class Shown(Known, Protocol):
    """What the footer is read from: the lab's model."""

    page: int
    output: deque[str] | None

    @property
    def enter_shows_layer(self) -> bool:
        """Whether enter shows a layer large."""


def in_footer(model: Shown, there: set[str]) -> set[str]:
    """Of what does something now (``there``) what the footer has: while a new start is chosen, what is of that."""
    return there & OF_THE_START if model.map_view.crosshair is not None else there


def labels(model: Shown) -> dict[str, str]:
    """What some actions are called now, by their ids."""
    found = {"fix": _fix(model), "next_panels": f"plots {model.page % model.pages + 1}/{model.pages}"}
    if not model.view.running:
        found["pause"] = "train on" if model.view.finished and not model.view.condition else "go on"
    if model.output is not None:
        found["lesson"] = "output"
    if model.view_name == "lesson":
        found |= {"next_panels": "scroll"}
    if model.zoom:
        found |= {"next_panels": "next plot", "type_value": "back", "turn_up": "cursor", "zoom_panel": "all plots"}
        found |= {"knob_down": "layer"} if model.zoom == ONE_LAYER else {}
    if model.race is not None:
        found["epoch"] = "10 steps"
    if model.map_view.crosshair is not None:
        found |= {"type_value": "race from here", "turn_up": "move", "knob_down": "move", "cancel": "cancel"}
    elif model.enter_shows_layer:
        found |= {"next_unit": "statistic"} if model.view_name == "layers" else {}
        found |= {} if model.zoom else {"type_value": "one layer"}
    elif model.view_name == "network":
        found |= {"turn_up": "unit", "knob_down": "layer"} if model.zoom in OF_UNITS else {}
        found |= {"type_value": "one unit"} if model.zoom in ("", "units", "diagram") else {}
    elif model.view_name == "landscape":
        found |= {"type_value": "anew", "next_unit": "other plane"}
    elif model.view_name == "fair":
        found |= {"type_value": "apply", "cancel": "back"}
    return found


def _fix(model: Shown) -> str:
    """The word for a fix, with the lane that it is for where that is not the chosen one."""
    found = model.next_fix
    other = found is not None and found[0].name not in [lane.name for lane in model.chosen_lanes]
    return f"fix {fit(found[0].name, LONGEST_LANE, model.theme.glyphs.end)}" if found and other else "fix"
