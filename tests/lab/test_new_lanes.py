"""Lanes beside the scenario's own: a try, a copy, a branch; and what is there when a run has come to its end."""

from typing import Any

import pytest
from lab.driving import ready, text, until
from lab.fakes import NoWarming

from nntui.lab.app import LabApp
from nntui.lab.new_lanes import MOST_LANES, difference, free_name, lane_name, named
from nntui.lab.session import Session
from nntui.plotting.theme import Theme
from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import scenario_from_dict

ROOMY = (160, 48)
TABLES: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "Moons"},
    "data": {"name": "moons", "samples": 100},
    "model": {"hidden": [4], "activation": "sigmoid"},
    "train": {"lr": 0.1, "steps": 100, "batch_size": 7},  # ten steps an epoch
    "try": [
        {"say": "Better activations", "set": {"model.activation": "relu", "model.init": "he_normal"}},
        {"say": "A higher rate", "set": {"train.lr": 0.5}},
    ],
}
TWO = {**TABLES, "lane": [{"name": "a"}, {"name": "b", "set": {"train.lr": 0.2}}]}


def lab(tables: dict[str, Any] = TABLES, **options: Any) -> LabApp:
    session = Session(
        lambda: Experiment(scenario_from_dict(tables), rewind_memory=10**8),
        warming=NoWarming(),  # type: ignore[arg-type]
        **{"paused": True, "speed": float("inf"), **options},
    )
    return LabApp(session, "Moons", theme=Theme())


def lanes(app: LabApp) -> dict[str, Any]:
    snapshot = app.model.view.snapshot
    return {} if snapshot is None else {lane.name: lane for lane in snapshot.lanes}


def chosen(app: LabApp) -> str:
    return list(lanes(app))[app.model.panel_view.lane]


async def test_a_try_is_a_new_lane_beside_the_original() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("S", "t")
        await until(pilot, lambda: list(lanes(app)) == ["original", "relu, he_normal"])
        await until(pilot, lambda: lanes(app)["relu, he_normal"].step == 100)
        original, new = lanes(app).values()
        assert [one.settings.layers[0].activation for one in (original, new)] == ["sigmoid", "relu"]
        assert chosen(app) == "relu, he_normal"
        assert original.step == 100
        assert app.model.view.snapshot.marks == ()  # type: ignore[union-attr]
        await pilot.press("u")
        await until(pilot, lambda: list(lanes(app)) == ["original"])
        await pilot.press("U")
        await until(pilot, lambda: list(lanes(app)) == ["original", "relu, he_normal"])
        app.source.stop()


async def test_taking_a_lane_back_leaves_the_one_it_was_like_chosen() -> None:
    app = lab({**TWO, "lane": [*TWO["lane"], {"name": "c"}]})
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("tab", "t")
        await until(pilot, lambda: len(lanes(app)) == 4 and chosen(app) == "b → relu, he_normal")
        await pilot.press("u")
        await until(pilot, lambda: len(lanes(app)) == 3)
        await until(pilot, lambda: chosen(app) == "b")
        assert [line.text for line in app.model.log] == ["Taken back: b → relu, he_normal."]
        app.source.stop()


async def test_tries_do_not_stack() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("t")
        await until(pilot, lambda: len(lanes(app)) == 2)
        await pilot.press("t")
        await until(pilot, lambda: len(lanes(app)) == 3)
        last = lanes(app)["lr 0.5"]
        assert last.settings.layers[0].activation == "sigmoid"
        app.source.stop()


async def test_a_try_is_for_the_chosen_lane_unless_it_names_one() -> None:
    app = lab({**TWO, "try": [TABLES["try"][0], {**TABLES["try"][1], "lane": "a"}]})
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("tab", "t")
        await until(pilot, lambda: "b → relu, he_normal" in lanes(app))
        assert lanes(app)["b → relu, he_normal"].settings.optimizer_parameters["lr"] == 0.2
        await pilot.press("t")
        await until(pilot, lambda: "a → lr 0.5" in lanes(app))
        app.source.stop()


async def test_a_try_after_the_end_runs_and_the_old_curve_stays() -> None:
    app = lab(paused=False)
    async with app.run_test(size=ROOMY) as pilot:
        await until(pilot, lambda: app.model.view.finished and "loss" in lanes(app)[""].whole_history)
        before = lanes(app)[""].whole_history["loss"].mean.tolist()
        await pilot.press("t")
        await until(pilot, lambda: len(lanes(app)) == 2 and app.model.view.finished)
        await until(pilot, lambda: "loss" in lanes(app)["original"].whole_history)
        assert [lane.step for lane in lanes(app).values()] == [100, 100]
        assert lanes(app)["original"].whole_history["loss"].mean.tolist() == before
        app.source.stop()


