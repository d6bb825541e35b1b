"""Pooling: the largest value in each window (``kernels/pooling.py`` has the arithmetic). It learns nothing."""

from .. import columns as c
from ..links import lane_at
from ..policy import linked_kernel
from ..pooling import max_pool, max_pool_backward
from ..views import matrix
from .geometry import geometry_at
from .sources import adds, delta_rows, output_rows, source


@linked_kernel
def forward(place, node, piece, first, n):
    """z of rows first … first + n − 1."""
    lane = lane_at(place)
    width = lane.nodes[node, c.N_Z_WIDTH]
    z = matrix(lane.pool, lane.nodes[node, c.N_Z] + first * width, n, width)
    x = output_rows(lane, source(lane, node, 0), first, n)
    max_pool(x, geometry_at(lane, node), z)


@linked_kernel
def backward(place, node, piece, first, n):
    """∂L/∂ of what the node reads, where it is asked for."""
    lane = lane_at(place)
    below = source(lane, node, 0)
    if lane.nodes[below, c.N_DELTA] < 0:
        return
    delta, dx = delta_rows(lane, node, first, n), delta_rows(lane, below, first, n)
    width = lane.nodes[node, c.N_Z_WIDTH]
    z = matrix(lane.pool, lane.nodes[node, c.N_Z] + first * width, n, width)
    x = output_rows(lane, below, first, n)
    max_pool_backward(x, z, delta, geometry_at(lane, node), adds(lane, node, 0), dx)
