"""How expectations stand while a run goes on: in the end as they are verified, and never as true of another run."""

from typing import Any

import pytest

from nntui_engine.analysis.standing import Standing, Standings
from nntui_engine.analysis.verify import measure
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import Scenario, scenario_from_dict

RACE: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "A bowl"},
    "surface": {"name": "bowl", "start": [1.0, -2.0]},
    "train": {"lr": 0.5, "steps": 20},
    "lane": [{"name": "half"}, {"name": "slow", "set": {"train.lr": 0.1}}],
}
TRAINED: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "A small net"},
    "data": {"name": "plane", "samples": 60},
    "model": {"hidden": [4, 3], "activation": "tanh"},
    "train": {"lr": 0.05, "steps": 12, "batch_size": 10},
    "lane": [{"name": "a"}, {"name": "b", "set": {"train.lr": 0.5}}],
}
AT_FIVE = {"lane": "half", "step": 5, "statistic": "distance", "below": 1.0}
AT_END = {"lane": "half", "statistic": "distance", "below": 0.01}
RATIO = {"lane": "half", "step": 8, "statistic": "value", "over": {"step": 2}, "below": 0.5}
SLOW = {"lane": "slow", "statistic": "distance", "above": 0.01}


def scenario(tables: dict[str, Any], *expect: dict[str, Any]) -> Scenario:
    return scenario_from_dict({**tables, "expect": list(expect)}, name="test")


class Watched:
    """A run that is looked at as the lab does, ``steps`` at a time."""

    def __init__(self, tables: dict[str, Any], *expect: dict[str, Any]) -> None:
        self.scenario = scenario(tables, *expect)
        self.run = Experiment(self.scenario, rewind_memory=10**7)
        self.standings = Standings(self.scenario)
        self.standings.note(self.run)

    def advance(self, steps: int, at_once: int = 7) -> None:
        goal = self.run.position + steps
        while self.run.position < goal and not self.run.finished:
            due = min(at_once, goal - self.run.position)
            self.run.advance(min(due, self.standings.until_read(self.run) or due))
            self.standings.note(self.run)

    def look(self) -> tuple[Standing, ...]:
        return self.standings.look(self.run, fresh=True)

    def states(self) -> list[str]:
        return [one.state for one in self.look()]


@pytest.mark.parametrize(
    ("tables", "expect"),
    [
        (RACE, (AT_FIVE, AT_END, RATIO, SLOW, {**AT_END, "below": 1e-9})),
        (
            TRAINED,
            (
                {"lane": "a", "step": 5, "statistic": "gradient_norm", "layer": 1, "over": {"layer": -1}, "above": 0.1},
                {"lane": "b", "statistic": "loss", "over": {"lane": "a"}, "below": 1.0},
                {"lane": "b", "statistic": "loss", "average_over": 4, "above": 5.0},
                {"lane": "a", "step": 9, "statistic": "sharpness", "above": 0.0},
                {"lane": "a", "no_finding": "vanishing_gradient"},
                {"no_finding": "any"},
            ),
        ),
    ],
    ids=["race", "network"],
)
@pytest.mark.parametrize("at_once", [1, 7])
def test_at_the_end_all_stand_as_they_are_verified(
    tables: dict[str, Any], expect: tuple[dict[str, Any], ...], at_once: int
) -> None:
    watched = Watched(tables, *expect)
    watched.advance(100, at_once)
    verified = measure(watched.scenario, 0)
    found = watched.look()
    assert [one.measured for one in found] == [one.measured for one in verified]
    assert [one.state for one in found] == ["held" if one.passed else "missed" for one in verified]
    assert not any(one.changed for one in found)


def test_what_is_to_come_is_told_from_what_came_and_from_what_is_true_so_far() -> None:
    watched = Watched(RACE, AT_FIVE, AT_END, RATIO, SLOW)
    assert watched.states() == ["ahead", "false", "ahead", "true"]
    watched.advance(5)
    assert watched.states() == ["held", "false", "ahead", "true"]
    watched.advance(3)
    assert watched.states() == ["held", "true", "held", "true"]
    watched.advance(100)
    assert watched.states() == ["held", "held", "held", "held"]


def test_what_costs_more_than_a_step_waits_for_its_moment() -> None:
    watched = Watched(TRAINED, {"lane": "a", "statistic": "sharpness", "above": 0.0})
    assert watched.look()[0] == Standing(watched.scenario.expectations[0], "ahead")
    watched.advance(100)
    assert watched.states() == ["held"]


