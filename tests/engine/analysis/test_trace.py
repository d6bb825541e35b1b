"""A backward pass written out: the engine's numbers against the NumPy twin and against differences."""

import numpy as np
import pytest
from engine.twin_network import TwinLane

from nntui_engine import Experiment
from nntui_engine.analysis.trace import BIAS, STEP, can_trace, trace
from nntui_engine.errors import InputError
from nntui_engine.scenario import scenario_from_dict


def experiment(batch_size=1, model=None, train=None):
    return Experiment(
        scenario_from_dict(
            {
                "schema": 1,
                "scenario": {"title": "Traced"},
                "data": {"name": "xor", "samples": 12, "test_fraction": 0.0},
                "model": {"hidden": [3, 2], "activation": "tanh", **(model or {})},
                "train": {"lr": 0.5, "steps": 60, "batch_size": batch_size, "dtype": "float64", **(train or {})},
            }
        )
    )


@pytest.mark.parametrize("batch_size", [1, 5, "full"])
def test_every_number_is_the_twins(batch_size):
    run = experiment(batch_size, train={"l2": 0.01})
    run.advance(7)
    found = trace(run)
    settings, data = run.lanes[0].settings, run.lanes[0].data
    twin = TwinLane(settings, data, run.parameters(0))
    assert found.rows == len(_rows(run))
    x, t = data.x_train[_rows(run)], data.t_train[_rows(run)]
    done = twin.forward(x, training=True)
    loss, _ = twin.loss(done, t)
    gradient, deltas = twin.backward(done, t)
    assert found.loss == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(found.inputs, x[0])
    np.testing.assert_allclose(found.targets, t[0])
    assert [(node.layer, node.unit) for node in found.nodes] == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (3, 0)]
    for node in found.nodes:
        at = node.layer - 1, (0, node.unit)
        expected = [values[at[0]][at[1]] for values in (done.z, done.a, deltas)]
        np.testing.assert_allclose([node.z, node.a, node.delta], expected, rtol=1e-10, atol=1e-14)
    assert len(found.weights) == 9 + 8 + 3
    for one in found.weights:
        name, at = _place(one)
        assert one.value == run.parameters(0)[name][at]
        assert one.gradient == pytest.approx(float(gradient[name][at]), rel=1e-9, abs=1e-14)
        assert one.difference == pytest.approx(one.gradient, rel=1e-6, abs=1e-9)


def _place(one):
    """The name of the array that a traced weight is in, and where there."""
    layer, unit = one.layer, one.unit
    return (f"{layer}.biases", (unit,)) if one.source == BIAS else (f"{layer}.weights", (one.source, unit))


def _rows(run):
    """The training rows of the next mini-batch."""
    from nntui_engine.kernels import columns as c

    ints, order = run.network.arena.ints[0], run.network.arena.order
    if ints[c.I_BATCH] == ints[c.I_ROWS]:
        return np.arange(ints[c.I_ROWS])
    start = int(ints[c.I_ORDER] + ints[c.I_POSITION])
    return order[start : start + int(min(ints[c.I_BATCH], ints[c.I_ROWS] - ints[c.I_POSITION]))]


def test_it_changes_nothing():
    run, other = experiment(4), experiment(4)
    run.advance(5)
    other.advance(5)
    trace(run)
    run.advance(20)
    other.advance(20)
    for name, value in run.parameters(0).items():
        np.testing.assert_array_equal(value, other.parameters(0)[name])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_difference_in_float32_is_the_twins_but_for_the_rounding_of_two_losses(seed):
    run = experiment(train={"dtype": "float32", "seed": seed})
    run.advance(5)
    found, rows = trace(run), _rows(run)
    settings, data, values = run.lanes[0].settings, run.lanes[0].data, run.parameters(0)
    x, t = data.x_train[rows].astype(np.float32).astype(float), data.t_train[rows]
    for one in found.weights:
        name, at = _place(one)
        ends, losses = [], []
        for step in (STEP["float32"], -STEP["float32"]):
            moved = {key: value.copy() for key, value in values.items()}
            moved[name][at] += np.float32(step)
            twin = TwinLane(settings, data, moved)
            losses.append(twin.loss(twin.forward(x, training=True), t)[0])
            ends.append(float(moved[name][at]))
        rounding = np.finfo(np.float32).eps * found.loss / STEP["float32"]
        assert one.difference == pytest.approx((losses[0] - losses[1]) / (ends[0] - ends[1]), abs=rounding)


@pytest.mark.parametrize("model", [{"hidden": [12]}, {"batch_norm": "before"}, {"activation": "threshold"}])
def test_what_cannot_be_written_out_is_refused(model):
    run = experiment(4, model)
    assert not can_trace(run.lanes[0].settings)
    with pytest.raises(InputError, match="12 units"):
        trace(run)
