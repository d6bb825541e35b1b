"""How much of a network and of its data a look takes in, so that it costs some tens of milliseconds at most."""

import numpy as np
from numpy.typing import NDArray

from nntui_engine.scenario.checks import NARROWEST_SHARE, NARROWEST_WINDOW
from nntui_engine.scenario.settings import LaneSettings
from nntui_engine.tasks.layers import counted_layers

Floats = NDArray[np.float64]
MOST_PRODUCTS = 4e7  # multiplications in one look
MOST_ROWS = 2000  # points kept for a picture
LEAST_ROWS = 32
SAMPLES = 20  # passes with dropout on
FURTHEST = 1e30  # from 0, of what an axis shows


def limits(*parts: Floats) -> tuple[float, float]:
    """The range of all values with a margin of a twelfth on both sides; never too wide or narrow for an axis."""
    values = np.clip(np.concatenate([part[np.isfinite(part)] for part in parts]), -FURTHEST, FURTHEST)
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    least = max(NARROWEST_WINDOW, NARROWEST_SHARE * max(abs(low), abs(high)))
    margin = (high - low) / 12 if high - low >= least else max(1.0, least)
    return low - margin, high + margin


def products(settings: LaneSettings) -> int:
    """Multiplications in one row's way through a network."""
    return sum(layer.multiply_adds for layer in counted_layers(settings.layers, settings.shape))


def some(count: int, most: int = MOST_ROWS) -> NDArray[np.int64]:
    """The numbers (rows,) of at most ``most`` rows of ``count``, evenly spread."""
    return np.unique(np.linspace(0, max(0, count - 1), min(count, most)).astype(np.int64))


def affordable(settings: LaneSettings, share: float = 1.0) -> int:
    """How many rows, at most MOST_ROWS, a network may be asked about in this share of a look."""
    return int(min(MOST_ROWS, max(LEAST_ROWS, share * MOST_PRODUCTS / max(1, products(settings)))))
