"""Rows of the cases that no built-in data set is like, made from a seed: what mattered in them is as it was."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Rows = tuple[NDArray[np.float64], NDArray[np.float64] | NDArray[np.int64]]
Maker = Callable[[np.random.Generator], Rows]


def _threshold(g: np.random.Generator) -> Rows:
    """Whole numbers up to 100 000: is it 50 000 or more?"""
    x = g.integers(0, 100_000, (1000, 1)).astype(float)
    return x, (x[:, 0] >= 50_000).astype(np.int64)


def _two_shares(g: np.random.Generator) -> Rows:
    """Two shares from 0 to 1: is their sum above 0.9?"""
    x = g.uniform(0.0, 1.0, (300, 2))
    return x, (x.sum(axis=1) > 0.9).astype(np.int64)


def _long_sine(g: np.random.Generator) -> Rows:
    """A wave along a time axis from 0 to 1000."""
    x = g.uniform(0.0, 1000.0, (800, 1))
    return x, np.sin(2.0 * np.pi * x[:, 0] / 400.0)


def _negative_step(g: np.random.Generator) -> Rows:
    """A smooth step from −1 to 0."""
    x = g.uniform(-1.0, 1.0, (300, 1))
    return x, -1.0 / (np.exp(10.0 * x[:, 0]) + 1.0)


def _one_to_four(g: np.random.Generator) -> Rows:
    """Two inputs and targets between 1 and 4, near the whole numbers."""
    x = g.uniform(-1.0, 1.0, (400, 2))
    return x, 1.0 + 2.0 * (x[:, 0] > 0.0) + 1.0 * (x[:, 1] > 0.0) + g.normal(0.0, 0.05, 400)


def _fourth_power(g: np.random.Generator) -> Rows:
    """x from −100 to 100 and its fourth power."""
    x = g.uniform(-100.0, 100.0, (600, 1))
    return x, x[:, 0] ** 4


def _televisions(g: np.random.Generator) -> Rows:
    """People to a television against the years that they live."""
    x = g.uniform(1.0, 600.0, (200, 1))
    return x, 76.0 - 0.05 * x[:, 0] + g.normal(0.0, 2.0, 200)


def _houses(g: np.random.Generator) -> Rows:
    """Ten standardised measures of a house, and its price in dollars."""
    x = g.normal(0.0, 1.0, (1000, 10))
    size = x @ np.array([0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.0, 0.0, 0.0]) + 0.08 * x[:, 0] * x[:, 1]
    return x, 180_000.0 * np.exp(0.8 * size + g.normal(0.0, 0.05, 1000))


def _hundred_features(g: np.random.Generator) -> Rows:
    """A line through a hundred standard inputs, with targets up to a few thousand."""
    x = g.normal(0.0, 1.0, (2000, 100))
    return x, x @ g.uniform(0.0, 100.0, 100) + g.normal(0.0, 100.0, 2000)


def _shapes(g: np.random.Generator, rows: int, size: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Grey images with pixels from 0 to 255 of a bar, a post, a cross or a frame."""
    y = g.integers(0, 4, rows)
    image = g.uniform(0.0, 60.0, (rows, size, size))
    for one, kind in zip(image, y, strict=True):
        a, b = g.integers(0, size - 5, 2)
        part = one[a : a + 6, b : b + 6]
        if kind == 0:
            part[2:4] = 230.0
        elif kind == 1:
            part[:, 2:4] = 230.0
        elif kind == 2:
            part[2:4] = 230.0
            part[:, 2:4] = 230.0
        else:
            part[[0, -1]] = 230.0
            part[:, [0, -1]] = 230.0
    return np.clip(image + g.normal(0.0, 10.0, image.shape), 0.0, 255.0).round(), y


def _grey_shapes(g: np.random.Generator) -> Rows:
    x, y = _shapes(g, 1000, 10)
    return x[..., None], y


def _shape_rows(g: np.random.Generator) -> Rows:
    """The same, as a sequence of rows of pixels."""
    return _shapes(g, 1000, 8)


def _two_shapes(g: np.random.Generator) -> Rows:
    """Bars and posts only."""
    x, y = _shapes(g, 2000, 10)
    chosen = y < 2
    return x[chosen, ..., None], y[chosen]


def _patches(g: np.random.Generator) -> Rows:
    """Grey patches and how bright and how striped they are, from 0 to 10."""
    bright, stripes = g.uniform(0.0, 1.0, 600), g.uniform(0.0, 1.0, 600)
    wave = np.cos(np.pi * np.arange(8))
    image = bright[:, None, None] + 0.5 * stripes[:, None, None] * wave[None, None, :] + g.normal(0, 0.1, (600, 8, 8))
    return image[..., None], 4.0 + 4.0 * bright + 2.0 * stripes


def _saw(g: np.random.Generator) -> Rows:
    """Ten steps of two saws that rise from 1 to 10 and fall from 10 to 1; targets are the next values."""
    start = g.integers(0, 10, (600, 1))
    rising = (start + np.arange(11)) % 10 + 1.0
    both = np.stack([rising, 11.0 - rising], axis=2)
    return both[:, :10] / 10.0, both[:, 10]


