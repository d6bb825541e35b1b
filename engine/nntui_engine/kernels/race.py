"""Optimizers descending a surface of two variables: the same ``step_into`` that trains networks, on two numbers.

Every lane is sequential inside and stands in its own rows of the tables, so any number of threads may share them.
"""

import math

import numpy as np

from ..registry.optimizer import MEMORIES
from .bits import is_finite
from .columns import HYPER
from .compiler import prange
from .optimizer import LR, NADAM, nadam_momentum, raise_momentum, step_into
from .policy import entry_kernel, kernel, parallel_kernel
from .random import GRADIENT_NOISE, SHUFFLE, add_normal, stream_key, uniform
from .schedule import schedule_factor
from .surface import NOISY_MOONS, surface_hessian, surface_slope
from .update import clip_gradient
from .views import vector

# Columns of `ints` (lanes, RACE_INTS)
(
    C_STEP,
    C_LIMIT,
    C_OPTIMIZER,
    C_UPDATES,
    C_SCHEDULE,
    C_SEED,
    C_SURFACE,
    C_POINTS,  # data points of noisy_moons, shared by all lanes that race on it
    C_POINTS_AT,
    C_BATCH,
    C_SAMPLE_EVERY,
    C_SAMPLES,  # samples written in this launch
    C_DIVERGED_AT,  # −1: has not
    RACE_INTS,
) = range(14)

# Columns of `reals` (lanes, RACE_REALS): the optimizer's hyperparameters come first (kernels/optimizer.py)
(
    K_NOISE,
    K_CLIP_NORM,
    K_CLIP_VALUE,
    K_SCHEDULE,
    _,
    _,
    K_MOMENTUM_PRODUCT,
    K_SURFACE,  # the surface's parameter
    K_VALUE,
    K_PATH_LENGTH,
    K_ESCAPE,  # beyond this distance from the origin a lane counts as diverged
    RACE_REALS,
) = range(HYPER, HYPER + 12)

