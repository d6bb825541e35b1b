"""What a lane's network answers for any inputs, between two launches of its training."""

from . import columns as c
from .codes import EVALUATE, FORWARD_ROWS, PROBE, ROWS_GIVEN
from .lanes import lane_of
from .policy import entry_kernel
from .rows import work_on_rows
from .views import matrix

FIRST_SAMPLE = 1 << 62  # step counters that no training reaches


@entry_kernel
def predict_lane(x, sample, tables, index, out):
    """out (rows, outputs) = the network's outputs for x (rows, inputs), for lane ``index`` of the tables.

    ``sample`` < 0: as the network is used. Otherwise dropout and noise are on, with masks of their own for each sample
    number (Monte-Carlo dropout). Only the workspace changes.
    """
    lane = lane_of(tables, index)
    ints = lane.ints
    inputs, outputs, step = ints[c.I_INPUTS], ints[c.I_OUTPUTS], ints[c.I_STEP]
    ints[c.I_MODE] = EVALUATE
    ints[c.I_MEASURED] = 0
    ints[c.I_ROWS_FROM] = ROWS_GIVEN
    if sample >= 0:
        ints[c.I_MODE] = PROBE
    for start in range(0, x.shape[0], ints[c.I_CAPACITY]):
        n = min(ints[c.I_CAPACITY], x.shape[0] - start)
        block = matrix(lane.pool, ints[c.I_XB], n, inputs)
        for i in range(n):
            for j in range(inputs):
                block[i, j] = x[start + i, j]
        if sample >= 0:  # a counter no training step uses
            ints[c.I_STEP] = FIRST_SAMPLE + sample
        work_on_rows(lane, FORWARD_ROWS, 0, 0, n)
        ints[c.I_STEP] = step
        a = matrix(lane.pool, lane.nodes[ints[c.I_NODES] - 1, c.N_A], n, outputs)
        for i in range(n):
            for j in range(outputs):
                out[start + i, j] = a[i, j]
