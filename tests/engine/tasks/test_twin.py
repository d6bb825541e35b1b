"""Whole training runs against the NumPy twin: every parameter and every statistic, step by step, in float64."""

from typing import Any

import numpy as np
import pytest
from engine.build import Build
from engine.twin_network import TwinLane

from nntui_engine.data.probe import probe_rows
from nntui_engine.registry.activation import HIDDEN_ACTIVATIONS
from nntui_engine.registry.optimizer import OPTIMIZERS
from nntui_engine.registry.statistic import LAYER_STATISTICS

STEPS = 5
REGRESSION = {"task": "regression"}

# id: (model, train, more for `build`)
RUNS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    **{f"activation {name}": ({"hidden": [4, 3], "activation": name}, {}, {}) for name in HIDDEN_ACTIVATIONS},
    **{f"optimizer {name}": ({}, {"optimizer": name, "lr": 0.02}, {}) for name in OPTIMIZERS},
    "no hidden layer": ({"hidden": []}, {}, {}),
    "one unit": ({"hidden": [1, 1]}, {}, {}),
    "mini-batches with a rest": ({}, {"batch_size": 3}, {"n": 8}),
    "single samples": ({}, {"batch_size": 1}, {}),
    "a large layer": ({"hidden": [70]}, {"batch_size": 60}, {"n": 64, "inputs": 8}),
    "blas": ({"hidden": [64, 64]}, {"batch_size": 16}, {"n": 32, "inputs": 20}),
    "prelu output": ({"output": "prelu"}, {"loss": "mae"}, {}),
    "softmax and mse": ({"output": "softmax"}, {"loss": "mse"}, {"kind": "one_hot"}),
    "classes": ({}, {}, {"kind": "one_hot", "outputs": 3, "n": 9, "data": {}}),
    "labels": ({}, {}, {"kind": "labels", "outputs": 2, "n": 9, "data": {"task": "multilabel"}}),
    "tanh output on classes": ({"output": "tanh"}, {"loss": "mse"}, {"kind": "labels", "outputs": 1, "data": {}}),
    "huber": ({}, {"loss": "huber", "huber_delta": 0.3}, {}),
    "hinge": ({}, {"loss": "hinge"}, {"kind": "labels", "outputs": 1, "data": {}}),
    "linear output, cross-entropy": ({"output": "linear"}, {"loss": "cross_entropy"}, {"kind": "one_hot", "data": {}}),
    "batch norm before": ({"batch_norm": "before"}, {}, {}),
    "batch norm after": ({"batch_norm": "after", "hidden": [3, 3], "batch_norm_momentum": 0.3}, {"batch_size": 2}, {}),
    "batch norm on inputs": ({"batch_norm_inputs": True, "input_dropout": 0.3}, {}, {}),
    "dropout": ({"hidden": [6, 6], "dropout": [0.5, 0.2], "input_dropout": 0.3}, {"batch_size": 4}, {"n": 9}),
    "dropout after batch norm": ({"hidden": [6, 6], "dropout": 0.4, "batch_norm": "after"}, {}, {}),
    "dropconnect": ({"hidden": [4, 4], "dropconnect": 0.4}, {"l2": 0.1}, {}),
    "noise": ({}, {"noise": {"inputs": 0.3, "weights": 0.2, "gradients": 0.1}}, {}),
    "l1": ({"init": "normal", "init_scale": 0.02}, {"l1": 0.3}, {}),
    "l1 from zero": ({"init": "zeros"}, {"l1": 0.05, "batch_size": 2}, {}),
    "elastic net by layer": ({}, {"l1": [0.1, 0.0], "l2": [0.2, 0.3]}, {}),
    **{f"proximal l1 {name}": ({"init": "normal", "init_scale": 0.02},
                               {"l1": 0.3, "l1_method": "proximal", "optimizer": name, "lr": 0.02}, {})
       for name in ("sgd", "adam", "lion")},
    "proximal l1 from zero, by layer": ({"init": "zeros", "trainable": [True, True]},
                                        {"l1": [0.05, 0.0], "l1_method": "proximal", "batch_size": 2, "clip_norm": 0.1},
                                        {}),
    "clip by norm": ({}, {"clip_norm": 0.1}, {}),
    "clip by value": ({}, {"clip_value": 0.05}, {}),
    "clip both, with noise": ({}, {"clip_value": 0.1, "clip_norm": 0.1, "noise": {"gradients": 0.1}}, {}),
    "frozen layer and clipping": ({"trainable": [False, True], "batch_norm": "before"}, {"clip_norm": 0.1}, {}),
    "batch norm on inputs and clipping": ({"batch_norm_inputs": True}, {"clip_value": 0.05, "clip_norm": 0.1}, {}),
    "schedule": ({}, {"schedule": {"kind": "exponential", "decay": 0.3}, "optimizer": "adam"}, {}),
    **{
        f"saturated {name}": (
            {"hidden": [5, 4], "activation": name, "output": name, "init": "normal", "init_scale": 4.0},
            {"loss": "mse", "batch_size": 4},
            {"kind": "labels", "n": 9, "data": {"task": "multilabel"}},
        )
        for name in ("sigmoid", "tanh", "relu", "silu")
    },
    "many classes, deep": (
        {"hidden": [6, 5, 4], "init": "normal", "init_scale": 1.0},
        {"batch_size": 7, "lr": 0.5},
        {"kind": "one_hot", "outputs": 4, "n": 30, "data": {}},
    ),
    "herd": ({"init": "constant", "init_scale": 0.3}, {}, {}),
    "zeros": ({"init": "zeros"}, {}, {}),
    "validation rows": ({}, {"evaluate_every": 1}, {"n": 12, "data": {**REGRESSION, "test_fraction": 0.25}}),
}  # fmt: skip


