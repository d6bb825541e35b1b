"""Pooling: number by number, ties, NaN, and gradients by centred differences."""

from typing import Any

import numpy as np
import pytest
from engine.compiled import compiled
from engine.kernels.pictures import Case, numbers, seen

from nntui_engine.kernels import pooling
from nntui_engine.registry.geometry import Geometry

CASES = [
    Case((6, 8, 2), 2, (2, 2), (2, 2), "valid"),
    Case((7, 5, 3), 3, (2, 2), (2, 2), "valid"),
    Case((7, 5, 1), 1, (3, 3), (2, 2), "same"),
    Case((5, 6, 17), 17, (3, 2), (1, 1), "same"),
    Case((4, 4, 5), 5, (4, 4), (4, 4), "valid"),
    Case((6, 6, 2), 2, (1, 2), (3, 3), "same"),
    Case((9, 33), 33, (3,), (3,), "valid"),
    Case((7, 4), 4, (2,), (2,), "same"),
]
ALL = pytest.mark.parametrize("case", CASES, ids=str)
BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def windows(g: Geometry, x: np.ndarray) -> Any:
    """For each output its place and the entries it sees, in order: (row, line, column, channel), [place in x]."""
    for i in range(len(x)):
        for oy in range(g.out_height):
            for ox in range(g.out_width):
                for c in range(g.channels):
                    yield (i, oy, ox, c), [(i, line, column, c) for _, _, line, column in seen(g, oy, ox)]


def twin(g: Geometry, x: np.ndarray, delta: np.ndarray, largest: bool) -> tuple[np.ndarray, np.ndarray]:
    """(z, ∂L/∂x)."""
    n = len(x)
    pictures, dx = x.reshape(n, g.height, g.width, g.channels), np.zeros((n, g.height, g.width, g.channels))
    z = np.zeros((n, g.out_height, g.out_width, g.channels))
    slopes = delta.reshape(z.shape)
    for place, entries in windows(g, x):
        values = [float(pictures[e]) for e in entries]
        if largest:
            broken = [v for v in values if v != v]
            z[place] = broken[0] if broken else max(values)
            first = next(e for e, v in zip(entries, values, strict=True) if v == z[place] or v != v)
            dx[first] += slopes[place]
        else:
            z[place] = sum(values) / len(values)
            for e in entries:
                dx[e] += slopes[place] / len(values)
    return z.reshape(n, -1), dx.reshape(n, -1)


def pool(g: Geometry, x: np.ndarray, largest: bool) -> np.ndarray:
    z = np.full((len(x), g.out_height * g.out_width * g.channels), 9.0, x.dtype)
    compiled(pooling.max_pool if largest else pooling.average_pool)(x, g, z)
    return z


def back(g: Geometry, x: np.ndarray, delta: np.ndarray, largest: bool, before: float, add: bool) -> np.ndarray:
    dx = np.full_like(x, before)
    if largest:
        compiled(pooling.max_pool_backward)(x, pool(g, x, True), delta, g, add, dx)
    else:
        compiled(pooling.average_pool_backward)(delta, g, add, dx)
    return dx


def data(g: Geometry, dtype: type, ties: bool) -> tuple[np.ndarray, np.ndarray]:
    x = numbers(1, 2, g.height * g.width * g.channels)
    x = np.round(x) if ties else x
    return x.astype(dtype), numbers(2, 2, g.out_height * g.out_width * g.channels).astype(dtype)


@BOTH
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("largest", [False, True])
@ALL
def test_equals_the_formula(case: Case, largest: bool, ties: bool, dtype: type) -> None:
    g = case.geometry()
    x, delta = data(g, dtype, ties)
    z, dx = twin(g, x, delta, largest)
    allowed = {"rtol": 0, "atol": 1e-14 if dtype == np.float64 else 1e-6}
    np.testing.assert_allclose(pool(g, x, largest), z, **allowed)
    np.testing.assert_allclose(back(g, x, delta, largest, np.nan, False), dx, **allowed)
    np.testing.assert_allclose(back(g, x, delta, largest, 2.0, True), dx + 2.0, **allowed)


@pytest.mark.parametrize("largest", [False, True])
@ALL
def test_centred_differences(case: Case, largest: bool) -> None:
    g = case.geometry()
    x, delta = data(g, np.float64, False)
    along = 1e-6 * numbers(3, *x.shape)
    change = ((pool(g, x + along, largest) - pool(g, x - along, largest)) * delta).sum() / 2
    assert change == pytest.approx((back(g, x, delta, largest, 0.0, False) * along).sum(), rel=1e-6)


@BOTH
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("largest", [False, True])
@ALL
def test_nan_and_infinity_go_through(case: Case, largest: bool, bad: float, dtype: type) -> None:
    g = case.geometry()
    x, delta = data(g, dtype, False)
    x[0, 0] = x[1, -1] = x[1, x.shape[1] // 2] = bad
    z, dx = twin(g, x, delta, largest)
    np.testing.assert_allclose(pool(g, x, largest), z, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(back(g, x, delta, largest, 0.0, False), dx, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("worst", [-np.inf, np.nan])
def test_a_window_of_nothing_else_gives_its_first(worst: float) -> None:
    g = CASES[0].geometry()
    x = np.full((1, 96), worst)
    delta = np.ones((1, 24))
    assert np.array_equal(pool(g, x, True), np.full((1, 24), worst), equal_nan=True)
    dx = back(g, x, delta, True, 0.0, False).reshape(6, 8, 2)
    assert (dx[::2, ::2] == 1.0).all()
    assert dx.sum() == 24
