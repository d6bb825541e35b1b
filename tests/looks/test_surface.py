"""A surface under a map: its values where they are shown, coarser where they cost much."""

import numpy as np
import pytest

from nntui.looks.basins import ARRIVED, MOST_STARTS
from nntui.looks.projection import Projection
from nntui.looks.surface import MOST_TERMS, SampledSurface, SurfaceRequest, sample_surface
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import parse_scenario

WINDOW = ((-2.0, 2.0), (-1.0, 3.0))


def race(surface: str, more: str = "", train: str = "steps = 60\n") -> Experiment:
    return Experiment(
        parse_scenario(f'schema = 1\n[scenario]\ntitle = "t"\n[surface]\nname = "{surface}"\n{more}[train]\n{train}')
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


def basins_of(surface: str, train: str, more: str = "", size: tuple[int, int] = (41, 21)) -> SampledSurface:
    run = race(surface, more, train)
    settings = run.lanes[0].settings
    return sample_surface(run.surface, SurfaceRequest(0, settings.window, *size, settings))


@pytest.mark.parametrize(("surface", "known"), [("styblinski_tang", {0.0}), ("six_hump_camel", {0.0, 1.0})])
def test_each_place_has_the_minimum_that_descent_from_there_ends_at(surface: str, known: set[float]) -> None:
    found = basins_of(surface, "steps = 400\nlr = 0.01\n", size=(6, 2))
    run = race(surface)
    minima = run.surface.minima(0)
    assert known <= {*found.values.ravel().tolist()}
    for row, column in np.ndindex(found.values.shape):
        start = f"start = [{found.xs[column]}, {found.ys[row]}]\n"
        one = race(surface, start, "steps = 400\nlr = 0.01\n")
        one.advance(400)
        x, y = one.snapshot(points=None).lanes[0].surface.position
        apart = np.hypot(minima[:, 0] - x, minima[:, 1] - y)
        here = found.values[row, column]
        (x0, x1), (y0, y1) = run.lanes[0].settings.window
        near = bool(apart.min() <= ARRIVED * np.hypot(x1 - x0, y1 - y0))
        assert near == (here < len(minima))
        assert not near or here == apart.argmin()


def test_a_hollow_that_is_no_lowest_one_has_its_basin_too() -> None:
    found = basins_of("six_hump_camel", "steps = 1500\nlr = 0.01\n")
    known = len(race("six_hump_camel").surface.minima(0))
    kinds, counts = np.unique(found.values[np.isfinite(found.values)], return_counts=True)
    assert kinds.max() >= known
    assert len(kinds) >= 4
    assert counts.sum() > 0.9 * found.values.size
    turned = found.values[::-1, ::-1]  # the surface is the same from both sides
    pairs = {(a, b) for a, b in zip(found.values.ravel(), turned.ravel(), strict=True) if a == a and b == b}
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) <= len(pairs) <= 2 * len(kinds)


def test_nothing_is_reached_by_steps_that_are_too_long_or_too_few() -> None:
    assert np.isfinite(basins_of("bowl", "steps = 300\nlr = 0.1\n").values).all()
    assert not np.isfinite(basins_of("bowl", "steps = 300\nlr = 2.5\n", size=(8, 4)).values).any()
    few = np.isfinite(basins_of("bowl", "steps = 4\nlr = 0.1\n").values)
    assert few.any()
    assert not few.all()


def test_basins_are_of_at_most_so_many_starts_spread_over_the_map() -> None:
    found = basins_of("bowl", "steps = 2000\nlr = 0.1\n", size=(200, 60))
    assert 100 < found.values.size <= MOST_STARTS
    (low, high), _ = found.request.window
    assert found.xs[0] - low < 0.1 * (high - low)
    assert high - found.xs[-1] < 0.1 * (high - low)
