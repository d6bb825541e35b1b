"""Recurrent layers, against plain NumPy, centred differences and themselves in float32."""

from typing import Any

import numpy as np
import pytest
from engine.compiled import JIT, compiled
from engine.recurrence_kernels import ADD_INPUT_GRADIENT, NO_INPUT_GRADIENT, Arrays, spread, twin_forward
from engine.twin_recurrence import Recurrence, random_recurrence

from engine import twin
from nntui_engine.kernels.recurrence.common import read_states
from nntui_engine.registry.activation import HIDDEN_ACTIVATIONS
from nntui_engine.registry.recurrence import RECURRENT_KINDS

Array = np.ndarray
ALLOWED = 1e-11
# rows, steps, features, units: whole blocks of a product, what is left at its edges, and the least there can be
SIZES = [(3, 5, 2, 4), (1, 4, 3, 2), (4, 1, 2, 3), (2, 3, 1, 1), (9, 3, 2, 5), (5, 2, 130, 3)]
SIZES += [(16, 50, 2, 64), (11, 7, 5, 36), (8, 3, 130, 17)] if JIT else [(9, 2, 2, 17)]


def output_pull(layer: Recurrence, every: bool) -> Array:
    n, time, units = layer.x.shape[0], layer.time, layer.units
    return np.random.default_rng(9).standard_normal((n, time, units) if every else (n, units))


def mask_for(n: int, units: int) -> Array:
    return np.random.default_rng(5).choice([0.0, 1 / 0.7], size=(n, units))


def close(found: dict[str, Array], wanted: dict[str, Array], allowed: float = ALLOWED) -> None:
    for name, value in wanted.items():
        scale = max(float(np.abs(value).max()), 1e-300)
        np.testing.assert_allclose(found[name] / scale, value / scale, rtol=0, atol=allowed, err_msg=name)


def compare(layer: Recurrence, every: bool, dtype: Any = np.float64, allowed: float = ALLOWED) -> None:
    arrays, d_out = Arrays(layer, dtype), output_pull(layer, every)
    close(arrays.forward(), twin_forward(layer), allowed)
    close(arrays.backward(d_out, every), layer.backward(spread(d_out, every, layer.time)), allowed)
    arrays.check_padding()


@pytest.mark.parametrize("every", [False, True], ids=["last", "all"])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_equals_the_twin(kind: str, size: tuple[int, int, int, int], every: bool) -> None:
    compare(random_recurrence(kind, *size), every)


