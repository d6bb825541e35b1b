"""Flatten: the entries stay where they are, only their shape changes."""

from .. import columns as c
from ..links import lane_at
from ..policy import linked_kernel
from ..views import vector
from .partial import add_part
from .sources import adds, output_rows, source


@linked_kernel
def forward(place, node, piece, first, n):
    """z of rows first … first + n − 1."""
    lane = lane_at(place)
    width = lane.nodes[node, c.N_WIDTH]
    x = output_rows(lane, source(lane, node, 0), first, n)
    z = vector(lane.pool, lane.nodes[node, c.N_Z] + first * width, n * width)
    for i in range(n):
        for j in range(width):
            z[i * width + j] = x[i, j]


@linked_kernel
def backward(place, node, piece, first, n):
    """∂L/∂ of what the node reads, where it is asked for."""
    lane = lane_at(place)
    below, width = source(lane, node, 0), lane.nodes[node, c.N_WIDTH]
    at = lane.nodes[below, c.N_DELTA]
    if at >= 0:
        delta = vector(lane.pool, lane.nodes[node, c.N_DELTA] + first * width, n * width)
        add_part(delta, adds(lane, node, 0) == 1, vector(lane.pool, at + first * width, n * width))
