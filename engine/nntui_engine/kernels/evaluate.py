"""Evaluation on whole sets, a block of rows at a time, so that no launch holds the machine for long.

Training rows come first; those of the probe set (``data/probe.py``) also tell which units are dead. Then the held-out
rows.
After the last block the plateau schedule and early stopping look at the result.
"""

import numpy as np

from . import columns as c
from .activation import can_fall_silent
from .codes import EVALUATE, EVALUATE_ROWS
from .layers.inputs import rows_from
from .measure import count_zeros, mark_active_rows, weight_similarity
from .policy import inlined_kernel, kernel
from .rows import work_on_rows
from .schedule import PLATEAU
from .views import matrix, vector


@kernel
def begin_half(ints, reals, sums):
    """Clear the sums before the training rows or the held-out rows."""
    reals[c.R_LOSS_SUM] = 0.0
    reals[c.R_RIGHT_SUM] = 0.0
    outputs = ints[c.I_OUTPUTS]
    start = ints[c.I_SUMS] + 2 * outputs
    for j in range(outputs):
        sums[start + j] = 0.0


@kernel
def explained(ints, sums, at):
    """R² = 1 − Σ(t − a)² / Σ(t − t̄)², mean over the outputs; Σ(t − t̄)² stands at ``at``."""
    outputs = ints[c.I_OUTPUTS]
    squared = ints[c.I_SUMS] + 2 * outputs
    total = 0.0
    for j in range(outputs):
        total += 1.0 - sums[squared + j] / sums[at + j]
    return total / outputs


@kernel
def probe_units(lane, first, n):
    """Note which units fired on the probe rows among the n training rows from ``first`` that just ran forward."""
    pool, ints = lane.pool, lane.ints
    start, count = ints[c.I_PROBE_NEXT], ints[c.I_PROBE_ROWS]
    end = start
    while end < count and lane.order[ints[c.I_PROBE] + end] < first + n:
        end += 1
    ints[c.I_PROBE_NEXT] = end
    rows = vector(lane.order, ints[c.I_PROBE] + start, end - start)
    for node in range(1, ints[c.I_NODES]):
        at = ints[c.I_ACTIVE] + lane.nodes[node, c.N_ACTIVE]
        units = lane.nodes[node, c.N_UNITS]
        width = lane.nodes[node, c.N_A_WIDTH]
        mark_active_rows(matrix(pool, lane.nodes[node, c.N_A], n, width), rows, first, vector(pool, at, units))


@inlined_kernel
def evaluate_block(lane, written):
    """Evaluate the next block of rows and, after the last, write the results; returns the rows done."""
    pool, sums, ints, reals = lane.pool, lane.sums, lane.ints, lane.reals
    row = ints[c.I_EVALUATION_ROW]
    rows = ints[c.I_ROWS]
    inputs, outputs = ints[c.I_INPUTS], ints[c.I_OUTPUTS]
    if row == 0:
        begin_half(ints, reals, sums)
        ints[c.I_PROBE_NEXT] = 0
        for node in range(1, ints[c.I_NODES]):
            at = ints[c.I_ACTIVE] + lane.nodes[node, c.N_ACTIVE]
            for j in range(lane.nodes[node, c.N_UNITS]):
                pool[at + j] = 0.0
    held_out = row >= rows
    offset = row - rows if held_out else row
    limit = ints[c.I_VALIDATION_ROWS] if held_out else rows
    n = min(c.EVALUATION_BLOCK, limit - offset)
    x_at = (ints[c.I_X_VALIDATION] if held_out else ints[c.I_X]) + offset * inputs
    t_at = (ints[c.I_T_VALIDATION] if held_out else ints[c.I_T]) + offset * outputs
    ints[c.I_MODE] = EVALUATE
    ints[c.I_MEASURED] = 0
    rows_from(lane, x_at, False)
    work_on_rows(lane, EVALUATE_ROWS, 0, t_at, n)
    if not held_out:
        probe_units(lane, row, n)
    ints[c.I_EVALUATION_ROW] = row + n
    if row + n == rows:
        reals[c.R_TRAIN_LOSS] = reals[c.R_LOSS_SUM] / rows
        reals[c.R_TRAIN_RIGHT] = reals[c.R_RIGHT_SUM] / rows
        reals[c.R_TRAIN_R2] = explained(ints, sums, ints[c.I_SUMS])
        if ints[c.I_VALIDATION_ROWS] > 0:
            begin_half(ints, reals, sums)
    if row + n == rows + ints[c.I_VALIDATION_ROWS]:
        finish_evaluation(lane, written)
    return n


