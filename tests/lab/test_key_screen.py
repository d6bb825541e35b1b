"""The screen of all keys: seen, changed at once, kept in a person's file, and given back."""

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from lab.driving import fake_lab, ready, text, until
from textual.pilot import Pilot

from nntui.lab.app import LabApp
from nntui.lab.config import config_file, key_name, read_config, sign_of
from nntui.lab.config_writing import keep_setting
from nntui.lab.keys import ACTIONS
from nntui.lab.screens.keys import KeysScreen
from nntui.lab.widgets.grid_view import GridView
from nntui_engine.errors import InputError


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@asynccontextmanager
async def keys_shown(size: tuple[int, int] = (100, 50), **options: Any) -> AsyncIterator[tuple[LabApp, Pilot[Any]]]:
    app = fake_lab(**options)
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.press("ctrl+k")
        await until(pilot, lambda: isinstance(app.screen, KeysScreen))
        await pilot.pause()
        yield app, pilot
        app.source.stop()


async def choose(pilot: Pilot[Any], action: str) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, KeysScreen)
    await pilot.press("home")
    for _ in ACTIONS:
        if screen.chosen == action:
            return
        await pilot.press("down")
    raise AssertionError(action)


async def test_every_action_is_listed_with_its_keys() -> None:
    async with keys_shown((100, 90)) as (app, pilot):
        app.screen.query_one("#keys-box").styles.height = 88
        await pilot.pause()
        seen = text(app)
        for action in ACTIONS:
            assert action.description in seen or action.id == "interrupt", action.id
        assert "n, pagedown" in seen


async def test_a_new_key_works_at_once_and_is_kept_and_given_back() -> None:
    async with keys_shown() as (app, pilot):
        await choose(pilot, "step")
        await pilot.press("enter")
        assert "press a key" in text(app)
        await pilot.press("left_parenthesis")
        await until(pilot, lambda: "own: s" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.lab_screen)
        await pilot.press("s")  # no longer its key
        await pilot.press("left_parenthesis")
        await until(pilot, lambda: app.model.view.snapshot.step == 1)  # type: ignore[union-attr]
        await until(pilot, lambda: "left_parenthesis step" in text(app) or "( step" in text(app))
        config, trouble = read_config(config_file())
        assert (dict(config.keys), trouble) == ({"step": "left_parenthesis"}, "")
        assert 'step = "("' in config_file().read_text(encoding="utf-8")
        await pilot.press("ctrl+k")
        await until(pilot, lambda: isinstance(app.screen, KeysScreen))
        await choose(pilot, "step")
        await pilot.press("backspace", "escape")
        await until(pilot, lambda: app.screen is app.lab_screen)
        await pilot.press("s")
        await until(pilot, lambda: app.model.view.snapshot.step == 2)  # type: ignore[union-attr]
        assert read_config(config_file())[0].keys == {}


async def test_one_more_key_leaves_the_first() -> None:
    async with keys_shown() as (app, pilot):
        await choose(pilot, "step")
        await pilot.press("plus", "f6", "escape")
        await until(pilot, lambda: app.screen is app.lab_screen)
        await pilot.press("s", "f6")
        await until(pilot, lambda: app.model.view.snapshot.step == 2)  # type: ignore[union-attr]
        assert read_config(config_file())[0].keys == {"step": "s,f6"}


async def test_a_key_that_is_taken_is_refused_in_one_line() -> None:
    async with keys_shown() as (app, pilot):
        await choose(pilot, "step")
        await pilot.press("enter", "r")
        await until(pilot, lambda: 'r is taken by "Start again from the same seed"' in text(app))
        assert not config_file().exists()
        await pilot.press("enter", "escape")  # a key is asked for, and none given
        await until(pilot, lambda: "is taken" not in text(app))
        assert isinstance(app.screen, KeysScreen)


async def test_a_key_cannot_be_given_back_while_another_has_it() -> None:
    async with keys_shown(keymap={"step": "f6", "undo": "s"}) as (app, pilot):
        await choose(pilot, "step")
        await pilot.press("backspace")
        await until(pilot, lambda: 's is taken by "Take the last change back"' in text(app))


