"""Histograms of z, a, g and W: made only when asked for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 32


@dataclass(frozen=True, slots=True)
class Histogram:
    """``counts`` (BINS,) of the finite values between ``edges`` (BINS + 1,), and how many values are NaN or infinite.

    The bins are equal and reach from the smallest to the largest finite value; one value alone is put in a range of
    ±0.5 around it. The last bin holds its right edge.
    """

    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    non_finite: int


def histogram(values: NDArray[np.floating]) -> Histogram:
    """The histogram of any array, in 32 bins."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    finite = flat[np.isfinite(flat)]
    if not finite.size:
        return Histogram(np.zeros(BINS, np.int64), np.linspace(0.0, 1.0, BINS + 1), flat.size)
    counts, edges = np.histogram(finite, BINS)
    return Histogram(counts, edges, flat.size - finite.size)
