"""Where a step was first not finite: looked for once a lane, when a step has shown that something in it is broken.

Every step looks at z, at the outputs and the loss, at the gradient and at the parameters it leaves. The rest of the
arithmetic stands in the workspace until the next step, so the first node can still be found, in the order in which
the step works: x, then W, z, a of each layer, the targets, the loss; then δ and g from the output down; the update.
"""

from .bits import is_finite
from .codes import (
    A_NODE,
    BATCH_NORM_NODE,
    DELTA_NODE,
    GRADIENT_NODE,
    INPUT_NODE,
    LOSS_NODE,
    TARGET_NODE,
    UPDATE_NODE,
    WEIGHT_NODE,
    Z_NODE,
)
from .columns import (
    F_GRADIENT_IS_BROKEN,
    F_LOSS,
    F_ROWS_ARE_BROKEN,
    F_STEP_IS_BROKEN,
    I_BATCH_NORM_INPUTS,
    I_BATCH_ROWS,
    I_BROKEN_LAYER,
    I_BROKEN_NODE,
    I_BROKEN_STEP,
    I_GRADIENT,
    I_IN_HAT,
    I_INPUTS,
    I_LAYERS,
    I_PARAMETER_PIECES,
    I_PARTIAL_STEP,
    I_PARTIALS,
    I_ROW_PIECES,
    I_STEP,
    I_THETA,
    P_A,
    P_DELTA,
    P_END,
    P_INPUTS,
    P_OUT,
    P_PERTURBED,
    P_UNITS,
    P_WEIGHTS,
    P_Z,
    PARTIALS,
    R_BROKEN_DATA,
    R_BROKEN_INTO,
    R_BROKEN_RATE,
    R_BROKEN_TARGET,
    R_BROKEN_WEIGHT,
    R_RATE,
)
from .forward import batch_inputs, batch_targets
from .policy import kernel, leaf_kernel
from .views import matrix


@leaf_kernel
def largest_finite(x):
    """(whether all entries are finite, the largest magnitude of those that are) of a 2-D array."""
    rows, columns = x.shape
    whole, largest = True, 0.0
    for i in range(rows):
        for j in range(columns):
            if is_finite(x[i, j]):
                largest = max(largest, abs(float(x[i, j])))
            else:
                whole = False
    return whole, largest


@kernel
def rows_are_finite(ints, sums):
    """Whether every z, every output and the loss of the mini-batch are finite."""
    at = ints[I_PARTIALS] + ints[I_LAYERS] * PARTIALS
    loss, broken = 0.0, 0.0
    for _ in range(ints[I_ROW_PIECES]):
        loss += sums[at + F_LOSS]
        broken += sums[at + F_ROWS_ARE_BROKEN]
        at += ints[I_PARTIAL_STEP]
    return broken == 0.0 and is_finite(loss)


@kernel
def layer_is_broken(layer, column, ints, sums):
    """Whether a piece of a layer's parameters noted something in ``column``."""
    found = 0.0
    for piece in range(ints[I_PARAMETER_PIECES]):
        found += sums[ints[I_PARTIALS] + piece * ints[I_PARTIAL_STEP] + layer * PARTIALS + column]
    return found > 0.0


@kernel
def parameters_are_finite(ints, sums):
    """Whether every gradient, and every parameter after the step, is finite."""
    found = 0.0
    for piece in range(ints[I_PARAMETER_PIECES]):
        at = ints[I_PARTIALS] + piece * ints[I_PARTIAL_STEP]
        for _ in range(ints[I_LAYERS]):
            found += sums[at + F_GRADIENT_IS_BROKEN] + sums[at + F_STEP_IS_BROKEN]
            at += PARTIALS
    return found == 0.0


@kernel
def note(node, layer, into, ints, reals):
    """Keep the origin: ``layer`` from 0, ``into`` the largest finite value that went into it."""
    ints[I_BROKEN_NODE] = node
    ints[I_BROKEN_LAYER] = layer + 1
    ints[I_BROKEN_STEP] = ints[I_STEP] + 1
    reals[R_BROKEN_INTO] = into
    reals[R_BROKEN_RATE] = reals[R_RATE]


