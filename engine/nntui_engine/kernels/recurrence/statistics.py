"""What the gates of a recurrent layer do over all steps: how open they are, and how often they are stuck.

The share that is stuck is ``saturated_fraction`` of ``registry/statistic.py``, of one gate.
"""

import numpy as np

from ..exponential import BLOCK
from ..policy import kernel, leaf_kernel
from ..views import vector
from .elementwise import slopes


@leaf_kernel
def _sum_and_flat(a, slope, least):
    """(Σa, entries with |slope| < least); 1-D arrays."""
    total = 0.0
    flat = 0
    for i in range(a.size):
        total += np.float64(a[i])
    for i in range(a.size):
        flat += 1 if abs(slope[i]) < least else 0
    return total, flat


@kernel
def gate_statistics(code, alpha, largest_slope, z, z_at, z_row, a, a_at, a_row, n, width, scratch):
    """(Σa, entries where |φ'(z)| is below 5 % of ``largest_slope``) of a gate a = φ(z).

    n rows of ``width`` entries, z_row and a_row entries apart; ``scratch`` at least 2·BLOCK.
    """
    least = z.dtype.type(0.05 * largest_slope)
    slope, small = vector(scratch, 0, BLOCK), vector(scratch, BLOCK, BLOCK)
    total, flat = 0.0, 0
    for row in range(n):
        for first in range(0, width, BLOCK):
            some = min(BLOCK, width - first)
            at_z, at_a = z_at + row * z_row + first, a_at + row * a_row + first
            slopes(code, alpha, z, at_z, 0, a, at_a, 0, slope, 0, 0, 1, some, small)
            part, stuck = _sum_and_flat(vector(a, at_a, some), vector(slope, 0, some), least)
            total += part
            flat += stuck
    return total, flat


@kernel
def write_gate(statistics, gate, found, count):
    """Row ``gate`` of statistics (gates, 2; float64) = mean and share, from the sums over ``count`` entries."""
    statistics[gate, 0] = found[0] / count
    statistics[gate, 1] = found[1] / count
