"""Histograms of z, a, g and W: made only when asked for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .kernels import columns as c
from .tasks.network import NetworkTask

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


def layer_histograms(networks: NetworkTask, lane: int = 0) -> list[dict[str, Histogram]]:
    """For each layer the histograms of "z", "a" and "g" on the next mini-batch, and of "W". Changes nothing."""
    networks.probe(lane)
    a, ints = networks.arena, networks.arena.ints[lane]
    rows = int(min(ints[c.I_BATCH], ints[c.I_ROWS] - ints[c.I_POSITION]))
    made = []
    for node in a.nodes[lane, 1 : ints[c.I_NODES]]:
        units, weights = int(node[c.N_UNITS]), int(a.blocks[lane, node[c.N_BLOCK], c.B_SIZE])
        theta, gradient = int(ints[c.I_THETA] + node[c.N_START]), int(ints[c.I_GRADIENT] + node[c.N_START])
        places = {
            "z": (int(node[c.N_Z]), rows * units),
            "a": (int(node[c.N_A]), rows * units),
            "g": (gradient, weights + units),
            "W": (theta, weights),
        }
        made.append({name: histogram(a.pool[at : at + size]) for name, (at, size) in places.items()})
    return made
