"""Jump mode: letters stand where the things are that they choose."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from lab.driving import ROOMY, SMALL, fake_lab, ready, text, until
from lab.fakes import FakeExperiment
from textual.pilot import Pilot

from nntui.lab.app import LabApp
from nntui.lab.screens.jump import LETTERS, JumpScreen


@asynccontextmanager
async def jumping(size: tuple[int, int] = ROOMY, *names: str) -> AsyncIterator[tuple[LabApp, Pilot[Any], JumpScreen]]:
    app = fake_lab(FakeExperiment(*(names or ("sgd", "adam"))))
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.press("S")
        await until(pilot, lambda: app.model.view.snapshot.step > 5)  # type: ignore[union-attr]
        await pilot.press("j")
        await until(pilot, lambda: isinstance(app.screen, JumpScreen))
        assert isinstance(app.screen, JumpScreen)
        await pilot.pause()
        yield app, pilot, app.screen
        app.source.stop()


def letter_of(screen: JumpScreen, what: str, which: object) -> str:
    return next(letter for letter, one in screen.by_letter.items() if (one.spot.what, one.spot.which) == (what, which))


async def test_every_letter_is_seen_where_its_target_begins() -> None:
    async with jumping() as (app, _, screen):
        rows = text(app).splitlines()
        kinds = {one.spot.what for one in screen.by_letter.values()}
        assert kinds == {"panel", "call", "lane", "layer", "knob", "group", "try"}
        at = {(one.spot.what, one.spot.which): one.row for one in screen.by_letter.values()}
        assert "adam" in rows[at["lane", 1]]
        assert "◂ 0.1 ▸" in rows[at["knob", 0]]
        assert "Raise" in rows[at["try", 0]]
        for letter, target in screen.by_letter.items():
            assert rows[target.row][target.column : target.column + 3] == f" {letter} "


CHOICES = [
    ("lane", 1, lambda app: app.model.panel_view.lane == 1),
    ("call", "view('lesson')", lambda app: app.model.view_name == "lesson"),
    ("panel", "gradient_norm", lambda app: app.model.zoom == "gradient_norm"),
    ("try", 0, lambda app: len(app.model.view.snapshot.lanes) == 3),
]


@pytest.mark.parametrize(("what", "which", "done"), CHOICES)
async def test_a_letter_chooses(what: str, which: object, done: Any) -> None:
    async with jumping() as (app, pilot, screen):
        await pilot.press(letter_of(screen, what, which))
        await until(pilot, lambda: done(app) and app.screen is app.lab_screen)


async def test_a_letter_opens_a_group_of_knobs() -> None:
    async with jumping((120, 60)) as (app, pilot, screen):
        group = next(one.spot for one in reversed(screen.by_letter.values()) if one.spot.what == "group")
        await pilot.press(letter_of(screen, "group", group.which))
        await until(pilot, lambda: app.model.rack.chosen == group.which != 0)


@pytest.mark.parametrize("leave", ["escape", "click", "resize"])
async def test_it_is_left_and_nothing_was_chosen(leave: str) -> None:
    async with jumping() as (app, pilot, screen):
        if leave == "escape":
            await pilot.press("1", "escape")  # what has no letter does nothing
        elif leave == "click":
            await pilot.click(offset=(80, 24))
        else:
            await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: app.screen is app.lab_screen)
        assert (app.model.zoom, app.model.view_name, app.model.panel_view.lane) == ("", "overview", 0)
        assert screen.by_letter


async def test_a_click_on_a_letter_chooses_too() -> None:
    async with jumping() as (app, pilot, screen):
        target = screen.by_letter[letter_of(screen, "lane", 1)]
        await pilot.click(offset=(target.column + 1, target.row))
        await until(pilot, lambda: app.model.panel_view.lane == 1)


async def test_more_targets_than_letters_are_no_trouble() -> None:
    async with jumping((200, 60), *(f"lane{i}" for i in range(60))) as (_, _, screen):
        assert len(screen.by_letter) == len(LETTERS)


async def test_a_small_screen() -> None:
    async with jumping(SMALL) as (app, pilot, screen):
        await pilot.press(letter_of(screen, "lane", 1))
        await until(pilot, lambda: app.model.panel_view.lane == 1)
