"""Layer normalisation: the formula, its gradients, NaN."""

import numpy as np
import pytest
from engine.compiled import compiled
from engine.kernels.pictures import numbers

from nntui_engine.kernels import layer_norm
from nntui_engine.kernels.layer_norm import EPSILON

ALL = pytest.mark.parametrize("shape", [(1, 1), (3, 2), (4, 7), (2, 64)])
BOTH = pytest.mark.parametrize(("dtype", "allowed"), [(np.float64, 1e-12), (np.float32, 3e-6)])


def twin(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(normalised, inverse, y)."""
    off = x - x.mean(axis=1, keepdims=True)
    inverse = 1 / np.sqrt((off**2).mean(axis=1) + EPSILON)
    return off * inverse[:, None], inverse, gamma * off * inverse[:, None] + beta


def forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    normalised, inverse, y = np.empty_like(x), np.empty(len(x), x.dtype), np.empty_like(x)
    compiled(layer_norm.layer_norm)(x, gamma, beta, EPSILON, normalised, inverse, y)
    return normalised, inverse, y


def backward(
    delta: np.ndarray, gamma: np.ndarray, normalised: np.ndarray, inverse: np.ndarray, add: bool, before: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    dx = np.full_like(delta, before)
    d_gamma, d_beta = np.full_like(gamma, 9.0), np.full_like(gamma, 9.0)
    compiled(layer_norm.layer_norm_backward)(delta, gamma, normalised, inverse, add, dx, d_gamma, d_beta)
    return dx, d_gamma, d_beta


@BOTH
@ALL
def test_equals_the_formula(shape: tuple[int, int], dtype: type, allowed: float) -> None:
    x, gamma, beta = (numbers(i, *s).astype(dtype) for i, s in enumerate((shape, shape[1:], shape[1:])))
    found = forward(3 * x + 1, gamma, beta)
    for got, expected in zip(found, twin((3 * x + 1).astype(np.float64), gamma, beta), strict=True):
        np.testing.assert_allclose(got, expected, rtol=allowed, atol=3 * allowed)


def test_may_work_in_place() -> None:
    x, gamma, beta = numbers(0, 3, 5), numbers(1, 5), numbers(2, 5)
    _, _, y = forward(x, gamma, beta)
    compiled(layer_norm.layer_norm)(x, gamma, beta, EPSILON, np.empty_like(x), np.empty(3), x)
    assert np.array_equal(x, y)


@ALL
def test_centred_differences(shape: tuple[int, int]) -> None:
    x, gamma, beta = numbers(0, *shape), numbers(1, shape[1]), numbers(2, shape[1])
    delta = numbers(3, *shape)
    normalised, inverse, _ = forward(x, gamma, beta)
    gradients = backward(delta, gamma, normalised, inverse, False, np.nan)
    for k, array in enumerate((x, gamma, beta)):
        along = 1e-5 * numbers(4 + k, *array.shape)
        above, below = [x, gamma, beta], [x, gamma, beta]
        above[k], below[k] = array + along, array - along
        change = ((forward(*above)[2] - forward(*below)[2]) * delta).sum() / 2
        assert change == pytest.approx((gradients[k] * along).sum(), rel=1e-6, abs=1e-12)


def test_adds_where_asked() -> None:
    delta, gamma, normalised, inverse = numbers(0, 3, 5), numbers(1, 5), numbers(2, 3, 5), numbers(3, 3)
    dx, d_gamma, d_beta = backward(delta, gamma, normalised, inverse, False, np.nan)
    more, gamma_again, beta_again = backward(delta, gamma, normalised, inverse, True, 2.0)
    np.testing.assert_allclose(more, dx + 2.0, rtol=1e-14)
    assert np.array_equal(d_gamma, gamma_again)
    assert np.array_equal(d_beta, beta_again)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_broken_row_breaks_itself_alone(bad: float, dtype: type) -> None:
    x = numbers(0, 3, 20).astype(dtype)
    x[1, 7] = bad
    _, inverse, y = forward(x, np.ones(20, dtype), np.zeros(20, dtype))
    assert np.isnan(y).all(axis=1).tolist() == [False, True, False]
    assert np.isfinite(y[[0, 2]]).all()
    assert np.isfinite(inverse).tolist() == [True, False, True]
