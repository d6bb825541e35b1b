"""Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000).

i, f, o = σ(x_t·W + h_{t−1}·U + b), g = φ of the same, c_t = f·c_{t−1} + i·g, h_t = o·φ(c_t); columns in the order
i, f, g, o.
"""

from ..activation import SIGMOID, TANH
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


@exact_leaf_kernel
def _cells(gates, at, gates_row, cells, before, cells_row, n, units):
    """c_t = f·c_{t−1} + i·g."""
    for row in range(n):
        first = at + row * gates_row
        i, f = vector(gates, first, units), vector(gates, first + units, units)
        g = vector(gates, first + 2 * units, units)
        old, new = (
            vector(cells, before + row * cells_row, units),
            vector(cells, before + units + row * cells_row, units),
        )
        for j in range(units):
            new[j] = f[j] * old[j] + i[j] * g[j]


@exact_leaf_kernel
def _times_output_gate(gates, at, gates_row, states, states_at, states_row, n, units):
    """h_t = o·φ(c_t), φ(c_t) standing where h_t comes."""
    for row in range(n):
        o, h = vector(gates, at + row * gates_row, units), vector(states, states_at + row * states_row, units)
        for j in range(units):
            h[j] = o[j] * h[j]


@kernel
def forward(
    x, weights, biases, mask, masked, states, cells, z, gates, scratch, n, time, features, units, code, alpha,
    recurrent_code, recurrent_alpha,
):  # fmt: skip
    """z and gates (n, time·4·units), and slots 1 … time of states and cells (n, (time + 1)·units), whose slots 0 the
    caller has filled.

    x (n, time·features), weights (features + units, 4·units), biases (4·units); with ``masked`` U sees mask·h, mask
    (n, units). ``code``: the activation of g and of the output; ``recurrent_code``: of i, f and o.
    """
    columns = 4 * units
    panels_x = vector(scratch, 0, features * columns)
    panels = vector(scratch, features * columns, units * columns)
    first = (features + units) * columns
    now, seen = vector(scratch, first, n * columns), vector(scratch, first + n * columns, n * units)
    small = vector(scratch, first + n * (columns + units), BLOCK)
    at_u, slots, steps = features * columns, (time + 1) * units, time * columns
    prepare_inputs(x, weights, biases, z, n * time, features, columns, panels_x)
    pack(units, columns, weights, at_u, columns, 1, panels)
    for t in range(time):
        at, before, after = t * columns, t * units, (t + 1) * units
        from_inputs(x, weights, biases, z, t, n, time, features, columns, panels_x, now)
        if masked:
            masked_states(states, before, slots, mask, seen, n, units)
            product(n, columns, units, seen, 0, units, panels, weights, at_u, columns, 0, 1, now, 0, columns)
        else:
            product(n, columns, units, states, before, slots, panels, weights, at_u, columns, 0, 1, now, 0, columns)
        put_rows(now, z, at, steps, n, columns)
        apply(recurrent_code, recurrent_alpha, now, 0, columns, gates, at, steps, n, 2 * units, small)
        apply(code, alpha, now, 2 * units, columns, gates, at + 2 * units, steps, n, units, small)
        apply(recurrent_code, recurrent_alpha, now, 3 * units, columns, gates, at + 3 * units, steps, n, units, small)
        _cells(gates, at, steps, cells, before, slots, n, units)
        apply(code, alpha, cells, after, slots, states, after, slots, n, units, small)
        _times_output_gate(gates, at + 3 * units, steps, states, after, slots, n, units)


@exact_leaf_kernel
def _through_output(d_states, gates, gates_at, gates_row, squashed, squashed_slope, slope, d_cells, delta, n, units):
    """From ∂L/∂h to δ of the output gate, and what comes to ∂L/∂c on the way."""
    for row in range(n):
        d, dc = vector(d_states, row * units, units), vector(d_cells, row * units, units)
        first = gates_at + row * gates_row + 3 * units
        o, out = vector(gates, first, units), vector(delta, first, units)
        s, ds = vector(squashed, row * units, units), vector(squashed_slope, row * units, units)
        so = vector(slope, row * 4 * units + 3 * units, units)
        for j in range(units):
            out[j] = d[j] * s[j] * so[j]
        for j in range(units):
            dc[j] = dc[j] + d[j] * o[j] * ds[j]


