"""The backward pass of one lane: from ∂L/∂z of the outputs to the gradient of every parameter."""

from .activation import alpha_gradient, slope
from .batch_norm import normalise_backward
from .codes import BATCH_NORM_AFTER, BATCH_NORM_BEFORE
from .columns import (
    I_BATCH_NORM_INPUTS,
    I_GRADIENT,
    I_IN_BETA,
    I_IN_GAMMA,
    I_IN_HAT,
    I_IN_INVERSE,
    I_IN_MASK,
    I_INPUTS,
    I_LAYERS,
    I_MEASURED,
    I_SCRATCH,
    I_SCRATCH_SIZE,
    I_SLOPES,
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
    P_OUT,
    P_PERTURBED,
    P_UNITS,
    P_WEIGHT_MASK,
    P_WEIGHTS,
    P_Z,
    R_DROPCONNECT,
    R_INPUT_DROPOUT,
    S_BACKPROP_VARIANCE,
    S_GRADIENT_MAX,
    S_GRADIENT_MEAN_ABS,
    S_GRADIENT_NORM,
    S_GRADIENT_ZERO_FRACTION,
    S_NON_FINITE,
    S_SATURATED_FRACTION,
)
from .dense import column_sums, input_gradient, weight_gradient
from .measure import count_below, gradient_summary, moments
from .policy import kernel
from .views import matrix, vector

SATURATED_BELOW = 0.05  # of the largest slope


@kernel
def add_penalty_gradient(weights, gradient, l1, l2):
    """gradient += l2·w + l1·sign(w); at w = 0 the smallest subgradient, so that a weight can rest at exactly 0."""
    zero = weights.dtype.type(0.0)
    first, second = weights.dtype.type(l1), weights.dtype.type(l2)
    for i in range(weights.size):
        w, g = weights[i], gradient[i]
        if w > zero:
            gradient[i] = g + second * w + first
        elif w < zero:
            gradient[i] = g + second * w - first
        elif l1 > 0.0 and w == zero:
            gradient[i] = g - first if g > first else (g + first if g < -first else (g if g != g else zero))
        else:
            gradient[i] = g + second * w


@kernel
def backward(pool, x, n, plan, layer_reals, ints, reals, table):
    """Fill the gradient of every parameter; the outputs' ∂L/∂z stands in the last layer's delta.

    With ints[I_MEASURED], the statistics of δ and g go into ``table`` (layers, STEP_STATISTICS).
    """
    theta, gradient = ints[I_THETA], ints[I_GRADIENT]
    scratch = vector(pool, ints[I_SCRATCH], ints[I_SCRATCH_SIZE])
    last = ints[I_LAYERS] - 1
    measured = ints[I_MEASURED] == 1
    for layer in range(last, -1, -1):
        inputs, units = plan[layer, P_INPUTS], plan[layer, P_UNITS]
        size = n * units
        delta = matrix(pool, plan[layer, P_DELTA], n, units)
        delta_flat = vector(pool, plan[layer, P_DELTA], size)
        alpha_at = plan[layer, P_ALPHA]
        if layer < last:
            if layer_reals[layer, L_DROPOUT] > 0.0:
                mask = vector(pool, plan[layer, P_MASK], size)
                for i in range(size):
                    delta_flat[i] = delta_flat[i] * mask[i]
            if plan[layer, P_BATCH_NORM] == BATCH_NORM_AFTER:
                batch_norm_backward(pool, delta, plan, ints, layer, n)
            slopes = vector(pool, ints[I_SLOPES], size)
            z_flat = vector(pool, plan[layer, P_Z], size)
            a_flat = vector(pool, plan[layer, P_A], size)
            alpha = layer_reals[layer, L_ALPHA]
            if alpha_at >= 0:
                alpha = float(pool[theta + alpha_at])
                pool[gradient + alpha_at] = alpha_gradient(z_flat, delta_flat)
            slope(plan[layer, P_ACTIVATION], alpha, z_flat, a_flat, slopes, scratch)
            for i in range(size):
                delta_flat[i] = delta_flat[i] * slopes[i]
            if measured:
                steepest = layer_reals[layer, L_LARGEST_SLOPE]
                if alpha_at >= 0:
                    steepest = max(1.0, abs(alpha))
                limit = SATURATED_BELOW * steepest
                table[layer, S_SATURATED_FRACTION] = count_below(slopes, limit) / size
        if measured:
            _, variance, _ = moments(delta_flat)
            table[layer, S_BACKPROP_VARIANCE] = variance
        if plan[layer, P_BATCH_NORM] == BATCH_NORM_BEFORE:
            batch_norm_backward(pool, delta, plan, ints, layer, n)

        at = plan[layer, P_WEIGHTS]
        g_weights = matrix(pool, gradient + at, inputs, units)
        g_biases = vector(pool, gradient + plan[layer, P_BIASES], units)
        if layer == 0:
            weight_gradient(x, delta, g_weights)
        else:
            weight_gradient(matrix(pool, plan[layer - 1, P_OUT], n, inputs), delta, g_weights)
        column_sums(delta, g_biases)
        used = theta + at
        g_flat = vector(pool, gradient + at, inputs * units)
        if plan[layer, P_PERTURBED] >= 0:
            used = plan[layer, P_PERTURBED]
            if reals[R_DROPCONNECT] > 0.0:
                mask = vector(pool, plan[layer, P_WEIGHT_MASK], inputs * units)
                for i in range(inputs * units):
                    g_flat[i] = g_flat[i] * mask[i]
        if layer > 0:
            input_gradient(delta, matrix(pool, used, inputs, units), matrix(pool, plan[layer - 1, P_DELTA], n, inputs))
        elif ints[I_BATCH_NORM_INPUTS] == 1:
            input_batch_norm_backward(pool, delta, matrix(pool, used, inputs, units), n, ints, reals)
        if layer_reals[layer, L_L1] > 0.0 or layer_reals[layer, L_L2] > 0.0:
            w_flat = vector(pool, theta + at, inputs * units)
            add_penalty_gradient(w_flat, g_flat, layer_reals[layer, L_L1], layer_reals[layer, L_L2])
        if measured:
            measure_gradient(vector(pool, gradient + at, (inputs + 1) * units), table[layer])


@kernel
def measure_gradient(g, row):
    """The statistics of one layer's g = ∂L/∂(W, b), weights and biases side by side."""
    squares, largest, magnitudes, zeros, broken = gradient_summary(g)
    row[S_GRADIENT_NORM] = squares**0.5
    row[S_GRADIENT_MAX] = largest
    row[S_GRADIENT_MEAN_ABS] = magnitudes / g.size
    row[S_GRADIENT_ZERO_FRACTION] = zeros / g.size
    row[S_NON_FINITE] += broken


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
