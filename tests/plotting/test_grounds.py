"""What is drawn as shades stands on the ground of the theme, and can be read there: over all themes."""

import numpy as np
import pytest

from nntui.lab.themes import THEMES, colours_named
from nntui.plotting.colours import DEFAULT, contrast, luminance
from nntui.plotting.confusion import _style
from nntui.plotting.heat import palette
from nntui.plotting.regions import SHADES, _colour
from nntui.plotting.shades import light, signed, signed_shades
from nntui.plotting.theme import Theme
from nntui.plotting.unit_weights import tint


def themed(name: str) -> Theme:
    return Theme(colours=colours_named(name))


def nearer_to_the_ground(theme: Theme, colour: str) -> bool:
    """Whether a colour is lighter or darker than what lies in the middle between the ground and black or white."""
    behind, end = lightness(theme.colours.background), lightness("#ffffff" if theme.colours.dark else "#000000")
    return abs(lightness(colour) - behind) < abs(lightness(colour) - end)


def lightness(colour: str) -> float:
    """CIELAB's, 0 to 1."""
    return max(0.0, float(1.16 * np.cbrt(luminance(colour)) - 0.16))


@pytest.mark.parametrize("name", THEMES)
def test_surfaces_regions_and_weights_keep_near_to_the_ground_of_the_theme(name: str) -> None:
    theme = themed(name)
    shades, _, nowhere = palette(theme)
    regions = [_colour(kind, shade, theme) for kind in range(8) for shade in range(SHADES)]
    zero = [tint(0.0, 1.0, theme), signed(theme).colours[int(signed_shades(np.zeros(1), 1.0, signed(theme))[0])]]
    for colour in (*shades, nowhere, *regions, *zero, light(theme).colours[0]):
        assert nearer_to_the_ground(theme, colour), colour
    assert light(theme).colours[0] == zero[0] == theme.colours.background
    ends = [tint(sign, 1.0, theme) for sign in (-1.0, 1.0)]
    assert all(contrast(end, theme.colours.background) >= 2.9 for end in ends)


@pytest.mark.parametrize("name", THEMES)
def test_shades_of_a_surface_go_one_way_from_the_ground(name: str) -> None:
    theme = themed(name)
    levels = [luminance(colour) for colour in palette(theme)[0]]
    assert levels == sorted(levels, reverse=not theme.colours.dark)
    pictures = [luminance(colour) for colour in light(theme).colours[:-2]]
    assert pictures == sorted(pictures, reverse=not theme.colours.dark)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("right", [True, False])
def test_counts_in_a_confusion_matrix_can_be_read_in_every_theme(name: str, right: bool) -> None:
    theme = themed(name)
    for part in (0.01, 0.25, 0.5, 0.75, 1.0):
        ink, behind = theme.colours.restyle(_style(part, right, theme)).removeprefix("bold ").split(" on ")
        assert contrast(ink, behind) >= 4.5, part
    assert nearer_to_the_ground(theme, _style(0.01, right, theme)[-7:])


def test_the_default_theme_has_the_colours_that_its_pictures_were_looked_at_in() -> None:
    shades, _, nowhere = palette(Theme())
    assert (shades[0], shades[-1], nowhere) == ("#080f26", "#6c675f", "#3a1018")
    assert light(Theme()).colours[0] == DEFAULT.background
