"""What the three kinds of recurrent layer share: the products outside and inside the loop over time.

Every array is 1-D and holds rows of one sequence each: x (n, time·features), z and its δ (n, time·columns), states
(n, (time + 1)·units), slot 0 the initial state and slot t + 1 the state after step t. Weights (features + units,
columns): the rows of the inputs, then the recurrent rows.
"""

import math

import numpy as np

from ..policy import exact_leaf_kernel, kernel, leaf_kernel
from ..products import affine, column_sums, input_gradient, weight_gradient
from ..tiles import COLUMN_BYTES, pack, product, turned_sum
from ..views import matrix, vector

PANEL = COLUMN_BYTES // 4  # columns of a block in float32, where it has most of them
FEW_FEATURES = 128  # above it, the input weights would be read from afar at every step

# What becomes of ∂L/∂x: not asked for, written, or added to what is there
NO_INPUT_GRADIENT, WRITE_INPUT_GRADIENT, ADD_INPUT_GRADIENT = range(3)


@leaf_kernel
def _from_inputs(x, weights, biases, z, steps, features, columns):
    affine(
        matrix(x, 0, steps, features),
        matrix(weights, 0, features, columns),
        vector(biases, 0, columns),
        matrix(z, 0, steps, columns),
    )


@kernel
def prepare_inputs(x, weights, biases, z, steps, features, columns, panels):
    """What is done for x·W + b before the loop: few features are multiplied step by step, many in one product."""
    if features <= FEW_FEATURES:
        pack(features, columns, weights, 0, columns, 1, panels)
    else:
        _from_inputs(x, weights, biases, z, steps, features, columns)


@kernel
def from_inputs(x, weights, biases, z, t, n, time, features, columns, panels, out):
    """out (n, columns) = x·W + b of step t."""
    if features <= FEW_FEATURES:
        repeat_row(biases, 0, out, n, columns)
        product(
            n, columns, features, x, t * features, time * features, panels, weights, 0, columns, 0, 1, out, 0, columns
        )
    else:
        take_rows(z, t * columns, time * columns, out, n, columns)


@leaf_kernel
def to_inputs(delta, weights, add, dx, steps, features, columns):
    """∂L/∂x = δ·Wᵀ for all steps of all rows at once, or added to what is there."""
    input_gradient(
        matrix(delta, 0, steps, columns), matrix(weights, 0, features, columns), add, matrix(dx, 0, steps, features)
    )


@leaf_kernel
def input_weights(x, delta, d_weights, d_biases, steps, features, columns):
    """The input rows of ∂L/∂W and ∂L/∂b, over all steps of all rows."""
    seen = matrix(delta, 0, steps, columns)
    weight_gradient(matrix(x, 0, steps, features), 0, seen, 0, matrix(d_weights, 0, features, columns))
    column_sums(seen, 0, vector(d_biases, 0, columns))


@leaf_kernel
def recurrent_weights(
    states, mask, masked, delta, width, delta_row, d_weights, at, columns, seen, panel, n, time, units
):
    """∂L/∂U = Σ (mask·h_{t−1})ᵀ·δ_t into d_weights (units, width) at ``at``, its rows ``columns`` entries apart.

    δ: the first ``width`` of every delta_row entries. ``seen``: with ``masked`` (n, time·units).
    """
    if masked:
        for row in range(n):
            own = vector(mask, row * units, units)
            for t in range(time):
                h = vector(states, (row * (time + 1) + t) * units, units)
                out = vector(seen, (row * time + t) * units, units)
                for j in range(units):
                    out[j] = h[j] * own[j]
        turned_sum(n, units, width, time, seen, 0, time * units, units, delta, 0, time * delta_row, delta_row,
                   d_weights, at, columns, panel)  # fmt: skip
    else:
        turned_sum(n, units, width, time, states, 0, (time + 1) * units, units, delta, 0, time * delta_row, delta_row,
                   d_weights, at, columns, panel)  # fmt: skip


@exact_leaf_kernel
def masked_states(states, at, row_step, mask, out, n, units):
    """out (n, units) = mask·h, h's rows row_step entries apart."""
    for row in range(n):
        h, m, o = (
            vector(states, at + row * row_step, units),
            vector(mask, row * units, units),
            vector(out, row * units, units),
        )
        for j in range(units):
            o[j] = h[j] * m[j]


@exact_leaf_kernel
def add_masked(mask, part, out):
    """out += mask·part; 1-D arrays, as long as ``part``."""
    for i in range(part.size):
        out[i] += mask[i] * part[i]


@exact_leaf_kernel
def add_rows(source, at, row_step, out, n, units):
    """out (n, units) += the rows of source, row_step entries apart."""
    for row in range(n):
        s, o = vector(source, at + row * row_step, units), vector(out, row * units, units)
        for j in range(units):
            o[j] += s[j]


@leaf_kernel
def norm_sum(d_states, n, units):
    """Σ over the rows of ‖∂L/∂h‖₂; d_states (n, units)."""
    total = 0.0
    for row in range(n):
        squares = 0.0
        for j in range(units):
            value = np.float64(d_states[row * units + j])
            squares += value * value
        total += math.sqrt(squares)
    return total


@leaf_kernel
def read_states(states, every, out, n, time, units):
    """What a layer passes on: the last state, out (n, units), or with ``every`` all of them, out (n, time·units)."""
    width = time * units if every else units
    skip = (time + 1) * units - width
    for row in range(n):
        for j in range(width):
            out[row * width + j] = states[row * (time + 1) * units + skip + j]


@leaf_kernel
def repeat_row(source, at, out, rows, width):
    """Every row of out (rows, width) = the ``width`` entries of source at ``at``."""
    one = vector(source, at, width)
    for row in range(rows):
        now = vector(out, row * width, width)
        for j in range(width):
            now[j] = one[j]


@leaf_kernel
def column_totals(rows_of, out, at, rows, width):
    """The ``width`` entries of out at ``at`` = the sums of the columns of rows_of (rows, width)."""
    column_sums(matrix(rows_of, 0, rows, width), 0, vector(out, at, width))


@leaf_kernel
def take_rows(source, at, row_step, out, n, width):
    """out (n, width) = rows of source, row_step entries apart."""
    for row in range(n):
        s, o = vector(source, at + row * row_step, width), vector(out, row * width, width)
        for j in range(width):
            o[j] = s[j]


@leaf_kernel
def put_rows(source, out, at, row_step, n, width):
    """The rows of out, row_step entries apart, = source (n, width)."""
    for row in range(n):
        s, o = vector(source, row * width, width), vector(out, at + row * row_step, width)
        for j in range(width):
            o[j] = s[j]
