"""The fast float32 forms of exp, tanh, sigmoid and softmax: how exact they are, and what they make of NaN and Inf."""

import numpy as np
import pytest
from engine.compiled import JIT, compiled

from engine import twin
from nntui_engine.kernels import activation as kernels
from nntui_engine.kernels.exponential import BLOCK, exp_nonpositive
from nntui_engine.registry.activation import ACTIVATIONS

COUNT = 200_001 if JIT else 2_001
GRID = np.concatenate([np.linspace(-120, 120, COUNT), np.linspace(-1, 1, COUNT), [0.0, -0.0]]).astype(np.float32)
HUGE = np.array([-np.inf, -3e38, -1e30, -1e10, -150, -127, -126.3, -88, 88, 150, 1e10, 3e38, np.inf], np.float32)
# SELU multiplies the error of exp by λ·α = 1.76
ALLOWED = {"selu": 5e-7}


def activate(name: str, z: np.ndarray, alpha: float = 0.7) -> tuple[np.ndarray, np.ndarray]:
    """(φ(z), φ'(z)) by the kernels, for a 1-D array."""
    a, slopes, scratch = np.empty_like(z), np.empty_like(z), np.empty(BLOCK, z.dtype)
    compiled(kernels.activate)(ACTIVATIONS[name].code, alpha, z, a, scratch)
    compiled(kernels.derivative)(ACTIVATIONS[name].code, alpha, z, a, slopes, scratch)
    return a, slopes


def softmax(z: np.ndarray) -> np.ndarray:
    a = np.empty_like(z)
    compiled(kernels.softmax)(z, a, a.reshape(-1), np.empty(BLOCK, z.dtype))
    return a


def test_exp_is_exact_to_2e_7() -> None:
    x = -np.abs(GRID)
    out = np.empty_like(x)
    compiled(exp_nonpositive)(x, out, np.empty(BLOCK, np.float32))
    assert np.abs(out - np.exp(x.astype(np.float64))).max() <= 2e-7


def test_exp_of_very_negative_numbers_is_0_and_of_nan_nan() -> None:
    x = np.array([-np.inf, -3e38, -1e5, -200, np.nan, 0.0, -0.0], np.float32)
    compiled(exp_nonpositive)(x, x, np.empty(BLOCK, np.float32))
    assert x[:4].tolist() == [0.0] * 4
    assert np.isnan(x[4])
    assert x[5:].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_activation_and_slope_against_float64(name: str) -> None:
    a, slopes = activate(name, GRID)
    z = GRID.astype(np.float64)
    allowed = ALLOWED.get(name, 3e-7)
    # relative where the value is large: 120 has a spacing of 7.6e-6
    np.testing.assert_allclose(a, twin.activation(name, z, 0.7), rtol=3e-7, atol=allowed)
    np.testing.assert_allclose(slopes, twin.slope(name, z, 0.7), rtol=3e-7, atol=3 * allowed)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_huge_values(name: str, dtype: type) -> None:
    z = HUGE[1:-1].astype(dtype)
    with np.errstate(all="ignore"):
        expected, steep = twin.activation(name, z.astype(np.float64), 0.7), twin.slope(name, z.astype(np.float64), 0.7)
    a, slopes = activate(name, z)
    np.testing.assert_allclose(a, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(slopes, steep, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_nan_stays_and_infinity_is_no_surprise(name: str, dtype: type) -> None:
    a, _ = activate(name, np.array([0.5, np.nan, -0.5], dtype))
    assert np.isnan(a).tolist() == [False, True, False]
    (low, high), _ = activate(name, np.array([-np.inf, np.inf], dtype))
    if name in ("sigmoid", "tanh", "threshold"):
        assert high == 1.0
        assert low == (-1.0 if name == "tanh" else 0.0)
    else:
        assert high == np.inf


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax(dtype: type) -> None:
    z = (np.random.default_rng(0).standard_normal((50, 7)) * 20).astype(dtype)
    expected = twin.activation("softmax", z.astype(np.float64))
    assert np.abs(softmax(z) - expected).max() <= (3e-7 if dtype is np.float32 else 1e-14)
    extremes = softmax(np.array([[-np.inf, 0.0, 0.0], [3e38, -3e38, 0.0], [1.0, np.nan, 0.0]], dtype))
    assert extremes[0].tolist() == [0.0, 0.5, 0.5]
    assert extremes[1].tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(extremes[2]).all()


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in ("softmax", "threshold")])
def test_the_largest_slope_is_the_largest(name: str) -> None:
    for alpha in (0.0, 0.3, 2.0):
        stated = kernels.largest_slope(ACTIVATIONS[name].code, alpha)
        assert stated == pytest.approx(twin.largest_slope(name, alpha), rel=1e-7)
