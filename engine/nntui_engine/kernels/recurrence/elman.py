"""The plain recurrent layer (Elman 1990): h_t = φ(x_t·W + h_{t−1}·U + b)."""

from ..exponential import BLOCK
from ..policy import exact_leaf_kernel, kernel
from ..tiles import pack, product
from ..views import vector
from .common import (
    ADD_INPUT_GRADIENT,
    NO_INPUT_GRADIENT,
    PANEL,
    add_masked,
    add_rows,
    from_inputs,
    input_weights,
    masked_states,
    norm_sum,
    prepare_inputs,
    put_rows,
    recurrent_weights,
    to_inputs,
)
from .elementwise import apply, slopes
from .statistics import gate_statistics, write_gate


@kernel
def forward(x, weights, biases, mask, masked, states, z, scratch, n, time, features, units, code, alpha):
    """z (n, time·units) and slots 1 … time of states (n, (time + 1)·units), whose slot 0 the caller has filled.

    x (n, time·features), weights (features + units, units), biases (units); with ``masked`` U sees mask·h, mask
    (n, units). φ by its code and parameter.
    """
    panels_x, panels = vector(scratch, 0, features * units), vector(scratch, features * units, units * units)
    first = (features + units) * units
    now, seen = vector(scratch, first, n * units), vector(scratch, first + n * units, n * units)
    small = vector(scratch, first + 2 * n * units, BLOCK)
    at_u, slots, steps = features * units, (time + 1) * units, time * units
    prepare_inputs(x, weights, biases, z, n * time, features, units, panels_x)
    pack(units, units, weights, at_u, units, 1, panels)
    for t in range(time):
        from_inputs(x, weights, biases, z, t, n, time, features, units, panels_x, now)
        if masked:
            masked_states(states, t * units, slots, mask, seen, n, units)
            product(n, units, units, seen, 0, units, panels, weights, at_u, units, 0, 1, now, 0, units)
        else:
            product(n, units, units, states, t * units, slots, panels, weights, at_u, units, 0, 1, now, 0, units)
        put_rows(now, z, t * units, steps, n, units)
        apply(code, alpha, now, 0, units, states, (t + 1) * units, slots, n, units, small)


@exact_leaf_kernel
def _scale(d_states, slope, delta, at, row_step, n, units):
    """δ of one step = ∂L/∂h · φ'(z)."""
    for row in range(n):
        d, s, out = (
            vector(d_states, row * units, units),
            vector(slope, row * units, units),
            vector(delta, at + row * row_step, units),
        )
        for j in range(units):
            out[j] = d[j] * s[j]


@kernel
def backward(
    x, weights, mask, masked, states, z, d_out, every, truncate, scratch, delta, input_mode, dx, d_weights, d_biases,
    measured, time_norms, n, time, features, units, code, alpha,
):  # fmt: skip
    """From d_out = ∂L/∂ the last state (n, units), or with ``every`` ∂L/∂ all states (n, time·units), to

    delta = ∂L/∂z (n, time·units), dx = ∂L/∂x (n, time·features) as ``input_mode`` says, ∂L/∂ weights and biases of
    these rows, and with ``measured`` time_norms (time, float64): Σ over the rows of ‖∂L/∂h_t‖₂. ``truncate`` > 0:
    nothing passes back from step t to t − 1 where t is a multiple of it. ``delta`` may be ``z`` itself.
    """
    panels = vector(scratch, 0, units * units)
    d_states = vector(scratch, panels.size, n * units)
    slope = vector(scratch, panels.size + n * units, n * units)
    part = vector(scratch, panels.size + 2 * n * units, n * units)
    panel = vector(scratch, panels.size + 3 * n * units, (time + units) * PANEL)
    small = vector(scratch, panels.size + 3 * n * units + panel.size, BLOCK)
    seen = vector(scratch, panels.size + 3 * n * units + panel.size + BLOCK, masked * n * time * units)
    at_u, slots, steps = features * units, (time + 1) * units, time * units
    pack(units, units, weights, at_u, 1, units, panels)
    d_states[:] = scratch.dtype.type(0.0)
    if every == 0:
        add_rows(d_out, 0, units, d_states, n, units)
    for t in range(time - 1, -1, -1):
        if every:
            add_rows(d_out, t * units, steps, d_states, n, units)
        if measured:
            time_norms[t] = norm_sum(d_states, n, units)
        slopes(code, alpha, z, t * units, steps, states, (t + 1) * units, slots, slope, 0, units, n, units, small)
        _scale(d_states, slope, delta, t * units, steps, n, units)
        if t == 0:
            break
        if truncate > 0 and t % truncate == 0:
            d_states[:] = scratch.dtype.type(0.0)
        elif masked:
            product(n, units, units, delta, t * units, steps, panels, weights, at_u, units, 1, 0, part, 0, units)
            d_states[:] = scratch.dtype.type(0.0)
            add_masked(mask, part, d_states)
        else:
            product(n, units, units, delta, t * units, steps, panels, weights, at_u, units, 1, 0, d_states, 0, units)
    input_weights(x, delta, d_weights, d_biases, n * time, features, units)
    recurrent_weights(states, mask, masked, delta, units, units, d_weights, at_u, units, seen, panel, n, time, units)
    if input_mode != NO_INPUT_GRADIENT:
        to_inputs(delta, weights, input_mode == ADD_INPUT_GRADIENT, dx, n * time, features, units)


@kernel
def statistics(states, z, out, scratch, n, time, units, code, alpha, largest_slope):
    """out (1, 2; float64) = the mean of the states after these rows' steps, and the share that is saturated."""
    total, flat = 0.0, 0
    for row in range(n):
        after = (row * (time + 1) + 1) * units
        part, stuck = gate_statistics(
            code, alpha, largest_slope, z, row * time * units, units, states, after, units, time, units, scratch
        )
        total += part
        flat += stuck
    write_gate(out, 0, (total, flat), n * time * units)
