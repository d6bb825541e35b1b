"""From the gradient to new parameters: noise, clipping, the optimizer's step."""

import math

import numpy as np

from .codes import NADAM
from .columns import (
    I_BATCH_NORM_INPUTS,
    I_FIRST,
    I_GRADIENT,
    I_IN_GAMMA,
    I_INPUTS,
    I_LAYERS,
    I_MEASURED,
    I_OPTIMIZER,
    I_PARAMETERS,
    I_SCHEDULE,
    I_SCRATCH,
    I_SECOND,
    I_SEED,
    I_STEP,
    I_THETA,
    I_UPDATES,
    L_L1,
    L_L2,
    P_BIASES,
    P_END,
    P_INPUTS,
    P_TRAINABLE,
    P_UNITS,
    P_WEIGHTS,
    R_CLIP_NORM,
    R_CLIP_VALUE,
    R_MOMENTUM_PRODUCT,
    R_NOISE_GRADIENTS,
    R_PLATEAU_FACTOR,
    R_SCHEDULE,
    S_NON_FINITE,
    S_UPDATE_RATIO,
    S_WEIGHT_MEAN,
    S_WEIGHT_NORM,
    S_WEIGHT_VARIANCE,
    W_CLIPPED_GRADIENT_NORM,
    W_GRADIENT_NORM,
    W_LR,
    W_PENALTY,
)
from .measure import moments, sum_of_magnitudes, sum_of_squares
from .optimizer import LR, nadam_momentum, raise_momentum, step_into
from .policy import kernel
from .random import GRADIENT_NOISE, add_normal, stream_key
from .schedule import schedule_factor
from .views import vector

STEP_BLOCK = 1024  # parameters stepped at a time: their step stays in the first-level cache


@kernel
def clip_gradient(g, clip_value, clip_norm):
    """Clip each entry to ±clip_value, then the whole to length clip_norm (0 = off); returns the length that is left.

    The norm's form is PyTorch's: g·min(1, clip_norm / (‖g‖ + 1e-6)).
    """
    if clip_value > 0.0:
        bound = g.dtype.type(clip_value)
        for i in range(g.size):
            v = g[i]
            g[i] = bound if v > bound else (-bound if v < -bound else v)
    norm = math.sqrt(sum_of_squares(g))
    if clip_norm > 0.0:
        factor = clip_norm / (norm + 1e-6)
        if not factor >= 1.0:  # NaN passes: a broken gradient must not look clipped
            scale = g.dtype.type(factor)
            for i in range(g.size):
                g[i] = g[i] * scale
            norm *= factor
    return norm


@kernel
def take_step(pool, start, stop, ints, reals, lr):
    """Step the parameters start … stop−1; returns Σ u², the squared length of the step."""
    theta, gradient, first, second = ints[I_THETA], ints[I_GRADIENT], ints[I_FIRST], ints[I_SECOND]
    squares = 0.0
    for begin in range(start, stop, STEP_BLOCK):
        end = min(begin + STEP_BLOCK, stop)
        size = end - begin
        w = vector(pool, theta + begin, size)
        u = vector(pool, ints[I_SCRATCH], size)
        step_into(
            ints[I_OPTIMIZER],
            reals,
            lr,
            ints[I_UPDATES],
            reals[R_MOMENTUM_PRODUCT],
            w,
            vector(pool, gradient + begin, size),
            vector(pool, first + begin, size),
            vector(pool, second + begin, size),
            u,
        )
        squares += sum_of_squares(u)
        for i in range(size):
            w[i] = w[i] - u[i]
    return squares


@kernel
def stop_at_zero(pool, theta, start, stop, before):
    """Set a weight that crossed 0 in this step to 0: with L1 the way to exactly 0. ``before`` is a copy from before.

    Returns Σ (new − old)², the squared length of the step that is left.
    """
    zero = before.dtype.type(0.0)
    squares = 0.0
    for i in range(start, stop):
        old = before[i - start]
        new = pool[theta + i]
        if (old > zero and new < zero) or (old < zero and new > zero):
            pool[theta + i] = zero
            new = zero
        squares += (np.float64(new) - np.float64(old)) ** 2
    return squares


@kernel
def hold_frozen(pool, plan, ints):
    """Set the gradient of every frozen layer to 0, so that clipping measures what will be stepped; any frozen?"""
    frozen = False
    for layer in range(ints[I_LAYERS]):
        if plan[layer, P_TRAINABLE] == 0:
            frozen = True
            gradient = ints[I_GRADIENT]
            for i in range(gradient + plan[layer, P_WEIGHTS], gradient + plan[layer, P_END]):
                pool[i] = 0.0
    return frozen


