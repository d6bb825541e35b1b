"""The shaded surface: monotone, finite whatever it is given, lines between the heights."""

import numpy as np
import pytest

from nntui.plotting.heat import SHADES, basin_heat, heat, palette
from nntui.plotting.theme import Theme, luminance


def valley() -> np.ndarray:
    x = np.linspace(-3, 3, 60)
    return x[None, :] ** 2 * 100 + x[:, None] ** 2


def test_higher_is_lighter_and_the_whole_range_is_used() -> None:
    values = valley()
    found = heat(values)
    order = np.argsort(values.ravel(), kind="stable")
    assert (np.diff(found.shades.ravel()[order]) >= 0).all()
    assert found.shades.min() == 0
    assert found.shades.max() == SHADES - 1


def test_shades_are_logarithmic() -> None:
    values = np.logspace(-3, 6, 900)[None, :] * np.ones((2, 1))
    shades = heat(values).shades[0]
    used = shades[(shades > 4) & (shades < SHADES - 2)]
    counts = np.bincount(used)[5:]
    assert counts.max() <= 1.5 * counts.min()


def test_contours_lie_between_cells_of_different_height_and_not_on_a_plain() -> None:
    assert heat(valley()).lines.any()
    assert not heat(np.ones((8, 8))).lines.any()


@pytest.mark.parametrize(
    "values",
    [
        np.full((4, 5), np.nan),
        np.full((4, 5), np.inf),
        np.zeros((4, 5)),
        np.array([[0.0, 1e308], [-1e308, np.nan]]),
        np.array([[0.0, 1e-320], [np.inf, 1.0]]),
        np.array([[-5.0, -1e-9], [-5.0, 3.0]]),
    ],
)
def test_no_value_breaks_it(values: np.ndarray) -> None:
    with np.errstate(all="raise", under="ignore"):
        found = heat(values)
    assert (found.shades[np.isfinite(values)] >= 0).all()
    assert (found.shades[~np.isfinite(values)] == -1).all()
    assert found.shades.max(initial=0) < SHADES


@pytest.mark.parametrize("colour", ["full", "grey", "16"])
def test_the_shades_only_grow_lighter_and_stay_darker_than_every_lane(colour: str) -> None:
    theme = Theme(colour)  # type: ignore[arg-type]
    colours, lines, _ = palette(theme)
    grown = [luminance(c) for c in colours]
    assert grown == sorted(grown)
    if colour == "16":
        assert lines == colours
    else:
        assert all(luminance(line) > luminance(c) for line, c in zip(lines, colours, strict=True))
        darkest_lane = min(luminance(theme.lane(i)) for i in range(8))
        assert (darkest_lane + 0.05) / (grown[-1] + 0.05) > 1.6
        others = min(luminance(theme.lane(i)) for i in range(8, 16))
        assert (others + 0.05) / (grown[-1] + 0.05) > 1.4


def test_every_basin_has_a_shade_and_a_line_around_it_and_what_is_in_none_the_darkest() -> None:
    found = basin_heat(np.array([[np.nan, 0.0, 0.0], [np.nan, 2.0, 1.0], [np.nan, 2.0, 1.0]]))
    assert found.shades[:, 0].tolist() == [0, 0, 0]
    assert found.shades[0, 1] == found.shades[0, 2]
    assert 0 < found.shades[0, 1] < found.shades[1, 2] < found.shades[1, 1] == SHADES - 1
    assert found.lines.tolist() == [[True, True, True], [True, True, False], [True, True, False]]
    nowhere = basin_heat(np.full((2, 2), np.nan))
    assert not nowhere.shades.any()
    assert not nowhere.lines.any()