async def test_a_branch_goes_on_from_here_and_its_knobs_are_its_own() -> None:
    app = lab(TWO)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("S")
        await until(pilot, lambda: lanes(app)["a"].step == 10)
        await pilot.press("b")
        await until(pilot, lambda: chosen(app) == "a → from step 10")
        await pilot.press("right", "s")
        await until(pilot, lambda: lanes(app)["a → from step 10"].step == 11)
        rates = [one.settings.optimizer_parameters["lr"] for one in lanes(app).values()]
        assert rates == [0.1, 0.2, 0.2]
        app.source.stop()


async def test_a_turned_knob_makes_a_new_lane_where_that_was_chosen() -> None:
    app = lab(TWO)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("S")
        await until(pilot, lambda: lanes(app)["a"].step == 10)
        await pilot.press("B", "right")
        await until(pilot, lambda: chosen(app) == "a → from step 10")
        await until(pilot, lambda: lanes(app)["a → from step 10"].settings.optimizer_parameters["lr"] == 0.2)
        await pilot.press("right")  # the new lane's own knob
        await until(pilot, lambda: lanes(app)["a → from step 10"].settings.optimizer_parameters["lr"] == 0.5)
        assert "a → from step 10, lr 0.5" in text(app)
        assert (len(lanes(app)), lanes(app)["a"].settings.optimizer_parameters["lr"]) == (3, 0.1)
        await pilot.press("B", "tab", "tab", "right")  # all lanes, then the first one: changed itself
        await until(pilot, lambda: lanes(app)["a"].settings.optimizer_parameters["lr"] == 0.2)
        assert len(lanes(app)) == 3
        app.source.stop()


async def test_a_refused_lane_does_not_hold_the_knobs() -> None:
    app = lab({**TABLES, "lane": [{"name": str(i)} for i in range(MOST_LANES)]})
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("t", "right")
        await until(pilot, lambda: "cannot be told apart" in text(app))
        await pilot.press("right")
        await until(pilot, lambda: lanes(app)["0"].settings.optimizer_parameters["lr"] > 0.1)
        app.source.stop()


async def test_names_say_what_was_changed_in_a_lane() -> None:
    app = lab(TWO)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("down", "down", "down", "right")  # sigmoid is first, then comes tanh
        await until(pilot, lambda: "a → tanh" in text(app))
        await pilot.press("up", "up", "up", "right")
        await until(pilot, lambda: "a → lr 0.2, tanh" in text(app))
        await pilot.press("u", "u")
        await until(pilot, lambda: "a →" not in text(app))
        app.source.stop()


async def test_a_copy_begins_at_its_start() -> None:
    app = lab(TWO, speed=1.0)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("S", "a")
        await until(pilot, lambda: "a → again" in lanes(app))
        assert lanes(app)["a → again"].step < lanes(app)["a"].step
        app.source.stop()


async def test_a_lane_is_taken_away_when_asked_twice() -> None:
    app = lab(TWO)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("D")
        await until(pilot, lambda: "Once more takes lane a away" in text(app))
        assert len(lanes(app)) == 2
        await pilot.press("tab", "D")  # another lane: asked anew
        await until(pilot, lambda: "Once more takes lane b away" in text(app))
        assert len(lanes(app)) == 2
        await pilot.press("D")
        await until(pilot, lambda: list(lanes(app)) == ["a"])
        await pilot.press("D")
        await until(pilot, lambda: "One lane always stays." in text(app))
        app.source.stop()


async def test_a_lane_gets_another_name() -> None:
    app = lab(TWO)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("f2", "b", "enter")  # taken
        await until(pilot, lambda: "must be a name that no lane has" in text(app))
        await pilot.press("f2", *"slow", "enter")
        await until(pilot, lambda: list(lanes(app)) == ["slow", "b"])
        app.source.stop()


async def test_a_copy_that_gets_another_name_stays_chosen() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        origins = len(lanes(app))
        await pilot.press("a")
        await until(pilot, lambda: len(lanes(app)) == origins + 1 and "again" in chosen(app))
        await pilot.press("f2", "ctrl+u", *"mine", "enter")
        await until(pilot, lambda: "mine" in lanes(app))
        assert chosen(app) == "mine"
        await pilot.press("D", "D")  # what is taken away is the lane that was renamed; the one it was like is chosen
        await until(pilot, lambda: len(lanes(app)) == origins)
        assert "mine" not in lanes(app)
        assert chosen(app) == next(iter(lanes(app)))
        app.source.stop()


async def test_more_lanes_than_can_be_told_apart_are_refused() -> None:
    app = lab({**TABLES, "lane": [{"name": str(i)} for i in range(MOST_LANES)]})
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("t")
        await until(pilot, lambda: f"More than {MOST_LANES} lanes cannot be told apart" in text(app))
        assert len(lanes(app)) == MOST_LANES
        app.source.stop()


