"""Turning knobs on a running experiment: what keeps the weights, what starts again, and what is refused."""

from typing import Any

import numpy as np
import pytest
from engine.build import Build
from engine.twin_network import TwinLane

from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment
from nntui_engine.kernels import columns as c
from nntui_engine.scenario import scenario_from_dict

LIVE: list[dict[str, Any]] = [
    {"train.lr": 0.01},
    {"train.optimizer": "adam"},
    {"train.optimizer": "sgd", "train.momentum": 0.9},
    {"model.activation": "relu"},
    {"model.activation": "prelu"},
    {"model.output": "tanh"},
    {"model.output_trainable": False},
    {"model.dropout": 0.5},
    {"model.input_dropout": 0.2, "model.dropconnect": 0.1},
    {"train.batch_size": 3},
    {"train.batch_size": "full"},
    {"train.l1": 0.1},
    {"train.l2": 0.1},
    {"model.batch_norm": "before"},
    {"model.batch_norm": "after"},
    {"model.batch_norm_inputs": True},
    {"model.trainable": False},
    {"train.clip_norm": 0.1},
    {"train.noise.weights": 0.1},
    {"train.schedule": "cosine"},
    {"train.early_stopping.patience": 3},
    {"train.loss": "mae"},
    {"train.steps": 7},
    {"train.evaluate_every": 2},
]
RESTARTING: list[dict[str, Any]] = [
    {"model.init": "he_normal"},
    {"model.bias": 0.5},
    {"model.hidden": [4]},
    {"model.hidden": [3, 3]},
    {"model.hidden": []},
    {"data.preprocess": "standardize"},
    {"data.test_fraction": 0.25},
    {"train.seed": 4},
    {"train.dtype": "float32"},
]
REFUSED: list[dict[str, Any]] = [
    {"train.lr": -1},
    {"train.lr": 0.5, "train.batch_size": 99},
    {"train.optimizer": "adamm"},
    {"train.optimizer": "adam", "train.momentum": 0.9},
    {"model.activation": ["tanh", "tanh"]},
    {"model.dropout": 1.0},
    {"train.nothing": 1},
    {"train.steps": 0},
]


@pytest.fixture
def run(build: Build) -> Experiment:
    experiment = build({}, {"batch_size": 4, "momentum": 0.5}, n=9, data={"task": "regression"})
    experiment.advance(5)
    return experiment


def names(values: Any) -> str:
    return ", ".join(f"{key}={value}" for key, value in values.items())


@pytest.mark.parametrize("settings", LIVE, ids=names)
def test_a_live_change_keeps_what_was_learned(settings: dict[str, Any], run: Experiment) -> None:
    before = run.parameters()
    mark = run.tweak(settings)
    assert (mark.step, mark.lane, mark.settings, mark.restarted) == (5, None, settings, False)
    assert run.marks == [mark]
    assert run.step == 5
    after = run.parameters()
    for name, value in before.items():
        assert np.array_equal(after[name], value), name
    run.advance(1)
    assert run.step == 6
    assert np.isfinite(run.lanes[0].latest["loss"])
    moved = any(not np.array_equal(run.parameters()[name], value) for name, value in before.items())
    assert moved == ("model.trainable" not in settings)


@pytest.mark.parametrize("model", [{"hidden": [3, 2]}, {"layers": [{"kind": "dense", "units": 3}]}])
def test_the_output_layer_alone_is_frozen_and_thawed(model: dict[str, Any]) -> None:
    tables = {"schema": 1, "scenario": {"title": "t"}, "data": {"name": "moons", "samples": 90}, "model": model}
    run = Experiment(scenario_from_dict(tables))
    last = len(run.lanes[0].settings.layers)

    def moved() -> set[str]:
        before = run.parameters()
        run.advance(3)
        after = run.parameters()
        return {name.partition(".")[0] for name in after if not np.array_equal(before[name], after[name])}

    assert str(last) in moved()
    run.tweak({"model.output_trainable": False})
    assert moved() == {str(layer) for layer in range(1, last)}
    run.tweak({"model.trainable": False, "model.output_trainable": True})
    assert moved() == {str(last)}


@pytest.mark.parametrize("settings", RESTARTING, ids=names)
def test_what_cannot_change_live_starts_again_and_says_so(settings: dict[str, Any], run: Experiment) -> None:
    mark = run.tweak(settings)
    assert mark.restarted
    assert mark.step == 5
    assert run.step == 0
    assert len(run.lanes[0].step_history) == 0
    fresh = Experiment(run.scenario, overrides=[(settings, None)])
    run.advance(3)
    fresh.advance(3)
    for name, value in fresh.parameters().items():
        assert np.array_equal(run.parameters()[name], value), name


@pytest.mark.parametrize("settings", REFUSED, ids=names)
def test_a_bad_change_changes_nothing(settings: dict[str, Any], run: Experiment) -> None:
    before, tables = run.parameters(), run.lanes[0].tables
    with pytest.raises(InputError) as problem:
        run.tweak(settings)
    assert "\n" not in str(problem.value)
    assert run.marks == []
    assert run.lanes[0].tables == tables
    assert all(np.array_equal(value, before[name]) for name, value in run.parameters().items())
    run.advance(1)
    assert run.lanes[0].latest["lr"] == 0.1


