"""Sharpness: the gradient behind it against the engine's own, its Hessian against differences, and closed forms."""

from typing import Any

import numpy as np
import pytest

from nntui_engine import Experiment
from nntui_engine.activations import ACTIVATIONS
from nntui_engine.asked import MEASURES
from nntui_engine.curvature import Problem, largest_eigenvalue, sharpness
from nntui_engine.scenario import scenario_from_dict


def experiment(**changes: Any) -> Experiment:
    tables: dict[str, Any] = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "moons", "samples": 60, "test_fraction": 0.0},
        "model": {"hidden": [4, 3], "activation": "tanh", "bias": "normal", "bias_scale": 0.3},
        "train": {"lr": 0.3, "steps": 5, "batch_size": "full", "dtype": "float64"},
    }
    for table, values in changes.items():
        tables[table].update(values)
    run = Experiment(scenario_from_dict(tables))
    run.advance(5)
    return run


HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]
CASES: dict[str, dict[str, Any]] = {
    **{name: {"model": {"activation": name}} for name in HIDDEN},
    "classes": {"data": {"name": "blobs", "classes": 3}},
    "two circles": {"data": {"name": "circles"}},
    "mse on a softmax": {"data": {"name": "blobs", "classes": 3}, "train": {"loss": "mse"}},
    "cross-entropy on sigmoids": {
        "data": {"name": "blobs", "classes": 3},
        "model": {"output": "sigmoid"},
        "train": {"loss": "cross_entropy"},
    },
    "cross-entropy on linear outputs": {"model": {"output": "linear"}, "train": {"loss": "binary_cross_entropy"}},
    "regression": {"data": {"name": "sine"}},
    "mae": {"data": {"name": "sine"}, "train": {"loss": "mae"}},
    "huber": {"data": {"name": "sine"}, "train": {"loss": "huber"}},
    "hinge": {"train": {"loss": "hinge"}},
    "penalties": {"train": {"l1": 1e-4, "l2": 0.05}},
}


@pytest.mark.parametrize("name", CASES)
def test_its_gradient_is_the_engines(name: str) -> None:
    run = experiment(**CASES[name])
    problem = Problem.of(run, 0)
    found = problem.gradient(problem.flat(run.parameters()))
    np.testing.assert_allclose(found, problem.flat(run.gradients()), rtol=1e-9, atol=1e-12)


SMOOTH = ["tanh", "sigmoid", "softplus", "gelu", "silu"]
CURVED: dict[str, dict[str, Any]] = {
    **{name: {"model": {"activation": name}} for name in SMOOTH},
    "batch norm before": {"model": {"batch_norm": "before"}},
    "batch norm after": {"model": {"batch_norm": "after"}},
    "batch norm of the inputs": {"model": {"batch_norm_inputs": True}},
    "classes": {"data": {"name": "blobs", "classes": 3}, "train": {"l2": 0.05}},
    "relu": {"model": {"activation": "relu"}},
    "prelu": {"model": {"activation": "prelu"}},
    "frozen": {"model": {"trainable": [False, True, True]}},
}


@pytest.mark.parametrize("name", CURVED)
def test_it_is_the_largest_eigenvalue_of_the_hessian(name: str) -> None:
    run = experiment(**CURVED[name])
    problem = Problem.of(run, 0)
    theta = problem.flat(run.parameters())
    columns = []
    for i in range(len(theta)):
        step = np.zeros(len(theta))
        step[i] = 1e-6
        columns.append((problem.gradient(theta + step) - problem.gradient(theta - step)) / 2e-6)
    hessian = np.array(columns) * problem.trainable[:, None]
    assert np.abs(hessian - hessian.T).max() < 1e-5 * np.abs(hessian).max()
    expected = np.linalg.eigvalsh((hessian + hessian.T) / 2)[-1]
    assert sharpness(run) == pytest.approx(expected, rel=2e-3)


def test_the_loss_of_batch_norm_is_the_networks_as_it_is_used() -> None:
    """The Hessian's own loss is the one that evaluations show: a step along the gradient changes it as it says."""
    run = experiment(model={"batch_norm": "before"})
    problem = Problem.of(run, 0)
    names, gradient = list(problem.shapes), problem.gradient(problem.flat(run.parameters()))

    def loss(shift: float) -> float:
        theta, at = problem.flat(run.parameters()) + shift * gradient, 0
        moment, values = run.save(), {}
        for name in names:
            size = int(np.prod(problem.shapes[name]))
            values[name] = theta[at : at + size].reshape(problem.shapes[name])
            at += size
        run.set_parameters(0, values)
        outputs = run.predict(problem.x)
        run.load(moment)
        return float(-np.mean(problem.t * np.log(outputs) + (1 - problem.t) * np.log(1 - outputs)))

    slope = (loss(1e-5) - loss(-1e-5)) / 2e-5
    assert slope == pytest.approx(float(gradient @ gradient), rel=1e-6)


def test_a_linear_model_has_the_curvature_of_its_data() -> None:
    """Squared error of a line: H = 2/n·XᵀX with a column of ones, wherever it stands."""
    run = experiment(data={"name": "linear", "features": 3}, model={"hidden": []})
    x = np.column_stack([run.lanes[0].data.x_train, np.ones(len(run.lanes[0].data.x_train))])
    expected = np.linalg.eigvalsh(2.0 / len(x) * x.T @ x)[-1]
    assert sharpness(run) == pytest.approx(expected, rel=1e-5)
    assert MEASURES["sharpness"](run, 0) == sharpness(run)
    assert MEASURES["lr_sharpness"](run, 0) == pytest.approx(0.15 * expected, rel=1e-5)


def test_gradient_descent_settles_below_one_and_not_above() -> None:
    settled, lost = (
        experiment(data={"name": "linear", "features": 3}, model={"hidden": []}, train={"lr": lr}) for lr in (0.05, 5.0)
    )
    for run, settles in ((settled, True), (lost, False)):
        assert (MEASURES["lr_sharpness"](run, 0) < 1.0) == settles
        before = run.loss()
        run.restart()
        run.tweak({"train.steps": 40})
        run.advance(40)
        assert (run.loss() < before) == settles


@pytest.mark.parametrize("values", [(-5.0, 1.0, 2.0), (-3.0, -2.0, -1.0), (4.0, 1.0), (0.0, 0.0)])
def test_the_largest_and_not_the_largest_in_magnitude(values: tuple[float, ...]) -> None:
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((len(values), len(values))))[0]
    matrix = turn @ np.diag(values) @ turn.T
    found = largest_eigenvalue(lambda v: matrix @ v, np.ones(len(values)))
    assert found == pytest.approx(max(values), rel=1e-3, abs=1e-9)


def test_what_is_not_finite_has_none() -> None:
    run = experiment()
    run.set_parameters(0, {"1.biases": np.full(4, np.nan)})
    assert np.isnan(sharpness(run))
