"""A surface as shades: logarithmic, so that walls and valley floor both show, with contour lines.

The shades only grow lighter, on a light background darker, and stay as near to it as lets the lanes' colours stand out.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .few_colours import steady
from .theme import Theme, mix

Floats = NDArray[np.float64]
SHADES = 28
CONTOURS = 9  # at most
_ANCHORS = ("#080f26", "#11224a", "#22375e", "#394863", "#525764", "#6c675f")
_ANCHORS_ON_LIGHT = ("#f4f8ff", "#d3e0f8", "#b7c9ea", "#a9b7d3", "#a9adb8", "#aca89c")
OF_LIGHT = 0.8  # of these over a light background
_ANCHORS_16 = ("#000000", "#0000aa", "#555555")
_STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """``shades`` (rows, columns) from 0 to SHADES − 1, −1 where the surface is not finite; ``lines``: contours."""

    shades: NDArray[np.int16]
    lines: NDArray[np.bool_]


def basin_heat(minima: Floats) -> Heat:
    """Shades of basins: the lightest the last minimum's, dark where none (NaN) is reached, lines where two meet."""
    reached = np.isfinite(minima)
    places = np.where(reached, minima, -1.0) + 1.0
    shades = (places * (SHADES - 1) / max(1.0, float(places.max(initial=0.0)))).astype(np.int16)
    lines = np.zeros(minima.shape, dtype=np.bool_)
    lines[:, :-1] |= places[:, :-1] != places[:, 1:]
    lines[:-1] |= places[:-1] != places[1:]
    return Heat(shades, lines)


def heat(values: Floats) -> Heat:
    """Shades of a surface ``values`` (rows, columns): the logarithm of the height above the lowest value seen."""
    finite = np.isfinite(values)
    shades = np.full(values.shape, -1, dtype=np.int16)
    lines = np.zeros(values.shape, dtype=np.bool_)
    if not finite.any():
        return Heat(shades, lines)
    quarter = np.where(finite, 0.25 * np.where(finite, values, 0.0), np.nan)  # differences do not overflow
    above = quarter - np.nanmin(quarter)
    highest = float(np.nanquantile(above, 0.995)) or float(np.nanmax(above))
    if not highest > 0.0:
        shades[finite] = 0
        return Heat(shades, lines)
    least = max(float(np.nanquantile(above, 0.005)), highest * 1e-9)
    low, high = np.log10(least), np.log10(highest) + np.log10(1.0 + least / highest)
    logs = np.log10(np.where(finite, above, 0.0) + least)
    share = np.clip((logs - low) / (high - low), 0.0, 1.0)
    shades[finite] = np.minimum(share[finite] * SHADES, SHADES - 1).astype(np.int16)
    step = next((s for s in _STEPS if (high - low) / s <= CONTOURS), _STEPS[-1])
    bands = np.where(finite, np.floor(np.minimum(logs, high) / step), np.nan)
    lines[:, :-1] |= bands[:, :-1] != bands[:, 1:]
    lines[:-1] |= bands[:-1] != bands[1:]
    lines &= finite
    return Heat(shades, lines)


def palette(theme: Theme) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Colours of the shades, of the contour lines on each of them, and of where the surface is not finite."""
    return _palette(theme)


@lru_cache(maxsize=8)
def _palette(theme: Theme) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    if theme.colour == "16":
        colours = tuple(_ANCHORS_16[i * len(_ANCHORS_16) // SHADES] for i in range(SHADES))
        return colours, colours, "#aa0000"  # the edges of so few shades are contours enough
    places = np.linspace(0, len(_ANCHORS) - 1, SHADES)
    left = np.minimum(places.astype(int), len(_ANCHORS) - 2)
    anchors: tuple[str, ...] = _ANCHORS
    lines = "#ffffff"
    if not theme.colours.dark:
        anchors, lines = tuple(theme.on_ground(colour, OF_LIGHT) for colour in _ANCHORS_ON_LIGHT), "#000000"
    colours = tuple(mix(anchors[i], anchors[i + 1], p - i) for p, i in zip(places, left, strict=True))
    if theme.colour == "256":
        colours = steady(colours) if theme.colours.dark else steady(colours[::-1])[::-1]
    return colours, tuple(mix(colour, lines, 0.13) for colour in colours), theme.nowhere
