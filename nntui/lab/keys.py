"""Every key of the lab in one table: the bindings, the footer, the help screen and the palette all read it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rich.cells import cell_len

from nntui.plotting.status import KeyHint
from nntui_engine.errors import InputError, allowed_names


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do.

    ``keys`` are Textual key names separated by commas; ``call`` is the app's action; ``label`` stands in the footer
    ("" keeps it out), ``rank`` orders the footer (low first) when not everything fits.
    """

    id: str
    keys: str
    call: str
    label: str
    description: str
    group: str
    rank: int = 50
    shown_keys: str = ""
    in_palette: bool = True


ACTIONS: tuple[Action, ...] = (
    Action("pause", "space", "do('toggle')", "pause", "Pause or go on", "Run", 1, "space"),
    Action("step", "s", "do('steps', 1)", "step", "Train one step, then pause", "Run", 4),
    Action("epoch", "S", "do('epoch')", "epoch", "Train one epoch (in a race ten steps), then pause", "Run", 30),
    Action("slower", "left_square_bracket", "do('speed', -1)", "", "Slower (down to 1 step a second)", "Run", 60, "["),
    Action("faster", "right_square_bracket", "do('speed', 1)", "speed", "Faster (up to unlimited)", "Run", 5, "]"),
    Action("restart", "r", "restart", "restart", "Start again from the same seed", "Run", 20),
    Action("new_seed", "R", "new_seed", "new seed", "Start again from a new seed", "Run", 31),
    Action("back", "comma", "do('rewind', -1)", "", "Back in what was run", "Run", 60, ","),
    Action("forward", "full_stop", "do('rewind', 1)", "rewind", "Forward again", "Run", 13, "."),
    Action("fair", "F", "fair", "fair rates", "Find every optimizer's best learning rate", "Run", 7),
    Action("knob_up", "up", "choose_knob(-1)", "", "Choose the knob above", "Knobs", 60, "", False),
    Action("knob_down", "down", "choose_knob(1)", "knob", "Choose the knob below", "Knobs", 3, "", False),
    Action("turn_down", "left", "turn(-1, False)", "", "Turn the knob down", "Knobs", 60, "", False),
    Action("turn_up", "right", "turn(1, False)", "turn", "Turn the knob up", "Knobs", 2, "", False),
    Action("fine_down", "shift+left", "turn(-1, True)", "", "Turn the knob down a little", "Knobs", 60, "", False),
    Action("fine_up", "shift+right", "turn(1, True)", "", "Turn the knob up a little", "Knobs", 60, "", False),
    Action("type_value", "enter", "type_value", "type", "Type the knob's value; a layer or unit large", "Knobs", 11),
    Action("default", "backspace", "default", "default", "Put the knob back to its first value", "Knobs", 36),
    Action("undo", "u", "do('undo')", "undo", "Take the last change back", "Knobs", 10),
    Action("redo", "U", "do('redo')", "redo", "Make the change again", "Knobs", 33),
    Action("next_lane", "tab", "next_lane", "lane", "Next lane, then all lanes together", "View", 6),
    Action("fix", "f", "fix", "fix", "Try the next fix of what was found, in a lane beside it", "Lanes", 2),
    Action(
        "explain",
        "d",
        "explain",
        "why",
        "Why: a finding in full, with its numbers and fixes",
        "Lanes",
        10,
    ),
    Action("add_lane", "a", "add_lane(True)", "new lane", "A copy of this lane, from its start", "Lanes", 32),
    Action("branch", "b", "add_lane(False)", "branch", "A copy of this lane as it stands: turn its knobs", "Lanes", 14),
    Action("branching", "B", "branching", "", "Turning a knob: change the lane, or make a new one", "Lanes", 60),
    Action("drop_lane", "D", "drop_lane", "", "Take this lane away (asked twice)", "Lanes", 60),
    Action("rename_lane", "f2", "rename_lane", "", "Give this lane another name", "Lanes", 60),
    Action("mute", "M", "mute_lane", "", "Draw this lane's curves no longer, or again; it trains on", "Lanes", 60),
    Action("solo", "A", "solo", "", "Draw the chosen lane alone, or all again", "Lanes", 60),
    Action("apart", "C", "apart", "side by side", "One plot alone: each lane by itself, side by side", "Lanes", 12),
    Action("log_axis", "l", "log_axis", "log", "Logarithmic axis for the loss", "View", 12),
    Action("overview", "1", "view('overview')", "overview", "Overview: the plots", "View", 40),
    Action("layers", "2", "view('layers')", "layers", "Layers: any statistic of every layer over time", "View", 38),
    Action("network", "3", "view('network')", "network", "Network: every unit, its answer, its weights", "View", 38),
    Action("map", "4", "view('map')", "map", "Map: a surface and its paths, or a network's answers", "View", 39),
    Action("landscape", "5", "view('landscape')", "landscape", "Landscape: the loss around the weights", "View", 38),
    Action("lesson", "6", "view('lesson')", "lesson", "Lesson: what to see and try, and the log", "View", 8),
    Action("next_panels", "n,pagedown", "panels(1)", "more plots", "Show the plots that did not fit", "View", 2, "n"),
    Action("last_panels", "N,pageup", "panels(-1)", "", "Back to the plots before", "View", 60, "N"),
    Action("zoom_panel", "z", "zoom_panel", "enlarge", "One plot alone, with a cursor: arrows move it", "View", 7),
    Action("jump", "j", "jump", "", "Jump: a letter on everything that can be chosen", "View", 60),
    Action("arrange", "P", "arrange", "panels", "Which plots are shown, and in which order", "View", 35),
    Action("smooth", "k", "smooth", "", "Smooth the plots: means over more steps", "View", 60),
    Action("window", "i", "window", "", "Show the last steps alone, or all", "View", 60),
    Action(
        "next_unit",
        "v",
        "choose_unit(1)",
        "unit",
        "The next unit (in Layers: statistic; in Landscape: plane)",
        "View",
        7,
    ),
    Action(
        "last_unit",
        "V",
        "choose_unit(-1)",
        "",
        "The unit before (in Layers: statistic; in Landscape: plane)",
        "View",
        60,
    ),
    Action("measure", "c", "next_measure", "shades", "Shade units by another number; a surface by basins", "View", 9),
    Action("next_layer", "w", "choose_layer(1)", "layer", "The next layer (units, frozen knob)", "View", 11),
    Action("last_layer", "W", "choose_layer(-1)", "", "The layer before (units, frozen knob)", "View", 60),
    Action(
        "redraw", "ctrl+l", "redraw_all", "", "Draw every cell again: another program wrote on the screen", "View", 60
    ),
    Action("zoom_out", "minus", "zoom(-1)", "", "Zoom out", "Map", 60, "-"),
    Action("zoom_in", "plus,equals_sign", "zoom(1)", "zoom", "Zoom in", "Map", 14, "+"),
    Action("pan_left", "H,ctrl+left", "pan(-1, 0)", "", "Move the map's window left", "Map", 60),
    Action("pan_down", "J,ctrl+down", "pan(0, -1)", "", "Move the map's window down", "Map", 60),
    Action("pan_up", "K,ctrl+up", "pan(0, 1)", "", "Move the map's window up", "Map", 60),
    Action("pan_right", "L,ctrl+right", "pan(1, 0)", "", "Move the map's window right", "Map", 60),
    Action("whole_map", "0", "whole_map", "whole", "Show the whole map again", "Map", 41),
    Action("move_start", "m", "move_start", "start", "Choose a new start: arrows move it, enter goes", "Map", 9),
    Action("cancel", "escape", "cancel", "", "Leave what was being chosen", "Map", 60, "Esc", False),
    Action("try", "t", "try", "try", "Do the lesson's next suggestion", "View", 9),
    Action("open", "o", "open_launcher", "open", "Open another scenario: the launcher", "File", 15),
    Action("screenshot", "x", "save_picture", "picture", "Save a picture of the screen (SVG)", "File", 34),
    Action("text", "ctrl+x", "save_picture('.txt')", "", "Save a picture of the screen as plain text", "File", 60),
    Action("png", "X", "save_png", "", "Save a picture of the screen (PNG, by Chromium)", "File", 60),
    Action("keep", "E", "keep", "keep", "Save the run on screen as a scenario file (TOML)", "File", 37),
    Action("export", "e", "export", "numbers", "Save all that was measured (CSV)", "File", 37),
    Action("export_lines", "ctrl+e", "export('jsonl')", "", "Save all that was measured (JSON lines)", "File", 60),
    Action("record", "ctrl+r", "record", "", "Record this run from now on, with what is known so far", "File", 60),
    Action("copy", "y", "copy_command", "", "Copy the command of this run, at a cursor its values", "File", 60),
    Action("keys", "ctrl+k", "keys", "", "See all keys, and change them", "Help", 60),
    Action("help", "question_mark", "help", "help", "What is on screen, and all keys", "Help", 0, "?"),
    Action("palette", "ctrl+p", "command_palette", "find", "Find any command by name", "Help", 0, "^p", False),
    Action("quit", "q", "leave", "quit", "Leave", "Help", 0),
    Action("interrupt", "ctrl+c", "leave(130)", "", "Leave at once", "Help", 60, "", False),
)

