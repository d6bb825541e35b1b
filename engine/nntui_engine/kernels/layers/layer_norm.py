"""Layer norm, over the units of every row and position (``kernels/layer_norm.py`` has the arithmetic)."""

from .. import columns as c
from ..layer_norm import layer_norm, layer_norm_backward
from ..links import lane_at
from ..policy import linked_kernel
from ..views import matrix, vector
from .sources import adds, output_matrix, source

EPSILON = 1e-5


@linked_kernel
def forward(place, node, piece, first, n):
    """z of rows first … first + n − 1; what was normalised, and by how much, is kept."""
    lane = lane_at(place)
    pool, nodes, theta, below = lane.pool, lane.nodes, lane.ints[c.I_THETA], source(lane, node, 0)
    units, width, positions = nodes[node, c.N_UNITS], nodes[node, c.N_WIDTH], nodes[node, c.N_OPTIONS]
    rows, start = n * positions, first * width
    gamma, beta = (
        vector(pool, theta + nodes[node, c.N_GAMMA], units),
        vector(pool, theta + nodes[node, c.N_BETA], units),
    )
    room = nodes[node, c.N_ROOM]
    normalised = matrix(pool, room + start, rows, units)
    inverse = vector(pool, room + lane.ints[c.I_CAPACITY] * width + first * positions, rows)
    x = output_matrix(lane, below, first, n, units)
    z = matrix(pool, nodes[node, c.N_Z] + start, rows, units)
    layer_norm(x, gamma, beta, EPSILON, normalised, inverse, z)


@linked_kernel
def backward(place, node, piece, first, n):
    """∂L/∂ of what the node reads, where it is asked for, and the piece's part of ∂L/∂γ and ∂L/∂β."""
    lane = lane_at(place)
    pool, nodes, theta, below = lane.pool, lane.nodes, lane.ints[c.I_THETA], source(lane, node, 0)
    units, width, positions = nodes[node, c.N_UNITS], nodes[node, c.N_WIDTH], nodes[node, c.N_OPTIONS]
    rows, start, room = n * positions, first * width, nodes[node, c.N_ROOM]
    gamma = vector(pool, theta + nodes[node, c.N_GAMMA], units)
    normalised = matrix(pool, room + start, rows, units)
    inverse = vector(pool, room + lane.ints[c.I_CAPACITY] * width + first * positions, rows)
    at = nodes[node, c.N_PARTIAL] + piece * nodes[node, c.N_PARTIAL_STEP]
    delta = matrix(pool, nodes[node, c.N_DELTA] + start, rows, units)
    asked = nodes[below, c.N_DELTA] >= 0
    nowhere = nodes[node, c.N_SCRATCH] + piece * nodes[node, c.N_SCRATCH_STEP]  # for what nobody asks for
    dx = matrix(pool, nodes[below, c.N_DELTA] + start if asked else nowhere, rows, units)
    add = adds(lane, node, 0) if asked else 0
    layer_norm_backward(
        delta, gamma, normalised, inverse, add, dx, vector(pool, at, units), vector(pool, at + units, units)
    )
