"""The forward pass of one lane over one block of rows."""

from .activation import activate, can_fall_silent, softmax
from .batch_norm import normalise, normalise_fixed
from .codes import BATCH_NORM_AFTER, BATCH_NORM_BEFORE, SOFTMAX
from .columns import (
    I_BATCH_NORM_INPUTS,
    I_IN_BETA,
    I_IN_GAMMA,
    I_IN_HAT,
    I_IN_INVERSE,
    I_IN_MASK,
    I_IN_RUNNING,
    I_INPUTS,
    I_LAYERS,
    I_MEASURED,
    I_MODE,
    I_SCRATCH,
    I_SCRATCH_SIZE,
    I_SEED,
    I_STEP,
    I_THETA,
    I_XB,
    L_ALPHA,
    L_DROPOUT,
    P_A,
    P_ACTIVATION,
    P_ALPHA,
    P_BATCH_NORM,
    P_BETA,
    P_BIASES,
    P_GAMMA,
    P_HAT,
    P_INPUTS,
    P_INVERSE,
    P_MASK,
    P_OUT,
    P_PERTURBED,
    P_RUNNING,
    P_UNITS,
    P_WEIGHT_MASK,
    P_WEIGHTS,
    P_Z,
    R_BATCH_NORM_MOMENTUM,
    R_DROPCONNECT,
    R_INPUT_DROPOUT,
    R_NOISE_INPUTS,
    R_NOISE_WEIGHTS,
    S_ACTIVATION_MEAN,
    S_ACTIVATION_VARIANCE,
    S_INACTIVE_UNITS,
    S_NON_FINITE,
    S_PRE_ACTIVATION_MEAN,
    S_PRE_ACTIVATION_VARIANCE,
)
from .dense import affine
from .measure import count_inactive, moments
from .policy import kernel
from .random import (
    DROPCONNECT,
    DROPOUT,
    INPUT_DROPOUT,
    INPUT_NOISE,
    WEIGHT_NOISE,
    add_normal,
    keep_mask,
    stream_key,
)
from .views import matrix, vector

# What a pass is for, in ints[I_MODE]
TRAIN = 0  # dropout, noise and the mini-batch's own batch-norm statistics; running statistics move
PROBE = 1  # the same, but nothing is changed
EVALUATE = 2  # as the network is used: no dropout, no noise, running statistics


@kernel
def perturb_weights(pool, plan, ints, reals, layer):
    """Write the layer's weights with noise and DropConnect into their own buffer; returns its offset."""
    size = plan[layer, P_INPUTS] * plan[layer, P_UNITS]
    start = ints[I_THETA] + plan[layer, P_WEIGHTS]
    weights = vector(pool, start, size)
    to = plan[layer, P_PERTURBED]
    out = vector(pool, to, size)
    if reals[R_NOISE_WEIGHTS] > 0.0:
        key = stream_key(ints[I_SEED], WEIGHT_NOISE + layer, ints[I_STEP])
        add_normal(key, reals[R_NOISE_WEIGHTS], weights, out)
    else:
        for i in range(size):
            out[i] = weights[i]
    if reals[R_DROPCONNECT] > 0.0:
        at = plan[layer, P_WEIGHT_MASK]
        mask = vector(pool, at, size)
        keep_mask(stream_key(ints[I_SEED], DROPCONNECT + layer, ints[I_STEP]), reals[R_DROPCONNECT], mask)
        for i in range(size):
            out[i] = out[i] * mask[i]
    return to


@kernel
def prepare_inputs(pool, n, ints, reals):
    """Noise, batch norm and dropout on the inputs (in place, in the lane's own copy of the n rows)."""
    inputs, mode = ints[I_INPUTS], ints[I_MODE]
    x = matrix(pool, ints[I_XB], n, inputs)
    flat = vector(pool, ints[I_XB], n * inputs)
    if mode != EVALUATE and reals[R_NOISE_INPUTS] > 0.0:
        add_normal(stream_key(ints[I_SEED], INPUT_NOISE, ints[I_STEP]), reals[R_NOISE_INPUTS], flat, flat)
    if ints[I_BATCH_NORM_INPUTS] == 1:
        theta, running = ints[I_THETA], ints[I_IN_RUNNING]
        gamma = vector(pool, theta + ints[I_IN_GAMMA], inputs)
        beta = vector(pool, theta + ints[I_IN_BETA], inputs)
        mean, variance = vector(pool, running, inputs), vector(pool, running + inputs, inputs)
        if mode == EVALUATE:
            normalise_fixed(x, gamma, beta, mean, variance, x)
        else:
            hat = matrix(pool, ints[I_IN_HAT], n, inputs)
            inverse = vector(pool, ints[I_IN_INVERSE], inputs)
            momentum = reals[R_BATCH_NORM_MOMENTUM] if mode == TRAIN else 0.0
            normalise(x, gamma, beta, mean, variance, momentum, hat, inverse, x)
    if mode != EVALUATE and reals[R_INPUT_DROPOUT] > 0.0:
        mask = vector(pool, ints[I_IN_MASK], n * inputs)
        keep_mask(stream_key(ints[I_SEED], INPUT_DROPOUT, ints[I_STEP]), reals[R_INPUT_DROPOUT], mask)
        for i in range(n * inputs):
            flat[i] = flat[i] * mask[i]


