"""Many keys at once: they share a frame, a surface and a line of bounded length."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from lab import test_race
from lab.driving import fake_lab, ready, until
from lab.fakes import NoWarming
from textual.widgets import Input

from nntui.lab import session as session_module
from nntui.lab.screens.value import LONGEST
from nntui.lab.session import Session
from nntui.looks.surface import SampledSurface, SurfaceRequest


@pytest.mark.parametrize("move", ["action_zoom", "action_pan"])
async def test_five_hundred_moves_of_the_map_share_frames(move: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = test_race.lab()
    async with app.run_test(size=(160, 48)) as pilot:
        await test_race.ready(pilot)
        screen = app.lab_screen
        assert screen is not None
        drawn = 0
        show = screen.show

        def counted(state: Any) -> None:
            nonlocal drawn
            drawn += 1
            show(state)

        monkeypatch.setattr(screen, "show", counted)
        begun = time.monotonic()
        for number in range(500):
            direction = 1 if number % 3 else -1
            app.action_zoom(direction) if move == "action_zoom" else app.action_pan(direction, 0)
        taken = time.monotonic() - begun
        window = app.model.map_view.window
        await until(pilot, lambda: app.model.view.surface.request.window == window)  # type: ignore[union-attr]
        # two calls a frame where pages change; the frames after the last key belong to the surface
        assert 0 < drawn < 2 * (taken * 30 + 1) + 20
        app.source.stop()


async def test_a_lonely_key_is_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    app = fake_lab()
    async with app.run_test() as pilot:
        await ready(pilot)
        await until(pilot, lambda: not app._drawing)
        later = time.monotonic() + 10  # by a clock that stands still, ten seconds after the last frame
        monkeypatch.setattr("nntui.lab.app.time", SimpleNamespace(monotonic=lambda: later))
        app.action_log_axis()
        assert app.lab_screen is not None
        assert app.lab_screen.state.panel_view.log_axes == app.model.panel_view.log_axes
        assert not app._drawing
        app.action_log_axis()
        assert app._drawing  # this one waits for the next frame …
        await until(pilot, lambda: not app._drawing)  # … and gets it
        app.source.stop()


def test_only_the_newest_part_of_a_surface_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[SurfaceRequest] = []

    def sample(race: Any, wanted: SurfaceRequest) -> SampledSurface:
        made.append(wanted)
        return SampledSurface(wanted, (), *(race.lanes[0].settings,) * 3)  # type: ignore[arg-type]

    monkeypatch.setattr(session_module, "sample_surface", sample)
    session = Session(lambda: test_race.make_race("bowl"), warming=NoWarming(), paused=True)  # type: ignore[arg-type]
    wanted = [SurfaceRequest(0, ((-1.0, 1.0 + number), (-1.0, 1.0)), 20, 10) for number in range(100)]
    last = 0
    for one in wanted:
        last = session.request_surface(one)
    session.start()
    end = time.monotonic() + 60
    while session.poll().applied < last and time.monotonic() < end:
        time.sleep(0.01)
    session.stop()
    assert made == wanted[-1:]


@pytest.mark.parametrize("text", ["7", "7" * 1000])
async def test_a_value_has_a_longest_length(text: str) -> None:
    app = fake_lab()
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query(Input)))
        line = app.screen.query_one(Input)
        line.value = ""
        for character in text:
            line.insert_text_at_cursor(character)
        assert line.value == text[:LONGEST]
        app.source.stop()
