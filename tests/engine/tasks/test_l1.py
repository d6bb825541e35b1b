"""L1, both ways: a subgradient in g, or a soft threshold after the step."""

from typing import Any

import numpy as np
import pytest
from engine.build import Build

from nntui_engine.analysis.curvature import sharpness
from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment

REGRESSION = {"task": "regression"}
STEPS = 100
PROXIMAL = {"l1_method": "proximal"}


def trained(build: Build, model: dict[str, Any], train: dict[str, Any], steps: int = STEPS) -> Experiment:
    experiment = build({"hidden": [6, 5], "activation": "tanh", **model}, train, n=12, data=REGRESSION)
    experiment.advance(steps)
    return experiment


def moved(one: Experiment, other: Experiment) -> float:
    """The largest difference between two runs' parameters."""
    values = other.parameters()
    return max(float(np.abs(value - values[name]).max()) for name, value in one.parameters().items())


CONTINUOUS: dict[str, dict[str, Any]] = {
    "subgradient": {"lr": 0.1},
    "subgradient, momentum": {"lr": 0.02, "momentum": 0.9},
    "proximal": {"lr": 0.1, **PROXIMAL},
    "proximal, adam": {"lr": 0.02, "optimizer": "adam", **PROXIMAL},
    "proximal, rmsprop": {"lr": 0.02, "optimizer": "rmsprop", **PROXIMAL},
    "proximal, clipped": {"lr": 0.1, "clip_norm": 0.1, **PROXIMAL},
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_a_penalty_of_next_to_nothing_does_next_to_nothing(name: str, build: Build) -> None:
    train = CONTINUOUS[name]
    distance = moved(trained(build, {}, {**train, "l1": 1e-12}), trained(build, {}, train))
    assert 1e-13 < distance < 1e-9


@pytest.mark.parametrize(("method", "zeros"), [("subgradient", False), ("proximal", True)])
def test_only_the_proximal_step_makes_weights_exactly_0(method: str, zeros: bool, build: Build) -> None:
    x = np.random.default_rng(0).standard_normal((40, 10))
    train = {"lr": 0.05, "l1": 0.1, "l1_method": method, "steps": 600}
    experiment = build({"hidden": []}, train, x=x, t=x[:, :1], data=REGRESSION)
    experiment.advance(600)
    weights = experiment.parameters()["1.weights"][:, 0]
    assert (weights[1:] == 0.0).all() == zeros
    assert np.abs(weights[1:]).max() < 0.02
    assert experiment.lanes[0].latest_layers["zero_weights"][0] == (0.9 if zeros else 0.0)


def test_the_lasso_of_an_orthogonal_design(build: Build) -> None:
    """Where xᵀx/n is the identity, the lasso's weights are the soft threshold of least squares' (Tibshirani 1996)."""
    q, _ = np.linalg.qr(np.random.default_rng(3).standard_normal((8, 4)))
    x = q * np.sqrt(8.0)
    t = x @ np.array([[1.0], [-0.5], [0.2], [-0.05]])
    train = {"loss": "mse", "lr": 0.1, "l1": 0.3, "steps": 400, **PROXIMAL}
    experiment = build({"hidden": [], "trainable": True}, train, x=x, t=t, data=REGRESSION)
    experiment.set_parameters(0, {"1.weights": np.full((4, 1), 0.7)})
    experiment.advance(400)
    # mse + λ|w|: 2(w − w₀) + λ·sign(w) = 0, up to what the bias takes, which is 0 where the columns of x sum to 0
    bias = experiment.parameters()["1.biases"][0]
    pull = (x.T @ (t - bias) / 8.0)[:, 0]
    expected = np.sign(pull) * np.maximum(np.abs(pull) - 0.15, 0.0)
    np.testing.assert_allclose(experiment.parameters()["1.weights"][:, 0], expected, atol=1e-9)
    assert (expected == 0.0).any()
    assert ((experiment.parameters()["1.weights"][:, 0] == 0.0) == (expected == 0.0)).all()


def test_a_subgradient_is_in_g_and_a_proximal_step_is_not(build: Build) -> None:
    weights = {"1.weights": np.array([[0.5, -0.25], [0.0, 0.1], [-1.0, -0.0]])}
    found = {}
    for name, train in (("none", {}), ("in", {"l1": 0.3}), ("after", {"l1": 0.3, **PROXIMAL})):
        experiment = build({"hidden": []}, train, data=REGRESSION)
        experiment.set_parameters(0, weights)
        found[name] = experiment.gradients()["1.weights"]
        assert experiment.penalty() == pytest.approx(0.0 if name == "none" else 0.3 * 1.85, rel=1e-12)
        assert experiment.penalty(in_gradient=True) == pytest.approx(0.3 * 1.85 if name == "in" else 0.0, rel=1e-12)
        experiment.advance(1)
        assert experiment.lanes[0].latest["penalty"] == pytest.approx(experiment_penalty(train, weights), rel=1e-12)
    np.testing.assert_allclose(found["in"] - found["none"], 0.3 * np.sign(weights["1.weights"]), atol=1e-15)
    assert np.array_equal(found["after"], found["none"])


def experiment_penalty(train: dict[str, Any], weights: dict[str, np.ndarray]) -> float:
    """λ·‖W‖₁ before the step: the same number, whichever way L1 acts."""
    return float(train.get("l1", 0.0)) * float(np.abs(weights["1.weights"]).sum())


def test_neither_way_bends_the_loss(build: Build) -> None:
    """|w| is flat but for its kink: L1 adds nothing to the Hessian."""
    runs = [
        build({"hidden": [4], "activation": "tanh"}, train, data=REGRESSION)
        for train in ({}, {"l1": 0.3}, {"l1": 0.3, **PROXIMAL})
    ]
    plain, *others = (sharpness(run) for run in runs)
    assert plain != 0.0
    assert others == [plain, plain]


@pytest.mark.parametrize("method", ["subgradient", "proximal"])
def test_frozen_layers_are_left_alone(method: str, build: Build) -> None:
    experiment = build(
        {"hidden": [4, 4], "trainable": [True, False, True]}, {"l1": 0.5, "l1_method": method}, data=REGRESSION
    )
    before = experiment.parameters()
    experiment.advance(5)
    after = experiment.parameters()
    same = [np.array_equal(before[f"{layer}.weights"], after[f"{layer}.weights"]) for layer in (1, 2, 3)]
    assert same == [False, True, False]


def test_a_list_shrinks_layer_by_layer_and_never_biases(build: Build) -> None:
    """So strong a penalty that one step is enough."""
    train = {"l1": [100.0, 0.0], "lr": 0.1, **PROXIMAL}
    experiment = build({"hidden": [4], "bias": 0.5}, train, data=REGRESSION)
    experiment.advance(1)
    values = experiment.parameters()
    assert (values["1.weights"] == 0.0).all()
    assert (values["2.weights"] != 0.0).all()
    assert (values["1.biases"] != 0.0).all()


def test_the_rate_in_force_scales_the_threshold(build: Build) -> None:
    """inverse_time: 0.1, then 0.1 / 2, then 0.1 / 3; with a gradient of 0 nothing else moves the weights."""
    schedule = {"kind": "inverse_time", "decay": 1.0}
    train = {"l1": 1.0, "lr": 0.1, "schedule": schedule, **PROXIMAL}
    experiment = build({"hidden": []}, train, x=np.zeros((4, 2)), t=np.zeros((4, 1)), data=REGRESSION)
    experiment.set_parameters(0, {"1.weights": np.array([[0.5], [-0.12]])})
    for expected in ([0.4, -0.02], [0.35, 0.0], [0.35 - 0.1 / 3, 0.0]):
        experiment.advance(1)
        np.testing.assert_allclose(experiment.parameters()["1.weights"][:, 0], expected, atol=1e-15)


def test_the_method_can_change_while_it_trains(build: Build) -> None:
    x = np.random.default_rng(0).standard_normal((40, 10))
    experiment = build({"hidden": []}, {"lr": 0.05, "l1": 0.1, "steps": 2000}, x=x, t=x[:, :1], data=REGRESSION)
    experiment.advance(300)
    before = experiment.parameters()["1.weights"]
    assert (before != 0.0).all()
    mark = experiment.tweak({"train.l1_method": "proximal"})
    assert not mark.restarted
    assert np.array_equal(experiment.parameters()["1.weights"], before)
    experiment.advance(300)
    assert (experiment.parameters()["1.weights"] == 0.0).sum() == 9
    assert experiment.lanes[0].settings.table["train"]["l1_method"] == "proximal"  # type: ignore[index]
    with pytest.raises(InputError, match=r'train\.l1_method: unknown value "proximate"; did you mean "proximal"'):
        experiment.tweak({"train.l1_method": "proximate"})
