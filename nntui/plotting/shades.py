"""Matrices of numbers as shades of colour: two values a cell, one above the other, or a character where there are none.

A shade is a number into a palette. The shades of a rising palette only grow lighter, on a light background darker, so
that they survive in grey.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .grid import Grid
from .theme import BACKGROUND, DIM, ERROR, TEXT, Theme
from .unit_weights import tint

Floats = NDArray[np.float64]
Shades = NDArray[np.int16]
LEVELS = 24  # of a rising palette
SIGNED = 12  # of either sign
ZERO = 0.08  # of the words' colour, by which 0 can be told from nothing
_RISING_MARKS = " .:-=+*#%@"
_PLUS_MARKS, _MINUS_MARKS = " .:+*#@", " ,;-=%&"


@dataclass(frozen=True, slots=True)
class Palette:
    """A colour and a character for every shade; the last two are nothing (-2) and what is not finite (-1)."""

    colours: tuple[str, ...]
    marks: str

    @property
    def levels(self) -> int:
        """How many shades are for numbers."""
        return len(self.colours) - 2


@lru_cache(maxsize=8)
def rising(theme: Theme) -> Palette:
    """From dark, low, to light, high; where the background is light, from light to dark: what is low is near to it."""
    levels = 5 if theme.colour == "16" else LEVELS
    marks = "".join(_RISING_MARKS[1 + i * (len(_RISING_MARKS) - 1) // levels] for i in range(levels))
    colours = [theme.layer(i, levels) for i in range(levels)]
    upwards = theme.colours.dark or theme.colour == "16"
    return Palette((*(colours if upwards else colours[::-1]), BACKGROUND, ERROR), marks + " !")


@lru_cache(maxsize=8)
def light(theme: Theme) -> Palette:
    """From the background, nothing, to white; where the background is light, to black."""
    levels = 4 if theme.colour == "16" else LEVELS
    marks = "".join(_RISING_MARKS[i * (len(_RISING_MARKS) - 1) // (levels - 1)] for i in range(levels))
    most = "#ffffff" if theme.colours.dark else "#000000"
    greys = [theme.on_ground(most, i / (levels - 1)) for i in range(levels)]
    colours = ("#000000", "#555555", "#aaaaaa", "#ffffff") if theme.colour == "16" else tuple(greys)
    return Palette((*colours, BACKGROUND, ERROR), marks + " !")


@lru_cache(maxsize=8)
def signed(theme: Theme) -> Palette:
    """From −1 over 0, which can be told from nothing, to 1."""
    places = range(-SIGNED, SIGNED + 1)
    marks = "".join((_PLUS_MARKS if i > 0 else _MINUS_MARKS)[abs(i) * 6 // SIGNED] for i in places)
    colours = [tint(i / SIGNED, 1.0, theme) for i in places]
    if theme.colour in ("full", "256"):
        colours[SIGNED] = theme.on_ground(TEXT, ZERO)
    return Palette((*colours, BACKGROUND, ERROR), marks + " !")


def rising_shades(shares: Floats, palette: Palette) -> Shades:
    """The shades, in their shape, of shares from 0 to 1 of the way up; −inf is nothing, NaN and ∞ are not finite."""
    with np.errstate(invalid="ignore"):
        found = np.minimum(np.nan_to_num(np.clip(shares, 0.0, 1.0)) * palette.levels, palette.levels - 1)
    found = np.where(np.isneginf(shares), -2, np.where(np.isfinite(shares), found, -1))
    return np.asarray(found, dtype=np.int16)


def signed_shades(values: Floats, largest: float, palette: Palette) -> Shades:
    """The shades, in their shape, of values from −largest to largest."""
    with np.errstate(all="ignore"):
        shares = np.clip(np.nan_to_num(values / largest), -1.0, 1.0) if largest > 0.0 else np.zeros(values.shape)
    middle = palette.levels // 2
    return np.where(np.isfinite(values), np.rint(middle + middle * shares), -1).astype(np.int16)


def largest_of(values: Floats) -> float:
    """The largest finite magnitude in an array of any shape, 0 where there is none."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0


def resized(values: Floats, rows: int, columns: int) -> Floats:
    """``values`` (…, …), or a stack of such, as (rows, columns): entries repeated where there is more room, averaged
    where there is less."""
    return _resized(_resized(values, rows, values.ndim - 2), columns, values.ndim - 1)


def _resized(values: Floats, count: int, axis: int) -> Floats:
    have = values.shape[axis]
    starts = np.arange(count) * have // count
    if count >= have:
        return np.asarray(values.take(starts, axis))
    sizes = np.diff([*starts.tolist(), have]).reshape([-1 if i == axis else 1 for i in range(values.ndim)])
    return np.asarray(np.add.reduceat(values, starts, axis=axis) / sizes)


def paint(grid: Grid, top: int, left: int, shades: Shades, palette: Palette, theme: Theme) -> None:
    """Shades (2·rows, columns) into cells from (top, left) on; an odd last row has nothing under it."""
    if len(shades) % 2:
        shades = np.vstack([shades, np.full((1, shades.shape[1]), -2, dtype=np.int16)])
    shades = shades[: 2 * (grid.height - top), : grid.width - left]
    count = len(palette.colours)
    upper, lower = shades[0::2].astype(np.int64) % count, shades[1::2].astype(np.int64) % count
    area = (slice(top, top + len(upper)), slice(left, left + upper.shape[1]))
    if theme.ascii_only:
        marks, ink = np.array(list(palette.marks)), [grid.ink(_readable(colour)) for colour in palette.colours]
        both = np.where((upper == count - 1) | (lower == count - 2), upper, lower)
        grid.chars[area], grid.inks[area] = marks[both], np.array(ink, dtype=np.int16)[both]
        return
    pairs, place = np.unique(upper * count + lower, return_inverse=True)
    places = place.reshape(upper.shape)
    colours = [(palette.colours[p // count], palette.colours[p % count]) for p in pairs.tolist()]
    inks = np.array([grid.ink(f"{above} on {below}") for above, below in colours], dtype=np.int16)
    halves = np.array([" " if above == below else "▀" for above, below in colours])
    grid.chars[area], grid.inks[area] = halves[places], inks[places]


def _readable(colour: str) -> str:
    return TEXT if colour in (BACKGROUND, "#000000") else colour


def sign_keys(theme: Theme) -> tuple[tuple[str, str, str], ...]:
    """(mark, its style, words) for the legend of a signed palette."""
    palette = signed(theme)
    low, high = palette.colours[0], palette.colours[palette.levels - 1]
    block = (palette.marks[palette.levels - 1], palette.marks[0]) if theme.ascii_only else ("█", "█")
    if theme.colour == "grey" and not theme.ascii_only:
        return (("white", TEXT, " positive "), ("black", DIM, " negative"))
    return ((block[0], high, " positive "), (block[1], low, " negative"))
