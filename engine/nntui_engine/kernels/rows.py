"""What is done with the rows of a pass: forward, the loss, and in training backward.

Compiled apart from the training loop, which calls it by its address (``links.py``): two processes then share the work
of a first start.
"""

import numpy as np

from . import columns as c
from .activation import alpha_gradient, derivative
from .backward import SATURATED_BELOW, backward
from .codes import EVALUATE_ROWS, TRAIN_ROWS
from .forward import forward
from .layers.inputs import batch_targets
from .layers.partial import clear
from .links import call_linked, lane_at
from .loss import count_correct, loss_and_delta
from .measure import count_below
from .policy import inlined_kernel, kernel, linked_kernel
from .views import matrix, vector


@kernel
def output_loss(lane, t, piece, first, n, rows):
    """What n rows just run forward add to the mean loss of ``rows`` rows, against t (n, outputs).

    ∂L/∂z goes into the last node's delta, the outputs' slopes into the lane's buffer of slopes.
    """
    pool, ints, reals = lane.pool, lane.ints, lane.reals
    last, outputs = ints[c.I_NODES] - 1, ints[c.I_OUTPUTS]
    size, start = n * outputs, first * outputs
    z_at, a_at, slopes_at, delta_at = (
        lane.nodes[last, c.N_Z] + start,
        lane.nodes[last, c.N_A] + start,
        ints[c.I_SLOPES] + start,
        lane.nodes[last, c.N_DELTA] + start,
    )
    z, a = matrix(pool, z_at, n, outputs), matrix(pool, a_at, n, outputs)
    slopes, delta = matrix(pool, slopes_at, n, outputs), matrix(pool, delta_at, n, outputs)
    scratch = vector(pool, ints[c.I_SCRATCH] + piece * ints[c.I_SCRATCH_SIZE], ints[c.I_SCRATCH_SIZE])
    code = lane.nodes[last, c.N_ACTIVATION]
    z_flat, a_flat = vector(pool, z_at, size), vector(pool, a_at, size)
    slopes_flat = vector(pool, slopes_at, size)
    alpha_at = lane.nodes[last, c.N_ALPHA]
    if alpha_at < 0:
        derivative(code, lane.node_reals[last, c.L_ALPHA], z_flat, a_flat, slopes_flat, scratch)
        return loss_and_delta(ints[c.I_LOSS], code, reals[c.R_HUBER_DELTA], z, a, t, rows, slopes, delta)
    # prelu: its learned α needs ∂L/∂a, so the slope comes afterwards
    for i in range(size):
        slopes_flat[i] = 1.0
    loss = loss_and_delta(ints[c.I_LOSS], code, reals[c.R_HUBER_DELTA], z, a, t, rows, slopes, delta)
    delta_flat = vector(pool, delta_at, size)
    pool[ints[c.I_GRADIENT] + alpha_at] = alpha_gradient(z_flat, delta_flat)
    derivative(code, np.float64(pool[ints[c.I_THETA] + alpha_at]), z_flat, a_flat, slopes_flat, scratch)
    for i in range(size):
        delta_flat[i] = delta_flat[i] * slopes_flat[i]
    return loss


@kernel
def train_rows(lane, piece):
    """Forward and backward for one piece of the mini-batch's rows; every node's delta stays in the pool."""
    pool, sums, ints = lane.pool, lane.sums, lane.ints
    rows, pieces = ints[c.I_BATCH_ROWS], ints[c.I_ROW_PIECES]
    first = rows * piece // pieces
    n = rows * (piece + 1) // pieces - first
    partials = ints[c.I_PARTIALS] + piece * ints[c.I_PARTIAL_STEP]
    result = partials + ints[c.I_NODES] * c.PARTIALS
    sums[result + c.F_LOSS] = 0.0
    sums[result + c.F_RIGHT] = 0.0
    sums[result + c.F_ROWS_ARE_BROKEN] = 0.0
    last, outputs = ints[c.I_NODES] - 1, ints[c.I_OUTPUTS]
    if n == 0:
        for node in range(1, last + 1):
            sums[partials + node * c.PARTIALS + c.F_SATURATED] = 0.0
            sums[partials + node * c.PARTIALS + c.F_ROWS_BROKEN] = 0.0
            fired_at = ints[c.I_FIRED] + piece * ints[c.I_FIRED_STEP] + lane.nodes[node, c.N_ACTIVE]
            for j in range(lane.nodes[node, c.N_UNITS]):
                pool[fired_at + j] = 0.0
            clear(lane, node, piece)
        return
    forward(lane, piece, first, n)
    t = batch_targets(lane, first, n)
    sums[result + c.F_LOSS] = output_loss(lane, t, piece, first, n, rows)
    if ints[c.I_MEASURED] == 1:
        a = matrix(pool, lane.nodes[last, c.N_A] + first * outputs, n, outputs)
        sums[result + c.F_RIGHT] = count_correct(ints[c.I_ACCURACY], lane.reals[c.R_ACCURACY_THRESHOLD], a, t)
        slopes = vector(pool, ints[c.I_SLOPES] + first * outputs, n * outputs)
        steepest = lane.node_reals[last, c.L_LARGEST_SLOPE]
        if lane.nodes[last, c.N_ALPHA] >= 0:
            steepest = max(1.0, abs(float(pool[ints[c.I_THETA] + lane.nodes[last, c.N_ALPHA]])))
        sums[partials + last * c.PARTIALS + c.F_SATURATED] = count_below(slopes, SATURATED_BELOW * steepest)
    backward(lane, piece, first, n)


@kernel
def evaluate_rows(lane, t_at, n):
    """Forward for n rows, and what they add to the sums of an evaluation; their targets stand at t_at of the data."""
    pool, sums, ints, reals = lane.pool, lane.sums, lane.ints, lane.reals
    outputs = ints[c.I_OUTPUTS]
    t = matrix(lane.data, t_at, n, outputs)
    forward(lane, 0, 0, n)
    reals[c.R_LOSS_SUM] += n * output_loss(lane, t, 0, 0, n, n)
    a = matrix(pool, lane.nodes[ints[c.I_NODES] - 1, c.N_A], n, outputs)
    reals[c.R_RIGHT_SUM] += count_correct(ints[c.I_ACCURACY], reals[c.R_ACCURACY_THRESHOLD], a, t)
    squared = ints[c.I_SUMS] + 2 * outputs
    for i in range(n):
        for j in range(outputs):
            error = float(a[i, j]) - float(t[i, j])
            sums[squared + j] += error * error


@linked_kernel
def work(place, task, piece, t_at, n):
    """One of the tasks of codes.py; of a pass that only goes forward, n rows that stand in the workspace."""
    lane = lane_at(place)
    if task == TRAIN_ROWS:
        train_rows(lane, piece)
    elif task == EVALUATE_ROWS:
        evaluate_rows(lane, t_at, n)
    else:
        forward(lane, 0, 0, n)


@inlined_kernel
def work_on_rows(lane, task, piece, t_at, n):
    """Call :func:`work` by the address that the lane has."""
    call_linked(lane.nodes[0, c.N_ROWS_WORK], lane, task, piece, t_at, n)