@kernel
def batch_norm_layer(pool, y, n, plan, ints, reals, layer):
    """Normalise y (n, units) in place with the layer's batch norm."""
    units, mode = plan[layer, P_UNITS], ints[I_MODE]
    theta, running = ints[I_THETA], plan[layer, P_RUNNING]
    gamma = vector(pool, theta + plan[layer, P_GAMMA], units)
    beta = vector(pool, theta + plan[layer, P_BETA], units)
    mean, variance = vector(pool, running, units), vector(pool, running + units, units)
    if mode == EVALUATE:
        normalise_fixed(y, gamma, beta, mean, variance, y)
    else:
        hat = matrix(pool, plan[layer, P_HAT], n, units)
        inverse = vector(pool, plan[layer, P_INVERSE], units)
        momentum = reals[R_BATCH_NORM_MOMENTUM] if mode == TRAIN else 0.0
        normalise(y, gamma, beta, mean, variance, momentum, hat, inverse, y)


@kernel
def forward(pool, x, n, plan, layer_reals, ints, reals, table):
    """Run x (n, inputs) through every layer; z, a and the outputs stay in the lane's workspace.

    With ints[I_MEASURED], the per-layer statistics of z and a go into ``table`` (layers, STEP_STATISTICS).
    """
    scratch = vector(pool, ints[I_SCRATCH], ints[I_SCRATCH_SIZE])
    mode, measured = ints[I_MODE], ints[I_MEASURED] == 1
    below = x
    for layer in range(ints[I_LAYERS]):
        inputs, units = plan[layer, P_INPUTS], plan[layer, P_UNITS]
        theta = ints[I_THETA]
        at = theta + plan[layer, P_WEIGHTS]
        if mode != EVALUATE and plan[layer, P_PERTURBED] >= 0:
            at = perturb_weights(pool, plan, ints, reals, layer)
        weights = matrix(pool, at, inputs, units)
        biases = vector(pool, theta + plan[layer, P_BIASES], units)
        z = matrix(pool, plan[layer, P_Z], n, units)
        a = matrix(pool, plan[layer, P_A], n, units)
        affine(below, weights, biases, z)
        if plan[layer, P_BATCH_NORM] == BATCH_NORM_BEFORE:
            batch_norm_layer(pool, z, n, plan, ints, reals, layer)
        z_flat, a_flat = vector(pool, plan[layer, P_Z], n * units), vector(pool, plan[layer, P_A], n * units)
        if plan[layer, P_ACTIVATION] == SOFTMAX:
            softmax(z, a, a_flat, scratch)
        else:
            alpha = layer_reals[layer, L_ALPHA]
            if plan[layer, P_ALPHA] >= 0:
                alpha = float(pool[theta + plan[layer, P_ALPHA]])
            activate(plan[layer, P_ACTIVATION], alpha, z_flat, a_flat, scratch)
        if measured:
            mean, variance, broken = moments(z_flat)
            table[layer, S_PRE_ACTIVATION_MEAN] = mean
            table[layer, S_PRE_ACTIVATION_VARIANCE] = variance
            table[layer, S_NON_FINITE] = broken
            mean, variance, broken = moments(a_flat)
            table[layer, S_ACTIVATION_MEAN] = mean
            table[layer, S_ACTIVATION_VARIANCE] = variance
            table[layer, S_NON_FINITE] += broken
            table[layer, S_INACTIVE_UNITS] = 0.0
            if can_fall_silent(plan[layer, P_ACTIVATION]):
                table[layer, S_INACTIVE_UNITS] = count_inactive(a, scratch)
        below = a
        if plan[layer, P_OUT] != plan[layer, P_A]:
            out = matrix(pool, plan[layer, P_OUT], n, units)
            out_flat = vector(pool, plan[layer, P_OUT], n * units)
            for i in range(n * units):
                out_flat[i] = a_flat[i]
            if plan[layer, P_BATCH_NORM] == BATCH_NORM_AFTER:
                batch_norm_layer(pool, out, n, plan, ints, reals, layer)
            if mode != EVALUATE and layer_reals[layer, L_DROPOUT] > 0.0:
                mask = vector(pool, plan[layer, P_MASK], n * units)
                keep_mask(stream_key(ints[I_SEED], DROPOUT + layer, ints[I_STEP]), layer_reals[layer, L_DROPOUT], mask)
                for i in range(n * units):
                    out_flat[i] = out_flat[i] * mask[i]
            below = out


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
def touches_inputs(ints, reals):
    """Whether the inputs are changed before the first layer, so that the pass needs its own copy."""
    return ints[I_BATCH_NORM_INPUTS] == 1 or reals[R_INPUT_DROPOUT] > 0.0 or reals[R_NOISE_INPUTS] > 0.0


@kernel
def block_of_rows(data, pool, at, n, ints, reals):
    """x (n, inputs): a copy, prepared by ``prepare_inputs``, of n consecutive rows of the data."""
    inputs = ints[I_INPUTS]
    copy_rows(data, at, n, inputs, pool, ints[I_XB])
    if touches_inputs(ints, reals):
        prepare_inputs(pool, n, ints, reals)
    return matrix(pool, ints[I_XB], n, inputs)
