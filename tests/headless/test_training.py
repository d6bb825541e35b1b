"""Training without a screen."""

import pytest

from nntui.headless.training import RunOptions, build, train
from nntui.json_text import json_text
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import parse_scenario
from nntui_engine.tasks.network import NetworkTask

pytestmark = pytest.mark.slow

SCENARIO = """
schema = 1
[scenario]
title = "Two moons"
[data]
name = "moons"
samples = 60
[model]
hidden = [4]
[train]
lr = 0.1
batch_size = 10
evaluate_every = 7
steps = 60
[[lane]]
name = "a"
[[lane]]
name = "b"
set = { "train.lr" = 1.0 }
"""


def rows_of(experiment: Experiment) -> list[str]:
    rows: list[str] = []
    train(experiment, lambda *_: None, lambda found: rows.extend(json_text(row, indent=None) for row in found))
    return rows


def test_rows_do_not_show_where_launches_were_cut(monkeypatch):
    scenario = parse_scenario(SCENARIO, name="moons")
    expected = rows_of(build(scenario, RunOptions(), keep_samples=True))
    launch = NetworkTask.launch

    def tiny_launch(self: NetworkTask, *arguments: object) -> None:
        self._budget = 1
        launch(self, *arguments)

    monkeypatch.setattr(NetworkTask, "launch", tiny_launch)
    assert rows_of(build(scenario, RunOptions(), keep_samples=True)) == expected
    assert len(expected) == 2 * 60
    assert sum("validation_loss" in row for row in expected) == 2 * len({*range(7, 60, 7), 60})


def test_options_reach_the_experiment_and_progress_is_told():
    options = RunOptions(seed=5, steps=20, overrides=(({"train.lr": 0.5}, "a"),), every=4)
    experiment = build(parse_scenario(SCENARIO, name="moons"), options)
    told: list[tuple[str, int, int]] = []
    timing = train(experiment, lambda *state: told.append(state))
    assert told[-1] == ("training", 20, 20)
    assert timing.steps == 20
    assert timing.seconds > 0
    snapshot = experiment.full_snapshot(points=100)
    assert snapshot.seed == 5
    assert snapshot.lanes[0].settings.optimizer_parameters["lr"] == 0.5
    assert "gradient_norm" in snapshot.lanes[0].layer_history
    assert "validation_loss" in snapshot.lanes[0].whole_history