@pytest.mark.parametrize("size", [(3, 5, 2, 4), (9, 4, 2, 17)], ids=str)
@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_recurrent_dropout_hides_the_same_units_at_every_step(kind: str, size: tuple[int, int, int, int]) -> None:
    compare(random_recurrence(kind, *size, mask=mask_for(size[0], size[3])), every=True)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("truncate", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_truncated(kind: str, truncate: int, masked: bool) -> None:
    layer = random_recurrence(kind, 3, 7, 2, 4, truncate=truncate, mask=mask_for(3, 4) if masked else None)
    compare(layer, every=True)
    compare(layer, every=False)


@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_every_activation(kind: str, activation: str) -> None:
    compare(random_recurrence(kind, activation=activation, alpha=0.3, truncate=3), every=True)
    if kind != "recurrent":
        compare(random_recurrence(kind, recurrent_activation=activation, recurrent_alpha=0.2), every=True)


@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_gradient_by_centred_differences(kind: str) -> None:
    layer = random_recurrence(kind, 2, 4, 2, 3, mask=mask_for(2, 3))
    d_out, step = output_pull(layer, True), 1e-6
    arrays = Arrays(layer, np.float64)
    arrays.forward()
    found = {name: value.copy() for name, value in arrays.backward(d_out, True).items()}
    for name, entries in (("weights", arrays.weights), ("biases", arrays.biases), ("x", arrays.x)):
        got = found["dx" if name == "x" else f"d_{name}"].reshape(-1)
        for i in range(entries.size):
            losses = []
            for sign in (1, -1):
                entries[i] += sign * step
                losses.append(float((arrays.forward()["states"][:, 1:] * d_out).sum()))
                entries[i] -= sign * step
            assert got[i] == pytest.approx((losses[0] - losses[1]) / (2 * step), rel=1e-6, abs=1e-8), (name, i)


@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_input_gradient_is_added_or_left_out_where_asked(kind: str) -> None:
    layer = random_recurrence(kind)
    arrays, d_out = Arrays(layer, np.float64), output_pull(layer, True)
    arrays.forward()
    written = arrays.backward(d_out, True)["dx"].copy()
    arrays.dx[:] = 3.0
    np.testing.assert_allclose(arrays.backward(d_out, True, ADD_INPUT_GRADIENT)["dx"], written + 3.0, rtol=1e-14)
    arrays.dx[:] = 3.0
    assert (arrays.backward(d_out, True, NO_INPUT_GRADIENT)["dx"] == 3.0).all()


@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_float32_is_float64_rounded(kind: str) -> None:
    for size in SIZES:
        compare(random_recurrence(kind, *size), True, np.float32, 2e-5)
    compare(random_recurrence(kind, 9, 4, 2, 17, mask=mask_for(9, 17)), False, np.float32, 2e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_the_same_bits_twice_and_backward_changes_nothing_it_reads(kind: str, dtype: type) -> None:
    layer = random_recurrence(kind, 9, 4, 2, 17, mask=mask_for(9, 17))
    arrays, d_out = Arrays(layer, dtype), output_pull(layer, True)
    before = {name: value.tobytes() for name, value in arrays.forward().items()}
    first = {name: value.tobytes() for name, value in arrays.backward(d_out, True).items()}
    assert {name: value.tobytes() for name, value in arrays.forward().items()} == before
    assert {name: value.tobytes() for name, value in arrays.backward(d_out, True).items()} == first


@pytest.mark.parametrize("broken", [np.nan, np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_what_is_not_finite_stays_in_its_row_and_passes_on(kind: str, dtype: type, broken: float) -> None:
    layer = random_recurrence(kind, 9, 4, 2, 33, activation="relu")
    layer.x[4, 1, 0] = broken
    layer.w[0] = np.abs(layer.w[0])
    arrays = Arrays(layer, dtype)
    states = arrays.forward()["states"]
    assert np.isfinite(np.delete(states, 4, axis=0)).all()
    assert np.isfinite(states[4, :2]).all()
    assert not np.isfinite(states[4, 2]).any()
    assert not np.isfinite(states[4, 4]).all()
    d_out = output_pull(layer, True)
    d_out[2, 3, 5] = np.nan
    found = arrays.backward(d_out, True)
    assert np.isnan(found["dx"][2, 3]).all()
    assert not np.isfinite(found["d_weights"]).all()
    assert not np.isfinite(found["time_norms"][3])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_nan_passes_through_the_fast_activations(kind: str, dtype: type) -> None:
    layer = random_recurrence(kind, 2, 3, 2, 33)
    layer.x[1, 0, 1] = np.nan
    states = Arrays(layer, dtype).forward()["states"]
    assert np.isnan(states[1, 1:]).all()
    assert np.isfinite(states[0]).all()


@pytest.mark.parametrize(("activation", "recurrent"), [("tanh", "sigmoid"), ("relu", "softplus"), ("selu", "tanh")])
@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_how_open_and_how_stuck_each_gate_is(kind: str, activation: str, recurrent: str) -> None:
    layer = random_recurrence(kind, 3, 5, 2, 300, activation=activation, recurrent_activation=recurrent)
    layer.w *= 40
    arrays = Arrays(layer, np.float64)
    arrays.forward()
    found = arrays.statistics()
    arrays.check_padding()
    layer.forward()
    z, a = np.stack(layer.z, 1), np.stack(layer.gates, 1)
    for gate in range(len(found)):
        own = slice(gate * 300, (gate + 1) * 300)
        name = activation if kind == "recurrent" or gate == 2 else recurrent
        stuck = np.abs(twin.slope(name, z[..., own])) < 0.05 * twin.largest_slope(name)
        assert found[gate, 0] == pytest.approx(a[..., own].mean(), rel=1e-11)
        assert found[gate, 1] == pytest.approx(stuck.mean(), abs=1e-12)
        assert activation == "selu" or 0.02 < stuck.mean() < 0.98


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_delta_may_take_the_place_of_z(kind: str, activation: str) -> None:
    layer = random_recurrence(kind, activation=activation)
    d_out, apart, shared = output_pull(layer, True), Arrays(layer, np.float64), Arrays(layer, np.float64)
    shared.delta = shared.z
    apart.forward()
    shared.forward()
    wanted = apart.backward(d_out, True)
    for name, value in shared.backward(d_out, True).items():
        np.testing.assert_array_equal(value, wanted[name], name)


@pytest.mark.parametrize("every", [0, 1])
def test_what_is_passed_on(every: int) -> None:
    states = np.arange(2 * 4 * 3, dtype=np.float32)
    out = np.full(2 * 3 * (3 if every else 1) + 1, 99.0, np.float32)
    compiled(read_states)(states, every, out[:-1], 2, 3, 3)
    whole = states.reshape(2, 4, 3)
    np.testing.assert_array_equal(out[:-1], (whole[:, 1:] if every else whole[:, -1]).reshape(-1))
    assert out[-1] == 99.0
