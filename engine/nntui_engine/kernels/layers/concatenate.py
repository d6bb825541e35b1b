"""Concatenate: at every position the units of all that the node reads, side by side. It learns nothing."""

from .. import columns as c
from ..links import lane_at
from ..policy import linked_kernel
from ..views import matrix
from .sources import adds, delta_rows, output_rows, source


@linked_kernel
def forward(place, node, piece, first, n):
    """z of rows first … first + n − 1."""
    lane = lane_at(place)
    width, units, positions = lane.nodes[node, c.N_WIDTH], lane.nodes[node, c.N_UNITS], lane.nodes[node, c.N_OPTIONS]
    z = matrix(lane.pool, lane.nodes[node, c.N_Z] + first * width, n, width)
    column = 0
    for k in range(lane.nodes[node, c.N_LINKS]):
        below = source(lane, node, k)
        some = lane.nodes[below, c.N_WIDTH] // positions
        x = output_rows(lane, below, first, n)
        for i in range(n):
            for p in range(positions):
                for j in range(some):
                    z[i, p * units + column + j] = x[i, p * some + j]
        column += some


@linked_kernel
def backward(place, node, piece, first, n):
    """∂L/∂ of what the node reads, where it is asked for."""
    lane = lane_at(place)
    units, positions = lane.nodes[node, c.N_UNITS], lane.nodes[node, c.N_OPTIONS]
    delta = delta_rows(lane, node, first, n)
    column = 0
    for k in range(lane.nodes[node, c.N_LINKS]):
        below = source(lane, node, k)
        some = lane.nodes[below, c.N_WIDTH] // positions
        if lane.nodes[below, c.N_DELTA] >= 0:
            out, add = delta_rows(lane, below, first, n), adds(lane, node, k)
            for i in range(n):
                for p in range(positions):
                    for j in range(some):
                        value = delta[i, p * units + column + j]
                        out[i, p * some + j] = out[i, p * some + j] + value if add else value
        column += some
