"""Where a step was first not finite: looked for once a lane, when a step has shown that something in it is broken.

Every step looks at z, at the outputs and the loss, at the gradient and at the parameters it leaves. The rest of the
arithmetic stands in the workspace until the next step, so the first node can still be found, in the order in which
the step works: x, then W, z, a of each layer, the targets, the loss; then δ and g from the output down; the update.
"""

from . import columns as c
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
from .layers.inputs import batch_targets
from .layers.sources import delta_rows, output_rows, source
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
    at = ints[c.I_PARTIALS] + ints[c.I_NODES] * c.PARTIALS
    loss, broken = 0.0, 0.0
    for _ in range(ints[c.I_ROW_PIECES]):
        loss += sums[at + c.F_LOSS]
        broken += sums[at + c.F_ROWS_ARE_BROKEN]
        at += ints[c.I_PARTIAL_STEP]
    return broken == 0.0 and is_finite(loss)


@kernel
def node_is_broken(lane, node, column):
    """Whether a piece of a node's parameters noted something in ``column``."""
    ints, found = lane.ints, 0.0
    for piece in range(ints[c.I_PARAMETER_PIECES]):
        found += lane.sums[ints[c.I_PARTIALS] + piece * ints[c.I_PARTIAL_STEP] + node * c.PARTIALS + column]
    return found > 0.0


@kernel
def parameters_are_finite(ints, sums):
    """Whether every gradient, and every parameter after the step, is finite."""
    found = 0.0
    for piece in range(ints[c.I_PARAMETER_PIECES]):
        at = ints[c.I_PARTIALS] + piece * ints[c.I_PARTIAL_STEP]
        for _ in range(ints[c.I_NODES]):
            found += sums[at + c.F_GRADIENT_IS_BROKEN] + sums[at + c.F_STEP_IS_BROKEN]
            at += c.PARTIALS
    return found == 0.0


@kernel
def note(lane, place, node, into):
    """Keep the origin: ``into`` is the largest finite value that went into it. What the inputs learn is layer 1's."""
    lane.ints[c.I_BROKEN_NODE] = place
    lane.ints[c.I_BROKEN_LAYER] = max(node, 1)
    lane.ints[c.I_BROKEN_STEP] = lane.ints[c.I_STEP] + 1
    lane.reals[c.R_BROKEN_INTO] = into
    lane.reals[c.R_BROKEN_RATE] = lane.reals[c.R_RATE]


@kernel
def largest_weight(lane, node):
    """(whether a node's parameters, as the pass uses them, are finite, the largest weight)."""
    start, weights = lane.nodes[node, c.N_START], lane.nodes[node, c.N_WEIGHTS]
    theta = lane.ints[c.I_THETA]
    whole, _ = largest_finite(matrix(lane.pool, theta + start, 1, lane.nodes[node, c.N_END] - start))
    if weights < 0:
        return whole, 0.0
    rows, columns, biases = lane.nodes[node, c.N_WEIGHT_ROWS], lane.nodes[node, c.N_WEIGHT_COLUMNS], True
    if lane.nodes[node, c.N_BIASES] >= 0:
        biases, _ = largest_finite(matrix(lane.pool, theta + lane.nodes[node, c.N_BIASES], 1, columns))
    at = lane.nodes[node, c.N_PERTURBED] if lane.nodes[node, c.N_PERTURBED] >= 0 else theta + weights
    used, largest = largest_finite(matrix(lane.pool, at, rows, columns))
    return whole and biases and used, largest


@kernel
def largest_read(lane, node):
    """The largest finite value that a node reads."""
    largest = 0.0
    for k in range(lane.nodes[node, c.N_LINKS]):
        _, found = largest_finite(output_rows(lane, source(lane, node, k), 0, lane.ints[c.I_BATCH_ROWS]))
        largest = max(largest, found)
    return largest


