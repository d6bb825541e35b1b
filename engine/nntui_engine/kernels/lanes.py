"""One lane out of the tables of all."""

from .policy import inlined_kernel
from .tables import Lane, Written


@inlined_kernel
def lane_of(tables, i):
    """Lane ``i`` of the tables."""
    return Lane(
        tables.data,
        tables.pool,
        tables.order,
        tables.sums,
        tables.nodes[i],
        tables.links[i],
        tables.blocks[i],
        tables.node_reals[i],
        tables.block_reals[i],
        tables.ints[i],
        tables.reals[i],
    )


@inlined_kernel
def written_of(written, i):
    """What is written of lane ``i``."""
    return Written(
        written.steps[i],
        written.layers[i],
        written.whole[i],
        written.more[i],
        written.evaluated[i],
        written.evaluation[i],
        written.evaluation_layers[i],
    )