@exact_leaf_kernel
def _through_cell(d_cells, gates, gates_at, gates_row, cells, before, cells_row, slope, delta, n, units):
    """From ∂L/∂c_t to δ of i, f and g, and to ∂L/∂c_{t−1}, which takes its place."""
    for row in range(n):
        dc = vector(d_cells, row * units, units)
        first = gates_at + row * gates_row
        i, f, g = (
            vector(gates, first, units),
            vector(gates, first + units, units),
            vector(gates, first + 2 * units, units),
        )
        old = vector(cells, before + row * cells_row, units)
        at = row * 4 * units
        si, sf, sg = vector(slope, at, units), vector(slope, at + units, units), vector(slope, at + 2 * units, units)
        di, df = vector(delta, first, units), vector(delta, first + units, units)
        dg = vector(delta, first + 2 * units, units)
        for j in range(units):
            di[j] = dc[j] * g[j] * si[j]
        for j in range(units):
            df[j] = dc[j] * old[j] * sf[j]
        for j in range(units):
            dg[j] = dc[j] * i[j] * sg[j]
        for j in range(units):
            dc[j] = dc[j] * f[j]


@exact_leaf_kernel
def _through_usual_step(d_states, d_cells, gates, at, gates_row, squashed, cells, before, cells_row, delta, n, units):
    """``_through_output`` and ``_through_cell`` for sigmoid and tanh, whose slopes are made of what they gave."""
    one = gates.dtype.type(1.0)
    for row in range(n):
        d, dc = vector(d_states, row * units, units), vector(d_cells, row * units, units)
        first = at + row * gates_row
        i, f = vector(gates, first, units), vector(gates, first + units, units)
        g, o = vector(gates, first + 2 * units, units), vector(gates, first + 3 * units, units)
        s, old = vector(squashed, row * units, units), vector(cells, before + row * cells_row, units)
        di, df = vector(delta, first, units), vector(delta, first + units, units)
        dg, do = vector(delta, first + 2 * units, units), vector(delta, first + 3 * units, units)
        for j in range(units):
            do[j] = d[j] * s[j] * (o[j] * (one - o[j]))
        for j in range(units):
            dc[j] = dc[j] + d[j] * o[j] * (one - s[j] * s[j])
        for j in range(units):
            di[j] = dc[j] * g[j] * (i[j] * (one - i[j]))
        for j in range(units):
            df[j] = dc[j] * old[j] * (f[j] * (one - f[j]))
        for j in range(units):
            dg[j] = dc[j] * i[j] * (one - g[j] * g[j])
        for j in range(units):
            dc[j] = dc[j] * f[j]


