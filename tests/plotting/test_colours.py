"""Sets of colours: read by everyone, told apart by colour-blind eyes, and in order on terminals of few colours."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.color import ColorSystem

from nntui.lab.themes import OWN, THEMES, colours_named
from nntui.plotting import colours as module
from nntui.plotting.colours import COLOUR_BLIND, DEFAULT, HIGH_CONTRAST, Colours, contrast, luminance, readable
from nntui.plotting.few_colours import shown, steady
from nntui.plotting.heat import palette
from nntui.plotting.shades import rising
from nntui.plotting.theme import Theme

SIGNS = ("text", "dim", "accent", "warning", "error", "good")


@pytest.mark.parametrize("name", THEMES)
def test_words_lanes_and_layers_of_every_theme_can_be_read(name: str) -> None:
    found = colours_named(name)
    assert all(contrast(getattr(found, sign), found.background) >= 4.0 for sign in SIGNS), name
    assert all(contrast(lane, found.background) >= 2.8 for lane in found.lanes)
    assert len(set(found.lanes)) == 16
    assert all(contrast(one, found.background) >= 2.7 for one in found.ramp)


def test_high_contrast_is_high() -> None:
    assert all(contrast(getattr(HIGH_CONTRAST, sign), "#000000") >= 10.0 for sign in SIGNS)
    assert all(contrast(lane, "#000000") >= 7.0 for lane in HIGH_CONTRAST.lanes)


def brightness(colours: tuple[str, ...], system: ColorSystem | None) -> list[float]:
    return [luminance(colour if system is None else shown(colour, system)) for colour in colours]


@pytest.mark.parametrize(
    ("mode", "system", "levels"),
    [
        ("full", None, 24),
        ("grey", None, 24),
        ("256", ColorSystem.EIGHT_BIT, 8),
        ("16", ColorSystem.STANDARD, 5),
    ],
)
@pytest.mark.parametrize("name", THEMES)
def test_shades_only_grow_lighter_on_terminals_of_any_number_of_colours(
    name: str, mode: str, system: ColorSystem | None, levels: int
) -> None:
    theme = Theme(mode, colours=colours_named(name))  # type: ignore[arg-type]
    darker = not theme.colours.dark and mode != "16"  # from a light ground on
    for shades in (rising(theme).colours[: rising(theme).levels], palette(theme)[0]):
        seen = brightness(shades[:: -1 if darker else 1], system)
        assert all(b >= a for a, b in itertools.pairwise(seen))
    assert len(set(brightness(rising(theme).colours[: rising(theme).levels], system))) >= levels
    layers = tuple(theme.layer(i, 9) for i in range(9))
    assert all(b >= a for a, b in itertools.pairwise(brightness(layers, system)))


def test_steady_shades_stay_close_to_those_asked_for() -> None:
    assert steady(("#000000", "#5f5f87", "#ffffff")) == ("#000000", "#5f5f87", "#ffffff")
    asked = tuple(f"#{i:02x}{i:02x}{i:02x}" for i in range(0, 256, 5))
    got = steady(asked)
    assert all(abs(int(a[1:3], 16) - int(b[1:3], 16)) <= 48 for a, b in zip(asked, got, strict=True))


# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour: str, blindness: str) -> NDArray[np.float64]:
    """CIELAB of what a colour-blind eye sees."""
    part = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    x, y, z = XYZ @ np.clip(np.array(BLIND[blindness]) @ linear, 0.0, 1.0) / np.array([0.9505, 1.0, 1.089])
    fx, fy, fz = (np.cbrt(t) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def least_difference(colours: tuple[str, ...], blindness: str) -> float:
    seen = [lab(colour, blindness) for colour in colours]
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))


@pytest.mark.parametrize("blindness", BLIND)
def test_colour_blind_eyes_tell_lanes_apart_and_good_from_bad(blindness: str) -> None:
    assert least_difference(COLOUR_BLIND.lanes[:8], blindness) > 10.0
    found = COLOUR_BLIND
    assert min(least_difference((found.good, one), blindness) for one in (found.error, found.warning)) > 60.0
    assert least_difference((found.error, found.warning), blindness) > 20.0
    assert least_difference((DEFAULT.good, DEFAULT.error), blindness) < 60.0  # green and red: what this is for


def test_only_the_roles_of_the_default_are_replaced() -> None:
    other = Colours("other", background="#ffffff", text="#000001", accent="#000002")
    assert other.restyle(f"bold {module.TEXT} on {module.BACKGROUND}") == "bold #000001 on #ffffff"
    assert other.restyle("bold underline") == "bold underline"
    assert DEFAULT.restyle(f"bold {module.TEXT}") == f"bold {module.TEXT}"
    roles = {module.TEXT, module.DIM, module.FAINT, module.ACCENT, module.WARNING, module.ERROR, module.GOOD}
    for name in OWN:
        found = OWN[name]
        assert not roles & {*found.lanes, *found.kinds, *found.ramp}  # data keeps its colour in every theme
        assert all(other.restyle(lane) == lane for lane in found.lanes)


def test_readable_changes_as_little_as_it_must() -> None:
    assert readable("#ffffff", "#000000", 4.0) == "#ffffff"
    assert contrast(readable("#202020", "#000000", 4.0), "#000000") >= 4.0
    assert contrast(readable("#f0e442", "#ffffff", 3.0), "#ffffff") >= 3.0
    assert readable("#808080", "#777777", 21.0) in ("#ffffff", "#000000")
