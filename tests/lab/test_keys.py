"""The table of keys, and what is made of it."""

import pytest

from nntui.app import LabApp
from nntui.frame import StillSource
from nntui.keys import ACTIONS, actions, footer_items, key_words
from nntui.plotting.status import draw_keys
from nntui.screens.lab import LabScreen
from nntui.session import SessionView
from nntui_engine.errors import InputError


def test_ids_and_keys_are_used_once() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    keys = [key for action in ACTIONS for key in action.keys.split(",")]
    assert len(set(keys)) == len(keys)


def test_every_action_exists_in_the_app() -> None:
    for action in ACTIONS:
        assert hasattr(LabApp, f"action_{action.call.partition('(')[0]}"), action.id


def test_every_action_is_bound_with_its_id() -> None:
    bound = {binding.id for binding in LabScreen.BINDINGS}  # type: ignore[union-attr]
    assert bound == {action.id for action in ACTIONS}


def test_no_key_is_bound_to_a_view_that_does_not_exist() -> None:
    keys = {key for action in ACTIONS for key in action.keys.split(",")}
    assert not keys & {"2", "5"}


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
    assert "? help  q quit" in line
    labels = {label for _, _, label in items}
    keys = {word for _, key, _ in items for word in key.split()}
    left = line
    for label in sorted(labels, key=len, reverse=True):
        left = left.replace(f" {label}  ", "  ")
    assert set(left.split()) <= keys


async def test_a_remapped_key_works_in_the_app() -> None:
    app = LabApp(StillSource(SessionView()), keymap={"help": "h"}, still=True)
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
