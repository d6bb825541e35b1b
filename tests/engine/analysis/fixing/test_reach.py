"""How far the data let anybody get."""

import math

import numpy as np
import pytest

from nntui_engine.analysis.fixing.reach import Reach, reach_of, score_of
from nntui_engine.data.dataset import LaneData
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import scenario_from_dict

ROWS = 300


def data(task, x, t, held_out=100):
    cut = len(x) - held_out
    names = tuple(f"x{i}" for i in range(x.shape[1]))
    return LaneData("key", task, names, (), x[:cut], t[:cut], x[cut:], t[cut:], (x.shape[1],))


def inputs(seed=0, columns=3):
    return np.random.default_rng(seed).normal(size=(ROWS, columns))


def test_a_line_is_found_by_the_linear_model():
    x = inputs() * [1.0, 1e6, 1e-6] + [0.0, 5e6, 0.0]  # scales do not matter
    t = x[:, :1] + x[:, 1:2] / 1e6 - x[:, 2:] * 1e6
    reach = reach_of(data("regression", x, t))
    assert (reach.name, reach.guess, reach.rows) == ("r2", 0.0, 100)
    assert reach.simple > 0.999


def test_what_no_line_divides_is_found_by_neighbours():
    x = inputs(columns=2)
    right = (x[:, :1] * x[:, 1:] > 0).astype(float)
    reach = reach_of(data("binary", x, right))
    assert reach.name == "validation_accuracy"
    assert reach.simple > 0.85
    assert reach.learnable


@pytest.mark.parametrize("coding", ["label", "plus_minus", "one_hot"])
def test_guessing_is_as_good_as_the_commonest_class_however_it_is_coded(coding):
    x, yes = inputs(), np.arange(ROWS)[:, None] % 4 == 0  # a quarter
    t = {"label": yes * 1.0, "plus_minus": yes * 2.0 - 1.0, "one_hot": np.hstack([~yes, yes]) * 1.0}[coding]
    assert reach_of(data("binary", x, t)).guess == 0.75


def test_labels_at_random_cannot_be_learned():
    t = np.random.default_rng(1).integers(0, 2, (ROWS, 1)).astype(float)
    assert not reach_of(data("binary", inputs(), t)).learnable


def test_without_rows_held_out_no_row_is_its_own_neighbour():
    t = np.random.default_rng(1).integers(0, 2, (ROWS, 1)).astype(float)
    reach = reach_of(data("binary", inputs(columns=1), t, held_out=0))
    assert reach.name == "train_accuracy"
    assert not reach.learnable


def test_constant_and_huge_inputs_are_no_trouble():
    x = np.hstack([np.ones((ROWS, 1)), inputs(columns=1) * 1e200])
    t = (x[:, 1:] > 0).astype(float)
    assert 0.0 <= reach_of(data("binary", x, t)).simple <= 1.0
    assert reach_of(data("binary", np.ones((ROWS, 2)), t)).simple >= 0.5


def test_more_columns_than_rows():
    x = inputs(columns=2000)
    assert reach_of(data("regression", x, x[:, :1])).simple > 0.0


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