_SHOWN = {
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "question_mark": "?",
    "comma": ",",
    "full_stop": ".",
    "plus": "+",
    "minus": "-",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "shift+left": "shift ←",
    "shift+right": "shift →",
}
_SHOWN_ASCII = {
    "up": "up",
    "down": "down",
    "left": "left",
    "right": "right",
    "shift+left": "shift left",
    "shift+right": "shift right",
}
PAIRS = {
    "faster": "slower",
    "knob_down": "knob_up",
    "turn_up": "turn_down",
    "forward": "back",
    "zoom_in": "zoom_out",
}
# What a source must be able to do for an action (``run/source.py`` of the engine), and what is said where it cannot
NEEDS = {
    "advance": frozenset(
        {"pause", "step", "epoch", "slower", "faster", "restart", "new_seed", "keep", "copy", "fair", "record"}
    ),
    "tweak": frozenset(
        {
            *("turn_down", "turn_up", "fine_down", "fine_up", "type_value", "default"),
            *("undo", "redo", "try", "add_lane", "branch", "branching", "drop_lane", "rename_lane", "fix"),
            "move_start",
        }
    ),
    "rewind": frozenset({"back", "forward"}),
}
ORDERED = frozenset(  # what a run does that another program makes and that takes orders
    {
        *("pause", "step", "turn_down", "turn_up", "fine_down", "fine_up", "type_value", "default"),
        *("undo", "redo"),
    }
)
NOT_ORDERED = "A script makes this run: here it is paused and turned, and not begun anew."
CANNOT = {
    "advance": "What is shown here does not train on: it can only be looked at.",
    "tweak": "What is shown here keeps its settings: they cannot be turned.",
    "rewind": "What is shown here cannot go back.",
}
# What the footer has while a new start is chosen on a map
OF_THE_START = frozenset({"turn_up", "knob_down", "type_value", "cancel", "pause", "step", "help", "palette", "quit"})
OF_KNOB = frozenset({"type_value", "default"})  # what the palette has of the chosen knob
RACE_ONLY = frozenset(
    {
        *("fair", "zoom_out", "zoom_in", "whole_map", "move_start"),
        *("pan_left", "pan_down", "pan_up", "pan_right"),
    }
)


