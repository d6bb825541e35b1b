"""What a node reads, and where the gradient of that goes."""

from .. import columns as c
from ..codes import ROWS_IN_PLACE
from ..policy import inlined_kernel
from ..views import matrix


@inlined_kernel
def source(lane, node, k):
    """The ``k``-th node that ``node`` reads."""
    return lane.links[lane.nodes[node, c.N_LINK] + k, c.K_SOURCE]


@inlined_kernel
def adds(lane, node, k):
    """Whether ∂L/∂ of the ``k``-th node that ``node`` reads is added to what a later reader has left there."""
    return lane.links[lane.nodes[node, c.N_LINK] + k, c.K_ADDS]


@inlined_kernel
def output_rows(lane, node, first, n):
    """(n, width): what a node passes on of rows ``first``, …; node 0's may stand in the data themselves."""
    width = lane.nodes[node, c.N_WIDTH]
    if node == 0 and lane.ints[c.I_ROWS_FROM] == ROWS_IN_PLACE:
        return matrix(lane.data, lane.ints[c.I_ROWS_AT] + first * width, n, width)
    return matrix(lane.pool, lane.nodes[node, c.N_OUT] + first * width, n, width)


@inlined_kernel
def output_matrix(lane, node, first, n, units):
    """(n·positions, units): the same, position by position."""
    width = lane.nodes[node, c.N_WIDTH]
    rows = n * (width // units)
    if node == 0 and lane.ints[c.I_ROWS_FROM] == ROWS_IN_PLACE:
        return matrix(lane.data, lane.ints[c.I_ROWS_AT] + first * width, rows, units)
    return matrix(lane.pool, lane.nodes[node, c.N_OUT] + first * width, rows, units)


@inlined_kernel
def delta_rows(lane, node, first, n):
    """(n, width): ∂L/∂ of what a node passes on, of rows ``first``, …; ∂L/∂z, once the node's activation is behind."""
    width = lane.nodes[node, c.N_WIDTH]
    return matrix(lane.pool, lane.nodes[node, c.N_DELTA] + first * width, n, width)
