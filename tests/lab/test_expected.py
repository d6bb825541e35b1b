"""The Lesson view ticks what its scenario expects, in plain words, as it comes true."""

from typing import Any

import pytest
from lab.driving import ROOMY, SMALL, text, until

from nntui.lab.app import LabApp
from nntui.lab.expected_words import expectation_words, expected_line
from nntui.lab.session import Session
from nntui.plotting.theme import Theme
from nntui_engine.analysis.standing import Standing
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import Expectation, scenario_from_dict

from .fakes import NoWarming

WORDS: list[tuple[dict[str, Any], str]] = [
    (
        {"lane": "sigmoid", "step": 500, "statistic": "gradient_norm", "layer": 1, "over": {"layer": -1}, "below": 0.1},
        "sigmoid at step 500: gradient norm of layer 1 ÷ that of the output layer is below 0.1",
    ),
    ({"statistic": "train_accuracy", "above": 0.9, "below": 1.0}, "Training accuracy is above 90.0% and below 100%"),
    ({"step": 1200, "statistic": "r2", "between": (0.1, 0.5)}, "At step 1 200: R² is between 0.1 and 0.5"),
    ({"lane": "a", "statistic": "value", "over": {"lane": "b"}, "below": 2.0}, "a: value ÷ that of lane b is below 2"),
    (
        {"lane": "a", "statistic": "value", "over": {"lane": "b", "step": 5}, "below": 2.0},
        "a: value ÷ that of lane b at step 5 is below 2",
    ),
    ({"lane": "a", "statistic": "value", "over": {"step": 5}, "below": 2.0}, "a: value ÷ that at step 5 is below 2"),
    ({"statistic": "position", "equals": (1.0, 2.0)}, "Position is (1, 2)"),
    ({"finding": "vanishing_gradient", "lane": "a"}, "a: vanishing gradient is found"),
    ({"no_finding": "any"}, "Nothing wrong is found"),
    ({"no_finding": "dead_units"}, "No dead units"),
    (
        {"statistic": "loss", "average_over": 20, "above": 1.0, "seeds": 10, "at_least": 8},
        "Loss (mean of 20 samples) is above 1 (on 8 of 10 seeds, of which this is one)",
    ),
    (
        {"statistic": "gate_mean", "layer": 1, "gate": "forget", "above": 0.5},
        "Gate mean of layer 1, forget gate is above 0.5",
    ),
]


@pytest.mark.parametrize(("table", "words"), WORDS, ids=[words[:30] for _, words in WORDS])
def test_an_expectation_in_plain_words(table: dict[str, Any], words: str) -> None:
    import msgspec

    assert expectation_words(msgspec.convert(table, Expectation)) == words


LATER = Expectation(statistic="loss", step=500, below=0.1)
STANDINGS: list[tuple[Standing, str, str]] = [
    (Standing(LATER, "ahead", 0.25), "open", "not yet: needs step 500 (now 0.250)"),
    (Standing(LATER, "ahead"), "open", "not yet: needs step 500"),
    (Standing(Expectation(statistic="sharpness", below=9.0), "ahead"), "open", "not yet: needs the end"),
    (Standing(LATER, "held", 0.05), "true", "0.0500, came true"),
    (Standing(LATER, "missed", 0.25), "false", "0.250, did not come true"),
    (Standing(LATER, "missed"), "false", "not measured, did not come true"),
    (Standing(LATER, "true", 0.05), "true", "now 0.0500, true so far"),
    (Standing(LATER, "false", 0.25), "open", "now 0.250, not yet"),
    (Standing(LATER, "unseen"), "other", "step 500 went by unseen"),
    (Standing(LATER, "gone"), "other", "this lane is gone"),
    (
        Standing(LATER, "held", 0.05, ("lr", "seed")),
        "other",
        "0.0500, came true; not the lesson's run: lr and seed changed",
    ),
    (Standing(Expectation(finding="dead_units"), "held", ("dead_units",)), "true", "dead units, came true"),
    (Standing(Expectation(no_finding="any"), "true", ()), "true", "now nothing found, true so far"),
    (
        Standing(Expectation(statistic="train_accuracy", above=0.9), "true", 0.95),
        "true",
        "now 95.0%, true so far",
    ),
]


