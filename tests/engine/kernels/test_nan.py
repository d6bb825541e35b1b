"""NaN and Inf are results: no kernel may turn them into ordinary numbers. One test a kernel."""

import numpy as np
import pytest
from engine.compiled import compiled

from nntui_engine.kernels import batch_norm, columns, loss, measure, optimizer, products, random, update
from nntui_engine.kernels.activation import LINEAR, SIGMOID, SOFTMAX, alpha_gradient
from nntui_engine.kernels.codes import ACCURACY_ARGMAX, ACCURACY_THRESHOLD
from nntui_engine.registry.loss import LOSSES
from nntui_engine.registry.optimizer import HYPERPARAMETERS, OPTIMIZERS

NAN = np.array([1.0, np.nan, -2.0])
ONE_NAN = [False, True, False]
BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@BOTH
@pytest.mark.parametrize("output", [LINEAR, SIGMOID, SOFTMAX])
@pytest.mark.parametrize("name", LOSSES)
def test_loss(name: str, output: int, dtype: type) -> None:
    z = np.array([[0.2, np.nan], [0.3, 0.4]], dtype)
    a = np.array([[np.nan if output == SOFTMAX else 0.2, np.nan], [0.3, 0.4]], dtype)
    t, slopes, delta = np.eye(2, dtype=dtype), np.ones_like(z), np.zeros_like(z)
    value = compiled(loss.loss_and_delta)(LOSSES[name].code, output, 1.0, z, a, t, len(z), slopes, delta)
    assert np.isnan(value)
    assert np.isnan(delta[0, 1])
    assert np.isfinite(delta[1]).all()


@BOTH
@pytest.mark.parametrize("kind", [ACCURACY_ARGMAX, ACCURACY_THRESHOLD])
def test_nan_is_never_right(kind: int, dtype: type) -> None:
    a, t = np.full((2, 2), np.nan, dtype), np.eye(2, dtype=dtype)
    assert compiled(loss.count_correct)(kind, 0.5, a, t) == 0.0
    assert compiled(loss.count_correct)(kind, 0.5, t, t) == 2.0


@BOTH
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer(name: str, dtype: type) -> None:
    hyper = np.zeros(columns.HYPER)
    for p in OPTIMIZERS[name].parameters:
        hyper[HYPERPARAMETERS.index(p.name)] = p.default
    w, g, u = np.ones(3, dtype), NAN.astype(dtype), np.zeros(3, dtype)
    step = compiled(optimizer.step_into)
    step(OPTIMIZERS[name].code, hyper, 0.1, 1, 0.45, w, g, np.zeros(6, dtype), 0, 3, u)
    assert np.isnan(u).tolist() == ONE_NAN


@BOTH
def test_batch_norm(dtype: type) -> None:
    x = np.array([[1.0, np.nan], [2.0, 1.0]], dtype)
    ones, zeros, y, hat, inverse = (np.ones(2, dtype), np.zeros(2, dtype), np.empty_like(x), np.empty_like(x),
                                    np.empty(2, dtype))  # fmt: skip
    mean, variance = np.zeros(2, dtype), np.ones(2, dtype)
    compiled(batch_norm.normalise_fixed)(x, ones, zeros, mean, variance, y)
    assert np.isnan(y).tolist() == [[False, True], [False, False]]
    compiled(batch_norm.normalise)(x, ones, zeros, mean, variance, 0.1, hat, inverse, y)
    assert np.isnan(y).tolist() == [[False, True]] * 2
    assert np.isnan(mean).tolist() == np.isnan(variance).tolist() == [False, True]
    to_gamma, to_beta = np.empty(2, dtype), np.empty(2, dtype)
    compiled(batch_norm.normalise_backward)(np.ones_like(x), ones, hat, inverse, to_gamma, to_beta)
    assert np.isnan(to_gamma).tolist() == [False, True]


