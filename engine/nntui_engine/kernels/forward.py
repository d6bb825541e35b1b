"""The forward pass of one lane over one block of rows, node by node."""

from . import columns as c
from .activation import SOFTMAX, activate, can_fall_silent, softmax
from .batch_norm import normalise, normalise_fixed
from .codes import BATCH_NORM_AFTER, BATCH_NORM_BEFORE, EVALUATE, TRAIN
from .layers import inputs
from .layers.dispatch import forward_kind
from .measure import all_finite, mark_active, moments
from .policy import kernel
from .random import DROPOUT, INPUT_DROPOUT, keep_mask, stream_key
from .views import matrix, vector


@kernel
def batch_norm_node(lane, at, n, node):
    """Normalise n rows at ``at`` of the pool in place with the node's batch norm: each unit over rows and positions."""
    pool, units, mode = lane.pool, lane.nodes[node, c.N_UNITS], lane.ints[c.I_MODE]
    n *= lane.nodes[node, c.N_WIDTH] // units
    theta, running = lane.ints[c.I_THETA], lane.nodes[node, c.N_RUNNING]
    y = matrix(pool, at, n, units)
    gamma = vector(pool, theta + lane.nodes[node, c.N_GAMMA], units)
    beta = vector(pool, theta + lane.nodes[node, c.N_BETA], units)
    mean, variance = vector(pool, running, units), vector(pool, running + units, units)
    if mode == EVALUATE:
        normalise_fixed(y, gamma, beta, mean, variance, y)
    else:
        normalised = matrix(pool, lane.nodes[node, c.N_NORMALISED], n, units)
        inverse = vector(pool, lane.nodes[node, c.N_INVERSE], units)
        momentum = lane.reals[c.R_BATCH_NORM_MOMENTUM] if mode == TRAIN else 0.0
        normalise(y, gamma, beta, mean, variance, momentum, normalised, inverse, y)


@kernel
def activate_node(lane, node, piece, first, n):
    """a = φ(z)."""
    pool, width = lane.pool, lane.nodes[node, c.N_A_WIDTH]
    size, start = n * width, first * width
    z_at, a_at = lane.nodes[node, c.N_Z] + start, lane.nodes[node, c.N_A] + start
    z_flat, a_flat = vector(pool, z_at, size), vector(pool, a_at, size)
    scratch_size = lane.ints[c.I_SCRATCH_SIZE]
    scratch = vector(pool, lane.ints[c.I_SCRATCH] + piece * scratch_size, scratch_size)
    if lane.nodes[node, c.N_ACTIVATION] == SOFTMAX:
        softmax(matrix(pool, z_at, n, width), matrix(pool, a_at, n, width), a_flat, scratch)
    else:
        alpha = lane.node_reals[node, c.L_ALPHA]
        if lane.nodes[node, c.N_ALPHA] >= 0:
            alpha = float(pool[lane.ints[c.I_THETA] + lane.nodes[node, c.N_ALPHA]])
        activate(lane.nodes[node, c.N_ACTIVATION], alpha, z_flat, a_flat, scratch)