@kernel
def largest_delta(lane, node):
    """The largest finite δ of the nodes that read this one."""
    largest = 0.0
    for reader in range(node + 1, lane.ints[c.I_NODES]):
        for k in range(lane.nodes[reader, c.N_LINKS]):
            if source(lane, reader, k) == node:
                _, found = largest_finite(delta_rows(lane, reader, 0, lane.ints[c.I_BATCH_ROWS]))
                largest = max(largest, found)
    return largest


@leaf_kernel
def forward_origin(lane):
    """Note the first node of the forward pass, in its order, that is not finite. Call it before the parameters move."""
    pool, reals, n, last = lane.pool, lane.reals, lane.ints[c.I_BATCH_ROWS], lane.ints[c.I_NODES] - 1
    whole, into = largest_finite(output_rows(lane, 0, 0, n))
    targets, reals[c.R_BROKEN_TARGET] = largest_finite(batch_targets(lane, 0, n))
    reals[c.R_BROKEN_DATA] = into
    reals[c.R_BROKEN_WEIGHT] = 0.0
    if not whole:
        note(lane, INPUT_NODE, 0, into)
        return
    for node in range(1, last + 1):
        whole, weight = largest_weight(lane, node)
        reals[c.R_BROKEN_WEIGHT] = max(reals[c.R_BROKEN_WEIGHT], weight)
        if not whole:
            note(lane, WEIGHT_NODE, node, weight)
            return
        whole, z = largest_finite(matrix(pool, lane.nodes[node, c.N_Z], n, lane.nodes[node, c.N_Z_WIDTH]))
        if not whole:
            note(lane, Z_NODE, node, largest_read(lane, node))
            return
        whole, a = largest_finite(matrix(pool, lane.nodes[node, c.N_A], n, lane.nodes[node, c.N_A_WIDTH]))
        if not whole:
            note(lane, A_NODE, node, z)
            return
        whole, into = largest_finite(output_rows(lane, node, 0, n))
        if not whole:
            note(lane, BATCH_NORM_NODE, node, a)
            return
    note(lane, LOSS_NODE if targets else TARGET_NODE, last, into)


@leaf_kernel
def backward_origin(lane):
    """Note the first node of the backward pass, from the output down, that is not finite, or the update.

    The forward pass was finite. Call it after the step: δ is as the pass left it, g may be clipped.
    """
    pool, reals, n, last = lane.pool, lane.reals, lane.ints[c.I_BATCH_ROWS], lane.ints[c.I_NODES] - 1
    _, reals[c.R_BROKEN_DATA] = largest_finite(output_rows(lane, 0, 0, n))
    _, reals[c.R_BROKEN_TARGET] = largest_finite(batch_targets(lane, 0, n))
    reals[c.R_BROKEN_WEIGHT] = 0.0
    for node in range(1, last + 1):
        _, weight = largest_weight(lane, node)
        reals[c.R_BROKEN_WEIGHT] = max(reals[c.R_BROKEN_WEIGHT], weight)
    _, into = largest_finite(matrix(pool, lane.nodes[last, c.N_A], n, lane.nodes[last, c.N_UNITS]))
    for node in range(last, -1, -1):
        if lane.nodes[node, c.N_DELTA] < 0:
            continue
        whole, delta = largest_finite(delta_rows(lane, node, 0, n))
        if not whole:
            note(lane, DELTA_NODE, node, into if node == last else largest_delta(lane, node))
            return
        if node_is_broken(lane, node, c.F_GRADIENT_IS_BROKEN):
            note(lane, GRADIENT_NODE, node, delta)
            return
    for node in range(last + 1):
        if node_is_broken(lane, node, c.F_STEP_IS_BROKEN):
            start = lane.nodes[node, c.N_START]
            gradient = lane.ints[c.I_GRADIENT] + start
            _, g = largest_finite(matrix(pool, gradient, 1, lane.nodes[node, c.N_END] - start))
            note(lane, UPDATE_NODE, node, g)
            return
