"""A line to type in: what comes behind a key of its own is not overtaken by it."""

import pytest
from lab.driving import fake_lab, ready, until
from textual import events
from textual.widgets import Input

from nntui.lab.screens.value import ValueScreen


@pytest.mark.parametrize("keys", [["ctrl+u"], ["end", "ctrl+u"], ["ctrl+a", "ctrl+k"], ["home", "ctrl+k"]])
async def test_text_pasted_right_behind_a_key_that_deletes_is_kept(keys: list[str]) -> None:
    app = fake_lab()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ValueScreen))
        prompt = app.screen.query_one(Input)
        prompt.value = "0.1"
        for key in keys:
            app.post_message(events.Key(key, None))
        app.post_message(events.Paste("0.25"))
        app.post_message(events.Key("7", "7"))
        await until(pilot, lambda: prompt.value == "0.257")
        app.source.stop()


async def test_enter_and_escape_still_act() -> None:
    app = fake_lab()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        for key in ("escape", "enter"):
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, ValueScreen))
            before = app.model.view.snapshot.lanes[0].settings.optimizer_parameters["lr"]  # type: ignore[union-attr]
            await pilot.press("ctrl+u", "0", ".", "3", key)
            await until(pilot, lambda: not isinstance(app.screen, ValueScreen))
            wanted = before if key == "escape" else 0.3
            await until(
                pilot,
                lambda wanted=wanted: app.model.view.snapshot.lanes[0].settings.optimizer_parameters["lr"] == wanted,  # type: ignore[union-attr]
            )
        app.source.stop()
