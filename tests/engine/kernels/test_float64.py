"""The vectorised float64 forms of exp and expm1: as exact as the last bit or two, NaN and limits included."""

import numpy as np
import pytest
from engine.compiled import compiled

from nntui_engine.kernels.exponential import BLOCK, exp_nonpositive, expm1_nonpositive

POINTS = -np.concatenate([np.linspace(0.0, 708.0, 30011), np.geomspace(1e-300, 700.0, 20011), [0.0, 708.39]])
SCRATCH = np.empty(BLOCK)


@pytest.mark.parametrize(("kernel", "exact"), [(exp_nonpositive, np.exp), (expm1_nonpositive, np.expm1)])
def test_the_error_is_in_the_last_bits(kernel, exact) -> None:
    found = np.empty_like(POINTS)
    compiled(kernel)(POINTS, found, SCRATCH)
    expected = exact(POINTS.astype(np.longdouble))
    zero = expected == 0.0
    assert (found[zero] == 0.0).all()
    error = np.abs((found[~zero] - expected[~zero]) / expected[~zero])
    assert float(error.max()) < 1e-15


def test_the_ends() -> None:
    x = np.array([0.0, -np.inf, -1e300, np.nan, -720.0])
    for kernel, wanted in (
        (exp_nonpositive, [1.0, 0.0, 0.0, np.nan, 0.0]),
        (expm1_nonpositive, [0.0, -1, -1, np.nan, -1]),
    ):
        found = x.copy()
        compiled(kernel)(found, found, SCRATCH)  # in place
        np.testing.assert_array_equal(found, wanted)
