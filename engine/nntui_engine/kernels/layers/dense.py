"""A dense layer: z = x·W + b, with W as it is or with DropConnect and noise."""

from .. import columns as c
from ..codes import EVALUATE
from ..policy import inlined_kernel, kernel
from ..products import affine, column_sums, input_gradient, weight_gradient
from ..random import DROPCONNECT, WEIGHT_NOISE, add_normal, keep_mask, stream_key
from ..views import matrix, vector
from .sources import adds, delta_rows, output_rows, source


@kernel
def perturb_weights(lane, node):
    """Write the node's weights with noise and DropConnect into their own buffer."""
    pool, ints, reals = lane.pool, lane.ints, lane.reals
    size = lane.nodes[node, c.N_INPUTS] * lane.nodes[node, c.N_UNITS]
    weights = vector(pool, ints[c.I_THETA] + lane.nodes[node, c.N_WEIGHTS], size)
    out = vector(pool, lane.nodes[node, c.N_PERTURBED], size)
    layer = node - 1
    if reals[c.R_NOISE_WEIGHTS] > 0.0:
        key = stream_key(ints[c.I_SEED], WEIGHT_NOISE + layer, ints[c.I_STEP])
        add_normal(key, 0, reals[c.R_NOISE_WEIGHTS], weights, out)
    else:
        for i in range(size):
            out[i] = weights[i]
    if reals[c.R_DROPCONNECT] > 0.0:
        mask = vector(pool, lane.nodes[node, c.N_WEIGHT_MASK], size)
        keep_mask(stream_key(ints[c.I_SEED], DROPCONNECT + layer, ints[c.I_STEP]), 0, reals[c.R_DROPCONNECT], mask)
        for i in range(size):
            out[i] = out[i] * mask[i]


@inlined_kernel
def used_weights(lane, node, perturbed):
    """W (inputs, units) as the pass uses it."""
    at = lane.ints[c.I_THETA] + lane.nodes[node, c.N_WEIGHTS]
    if perturbed and lane.nodes[node, c.N_PERTURBED] >= 0:
        at = lane.nodes[node, c.N_PERTURBED]
    return matrix(lane.pool, at, lane.nodes[node, c.N_INPUTS], lane.nodes[node, c.N_UNITS])


@kernel
def forward(lane, node, first, n):
    """z of rows first … first + n − 1."""
    units = lane.nodes[node, c.N_UNITS]
    in_training = lane.ints[c.I_MODE] != EVALUATE
    if in_training and lane.nodes[node, c.N_PERTURBED] >= 0:
        perturb_weights(lane, node)
    biases = vector(lane.pool, lane.ints[c.I_THETA] + lane.nodes[node, c.N_BIASES], units)
    z = matrix(lane.pool, lane.nodes[node, c.N_Z] + first * units, n, units)
    affine(output_rows(lane, source(lane, node, 0), first, n), used_weights(lane, node, in_training), biases, z)


@kernel
def backward(lane, node, first, n):
    """∂L/∂ of what the node reads, where it is asked for."""
    below = source(lane, node, 0)
    if lane.nodes[below, c.N_DELTA] >= 0:
        weights, delta = used_weights(lane, node, True), delta_rows(lane, node, first, n)
        input_gradient(delta, weights, adds(lane, node, 0), delta_rows(lane, below, first, n))


@kernel
def gradient(lane, node, piece, pieces):
    """The piece's rows of ∂L/∂W, and with the last piece ∂L/∂b, over all rows of the mini-batch."""
    pool, ints = lane.pool, lane.ints
    n, units, inputs = ints[c.I_BATCH_ROWS], lane.nodes[node, c.N_UNITS], lane.nodes[node, c.N_INPUTS]
    first = inputs * piece // pieces
    some = inputs * (piece + 1) // pieces - first
    at = ints[c.I_GRADIENT] + lane.nodes[node, c.N_WEIGHTS] + first * units
    x, delta = output_rows(lane, source(lane, node, 0), 0, n), delta_rows(lane, node, 0, n)
    add = lane.nodes[node, c.N_ADDS]
    weight_gradient(x, first, delta, add, matrix(pool, at, some, units))
    if piece == pieces - 1:
        column_sums(delta, add, vector(pool, ints[c.I_GRADIENT] + lane.nodes[node, c.N_BIASES], units))
    if lane.nodes[node, c.N_PERTURBED] >= 0 and lane.reals[c.R_DROPCONNECT] > 0.0:
        g = vector(pool, at, some * units)
        mask = vector(pool, lane.nodes[node, c.N_WEIGHT_MASK] + first * units, some * units)
        for i in range(g.size):
            g[i] = g[i] * mask[i]
