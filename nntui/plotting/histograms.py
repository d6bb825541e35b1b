"""How numbers are spread: a histogram as a line of bars, one for each moment."""

import numpy as np

from nntui.looks.histograms import BINS, Histogram

from .boxes import draw_box
from .grid import Grid, fit
from .numbers import number, share
from .shades import Floats
from .theme import ACCENT, DIM, TEXT, Theme

_BARS = " ▁▂▃▄▅▆▇█"
_BARS_ASCII = " .:-=+*#@"


def bars(shares: Floats, rows: int, theme: Theme) -> list[str]:
    """A bar for each of ``shares`` (0 to 1) of ``rows`` lines, from the top down; one above 0 is always seen."""
    signs = _BARS_ASCII if theme.ascii_only else _BARS
    full = len(signs) - 1
    heights = np.ceil(np.clip(shares, 0.0, 1.0) * rows * full).astype(int)
    parts = [np.clip(heights - below * full, 0, full) for below in reversed(range(rows))]
    return ["".join(signs[part] for part in row) for row in parts]


def draw_histograms(histograms: tuple[Histogram, ...], title: str, width: int, height: int, theme: Theme) -> Grid:
    """A line for each moment, the newest below, in a box."""
    grid = Grid.blank(width, height)
    draw_box(grid, theme, fit(title, width - 6, theme.glyphs.end))
    rows, columns = height - 3, width - 13
    if rows < 1 or columns < 8:
        return grid
    low, high = _range(histograms)
    places = np.unique(np.linspace(0, len(histograms) - 1, min(rows, len(histograms))).round().astype(int))
    for row, place in enumerate(places.tolist()):
        one = histograms[place]
        newest = place == len(histograms) - 1
        grid.write_right(row + 1, 9, f"{one.step}", TEXT if newest else DIM)
        densities = np.sqrt(_resampled(one, low, high, columns))  # a spike at 0 must leave the rest in sight
        top = float(densities.max()) or 1.0
        grid.write(row + 1, 11, bars(densities / top, 1, theme)[0], ACCENT if newest else DIM)
    _draw_ends(grid, low, high, 11, columns)
    return grid


def draw_spread(one: Histogram, title: str, width: int, height: int, theme: Theme) -> Grid:
    """One histogram as columns in a box, as high as there is room; its highest column says what share it holds."""
    grid = Grid.blank(width, height)
    draw_box(grid, theme, fit(title, width - 6, theme.glyphs.end))
    rows, columns = height - 3, width - 13
    if rows < 1 or columns < 8:
        return grid
    low, high = _range((one,))
    densities = _resampled(one, low, high, columns)
    for row, line in enumerate(bars(densities / (float(densities.max()) or 1.0), rows, theme)):
        grid.write(row + 1, 11, line, ACCENT)
    grid.write_right(1, 9, share(float(densities.max())), DIM)
    _draw_ends(grid, low, high, 11, columns)
    return grid


def _draw_ends(grid: Grid, low: float, high: float, left: int, columns: int) -> None:
    """The lowest and the highest value under the bars, and where 0 is between them."""
    foot, end = grid.height - 2, left + columns
    grid.write(foot, left, number(low), DIM)
    grid.write_right(foot, end, number(high), DIM)
    if low < 0.0 < high:
        at = left + round(-low / (high - low) * (columns - 1))
        if left + len(number(low)) < at < end - 1 - len(number(high)):
            grid.write(foot, at, "0", DIM)


def _range(histograms: tuple[Histogram, ...]) -> tuple[float, float]:
    """From the lowest to the highest value of them all; a little around one that is the same everywhere."""
    low, high = min(one.low for one in histograms), max(one.high for one in histograms)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _resampled(one: Histogram, low: float, high: float, columns: int) -> Floats:
    """The shares of a histogram in ``columns`` equal parts from ``low`` to ``high``."""
    if not one.high > one.low:
        place = min(columns - 1, max(0, int((one.low - low) / (high - low) * columns)))
        return np.where(np.arange(columns) == place, one.shares.sum(), 0.0)
    edges = np.linspace(one.low, one.high, BINS + 1)
    below = np.concatenate([[0.0], np.cumsum(one.shares)])
    return np.asarray(np.diff(np.interp(np.linspace(low, high, columns + 1), edges, below)))