@kernel
def learning_rate(ints, reals):
    """The rate in force at the next update."""
    factor = schedule_factor(ints[I_SCHEDULE], reals[R_SCHEDULE:], ints[I_STEP])
    return reals[LR] * factor * reals[R_PLATEAU_FACTOR]


@kernel
def measure_weights(weights, row):
    """Statistics of W before the step; returns ‖W‖."""
    mean, variance, broken = moments(weights)
    norm = math.sqrt((variance + mean * mean) * weights.size)
    row[S_WEIGHT_MEAN] = mean
    row[S_WEIGHT_VARIANCE] = variance
    row[S_WEIGHT_NORM] = norm
    row[S_NON_FINITE] += broken
    return norm


@kernel
def penalty(pool, plan, layer_reals, ints):
    """Σ l1·‖W‖₁ + ½·l2·‖W‖² over the layers."""
    total = 0.0
    for layer in range(ints[I_LAYERS]):
        l1, l2 = layer_reals[layer, L_L1], layer_reals[layer, L_L2]
        if l1 > 0.0 or l2 > 0.0:
            at = ints[I_THETA] + plan[layer, P_WEIGHTS]
            weights = vector(pool, at, plan[layer, P_INPUTS] * plan[layer, P_UNITS])
            total += l1 * sum_of_magnitudes(weights) + 0.5 * l2 * sum_of_squares(weights)
    return total


@kernel
def update(pool, plan, layer_reals, ints, reals, table, whole):
    """One optimizer step on every trainable layer, from the gradient in the pool."""
    lr = learning_rate(ints, reals)
    measured = ints[I_MEASURED] == 1
    count = ints[I_PARAMETERS]
    g = vector(pool, ints[I_GRADIENT], count)
    if measured:
        whole[W_LR] = lr
        whole[W_GRADIENT_NORM] = math.sqrt(sum_of_squares(g))
        whole[W_PENALTY] = penalty(pool, plan, layer_reals, ints)
        whole[W_CLIPPED_GRADIENT_NORM] = whole[W_GRADIENT_NORM]
    if reals[R_NOISE_GRADIENTS] > 0.0:
        add_normal(stream_key(ints[I_SEED], GRADIENT_NOISE, ints[I_STEP]), reals[R_NOISE_GRADIENTS], g, g)
    changed = hold_frozen(pool, plan, ints) or reals[R_NOISE_GRADIENTS] > 0.0
    if reals[R_CLIP_NORM] > 0.0 or reals[R_CLIP_VALUE] > 0.0 or (measured and changed):
        norm = clip_gradient(g, reals[R_CLIP_VALUE], reals[R_CLIP_NORM])
        if measured:
            whole[W_CLIPPED_GRADIENT_NORM] = norm

    ints[I_UPDATES] += 1
    raise_momentum(reals, ints[I_UPDATES])
    if ints[I_OPTIMIZER] == NADAM:
        reals[R_MOMENTUM_PRODUCT] *= nadam_momentum(reals, ints[I_UPDATES])
    if ints[I_BATCH_NORM_INPUTS] == 1:
        take_step(pool, ints[I_IN_GAMMA], ints[I_IN_GAMMA] + 2 * ints[I_INPUTS], ints, reals, lr)
    theta = ints[I_THETA]
    for layer in range(ints[I_LAYERS]):
        start, stop = plan[layer, P_WEIGHTS], plan[layer, P_BIASES]
        weights = vector(pool, theta + start, stop - start)
        norm = 0.0
        if measured:
            norm = measure_weights(weights, table[layer])
            table[layer, S_UPDATE_RATIO] = 0.0
        if plan[layer, P_TRAINABLE] == 0:
            continue
        squares = 0.0
        if layer_reals[layer, L_L1] > 0.0:
            before = weights.copy()
            take_step(pool, start, stop, ints, reals, lr)
            squares = stop_at_zero(pool, theta, start, stop, before)
        else:
            squares = take_step(pool, start, stop, ints, reals, lr)
        take_step(pool, stop, plan[layer, P_END], ints, reals, lr)
        if measured:
            table[layer, S_UPDATE_RATIO] = np.sqrt(squares) / norm  # not math: plain Python must give Inf here too
