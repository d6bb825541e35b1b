"""A surface under a map: its values where they are shown, coarser where they cost much."""

import numpy as np
import pytest

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
