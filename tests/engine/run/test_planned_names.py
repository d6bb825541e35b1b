"""What a scenario changes on the way happens to a lane whatever it is called by then."""

from typing import Any

import pytest

from nntui_engine.experiment import Experiment
from nntui_engine.scenario import scenario_from_dict

TABLES: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "Bowls"},
    "surface": {"name": "bowl"},
    "train": {"lr": 0.1, "steps": 20},
    "lane": [{"name": "a"}, {"name": "b"}],
    "change": [{"step": 5, "lane": "a", "set": {"train.lr": 0.2}}],
}


def rates(run: Experiment) -> dict[str, float]:
    return {lane.name: lane.settings.optimizer_parameters["lr"] for lane in run.lanes}


@pytest.mark.parametrize("names", [("first",), ("b2", "first"), ("first", "a")])
def test_after_a_lane_was_renamed_and_started_again(names: tuple[str, ...]) -> None:
    run = Experiment(scenario_from_dict(TABLES), rewind_memory=10**7)
    called = "a"
    for name in names:
        run.rename_lane(called, name)
        called = name
    run.restart()
    run.advance(6)
    assert rates(run) == {called: 0.2, "b": 0.1}


def test_where_it_was_given_back_its_first_name_by_going_back() -> None:
    run = Experiment(scenario_from_dict(TABLES), rewind_memory=10**7)
    run.advance(8)
    run.tweak({"train.lr": 0.1}, "a")
    run.rename_lane("a", "first")
    run.seek(2)
    run.restart()
    run.advance(6)
    assert rates(run) == {"a": 0.2, "b": 0.1}
