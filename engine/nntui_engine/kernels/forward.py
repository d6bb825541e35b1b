"""The forward pass of one lane over one block of rows."""

from .activation import SOFTMAX, activate, can_fall_silent, softmax
from .batch_norm import normalise, normalise_fixed
from .codes import BATCH_NORM_AFTER, BATCH_NORM_BEFORE
from .columns import (
    F_ACTIVATION_MEAN,
    F_ACTIVATION_VARIANCE,
    F_PRE_ACTIVATION_MEAN,
    F_PRE_ACTIVATION_VARIANCE,
    F_ROWS_ARE_BROKEN,
    F_ROWS_BROKEN,
    I_BATCH_NORM_INPUTS,
    I_BATCH_ROWS,
    I_FIRED,
    I_FIRED_STEP,
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
    I_ORDER,
    I_OUTPUTS,
    I_PARTIAL_STEP,
    I_PARTIALS,
    I_POSITION,
    I_ROWS,
    I_SCRATCH,
    I_SCRATCH_SIZE,
    I_SEED,
    I_STEP,
    I_T,
    I_TB,
    I_THETA,
    I_X,
    I_XB,
    L_ALPHA,
    L_DROPOUT,
    P_A,
    P_ACTIVATION,
    P_ACTIVE,
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
    PARTIALS,
    R_BATCH_NORM_MOMENTUM,
    R_DROPCONNECT,
    R_INPUT_DROPOUT,
    R_NOISE_INPUTS,
    R_NOISE_WEIGHTS,
)
from .dense import affine
from .measure import all_finite, mark_active, moments
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
        add_normal(key, 0, reals[R_NOISE_WEIGHTS], weights, out)
    else:
        for i in range(size):
            out[i] = weights[i]
    if reals[R_DROPCONNECT] > 0.0:
        at = plan[layer, P_WEIGHT_MASK]
        mask = vector(pool, at, size)
        keep_mask(stream_key(ints[I_SEED], DROPCONNECT + layer, ints[I_STEP]), 0, reals[R_DROPCONNECT], mask)
        for i in range(size):
            out[i] = out[i] * mask[i]
    return to


