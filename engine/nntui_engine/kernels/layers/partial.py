"""The gradient of a linked kind: its backward pass has left each piece's part, which are added here in their order."""

from .. import columns as c
from ..blocks import block_piece
from ..policy import kernel
from ..views import vector


@kernel
def gradient(lane, node, piece):
    """The piece's share of ∂L/∂ of what the kind learns, over all rows of the mini-batch."""
    add, block = lane.nodes[node, c.N_ADDS], lane.nodes[node, c.N_LEARNS]
    begin = lane.blocks[block, c.B_START]
    for one in range(block, block + lane.nodes[node, c.N_LEARNS_BLOCKS]):
        start, stop = block_piece(lane, one, piece)
        g = vector(lane.pool, lane.ints[c.I_GRADIENT] + start, stop - start)
        for part in range(lane.ints[c.I_ROW_PIECES]):
            at = lane.nodes[node, c.N_PARTIAL] + part * lane.nodes[node, c.N_PARTIAL_STEP] + start - begin
            add_part(vector(lane.pool, at, stop - start), part > 0 or add == 1, g)


@kernel
def add_part(part, add, g):
    """g = part, or with ``add`` g += part. 1-D arrays."""
    if add:
        for i in range(g.size):
            g[i] = g[i] + part[i]
    else:
        for i in range(g.size):
            g[i] = part[i]


@kernel
def clear(lane, node, piece):
    """A piece without rows has no part in the gradient, nor in what its kind measures."""
    at, more = lane.nodes[node, c.N_PARTIAL], lane.nodes[node, c.N_MORE]
    if at >= 0:
        step = lane.nodes[node, c.N_PARTIAL_STEP]
        part = vector(lane.pool, at + piece * step, step)
        part[:] = part.dtype.type(0.0)
    if more >= 0:
        found = vector(lane.sums, more + piece * lane.nodes[node, c.N_MORE_STEP], lane.nodes[node, c.N_MORE_COUNT])
        found[:] = 0.0
