"""Optimizers: from a gradient to a step, entry by entry.

w = parameters, g = gradient, t = number of the update (1, 2, …), lr = rate in force, λ = weight_decay, ε = epsilon.
The new parameters are w − u. For every optimizer but AdamW and Lion, weight decay is g ← g + λ·w first.

* sgd: with momentum_over = k > 0, μ at update t is start + min(1, (t − 1)/k)·(momentum − start);
  v ← μ·v + (1 − dampening)·g (v = g at t = 1); u = lr·v, with nesterov u = lr·(g + μ·v); without momentum u = lr·g
* adagrad: s ← s + g²; u = lr·g / (√s + ε)
* adadelta: s ← ρ·s + (1 − ρ)·g²; d = √(r + ε) / √(s + ε)·g; r ← ρ·r + (1 − ρ)·d²; u = lr·d
* rmsprop: s ← ρ·s + (1 − ρ)·g²; d = g / (√s + ε); with momentum v ← μ·v + d, u = lr·v, else u = lr·d.
  ε stands outside the root, as in PyTorch; Keras and Hinton's lecture put it inside.
* adam: m ← β₁·m + (1 − β₁)·g; s ← β₂·s + (1 − β₂)·g²; u = lr·(m / (1 − β₁ᵗ)) / (√(s / (1 − β₂ᵗ)) + ε).
  Without bias correction both divisors are 1: the first steps are then up to (1 − β₁)/√(1 − β₂) ≈ 3.2 times lr.
* adamw: adam, plus lr·λ·w added to u and left out of g
* nadam: μₜ = β₁·(1 − ½·0.96^(t·d)), d = momentum_decay, Πₜ = μ₁⋯μₜ; m, s as adam;
  u = lr·((1 − μₜ)·g / (1 − Πₜ) + μₜ₊₁·m / (1 − Πₜ₊₁)) / (√(s / (1 − β₂ᵗ)) + ε)
* adamax: m as adam; s ← max(β₂·s, |g| + ε); u = lr / (1 − β₁ᵗ)·m / s
* lion: u = lr·(sign(β₁·m + (1 − β₁)·g) + λ·w); m ← β₂·m + (1 − β₂)·g

Where nothing learns any more, memories fade for ever, and processors compute a hundred times slower with numbers below
the smallest normal one (1.2e-38 in float32). So m and v become 0 there, and s stays at 16 times that number. Measured:
50 dead layers of 32 units under adam took 0.44 ms a step at first and 1.1 ms from the 800th step on; now 0.44.

Sources: the registry rows in ``registry/optimizer.py``; the forms are PyTorch's.
"""

import math

import numpy as np

from ..registry.optimizer import HYPERPARAMETERS, OPTIMIZERS
from .bits import from_bits, is_finite, magnitude_bits
from .policy import exact_leaf_kernel, inlined_kernel, kernel, leaf_kernel
from .views import vector

SGD, ADAGRAD, ADADELTA, RMSPROP, ADAM, ADAMW, NADAM, ADAMAX, LION = OPTIMIZERS.codes(
    "sgd", "adagrad", "adadelta", "rmsprop", "adam", "adamw", "nadam", "adamax", "lion"
)


def hyperparameters(*names: str) -> tuple[int, ...]:
    """The columns of some hyperparameters in a lane's row of reals, where they come first."""
    return tuple(map(HYPERPARAMETERS.index, names))


LR, MOMENTUM, DAMPENING, NESTEROV, WEIGHT_DECAY, BETA1, BETA2, RHO, EPSILON = hyperparameters(
    "lr", "momentum", "dampening", "nesterov", "weight_decay", "beta1", "beta2", "rho", "epsilon"
)
BIAS_CORRECTION, MOMENTUM_DECAY, MOMENTUM_START, MOMENTUM_OVER = hyperparameters(
    "bias_correction", "momentum_decay", "momentum_start", "momentum_over"
)
LEAST_SQUARE = 16.0  # smallest normal numbers: times any usual decay that is a normal number still
MOMENTUM_END = len(HYPERPARAMETERS)  # momentum as set; MOMENTUM holds what is in force


