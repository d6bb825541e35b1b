"""Trails: joined, clipped, finite; and the arrow where a lane left the map."""

import numpy as np
import pytest

from nntui.looks.projection import Projection
from nntui.plotting.trails import clip, exit_of, trail

MAP = Projection(((0.0, 10.0), (0.0, 10.0)), 11, 11)


def steps(path: np.ndarray) -> np.ndarray:
    return np.arange(len(path), dtype=float)


def cells(path: object) -> set[tuple[int, int]]:
    points = np.array(path, dtype=float)
    rows, columns = np.nonzero(trail(points, steps(points), MAP).codes)
    return set(zip(columns.tolist(), rows.tolist(), strict=True))


def test_one_point_is_one_dot() -> None:
    assert cells([[3.0, 7.0]]) == {(3, 3)}


def test_a_thick_trail_has_twice_the_dots_in_the_same_cells() -> None:
    path = np.array([[2.0, 0.0], [5.0, 10.0]])
    thin, thick = (trail(path, steps(path), MAP, wide).codes for wide in (False, True))
    assert ((thin > 0) == (thick > 0)).all()
    assert np.bitwise_count(thick & 0xFF).sum() > 1.5 * np.bitwise_count(thin & 0xFF).sum()


def test_a_long_step_is_a_joined_line() -> None:
    assert cells([[0.0, 5.0], [10.0, 5.0]]) == {(column, 5) for column in range(11)}
    assert cells([[0.0, 0.0], [10.0, 10.0]]) >= {(k, 10 - k) for k in range(11)}


def test_a_line_across_the_map_is_seen_though_both_its_ends_are_off_it() -> None:
    assert cells([[-50.0, 5.0], [50.0, 5.0]]) == {(column, 5) for column in range(11)}
    assert cells([[-50.0, 50.0], [50.0, 50.0]]) == set()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e308, -1e308])
def test_bad_points_do_no_harm(bad: float) -> None:
    with np.errstate(all="raise", under="ignore"):
        found = cells([[5.0, 5.0], [6.0, 5.0], [bad, 5.0], [bad, bad]])
    assert {(5, 5), (6, 5)} <= found
    assert all(0 <= column < 11 and 0 <= row < 11 for column, row in found)
    assert cells([[bad, bad]]) == set()


def test_the_newest_stretch_is_the_brightest_and_the_last_pass_counts() -> None:
    path = np.column_stack([np.linspace(0, 10, 101), np.full(101, 5.0)])
    ages = trail(path, steps(path), MAP).ages[5]
    assert ages[10] == 0
    assert ages[0] == 3
    assert (np.diff(ages.astype(int)) <= 0).all()
    back = np.concatenate([path, path[::-1]])
    assert trail(back, steps(back), MAP).ages[5, 0] == 0


def test_clipping_matches_points_along_the_segment() -> None:
    random = np.random.default_rng(0)
    begin, end = random.uniform(-10, 20, (500, 2)), random.uniform(-10, 20, (500, 2))
    first, last, inside = clip(begin, end, 10.0, 8.0)
    share = np.linspace(0, 1, 2001)[:, None, None]
    along = begin + (end - begin) * share
    within = ((along >= 0) & (along <= [10.0, 8.0])).all(axis=2)
    assert (within.any(axis=0) <= inside).all()
    for i in np.flatnonzero(within.sum(axis=0) > 2):
        seen = along[within[:, i], i]
        np.testing.assert_allclose(first[i], seen[0], atol=0.03)
        np.testing.assert_allclose(last[i], seen[-1], atol=0.03)


@pytest.mark.parametrize(
    ("to", "cell", "side"),
    [
        ((20.0, 5.0), (10, 5), (1, 0)),
        ((-20.0, 5.0), (0, 5), (-1, 0)),
        ((5.0, 20.0), (5, 0), (0, -1)),
        ((5.0, -20.0), (5, 10), (0, 1)),
        ((20.0, 20.0), (10, 0), (1, -1)),
        ((np.inf, 5.0), (10, 5), (1, 0)),
        ((1e308, 1e308), (10, 0), (1, -1)),
    ],
)
def test_the_arrow_stands_where_the_lane_left(
    to: tuple[float, float], cell: tuple[int, int], side: tuple[int, int]
) -> None:
    found = exit_of(np.array([[4.0, 4.0], [5.0, 5.0], to]), MAP)
    assert found is not None
    assert (found.column, found.row) == cell
    assert (found.right, found.down) == side


def test_later_points_do_not_move_the_arrow() -> None:
    found = exit_of(np.array([[5.0, 5.0], [20.0, 5.0], [-1e9, 1e9], [np.nan, np.nan]]), MAP)
    assert found is not None
    assert (found.column, found.row, found.right) == (10, 5, 1)


def test_a_lane_on_the_map_has_no_arrow_and_one_lost_in_nan_is_marked_where_it_was() -> None:
    assert exit_of(np.array([[5.0, 5.0], [6.0, 5.0]]), MAP) is None
    assert exit_of(np.full((1, 2), np.nan), MAP) is None
    lost = exit_of(np.array([[5.0, 5.0], [np.nan, 5.0]]), MAP)
    assert lost is not None
    assert (lost.column, lost.row, lost.right, lost.down) == (5, 5, 0, 0)


def test_a_lane_that_never_touched_the_map_has_its_arrow_on_the_nearest_border() -> None:
    found = exit_of(np.array([[30.0, 5.0]]), MAP)
    assert found is not None
    assert (found.column, found.row, found.right) == (10, 5, 1)


def test_a_path_that_never_touched_the_map_is_shown_where_it_ended() -> None:
    left = exit_of(np.array([[-1e3, 0.0], [-2e3, 0.0], [1e3, 0.0], [np.nan, np.nan]]), MAP)
    assert left is not None
    assert (left.column, left.right) == (MAP.width - 1, 1)
