"""Sharpness of networks that are no plain chains: products by differences, beside exact ones and beside the kernels."""

from typing import Any

import numpy as np
import pytest
from engine.analysis.test_curvature import BATCH_NORMS, experiment

from nntui_engine import Experiment
from nntui_engine.analysis.curvature import (
    hessian,
    hessian_by_differences,
    second_eigenvalue,
    sharpness,
    smallest_eigenvalue,
)
from nntui_engine.scenario import scenario_from_dict

DENSE: dict[str, dict[str, Any]] = {
    "plain": {},
    "float32": {"train": {"dtype": "float32"}},
    "penalties": {"train": {"l1": 1e-4, "l2": 0.05}},
    "classes": {"data": {"name": "blobs", "classes": 3}},
    "frozen": {"model": {"trainable": [False, True, True]}},
    "dropout": {"model": {"dropout": 0.4}, "train": {"noise": {"inputs": 0.2}}},
    "a slope that is learned": {"model": {"activation": "prelu"}},
    "kinks": {"data": {"samples": 400}, "model": {"activation": "relu", "hidden": [12, 12]}},
    **BATCH_NORMS,
}


@pytest.mark.parametrize("name", DENSE)
def test_on_plain_chains_the_products_are_the_exact_ones(name: str) -> None:
    run = experiment(**DENSE[name])
    exact, found = hessian(run), hessian_by_differences(run)
    assert found.size == exact.size
    largest = float(np.abs(exact.largest(1)[0]))
    for seed in range(3):
        v = np.random.default_rng(seed).standard_normal(found.size)
        error = np.abs(found.product(v) - exact.product(v)).max() / (largest * np.linalg.norm(v))
        assert error < 2e-7
    np.testing.assert_allclose(found.largest(2), exact.largest(2), rtol=1e-5)
    assert found.smallest() == pytest.approx(exact.smallest(), rel=1e-5, abs=1e-7 * largest)


def test_a_step_over_a_kink_is_no_curvature() -> None:
    run = experiment(model={"activation": "relu"})
    values, x = run.parameters(), run.lanes[0].data.x_train
    biases = values["1.biases"]
    biases[0] = 1e-9 - x[0] @ values["1.weights"][:, 0]  # a hair above the kink, for one row
    run.set_parameters(0, {"1.biases": biases})
    exact = hessian(run)
    np.testing.assert_allclose(hessian_by_differences(run).largest(2), exact.largest(2), rtol=1e-5)


LAYERS: dict[str, list[dict[str, Any]]] = {
    "recurrent": [{"kind": "recurrent", "units": 3}],
    "lstm with dropout": [{"kind": "lstm", "units": 2, "recurrent_dropout": 0.3, "dropout": 0.2}],
    "convolution": [{"kind": "convolution", "filters": 2, "kernel": 3, "activation": "tanh"}, {"kind": "flatten"}],
    "skip": [
        {"kind": "flatten", "name": "flat"},
        {"kind": "dense", "name": "one", "units": 4, "activation": "tanh"},
        {"kind": "dense", "name": "two", "units": 4, "activation": "tanh"},
        {"kind": "add", "from": ["one", "two"]},
    ],
    "frozen": [{"kind": "recurrent", "units": 3, "trainable": False}],
}


def of_layers(layers: list[dict[str, Any]]) -> Experiment:
    run = Experiment(
        scenario_from_dict(
            {
                "schema": 1,
                "scenario": {"title": "t"},
                "data": {"name": "adding", "samples": 30, "length": 5, "test_fraction": 0.0},
                "model": {"layers": layers},
                "train": {"lr": 0.1, "steps": 3, "batch_size": "full", "dtype": "float64", "l2": 0.01},
            }
        )
    )
    run.advance(3)
    return run


def eigenvalues_of_the_loss(run: Experiment, step: float = 1e-3) -> np.ndarray:
    """The eigenvalues, rising, by second differences of loss + penalty alone (fourth order), as the network is used."""
    trained = {layer.label: layer.trainable for layer in run.lanes[0].settings.layers}
    values = {name: v for name, v in run.parameters().items() if trained[name.partition(".")[0]]}
    shapes = {name: v.shape for name, v in values.items()}
    theta = np.concatenate([v.ravel() for v in values.values()])
    data = run.lanes[0].data

    def loss(at: np.ndarray) -> float:
        parts, start = {}, 0
        for name, shape in shapes.items():
            parts[name] = at[start : start + int(np.prod(shape))].reshape(shape)
            start += parts[name].size
        run.network.set_parameters(0, parts)
        return float(((run.predict(data.x_train) - data.t_train) ** 2).mean()) + run.penalty()

    def mixed(i: int, j: int, h: float) -> float:
        a, b = np.zeros(len(theta)), np.zeros(len(theta))
        a[i], b[j] = h, h
        return (loss(theta + a + b) - loss(theta + a - b) - loss(theta - a + b) + loss(theta - a - b)) / (4.0 * h * h)

    found = np.zeros((len(theta), len(theta)))
    for i in range(len(theta)):
        for j in range(i + 1):
            found[i, j] = found[j, i] = (4.0 * mixed(i, j, step) - mixed(i, j, 2.0 * step)) / 3.0
    loss(theta)
    return np.linalg.eigvalsh(found)


@pytest.mark.parametrize("name", LAYERS)
def test_of_any_network_they_are_the_curvature_of_its_loss(name: str) -> None:
    run = of_layers(LAYERS[name])
    before = run.parameters()
    found = sharpness(run), second_eigenvalue(run), smallest_eigenvalue(run)
    for key, value in run.parameters().items():
        np.testing.assert_array_equal(value, before[key])
    expected = eigenvalues_of_the_loss(run)
    scale = float(np.abs(expected).max())
    assert found == pytest.approx((expected[-1], expected[-2], expected[0]), rel=1e-5, abs=1e-6 * scale)


def test_what_is_not_finite_has_none() -> None:
    run = of_layers(LAYERS["recurrent"])
    run.set_parameters(0, {"1.biases": np.full(3, np.nan)})
    assert np.isnan(sharpness(run))
