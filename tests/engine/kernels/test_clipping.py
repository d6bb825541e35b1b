"""Gradient clipping, for any gradient."""

import numpy as np
from engine.compiled import compiled
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nntui_engine.kernels.update import clip_gradient

gradients = arrays(np.float64, st.integers(1, 12), elements=st.floats(-1e3, 1e3))
bounds = st.floats(1e-3, 1e4)


def clip(g: np.ndarray, value: float, norm: float) -> tuple[np.ndarray, float]:
    out = g.copy()
    return out, compiled(clip_gradient)(out, value, norm)


@settings(max_examples=80, deadline=None)
@given(gradients, bounds)
def test_by_norm_keeps_the_direction_and_bounds_the_length(g: np.ndarray, bound: float) -> None:
    out, left = clip(g, 0.0, bound)
    length = np.linalg.norm(g)
    assert left <= bound * (1 + 1e-12)
    np.testing.assert_allclose(np.linalg.norm(out), left, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(out * length, g * left, rtol=1e-9, atol=1e-9)
    if length + 1e-6 <= bound:
        assert np.array_equal(out, g)


@settings(max_examples=80, deadline=None)
@given(gradients, bounds)
def test_by_value_bounds_every_entry(g: np.ndarray, bound: float) -> None:
    out, left = clip(g, bound, 0.0)
    assert np.array_equal(out, np.clip(g, -bound, bound))
    np.testing.assert_allclose(left, np.linalg.norm(out), rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(gradients)
def test_off_is_off(g: np.ndarray) -> None:
    out, left = clip(g, 0.0, 0.0)
    assert np.array_equal(out, g)
    np.testing.assert_allclose(left, np.linalg.norm(g), rtol=1e-9)
