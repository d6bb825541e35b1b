"""The gated recurrent unit (Cho et al. 2014), its reset gate after the product as in cuDNN, Keras and torch.

r, u = σ(x_t·W + h_{t−1}·U + b), n = φ(x_t·W_n + b_n + r·(h_{t−1}·U_n + b_hn)), h_t = (1 − u)·n + u·h_{t−1}; columns in
the order r, u (update), n (candidate), and the biases b_hn after those of the three.
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
    column_totals,
    from_inputs,
    input_weights,
    masked_states,
    norm_sum,
    prepare_inputs,
    put_rows,
    recurrent_weights,
    repeat_row,
    to_inputs,
)
from .elementwise import apply, slopes
from .statistics import gate_statistics, write_gate


@exact_leaf_kernel
def _candidate(gates, at, gates_row, part, z, n, units):
    """z of the candidate += r·(h_{t−1}·U_n + b_hn); z (n, 3·units) and part (n, units) of one step."""
    for row in range(n):
        r, candidate = vector(gates, at + row * gates_row, units), vector(z, (3 * row + 2) * units, units)
        own = vector(part, row * units, units)
        for j in range(units):
            candidate[j] += r[j] * own[j]


@exact_leaf_kernel
def _mix(gates, at, gates_row, states, before, states_row, n, units):
    """h_t = (1 − u)·n + u·h_{t−1}."""
    one = gates.dtype.type(1.0)
    for row in range(n):
        first = at + row * gates_row
        u, candidate = vector(gates, first + units, units), vector(gates, first + 2 * units, units)
        old = vector(states, before + row * states_row, units)
        new = vector(states, before + units + row * states_row, units)
        for j in range(units):
            new[j] = (one - u[j]) * candidate[j] + u[j] * old[j]


@kernel
def forward(
    x, weights, biases, mask, masked, states, inner, z, gates, scratch, n, time, features, units, code, alpha,
    recurrent_code, recurrent_alpha,
):  # fmt: skip
    """z and gates (n, time·3·units), inner = h_{t−1}·U_n + b_hn (n, time·units), and slots 1 … time of states
    (n, (time + 1)·units), whose slot 0 the caller has filled.

    x (n, time·features), weights (features + units, 3·units), biases (4·units); with ``masked`` U sees mask·h, mask
    (n, units). ``code``: the activation of the candidate; ``recurrent_code``: of the two gates.
    """
    columns, two = 3 * units, 2 * units
    panels_x = vector(scratch, 0, features * columns)
    panels = vector(scratch, features * columns, two * units)
    panels_n = vector(scratch, (features + units) * columns - units * units, units * units)
    first = (features + units) * columns
    now, part = vector(scratch, first, n * columns), vector(scratch, first + n * columns, n * units)
    seen = vector(scratch, first + n * (columns + units), n * units)
    small = vector(scratch, first + n * (columns + two), BLOCK)
    at_u, slots, steps = features * columns, (time + 1) * units, time * columns
    prepare_inputs(x, weights, biases, z, n * time, features, columns, panels_x)
    pack(units, two, weights, at_u, columns, 1, panels)
    pack(units, units, weights, at_u + two, columns, 1, panels_n)
    for t in range(time):
        at, before = t * columns, t * units
        from_inputs(x, weights, biases, z, t, n, time, features, columns, panels_x, now)
        repeat_row(biases, columns, part, n, units)
        if masked:
            masked_states(states, before, slots, mask, seen, n, units)
            product(n, two, units, seen, 0, units, panels, weights, at_u, columns, 0, 1, now, 0, columns)
            product(n, units, units, seen, 0, units, panels_n, weights, at_u + two, columns, 0, 1, part, 0, units)
        else:
            product(n, two, units, states, before, slots, panels, weights, at_u, columns, 0, 1, now, 0, columns)
            product(
                n, units, units, states, before, slots, panels_n, weights, at_u + two, columns, 0, 1, part, 0, units
            )
        apply(recurrent_code, recurrent_alpha, now, 0, columns, gates, at, steps, n, two, small)
        _candidate(gates, at, steps, part, now, n, units)
        put_rows(now, z, at, steps, n, columns)
        put_rows(part, inner, before, time * units, n, units)
        apply(code, alpha, now, two, columns, gates, at + two, steps, n, units, small)
        _mix(gates, at, steps, states, before, slots, n, units)


@exact_leaf_kernel
def _through_step(
    d_states, gates, at, gates_row, inner, inner_at, inner_row, states, states_row, slope, delta, d_inner, n, units
):
    """From ∂L/∂h_t to δ of r, u and n, to ∂L/∂ inner, and to what passes on by u·h_{t−1}, in place of ∂L/∂h_t."""
    one = gates.dtype.type(1.0)
    for row in range(n):
        d = vector(d_states, row * units, units)
        first = at + row * gates_row
        r, u = vector(gates, first, units), vector(gates, first + units, units)
        candidate = vector(gates, first + 2 * units, units)
        part = vector(inner, inner_at + row * inner_row, units)
        old = vector(states, inner_at + row * states_row, units)
        s = row * 3 * units
        sr, su, sn = vector(slope, s, units), vector(slope, s + units, units), vector(slope, s + 2 * units, units)
        dr, du = vector(delta, first, units), vector(delta, first + units, units)
        dn = vector(delta, first + 2 * units, units)
        d_part = vector(d_inner, inner_at + row * inner_row, units)
        for j in range(units):
            du[j] = d[j] * (old[j] - candidate[j]) * su[j]
        for j in range(units):
            dn[j] = d[j] * (one - u[j]) * sn[j]
        for j in range(units):
            dr[j] = dn[j] * part[j] * sr[j]
        for j in range(units):
            d_part[j] = dn[j] * r[j]
        for j in range(units):
            d[j] = d[j] * u[j]


@exact_leaf_kernel
def _through_usual_step(
    d_states, gates, at, gates_row, inner, inner_at, inner_row, states, states_row, delta, d_inner, n, units
):
    """``_through_step`` for sigmoid and tanh, whose slopes are made of what they gave."""
    one = gates.dtype.type(1.0)
    for row in range(n):
        d = vector(d_states, row * units, units)
        first = at + row * gates_row
        r, u = vector(gates, first, units), vector(gates, first + units, units)
        candidate = vector(gates, first + 2 * units, units)
        part = vector(inner, inner_at + row * inner_row, units)
        old = vector(states, inner_at + row * states_row, units)
        dr, du = vector(delta, first, units), vector(delta, first + units, units)
        dn = vector(delta, first + 2 * units, units)
        d_part = vector(d_inner, inner_at + row * inner_row, units)
        for j in range(units):
            du[j] = d[j] * (old[j] - candidate[j]) * (u[j] * (one - u[j]))
        for j in range(units):
            dn[j] = d[j] * (one - u[j]) * (one - candidate[j] * candidate[j])
        for j in range(units):
            dr[j] = dn[j] * part[j] * (r[j] * (one - r[j]))
        for j in range(units):
            d_part[j] = dn[j] * r[j]
        for j in range(units):
            d[j] = d[j] * u[j]


@kernel
def backward(
    x, weights, mask, masked, states, inner, z, gates, d_out, every, truncate, scratch, delta, input_mode, dx,
    d_weights, d_biases, measured, time_norms, n, time, features, units, code, alpha, recurrent_code, recurrent_alpha,
):  # fmt: skip
    """From d_out = ∂L/∂ the last state (n, units), or with ``every`` ∂L/∂ all states (n, time·units), to

    delta = ∂L/∂z (n, time·3·units), dx = ∂L/∂x (n, time·features) as ``input_mode`` says, ∂L/∂ weights and biases of
    these rows, and with ``measured`` time_norms (time, float64): Σ over the rows of ‖∂L/∂h_t‖₂. ``truncate`` > 0:
    nothing passes back from step t to t − 1 where t is a multiple of it. ``delta`` may be ``z`` itself.
    """
    columns, two, some = 3 * units, 2 * units, n * units
    panels, panels_n = vector(scratch, 0, two * units), vector(scratch, two * units, units * units)
    first = columns * units
    d_states, part = vector(scratch, first, some), vector(scratch, first + some, some)
    slope = vector(scratch, first + 2 * some, 3 * some)
    d_inner = vector(scratch, first + 5 * some, time * some)
    panel = vector(scratch, first + (5 + time) * some, (time + units) * PANEL)
    small = vector(scratch, first + (5 + time) * some + panel.size, BLOCK)
    seen = vector(scratch, first + (5 + time) * some + panel.size + BLOCK, masked * time * some)
    at_u, slots, steps, inner_row = features * columns, (time + 1) * units, time * columns, time * units
    zero = scratch.dtype.type(0.0)
    pack(two, units, weights, at_u, 1, columns, panels)
    pack(units, units, weights, at_u + two, 1, columns, panels_n)
    d_states[:] = zero
    if every == 0:
        add_rows(d_out, 0, units, d_states, n, units)
    for t in range(time - 1, -1, -1):
        at, before = t * columns, t * units
        if every:
            add_rows(d_out, before, time * units, d_states, n, units)
        if measured:
            time_norms[t] = norm_sum(d_states, n, units)
        if code == TANH and recurrent_code == SIGMOID:
            _through_usual_step(
                d_states, gates, at, steps, inner, before, inner_row, states, slots, delta, d_inner, n, units
            )
        else:
            slopes(recurrent_code, recurrent_alpha, z, at, steps, gates, at, steps, slope, 0, columns, n, two, small)
            slopes(code, alpha, z, at + two, steps, gates, at + two, steps, slope, two, columns, n, units, small)
            _through_step(
                d_states, gates, at, steps, inner, before, inner_row, states, slots, slope, delta, d_inner, n, units
            )
        if t == 0:
            break
        if truncate > 0 and t % truncate == 0:
            d_states[:] = zero
        elif masked:
            product(n, units, two, delta, at, steps, panels, weights, at_u, columns, 1, 0, part, 0, units)
            product(n, units, units, d_inner, before, inner_row, panels_n, weights, at_u + two, columns, 1, 1, part, 0,
                    units)  # fmt: skip
            add_masked(mask, part, d_states)
        else:
            product(n, units, two, delta, at, steps, panels, weights, at_u, columns, 1, 1, d_states, 0, units)
            product(n, units, units, d_inner, before, inner_row, panels_n, weights, at_u + two, columns, 1, 1, d_states,
                    0, units)  # fmt: skip
    input_weights(x, delta, d_weights, d_biases, n * time, features, columns)
    column_totals(d_inner, d_biases, columns, n * time, units)
    recurrent_weights(states, mask, masked, delta, two, columns, d_weights, at_u, columns, seen, panel, n, time, units)
    recurrent_weights(
        states, mask, masked, d_inner, units, units, d_weights, at_u + two, columns, seen, panel, n, time, units
    )
    if input_mode != NO_INPUT_GRADIENT:
        to_inputs(delta, weights, input_mode == ADD_INPUT_GRADIENT, dx, n * time, features, columns)


@kernel
def statistics(
    z, gates, out, scratch, n, time, units, code, alpha, largest_slope, recurrent_code, recurrent_alpha,
    largest_recurrent_slope,
):  # fmt: skip
    """out (3, 2; float64) = each gate's mean over these rows' steps, and the share of it that is saturated."""
    for gate in range(3):
        at, row, rows = gate * units, 3 * units, n * time
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