@kernel
def nadam_momentum(hyper, t):
    """μₜ of nadam."""
    return hyper[BETA1] * (1.0 - 0.5 * 0.96 ** (t * hyper[MOMENTUM_DECAY]))


@kernel
def raise_momentum(hyper, t):
    """Put the momentum of update ``t`` (1, 2, …) in force: a straight line from its start to its end, then level."""
    if hyper[MOMENTUM_OVER] > 0.0:
        share = min(1.0, (t - 1.0) / hyper[MOMENTUM_OVER])
        hyper[MOMENTUM] = hyper[MOMENTUM_START] + share * (hyper[MOMENTUM_END] - hyper[MOMENTUM_START])


@inlined_kernel
def faded(mean, smallest, zero):
    """A mean of steps as it is kept: 0 below the smallest normal number."""
    return zero if abs(mean) < smallest else mean


@inlined_kernel
def faded_square(mean, least, zero):
    """A mean of squares as it is kept: no less than ``least``, unless it is 0; it may be divided by."""
    return least if zero < mean < least else mean


@kernel
def step_into(code, hyper, lr, t, momentum_product, w, g, pool, at, distance, u):
    """Write the step u for one block of parameters and update the optimizer's memories of it.

    All arrays 1-D of one dtype, w, g and u of one length. The first memory of w[0] stands at entry ``at`` of the pool,
    the next one ``distance`` further. ``momentum_product`` is nadam's Πₜ. ``g`` is left as it is.
    """
    real = w.dtype.type
    rate = real(lr)
    decay = real(hyper[WEIGHT_DECAY])
    epsilon = real(hyper[EPSILON])
    momentum = real(hyper[MOMENTUM])
    beta1, rest1 = real(hyper[BETA1]), real(1.0 - hyper[BETA1])
    beta2, rest2 = real(hyper[BETA2]), real(1.0 - hyper[BETA2])
    rho, rest_rho = real(hyper[RHO]), real(1.0 - hyper[RHO])
    zero, one = real(0.0), real(1.0)
    smallest = real(np.finfo(w.dtype).tiny)
    least = real(LEAST_SQUARE) * smallest
    n = w.size
    first, second = vector(pool, at, n), vector(pool, at + distance, n)

    if code == SGD:
        if hyper[MOMENTUM] == 0.0:
            for i in range(n):
                u[i] = rate * (g[i] + decay * w[i])
        elif t == 1:
            ahead = one + momentum if hyper[NESTEROV] != 0.0 else one
            for i in range(n):
                decayed = g[i] + decay * w[i]
                first[i] = decayed
                u[i] = rate * ahead * decayed
        else:
            fresh = real(1.0 - hyper[DAMPENING])
            if hyper[NESTEROV] != 0.0:
                for i in range(n):
                    decayed = g[i] + decay * w[i]
                    first[i] = faded(momentum * first[i] + fresh * decayed, smallest, zero)
                    u[i] = rate * (decayed + momentum * first[i])
            else:
                for i in range(n):
                    first[i] = faded(momentum * first[i] + fresh * (g[i] + decay * w[i]), smallest, zero)
                    u[i] = rate * first[i]
    elif code == ADAM or code == ADAMW:
        bias1, bias2 = 1.0, 1.0
        if code == ADAMW or hyper[BIAS_CORRECTION] != 0.0:  # adamw has no such switch
            bias1, bias2 = 1.0 - hyper[BETA1] ** t, 1.0 - hyper[BETA2] ** t
        size, root = real(lr / bias1), real(1.0 / math.sqrt(bias2))
        coupled, apart = (decay, zero) if code == ADAM else (zero, real(lr * hyper[WEIGHT_DECAY]))
        for i in range(n):
            decayed = g[i] + coupled * w[i]
            first[i] = faded(beta1 * first[i] + rest1 * decayed, smallest, zero)
            second[i] = faded_square(beta2 * second[i] + rest2 * decayed * decayed, least, zero)
            u[i] = size * first[i] / (np.sqrt(second[i]) * root + epsilon) + apart * w[i]
    elif code == RMSPROP:
        for i in range(n):
            decayed = g[i] + decay * w[i]
            first[i] = faded_square(rho * first[i] + rest_rho * decayed * decayed, least, zero)
            u[i] = decayed / (np.sqrt(first[i]) + epsilon)
        if hyper[MOMENTUM] != 0.0:
            for i in range(n):
                second[i] = faded(momentum * second[i] + u[i], smallest, zero)
                u[i] = second[i]
        for i in range(n):
            u[i] = rate * u[i]
    elif code == ADAGRAD:
        for i in range(n):
            decayed = g[i] + decay * w[i]
            first[i] = first[i] + decayed * decayed
            u[i] = rate * decayed / (np.sqrt(first[i]) + epsilon)
    elif code == ADADELTA:
        for i in range(n):
            decayed = g[i] + decay * w[i]
            first[i] = faded_square(rho * first[i] + rest_rho * decayed * decayed, least, zero)
            move = np.sqrt(second[i] + epsilon) / np.sqrt(first[i] + epsilon) * decayed
            second[i] = faded_square(rho * second[i] + rest_rho * move * move, least, zero)
            u[i] = rate * move
    elif code == NADAM:
        mu, mu_next = nadam_momentum(hyper, t), nadam_momentum(hyper, t + 1)
        fresh = real(lr * (1.0 - mu) / (1.0 - momentum_product))
        kept = real(lr * mu_next / (1.0 - momentum_product * mu_next))
        root = real(1.0 / math.sqrt(1.0 - hyper[BETA2] ** t))
        for i in range(n):
            decayed = g[i] + decay * w[i]
            first[i] = faded(beta1 * first[i] + rest1 * decayed, smallest, zero)
            second[i] = faded_square(beta2 * second[i] + rest2 * decayed * decayed, least, zero)
            u[i] = (fresh * decayed + kept * first[i]) / (np.sqrt(second[i]) * root + epsilon)
    elif code == ADAMAX:
        size = real(lr / (1.0 - hyper[BETA1] ** t))
        for i in range(n):
            decayed = g[i] + decay * w[i]
            first[i] = faded(beta1 * first[i] + rest1 * decayed, smallest, zero)
            fading, fresh = beta2 * second[i], abs(decayed) + epsilon
            second[i] = faded_square(fading if fading > fresh else fresh, least, zero)
            u[i] = size * first[i] / second[i]
    elif code == LION:
        for i in range(n):
            blend = beta1 * first[i] + rest1 * g[i]
            sign = one if blend > zero else (-one if blend < zero else blend)
            u[i] = rate * (sign + decay * w[i])
            first[i] = faded(beta2 * first[i] + rest2 * g[i], smallest, zero)