def actions(keymap: Mapping[str, str] | None = None) -> tuple[Action, ...]:
    """All actions with the keys of ``keymap`` (action id → Textual key names) in place of their own.

    Raises InputError for an unknown id or for one key asked to do two things.
    """
    keymap = keymap or {}
    known = [action.id for action in ACTIONS]
    for name in keymap:
        if name not in known:
            raise InputError(f'keymap: unknown action "{name}"; {allowed_names(name, known, "docs/settings.md")}')
    chosen = tuple(
        replace(action, keys=keymap[action.id], shown_keys="") if action.id in keymap else action for action in ACTIONS
    )
    owners: dict[str, str] = {}
    for action in chosen:
        for key in action.keys.split(","):
            if key in owners:
                raise InputError(f'keymap: the key "{key}" is asked to do both "{owners[key]}" and "{action.id}"')
            owners[key] = action.id
    return chosen


def key_words(action: Action, ascii_only: bool = False) -> str:
    """An action's first key as it is shown on screen."""
    first = action.keys.split(",")[0]
    if action.shown_keys:
        return action.shown_keys
    if ascii_only and first in _SHOWN_ASCII:
        return _SHOWN_ASCII[first]
    return _SHOWN.get(first, first.replace("ctrl+", "^"))


def all_key_words(action: Action, ascii_only: bool = False) -> str:
    """All of an action's keys as they are shown on screen."""
    more = (replace(action, keys=key, shown_keys="") for key in action.keys.split(",")[1:])
    return ", ".join(key_words(one, ascii_only) for one in (action, *more))


def key_taken(chosen: tuple[Action, ...], action_id: str, keys: list[str] | None) -> str:
    """Which key another action has that ``action_id`` is to get (None: its own), as a sentence; "" if none."""
    wanted = next(one for one in ACTIONS if one.id == action_id).keys.split(",") if keys is None else keys
    for other in chosen:
        both = [key for key in wanted if other.id != action_id and key in other.keys.split(",")]
        if both:
            key = key_words(replace(other, keys=both[0], shown_keys=""))
            return f'{key} is taken by "{other.description}": give that another key first.'
    return ""


def footer_items(
    chosen: tuple[Action, ...], available: set[str], ascii_only: bool, labels: Mapping[str, str] | None = None
) -> list[KeyHint]:
    """Every footer entry that works now, lowest rank first; ``labels`` replaces some labels."""
    by_id = {action.id: action for action in chosen}
    items = []
    for action in chosen:
        if not action.label or action.id not in available:
            continue
        keys = key_words(action, ascii_only)
        rank = 1 if action.id == "forward" and "pause" not in available else action.rank  # a record is gone through
        hint = KeyHint(rank, keys, (labels or {}).get(action.id, action.label), action.call)
        partner = by_id.get(PAIRS.get(action.id, ""))
        if partner is not None:
            other = key_words(partner, ascii_only)
            between = "/" if len(other) > 1 else "" if not other.isascii() else " "
            hint = hint._replace(keys=f"{other}{between}{keys}", other=partner.call, first=cell_len(other))
        items.append(hint)
    return sorted(items, key=lambda item: item.rank)
