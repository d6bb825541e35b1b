"""Sums behind the statistics, accumulated in float64. The formulas are in ``statistics.py``."""

import math

import numpy as np

from .policy import kernel

SIMILARITY_BLOCK = 64  # units compared at a time


@kernel
def count_non_finite(x):
    """How many entries of a 1-D array are NaN or infinite."""
    count = 0
    for i in range(x.size):
        if not math.isfinite(x[i]):
            count += 1
    return count


@kernel
def moments(x):
    """(mean, population variance, NaN and Inf entries) of a 1-D array.

    Sums run over x − x[0], so that a constant array has variance exactly 0 and a large mean costs no digits.
    """
    n = x.size
    shift = np.float64(x[0])
    if not math.isfinite(shift):
        shift = np.float64(0.0)
    total = 0.0
    squares = 0.0
    for i in range(n):
        off = np.float64(x[i]) - shift
        total += off
        squares += off * off
    off_mean = total / n
    variance = squares / n - off_mean * off_mean
    if variance < 0.0:
        variance = 0.0
    broken = 0
    if not math.isfinite(squares):
        broken = count_non_finite(x)
    return shift + off_mean, variance, broken


@kernel
def sum_of_squares(x):
    """Σ x² of a 1-D array."""
    total = 0.0
    for i in range(x.size):
        value = np.float64(x[i])
        total += value * value
    return total


@kernel
def sum_of_magnitudes(x):
    """Σ |x| of a 1-D array."""
    total = 0.0
    for i in range(x.size):
        total += abs(np.float64(x[i]))
    return total


@kernel
def gradient_summary(g):
    """(Σ g², max |g|, Σ |g|, entries exactly 0, NaN and Inf entries) of a 1-D array; the largest is NaN if any g is."""
    squares = 0.0
    magnitudes = 0.0
    largest = 0.0
    zeros = 0
    for i in range(g.size):
        size = abs(np.float64(g[i]))
        squares += size * size
        magnitudes += size
        largest = size if size > largest else largest
        zeros += 1 if size == 0.0 else 0
    broken = 0
    if not math.isfinite(squares):
        broken = count_non_finite(g)
        if magnitudes != magnitudes:
            largest = np.nan
    return squares, largest, magnitudes, zeros, broken


@kernel
def count_inactive(a, active):
    """Columns of a (n, units) that are exactly 0 on every row; ``active`` (units) is scratch."""
    n, units = a.shape
    zero = a.dtype.type(0.0)
    one = a.dtype.type(1.0)
    active[:units] = zero
    for i in range(n):
        for j in range(units):
            active[j] = one if a[i, j] != zero else active[j]
    silent = 0
    for j in range(units):
        if active[j] == zero:
            silent += 1
    return silent


@kernel
def mark_active(a, active):
    """active[j] = 1 where a (n, units) is not exactly 0 on some row; other entries stay."""
    n, units = a.shape
    zero = a.dtype.type(0.0)
    one = a.dtype.type(1.0)
    for i in range(n):
        for j in range(units):
            active[j] = one if a[i, j] != zero else active[j]


@kernel
def count_below(values, limit):
    """How many entries of a 1-D array have a magnitude below ``limit``."""
    bound = values.dtype.type(limit)
    count = 0
    for i in range(values.size):
        count += 1 if abs(values[i]) < bound else 0
    return count


@kernel
def count_zeros(values):
    """How many entries of a 1-D array are exactly 0."""
    zero = values.dtype.type(0.0)
    count = 0
    for i in range(values.size):
        count += 1 if values[i] == zero else 0
    return count


@kernel
def weight_similarity(w, unit, products):
    """Mean |cosine| between the columns of w (inputs, units), over all pairs; 0 for a single unit.

    A column of zeros has no direction and counts 0. ``unit`` (at least inputs·units) and ``products`` (at least
    SIMILARITY_BLOCK·units) are scratch.
    """
    inputs, units = w.shape
    if units < 2:
        return 0.0
    rows = unit[: inputs * units].reshape(units, inputs)
    for j in range(units):
        squares = 0.0
        for k in range(inputs):
            value = np.float64(w[k, j])
            squares += value * value
        inverse = 0.0 if squares == 0.0 else 1.0 / math.sqrt(squares)
        for k in range(inputs):
            rows[j, k] = w[k, j] * inverse
    total = 0.0
    for start in range(0, units, SIMILARITY_BLOCK):
        stop = min(start + SIMILARITY_BLOCK, units)
        cosines = products[: (stop - start) * units].reshape(stop - start, units)
        np.dot(rows[start:stop], rows.T, cosines)
        for i in range(start, stop):
            for j in range(i):
                total += abs(np.float64(cosines[i - start, j]))
    return total / (0.5 * units * (units - 1))
