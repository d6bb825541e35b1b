"""Kernels against the golden vectors in tests/golden, which tests/golden/make_golden.py made with PyTorch."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.compiled import compiled

from engine import cases
from nntui_engine.kernels import activation as kernels
from nntui_engine.kernels import loss as loss_kernels
from nntui_engine.kernels.batch_norm import normalise, normalise_backward, normalise_fixed
from nntui_engine.kernels.columns import HYPER
from nntui_engine.kernels.exponential import BLOCK
from nntui_engine.kernels.optimizer import nadam_momentum, step_into
from nntui_engine.registry.activation import ACTIVATIONS
from nntui_engine.registry.initializer import INITIALIZERS, draw_weights
from nntui_engine.registry.loss import LOSSES
from nntui_engine.registry.optimizer import HYPERPARAMETERS, OPTIMIZERS

FOLDER = Path(__file__).parents[2] / "golden"


def load(name: str) -> dict[str, Any]:
    rows = json.loads((FOLDER / f"{name}.json").read_text())
    del rows["source"]
    return rows


ACTIVATION_ROWS, LOSS_ROWS, OPTIMIZER_ROWS = load("activations"), load("losses"), load("optimizers")
BATCH_NORM, INITIALIZER_ROWS = load("batch_norm"), load("initializers")


def test_every_row_has_golden_values() -> None:
    assert set(ACTIVATION_ROWS) | {"threshold"} == set(ACTIVATIONS)
    assert {row["loss"] for row in LOSS_ROWS.values()} == set(LOSSES)
    assert {row["optimizer"] for row in OPTIMIZER_ROWS.values()} == set(OPTIMIZERS)
    assert {name.split()[0] for name in INITIALIZER_ROWS} == set(INITIALIZERS)
    assert set(OPTIMIZER_ROWS) == set(cases.OPTIMIZER_CASES)


@pytest.mark.parametrize("name", [name for name in ACTIVATION_ROWS if name != "softmax"])
def test_activation_and_slope(name: str) -> None:
    row, code = ACTIVATION_ROWS[name], ACTIVATIONS[name].code
    z = np.array(row["z"])
    a, slopes, scratch = np.empty_like(z), np.empty_like(z), np.empty(BLOCK)
    compiled(kernels.activate)(code, row["alpha"], z, a, scratch)
    compiled(kernels.derivative)(code, row["alpha"], z, a, slopes, scratch)
    np.testing.assert_allclose(a, row["a"], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(slopes, row["slope"], rtol=1e-9, atol=1e-15)


def test_softmax() -> None:
    row = ACTIVATION_ROWS["softmax"]
    z = np.array(row["z"])
    a = np.empty_like(z)
    compiled(kernels.softmax)(z, a, a.reshape(-1), np.empty(BLOCK))
    np.testing.assert_allclose(a, row["a"], rtol=1e-12, atol=1e-300)


def test_threshold_is_the_perceptrons_step_with_slope_1() -> None:
    z, code = np.array([-2.0, -0.0, 0.0, 3.0]), ACTIVATIONS["threshold"].code
    a, slopes = np.empty_like(z), np.empty_like(z)
    compiled(kernels.activate)(code, 0.0, z, a, np.empty(BLOCK))
    compiled(kernels.derivative)(code, 0.0, z, a, slopes, np.empty(BLOCK))
    assert a.tolist() == [0.0, 1.0, 1.0, 1.0]
    assert slopes.tolist() == [1.0] * 4


@pytest.mark.parametrize("name", LOSS_ROWS)
def test_loss_and_its_gradient(name: str) -> None:
    row = LOSS_ROWS[name]
    code, z, t = ACTIVATIONS[row["output"]].code, np.array(row["z"]), np.array(row["t"])
    a, slopes, delta, scratch = (np.empty_like(z), np.empty_like(z), np.empty_like(z), np.empty(BLOCK))
    if row["output"] == "softmax":
        compiled(kernels.softmax)(z, a, a.reshape(-1), scratch)
    else:
        compiled(kernels.activate)(code, 0.0, z.reshape(-1), a.reshape(-1), scratch)
    compiled(kernels.derivative)(code, 0.0, z.reshape(-1), a.reshape(-1), slopes.reshape(-1), scratch)
    value = compiled(loss_kernels.loss_and_delta)(
        LOSSES[row["loss"]].code, code, row["huber_delta"], z, a, t, len(z), slopes, delta
    )
    assert value == pytest.approx(row["value"], rel=1e-12)
    np.testing.assert_allclose(delta, row["delta"], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("name", OPTIMIZER_ROWS)
def test_optimizer_over_100_steps(name: str) -> None:
    row = OPTIMIZER_ROWS[name]
    hyper = np.zeros(HYPER)
    for p in OPTIMIZERS[row["optimizer"]].parameters:
        hyper[HYPERPARAMETERS.index(p.name)] = row["parameters"].get(p.name, p.default)
    w = np.array(cases.TRAJECTORY_START)
    memories, u, product = np.zeros(8), np.zeros(4), 1.0
    kept = []
    for t in range(1, cases.TRAJECTORY_STEPS + 1):
        g = cases.trajectory_gradient(w)
        product *= compiled(nadam_momentum)(hyper, t)
        code = OPTIMIZERS[row["optimizer"]].code
        compiled(step_into)(code, hyper, hyper[0], t, product, w, g, memories, 0, 4, u)
        w -= u
        if t % cases.KEPT_EVERY == 0:
            kept.append(w.copy())
    np.testing.assert_allclose(kept, row["kept"], rtol=1e-9, atol=1e-14)


def test_batch_norm() -> None:
    row = {name: np.array(value) for name, value in BATCH_NORM.items()}
    y, hat, inverse = np.empty((4, 2)), np.empty((4, 2)), np.empty(2)
    running = row["running_mean"], row["running_variance"]
    compiled(normalise_fixed)(row["x"], row["gamma"], row["beta"], *running, y)
    np.testing.assert_allclose(y, row["fixed"], rtol=1e-12)
    momentum = float(row["momentum"])
    compiled(normalise)(row["x"], row["gamma"], row["beta"], *running, momentum, hat, inverse, y)
    np.testing.assert_allclose(y, row["y"], rtol=1e-12)
    np.testing.assert_allclose(running[0], row["running_mean_after"], rtol=1e-12)
    np.testing.assert_allclose(running[1], row["running_variance_after"], rtol=1e-12)
    pull, to_gamma, to_beta = row["pull"].copy(), np.empty(2), np.empty(2)
    compiled(normalise_backward)(pull, row["gamma"], hat, inverse, to_gamma, to_beta)
    np.testing.assert_allclose(pull, row["to_x"], rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(to_gamma, row["to_gamma"], rtol=1e-9)
    np.testing.assert_allclose(to_beta, row["to_beta"], rtol=1e-9)


@pytest.mark.parametrize("name", INITIALIZER_ROWS)
def test_a_seed_keeps_its_meaning(name: str) -> None:
    initializer, shape = name.split()
    fan_in, fan_out = map(int, shape.split("x"))
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((0, 1))))
    drawn = draw_weights(initializer, generator, (fan_in, fan_out), None)
    np.testing.assert_allclose(drawn, INITIALIZER_ROWS[name], rtol=1e-12, atol=1e-15)