@kernel
def measure_node(lane, node, piece, first, n):
    """What z and a of these rows are like, into the piece's partial sums; returns whether all of it is finite."""
    pool, sums, units = lane.pool, lane.sums, lane.nodes[node, c.N_UNITS]
    z_width, a_width = lane.nodes[node, c.N_Z_WIDTH], lane.nodes[node, c.N_A_WIDTH]
    row = lane.ints[c.I_PARTIALS] + piece * lane.ints[c.I_PARTIAL_STEP] + node * c.PARTIALS
    mean, variance, broken = moments(vector(pool, lane.nodes[node, c.N_Z] + first * z_width, n * z_width))
    sums[row + c.F_PRE_ACTIVATION_MEAN] = mean
    sums[row + c.F_PRE_ACTIVATION_VARIANCE] = variance
    sums[row + c.F_ROWS_BROKEN] = broken
    if lane.nodes[node, c.N_A] != lane.nodes[node, c.N_Z]:
        mean, variance, broken = moments(vector(pool, lane.nodes[node, c.N_A] + first * a_width, n * a_width))
    sums[row + c.F_ACTIVATION_MEAN] = mean
    sums[row + c.F_ACTIVATION_VARIANCE] = variance
    sums[row + c.F_ROWS_BROKEN] += broken
    if can_fall_silent(lane.nodes[node, c.N_ACTIVATION]):
        fired_at = lane.ints[c.I_FIRED] + piece * lane.ints[c.I_FIRED_STEP] + lane.nodes[node, c.N_ACTIVE]
        fired = vector(pool, fired_at, units)
        fired[:] = fired.dtype.type(0.0)
        mark_active(matrix(pool, lane.nodes[node, c.N_A] + first * a_width, n * (a_width // units), units), fired)
    return sums[row + c.F_ROWS_BROKEN] == 0.0


@kernel
def drop_out(lane, node, first, n):
    """Multiply what a node passes on by its dropout mask."""
    width = lane.nodes[node, c.N_WIDTH]
    size, start = n * width, first * width
    out, mask = (
        vector(lane.pool, lane.nodes[node, c.N_OUT] + start, size),
        vector(lane.pool, lane.nodes[node, c.N_MASK] + start, size),
    )
    stream = INPUT_DROPOUT if node == 0 else DROPOUT + node - 1
    key = stream_key(lane.ints[c.I_SEED], stream, lane.ints[c.I_STEP])
    keep_mask(key, start, lane.node_reals[node, c.L_DROPOUT], mask)
    for i in range(size):
        out[i] = out[i] * mask[i]


@kernel
def forward(lane, piece, first, n):
    """Run n rows through every node; z, a and the outputs stay in rows first … of the lane's workspace.

    With ints[I_MEASURED], what this piece of the rows finds of z and a goes into its partial sums; in training, always
    whether it finds a z or an output that is not finite.
    """
    mode, measured, last = lane.ints[c.I_MODE], lane.ints[c.I_MEASURED] == 1, lane.ints[c.I_NODES] - 1
    finite = True
    for node in range(last + 1):
        width = lane.nodes[node, c.N_WIDTH]
        z_width = lane.nodes[node, c.N_Z_WIDTH]
        size, start = n * width, first * width
        z_at, a_at, out_at = (
            lane.nodes[node, c.N_Z] + first * z_width,
            lane.nodes[node, c.N_A] + start,
            lane.nodes[node, c.N_OUT] + start,
        )
        if node == 0:
            inputs.forward(lane, piece, first, n, mode != EVALUATE)
        else:
            forward_kind(lane, node, piece, first, n)
        if lane.nodes[node, c.N_BATCH_NORM] == BATCH_NORM_BEFORE:
            batch_norm_node(lane, z_at, n, node)
        if node > 0:
            if lane.nodes[node, c.N_ACTS] == 0 and a_at != z_at:
                activate_node(lane, node, piece, first, n)
            if measured:
                finite = measure_node(lane, node, piece, first, n) and finite
            elif mode == TRAIN:
                finite = finite and all_finite(vector(lane.pool, z_at, n * z_width))
                finite = finite and (node < last or all_finite(vector(lane.pool, a_at, size)))
        if out_at != a_at and lane.nodes[node, c.N_ACTS] == 0:
            a_flat, out_flat = vector(lane.pool, a_at, size), vector(lane.pool, out_at, size)
            for i in range(size):
                out_flat[i] = a_flat[i]
            if lane.nodes[node, c.N_BATCH_NORM] == BATCH_NORM_AFTER:
                batch_norm_node(lane, out_at, n, node)
        if mode != EVALUATE and lane.node_reals[node, c.L_DROPOUT] > 0.0:
            drop_out(lane, node, first, n)
    if mode == TRAIN:
        at = lane.ints[c.I_PARTIALS] + piece * lane.ints[c.I_PARTIAL_STEP] + (last + 1) * c.PARTIALS
        lane.sums[at + c.F_ROWS_ARE_BROKEN] = 0.0 if finite else 1.0
