"""One plot alone on the screen: how it is reached, read and left; smoothing, window and log axis by keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from lab.driving import SMALL, fake_lab, ready, text, until
from textual.pilot import Pilot

from nntui.lab.app import LabApp
from nntui.lab.zoom_actions import FASTER


@asynccontextmanager
async def trained(size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[LabApp, Pilot[Any]]]:
    app = fake_lab()
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.press("S")
        await until(pilot, lambda: app.model.view.snapshot.step > 5)  # type: ignore[union-attr]
        yield app, pilot
        app.source.stop()


@pytest.mark.parametrize("leave", ["z", "escape", "enter"])
async def test_a_plot_stands_alone_and_goes_back(leave: str) -> None:
    async with trained() as (app, pilot):
        first = app.lab_screen.shown_panels[0]  # type: ignore[union-attr]
        await pilot.press("z")
        await until(pilot, lambda: "Lanes" not in text(app) and app.lab_screen.shown_panels == (first,))  # type: ignore[union-attr]
        assert "Gradient norm" not in text(app)
        await pilot.press(leave)
        await until(pilot, lambda: "Lanes" in text(app) and "Gradient norm" in text(app))
        assert app.model.view.snapshot.marks == ()  # type: ignore[union-attr]


async def test_n_goes_to_the_next_plot_and_round() -> None:
    async with trained(SMALL) as (app, pilot):
        names = app.lab_screen.panel_names  # type: ignore[union-attr]
        await pilot.press("z")
        for name in (*names[1:], names[0]):
            await pilot.press("n")
            await until(pilot, lambda name=name: app.lab_screen.shown_panels == (name,))  # type: ignore[union-attr]
        await pilot.press("N")
        await until(pilot, lambda: app.lab_screen.shown_panels == (names[-1],))  # type: ignore[union-attr]


async def test_arrows_move_the_cursor_and_turn_no_knob() -> None:
    async with trained() as (app, pilot):
        await pilot.press("z", "left")
        last = app.model.view.snapshot.step  # type: ignore[union-attr]
        await until(pilot, lambda: f"step {last - 1} " in text(app))
        await pilot.press("right")
        await until(pilot, lambda: app.model.panel_view.cursor is None)
        while app.model.view.snapshot.step < 20:  # type: ignore[union-attr]
            await pilot.press("S")
            await pilot.pause(0.05)
        last = app.model.view.snapshot.step  # type: ignore[union-attr]
        await pilot.press("shift+left")
        await until(pilot, lambda: app.model.panel_view.cursor == last - FASTER)
        await pilot.press(*["shift+left"] * (last // FASTER))
        await until(pilot, lambda: app.model.panel_view.cursor == 0.0)
        assert app.model.view.snapshot.marks == ()  # type: ignore[union-attr]
        await pilot.press("escape", "right")
        await until(pilot, lambda: len(app.model.view.snapshot.marks) == 1)  # type: ignore[union-attr]


async def test_y_copies_the_values_at_the_cursor_and_without_one_the_command() -> None:
    async with trained() as (app, pilot):
        await pilot.press("z", "left")
        last = app.model.view.snapshot.step  # type: ignore[union-attr]
        await until(pilot, lambda: f"step {last - 1} " in text(app))
        shown = next(line for line in text(app).splitlines() if f"step {last - 1} " in line).split()
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard.startswith(f"Loss, step {last - 1}: sgd "))
        assert f"sgd {shown[shown.index('sgd') + 1]}, adam {shown[shown.index('adam') + 1]}" in app.clipboard
        asked = []
        app.source.order = lambda order, *_: asked.append(order) or 0  # type: ignore[method-assign, func-returns-value]
        await pilot.press("escape", "y")
        await until(pilot, lambda: bool(asked))


async def test_the_axis_of_the_plot_alone_is_switched_by_itself() -> None:
    async with trained() as (app, pilot):
        await pilot.press("z")
        names = app.lab_screen.panel_names  # type: ignore[union-attr]
        for _ in range(names.index("gradient_norm")):
            await pilot.press("n")
        await until(pilot, lambda: app.lab_screen.shown_panels == ("gradient_norm",))  # type: ignore[union-attr]
        await until(pilot, lambda: "· log" in text(app))
        await pilot.press("l")
        await until(pilot, lambda: "· log" not in text(app))
        assert app.model.panel_view.log_axes == {"gradient_norm": False}
        for _ in range(names.index("accuracy") - names.index("gradient_norm")):
            await pilot.press("n")
        await until(pilot, lambda: app.lab_screen.shown_panels == ("accuracy",))  # type: ignore[union-attr]
        await pilot.press("l")
        await until(pilot, lambda: "one kind of axis" in text(app))


async def test_smoothing_and_window_are_chosen_by_keys() -> None:
    async with trained() as (app, pilot):
        await pilot.press("k", "i")
        await until(pilot, lambda: "the last 1000 steps" in text(app))
        assert (app.model.panel_view.smoothing, app.model.panel_view.window) == (20, 1000)


async def test_another_view_is_shown_whole() -> None:
    async with trained() as (app, pilot):
        await pilot.press("z", "6")
        await until(pilot, lambda: "They count." in text(app))
        await pilot.press("1")
        await until(pilot, lambda: "Gradient norm" in text(app) and "Lanes" in text(app))
