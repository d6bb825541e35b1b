"""The rows of a mini-batch, changed anew at every step (``kernels/augment.py`` has the arithmetic).

The settings of node 0, from N_OPTIONS on: whether a row is a picture, its height, width and channels (of others: 1,
time, features), how it is mirrored, the jitter; from L_AUGMENT on: shift, rotation, scale, noise, contrast.
"""

from .. import columns as c
from ..augment import augment_image, augment_sequence
from ..codes import ROWS_GATHERED, ROWS_GIVEN
from ..links import lane_at
from ..policy import linked_kernel
from ..random import AUGMENT, stream_key
from ..views import vector


@linked_kernel
def forward(place, node, piece, first, n):
    """Put rows first … first + n − 1 of the mini-batch, changed, into the workspace."""
    lane = lane_at(place)
    ints, own, amounts = lane.ints, lane.nodes[node, c.N_OPTIONS :], lane.node_reals[node, c.L_AUGMENT :]
    if ints[c.I_ROWS_FROM] == ROWS_GIVEN:
        return
    width = ints[c.I_INPUTS]
    key = stream_key(ints[c.I_SEED], AUGMENT, ints[c.I_STEP])
    order = vector(lane.order, ints[c.I_ORDER], ints[c.I_ROWS])
    for i in range(first, first + n):
        at = ints[c.I_ROWS_AT] + i * width
        if ints[c.I_ROWS_FROM] == ROWS_GATHERED:
            at = ints[c.I_X] + order[ints[c.I_POSITION] + i] * width
        row, out = vector(lane.data, at, width), vector(lane.pool, ints[c.I_XB] + i * width, width)
        if own[0] == 1:
            augment_image(
                key, i, row, own[1], own[2], own[3], amounts[0], amounts[1], amounts[2], own[4], amounts[3],
                amounts[4], out,
            )  # fmt: skip
        else:
            augment_sequence(key, i, row, own[2], own[3], amounts[3], amounts[2], own[5], out)


@linked_kernel
def backward(place, node, piece, first, n):
    """Nothing: the data have no gradient."""