def test_after_a_tweak_training_follows_the_new_settings(run: Experiment) -> None:
    """Adam, dropout and batch norm switched on in the middle: from there as the twin would go on."""
    run.tweak({"train.optimizer": "adam", "train.l2": 0.1, "model.batch_norm": "after", "model.dropout": 0.4})
    lane = run.lanes[0]
    twin = TwinLane(lane.settings, lane.data, run.parameters())
    twin.steps_done, twin.epoch, twin.position = 5, 1, 8  # of 9 rows, 4 at a time: the second epoch's last row is next
    run.advance(1)
    hyper = lane.settings.optimizer_parameters
    x, t = twin.next_batch()
    gradient, _ = twin.backward(twin.forward(x, training=True, moves=True), t)
    for name, g in gradient.items():  # the first step of Adam is lr·g/(|g| + ε): its memory is new
        w = twin.values[name] - hyper["lr"] * g / (np.abs(g) + hyper["epsilon"])
        np.testing.assert_allclose(run.parameters()[name], w, rtol=1e-6, atol=1e-9, err_msg=name)


def test_momentum_survives_a_change_of_lr_but_not_of_the_optimizer(build: Build) -> None:
    """At lr 0 nothing moves; then the velocity of before moves the weights even where the new rate is small."""
    experiment = build({"hidden": []}, {"momentum": 0.9, "lr": 0.1}, data={"task": "regression"})
    experiment.advance(3)
    first = experiment.parameters()["1.weights"]
    gradient = experiment.gradients()["1.weights"]
    experiment.tweak({"train.lr": 0.01})
    experiment.advance(1)
    step = first - experiment.parameters()["1.weights"]
    assert not np.allclose(step, 0.01 * gradient)
    experiment.tweak({"train.optimizer": "adagrad"})
    experiment.tweak({"train.optimizer": "sgd", "train.momentum": 0.9})
    start, gradient = experiment.parameters()["1.weights"], experiment.gradients()["1.weights"]
    experiment.advance(1)
    np.testing.assert_allclose(start - experiment.parameters()["1.weights"], 0.01 * gradient, rtol=1e-9)


def test_a_tweak_of_one_lane_leaves_the_other_alone(build: Build) -> None:
    def two() -> Experiment:
        lanes = [("a", {}), ("b", {"model.hidden": [4]})]
        return build({}, {"batch_size": 2}, lanes=lanes, data={"task": "regression"})

    one, other = two(), two()
    for each in (one, other):
        each.advance(4)
    mark = one.tweak({"model.hidden": [7], "train.lr": 0.5}, "a")
    assert mark.lane == "a"
    assert mark.restarted
    for each in (one, other):
        each.advance(4)
    for name, value in other.parameters("b").items():
        assert np.array_equal(one.parameters("b")[name], value)
    with pytest.raises(InputError, match='unknown lane "c"'):
        one.tweak({"train.lr": 0.1}, "c")
    with pytest.raises(InputError, match="same one"):
        one.tweak({"train.dtype": "float32"}, "a")


def test_early_stopping_switched_off_lets_a_stopped_lane_go_on(build: Build) -> None:
    train = {"lr": 0.0, "evaluate_every": 1, "early_stopping": {"patience": 2}}
    experiment = build({}, train, data={"task": "regression"})
    assert experiment.advance(50) == 2
    assert experiment.finished
    assert experiment.snapshot().lanes[0].state == "stopped early"
    experiment.tweak({"train.early_stopping": "none"})
    assert not experiment.finished
    assert experiment.advance(5) == 5


def test_another_loss_begins_the_search_for_the_best_anew(build: Build) -> None:
    """mse is far below mae here: its best would never be beaten."""
    train = {"loss": "mse", "lr": 0.01, "evaluate_every": 1, "early_stopping": {"patience": 3}}
    experiment = build({"hidden": []}, train, n=20, outputs=1, x=np.ones((20, 1)), t=np.full((20, 1), 0.1),
                       data={"task": "regression"})  # fmt: skip
    experiment.advance(10)
    assert not experiment.finished
    experiment.tweak({"train.loss": "mae", "train.lr": 0.001})
    assert experiment.advance(10) == 10


def test_the_best_weights_survive_a_tweak(build: Build) -> None:
    train = {"lr": 0.01, "evaluate_every": 1, "early_stopping": {"patience": 2}}
    experiment = build({}, train, data={"task": "regression"})
    experiment.advance(5)
    best = experiment.parameters()
    experiment.tweak({"train.lr": 1e3})
    assert experiment.advance(50) == 2
    assert all(np.array_equal(value, best[name]) for name, value in experiment.parameters().items())


def test_restart_begins_again_with_the_present_settings(run: Experiment) -> None:
    run.tweak({"train.lr": 0.3})
    run.restart()
    assert run.step == 0
    assert run.marks == []
    run.advance(1)
    assert run.lanes[0].latest["lr"] == 0.3


def test_an_evaluation_of_a_single_training_row_begins_anew_too() -> None:
    """Training row done, held-out rows to come: what the old arena had summed up is not in the new one."""
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "moons", "samples": 3, "test_fraction": 0.6, "task": "regression"},
        "model": {"hidden": [2]},
        "train": {"batch_size": 1, "steps": 9},
    }
    run = Experiment(scenario_from_dict(tables))
    ints = run.network.arena.ints[0]
    assert ints[c.I_ROWS] == 1
    ints[c.I_EVALUATION_ROW] = 1
    run.tweak({"train.clip_norm": 1.0})
    run.advance(1)
    assert run.network.lanes[0].latest["train_loss"] > 0.0
