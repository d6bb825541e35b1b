"""Sharpness: the gradient behind it against the engine's own, eigenvalues against differences of that, closed forms."""

from typing import Any

import numpy as np
import pytest

from nntui_engine import Experiment
from nntui_engine.analysis.curvature import Problem, second_eigenvalue, sharpness, smallest_eigenvalue
from nntui_engine.analysis.on_demand import MEASURES
from nntui_engine.analysis.verify import verify
from nntui_engine.registry.activation import ACTIVATIONS
from nntui_engine.scenario import scenario_from_dict


def experiment(steps: int = 5, **changes: Any) -> Experiment:
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
    run.advance(steps)
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
    "cross-entropy on far sigmoids": {
        "data": {"name": "blobs", "classes": 3},
        "model": {"output": "sigmoid", "init": "normal", "init_scale": 30.0},
        "train": {"loss": "cross_entropy"},
    },
    "penalties": {"train": {"l1": 1e-4, "l2": 0.05}},
    "batch norm before": {"model": {"batch_norm": "before"}},
    "batch norm after": {"model": {"batch_norm": "after"}},
    "batch norm of the inputs": {"model": {"batch_norm_inputs": True}},
}


@pytest.mark.parametrize("name", CASES)
def test_its_gradient_is_the_engines(name: str) -> None:
    run = experiment(**CASES[name])
    problem = Problem.of(run, 0)
    found = problem.gradient(problem.flat(run.parameters()))
    np.testing.assert_allclose(found, problem.flat(run.gradients()), rtol=1e-9, atol=1e-12)


def eigenvalues_by_differences(run: Experiment, step: float = 1e-6) -> np.ndarray:
    """The Hessian's eigenvalues, rising, by centred differences of the kernels' gradients on the full batch."""
    trained = {str(layer.index): layer.trainable for layer in run.lanes[0].settings.layers}
    values = {
        name: value
        for name, value in run.parameters().items()
        if "running" not in name and trained.get(name.partition(".")[0], True)
    }

    def gradient(name: str, at: tuple[int, ...], by: float) -> np.ndarray:
        moved = values[name].copy()
        moved[at] += by
        run.set_parameters(0, {name: moved})
        found = run.gradients()
        run.set_parameters(0, {name: values[name]})
        return np.concatenate([found[key].ravel() for key in values])

    places = [(name, at) for name, value in values.items() for at in np.ndindex(value.shape)]
    hessian = np.array([(gradient(*place, step) - gradient(*place, -step)) / (2.0 * step) for place in places])
    assert np.abs(hessian - hessian.T).max() <= 1e-5 * np.abs(hessian).max()
    return np.linalg.eigvalsh((hessian + hessian.T) / 2.0)


BATCH_NORMS: dict[str, dict[str, Any]] = {
    "batch norm before": {"model": {"batch_norm": "before"}},
    "batch norm after": {"model": {"batch_norm": "after"}},
    "batch norm of the inputs": {"model": {"batch_norm_inputs": True}},
    "batch norm everywhere": {"model": {"batch_norm": "after", "batch_norm_inputs": True, "activation": "sigmoid"}},
}
CURVED: dict[str, dict[str, Any]] = {
    **{name: {"model": {"activation": name}} for name in HIDDEN if name not in ("linear", "threshold")},
    **BATCH_NORMS,
    "classes": {"data": {"name": "blobs", "classes": 3}, "train": {"l2": 0.05}},
    "mae": CASES["mae"],
    "huber": {"data": {"name": "sine"}, "train": {"loss": "huber", "huber_delta": 0.1}},
    "hinge": CASES["hinge"],
    "cross-entropy on sigmoids": CASES["cross-entropy on sigmoids"],
    "more than is written out": {"model": {"hidden": [8, 6]}},
    "frozen": {"model": {"trainable": [False, True, True]}},
    "the output layer frozen": {"model": {"trainable": [True, True, False], "batch_norm": "before"}},
}


@pytest.mark.parametrize("name", CURVED)
def test_they_are_the_eigenvalues_of_the_hessian(name: str) -> None:
    run = experiment(**CURVED[name])
    expected = eigenvalues_by_differences(run)
    allowed = 1e-7 * np.abs(expected).max()
    assert sharpness(run) == pytest.approx(expected[-1], rel=1e-5, abs=allowed)
    assert second_eigenvalue(run) == pytest.approx(expected[-2], rel=1e-5, abs=allowed)
    assert smallest_eigenvalue(run) == pytest.approx(expected[0], rel=1e-5, abs=allowed)


