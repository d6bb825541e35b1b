"""The backward pass of one lane: from ∂L/∂z of the outputs to the gradient of every parameter."""

from .activation import alpha_gradient, slope
from .batch_norm import normalise_backward
from .codes import BATCH_NORM_AFTER, BATCH_NORM_BEFORE
from .columns import (
    F_BACKPROP_MEAN,
    F_BACKPROP_VARIANCE,
    F_SATURATED,
    I_BATCH_NORM_INPUTS,
    I_BATCH_ROWS,
    I_GRADIENT,
    I_IN_BETA,
    I_IN_GAMMA,
    I_IN_HAT,
    I_IN_INVERSE,
    I_IN_MASK,
    I_INPUTS,
    I_LAYERS,
    I_MEASURED,
    I_PARTIAL_STEP,
    I_PARTIALS,
    I_SCRATCH,
    I_SCRATCH_SIZE,
    I_THETA,
    I_XB,
    L_ALPHA,
    L_DROPOUT,
    L_L1,
    L_L2,
    L_LARGEST_SLOPE,
    P_A,
    P_ACTIVATION,
    P_ALPHA,
    P_BATCH_NORM,
    P_BETA,
    P_BIASES,
    P_DELTA,
    P_GAMMA,
    P_HAT,
    P_INPUTS,
    P_INVERSE,
    P_MASK,
    P_PERTURBED,
    P_UNITS,
    P_WEIGHT_MASK,
    P_WEIGHTS,
    P_Z,
    PARTIALS,
    R_DROPCONNECT,
    R_INPUT_DROPOUT,
)
from .dense import column_sums, input_gradient, weight_gradient
from .measure import apply_slopes, finite_or_zero, mean_and_variance, moments
from .policy import kernel
from .views import matrix, vector

SATURATED_BELOW = 0.05  # of the largest slope
SLOPE_BLOCK = 1024


@kernel
def add_penalty_gradient(weights, gradient, l1, l2):
    """gradient += l2·w + l1·sign(w), where sign(0) = 0: the subgradient of l1·‖w‖₁ that PyTorch's abs has."""
    zero = weights.dtype.type(0.0)
    first, second = weights.dtype.type(l1), weights.dtype.type(l2)
    for i in range(weights.size):
        w = weights[i]
        pull = first if w > zero else (-first if w < zero else zero)
        gradient[i] = gradient[i] + second * w + pull


@kernel
def backward(pool, piece, first, n, plan, layer_reals, ints, sums):
    """Fill every layer's delta = ∂L/∂z for rows first … first + n − 1; the outputs' stands there already.

    With ints[I_MEASURED], what this piece of the rows finds of δ goes into its partial sums.
    """
    theta = ints[I_THETA]
    scratch = vector(pool, ints[I_SCRATCH] + piece * ints[I_SCRATCH_SIZE], ints[I_SCRATCH_SIZE])
    last = ints[I_LAYERS] - 1
    measured = ints[I_MEASURED] == 1
    for layer in range(last, -1, -1):
        inputs, units = plan[layer, P_INPUTS], plan[layer, P_UNITS]
        size, start = n * units, first * units
        delta_at = plan[layer, P_DELTA] + start
        delta, delta_flat = matrix(pool, delta_at, n, units), vector(pool, delta_at, size)
        row = ints[I_PARTIALS] + piece * ints[I_PARTIAL_STEP] + layer * PARTIALS
        if layer < last:
            if layer_reals[layer, L_DROPOUT] > 0.0:
                mask = vector(pool, plan[layer, P_MASK] + start, size)
                for i in range(size):
                    delta_flat[i] = delta_flat[i] * mask[i]
            if plan[layer, P_BATCH_NORM] == BATCH_NORM_AFTER:
                batch_norm_backward(pool, delta, plan, ints, layer, n)
            alpha_at = plan[layer, P_ALPHA]
            alpha = layer_reals[layer, L_ALPHA]
            steepest = layer_reals[layer, L_LARGEST_SLOPE]
            if alpha_at >= 0:
                alpha = float(pool[theta + alpha_at])
                steepest = max(1.0, abs(alpha))
                z_flat = vector(pool, plan[layer, P_Z] + start, size)
                pool[ints[I_GRADIENT] + alpha_at] = alpha_gradient(z_flat, delta_flat)
            through_activation(
                pool, plan[layer, P_ACTIVATION], alpha, steepest, plan[layer, P_Z] + start, plan[layer, P_A] + start,
                delta_at, size, scratch, measured, row, sums,
            )  # fmt: skip
        elif measured:
            mean, variance, _ = moments(delta_flat)
            sums[row + F_BACKPROP_MEAN] = mean
            sums[row + F_BACKPROP_VARIANCE] = variance
        if plan[layer, P_BATCH_NORM] == BATCH_NORM_BEFORE:
            batch_norm_backward(pool, delta, plan, ints, layer, n)
        if layer > 0:
            used = plan[layer, P_PERTURBED] if plan[layer, P_PERTURBED] >= 0 else theta + plan[layer, P_WEIGHTS]
            under = matrix(pool, plan[layer - 1, P_DELTA] + first * inputs, n, inputs)
            input_gradient(delta, matrix(pool, used, inputs, units), under)


