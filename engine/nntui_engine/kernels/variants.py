"""A training row as augmentation would change it at the next step, between two launches of a lane's training."""

from . import columns as c
from .codes import ROWS_COPIED
from .lanes import lane_of
from .links import call_linked
from .policy import entry_kernel
from .views import vector


@entry_kernel
def variants(row, tables, index, out):
    """out (variants, inputs) = training row ``row`` as it would come in the first places of the mini-batch.

    For lane ``index`` of the tables, which must have augmentation, and room for so many rows. Only the workspace
    changes.
    """
    lane = lane_of(tables, index)
    ints = lane.ints
    width = ints[c.I_INPUTS]
    ints[c.I_ROWS_FROM] = ROWS_COPIED
    for i in range(out.shape[0]):
        ints[c.I_ROWS_AT] = ints[c.I_X] + (row - i) * width  # the place of the batch decides what is drawn
        call_linked(lane.nodes[0, c.N_FORWARD], lane, 0, 0, i, 1)
        changed = vector(lane.pool, ints[c.I_XB] + i * width, width)
        for j in range(width):
            out[i, j] = changed[j]
