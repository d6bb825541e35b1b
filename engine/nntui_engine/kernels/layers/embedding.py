"""An embedding: the row of weights of each token (``kernels/embedding.py`` has the arithmetic)."""

from .. import columns as c
from ..embedding import embed, embed_gradient
from ..links import lane_at
from ..policy import linked_kernel
from ..views import matrix
from .sources import output_rows, source


@linked_kernel
def forward(place, node, piece, first, n):
    """z of rows first … first + n − 1."""
    lane = lane_at(place)
    nodes, width = lane.nodes, lane.nodes[node, c.N_Z_WIDTH]
    at = lane.ints[c.I_THETA] + nodes[node, c.N_WEIGHTS]
    weights = matrix(lane.pool, at, nodes[node, c.N_WEIGHT_ROWS], nodes[node, c.N_WEIGHT_COLUMNS])
    z = matrix(lane.pool, nodes[node, c.N_Z] + first * width, n, width)
    embed(output_rows(lane, source(lane, node, 0), first, n), weights, z)


@linked_kernel
def backward(place, node, piece, first, n):
    """The piece's part of ∂L/∂ the weights. Token numbers have no gradient."""
    lane = lane_at(place)
    nodes, width = lane.nodes, lane.nodes[node, c.N_Z_WIDTH]
    at = nodes[node, c.N_PARTIAL] + piece * nodes[node, c.N_PARTIAL_STEP]
    d_weights = matrix(lane.pool, at, nodes[node, c.N_WEIGHT_ROWS], nodes[node, c.N_WEIGHT_COLUMNS])
    delta = matrix(lane.pool, nodes[node, c.N_DELTA] + first * width, n, width)
    embed_gradient(output_rows(lane, source(lane, node, 0), first, n), delta, d_weights)
