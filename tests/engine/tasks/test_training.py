"""How a run behaves: its end, early stopping, frozen layers, rests of epochs, NaN, own data, numbers in and out."""

from typing import Any

import numpy as np
import pytest
from engine.build import Build, rows, write_npz
from engine.twin_network import TwinLane

from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment

REGRESSION = {"task": "regression"}


def test_a_run_ends_at_its_last_step(build: Build) -> None:
    experiment = build({}, {"steps": 7, "evaluate_every": 5}, keep_samples=True, data=REGRESSION)
    assert experiment.advance(5) == 5
    assert not experiment.finished
    assert experiment.advance(5) == 2
    assert experiment.finished
    assert experiment.advance(5) == 0
    assert experiment.advance_for(0.01) == 0
    steps = experiment.lanes[0].evaluation_history.series([0]).steps
    assert steps.tolist() == [0, 5, 7]  # at the start, every 5 steps, and at the end


def test_advance_for_trains_at_least_one_step(build: Build) -> None:
    experiment = build({}, {}, data=REGRESSION)
    assert experiment.advance_for(0.0) == 1
    assert experiment.advance_for(0.05) >= 1


@pytest.mark.parametrize(("every", "expected"), [(1, [1, 2, 3, 4, 5, 6, 7]), (3, [3, 6, 7]), (10, [7])])
def test_every_kth_step_is_sampled_and_the_last(every: int, expected: list[int], build: Build) -> None:
    experiment = build({}, {"steps": 7, "evaluate_every": 6}, keep_samples=True, every=every, data=REGRESSION)
    experiment.advance(7)
    got = list(experiment.samples())
    assert [row["step"] for row in got] == expected
    assert [row["step"] for row in got if "train_loss" in row] == [step for step in expected if step in (6, 7)]
    assert list(experiment.samples()) == []
    with pytest.raises(InputError, match="every"):
        build({}, {}, every=0)


def test_samples_come_step_by_step_in_the_order_of_the_lanes(build: Build) -> None:
    lanes = [("b", {}), ("a", {"train.lr": 0.01}), ("short", {"train.steps": 2})]
    experiment = build({}, {}, lanes=lanes, keep_samples=True, data=REGRESSION)
    experiment.advance(3)
    got = [(row["step"], row["lane"]) for row in experiment.samples()]
    assert got == [(1, "b"), (1, "a"), (1, "short"), (2, "b"), (2, "a"), (2, "short"), (3, "b"), (3, "a")]


def overfitting(build: Build, **more: Any) -> Experiment:
    """A net that learns 6 noisy rows by heart, so that the loss on the 6 held-out rows soon rises."""
    train = {"lr": 0.05, "optimizer": "adam", "evaluate_every": 5, "steps": 400, **more}
    return build({"hidden": [20]}, train, n=12, data={**REGRESSION, "test_fraction": 0.5})


@pytest.mark.parametrize("restore", [True, False])
def test_early_stopping(restore: bool, build: Build) -> None:
    experiment = overfitting(build, early_stopping={"patience": 3, "restore_best": restore})
    seen = {}
    lane = experiment.lanes[0]
    while not experiment.finished:
        seen[experiment.step] = (lane.latest["validation_loss"], experiment.parameters())
        experiment.advance(5)
    best = min(seen, key=lambda step: seen[step][0])
    assert experiment.step == best + 3 * 5 < 400
    assert experiment.snapshot().lanes[0].state == "stopped early"
    same = all(np.array_equal(value, seen[best][1][name]) for name, value in experiment.parameters().items())
    assert same == restore
    assert (lane.latest["validation_loss"] == seen[best][0]) == restore
    losses = lane.evaluation_history.series([3]).mean[:, 0]
    assert (losses[-1] == losses.min()) == restore