@kernel
def backward(
    x, weights, mask, masked, states, cells, z, gates, d_out, every, truncate, scratch, delta, input_mode, dx,
    d_weights, d_biases, measured, time_norms, n, time, features, units, code, alpha, recurrent_code, recurrent_alpha,
):  # fmt: skip
    """From d_out = ∂L/∂ the last state (n, units), or with ``every`` ∂L/∂ all states (n, time·units), to

    delta = ∂L/∂z (n, time·4·units), dx = ∂L/∂x (n, time·features) as ``input_mode`` says, ∂L/∂ weights and biases of
    these rows, and with ``measured`` time_norms (time, float64): Σ over the rows of ‖∂L/∂h_t‖₂. ``truncate`` > 0:
    nothing passes back from step t to t − 1 where t is a multiple of it. ``delta`` may be ``z`` itself.
    """
    columns, some = 4 * units, n * units
    panels = vector(scratch, 0, columns * units)
    d_states, d_cells = vector(scratch, panels.size, some), vector(scratch, panels.size + some, some)
    squashed = vector(scratch, panels.size + 2 * some, some)
    squashed_slope = vector(scratch, panels.size + 3 * some, some)
    slope = vector(scratch, panels.size + 4 * some, 4 * some)
    part = vector(scratch, panels.size + 8 * some, some)
    panel = vector(scratch, panels.size + 9 * some, (time + units) * PANEL)
    small = vector(scratch, panels.size + 9 * some + panel.size, BLOCK)
    seen = vector(scratch, panels.size + 9 * some + panel.size + BLOCK, masked * time * some)
    at_u, slots, steps = features * columns, (time + 1) * units, time * columns
    zero = scratch.dtype.type(0.0)
    pack(columns, units, weights, at_u, 1, columns, panels)
    d_states[:] = zero
    d_cells[:] = zero
    if every == 0:
        add_rows(d_out, 0, units, d_states, n, units)
    for t in range(time - 1, -1, -1):
        at, after = t * columns, (t + 1) * units
        if every:
            add_rows(d_out, t * units, time * units, d_states, n, units)
        if measured:
            time_norms[t] = norm_sum(d_states, n, units)
        apply(code, alpha, cells, after, slots, squashed, 0, units, n, units, small)
        if code == TANH and recurrent_code == SIGMOID:
            _through_usual_step(d_states, d_cells, gates, at, steps, squashed, cells, t * units, slots, delta, n, units)
        else:
            slopes(code, alpha, cells, after, slots, squashed, 0, units, squashed_slope, 0, units, n, units, small)
            slopes(
                recurrent_code, recurrent_alpha, z, at, steps, gates, at, steps, slope, 0, columns, n, 2 * units, small
            )
            g, o = at + 2 * units, at + 3 * units
            slopes(code, alpha, z, g, steps, gates, g, steps, slope, 2 * units, columns, n, units, small)
            slopes(
                recurrent_code,
                recurrent_alpha,
                z,
                o,
                steps,
                gates,
                o,
                steps,
                slope,
                3 * units,
                columns,
                n,
                units,
                small,
            )
            _through_output(d_states, gates, at, steps, squashed, squashed_slope, slope, d_cells, delta, n, units)
            _through_cell(d_cells, gates, at, steps, cells, t * units, slots, slope, delta, n, units)
        if t == 0:
            break
        if truncate > 0 and t % truncate == 0:
            d_states[:] = zero
            d_cells[:] = zero
        elif masked:
            product(n, units, columns, delta, at, steps, panels, weights, at_u, columns, 1, 0, part, 0, units)
            d_states[:] = zero
            add_masked(mask, part, d_states)
        else:
            product(n, units, columns, delta, at, steps, panels, weights, at_u, columns, 1, 0, d_states, 0, units)
    input_weights(x, delta, d_weights, d_biases, n * time, features, columns)
    recurrent_weights(
        states, mask, masked, delta, columns, columns, d_weights, at_u, columns, seen, panel, n, time, units
    )
    if input_mode != NO_INPUT_GRADIENT:
        to_inputs(delta, weights, input_mode == ADD_INPUT_GRADIENT, dx, n * time, features, columns)


@kernel
def statistics(
    z, gates, out, scratch, n, time, units, code, alpha, largest_slope, recurrent_code, recurrent_alpha,
    largest_recurrent_slope,
):  # fmt: skip
    """out (4, 2; float64) = each gate's mean over these rows' steps, and the share of it that is saturated."""
    for gate in range(4):
        at, row, rows = gate * units, 4 * units, n * time
        if gate == 2:
            found = gate_statistics(code, alpha, largest_slope, z, at, row, gates, at, row, rows, units, scratch)
        else:
            found = gate_statistics(
                recurrent_code,
                recurrent_alpha,
                largest_recurrent_slope,
                z,
                at,
                row,
                gates,
                at,
                row,
                rows,
                units,
                scratch,
            )
        write_gate(out, gate, found, rows * units)
