"""Cells and points: each finds the other, far and bad points stay finite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntui.looks.projection import FAR, Projection

SIZES = st.tuples(st.integers(2, 200), st.integers(2, 80))
CORNERS = st.floats(-1e5, 1e5)
SPANS = st.floats(1e-3, 1e4)


@given(SIZES, CORNERS, SPANS, CORNERS, SPANS, st.floats(0, 1), st.floats(0, 1))
def test_the_point_of_a_cell_lies_in_that_cell(
    size: tuple[int, int], x: float, width: float, y: float, height: float, right: float, down: float
) -> None:
    shown = Projection(((x, x + width), (y, y + height)), *size)
    column, row = round(right * (size[0] - 1)), round(down * (size[1] - 1))
    assert shown.cell(shown.point(column, row)) == (column, row)


def test_corners_and_directions() -> None:
    shown = Projection(((-2.0, 2.0), (-1.0, 3.0)), 41, 21)
    assert shown.cell((-2.0, 3.0)) == (0, 0)
    assert shown.cell((2.0, -1.0)) == (40, 20)
    assert shown.cell((2.06, 0.0)) is None
    assert shown.cell((0.0, 3.11)) is None


def test_pixels_are_the_middles_of_half_cells() -> None:
    shown = Projection(((0.0, 4.0), (0.0, 2.0)), 5, 3)
    xs, ys = shown.pixels()
    np.testing.assert_allclose(xs, [0, 1, 2, 3, 4])
    np.testing.assert_allclose(ys, [2.25, 1.75, 1.25, 0.75, 0.25, -0.25])


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e308, -1e308, 1e30])
def test_far_points_stay_finite(value: float) -> None:
    shown = Projection(((-2.0, 2.0), (-1.0, 3.0)), 41, 21)
    places = shown.places(np.array([[value, 0.0], [0.0, value]]))
    assert np.abs(places).max() == FAR
    assert shown.cell((value, 0.0)) is None


def test_nan_has_no_cell() -> None:
    shown = Projection(((-2.0, 2.0), (-1.0, 3.0)), 41, 21)
    assert shown.cell((float("nan"), 0.0)) is None
