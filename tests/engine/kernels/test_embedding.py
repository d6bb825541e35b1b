"""Embedding: rows picked by number, their gradient, and numbers that name no row."""

import numpy as np
import pytest
from engine.compiled import compiled
from engine.kernels.pictures import numbers

from nntui_engine.kernels.embedding import embed, embed_gradient

BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@BOTH
def test_picks_rows(dtype: type) -> None:
    weights = numbers(0, 5, 3).astype(dtype)
    x = np.array([[0, 4, 4], [2, 0, 1]], dtype)
    z = np.full((2, 9), np.nan, dtype)
    compiled(embed)(x, weights, z)
    assert np.array_equal(z.reshape(2, 3, 3), weights[x.astype(int)])


@BOTH
def test_gradient_is_the_sum_over_a_tokens_places(dtype: type) -> None:
    x = np.array([[0, 4, 4], [2, 0, 4]], dtype)
    delta = numbers(1, 2, 6).astype(dtype)
    found = np.full((5, 2), np.nan, dtype)
    compiled(embed_gradient)(x, delta, found)
    expected = np.zeros((5, 2))
    np.add.at(expected, x.astype(int), delta.reshape(2, 3, 2))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert not found[[1, 3]].any()


@BOTH
@pytest.mark.parametrize("token", [-1, -0.5, 3, 1e30, np.nan, np.inf, -np.inf])
def test_what_names_no_row_gives_nan_and_learns_nothing(token: float, dtype: type) -> None:
    weights = numbers(0, 3, 2).astype(dtype)
    x = np.array([[1, token]], dtype)
    z = np.zeros((1, 4), dtype)
    compiled(embed)(x, weights, z)
    assert np.isnan(z).tolist() == [[False, False, True, True]]
    gradient = np.full((3, 2), 9.0, dtype)
    compiled(embed_gradient)(x, np.ones((1, 4), dtype), gradient)
    assert gradient.tolist() == [[0, 0], [1, 1], [0, 0]]
