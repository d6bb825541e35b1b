"""Statistics that are worked out only when asked for."""

import numpy as np
import pytest

from nntui_engine import Experiment
from nntui_engine.analysis.on_demand import MEASURES, backprop_error, operations, prediction_spread
from nntui_engine.registry.statistic import ON_DEMAND_STATISTICS
from nntui_engine.scenario import scenario_from_dict


def experiment(**model):
    return Experiment(
        scenario_from_dict(
            {
                "schema": 1,
                "scenario": {"title": "Asked"},
                "data": {"name": "moons", "samples": 40},
                "model": {"hidden": [4, 3], "activation": "tanh", **model},
                "train": {"lr": 0.5, "steps": 60, "batch_size": 8, "dtype": "float64", "l1": 1e-3, "l2": 0.01},
            }
        )
    )


def test_every_row_has_its_function():
    assert list(MEASURES) == [row.name for row in ON_DEMAND_STATISTICS]


def test_operations_counted_by_hand():
    """2-4-3-1: 8 + 12 + 3 products forward; the same again for the weights, 12 + 3 for the layers' inputs."""
    counted = operations(experiment().lanes[0].settings)
    assert counted.forward == 23
    assert counted.reverse == 23 + 23 + 15
    assert counted.forward_mode == 23 * (1 + 23 + 8)


def test_backpropagation_agrees_with_differences_and_a_wrong_gradient_does_not(monkeypatch):
    run = experiment(dropout=0.2)
    run.advance(5)
    before = {name: value.copy() for name, value in run.parameters(0).items()}
    assert backprop_error(run, 0) < 1e-6
    for name, value in run.parameters(0).items():
        np.testing.assert_array_equal(value, before[name])
    right = run.gradients
    monkeypatch.setattr(run, "gradients", lambda lane: {name: 1.001 * g for name, g in right(lane).items()})
    assert backprop_error(run, 0) > 1e-4


def test_spread_comes_from_dropout_alone():
    still, unsure = experiment(), experiment(dropout=0.5)
    for run in (still, unsure):
        run.advance(60)
    assert prediction_spread(still, 0) < 1e-12  # the rounding of a mean of equal numbers
    assert prediction_spread(unsure, 0) > 0.01
    assert prediction_spread(unsure, 0) == prediction_spread(unsure, 0)


def test_predictions_are_the_twins_and_change_nothing():
    run, other = experiment(dropout=0.3), experiment(dropout=0.3)
    run.advance(20)
    other.advance(20)
    x = np.random.default_rng(0).standard_normal((700, 2))
    p = run.parameters(0)
    h = np.tanh(np.tanh(x @ p["1.weights"] + p["1.biases"]) @ p["2.weights"] + p["2.biases"])
    expected = 1.0 / (1.0 + np.exp(-(h @ p["3.weights"] + p["3.biases"])))
    np.testing.assert_allclose(run.predict(x), expected, rtol=1e-12)
    samples = [run.predict(x, sample=i) for i in (0, 1, 0)]
    np.testing.assert_array_equal(samples[0], samples[2])
    assert np.abs(samples[0] - samples[1]).max() > 1e-3
    run.advance(20)
    other.advance(20)
    for name, value in run.parameters(0).items():
        np.testing.assert_array_equal(value, other.parameters(0)[name])


@pytest.mark.parametrize("shape", [(3,), (3, 5)])
def test_predict_refuses_other_shapes(shape):
    with pytest.raises(ValueError, match="must be \\(rows, 2\\)"):
        experiment().predict(np.zeros(shape))
