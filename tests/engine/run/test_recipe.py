"""Changes that a scenario holds, and the scenario that a run has become: the same bits, whatever was done to it."""

from collections.abc import Callable
from typing import Any

import pytest
from engine.run.test_lanes import HIGHER, lane_bits
from engine.run.test_seek import KINDS, experiment, kinds

from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment
from nntui_engine.run.recipe import Recipe
from nntui_engine.scenario import scenario_from_dict

pytestmark = pytest.mark.slow


def changed(kind: str, *changes: dict[str, Any]) -> Experiment:
    return Experiment(scenario_from_dict({**KINDS[kind], "change": list(changes)}), rewind_memory=10**8)


def from_recipe(kind: str, recipe: Recipe) -> Experiment:
    """The lane alone, as a file would say it."""
    head = {key: KINDS[kind][key] for key in ("schema", "scenario")}
    changes = [{"step": step, "set": dict(settings)} for step, settings in recipe.changes]
    return Experiment(scenario_from_dict({**head, **recipe.tables, "change": changes}))


@kinds
def test_a_change_in_the_file_is_a_change_by_hand(kind: str) -> None:
    by_hand, by_file = experiment(kind), changed(kind, {"step": 40, "lane": "plain", "set": HIGHER})
    by_hand.advance(40)
    by_hand.tweak(HIGHER, "plain")
    by_hand.advance(60)
    for count in (30, 25, 45):
        by_file.advance(count)
    assert lane_bits(by_file, "plain") == lane_bits(by_hand, "plain")
    assert lane_bits(by_file, "short") == lane_bits(by_hand, "short")
    assert [(mark.step, mark.lane, mark.settings) for mark in by_file.marks] == [(40, "plain", HIGHER)]


@kinds
def test_one_can_go_back_and_forward_over_it(kind: str) -> None:
    run = changed(kind, {"step": 40, "set": HIGHER})
    run.advance(100)
    there = lane_bits(run, "plain")
    run.seek(20)
    assert run.marks == []
    run.seek(100)
    assert lane_bits(run, "plain") == there


@kinds
def test_a_change_by_hand_before_it_leaves_it_to_come(kind: str) -> None:
    run = changed(kind, {"step": 40, "lane": "plain", "set": HIGHER})
    run.advance(20)
    run.tweak({"train.lr": 0.001}, "short")
    run.advance(30)
    assert [(mark.step, mark.lane) for mark in run.marks] == [(20, "short"), (40, "plain")]


@kinds
def test_it_comes_again_after_a_restart_and_to_a_renamed_lane(kind: str) -> None:
    run = changed(kind, {"step": 40, "lane": "plain", "set": HIGHER})
    run.advance(50)
    run.restart()
    run.rename_lane("plain", "other")
    run.advance(50)
    assert [(mark.step, mark.lane) for mark in run.marks] == [(40, "other")]
    run.restart()
    run.drop_lane("other")
    run.advance(50)
    assert run.marks == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"step": 3, "lane": "none", "set": HIGHER}, '[[change]] 1: lane: unknown lane "none"'),
        ({"step": 3, "set": {"train.lr": -1}}, "[[change]] 1: train.lr = -1"),
        ({"step": 0, "set": HIGHER}, "change[1].step = 0"),
        ({"step": 3}, "change[1].set is missing"),
        ({"set": HIGHER}, "change[1].step is missing"),
    ],
)
def test_what_is_wrong_is_said_when_it_is_loaded(change: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as refused:
        changed("network", change)
    assert says in str(refused.value)


def deeds(kind: str) -> list[Callable[[Experiment], Any]]:
    shape = {"model.hidden": [5, 4]} if kind == "network" else {"surface.start": [1.0, 1.0]}
    return [
        lambda run: run.tweak(HIGHER, "plain"),
        lambda run: run.add_lane("branch", "plain", {"train.lr": 0.003}, fresh=False),
        lambda run: run.tweak({"train.lr": 0.004}),
        lambda run: run.add_lane("new", "branch", {"train.optimizer": "sgd"}),
        lambda run: run.tweak({"train.steps": 200}, "short"),
        lambda run: run.tweak(shape, "new"),  # begins again
        lambda run: run.tweak({"train.lr": 0.005}, "new"),
        lambda run: run.rename_lane("new", "newer"),
        lambda run: run.drop_lane("plain"),
    ]


@kinds
@pytest.mark.parametrize("seek", [False, True])
def test_whatever_was_done_a_file_can_say_it(kind: str, seek: bool) -> None:
    run = experiment(kind, rewind_memory=10**8)
    for deed in deeds(kind):
        run.advance(23)
        deed(run)
    run.advance(17)
    if seek:
        end = run.position
        run.seek(60)
        run.seek(end)
    recipes = {recipe.name: recipe for recipe in run.recipes()}
    assert list(recipes) == [lane.name for lane in run.lanes]
    for name, recipe in recipes.items():
        assert recipe.exact
        again = from_recipe(kind, recipe)
        again.advance(run.step_of(name))
        assert lane_bits(again, again.lanes[0].name) == lane_bits(run, name), name


def test_parameters_set_by_hand_cannot_be_said() -> None:
    run = experiment("network")
    run.advance(5)
    run.set_parameters("plain", {"1.biases": run.parameters("plain")["1.biases"] + 1})
    assert not run.recipes()[0].exact