def test_the_best_batch_norm_statistics_come_back_too(build: Build) -> None:
    train = {"lr": 0.05, "optimizer": "adam", "evaluate_every": 5, "early_stopping": {"patience": 2}, "steps": 500}
    model = {"hidden": [20], "batch_norm": "before", "batch_norm_momentum": 0.5}
    experiment = build(model, train, n=12, data={**REGRESSION, "test_fraction": 0.5})
    while not experiment.finished:
        experiment.advance(5)
    lane = experiment.lanes[0]
    assert lane.latest["validation_loss"] == lane.evaluation_history.series([3]).mean[:, 0].min()
    whole, _ = TwinLane(lane.settings, lane.data, experiment.parameters()).evaluate()
    assert lane.latest["validation_loss"] == pytest.approx(whole["validation_loss"], rel=1e-9)


def test_min_delta(build: Build) -> None:
    experiment = overfitting(build, early_stopping={"patience": 2, "min_delta": 1e6})
    experiment.advance(100)
    assert experiment.step == 10


def test_frozen_layers_do_not_move(build: Build) -> None:
    model = {"hidden": [3, 3], "trainable": [True, False, True], "activation": "prelu", "batch_norm": "after"}
    experiment = build(model, {"optimizer": "adamw", "weight_decay": 0.5, "l2": 0.1}, data=REGRESSION)
    before = experiment.parameters()
    experiment.advance(4)
    for name, value in experiment.parameters().items():
        if "running" not in name:
            assert np.array_equal(value, before[name]) == name.startswith("2."), name
    assert experiment.lanes[0].latest_layers["update_ratio"][1] == 0.0
    assert experiment.lanes[0].latest_layers["gradient_norm"][1] > 0.0


def test_an_epoch_shows_every_row_once(build: Build) -> None:
    """With lr 0 the batch losses, weighted by rows (3 + 3 + 2), average to the loss on the whole set."""
    experiment = build({}, {"lr": 0.0, "batch_size": 3, "evaluate_every": 1}, n=8, keep_samples=True, data=REGRESSION)
    experiment.advance(6)
    losses = np.array([row["loss"] for row in experiment.samples()]).reshape(2, 3)
    whole = experiment.lanes[0].latest["train_loss"]
    np.testing.assert_allclose(losses @ [3, 3, 2] / 8, [whole, whole], rtol=1e-12)
    assert not np.allclose(losses[0], losses[1])  # another order


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_run_that_blows_up_goes_on_and_says_when(dtype: str, build: Build) -> None:
    train = {"lr": 1e6, "dtype": dtype, "evaluate_every": 10, "loss": "mse"}
    experiment = build({"hidden": [3], "activation": "linear"}, train, n=50, keep_samples=True, data=REGRESSION)
    assert experiment.advance(40) == 40
    lane = experiment.lanes[0]
    assert not np.isfinite(lane.latest["loss"])
    assert not np.isfinite(lane.latest["train_loss"])
    broken = [row["step"] for row in experiment.samples() if sum(row["layers"]["non_finite"]) > 0]
    assert lane.first_non_finite is not None
    assert lane.first_non_finite.step in (broken[0] - 1, broken[0])  # an update shows in the next step's W
    assert (lane.first_non_finite.step < broken[0]) == (lane.first_non_finite.node == "update")
    assert broken == list(range(broken[0], 41))
    history = lane.step_history.series([0])
    assert not np.isfinite(history.mean[-1]).any()


def test_evaluation_is_the_forward_pass_over_all_rows(build: Build) -> None:
    model = {"hidden": [4], "batch_norm": "after", "dropout": 0.5, "dropconnect": 0.3}
    train = {"batch_size": 2, "evaluate_every": 3, "noise": {"inputs": 0.5, "weights": 0.5}}
    experiment = build(model, train, n=9, data={**REGRESSION, "test_fraction": 0.3})
    experiment.advance(6)
    lane = experiment.lanes[0]
    whole, _ = TwinLane(lane.settings, lane.data, experiment.parameters()).evaluate()
    for name, value in whole.items():
        assert lane.latest.get(name, value) == pytest.approx(value, rel=1e-9), name


