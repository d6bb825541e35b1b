"""The sampled surface, the window over it, and the way back in time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntui.lab.map_view import MapView, rounded
from nntui.looks.projection import Projection
from nntui.looks.surface import MOST_TERMS, SurfaceRequest, sample_surface
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import parse_scenario

WINDOW = ((-2.0, 2.0), (-1.0, 3.0))


def race(surface: str, more: str = "") -> Experiment:
    return Experiment(
        parse_scenario(
            f'schema = 1\n[scenario]\ntitle = "t"\n[surface]\nname = "{surface}"\n{more}[train]\nsteps = 60\n'
        )
    )


def test_a_sample_holds_the_surface_at_the_map_s_half_cells() -> None:
    found = sample_surface(race("bowl").surface, SurfaceRequest(0, WINDOW, 21, 9))
    xs, ys = Projection(WINDOW, 21, 9).pixels()
    np.testing.assert_allclose(found.values, 0.5 * (xs[None, :] ** 2 + ys[:, None] ** 2))


def test_a_costly_surface_is_sampled_coarsely() -> None:
    found = sample_surface(race("noisy_moons", "samples = 100000\n").surface, SurfaceRequest(0, WINDOW, 100, 40))
    assert found.values.size * 100_000 <= 2 * MOST_TERMS
    assert np.isfinite(found.values).all()


@pytest.mark.parametrize(("surface", "lowest"), [("beale", 0.0), ("saddle", -2.0), ("styblinski_tang", -78.3323314)])
def test_the_lowest_value_is_that_of_the_minima(surface: str, lowest: float) -> None:
    one = race(surface)
    assert one.surface.lowest() == pytest.approx(lowest, rel=1e-8)
    assert one.snapshot().lanes[0].surface.lowest == one.surface.lowest()


@given(st.lists(st.sampled_from(["in", "out", "left", "right", "up", "down"]), max_size=60))
def test_no_way_of_moving_leaves_a_window_without_area(moves: list[str]) -> None:
    view = MapView()
    for move in moves * 4:
        if move in ("in", "out"):
            view.zoom(WINDOW, 1 if move == "in" else -1)
        else:
            view.pan(WINDOW, {"left": -1, "right": 1}.get(move, 0), {"up": 1, "down": -1}.get(move, 0))
    for low, high in view.shown(WINDOW):
        assert np.isfinite([low, high]).all()
        assert high > low
        assert np.diff(np.linspace(low, high, 200)).min() > 0


@pytest.mark.parametrize("point", [(1.23456789, -0.5), (0.0, 0.0), (-1.99999, 2.99999)])
def test_a_new_start_has_few_digits_and_stays_in_its_place(point: tuple[float, float]) -> None:
    found = rounded(point, WINDOW)
    assert found == pytest.approx(point, abs=0.0011)
    assert all(len(str(value)) <= 6 for value in found)