@pytest.mark.parametrize(("standing", "sign", "words"), STANDINGS)
def test_how_it_stands_in_words(standing: Standing, sign: str, words: str) -> None:
    line = expected_line(standing)
    assert (line.sign, line.standing) == (sign, words)
    assert line.final == (standing.state not in ("ahead", "true", "false"))


RACE: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "A bowl", "lesson": "It rolls down."},
    "surface": {"name": "bowl", "start": [1.0, -2.0]},
    "train": {"lr": 0.5, "steps": 20},
    "expect": [
        {"step": 5, "statistic": "distance", "below": 1.0},
        {"statistic": "distance", "below": 0.01},
        {"statistic": "distance", "below": 1e-9},
    ],
}


def lab() -> LabApp:
    scenario = scenario_from_dict(RACE, name="bowl")
    session = Session(
        lambda: Experiment(scenario, rewind_memory=10**7),
        warming=NoWarming(),  # type: ignore[arg-type]
        paused=True,
    )
    return LabApp(session, "A bowl", theme=Theme())


async def test_ticked_as_they_come_true_and_not_for_a_changed_run() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await until(pilot, lambda: app.model.view.snapshot is not None)
        await pilot.press("6")
        await until(pilot, lambda: "Expected: 0 of 3 true so far" in text(app))
        assert "not yet: needs step 5" in text(app)
        app.source.order(lambda training: training.steps(7))  # passes step 5 by, if it is not stopped there
        await until(pilot, lambda: "✓ At step 5: distance to minimum is below 1: 0.0699, came true" in text(app))
        app.source.order(lambda training: training.steps(100))
        await until(pilot, lambda: "Expected: 2 of 3 true ─" in text(app))
        assert "× Distance to minimum is below 1e-9" in text(app)
        await pilot.press("R")
        await until(pilot, lambda: "not the lesson's run: seed changed" in text(app))
        app.source.order(lambda training: training.steps(100))
        await until(pilot, lambda: "0 of 3 true ─" in text(app))
        assert text(app).count("seed changed") == 3


async def test_in_a_small_window_they_stand_under_the_text_and_scroll_with_it() -> None:
    app = lab()
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.model.view.snapshot is not None)
        await pilot.press("6")
        await until(pilot, lambda: "expected: 0 of 3 true so far (below)" in text(app))
        for _ in range(6):
            await pilot.press("n")
        await until(pilot, lambda: "needs step 5" in text(app))


async def test_with_another_name_and_in_another_future_the_ticks_stay_true() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await until(pilot, lambda: app.model.view.snapshot is not None)
        await pilot.press("6")
        app.source.order(lambda training: training.steps(100))
        await until(pilot, lambda: "came true" in text(app))
        await pilot.press("a")  # the only lane gets a name
        await until(pilot, lambda: len(app.model.view.snapshot.lanes) == 2)  # type: ignore[union-attr]
        await until(pilot, lambda: "came true" in text(app))
        app.source.order(lambda training: training.tweak({"train.lr": 0.01}, "original"))
        await until(pilot, lambda: app.model.view.snapshot.lanes[0].settings.optimizer_parameters["lr"] == 0.01)  # type: ignore[union-attr]
        await until(pilot, lambda: "Expected: 2 of 3 true ─" in text(app))  # they were read before
        app.source.order(lambda training: setattr(training, "running", False) or training.run.seek(2))
        await until(pilot, lambda: "not yet: needs step 5" in text(app))
        app.source.order(lambda training: training.tweak({"train.lr": 0.02}, None))  # another future
        app.source.order(lambda training: training.steps(100))
        await until(pilot, lambda: "Expected: 0 of 3 true ─" in text(app))
        assert text(app).count("lr changed") == 3