def _walks(g: np.random.Generator) -> Rows:
    """Latitude, longitude and temperature on a way of 12 steps around (40, 40, 20); targets are the next two places."""
    start = np.array([40.0, 40.0]) + g.normal(0.0, 4.0, (600, 1, 2))
    way = start + np.cumsum(g.normal(0.0, 0.2, (600, 13, 2)) + g.normal(0.0, 0.3, (600, 1, 2)), axis=1)
    warm = 20.0 + g.normal(0.0, 3.0, (600, 13, 1))
    return np.concatenate([way, warm], axis=2)[:, :12], way[:, 12]


def _switches(g: np.random.Generator) -> Rows:
    """Twenty bits and a number that some of them make, alone and in pairs."""
    x = g.integers(0, 2, (1500, 20)).astype(float)
    y = x[:, 0] + x[:, 1] - x[:, 2] + 2.0 * x[:, 3] * x[:, 4] - 1.5 * x[:, 5] * (1.0 - x[:, 6])
    return x, y + g.normal(0.0, 0.1, 1500)


def _rare(g: np.random.Generator) -> Rows:
    """Thirty inputs; one row in twenty is a yes, and is told by two of them."""
    y = (g.uniform(0.0, 1.0, 2000) < 0.05).astype(np.int64)
    x = g.normal(0.0, 1.0, (2000, 30))
    x[:, 0] += 2.5 * y
    x[:, 1] -= 2.5 * y
    return x, y


def _sorted_clouds(g: np.random.Generator) -> Rows:
    """Three clouds, class after class."""
    y = np.repeat(np.arange(3), 200)
    middles = np.array([[2.0, 0.0, 1.0, 0.0], [-1.0, 2.0, 0.0, 1.0], [-1.0, -2.0, 0.0, -1.0]])
    return middles[y] + g.normal(0.0, 1.2, (600, 4)), y


def _square(_: np.random.Generator) -> Rows:
    """0 to 99, standardised, and x² + 3 of what it was."""
    x = np.arange(100.0)[:, None]
    return (x - x.mean()) / x.std(), x[:, 0] ** 2 + 3.0


def _shuffled_labels(g: np.random.Generator) -> Rows:
    """Clouds whose classes were dealt out anew, so that no row has its own."""
    y = g.integers(0, 4, 600)
    x = g.normal(0.0, 1.0, (4, 8))[y] * 2.0 + g.normal(0.0, 0.7, (600, 8))
    return x, g.permutation(y)


def _seven_points(_: np.random.Generator) -> Rows:
    """y = 2x − 1 at seven places."""
    x = np.arange(-1.0, 6.0)[:, None]
    return x, 2.0 * x[:, 0] - 1.0


def _few_rows(g: np.random.Generator) -> Rows:
    """Sixty inputs of which three tell two classes apart; 400 rows."""
    x = g.normal(0.0, 1.0, (400, 60))
    return x, (x[:, 0] + x[:, 1] - x[:, 2] + g.normal(0.0, 0.5, 400) > 0.0).astype(np.int64)


def _incomes(g: np.random.Generator) -> Rows:
    """Rooms, the year of building and the income of a street in dollars: is it dear? Mostly the rooms and year tell."""
    rooms, year = g.uniform(1.0, 9.0, 1000), g.integers(1900, 2020, 1000).astype(float)
    income = np.exp(g.normal(10.8, 0.6, 1000))
    z = (rooms - 5.0) / 2.3 + (year - 1960.0) / 35.0 + 0.3 * (np.log(income) - 10.8)
    return np.stack([rooms, year, income], axis=1), (z > 0.0).astype(np.int64)


def _parabola(g: np.random.Generator) -> Rows:
    """x from −2 to 2 and its square."""
    x = g.uniform(-2.0, 2.0, (500, 1))
    return x, x[:, 0] ** 2 + g.normal(0.0, 0.05, 500)


ROWS: dict[str, Maker] = {
    "threshold": _threshold,
    "two_shares": _two_shares,
    "long_sine": _long_sine,
    "negative_step": _negative_step,
    "one_to_four": _one_to_four,
    "fourth_power": _fourth_power,
    "televisions": _televisions,
    "houses": _houses,
    "hundred_features": _hundred_features,
    "grey_shapes": _grey_shapes,
    "shape_rows": _shape_rows,
    "two_shapes": _two_shapes,
    "patches": _patches,
    "saw": _saw,
    "walks": _walks,
    "switches": _switches,
    "rare": _rare,
    "sorted_clouds": _sorted_clouds,
    "square": _square,
    "shuffled_labels": _shuffled_labels,
    "seven_points": _seven_points,
    "few_rows": _few_rows,
    "incomes": _incomes,
    "parabola": _parabola,
}


def write_rows(folder: Path) -> None:
    """One NPZ file of each into ``folder``, with the names that the cases know them by."""
    for name, make in ROWS.items():
        x, y = make(np.random.default_rng(11))
        np.savez(folder / f"{name}.npz", x=x, y=y)