@leaf_kernel
def subtract(w, u):
    """w ← w − u; returns whether every w is finite. 1-D arrays of one length."""
    largest = magnitude_bits(w.dtype.type(0.0))
    for i in range(w.size):
        new = w[i] - u[i]
        w[i] = new
        size = magnitude_bits(new)
        largest = size if size > largest else largest
    return is_finite(from_bits(largest))


@exact_leaf_kernel
def subtract_and_keep(w, u):
    """``subtract`` that leaves in u by how much each w changed as it is stored: often less than u, or nothing at all.

    In exact order: (w − u) − w would be made −u.
    """
    largest = magnitude_bits(w.dtype.type(0.0))
    for i in range(w.size):
        old = w[i]
        new = old - u[i]
        w[i] = new
        u[i] = new - old
        size = magnitude_bits(new)
        largest = size if size > largest else largest
    return is_finite(from_bits(largest))


@exact_leaf_kernel
def subtract_and_shrink(w, u, threshold):
    """``subtract_and_keep``, and between w ← sign(w)·max(|w| − threshold, 0): the proximal step of L1.

    That is the soft threshold of Donoho (1995); after a gradient step it is ISTA (Daubechies et al. 2004).
    """
    zero, bound = w.dtype.type(0.0), w.dtype.type(threshold)
    largest = magnitude_bits(zero)
    for i in range(w.size):
        old = w[i]
        new = old - u[i]
        if new > bound:
            new = new - bound
        elif new < -bound:
            new = new + bound
        elif new == new:  # a NaN stays
            new = zero
        w[i] = new
        u[i] = new - old
        size = magnitude_bits(new)
        largest = size if size > largest else largest
    return is_finite(from_bits(largest))