@kernel
def largest_weight(pool, layer, plan, ints):
    """(whether a layer's parameters, as the pass uses them, are finite, the largest weight)."""
    inputs, units, start = plan[layer, P_INPUTS], plan[layer, P_UNITS], plan[layer, P_WEIGHTS]
    at = ints[I_THETA] + start
    whole, _ = largest_finite(matrix(pool, at, 1, plan[layer, P_END] - start))
    if plan[layer, P_PERTURBED] >= 0:
        at = plan[layer, P_PERTURBED]
    used, largest = largest_finite(matrix(pool, at, inputs, units))
    return whole and used, largest


@leaf_kernel
def forward_origin(data, pool, plan, ints, reals):
    """Note the first node of the forward pass, in its order, that is not finite. Call it before the backward pass."""
    n, last = ints[I_BATCH_ROWS], ints[I_LAYERS] - 1
    whole, into = largest_finite(batch_inputs(data, pool, 0, n, ints, reals))
    targets, reals[R_BROKEN_TARGET] = largest_finite(batch_targets(data, pool, 0, n, ints))
    reals[R_BROKEN_DATA] = into
    reals[R_BROKEN_WEIGHT] = 0.0
    if not whole:
        note(INPUT_NODE, 0, into, ints, reals)
        return
    for layer in range(last + 1):
        units = plan[layer, P_UNITS]
        whole, weight = largest_weight(pool, layer, plan, ints)
        reals[R_BROKEN_WEIGHT] = max(reals[R_BROKEN_WEIGHT], weight)
        if not whole:
            note(WEIGHT_NODE, layer, weight, ints, reals)
            return
        whole, z = largest_finite(matrix(pool, plan[layer, P_Z], n, units))
        if not whole:
            note(Z_NODE, layer, into, ints, reals)
            return
        whole, a = largest_finite(matrix(pool, plan[layer, P_A], n, units))
        if not whole:
            note(A_NODE, layer, z, ints, reals)
            return
        whole, into = largest_finite(matrix(pool, plan[layer, P_OUT], n, units))
        if not whole:
            note(BATCH_NORM_NODE, layer, a, ints, reals)
            return
    note(LOSS_NODE if targets else TARGET_NODE, last, into, ints, reals)


@leaf_kernel
def backward_origin(data, pool, plan, ints, reals, sums):
    """Note the first node of the backward pass, from the output down, that is not finite, or the update.

    The forward pass was finite. Call it after the step: δ is as the pass left it, g may be clipped.
    """
    n, last = ints[I_BATCH_ROWS], ints[I_LAYERS] - 1
    if ints[I_BATCH_NORM_INPUTS] == 1:  # its backward pass overwrites the mini-batch
        _, reals[R_BROKEN_DATA] = largest_finite(matrix(pool, ints[I_IN_HAT], n, ints[I_INPUTS]))
    else:
        _, reals[R_BROKEN_DATA] = largest_finite(batch_inputs(data, pool, 0, n, ints, reals))
    _, reals[R_BROKEN_TARGET] = largest_finite(batch_targets(data, pool, 0, n, ints))
    reals[R_BROKEN_WEIGHT] = 0.0
    for layer in range(last + 1):
        _, weight = largest_weight(pool, layer, plan, ints)
        reals[R_BROKEN_WEIGHT] = max(reals[R_BROKEN_WEIGHT], weight)
    _, into = largest_finite(matrix(pool, plan[last, P_A], n, plan[last, P_UNITS]))
    for layer in range(last, -1, -1):
        whole, delta = largest_finite(matrix(pool, plan[layer, P_DELTA], n, plan[layer, P_UNITS]))
        if not whole:
            note(DELTA_NODE, layer, into, ints, reals)
            return
        if layer_is_broken(layer, F_GRADIENT_IS_BROKEN, ints, sums):
            note(GRADIENT_NODE, layer, delta, ints, reals)
            return
        into = delta
    for layer in range(last + 1):
        if layer_is_broken(layer, F_STEP_IS_BROKEN, ints, sums):
            start = plan[layer, P_WEIGHTS]
            _, g = largest_finite(matrix(pool, ints[I_GRADIENT] + start, 1, plan[layer, P_END] - start))
            note(UPDATE_NODE, layer, g, ints, reals)
            return
