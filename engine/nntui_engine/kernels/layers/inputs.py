"""Node 0: the rows of a mini-batch or of an evaluation, with noise. It reads no node and passes nothing back."""

from .. import columns as c
from ..codes import NO_BATCH_NORM, ROWS_COPIED, ROWS_GATHERED, ROWS_IN_PLACE
from ..links import call_linked
from ..policy import inlined_kernel, kernel
from ..random import INPUT_NOISE, add_normal, stream_key
from ..views import matrix, vector


@inlined_kernel
def are_changed(lane):
    """Whether the rows are changed before the first layer, so that the pass needs its own copy."""
    reals, changed = lane.node_reals, lane.nodes[0, c.N_BATCH_NORM] != NO_BATCH_NORM or lane.nodes[0, c.N_FORWARD] != 0
    return changed or reals[0, c.L_DROPOUT] > 0.0 or reals[0, c.L_NOISE] > 0.0


@inlined_kernel
def rows_from(lane, at, gathered):
    """Say where the rows of the pass come from: the data arena at ``at``, or (``gathered``) the order of the epoch."""
    lane.ints[c.I_ROWS_AT] = at
    if gathered:
        lane.ints[c.I_ROWS_FROM] = ROWS_GATHERED
    else:
        lane.ints[c.I_ROWS_FROM] = ROWS_COPIED if are_changed(lane) else ROWS_IN_PLACE


@kernel
def gather(data, at, rows, columns, order, first, out):
    """Copy rows order[first], order[first + 1], … of the (…, columns) matrix at ``at`` into out (rows, columns)."""
    for i in range(rows):
        start = at + order[first + i] * columns
        for j in range(columns):
            out[i, j] = data[start + j]


@kernel
def copy_rows(data, at, rows, columns, pool, to):
    """Copy ``rows`` consecutive rows from the data arena into the pool."""
    for i in range(rows * columns):
        pool[to + i] = data[at + i]


@kernel
def forward(lane, piece, first, n, noisy):
    """Put rows first … first + n − 1 of the pass, and the targets of a mini-batch, into the workspace.

    The data itself stays untouched, and is used where it stands if nothing is to be changed.
    """
    ints, pool = lane.ints, lane.pool
    inputs, outputs = ints[c.I_INPUTS], ints[c.I_OUTPUTS]
    to, come_from = ints[c.I_XB] + first * inputs, ints[c.I_ROWS_FROM]
    if come_from == ROWS_GATHERED:
        order = vector(lane.order, ints[c.I_ORDER], ints[c.I_ROWS])
        at = ints[c.I_POSITION] + first
        gather(lane.data, ints[c.I_X], n, inputs, order, at, matrix(pool, to, n, inputs))
        targets = matrix(pool, ints[c.I_TB] + first * outputs, n, outputs)
        gather(lane.data, ints[c.I_T], n, outputs, order, at, targets)
    elif come_from == ROWS_COPIED:
        copy_rows(lane.data, ints[c.I_ROWS_AT] + first * inputs, n, inputs, pool, to)
    if noisy and lane.nodes[0, c.N_FORWARD] != 0:
        call_linked(lane.nodes[0, c.N_FORWARD], lane, 0, piece, first, n)
    if noisy and lane.node_reals[0, c.L_NOISE] > 0.0 and come_from != ROWS_IN_PLACE:
        flat = vector(pool, to, n * inputs)
        key = stream_key(ints[c.I_SEED], INPUT_NOISE, ints[c.I_STEP])
        add_normal(key, first * inputs, lane.node_reals[0, c.L_NOISE], flat, flat)


@inlined_kernel
def batch_targets(lane, first, n):
    """t (n, outputs): the targets of the mini-batch's rows first …"""
    ints = lane.ints
    outputs = ints[c.I_OUTPUTS]
    if ints[c.I_ROWS_FROM] == ROWS_GATHERED:
        return matrix(lane.pool, ints[c.I_TB] + first * outputs, n, outputs)
    return matrix(lane.data, ints[c.I_T] + first * outputs, n, outputs)
