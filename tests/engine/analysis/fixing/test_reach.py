"""How well a lane does, and how far its data let anybody get."""

import math

import numpy as np
import pytest

from nntui_engine.analysis.fixing.reach import Reach, reach_of, score_of
from nntui_engine.data.dataset import LaneData
from nntui_engine.data.facts import DataFacts, SimplerMethods, facts_of
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import scenario_from_dict

ROWS = 300


def data(task, t, held_out=100):
    x = np.random.default_rng(0).normal(size=(ROWS, 3))
    cut = ROWS - held_out
    return LaneData("key", task, ("a", "b", "c"), (), x[:cut], t[:cut], x[cut:], t[cut:], (3,), np.copy)


def facts(line, neighbours):
    return DataFacts(chance=0.5, simpler=SimplerMethods(lambda: (line, neighbours)))


@pytest.mark.parametrize(
    ("task", "held_out", "name", "rows"),
    [
        ("regression", 100, "r2", 100),
        ("regression", 0, "r2", 300),
        ("binary", 100, "validation_accuracy", 100),
        ("binary", 0, "train_accuracy", 300),
    ],
)
def test_rows_held_out_are_what_counts_where_there_are_some(task, held_out, name, rows):
    reach = reach_of(data(task, np.zeros((ROWS, 1)), held_out), facts(0.6, 0.9))
    assert reach == Reach(name, 0.5, 0.9, rows)


def test_what_is_not_known_is_no_more_than_guessing():
    zeros = data("binary", np.zeros((ROWS, 1)))
    assert reach_of(zeros, facts(math.nan, math.nan)).simple == 0.5
    assert reach_of(zeros, facts(0.3, 0.2)).simple == 0.5


def test_labels_at_random_cannot_be_learned():
    noise = np.random.default_rng(1).integers(0, 2, (ROWS, 1)).astype(float)
    of_rows = data("binary", noise)
    assert not reach_of(of_rows, facts_of(of_rows)).learnable
    assert Reach("validation_accuracy", 0.5, 0.9, 100).learnable


def test_nothing_is_worse_than_guessing():
    reach = Reach("validation_accuracy", 0.6, 0.9, 100)
    assert [reach.level(score) for score in (0.1, 0.7, math.nan, -math.inf)] == [0.6, 0.7, 0.6, 0.6]


def test_chance_moves_the_shares_of_few_rows_further():
    """Two standard errors of a difference at one half: 2·√(2·¼/n)."""
    assert Reach("validation_accuracy", 0.5, 0.9, 50).noise(0.5) == pytest.approx(0.2)
    assert Reach("validation_accuracy", 0.5, 0.9, 5000).noise(0.5) == pytest.approx(0.02)
    assert Reach("r2", 0.0, 0.9, 50).noise(0.3) == 0.05


def test_a_network_that_names_classes_by_a_number_is_right_where_it_is_nearest():
    tables = {
        "schema": 1,
        "scenario": {"title": "Numbers for classes"},
        "data": {"name": "iris", "target_coding": "label", "preprocess": "standardize"},
        "model": {"hidden": [8], "output": "linear"},
        "train": {"loss": "mse", "optimizer": "adam", "lr": 0.01, "steps": 400},
    }
    run = Experiment(scenario_from_dict(tables))
    run.advance(400)
    held_out = run.network.lanes[0].data
    answers = run.predict(held_out.x_validation)
    by_hand = np.mean(np.clip(np.round(answers), 0, 2) == held_out.t_validation)
    assert score_of(run, 0) == pytest.approx(by_hand)
    assert by_hand > 0.8
