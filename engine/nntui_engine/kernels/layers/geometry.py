"""The geometry of a convolution or pooling node, out of its row."""

from ...registry.geometry import Geometry
from .. import columns as c
from ..policy import inlined_kernel


@inlined_kernel
def geometry_at(lane, node):
    """A node's geometry: the first twelve of its own settings."""
    own = lane.nodes[node, c.N_OPTIONS :]
    return Geometry(own[0], own[1], own[2], own[3], own[4], own[5], own[6], own[7], own[8], own[9], own[10], own[11])