@kernel
def finish_evaluation(lane, written):
    """Write the results, then let the plateau schedule and early stopping act on them."""
    pool, sums, ints, reals = lane.pool, lane.sums, lane.ints, lane.reals
    slot = ints[c.I_EVALUATIONS]
    held_out = ints[c.I_VALIDATION_ROWS] > 0
    row = written.evaluation[slot]
    row[c.V_TRAIN_LOSS] = reals[c.R_TRAIN_LOSS]
    row[c.V_TRAIN_ACCURACY] = reals[c.R_TRAIN_RIGHT]
    row[c.V_TRAIN_R2] = reals[c.R_TRAIN_R2]
    row[c.V_VALIDATION_LOSS] = np.nan
    row[c.V_VALIDATION_ACCURACY] = np.nan
    row[c.V_R2] = reals[c.R_TRAIN_R2]
    if held_out:
        row[c.V_VALIDATION_LOSS] = reals[c.R_LOSS_SUM] / ints[c.I_VALIDATION_ROWS]
        row[c.V_VALIDATION_ACCURACY] = reals[c.R_RIGHT_SUM] / ints[c.I_VALIDATION_ROWS]
        row[c.V_R2] = explained(ints, sums, ints[c.I_SUMS] + ints[c.I_OUTPUTS])
    scratch = vector(pool, ints[c.I_SCRATCH], ints[c.I_SCRATCH_SIZE])
    gradient = vector(pool, ints[c.I_GRADIENT], ints[c.I_PARAMETERS])
    for node in range(1, ints[c.I_NODES]):
        units = lane.nodes[node, c.N_UNITS]
        at, found = ints[c.I_ACTIVE] + lane.nodes[node, c.N_ACTIVE], written.evaluation_layers[slot, node - 1]
        dead = 0
        if can_fall_silent(lane.nodes[node, c.N_ACTIVATION]):
            for j in range(units):
                if pool[at + j] == 0.0:
                    dead += 1
        found[c.E_DEAD_UNITS] = dead
        weights_at = lane.nodes[node, c.N_WEIGHTS]
        if weights_at < 0:
            found[c.E_WEIGHT_SIMILARITY] = np.nan
            found[c.E_ZERO_WEIGHTS] = np.nan
            continue
        inputs, columns = lane.nodes[node, c.N_WEIGHT_ROWS], lane.nodes[node, c.N_WEIGHT_COLUMNS]
        weights = matrix(pool, ints[c.I_THETA] + weights_at, inputs, columns)
        found[c.E_WEIGHT_SIMILARITY] = weight_similarity(weights, gradient, scratch)
        flat = vector(pool, ints[c.I_THETA] + weights_at, inputs * columns)
        found[c.E_ZERO_WEIGHTS] = count_zeros(flat) / flat.size
    ints[c.I_EVALUATIONS] = slot + 1
    ints[c.I_EVALUATION_ROW] = -1
    if ints[c.I_RESTORED] == 1:
        ints[c.I_RESTORED] = 0
        return
    loss = row[c.V_VALIDATION_LOSS] if held_out else row[c.V_TRAIN_LOSS]
    if ints[c.I_STEP] > 0:
        watch_plateau(ints, reals, loss)
    if ints[c.I_PATIENCE] >= 0:
        watch_early_stopping(pool, ints, reals, loss)


@kernel
def copy_within(pool, start, to, count):
    """Copy ``count`` numbers of the pool to another place in it."""
    for i in range(count):
        pool[to + i] = pool[start + i]


@kernel
def watch_plateau(ints, reals, loss):
    """Lower the rate once more than ``patience`` evaluations in a row had no relative gain above ``threshold``."""
    if ints[c.I_SCHEDULE] != PLATEAU:
        return
    factor, patience, threshold = reals[c.R_SCHEDULE], reals[c.R_SCHEDULE + 1], reals[c.R_SCHEDULE + 2]
    if loss < reals[c.R_PLATEAU_BEST] * (1.0 - threshold):
        reals[c.R_PLATEAU_BEST] = loss
        ints[c.I_PLATEAU_BAD] = 0
        return
    ints[c.I_PLATEAU_BAD] += 1
    if ints[c.I_PLATEAU_BAD] > patience:
        reals[c.R_PLATEAU_FACTOR] *= factor
        ints[c.I_PLATEAU_BAD] = 0


@kernel
def watch_early_stopping(pool, ints, reals, loss):
    """Keep the best parameters; stop after ``patience`` evaluations in a row that are no better.

    However the run ends, by patience or by its last step, with ``restore_best`` the best parameters come back, and an
    evaluation of them follows.
    """
    theta, best, count = ints[c.I_THETA], ints[c.I_BEST], ints[c.I_PARAMETERS]
    running, running_size = ints[c.I_RUNNING], ints[c.I_RUNNING_SIZE]
    if loss < reals[c.R_BEST_LOSS] - reals[c.R_MIN_DELTA]:
        reals[c.R_BEST_LOSS] = loss
        ints[c.I_BEST_STEP] = ints[c.I_STEP]
        ints[c.I_BAD_EVALUATIONS] = 0
        copy_within(pool, theta, best, count)
        copy_within(pool, running, best + count, running_size)
        return
    ints[c.I_BAD_EVALUATIONS] += 1
    if ints[c.I_BAD_EVALUATIONS] >= ints[c.I_PATIENCE]:
        ints[c.I_STOPPED] = 1
    ended = ints[c.I_STOPPED] == 1 or ints[c.I_STEP] >= ints[c.I_LIMIT]
    if ended and ints[c.I_RESTORE_BEST] == 1 and ints[c.I_BEST_STEP] >= 0:
        copy_within(pool, best, theta, count)
        copy_within(pool, best + count, running, running_size)
        ints[c.I_BAD_EVALUATIONS] = 0
        ints[c.I_RESTORED] = 1
        ints[c.I_EVALUATION_ROW] = 0