@kernel
def through_activation(pool, code, alpha, steepest, z_at, a_at, delta_at, size, scratch, measured, row, sums):
    """delta ← delta·φ'(z), block by block, so that a block's slopes stay in the first-level cache."""
    limit = SATURATED_BELOW * steepest
    total, squares, below = 0.0, 0.0, 0
    shift = 0.0
    for begin in range(0, size, SLOPE_BLOCK):
        some = min(SLOPE_BLOCK, size - begin)
        slopes = scratch[SLOPE_BLOCK : SLOPE_BLOCK + some]
        z, a = vector(pool, z_at + begin, some), vector(pool, a_at + begin, some)
        delta = vector(pool, delta_at + begin, some)
        slope(code, alpha, z, a, slopes, scratch)
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
        mean, variance = mean_and_variance(shift, total, squares, size)
        sums[row + F_BACKPROP_MEAN] = mean
        sums[row + F_BACKPROP_VARIANCE] = variance
        sums[row + F_SATURATED] = below


@kernel
def layer_gradient(pool, x, layer, first, some, biases, plan, layer_reals, ints, reals):
    """Fill the layer's gradient for ``some`` of its inputs from ``first`` on, and with ``biases`` that of the biases.

    x (n, inputs) is what the layer got, n all rows of the mini-batch.
    """
    n = ints[I_BATCH_ROWS]
    units = plan[layer, P_UNITS]
    theta, gradient = ints[I_THETA], ints[I_GRADIENT]
    delta = matrix(pool, plan[layer, P_DELTA], n, units)
    at, size = plan[layer, P_WEIGHTS] + first * units, some * units
    weight_gradient(x, first, delta, matrix(pool, gradient + at, some, units))
    if biases:
        column_sums(delta, vector(pool, gradient + plan[layer, P_BIASES], units))
    g = vector(pool, gradient + at, size)
    if plan[layer, P_PERTURBED] >= 0 and reals[R_DROPCONNECT] > 0.0:
        mask = vector(pool, plan[layer, P_WEIGHT_MASK] + first * units, size)
        for i in range(size):
            g[i] = g[i] * mask[i]
    if layer == 0 and ints[I_BATCH_NORM_INPUTS] == 1:
        inputs = plan[layer, P_INPUTS]
        used = plan[layer, P_PERTURBED] if plan[layer, P_PERTURBED] >= 0 else theta + plan[layer, P_WEIGHTS]
        input_batch_norm_backward(pool, delta, matrix(pool, used, inputs, units), n, ints, reals)
    if layer_reals[layer, L_L1] > 0.0 or layer_reals[layer, L_L2] > 0.0:
        add_penalty_gradient(vector(pool, theta + at, size), g, layer_reals[layer, L_L1], layer_reals[layer, L_L2])


@kernel
def batch_norm_backward(pool, delta, plan, ints, layer, n):
    """Carry delta (n, units) back through the layer's batch norm, in place; fills the gradients of γ and β."""
    units = plan[layer, P_UNITS]
    theta, gradient = ints[I_THETA], ints[I_GRADIENT]
    gamma_at, beta_at = plan[layer, P_GAMMA], plan[layer, P_BETA]
    normalise_backward(
        delta,
        vector(pool, theta + gamma_at, units),
        matrix(pool, plan[layer, P_HAT], n, units),
        vector(pool, plan[layer, P_INVERSE], units),
        vector(pool, gradient + gamma_at, units),
        vector(pool, gradient + beta_at, units),
    )


@kernel
def input_batch_norm_backward(pool, delta, weights, n, ints, reals):
    """The gradients of γ and β of the inputs' batch norm. Overwrites the mini-batch, which is no longer needed."""
    inputs = ints[I_INPUTS]
    theta, gradient = ints[I_THETA], ints[I_GRADIENT]
    pull = matrix(pool, ints[I_XB], n, inputs)
    input_gradient(delta, weights, pull)
    if reals[R_INPUT_DROPOUT] > 0.0:
        flat = vector(pool, ints[I_XB], n * inputs)
        mask = vector(pool, ints[I_IN_MASK], n * inputs)
        for i in range(n * inputs):
            flat[i] = flat[i] * mask[i]
    gamma_at, beta_at = ints[I_IN_GAMMA], ints[I_IN_BETA]
    normalise_backward(
        pull,
        vector(pool, theta + gamma_at, inputs),
        matrix(pool, ints[I_IN_HAT], n, inputs),
        vector(pool, ints[I_IN_INVERSE], inputs),
        vector(pool, gradient + gamma_at, inputs),
        vector(pool, gradient + beta_at, inputs),
    )
