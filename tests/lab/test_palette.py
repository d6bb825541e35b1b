"""The palette: what can be done now by its description, and the lesson's suggestions."""

from dataclasses import replace
from typing import Any

import pytest
from lab.driving import ROOMY, fake_lab, ready, text, until
from lab.fakes import FakeExperiment
from textual.command import Hit

from nntui.lab.app import LabApp
from nntui.lab.keys import CANNOT
from nntui.lab.palette import LabCommands
from nntui.plotting.theme import ASCII, Theme


async def offered(app: LabApp) -> dict[str, Any]:
    """What is offered before anything is typed, by its words."""
    return {hit.text: hit async for hit in LabCommands(app.screen).discover()}  # type: ignore[misc]


async def found(app: LabApp, typed: str) -> list[Hit]:
    hits = [hit async for hit in LabCommands(app.screen).search(typed)]
    return sorted(hits, key=lambda hit: -hit.score)  # type: ignore[return-value, union-attr]


async def test_it_offers_what_works_now_with_its_group_and_key() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        hits = await offered(app)
        assert hits["Pause or go on"].help == "Run, key space"
        assert hits["Faster (up to unlimited)"].help == "Run, key ]"
        assert "Choose the knob above" not in hits  # arrows: of no use by name
        assert "Take the last change back" not in hits
        assert "Zoom in" not in hits  # there is no map
        await pilot.press("right")
        await until(pilot, lambda: app.model.view.can_undo)
        assert (await offered(app))["Take the last change back"].help == "Knobs, key u"
        app.source.stop()


async def test_before_there_is_a_run_little_is_offered() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        app.model.view = type(app.model.view)()
        assert set(await offered(app)) == {
            "Draw every cell again: another program wrote on the screen",
            "See all keys, and change them",
            "What is on screen, and all keys",
            "Leave",
            "Open another scenario: the launcher",
        }
        app.source.stop()


@pytest.mark.parametrize(("theme", "key"), [(Theme(), "↑"), (Theme(ascii_only=True, glyphs=ASCII), "up")])
async def test_keys_are_as_this_person_and_this_screen_have_them(theme: Theme, key: str) -> None:
    app = fake_lab(theme=theme, keymap={"step": "up", "knob_up": "s"})
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        assert (await offered(app))["Train one step, then pause"].help == f"Run, key {key}"
        app.source.stop()


async def test_the_best_match_comes_first_and_does_what_it_says() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        assert await found(app, "nothing is called so") == []
        hits = await found(app, "step, then pause")
        assert hits[0].text == "Train one step, then pause"
        await hits[0].command()
        await until(pilot, lambda: "step 1 /" in text(app))
        app.source.stop()


async def test_suggestions_are_offered_word_for_word_and_done() -> None:
    fake = FakeExperiment()
    fake.scenario.tries[0].say = "Raise [bold]lr[/bold]"
    app = fake_lab(fake)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        assert (await offered(app))["Try: Raise [bold]lr[/bold]"].help == "a suggestion of the lesson"
        hits = await found(app, "Try: Raise")
        assert str(hits[0].match_display) == "Try: Raise [bold]lr[/bold]"
        hits[0].command()
        await until(pilot, lambda: fake.lanes[-1].settings.optimizer_parameters["lr"] == 0.5)
        app.source.stop()


async def test_what_a_source_cannot_do_is_grey_and_says_why() -> None:
    app = fake_lab(FakeExperiment())  # it counts up and takes settings, but cannot go back
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        hits = await offered(app)
        assert hits["Back in what was run"].help == CANNOT["rewind"]
        assert [span.style for span in hits["Back in what was run"].display.spans] == ["dim"]
        assert hits["Pause or go on"].display.spans == []
        assert CANNOT["rewind"] not in text(app)
        await pilot.press("comma")
        await until(pilot, lambda: CANNOT["rewind"] in text(app))
        app.model.view = replace(app.model.view, capabilities=frozenset())
        hits = await offered(app)
        assert hits["Take the last change back"].help == CANNOT["tweak"]
        assert hits["Pause or go on"].help == CANNOT["advance"]
        assert hits["Try: Raise lr"].help == CANNOT["tweak"]
        assert hits["What is on screen, and all keys"].help == "Help, key ?"
        app.source.stop()


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("optim", "Knob: optimizer"),
        ("sgd", "Set optimizer to sgd"),
        ("lr 0.03", "Set lr to 0.03"),
        ("LR 0,03", "Set lr to 0,03"),
        ("width 8, 4", "Set width to 8, 4"),
    ],
)
async def test_knobs_are_found_by_name_and_value(typed: str, first: str) -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        hits = await found(app, typed)
        assert str(hits[0].match_display) == first
        app.source.stop()


async def test_a_value_typed_into_the_palette_is_set() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        (await found(app, "lr 0.03"))[0].command()
        await until(pilot, lambda: app.model.view.snapshot.lanes[0].settings.optimizer_parameters["lr"] == 0.03)  # type: ignore[union-attr]
        assert await found(app, "lr nonsense") == []
        app.source.stop()