def test_statistics_that_do_not_apply_are_left_out(build: Build) -> None:
    regression = build({}, {}, data=REGRESSION).lanes[0]
    assert {"accuracy", "validation_loss"}.isdisjoint(regression.latest)
    assert "r2" in regression.latest
    classes = build({}, {}, kind="one_hot", outputs=3, n=9).lanes[0]
    assert "train_accuracy" in classes.latest
    assert {"r2", "train_r2", "validation_accuracy"}.isdisjoint(classes.latest)


def test_lanes_with_data_of_their_own(build: Build, tmp_path: Any) -> None:
    other = write_npz(tmp_path / "other.npz", *rows(30, 6, 1, "real"))
    lanes = [("a", {}), ("b", {"data.path": str(other), "train.batch_size": 7}), ("c", {"train.lr": 0.01})]
    experiment = build({}, {}, n=5, lanes=lanes, data=REGRESSION)
    experiment.advance(6)
    assert [lane.network.own_data for lane in experiment.snapshot().lanes] == [False, True, False]
    assert experiment.parameters("b")["1.weights"].shape == (6, 3)
    alone = build({}, {}, n=5, lanes=lanes[1:2], data=REGRESSION)
    alone.advance(6)
    for name, value in alone.parameters("b").items():
        assert np.array_equal(experiment.parameters("b")[name], value)


def test_parameters_in_and_out(build: Build) -> None:
    experiment = build({"hidden": [4], "activation": "prelu", "batch_norm": "before"}, {}, inputs=3, outputs=2)
    shapes = {name: value.shape for name, value in experiment.parameters().items()}
    assert shapes == {
        "1.weights": (3, 4), "1.biases": (4,), "1.alpha": (1,), "1.gamma": (4,), "1.beta": (4,),
        "2.weights": (4, 2), "2.biases": (2,), "1.running_mean": (4,), "1.running_variance": (4,),
    }  # fmt: skip
    assert experiment.snapshot().lanes[0].network.parameters == 3 * 4 + 4 + 1 + 8 + 4 * 2 + 2
    new = np.arange(12.0).reshape(3, 4)
    experiment.set_parameters(0, {"1.weights": new})
    new[:] = 0.0
    assert experiment.parameters()["1.weights"][2, 3] == 11.0
    experiment.parameters()["1.weights"][:] = 0.0
    assert experiment.parameters()["1.weights"][2, 3] == 11.0
    with pytest.raises(InputError, match=r'unknown parameter "1\.weight"; did you mean "1\.weights"'):
        experiment.set_parameters(0, {"1.biases": np.ones(4), "1.weight": new})
    with pytest.raises(InputError, match=r"1.weights: shape \(2, 2\) does not fit; must be \(3, 4\)"):
        experiment.set_parameters("", {"1.biases": np.ones(4), "1.weights": np.ones((2, 2))})
    assert (experiment.parameters()["1.biases"] == 0.0).all()  # a refused call changes nothing
    with pytest.raises(InputError, match="lane 3 does not exist"):
        experiment.parameters(3)
    with pytest.raises(InputError, match="unknown lane"):
        experiment.gradients("nobody")


def test_gradients_are_those_of_the_next_step(build: Build) -> None:
    experiment = build({}, {"lr": 0.1, "batch_size": 2}, data=REGRESSION)
    before, gradients = experiment.parameters(), experiment.gradients()
    experiment.advance(1)
    for name, g in gradients.items():
        np.testing.assert_allclose(experiment.parameters()[name], before[name] - 0.1 * g, rtol=1e-12, atol=1e-15)


def test_snapshot_histories(build: Build) -> None:
    experiment = build({"hidden": [4]}, {"evaluate_every": 5}, data=REGRESSION)
    experiment.advance(20)
    view = experiment.snapshot(["gradient_norm", "dead_units"], ["loss", "train_loss"], points=6).lanes[0]
    assert view.layer_history["gradient_norm"].mean.shape == (6, 2)
    assert view.layer_history["dead_units"].steps.tolist() == [0, 5, 10, 15, 20]
    assert view.whole_history["loss"].high.shape == (6, 1)
    assert view.whole["loss"] == experiment.lanes[0].statistics["loss"]
    with pytest.raises(InputError, match='did you mean "gradient_norm"'):
        experiment.snapshot(["gradient_nrm"])