def close(actual: object, expected: object) -> bool:
    return bool(np.allclose(actual, expected, rtol=1e-9, atol=1e-12, equal_nan=True))


@pytest.mark.parametrize("name", RUNS)
def test_training_equals_the_twin(name: str, build: Build) -> None:
    model, train, more = RUNS[name]
    experiment = build(model, {"evaluate_every": STEPS, **train}, keep_samples=True, **{"data": REGRESSION, **more})
    lane = experiment.lanes[0]
    twin = TwinLane(lane.settings, lane.data, experiment.parameters())
    got: dict[str, list[float]] = {}
    for step in range(STEPS):
        experiment.advance(1)
        with np.errstate(all="ignore"):
            whole, layers = twin.step()
        (sample,) = experiment.samples()
        problems = [f"{k}: {sample[k]} ≠ {v}" for k, v in whole.items() if not close(sample[k], v)]
        got = sample["layers"]
        if "batch_norm" in model:  # a bias before batch norm has gradient 0, but for rounding
            del layers["gradient_zero_fraction"]
        problems += [f"{k}: {got[k]} ≠ {v}" for k, v in layers.items() if not close(got[k], v)]
        parameters = experiment.parameters()
        for key, value in {**twin.values, **twin.running}.items():
            problems += [] if close(parameters[key], value) else [f"{key}: {parameters[key]} ≠ {value}"]
        assert not problems, f"step {step + 1}: " + "; ".join(problems)
        evaluated = (step + 1) % lane.settings.evaluate_every == 0
        assert set(got) == {row.name for row in LAYER_STATISTICS if evaluated or row.cadence == "step"}
    whole, layers = twin.evaluate()
    problems = [f"{k}: {lane.latest[k]} ≠ {v}" for k, v in whole.items() if not close(lane.latest.get(k, v), v)]
    problems += [
        f"{k}: {lane.latest_layers[k]} ≠ {v}" for k, v in layers.items() if not close(lane.latest_layers[k], v)
    ]
    problems += [f"{k} in the sample: {got[k]} ≠ {v}" for k, v in layers.items() if not close(got[k], v)]
    assert not problems, "; ".join(problems)


def test_the_comparison_notices_a_wrong_twin(build: Build) -> None:
    experiment = build({}, {"evaluate_every": 1}, data=REGRESSION)
    lane = experiment.lanes[0]
    parameters = experiment.parameters()
    parameters["1.weights"][0, 0] *= 1 + 1e-7
    twin = TwinLane(lane.settings, lane.data, parameters)
    experiment.advance(1)
    whole, layers = twin.step()
    assert not close(lane.latest["gradient_norm"], whole["gradient_norm"])
    assert not close(lane.latest_layers["activation_variance"], layers["activation_variance"])
    assert not close(lane.latest["train_loss"], twin.evaluate()[0]["train_loss"])


def test_a_large_evaluation_in_blocks(build: Build) -> None:
    """600 training rows are 3 blocks, 512 rows drawn by the seed decide what is dead; 300 held-out rows are 2."""
    x = np.random.default_rng(1).standard_normal((900, 2)) ** 2 + 1.0
    x[np.setdiff1d(np.arange(600), probe_rows(600, 0)), 0] = -5.0  # these rows fire the units, but are not probed
    experiment = build(
        {"hidden": [6], "activation": "relu", "init": "constant", "init_scale": -1.0, "bias": 0.5},
        {"batch_size": 50, "evaluate_every": 1},
        x=x,
        t=x[:, :1],
        data={**REGRESSION, "test_fraction": 1 / 3},
    )
    lane = experiment.lanes[0]
    assert lane.data.x_train.shape == (600, 2)
    whole, layers = TwinLane(lane.settings, lane.data, experiment.parameters()).evaluate()
    assert layers["dead_units"] == [6.0, 0.0]
    assert list(lane.latest_layers["dead_units"]) == [6.0, 0.0]
    for key, value in whole.items():
        assert close(lane.latest.get(key, value), value), key
