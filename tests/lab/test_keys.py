"""The table of keys, and what is made of it."""

import inspect

import pytest
from textual.actions import parse

from nntui.lab.app import LabApp
from nntui.lab.config import Config
from nntui.lab.keys import ACTIONS, PAIRS, RACE_ONLY, actions, footer_items, key_words
from nntui.lab.screens.lab import LabScreen
from nntui.lab.session_view import SessionView
from nntui.lab.still import StillSource
from nntui.lab.training import Training
from nntui.plotting.status import draw_keys
from nntui_engine.errors import InputError


def test_ids_and_keys_are_used_once() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    keys = [key for action in ACTIONS for key in action.keys.split(",")]
    assert len(set(keys)) == len(keys)


def test_every_action_exists_in_the_app() -> None:
    for action in ACTIONS:
        _, name, parameters = parse(action.call)
        on_run = name == "do"
        function = getattr(Training, parameters[0]) if on_run else getattr(LabApp, f"action_{name}")
        inspect.signature(function).bind(None, *parameters[on_run:])  # TypeError where they do not fit


def test_every_action_is_bound_with_its_id() -> None:
    bound = {binding.id for binding in LabScreen.BINDINGS}  # type: ignore[union-attr]
    assert bound == {action.id for action in ACTIONS}


def test_every_view_has_its_number() -> None:
    numbers = {action.keys: action.call for action in ACTIONS if action.keys in "123456"}
    views = ("overview", "layers", "network", "map", "landscape", "lesson")
    assert numbers == {str(number): f"view('{view}')" for number, view in enumerate(views, 1)}


def test_remapping() -> None:
    changed = {action.id: action for action in actions({"pause": "p"})}
    assert changed["pause"].keys == "p"
    assert key_words(changed["pause"]) == "p"


@pytest.mark.parametrize(
    ("keymap", "words"),
    [
        ({"paus": "p"}, 'unknown action "paus"; did you mean "pause"?'),
        ({"pause": "s"}, 'the key "s" is asked to do both "pause" and "step"'),
    ],
)
def test_a_bad_keymap_is_refused(keymap: dict[str, str], words: str) -> None:
    with pytest.raises(InputError) as caught:
        actions(keymap)
    assert words in str(caught.value)


@pytest.mark.parametrize("width", [20, 40, 80, 120, 240])
def test_the_footer_never_cuts_a_word_and_always_has_help_and_quit(width: int) -> None:
    items = footer_items(ACTIONS, {action.id for action in ACTIONS}, False)
    line = draw_keys(items, width).lines()[0]
    assert "? help  ^p find  q quit" in line or (width == 20 and "? help  q quit" in line)
    labels = {item.label for item in items}
    keys = {word for item in items for word in item.keys.split()}
    left = line
    for label in sorted(labels, key=len, reverse=True):
        left = left.replace(f" {label}  ", "  ")
    assert set(left.split()) <= keys


async def test_a_remapped_key_works_in_the_app() -> None:
    app = LabApp(StillSource(SessionView()), config=Config(keys={"help": "h"}), still=True)
    async with app.run_test() as pilot:
        await pilot.press("question_mark")
        assert len(app.screen_stack) == 2
        await pilot.press("h")
        assert len(app.screen_stack) == 3


@pytest.mark.parametrize(
    ("keymap", "key", "first", "second"),
    [
        ({"pause": "p,s"}, "s", "pause", "step"),
        ({"pause": "s,p"}, "s", "pause", "step"),
        ({"step": "a,b,space"}, "space", "pause", "step"),
        ({"pause": "pagedown"}, "pagedown", "pause", "next_panels"),
        ({"pause": "p,pagedown"}, "pagedown", "pause", "next_panels"),
        ({"pause": "p,o", "step": "i,o"}, "o", "pause", "step"),
    ],
)
def test_one_key_of_several_is_enough_for_a_conflict(keymap: dict[str, str], key: str, first: str, second: str) -> None:
    with pytest.raises(InputError) as caught:
        actions(keymap)
    assert str(caught.value) == f'keymap: the key "{key}" is asked to do both "{first}" and "{second}"'


def test_several_keys_for_one_action() -> None:
    changed = {action.id: action for action in actions({"pause": "p,space", "next_panels": "pagedown"})}
    assert changed["pause"].keys == "p,space"
    assert changed["next_panels"].keys == "pagedown"


def test_two_keys_of_a_pair_do_opposite_things() -> None:
    calls = {action.id: action.call for action in ACTIONS}
    opposite = {
        "do('speed', 1)": "do('speed', -1)",
        "do('rewind', 1)": "do('rewind', -1)",
        "choose_knob(1)": "choose_knob(-1)",
        "turn(1, False)": "turn(-1, False)",
        "turn(1, True)": "turn(-1, True)",
        "panels(1)": "panels(-1)",
        "choose_unit(1)": "choose_unit(-1)",
        "choose_layer(1)": "choose_layer(-1)",
        "zoom(1)": "zoom(-1)",
        "pan(1, 0)": "pan(-1, 0)",
        "pan(0, 1)": "pan(0, -1)",
    }
    pairs = [
        *(("faster", "slower"), ("forward", "back"), ("knob_down", "knob_up"), ("turn_up", "turn_down")),
        *(("fine_up", "fine_down"), ("next_panels", "last_panels"), ("next_unit", "last_unit")),
        *(("next_layer", "last_layer"), ("zoom_in", "zoom_out"), ("pan_right", "pan_left"), ("pan_up", "pan_down")),
    ]
    assert {calls[on]: calls[back] for on, back in pairs} == opposite
    assert set(PAIRS.items()) <= set(pairs)


def test_which_actions_the_palette_leaves_out() -> None:
    """What needs a place on screen to make sense, or is the palette itself."""
    assert {action.id for action in ACTIONS if not action.in_palette} == {
        *("knob_up", "knob_down", "turn_up", "turn_down", "fine_up", "fine_down", "cancel", "palette", "interrupt")
    }


FOOTER = {
    "of a network": (
        *("help", "find", "quit", "pause", "turn", "fix", "more plots", "knob", "step", "speed"),
        *("lane", "enlarge", "unit", "lesson", "shades", "try", "undo", "why", "type", "layer", "side by side"),
        *("log", "rewind", "branch", "open", "restart", "epoch", "new seed", "new lane", "redo", "picture", "panels"),
        *("default", "keep", "numbers", "layers", "network", "landscape", "map", "overview"),
    ),
    "of a race": (
        *("help", "find", "quit", "pause", "turn", "more plots", "knob", "step", "speed"),
        *("lane", "fair rates", "enlarge", "lesson", "start", "try", "undo", "why", "type", "side by side", "log"),
        *("rewind", "branch", "zoom", "open", "restart", "epoch", "new seed", "new lane", "redo"),
        *("picture", "panels", "default", "keep", "numbers", "map", "overview", "whole"),
    ),
}


@pytest.mark.parametrize("whose", FOOTER)
def test_which_keys_go_first_when_the_footer_is_narrow(whose: str) -> None:
    ids = {action.id for action in ACTIONS}
    available = (
        ids - RACE_ONLY
        if whose == "of a network"
        else ids - {"layers", "network", "landscape", "next_unit", "next_layer", "measure", "fix"}
    )
    items = footer_items(ACTIONS, available, False)
    assert tuple(item.label for item in items) == FOOTER[whose]
    ranks = [item.rank for item in items]
    assert ranks == sorted(ranks)
    assert ranks.count(0) == 3  # help, find and quit never go