def test_a_changed_lane_says_so_and_no_other_does() -> None:
    watched = Watched(RACE, AT_FIVE, AT_END, SLOW)
    watched.advance(6)
    watched.standings.forget(watched.run.position)
    watched.run.tweak({"train.lr": 0.4}, "half")
    watched.advance(100)
    assert [one.changed for one in watched.look()] == [(), ("lr",), ()]
    assert watched.states()[0] == "held"  # it was read before the change


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"seed": 3}, ("seed",)), ({"steps": 12}, ("steps",)), ({"overrides": [({"train.lr": 0.4}, "half")]}, ("lr",))],
    ids=["seed", "steps", "set"],
)
def test_a_run_that_began_with_other_settings_says_so(arguments: dict[str, Any], words: tuple[str, ...]) -> None:
    watched = Watched(RACE, AT_END)
    watched.run = Experiment(watched.scenario, **arguments)
    watched.advance(100)
    assert watched.look()[0].changed == words


def test_what_the_scenario_changes_itself_is_no_change() -> None:
    planned = {**RACE, "change": [{"step": 4, "lane": "half", "set": {"train.lr": 0.3}}]}
    watched = Watched(planned, AT_END)
    watched.advance(6)
    assert watched.look()[0].changed == ()
    watched.run.tweak({"train.lr": 0.2}, "half")
    assert watched.look()[0].changed == ("lr",)


def test_further_back_what_was_read_is_still_to_come_and_is_there_again_further_on() -> None:
    watched = Watched(RACE, AT_FIVE, AT_END)
    watched.advance(100)
    watched.run.seek(3)
    assert watched.states() == ["ahead", "false"]
    watched.run.seek(20)
    assert watched.states() == ["held", "held"]


def test_another_future_forgets_what_was_read_in_the_one_before() -> None:
    watched = Watched(RACE, AT_FIVE, AT_END)
    watched.advance(100)
    watched.run.seek(1)
    watched.standings.forget(1)
    watched.run.tweak({"train.lr": 0.01}, "half")
    watched.advance(4)
    assert [(one.state, one.changed) for one in watched.look()] == [("missed", ("lr",)), ("false", ("lr",))]


def test_what_was_passed_without_a_look_is_unseen() -> None:
    watched = Watched(RACE, AT_FIVE)
    watched.run.advance(6)
    assert watched.states() == ["unseen"]


def test_the_end_that_was_read_stays_when_the_run_is_made_longer() -> None:
    watched = Watched(RACE, AT_END)
    watched.advance(100)
    before = watched.look()
    watched.run.tweak({"train.steps": 40}, None)
    watched.advance(10)
    assert watched.look() == before


def test_lanes_beside_renamed_and_gone() -> None:
    watched = Watched(TRAINED, {"lane": "a", "statistic": "loss", "above": 0.0}, {"no_finding": "any"})
    watched.run.add_lane("c", "a", {"train.lr": 1e6}, fresh=True)
    watched.run.rename_lane("a", "first")
    watched.standings.renamed("a", "first")
    watched.advance(8)
    rules = {name: {one.rule for one in watched.run.findings() if one.lane == name} for name in ("first", "b", "c")}
    assert rules["c"] - rules["first"] - rules["b"]
    loss, findings = watched.look()
    assert loss.state == "true"
    assert set(findings.measured) == rules["first"] | rules["b"]  # type: ignore[arg-type]  # c is none of the scenario's
    watched.run.drop_lane("first")
    assert watched.states() == ["gone", "gone"]


def test_a_lane_that_starts_again_with_another_network_is_no_failure() -> None:
    wanted = {"lane": "a", "step": 5, "statistic": "gradient_norm", "layer": 2, "above": 0.0}
    watched = Watched(TRAINED, wanted, {"lane": "a", "statistic": "skip_variance_share", "layer": 2, "above": 0.0})
    watched.advance(6)
    watched.run.tweak({"model.hidden": []}, "a")
    assert watched.states()[0] == "ahead"
    watched.advance(100)
    found = watched.look()
    assert [(one.measured, one.state) for one in found] == [(None, "missed"), (None, "missed")]
    assert all("hidden" in one.changed for one in found)


def test_looking_takes_a_small_share_of_the_time() -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 0.1  # what a look takes
        return now[0]

    watched = Watched(RACE, AT_END)
    watched.standings = Standings(watched.scenario, clock)
    first = watched.standings.look(watched.run)
    watched.run.advance(10)
    looks = 0
    while watched.standings.look(watched.run) is first:
        looks += 1
    assert 30 < looks < 60
