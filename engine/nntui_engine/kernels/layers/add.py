"""A sum: z is the sum of what the node reads, entry by entry. It learns nothing."""

from .. import columns as c
from ..policy import kernel
from ..views import matrix
from .sources import adds, delta_rows, output_rows, source


@kernel
def forward(lane, node, first, n):
    """z of rows first … first + n − 1."""
    width = lane.nodes[node, c.N_Z_WIDTH]
    z = matrix(lane.pool, lane.nodes[node, c.N_Z] + first * width, n, width)
    for k in range(lane.nodes[node, c.N_LINKS]):
        x = output_rows(lane, source(lane, node, k), first, n)
        for i in range(n):
            for j in range(width):
                z[i, j] = z[i, j] + x[i, j] if k > 0 else x[i, j]


@kernel
def backward(lane, node, first, n):
    """∂L/∂ of what the node reads, where it is asked for: the node's own δ."""
    delta = delta_rows(lane, node, first, n)
    for k in range(lane.nodes[node, c.N_LINKS]):
        below = source(lane, node, k)
        if lane.nodes[below, c.N_DELTA] < 0:
            continue
        out, add = delta_rows(lane, below, first, n), adds(lane, node, k)
        for i in range(n):
            for j in range(delta.shape[1]):
                out[i, j] = out[i, j] + delta[i, j] if add else delta[i, j]