async def test_a_file_that_cannot_be_written_changes_the_key_for_now() -> None:
    config_file().parent.mkdir(parents=True)
    config_file().write_text("fps = ", encoding="utf-8")
    async with keys_shown() as (app, pilot):
        await choose(pilot, "step")
        await pilot.press("enter", "f6")
        await until(pilot, lambda: "for now" in text(app))
        assert config_file().read_text(encoding="utf-8") == "fps = "
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.lab_screen)
        await pilot.press("f6")
        await until(pilot, lambda: app.model.view.snapshot.step == 1)  # type: ignore[union-attr]


async def test_the_mouse_chooses_and_asks() -> None:
    async with keys_shown() as (app, pilot):
        screen, view = app.screen, app.screen.query_one("#key-list", GridView)
        row = next(at for at, line in enumerate(view.lines) if "Train one step" in line)
        await pilot.click("#key-list", offset=(24, row))
        assert screen.chosen == "step"  # type: ignore[attr-defined]
        await pilot.click("#key-list", offset=(24, row))
        await until(pilot, lambda: "press a key" in text(app))
        await pilot.press("f7")
        await until(pilot, lambda: "own: s" in text(app))
        hints = app.screen.query_one("#key-hints", GridView)
        for words in ("its own again", "close"):
            await pilot.click("#key-hints", offset=(hints.lines[0].index(words), 0))
            await pilot.pause()
        await until(pilot, lambda: app.screen is app.lab_screen)
        assert read_config(config_file())[0].keys == {}


WRITTEN = """\
# mine
fps = 4  # slow line

[keys]
# the large one
pause = "p"
step = [
  "s",
  "x",
]

[other]
a = 1
"""


@pytest.mark.parametrize(
    ("table", "name", "value", "line"),
    [
        ("keys", "pause", "f9", 'pause = "f9"'),
        ("keys", "undo", ["z", "("], 'undo = ["z", "("]'),
        ("", "theme", "nord", 'theme = "nord"'),
        ("", "fps", None, ""),
        ("new", "a", True, "a = true"),
    ],
)
def test_the_rest_of_the_file_stays_with_its_comments(
    tmp_path: Path, table: str, name: str, value: Any, line: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN, encoding="utf-8")
    keep_setting(path, table, name, value)
    text = path.read_text(encoding="utf-8")
    assert "# mine" in text
    assert "# the large one" in text
    assert line in text.splitlines() or not line
    found, before = tomllib.loads(text), tomllib.loads(WRITTEN)
    inner = found.get(table, {}) if table else found
    assert inner.pop(name, None) == value
    (before.get(table, {}) if table else before).pop(name, None)
    assert found == (before if table != "new" else {**before, "new": {}})


def test_a_value_over_several_lines_is_replaced_though_comments_go(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN, encoding="utf-8")
    keep_setting(path, "keys", "step", "f8")
    expected = tomllib.loads(WRITTEN)
    expected["keys"]["step"] = "f8"
    assert tomllib.loads(path.read_text(encoding="utf-8")) == expected


def test_it_is_made_where_there_is_none_and_left_where_it_is_no_toml(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config.toml"
    keep_setting(path, "keys", "step", None)
    keep_setting(path, "keys", "step", "f8")
    assert read_config(path) == (read_config(path)[0], "")
    assert dict(read_config(path)[0].keys) == {"step": "f8"}
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match="not changed"):
        keep_setting(path, "", "theme", "nord")
    assert path.read_bytes() == b"\xff"
    with pytest.raises(InputError):
        keep_setting(path / "under" / "config.toml", "", "theme", "nord")


def test_signs_are_written_as_themselves() -> None:
    for sign in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~":
        assert sign_of(key_name(sign)) == sign
    assert [sign_of(key) for key in ("f5", "space", "S", "ctrl+o")] == ["f5", "space", "S", "ctrl+o"]
