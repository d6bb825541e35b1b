"""The 256 colours of terminals that have no more: shades that keep their order there."""

from functools import cache

from rich.color import Color, ColorSystem

from .colours import luminance


def shown(colour: str, system: ColorSystem) -> str:
    """The colour that a terminal with fewer colours shows for "#rrggbb"."""
    return Color.parse(colour).downgrade(system).get_truecolor().hex


@cache
def _palette() -> tuple[str, ...]:
    """Those of the 256 that stay what they are when they are asked for."""
    levels = (0, 95, 135, 175, 215, 255)
    cube = [f"#{r:02x}{g:02x}{b:02x}" for r in levels for g in levels for b in levels]
    greys = [f"#{8 + 10 * i:02x}" + 2 * f"{8 + 10 * i:02x}" for i in range(24)]
    return tuple(one for one in (*cube, *greys) if shown(one, ColorSystem.EIGHT_BIT) == one)


@cache
def steady(colours: tuple[str, ...]) -> tuple[str, ...]:
    """The nearest of the 256 for each, none darker than the one before it.

    Each alone would sometimes be darker: two neighbours can be rounded in different directions.
    """
    found: list[str] = []
    least = 0.0
    for colour in colours:
        choices = [one for one in _palette() if luminance(one) >= least]
        found.append(min(choices, key=lambda one: _distance(one, colour)))
        least = luminance(found[-1])
    return tuple(found)


def _distance(one: str, other: str) -> float:
    """How different two colours look: their parts weighted by how bright they are, and the difference in brightness."""
    parts = [int(one[i : i + 2], 16) - int(other[i : i + 2], 16) for i in (1, 3, 5)]
    weights = (0.3, 0.59, 0.11)
    brightness = sum(w * part for w, part in zip(weights, parts, strict=True))
    return sum(w * part * part for w, part in zip(weights, parts, strict=True)) + brightness * brightness
