"""Sums behind the statistics, accumulated in float64. The formulas are in ``registry/statistic.py``."""

import math

import numpy as np

from . import columns as c
from .bits import from_bits, is_finite, magnitude_bits
from .blas import gemm
from .policy import kernel, leaf_kernel

FIRST_ROWS = 8


@kernel
def count_non_finite(x):
    """How many entries of a 1-D array are NaN or infinite."""
    count = 0
    for i in range(x.size):
        if not is_finite(x[i]):
            count += 1
    return count


@leaf_kernel
def all_finite(x):
    """Whether no entry of a 1-D array is NaN or infinite."""
    largest = magnitude_bits(x.dtype.type(0.0))
    for i in range(x.size):
        size = magnitude_bits(x[i])
        largest = size if size > largest else largest
    return is_finite(from_bits(largest))


@kernel
def finite_or_zero(value):
    """``value`` in float64, 0 where it is NaN or infinite: what sums may be shifted by."""
    shift = np.float64(value)
    return shift if is_finite(shift) else 0.0


@leaf_kernel
def shifted_sums(x, shift):
    """(Σ(x − shift), Σ(x − shift)²) of a 1-D array."""
    total = 0.0
    squares = 0.0
    for i in range(x.size):
        off = np.float64(x[i]) - shift
        total += off
        squares += off * off
    return total, squares


@kernel
def mean_and_variance(shift, total, squares, n):
    """From ``shifted_sums`` of n entries to their mean and population variance."""
    off_mean = total / n
    variance = squares / n - off_mean * off_mean
    return shift + off_mean, 0.0 if variance < 0.0 else variance


@kernel
def moments(x):
    """(mean, population variance, NaN and Inf entries) of a 1-D array.

    Sums run over x − x[0], so that a constant array has variance exactly 0 and a large mean costs no digits.
    """
    shift = finite_or_zero(x[0])
    total, squares = shifted_sums(x, shift)
    mean, variance = mean_and_variance(shift, total, squares, x.size)
    broken = 0
    if not is_finite(squares):
        broken = count_non_finite(x)
    return mean, variance, broken


@leaf_kernel
def sum_of_squares(x):
    """Σ x² of a 1-D array."""
    total = 0.0
    for i in range(x.size):
        value = np.float64(x[i])
        total += value * value
    return total


@leaf_kernel
def sum_of_magnitudes(x):
    """Σ |x| of a 1-D array."""
    total = 0.0
    for i in range(x.size):
        total += abs(np.float64(x[i]))
    return total


@kernel
def largest_magnitude(x):
    """max |x| of a 1-D array that is not empty; NaN if any entry is."""
    largest = magnitude_bits(x[0])
    for i in range(x.size):
        size = magnitude_bits(x[i])
        largest = size if size > largest else largest
    return from_bits(largest)


@leaf_kernel
def gradient_summary(g):
    """(Σ g², max |g|, Σ |g|, entries exactly 0, NaN and Inf entries) of a 1-D array; the largest is NaN if any g is."""
    squares = 0.0
    magnitudes = 0.0
    for i in range(g.size):
        size = abs(np.float64(g[i]))
        squares += size * size
        magnitudes += size
    largest = np.float64(largest_magnitude(g)) if g.size else 0.0
    broken = 0 if is_finite(squares) else count_non_finite(g)
    return squares, largest, magnitudes, count_zeros(g), broken


@leaf_kernel
def mark_active(a, active):
    """active[j] = 1 where a (n, units) is not exactly 0 on some row; other entries stay.

    A few rows show most units; what is still silent is looked at unit by unit, as far as it takes.
    """
    n, units = a.shape
    zero = a.dtype.type(0.0)
    one = a.dtype.type(1.0)
    few = min(n, FIRST_ROWS)
    for i in range(few):
        for j in range(units):
            active[j] = one if a[i, j] != zero else active[j]
    for j in range(units):
        i = few
        while active[j] == zero and i < n:
            active[j] = one if a[i, j] != zero else zero
            i += 1


@leaf_kernel
def mark_active_rows(a, rows, first, active):
    """The same for rows[0], rows[1], … of ``a`` only, each with all its positions: (n, positions·units).

    These are row numbers, and ``a`` begins at number ``first``.
    """
    zero = a.dtype.type(0.0)
    one = a.dtype.type(1.0)
    for k in range(rows.size):
        i = rows[k] - first
        for start in range(0, a.shape[1], active.size):
            for j in range(active.size):
                active[j] = one if a[i, start + j] != zero else active[j]


@leaf_kernel
def apply_slopes(slopes, delta, limit, shift):
    """delta ← delta·slopes; returns (Σ(δ − shift), Σ(δ − shift)², slopes below ``limit`` in magnitude). 1-D arrays."""
    bound = slopes.dtype.type(limit)
    total = 0.0
    squares = 0.0
    below = 0
    for i in range(delta.size):
        value = delta[i] * slopes[i]
        delta[i] = value
        off = np.float64(value) - shift
        total += off
        squares += off * off
        below += 1 if abs(slopes[i]) < bound else 0
    return total, squares, below


@leaf_kernel
def count_below(values, limit):
    """How many entries of a 1-D array have a magnitude below ``limit``."""
    bound = values.dtype.type(limit)
    count = 0
    for i in range(values.size):
        count += 1 if abs(values[i]) < bound else 0
    return count


@leaf_kernel
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
    c.SIMILARITY_BLOCK·units) are scratch.
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
    for start in range(0, units, c.SIMILARITY_BLOCK):
        stop = min(start + c.SIMILARITY_BLOCK, units)
        cosines = products[: (stop - start) * units].reshape(stop - start, units)
        gemm(0, 1, stop - start, units, inputs, rows, start * inputs, inputs, rows, 0, inputs, 0, cosines, 0, units)
        for i in range(start, stop):
            for j in range(i):
                total += abs(np.float64(cosines[i - start, j]))
    return total / (0.5 * units * (units - 1))
