"""The braille canvas against a slow drawing of the same rules, dot by dot."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntui.plotting.canvas import Columns, band_dots, dot_places, line_dots, to_cells, to_columns


def slow_line(middle: np.ndarray, rows: int) -> np.ndarray:
    """Each column's own dot, and between neighbours every dot of the step: the first half by the left column."""
    height = rows * 4
    dots = np.zeros((height, len(middle)), dtype=bool)
    at = [None if np.isnan(m) else int(min(height - 1, ((1 - m) * (rows - 1) + 0.5) * 4 + 1e-9)) for m in middle]
    for column, row in enumerate(at):
        if row is None:
            continue
        dots[row, column] = True
        after = at[column + 1] if column + 1 < len(at) else None
        if after is None:
            continue
        path = range(row, after + 1) if after >= row else range(row, after - 1, -1)
        half = (row + after) // 2
        for place in path:
            left = place <= half if after >= row else place > half
            dots[place, column if left else column + 1] = True
    return dots


places = st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), min_size=2, max_size=40)


@given(places, st.integers(2, 8))
def test_line_is_the_slow_drawing(values: list[float], rows: int) -> None:
    middle = np.array(values)
    columns = Columns(middle, middle, middle)
    np.testing.assert_array_equal(line_dots(columns, rows), slow_line(middle, rows))


def test_limits_lie_in_the_middle_of_the_edge_cells() -> None:
    assert dot_places(np.array([0.0, 1.0]), 10, 4).tolist() == [2, 38]


def test_band_fills_everything_between_low_and_high() -> None:
    columns = Columns(np.array([0.0, np.nan]), np.array([0.5, np.nan]), np.array([1.0, np.nan]))
    dots = band_dots(columns, 3)
    assert dots[:, 0].tolist() == [False, False] + [True] * 9 + [False]
    assert not dots[:, 1].any()


def test_cells_are_the_braille_of_their_dots() -> None:
    dots = np.zeros((4, 4), dtype=bool)
    dots[0, 0] = dots[3, 1] = True
    assert to_cells(dots).tolist() == [[0x2800 + 0x01 + 0x80, 0]]


def test_a_spike_among_many_points_is_kept() -> None:
    steps = np.linspace(0, 1, 5000)
    values = np.full(5000, 0.1)
    high = values.copy()
    high[2500] = 1.0
    columns = to_columns(steps, values, values, high, 40)
    assert np.nanmax(columns.high) == 1.0
    assert np.nanmax(columns.middle) == pytest.approx(0.1)


def test_a_gap_is_not_bridged_but_sparse_points_are_joined() -> None:
    steps = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    values = np.array([0.0, 0.5, np.nan, 0.5, 0.0])
    columns = to_columns(steps, values, values, values, 41, 1)
    assert columns.middle[5] == pytest.approx(0.25)
    assert np.isnan(columns.middle[11:30]).all()
    assert columns.middle[35] == pytest.approx(0.25)


def test_nothing_gives_empty_columns() -> None:
    empty = np.zeros(0)
    assert np.isnan(to_columns(empty, empty, empty, empty, 5).middle).all()


def test_every_dot_of_a_cell_is_the_one_that_braille_has_there() -> None:
    bits = {(0, 0): 1, (1, 0): 2, (2, 0): 3, (0, 1): 4, (1, 1): 5, (2, 1): 6, (3, 0): 7, (3, 1): 8}  # Unicode's numbers
    for (row, column), number in bits.items():
        dots = np.zeros((2, 8, 4), dtype=bool)
        dots[1, 4 + row, 2 + column] = True
        codes = to_cells(dots)
        assert codes[1, 1, 1] == 0x2800 + (1 << (number - 1))
        assert np.count_nonzero(codes) == 1


def test_several_curves_together_are_what_each_is_alone() -> None:
    generator = np.random.default_rng(3)
    places = generator.uniform(0.0, 1.0, (3, 5, 20))
    places[:, generator.random((5, 20)) < 0.2] = np.nan
    together = Columns(*places)
    for dots in (line_dots, band_dots):
        alone = [dots(Columns(*places[:, curve]), 4) for curve in range(5)]
        np.testing.assert_array_equal(dots(together, 4), np.stack(alone))
        np.testing.assert_array_equal(to_cells(dots(together, 4)), np.stack([to_cells(one) for one in alone]))