# Columns of `state` (lanes, STATE): two numbers each, the optimizer's memories last
W, G, U, NOISY, MEMORY = range(0, 10, 2)
STATE = -(-(MEMORY + 2 * MEMORIES) // 8) * 8  # a row fills whole cache lines: lanes do not share one

# Columns of the samples
O_X, O_Y, O_VALUE, O_GRADIENT_NORM, O_LR, O_PATH_LENGTH, OUT = range(7)

RIDGE = 0.01  # noisy_moons' pull towards 0, without which separable data has no minimum


@kernel
def moons_term(points, row, w0, w1):
    """(loss, weight of the point in the gradient, in the Hessian) of ln(1 + e^(−t·w·x)); points hold (x₁, x₂, t)."""
    margin = points[row + 2] * (w0 * points[row] + w1 * points[row + 1])
    small = math.exp(-abs(margin))
    loss = math.log1p(small) + (0.0 if margin > 0.0 else -margin)
    miss = small / (1.0 + small) if margin > 0.0 else 1.0 / (1.0 + small)  # σ(−margin)
    return loss, -points[row + 2] * miss, miss * (1.0 - miss)


@kernel
def moons_slope(points, at, count, w0, w1):
    """Value and gradient of the logistic loss over all points."""
    f, g0, g1 = 0.0, 0.0, 0.0
    for i in range(count):
        row = at + 3 * i
        loss, weight, _ = moons_term(points, row, w0, w1)
        f += loss
        g0 += weight * points[row]
        g1 += weight * points[row + 1]
    f = f / count + 0.5 * RIDGE * (w0 * w0 + w1 * w1)
    return f, g0 / count + RIDGE * w0, g1 / count + RIDGE * w1


@kernel
def moons_batch_slope(points, at, count, batch, key, w0, w1):
    """Gradient on ``batch`` points drawn with replacement."""
    g0, g1 = 0.0, 0.0
    for i in range(batch):
        row = at + 3 * int(uniform(key, i) * count)
        _, weight, _ = moons_term(points, row, w0, w1)
        g0 += weight * points[row]
        g1 += weight * points[row + 1]
    return g0 / batch + RIDGE * w0, g1 / batch + RIDGE * w1


@kernel
def slope_at(points, ints, reals, x, y):
    """(f, ∂f/∂x, ∂f/∂y) of the lane's surface, exact."""
    if ints[C_SURFACE] == NOISY_MOONS:
        return moons_slope(points, ints[C_POINTS_AT], ints[C_POINTS], x, y)
    return surface_slope(ints[C_SURFACE], reals[K_SURFACE], x, y)


@kernel
def on_batches(ints):
    """Whether the lane's steps look at mini-batches, and so need no gradient over all points."""
    return ints[C_SURFACE] == NOISY_MOONS and ints[C_BATCH] < ints[C_POINTS]


@kernel
def race_step(points, state, ints, reals, rate, measured):
    """One update of one lane by the learning rate ``rate``; ``state`` is its row, whose gradient is that of where it
    stands. Without ``measured``, value and gradient of the new place are left out where the next step needs neither.
    """
    step = ints[C_STEP]
    g = vector(state, NOISY, 2)
    g[0], g[1] = state[G], state[G + 1]
    batches = on_batches(ints)
    if batches:
        key = stream_key(ints[C_SEED], SHUFFLE, step)
        g[0], g[1] = moons_batch_slope(
            points, ints[C_POINTS_AT], ints[C_POINTS], ints[C_BATCH], key, state[W], state[W + 1]
        )
    if reals[K_NOISE] > 0.0:
        add_normal(stream_key(ints[C_SEED], GRADIENT_NOISE, step), 0, reals[K_NOISE], g, g)
    if reals[K_CLIP_NORM] > 0.0 or reals[K_CLIP_VALUE] > 0.0:
        clip_gradient(g, reals[K_CLIP_VALUE], reals[K_CLIP_NORM])
    ints[C_UPDATES] += 1
    raise_momentum(reals, ints[C_UPDATES])
    if ints[C_OPTIMIZER] == NADAM:
        reals[K_MOMENTUM_PRODUCT] *= nadam_momentum(reals, ints[C_UPDATES])
    w, u = vector(state, W, 2), vector(state, U, 2)
    product = reals[K_MOMENTUM_PRODUCT]
    step_into(ints[C_OPTIMIZER], reals, rate, ints[C_UPDATES], product, w, g, state, MEMORY, 2, u)
    w[0] -= u[0]
    w[1] -= u[1]
    reals[K_PATH_LENGTH] += math.sqrt(u[0] * u[0] + u[1] * u[1])
    ints[C_STEP] = step + 1
    near = w[0] * w[0] + w[1] * w[1] <= reals[K_ESCAPE] * reals[K_ESCAPE]
    if measured or not batches or not near:
        f, gx, gy = slope_at(points, ints, reals, w[0], w[1])
        reals[K_VALUE] = f
        state[G], state[G + 1] = gx, gy
        near = near and is_finite(f) and is_finite(gx) and is_finite(gy)
    if not near:
        ints[C_DIVERGED_AT] = step + 1


@kernel
def race_rate(ints, reals):
    """The learning rate in force at the next update."""
    return reals[LR] * schedule_factor(ints[C_SCHEDULE], reals[K_SCHEDULE:], ints[C_STEP])


@kernel
def race_lane(until, points, state, ints, reals, out_steps, out):
    """Up to ``until`` or until the output is full. out_steps (samples), out (samples, OUT)."""
    ints[C_SAMPLES] = 0
    every = ints[C_SAMPLE_EVERY]
    next_sample = min((ints[C_STEP] // every + 1) * every, ints[C_LIMIT])  # a remainder at every step would be slow
    while ints[C_STEP] < until and ints[C_DIVERGED_AT] < 0 and ints[C_SAMPLES] < out_steps.size:
        rate = race_rate(ints, reals)
        step = ints[C_STEP] + 1
        race_step(points, state, ints, reals, rate, step == next_sample or step == until)
        if step == next_sample or ints[C_DIVERGED_AT] >= 0:
            next_sample = min(step + every, ints[C_LIMIT])
            slot = ints[C_SAMPLES]
            out_steps[slot] = ints[C_STEP]
            row = out[slot]
            row[O_X], row[O_Y], row[O_VALUE] = state[W], state[W + 1], reals[K_VALUE]
            row[O_GRADIENT_NORM] = math.sqrt(state[G] * state[G] + state[G + 1] * state[G + 1])
            row[O_LR], row[O_PATH_LENGTH] = rate, reals[K_PATH_LENGTH]
            ints[C_SAMPLES] = slot + 1


@parallel_kernel
def race_lanes(until, points, state, ints, reals, out_steps, out):
    """``race_lane`` for every lane in parallel; ``until`` (lanes), the tables have a leading lane axis."""
    for lane in prange(ints.shape[0]):
        race_lane(until[lane], points, state[lane], ints[lane], reals[lane], out_steps[lane], out[lane])


@entry_kernel
def start_race(points, state, ints, reals):
    """Evaluate the surface where each lane stands."""
    for lane in range(ints.shape[0]):
        f, gx, gy = slope_at(points, ints[lane], reals[lane], state[lane, W], state[lane, W + 1])
        reals[lane, K_VALUE] = f
        state[lane, G], state[lane, G + 1] = gx, gy


@entry_kernel
def surface_values(points, ints, reals, xs, ys, out):
    """Fill out (rows, columns) with f at every xs[column], ys[row], for one lane's surface."""
    for i in range(ys.size):
        for j in range(xs.size):
            out[i, j] = slope_at(points, ints, reals, xs[j], ys[i])[0]


@entry_kernel
def hessian_at(points, ints, reals, x, y):
    """The three second derivatives of one lane's surface at (x, y)."""
    if ints[C_SURFACE] != NOISY_MOONS:
        return surface_hessian(ints[C_SURFACE], reals[K_SURFACE], x, y)
    hxx, hxy, hyy = 0.0, 0.0, 0.0
    for i in range(ints[C_POINTS]):
        row = ints[C_POINTS_AT] + 3 * i
        _, _, bend = moons_term(points, row, x, y)
        hxx += bend * points[row] * points[row]
        hxy += bend * points[row] * points[row + 1]
        hyy += bend * points[row + 1] * points[row + 1]
    n = np.float64(ints[C_POINTS])
    return hxx / n + RIDGE, hxy / n, hyy / n + RIDGE