@kernel
def prepare_inputs(pool, first, n, ints, reals):
    """Noise, batch norm and dropout on the inputs: in place, in rows first … first + n − 1 of the lane's own copy."""
    inputs, mode = ints[I_INPUTS], ints[I_MODE]
    at = ints[I_XB] + first * inputs
    x = matrix(pool, at, n, inputs)
    flat = vector(pool, at, n * inputs)
    if mode != EVALUATE and reals[R_NOISE_INPUTS] > 0.0:
        key = stream_key(ints[I_SEED], INPUT_NOISE, ints[I_STEP])
        add_normal(key, first * inputs, reals[R_NOISE_INPUTS], flat, flat)
    if ints[I_BATCH_NORM_INPUTS] == 1:  # then the rows are one piece
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
        mask = vector(pool, ints[I_IN_MASK] + first * inputs, n * inputs)
        key = stream_key(ints[I_SEED], INPUT_DROPOUT, ints[I_STEP])
        keep_mask(key, first * inputs, reals[R_INPUT_DROPOUT], mask)
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
def forward(pool, x, piece, first, n, plan, layer_reals, ints, reals, sums):
    """Run x (n, inputs) through every layer; z, a and the outputs stay in rows first … of the lane's workspace.

    With ints[I_MEASURED], what this piece of the rows finds of z and a goes into its partial sums; in training, always
    whether it finds a z or an output that is not finite.
    """
    scratch = vector(pool, ints[I_SCRATCH] + piece * ints[I_SCRATCH_SIZE], ints[I_SCRATCH_SIZE])
    mode, measured, last = ints[I_MODE], ints[I_MEASURED] == 1, ints[I_LAYERS] - 1
    finite = True
    below = x
    for layer in range(ints[I_LAYERS]):
        inputs, units = plan[layer, P_INPUTS], plan[layer, P_UNITS]
        theta = ints[I_THETA]
        at = theta + plan[layer, P_WEIGHTS]
        if mode != EVALUATE and plan[layer, P_PERTURBED] >= 0:
            at = perturb_weights(pool, plan, ints, reals, layer)
        size, start = n * units, first * units
        z_at, a_at = plan[layer, P_Z] + start, plan[layer, P_A] + start
        z, a = matrix(pool, z_at, n, units), matrix(pool, a_at, n, units)
        affine(below, matrix(pool, at, inputs, units), vector(pool, theta + plan[layer, P_BIASES], units), z)
        if plan[layer, P_BATCH_NORM] == BATCH_NORM_BEFORE:
            batch_norm_layer(pool, z, n, plan, ints, reals, layer)
        z_flat, a_flat = vector(pool, z_at, size), vector(pool, a_at, size)
        if plan[layer, P_ACTIVATION] == SOFTMAX:
            softmax(z, a, a_flat, scratch)
        else:
            alpha = layer_reals[layer, L_ALPHA]
            if plan[layer, P_ALPHA] >= 0:
                alpha = float(pool[theta + plan[layer, P_ALPHA]])
            activate(plan[layer, P_ACTIVATION], alpha, z_flat, a_flat, scratch)
        if measured:
            row = ints[I_PARTIALS] + piece * ints[I_PARTIAL_STEP] + layer * PARTIALS
            mean, variance, broken = moments(z_flat)
            sums[row + F_PRE_ACTIVATION_MEAN] = mean
            sums[row + F_PRE_ACTIVATION_VARIANCE] = variance
            sums[row + F_ROWS_BROKEN] = broken
            mean, variance, broken = moments(a_flat)
            sums[row + F_ACTIVATION_MEAN] = mean
            sums[row + F_ACTIVATION_VARIANCE] = variance
            sums[row + F_ROWS_BROKEN] += broken
            if can_fall_silent(plan[layer, P_ACTIVATION]):
                fired_at = ints[I_FIRED] + piece * ints[I_FIRED_STEP] + plan[layer, P_ACTIVE]
                fired = vector(pool, fired_at, units)
                fired[:] = fired.dtype.type(0.0)
                mark_active(a, fired)
        if measured:
            finite = finite and sums[row + F_ROWS_BROKEN] == 0.0
        elif mode == TRAIN:
            finite = finite and all_finite(z_flat) and (layer < last or all_finite(a_flat))
        below = a
        if plan[layer, P_OUT] != plan[layer, P_A]:
            out_at = plan[layer, P_OUT] + start
            out, out_flat = matrix(pool, out_at, n, units), vector(pool, out_at, size)
            for i in range(size):
                out_flat[i] = a_flat[i]
            if plan[layer, P_BATCH_NORM] == BATCH_NORM_AFTER:
                batch_norm_layer(pool, out, n, plan, ints, reals, layer)
            if mode != EVALUATE and layer_reals[layer, L_DROPOUT] > 0.0:
                mask = vector(pool, plan[layer, P_MASK] + start, size)
                key = stream_key(ints[I_SEED], DROPOUT + layer, ints[I_STEP])
                keep_mask(key, start, layer_reals[layer, L_DROPOUT], mask)
                for i in range(size):
                    out_flat[i] = out_flat[i] * mask[i]
            below = out
    if mode == TRAIN:
        sums[ints[I_PARTIALS] + piece * ints[I_PARTIAL_STEP] + (last + 1) * PARTIALS + F_ROWS_ARE_BROKEN] = (
            0.0 if finite else 1.0
        )


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
def evaluation_rows(data, pool, at, n, ints, reals):
    """x (n, inputs): n consecutive rows of the data, or where the inputs are changed first, a copy prepared so."""
    inputs = ints[I_INPUTS]
    if not touches_inputs(ints, reals):
        return matrix(data, at, n, inputs)
    copy_rows(data, at, n, inputs, pool, ints[I_XB])
    prepare_inputs(pool, 0, n, ints, reals)
    return matrix(pool, ints[I_XB], n, inputs)


@kernel
def batch_inputs(data, pool, first, n, ints, reals):
    """x (n, inputs): rows first … of the mini-batch, in the data itself where that is the whole set, unchanged."""
    inputs = ints[I_INPUTS]
    if ints[I_BATCH_ROWS] == ints[I_ROWS] and not touches_inputs(ints, reals):
        return matrix(data, ints[I_X] + first * inputs, n, inputs)
    return matrix(pool, ints[I_XB] + first * inputs, n, inputs)


@kernel
def batch_targets(data, pool, first, n, ints):
    """t (n, outputs): the targets of the same rows."""
    outputs = ints[I_OUTPUTS]
    if ints[I_BATCH_ROWS] == ints[I_ROWS]:
        return matrix(data, ints[I_T] + first * outputs, n, outputs)
    return matrix(pool, ints[I_TB] + first * outputs, n, outputs)


@kernel
def load_rows(data, pool, order, first, n, ints, reals):
    """Put rows first … first + n − 1 of the next mini-batch into the workspace; the data itself stays untouched."""
    inputs, outputs = ints[I_INPUTS], ints[I_OUTPUTS]
    if ints[I_BATCH_ROWS] < ints[I_ROWS]:
        lane_order = vector(order, ints[I_ORDER], ints[I_ROWS])
        at = ints[I_POSITION] + first
        gather(data, ints[I_X], n, inputs, lane_order, at, matrix(pool, ints[I_XB] + first * inputs, n, inputs))
        gather(data, ints[I_T], n, outputs, lane_order, at, matrix(pool, ints[I_TB] + first * outputs, n, outputs))
    elif touches_inputs(ints, reals):
        copy_rows(data, ints[I_X] + first * inputs, n, inputs, pool, ints[I_XB] + first * inputs)
    if touches_inputs(ints, reals):
        prepare_inputs(pool, first, n, ints, reals)
