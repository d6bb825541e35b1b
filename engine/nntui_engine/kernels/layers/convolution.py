"""A convolution: each filter looks at one window after the other (``kernels/convolution.py`` has the arithmetic)."""

from .. import columns as c
from ..convolution import convolve, convolve_backward
from ..links import lane_at
from ..policy import linked_kernel
from ..views import matrix, vector
from .geometry import geometry_at
from .sources import adds, delta_rows, output_rows, source


@linked_kernel
def forward(place, node, piece, first, n):
    """z of rows first … first + n − 1."""
    lane = lane_at(place)
    pool, theta, width = lane.pool, lane.ints[c.I_THETA], lane.nodes[node, c.N_Z_WIDTH]
    rows, filters = lane.nodes[node, c.N_WEIGHT_ROWS], lane.nodes[node, c.N_WEIGHT_COLUMNS]
    weights = matrix(pool, theta + lane.nodes[node, c.N_WEIGHTS], rows, filters)
    biases = vector(pool, theta + lane.nodes[node, c.N_BIASES], filters)
    size = lane.nodes[node, c.N_SCRATCH_STEP]
    scratch = vector(pool, lane.nodes[node, c.N_SCRATCH] + piece * size, size)
    z = matrix(pool, lane.nodes[node, c.N_Z] + first * width, n, width)
    x = output_rows(lane, source(lane, node, 0), first, n)
    convolve(x, weights, biases, geometry_at(lane, node), scratch, z)


@linked_kernel
def backward(place, node, piece, first, n):
    """∂L/∂ of what the node reads, where it is asked for, and the piece's part of ∂L/∂ its weights and biases."""
    lane = lane_at(place)
    pool, below = lane.pool, source(lane, node, 0)
    rows, filters = lane.nodes[node, c.N_WEIGHT_ROWS], lane.nodes[node, c.N_WEIGHT_COLUMNS]
    weights = matrix(pool, lane.ints[c.I_THETA] + lane.nodes[node, c.N_WEIGHTS], rows, filters)
    size = lane.nodes[node, c.N_SCRATCH_STEP]
    scratch = vector(pool, lane.nodes[node, c.N_SCRATCH] + piece * size, size)
    at = lane.nodes[node, c.N_PARTIAL] + piece * lane.nodes[node, c.N_PARTIAL_STEP]
    d_weights, d_biases = matrix(pool, at, rows, filters), vector(pool, at + rows * filters, filters)
    x, delta = output_rows(lane, below, first, n), delta_rows(lane, node, first, n)
    ask = lane.nodes[below, c.N_DELTA] >= 0
    dx = delta_rows(lane, below, first, n) if ask else delta
    geometry = geometry_at(lane, node)
    convolve_backward(x, delta, weights, geometry, scratch, ask, adds(lane, node, 0), dx, d_weights, d_biases)
