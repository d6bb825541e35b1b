"""Products on explicit vectors against NumPy, with whole blocks, edges and nothing but edges."""

import numpy as np
import pytest
from engine.compiled import compiled

from nntui_engine.kernels.tiles import COLUMN_BYTES, pack, product, turned_sum

ALLOWED = {np.float32: 1e-5, np.float64: 1e-13}
SIZES = [(16, 256, 64), (8, 64, 3), (3, 5, 2), (17, 33, 9), (9, 100, 1), (8, 32, 0)]
GAP = 3  # entries between rows that nothing may touch


def spaced(values: np.ndarray, dtype: type) -> np.ndarray:
    """The rows of ``values`` GAP entries apart, behind two entries, as one row."""
    rows = np.full((values.shape[0], values.shape[1] + GAP), 7.0, dtype)
    rows[:, : values.shape[1]] = values
    return np.concatenate([np.full(2, 7.0, dtype), rows.reshape(-1)])


def read(flat: np.ndarray, rows: int, columns: int) -> np.ndarray:
    whole = flat[2:].reshape(rows, columns + GAP)
    assert (whole[:, columns:] == 7.0).all()
    assert (flat[:2] == 7.0).all()
    return whole[:, :columns]


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("turned", [0, 1])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_product(dtype: type, size: tuple[int, int, int], turned: int, keep: int) -> None:
    n, columns, k = size
    rng = np.random.default_rng(1)
    a, b, c = rng.standard_normal((n, k)), rng.standard_normal((k, columns)), rng.standard_normal((n, columns))
    stored = spaced(b.T if turned else b, dtype)
    step = (k if turned else columns) + GAP
    panels, out = np.zeros(k * columns, dtype), spaced(c, dtype)
    compiled(pack)(k, columns, stored, 2, *((1, step) if turned else (step, 1)), panels)
    compiled(product)(
        n, columns, k, spaced(a, dtype), 2, k + GAP, panels, stored, 2, step, turned, keep, out, 2, columns + GAP
    )
    np.testing.assert_allclose(read(out, n, columns), a @ b + keep * c, rtol=0, atol=ALLOWED[dtype] * max(k, 1))


@pytest.mark.parametrize("size", SIZES[:5], ids=str)
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sum_of_turned_products(dtype: type, parts: int, size: tuple[int, int, int]) -> None:
    m, columns, k = size
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((parts * k, m)), rng.standard_normal((parts * k, columns))
    out = spaced(np.full((m, columns), np.nan), dtype)
    panel = np.zeros((k + m) * COLUMN_BYTES // np.dtype(dtype).itemsize, dtype)
    compiled(turned_sum)(
        parts, m, columns, k, spaced(a, dtype), 2, k * (m + GAP), m + GAP, spaced(b, dtype), 2, k * (columns + GAP),
        columns + GAP, out, 2, columns + GAP, panel,
    )  # fmt: skip
    np.testing.assert_allclose(read(out, m, columns), a.T @ b, rtol=0, atol=ALLOWED[dtype] * parts * k)
