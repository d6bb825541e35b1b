"""The backward pass of one lane: from ∂L/∂z of the outputs to ∂L/∂z of every node, the last one first."""

from . import columns as c
from .activation import alpha_gradient, derivative
from .batch_norm import normalise_backward
from .codes import BATCH_NORM_AFTER, BATCH_NORM_BEFORE
from .layers.dispatch import backward_kind
from .measure import apply_slopes, finite_or_zero, mean_and_variance, moments
from .policy import kernel
from .views import matrix, vector

SATURATED_BELOW = 0.05  # of the largest slope
SLOPE_BLOCK = 1024


@kernel
def backward(lane, piece, first, n):
    """Fill every node's δ = ∂L/∂z for rows first … first + n − 1; the outputs' stands there already.

    A node begins with the sum of what its readers have left there. With ints[I_MEASURED], what this piece of the rows
    finds of δ goes into its partial sums.
    """
    pool, sums, last = lane.pool, lane.sums, lane.ints[c.I_NODES] - 1
    measured = lane.ints[c.I_MEASURED] == 1
    for node in range(last, -1, -1):
        if lane.nodes[node, c.N_DELTA] < 0:
            continue
        width = lane.nodes[node, c.N_WIDTH]
        size, start = n * width, first * width
        delta = vector(pool, lane.nodes[node, c.N_DELTA] + start, size)
        if node == last:
            if measured:
                row = lane.ints[c.I_PARTIALS] + piece * lane.ints[c.I_PARTIAL_STEP] + node * c.PARTIALS
                mean, variance, _ = moments(delta)
                sums[row + c.F_BACKPROP_MEAN] = mean
                sums[row + c.F_BACKPROP_VARIANCE] = variance
        else:
            if lane.node_reals[node, c.L_DROPOUT] > 0.0:
                mask = vector(pool, lane.nodes[node, c.N_MASK] + start, size)
                for i in range(size):
                    delta[i] = delta[i] * mask[i]
            if lane.nodes[node, c.N_BATCH_NORM] == BATCH_NORM_AFTER:
                batch_norm_backward(lane, node, n)
            if node > 0 and lane.nodes[node, c.N_ACTS] == 0:
                through_activation(lane, node, piece, start, size, measured)
        if lane.nodes[node, c.N_BATCH_NORM] == BATCH_NORM_BEFORE:
            batch_norm_backward(lane, node, n)
        if node > 0:
            backward_kind(lane, node, piece, first, n)
        if measured and lane.nodes[node, c.N_ACTS] == 1:
            z_width = lane.nodes[node, c.N_Z_WIDTH]
            mean, variance, _ = moments(vector(pool, lane.nodes[node, c.N_DELTA_Z] + first * z_width, n * z_width))
            row = lane.ints[c.I_PARTIALS] + piece * lane.ints[c.I_PARTIAL_STEP] + node * c.PARTIALS
            sums[row + c.F_BACKPROP_MEAN] = mean
            sums[row + c.F_BACKPROP_VARIANCE] = variance


@kernel
def through_activation(lane, node, piece, start, size, measured):
    """δ ← δ·φ'(z), block by block, so that a block's slopes stay in the first-level cache; φ' is 1 where a is z."""
    pool, sums, ints = lane.pool, lane.sums, lane.ints
    code, alpha, steepest = (
        lane.nodes[node, c.N_ACTIVATION],
        lane.node_reals[node, c.L_ALPHA],
        lane.node_reals[node, c.L_LARGEST_SLOPE],
    )
    z_at, a_at, delta_at = (
        lane.nodes[node, c.N_Z] + start,
        lane.nodes[node, c.N_A] + start,
        lane.nodes[node, c.N_DELTA] + start,
    )
    alpha_at = lane.nodes[node, c.N_ALPHA]
    if alpha_at >= 0:
        alpha = float(pool[ints[c.I_THETA] + alpha_at])
        steepest = max(1.0, abs(alpha))
        pool[ints[c.I_GRADIENT] + alpha_at] = alpha_gradient(vector(pool, z_at, size), vector(pool, delta_at, size))
    if a_at == z_at:
        if measured:
            row = ints[c.I_PARTIALS] + piece * ints[c.I_PARTIAL_STEP] + node * c.PARTIALS
            mean, variance, _ = moments(vector(pool, delta_at, size))
            sums[row + c.F_BACKPROP_MEAN] = mean
            sums[row + c.F_BACKPROP_VARIANCE] = variance
            sums[row + c.F_SATURATED] = 0.0
        return
    scratch = vector(pool, ints[c.I_SCRATCH] + piece * ints[c.I_SCRATCH_SIZE], ints[c.I_SCRATCH_SIZE])
    limit = SATURATED_BELOW * steepest
    total, squares, below = 0.0, 0.0, 0
    shift = 0.0
    for begin in range(0, size, SLOPE_BLOCK):
        some = min(SLOPE_BLOCK, size - begin)
        slopes = scratch[SLOPE_BLOCK : SLOPE_BLOCK + some]
        z, a = vector(pool, z_at + begin, some), vector(pool, a_at + begin, some)
        delta = vector(pool, delta_at + begin, some)
        derivative(code, alpha, z, a, slopes, scratch)
        if measured:
            if begin == 0:
                shift = finite_or_zero(delta[0] * slopes[0])
            more, more_squares, more_below = apply_slopes(slopes, delta, limit, shift)
            total += more
            squares += more_squares
            below += more_below
        else:
            for i in range(some):
                delta[i] = delta[i] * slopes[i]
    if measured:
        row = ints[c.I_PARTIALS] + piece * ints[c.I_PARTIAL_STEP] + node * c.PARTIALS
        mean, variance = mean_and_variance(shift, total, squares, size)
        sums[row + c.F_BACKPROP_MEAN] = mean
        sums[row + c.F_BACKPROP_VARIANCE] = variance
        sums[row + c.F_SATURATED] = below


@kernel
def batch_norm_backward(lane, node, n):
    """Carry δ of n rows back through the node's batch norm, in place; fills the gradients of γ and β."""
    pool, units = lane.pool, lane.nodes[node, c.N_UNITS]
    n *= lane.nodes[node, c.N_WIDTH] // units
    theta, gradient = lane.ints[c.I_THETA], lane.ints[c.I_GRADIENT]
    gamma_at, beta_at = lane.nodes[node, c.N_GAMMA], lane.nodes[node, c.N_BETA]
    normalise_backward(
        matrix(pool, lane.nodes[node, c.N_DELTA], n, units),
        vector(pool, theta + gamma_at, units),
        matrix(pool, lane.nodes[node, c.N_NORMALISED], n, units),
        vector(pool, lane.nodes[node, c.N_INVERSE], units),
        vector(pool, gradient + gamma_at, units),
        vector(pool, gradient + beta_at, units),
    )