@BOTH
@pytest.mark.parametrize("size", [2, 40])  # 40: by BLAS
def test_dense(size: int, dtype: type) -> None:
    x, w, out = (np.ones((size, size), dtype) for _ in range(3))
    x[0, 0] = np.nan
    compiled(products.affine)(x, w, np.zeros(size, dtype), out)
    assert np.isnan(out).sum() == size
    assert (out[1:] == size).all()
    compiled(products.weight_gradient)(x, 0, w, 0, out)
    assert np.isnan(out).sum() == size
    compiled(products.input_gradient)(x, w, 0, out)
    assert np.isnan(out).sum() == size
    sums = np.empty(size, dtype)
    compiled(products.column_sums)(x, 0, sums)
    assert np.isnan(sums).tolist() == [True] + [False] * (size - 1)


@BOTH
def test_measures(dtype: type) -> None:
    for bad in (np.nan, np.inf, -np.inf):
        for at in (0, 1):
            x = np.array([1.0, 2.0, 3.0], dtype)
            x[at] = bad
            mean, variance, broken = compiled(measure.moments)(x)
            assert not np.isfinite(mean)
            assert not np.isfinite(variance)
            assert broken == compiled(measure.count_non_finite)(x) == 1
            squares, largest, magnitudes, zeros, broken = compiled(measure.gradient_summary)(x)
            assert not np.isfinite(squares)
            assert np.isnan(largest) == np.isnan(bad)
            assert not np.isfinite(magnitudes)
            assert (zeros, broken) == (0, 1)
            assert not compiled(measure.all_finite)(x)
            assert not np.isfinite(compiled(measure.sum_of_squares)(x))
            assert not np.isfinite(compiled(measure.sum_of_magnitudes)(x))


@BOTH
def test_units_of_nan_are_not_silent(dtype: type) -> None:
    a = np.array([[0.0, np.nan], [0.0, 0.0]], dtype)
    active = np.zeros(2, dtype)
    compiled(measure.mark_active)(a, active)
    assert active.tolist() == [0.0, 1.0]
    assert compiled(measure.count_below)(a.reshape(-1), 0.1) == 3
    assert np.isnan(compiled(measure.weight_similarity)(a, np.empty(4, dtype), np.empty(128, dtype)))


@BOTH
def test_clipping(dtype: type) -> None:
    g = NAN.astype(dtype)
    assert np.isnan(compiled(update.clip_gradient)(g, 0.5, 0.0))
    assert np.isnan(g).tolist() == ONE_NAN
    assert np.isnan(compiled(update.clip_gradient)(g, 0.0, 1.0))
    assert np.isnan(g).all()  # a broken gradient must not look clipped


@BOTH
def test_penalty_gradient(dtype: type) -> None:
    g = NAN.astype(dtype)
    compiled(update.add_penalty_gradient)(np.zeros(3, dtype), g, 0.5, 0.5)
    assert np.isnan(g).tolist() == ONE_NAN
    g = np.ones(3, dtype)
    compiled(update.add_penalty_gradient)(NAN.astype(dtype), g, 0.5, 0.5)
    assert np.isnan(g).tolist() == ONE_NAN


@BOTH
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("step", ["subtract", "subtract_and_keep", "subtract_and_shrink"])
def test_steps(step: str, bad: float, dtype: type) -> None:
    more = (0.5,) if step == "subtract_and_shrink" else ()
    for at in (0, 1, 2):
        w, u = np.array([1.0, 0.2, -2.0], dtype), np.zeros(3, dtype)
        assert compiled(getattr(optimizer, step))(w, u, *more)
        u = np.array([0.1, 0.2, 0.3], dtype)
        u[at] = bad
        assert not compiled(getattr(optimizer, step))(w, u, *more)
        assert np.isfinite(w).tolist() == [i != at for i in range(3)]
        assert np.isnan(w[at]) == np.isnan(bad)


@BOTH
def test_noise(dtype: type) -> None:
    out = np.zeros(3, dtype)
    compiled(random.add_normal)(np.uint64(7), 0, 1.0, NAN.astype(dtype), out)
    assert np.isnan(out).tolist() == ONE_NAN


def test_the_slope_of_prelu() -> None:
    assert np.isnan(compiled(alpha_gradient)(np.array([-1.0, 2.0]), np.array([np.nan, 1.0])))