# Seeds for which power iteration settled more than 5 % off, as it did for a third of all
@pytest.mark.parametrize(
    ("loss", "data", "seed"), [("mae", "sine", seed) for seed in (0, 3, 12)] + [("hinge", "moons", s) for s in (2, 4)]
)
def test_a_loss_of_straight_pieces_has_pairs_of_eigenvalues(loss: str, data: str, seed: int) -> None:
    run = experiment(
        steps=0,
        data={"name": data, "samples": 100, "test_fraction": 0.3},
        model={"hidden": [8], "activation": "relu", "bias": 0.0},
        train={"loss": loss, "seed": seed},
    )
    expected = eigenvalues_by_differences(run)
    assert expected[0] == pytest.approx(-expected[-1], rel=1e-6)
    assert sharpness(run) == pytest.approx(expected[-1], rel=1e-6)
    assert smallest_eigenvalue(run) == pytest.approx(expected[0], rel=1e-6)
    if (loss, seed) == ("mae", 12):
        assert sharpness(run) == pytest.approx(1.0531, abs=1e-4)  # by torch.autograd.functional.hessian


def test_with_batch_norm_the_loss_falls_below_one() -> None:
    """Where plain gradient descent on all rows lowers the loss step by step, lr·λ/2 < 1 (Cohen et al. 2021)."""
    run = experiment(
        steps=100,
        data={"samples": 150, "test_fraction": 0.3},
        model={"hidden": [16, 16], "batch_norm": "before", "batch_norm_momentum": 1.0, "bias": 0.0},
        train={"lr": 1.0, "steps": 160, "optimizer": "sgd"},
    )
    for _ in range(6):
        assert 0.1 < MEASURES["lr_sharpness"](run, 0) < 1.0
        losses = []
        for _ in range(10):
            run.advance(1)
            losses.append(run.lanes[0].latest["loss"])
        assert (np.diff(losses) < 0.0).all()


def test_frozen_parameters_are_no_part_of_it() -> None:
    """A loss that bends down along everything that is trained: the zeros of what is frozen would be larger."""
    run = experiment(
        data={"name": "linear", "samples": 40},
        model={"hidden": [1], "activation": "tanh", "trainable": [True, False], "bias": 0.0},
        train={"loss": "mae"},
    )
    x, t = run.lanes[0].data.x_train, run.lanes[0].data.t_train
    run.set_parameters(
        0,
        {
            "1.weights": np.array([[0.0]]),
            "1.biases": np.array([1.0]),
            "2.weights": np.array([[1.0]]),
            "2.biases": np.array([t.min() - 2.0]),  # all outputs below their targets: L = mean(t) − mean(a)
        },
    )
    bend = 2.0 * np.tanh(1.0) / np.cosh(1.0) ** 2  # −tanh''(1)
    design = np.column_stack([x, np.ones(len(x))])
    expected = np.linalg.eigvalsh(bend * design.T @ design / len(x))  # L'' = −mean(tanh''·(x, 1)ᵀ(x, 1))
    assert sharpness(run) == pytest.approx(expected[1], rel=1e-9)
    run.set_parameters(0, {"1.biases": np.array([-1.0])})
    assert sharpness(run) == pytest.approx(-expected[0], rel=1e-9)
    assert second_eigenvalue(run) == pytest.approx(-expected[1], rel=1e-9)


def test_where_nothing_is_trained_there_is_none() -> None:
    run = experiment(model={"trainable": False})
    assert np.isnan(sharpness(run))
    assert np.isnan(smallest_eigenvalue(run))


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


def test_what_is_not_finite_has_none() -> None:
    run = experiment()
    run.set_parameters(0, {"1.biases": np.full(4, np.nan)})
    assert np.isnan(sharpness(run))


def test_expectations_can_ask_for_them() -> None:
    """The line y = w·x + b on two inputs: H = 2/n·XᵀX has all three."""
    data = {"name": "linear", "features": 2, "test_fraction": 0.0}
    x = np.column_stack([experiment(steps=0, data=data, model={"hidden": []}).lanes[0].data.x_train, np.ones(60)])
    smallest, second, largest = np.linalg.eigvalsh(2.0 / len(x) * x.T @ x)
    wanted = {
        "sharpness": largest,
        "second_hessian_eigenvalue": second,
        "smallest_hessian_eigenvalue": smallest,
        "lr_sharpness": 0.15 * largest,
    }
    for name, value in wanted.items():
        for factor in (1.0, 1.001):
            scenario = scenario_from_dict(
                {
                    "schema": 1,
                    "scenario": {"title": "t"},
                    "data": {**data, "samples": 60},
                    "model": {"hidden": []},
                    "train": {"lr": 0.3, "steps": 2, "dtype": "float64"},
                    "expect": [{"statistic": name, "equals": float(factor * value), "rtol": 1e-6}],
                }
            )
            assert [outcome.passed for outcome in verify(scenario)] == [factor == 1.0], name