@pytest.mark.parametrize("key", ["space", "s", "S"])
async def test_at_the_end_it_trains_on(key: str) -> None:
    app = lab(paused=False)
    async with app.run_test(size=ROOMY) as pilot:
        await until(pilot, lambda: app.model.view.finished)
        await pilot.press(key)
        await until(pilot, lambda: lanes(app)[""].step == {"space": 200, "s": 101, "S": 110}[key])
        assert "to step 200" in "".join(line.text for line in app.model.log)
        app.source.stop()


async def test_lanes_that_have_all_ended_for_good_say_so() -> None:
    stops = {**TABLES, "train": {**TABLES["train"], "early_stopping": {"patience": 1, "min_delta": 100.0}}}
    app = lab(stops, paused=False)
    async with app.run_test(size=ROOMY) as pilot:
        await until(pilot, lambda: app.model.view.finished)
        await pilot.press("space")
        await until(pilot, lambda: "Every lane has ended for good" in text(app))
        assert not app.model.view.running
        app.source.stop()


@pytest.mark.parametrize("key", ["r", "R"])
async def test_the_last_run_stays_in_grey_after_a_restart(key: str) -> None:
    app = lab(speed=1.0)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("S", key)
        await until(pilot, lambda: app.model.view.former is not None)
        former = app.model.view.former
        assert (former.step, former.snapshot.step) == (0, 10)  # type: ignore[union-attr]
        await pilot.press("right")
        await until(pilot, lambda: app.model.view.can_undo)
        assert app.model.view.former is former
        app.source.stop()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"model.activation": "relu", "model.init": "he_normal"}, "relu, he_normal"),
        ({"train.lr": 0.5, "train.batch_size": 8}, "lr 0.5, batch size 8"),
        ({"model.batch_norm": "before"}, "batch norm before"),
        ({"model.hidden": [64, 32]}, "hidden 64 32"),
        ({"model.hidden": []}, "hidden none"),
        ({"model.layers": [{"kind": "dense"}]}, "other layers"),
        ({"train.schedule": {"kind": "cosine"}}, "schedule cosine"),
        ({"data.shuffle": True, "train.nesterov": False}, "shuffle, no nesterov"),
        ({"model.layers.state.units": 4}, "state.units 4"),
    ],
)
def test_a_difference_in_few_words(settings: dict[str, object], words: str) -> None:
    assert difference(settings) == words


def test_names_are_free_and_do_not_grow() -> None:
    assert named("sigmoid", "relu", ["sigmoid"], "→") == "sigmoid → relu"
    assert named("sigmoid → relu", "tanh", [], "→") == "sigmoid → tanh"
    assert named("", "relu", [""], "→") == named("original", "relu", [], "→") == "relu"
    assert free_name("a", ["a", "a 2", "b"]) == "a 3"


@pytest.mark.parametrize("typed", ["", "   ", "x" * 41, "a\tb\x07"])
def test_what_no_lane_can_be_called(typed: str) -> None:
    with pytest.raises(InputError, match="1 to 40"):
        lane_name(typed)


@pytest.mark.parametrize("keys", [("comma", "t"), ("comma", "b"), ("r", "t"), ("right", "r", "t"), ("R", "a")])
async def test_a_new_lane_beside_a_former_future_is_drawn(keys: tuple[str, ...]) -> None:
    app = lab(TWO, speed=1000.0)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        await pilot.press("S", "S")
        await until(pilot, lambda: lanes(app)["a"].step == 20)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.2)
        await until(pilot, lambda: len(lanes(app)) == 3 and app.model.panel_view.lane == 2)
        for view in "123456":
            await pilot.press(view)
            await pilot.pause(0.1)
        await pilot.press("s")
        app.source.stop()


async def test_from_before_a_lane_had_its_name_it_runs_on_beyond_the_end() -> None:
    app = lab(paused=False)
    async with app.run_test(size=ROOMY) as pilot:
        await until(pilot, lambda: app.model.view.finished)
        await pilot.press("a")  # the lane that was alone gets a name
        await until(pilot, lambda: len(lanes(app)) == 2)
        app.source.order(lambda training: setattr(training, "running", False) or training.run.seek(50))
        await until(pilot, lambda: list(lanes(app)) == [""])
        await pilot.press("right")  # another future, in which it never gets that name
        await until(pilot, lambda: app.model.view.can_undo)
        app.source.order(lambda training: training.steps(50))
        await until(pilot, lambda: app.model.view.finished)
        await pilot.press("space")
        await until(pilot, lambda: lanes(app)[""].step == 200)
        assert app.model.view.stage == "ready"
        app.source.stop()
