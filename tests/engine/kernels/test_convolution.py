"""Convolution and its gradients: number by number, by centred differences, with NaN and Inf, in scratch of its size."""

from typing import Any

import numpy as np
import pytest
from engine.compiled import compiled, needs_jit
from engine.kernels.pictures import CASES, NAMES, Case, numbers, twin

from nntui_engine.kernels import convolution
from nntui_engine.registry.geometry import BAND, Geometry, geometry_of, scratch_size

ALL = pytest.mark.parametrize("case", CASES, ids=NAMES)
BOTH = pytest.mark.parametrize(("dtype", "allowed"), [(np.float64, 1e-12), (np.float32, 2e-5)])
LARGE = [
    Case((40, 60, 24), 40, (3, 3), (1, 1), "same"),
    Case((61, 64, 5), 20, (7, 3), (2, 2), "same"),
    Case((50, 70, 12), 8, (2, 2), (3, 1), "valid"),
]
GUARD = 7.0


class Work:
    """A convolution's arrays, and scratch of exactly the size asked for between NaN and a guard."""

    def __init__(self, g: Geometry, n: int, dtype: type = np.float64) -> None:
        taps = g.kernel_height * g.kernel_width * g.channels
        self.g = g
        self.x = numbers(1, n, g.height * g.width * g.channels).astype(dtype)
        self.w, self.b = numbers(2, taps, g.filters).astype(dtype), numbers(3, g.filters).astype(dtype)
        self.delta = numbers(4, n, g.out_height * g.out_width * g.filters).astype(dtype)
        size = scratch_size(g)
        self.room = np.full(size + 64, np.nan, dtype)
        self.room[size:] = GUARD
        self.scratch = self.room[:size]

    def forward(self) -> np.ndarray:
        z = np.full_like(self.delta, np.nan)
        compiled(convolution.convolve)(self.x, self.w, self.b, self.g, self.scratch, z)
        assert (self.room[self.scratch.size :] == GUARD).all()
        return z

    def backward(self, ask: bool = True, add: bool = False, dx: Any = None) -> tuple[Any, Any, Any]:
        dx = np.full_like(self.x, np.nan) if dx is None else dx
        dw, db = np.full_like(self.w, np.nan), np.full_like(self.b, np.nan)
        compiled(convolution.convolve_backward)(self.x, self.delta, self.w, self.g, self.scratch, ask, add, dx, dw, db)
        assert (self.room[self.scratch.size :] == GUARD).all()
        return dx, dw, db

    def twin(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        x, w, b, delta = (a.astype(np.float64) for a in (self.x, self.w, self.b, self.delta))
        return twin(x, w, b, self.g, delta)


def close(found: np.ndarray, expected: np.ndarray, allowed: float) -> None:
    """Relative to the largest: sums of many terms cancel."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=allowed * max(1.0, np.abs(expected).max()))


@BOTH
@ALL
def test_equals_the_formula(case: Case, dtype: type, allowed: float) -> None:
    work = Work(case.geometry(), 3, dtype)
    z, dx, dw, db = work.twin()
    close(work.forward(), z, allowed)
    found = work.backward()
    for got, expected in zip(found, (dx, dw, db), strict=True):
        close(got, expected, allowed)
    more, *_ = work.backward(add=True, dx=np.full_like(work.x, 2.0))
    close(more, dx + 2.0, allowed)


@needs_jit
@BOTH
@pytest.mark.parametrize("case", LARGE, ids=str)
def test_bands_of_a_large_picture(case: Case, dtype: type, allowed: float) -> None:
    g = case.geometry()
    assert g.height * g.width * g.channels + g.out_height * g.out_width * g.filters > BAND
    work = Work(g, 2, dtype)
    z, dx, dw, db = work.twin()
    close(work.forward(), z, allowed)
    for got, expected in zip(work.backward(), (dx, dw, db), strict=True):
        close(got, expected, 10 * allowed)


@ALL
def test_centred_differences(case: Case) -> None:
    work = Work(case.geometry(), 2)
    dx, dw, db = work.backward()
    rng = np.random.default_rng(5)
    for array, gradient in ((work.x, dx), (work.w, dw), (work.b, db)):
        along = rng.standard_normal(array.shape)
        start = array.copy()
        array += 1e-4 * along
        above = (work.forward() * work.delta).sum()
        array[:] = start - 1e-4 * along
        below = (work.forward() * work.delta).sum()
        array[:] = start
        assert (above - below) / 2e-4 == pytest.approx((gradient * along).sum(), rel=1e-7, abs=1e-7)


@ALL
def test_what_is_not_asked_is_left_alone(case: Case) -> None:
    work = Work(case.geometry(), 2)
    _, _, dw, db = work.twin()
    dx, *found = work.backward(ask=False, dx=np.full_like(work.x, 5.0))
    assert (dx == 5.0).all()
    for got, expected in zip(found, (dw, db), strict=True):
        close(got, expected, 1e-12)


def test_no_rows_have_no_gradient() -> None:
    work = Work(CASES[0].geometry(), 0)
    _, dw, db = work.backward()
    assert not dw.any()
    assert not db.any()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@ALL
def test_a_broken_entry_reaches_what_saw_it_and_nothing_else(case: Case, bad: float) -> None:
    g = case.geometry()
    work = Work(g, 3)
    work.x[1].reshape(g.height, g.width, g.channels)[g.height // 2, g.width // 2, -1] = bad
    with np.errstate(all="ignore"):
        z, _, dw, _ = work.twin()
        found = work.forward()
        assert np.isfinite(found).tolist() == np.isfinite(z).tolist()
        assert np.isnan(found).tolist() == np.isnan(z).tolist()
        _, got, _ = work.backward()
        assert np.isfinite(got).tolist() == np.isfinite(dw).tolist()


@ALL
def test_a_broken_slope_reaches_what_it_saw_and_nothing_else(case: Case) -> None:
    """What lies beyond the picture counts as 0, and 0 times NaN is NaN: so the whole filter's weights may be NaN."""
    work = Work(case.geometry(), 3)
    work.delta[1, -1] = np.nan
    _, dx, dw, db = work.twin()
    found, weights, biases = work.backward()
    assert np.isnan(found).tolist() == np.isnan(dx).tolist()
    assert np.isnan(biases).tolist() == np.isnan(db).tolist()
    assert np.isnan(weights[np.isnan(dw)]).all()
    assert np.isfinite(weights[:, :-1]).all()


@needs_jit
@pytest.mark.parametrize("n", [1, 2, 5])
@ALL
def test_a_row_has_the_same_bits_in_any_company(case: Case, n: int) -> None:
    all_of_it, some = Work(case.geometry(), 5, np.float32), Work(case.geometry(), 5, np.float32)
    some.x, some.delta = some.x[:n].copy(), some.delta[:n].copy()
    assert (some.forward() == all_of_it.forward()[:n]).all()
    assert (some.backward()[0] == all_of_it.backward()[0][:n]).all()


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "padding", "before", "out"),
    [
        (8, 3, 1, "same", 1, 8),
        (8, 4, 1, "same", 1, 8),
        (8, 2, 1, "same", 0, 8),
        (8, 3, 2, "same", 0, 4),
        (7, 3, 2, "same", 1, 4),
        (7, 1, 3, "same", 0, 3),
        (8, 3, 1, "valid", 0, 6),
        (8, 3, 2, "valid", 0, 3),
        (3, 3, 5, "valid", 0, 1),
        (2, 5, 1, "same", 2, 2),
    ],
)
def test_padding_is_that_of_keras(length: int, kernel: int, stride: int, padding: str, before: int, out: int) -> None:
    g = geometry_of((length, 4), 2, (kernel,), (stride,), padding)
    assert (g.left, g.out_width) == (before, out)
    assert (g.height, g.kernel_height, g.stride_height, g.top, g.out_height) == (1, 1, 1, 0, 1)
    tall = geometry_of((length, 1, 4), 2, (kernel, 1), (stride, 1), padding)
    assert (tall.top, tall.out_height, tall.left, tall.out_width) == (before, out, 0, 1)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="a kernel of 4 does not fit into 3"):
        geometry_of((5, 3, 1), 2, (5, 4), (1, 1), "valid")
    with pytest.raises(ValueError, match="padding is same or valid, not full"):
        geometry_of((5, 3, 1), 2, (1, 1), (1, 1), "full")
