"""The window of a map: what zooming keeps, how far it goes, and the start that is being chosen in it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntui.lab.map_view import FURTHEST, NARROWEST, WIDEST, ZOOM, MapView, middle, rounded

HOME = ((-2.0, 2.0), (-1.0, 3.0))
FLAT = 4.0  # its width and height


def test_zooming_about_a_point_keeps_it_in_its_place() -> None:
    view, at = MapView(), (1.0, 0.5)
    view.zoom(HOME, 1, at)
    for (low, high), (home_low, home_high), centre in zip(view.shown(HOME), HOME, at, strict=True):
        assert high - low == pytest.approx(ZOOM * FLAT)
        assert (centre - low) / (high - low) == pytest.approx((centre - home_low) / (home_high - home_low))
    view.zoom(HOME, -1, at)
    assert [side for pair in view.shown(HOME) for side in pair] == pytest.approx([-2.0, 2.0, -1.0, 3.0])


def test_zooming_about_nothing_keeps_the_middle() -> None:
    view = MapView()
    view.zoom(HOME, -1)
    assert middle(view.shown(HOME)) == pytest.approx((0.0, 1.0))
    assert view.shown(HOME)[0][1] == pytest.approx(2.0 / ZOOM)


@pytest.mark.parametrize(("direction", "span"), [(-1, FLAT * WIDEST), (1, FLAT * NARROWEST)])
def test_zooming_ends(direction: int, span: float) -> None:
    view = MapView()
    for _ in range(100):
        view.zoom(HOME, direction, (0.0, 0.0))
    for low, high in view.shown(HOME):
        assert high - low == pytest.approx(span)


def test_far_from_the_origin_a_window_stays_wide_enough_for_its_numbers() -> None:
    view, home = MapView(), ((1e6 - 1e-6, 1e6 + 1e-6), (0.0, 1e-6))
    for _ in range(100):
        view.zoom(home, 1)
    (x0, x1), (y0, y1) = view.shown(home)
    assert x1 - x0 == pytest.approx(1e-3, rel=1e-6)
    assert y1 - y0 == pytest.approx(NARROWEST * 1e-6, rel=1e-6)


def test_panning_moves_by_shares_and_not_beyond_the_end() -> None:
    view = MapView()
    view.pan(HOME, 0.25, -0.5)
    assert view.shown(HOME) == ((-1.0, 3.0), (-3.0, 1.0))
    end = FURTHEST
    for sign in (1.0, -1.0):
        for low in (0.0, -8.0):
            view.window = ((sign * (end - 4.0) + low / 2, sign * (end - 4.0) + low / 2 + 1.0), (0.0, 1.0))
            before = view.window
            view.pan(HOME, sign * 100.0, 0.0)
            assert view.window == before
    view.window = ((end - 2.0, end - 1.0), (end - 2.0, end - 1.0))
    view.pan(HOME, 1.0, 1.0)
    assert view.window == ((end - 1.0, end), (end - 1.0, end))
    view.pan(HOME, 0.5, 0.0)
    view.pan(HOME, 0.0, 0.5)
    assert view.window == ((end - 1.0, end), (end - 1.0, end))
    view.reset()
    assert view.shown(HOME) == HOME


def test_the_start_moves_by_a_fortieth_and_stays_in_the_window() -> None:
    view = MapView()
    view.move_crosshair(HOME, 1, 1, False)
    assert view.crosshair is None
    view.crosshair = (0.0, 0.0)
    view.move_crosshair(HOME, 1, -1, False)
    assert view.crosshair == pytest.approx((0.1, -0.1))
    view.move_crosshair(HOME, -1, 1, True)
    assert view.crosshair == pytest.approx((0.09, -0.09))
    for right, up, corner in ((1, 1, (2.0, 3.0)), (-1, -1, (-2.0, -1.0))):
        for _ in range(50):
            view.move_crosshair(HOME, right, up, False)
        assert view.crosshair == corner


@given(st.lists(st.sampled_from(["in", "out", "left", "right", "up", "down"]), max_size=60))
def test_no_way_of_moving_leaves_a_window_without_area(moves: list[str]) -> None:
    view = MapView()
    for move in moves * 4:
        if move in ("in", "out"):
            view.zoom(HOME, 1 if move == "in" else -1)
        else:
            view.pan(HOME, {"left": -1, "right": 1}.get(move, 0), {"up": 1, "down": -1}.get(move, 0))
    for low, high in view.shown(HOME):
        assert np.isfinite([low, high]).all()
        assert high > low
        assert np.diff(np.linspace(low, high, 200)).min() > 0


@pytest.mark.parametrize("point", [(1.23456789, -0.5), (0.0, 0.0), (-1.99999, 2.99999)])
def test_a_new_start_has_few_digits_and_stays_in_its_place(point: tuple[float, float]) -> None:
    found = rounded(point, HOME)
    assert found == pytest.approx(point, abs=0.0011)
    assert all(len(str(value)) <= 6 for value in found)
