"""Evaluation on whole sets, a block of rows at a time, so that no launch holds the machine for long.

Training rows come first; those of the probe set (``data/probe.py``) also tell which units are dead. Then the held-out
rows.
After the last block the plateau schedule and early stopping look at the result.
"""

import numpy as np

from .activation import alpha_gradient, can_fall_silent, slope
from .columns import (
    E_DEAD_UNITS,
    E_WEIGHT_SIMILARITY,
    E_ZERO_WEIGHTS,
    EVALUATION_BLOCK,
    I_ACCURACY,
    I_ACTIVE,
    I_BAD_EVALUATIONS,
    I_BEST,
    I_BEST_STEP,
    I_EVALUATION_ROW,
    I_EVALUATIONS,
    I_GRADIENT,
    I_INPUTS,
    I_LAYERS,
    I_LIMIT,
    I_LOSS,
    I_MEASURED,
    I_MODE,
    I_OUTPUTS,
    I_PARAMETERS,
    I_PATIENCE,
    I_PLATEAU_BAD,
    I_PROBE,
    I_PROBE_NEXT,
    I_PROBE_ROWS,
    I_RESTORE_BEST,
    I_RESTORED,
    I_ROWS,
    I_RUNNING,
    I_RUNNING_SIZE,
    I_SCHEDULE,
    I_SCRATCH,
    I_SCRATCH_SIZE,
    I_SLOPES,
    I_STEP,
    I_STOPPED,
    I_SUMS,
    I_T,
    I_T_VALIDATION,
    I_THETA,
    I_VALIDATION_ROWS,
    I_X,
    I_X_VALIDATION,
    L_ALPHA,
    P_A,
    P_ACTIVATION,
    P_ACTIVE,
    P_ALPHA,
    P_DELTA,
    P_INPUTS,
    P_UNITS,
    P_WEIGHTS,
    P_Z,
    R_ACCURACY_THRESHOLD,
    R_BEST_LOSS,
    R_HUBER_DELTA,
    R_LOSS_SUM,
    R_MIN_DELTA,
    R_PLATEAU_BEST,
    R_PLATEAU_FACTOR,
    R_RIGHT_SUM,
    R_SCHEDULE,
    R_TRAIN_LOSS,
    R_TRAIN_R2,
    R_TRAIN_RIGHT,
    V_R2,
    V_TRAIN_ACCURACY,
    V_TRAIN_LOSS,
    V_TRAIN_R2,
    V_VALIDATION_ACCURACY,
    V_VALIDATION_LOSS,
)
from .forward import EVALUATE, evaluation_rows, forward
from .loss import count_correct, loss_and_delta
from .measure import count_zeros, mark_active_rows, weight_similarity
from .policy import inlined_kernel, kernel
from .schedule import PLATEAU
from .views import matrix, vector


@kernel
def output_loss(pool, t, piece, first, n, rows, plan, layer_reals, ints, reals):
    """What n rows just run forward add to the mean loss of ``rows`` rows, against t (n, outputs).

    ∂L/∂z goes into the last layer's delta, the outputs' slopes into the lane's buffer of slopes.
    """
    last = ints[I_LAYERS] - 1
    outputs = ints[I_OUTPUTS]
    size, start = n * outputs, first * outputs
    z_at, a_at, slopes_at, delta_at = (
        plan[last, P_Z] + start,
        plan[last, P_A] + start,
        ints[I_SLOPES] + start,
        plan[last, P_DELTA] + start,
    )
    z, a = matrix(pool, z_at, n, outputs), matrix(pool, a_at, n, outputs)
    slopes, delta = matrix(pool, slopes_at, n, outputs), matrix(pool, delta_at, n, outputs)
    scratch = vector(pool, ints[I_SCRATCH] + piece * ints[I_SCRATCH_SIZE], ints[I_SCRATCH_SIZE])
    code = plan[last, P_ACTIVATION]
    z_flat, a_flat = vector(pool, z_at, size), vector(pool, a_at, size)
    slopes_flat = vector(pool, slopes_at, size)
    alpha_at = plan[last, P_ALPHA]
    if alpha_at < 0:
        slope(code, layer_reals[last, L_ALPHA], z_flat, a_flat, slopes_flat, scratch)
        return loss_and_delta(ints[I_LOSS], code, reals[R_HUBER_DELTA], z, a, t, rows, slopes, delta)
    # prelu: its learned α needs ∂L/∂a, so the slope comes afterwards
    for i in range(size):
        slopes_flat[i] = 1.0
    loss = loss_and_delta(ints[I_LOSS], code, reals[R_HUBER_DELTA], z, a, t, rows, slopes, delta)
    delta_flat = vector(pool, delta_at, size)
    pool[ints[I_GRADIENT] + alpha_at] = alpha_gradient(z_flat, delta_flat)
    slope(code, np.float64(pool[ints[I_THETA] + alpha_at]), z_flat, a_flat, slopes_flat, scratch)
    for i in range(size):
        delta_flat[i] = delta_flat[i] * slopes_flat[i]
    return loss


@kernel
def begin_half(ints, reals, sums):
    """Clear the sums before the training rows or the held-out rows."""
    reals[R_LOSS_SUM] = 0.0
    reals[R_RIGHT_SUM] = 0.0
    outputs = ints[I_OUTPUTS]
    start = ints[I_SUMS] + 2 * outputs
    for j in range(outputs):
        sums[start + j] = 0.0


@kernel
def explained(ints, sums, at):
    """R² = 1 − Σ(t − a)² / Σ(t − t̄)², mean over the outputs; Σ(t − t̄)² stands at ``at``."""
    outputs = ints[I_OUTPUTS]
    squared = ints[I_SUMS] + 2 * outputs
    total = 0.0
    for j in range(outputs):
        total += 1.0 - sums[squared + j] / sums[at + j]
    return total / outputs


@kernel
def probe_units(pool, order, first, n, plan, ints):
    """Note which units fired on the probe rows among the n training rows from ``first`` that just ran forward."""
    start, count = ints[I_PROBE_NEXT], ints[I_PROBE_ROWS]
    end = start
    while end < count and order[ints[I_PROBE] + end] < first + n:
        end += 1
    ints[I_PROBE_NEXT] = end
    rows = vector(order, ints[I_PROBE] + start, end - start)
    for layer in range(ints[I_LAYERS]):
        at = ints[I_ACTIVE] + plan[layer, P_ACTIVE]
        units = plan[layer, P_UNITS]
        mark_active_rows(matrix(pool, plan[layer, P_A], n, units), rows, first, vector(pool, at, units))


@inlined_kernel
def evaluate_block(data, pool, order, sums, plan, layer_reals, ints, reals, out_evaluation, out_layers):
    """Evaluate the next block of rows and, after the last, write the results; returns the rows done."""
    row = ints[I_EVALUATION_ROW]
    rows = ints[I_ROWS]
    inputs, outputs = ints[I_INPUTS], ints[I_OUTPUTS]
    if row == 0:
        begin_half(ints, reals, sums)
        ints[I_PROBE_NEXT] = 0
        for layer in range(ints[I_LAYERS]):
            at = ints[I_ACTIVE] + plan[layer, P_ACTIVE]
            for j in range(plan[layer, P_UNITS]):
                pool[at + j] = 0.0
    held_out = row >= rows
    offset = row - rows if held_out else row
    limit = ints[I_VALIDATION_ROWS] if held_out else rows
    n = min(EVALUATION_BLOCK, limit - offset)
    x_at = (ints[I_X_VALIDATION] if held_out else ints[I_X]) + offset * inputs
    t_at = (ints[I_T_VALIDATION] if held_out else ints[I_T]) + offset * outputs
    ints[I_MODE] = EVALUATE
    ints[I_MEASURED] = 0
    x = evaluation_rows(data, pool, x_at, n, ints, reals)
    t = matrix(data, t_at, n, outputs)
    forward(pool, x, 0, 0, n, plan, layer_reals, ints, reals, sums)
    reals[R_LOSS_SUM] += n * output_loss(pool, t, 0, 0, n, n, plan, layer_reals, ints, reals)
    a = matrix(pool, plan[ints[I_LAYERS] - 1, P_A], n, outputs)
    reals[R_RIGHT_SUM] += count_correct(ints[I_ACCURACY], reals[R_ACCURACY_THRESHOLD], a, t)
    squared = ints[I_SUMS] + 2 * outputs
    for i in range(n):
        for j in range(outputs):
            error = float(a[i, j]) - float(t[i, j])
            sums[squared + j] += error * error
    if not held_out:
        probe_units(pool, order, row, n, plan, ints)
    ints[I_EVALUATION_ROW] = row + n
    if row + n == rows:
        reals[R_TRAIN_LOSS] = reals[R_LOSS_SUM] / rows
        reals[R_TRAIN_RIGHT] = reals[R_RIGHT_SUM] / rows
        reals[R_TRAIN_R2] = explained(ints, sums, ints[I_SUMS])
        if ints[I_VALIDATION_ROWS] > 0:
            begin_half(ints, reals, sums)
    if row + n == rows + ints[I_VALIDATION_ROWS]:
        finish_evaluation(pool, sums, plan, ints, reals, out_evaluation, out_layers)
    return n


@kernel
def finish_evaluation(pool, sums, plan, ints, reals, out_evaluation, out_layers):
    """Write the results, then let the plateau schedule and early stopping act on them."""
    slot = ints[I_EVALUATIONS]
    held_out = ints[I_VALIDATION_ROWS] > 0
    row = out_evaluation[slot]
    row[V_TRAIN_LOSS] = reals[R_TRAIN_LOSS]
    row[V_TRAIN_ACCURACY] = reals[R_TRAIN_RIGHT]
    row[V_TRAIN_R2] = reals[R_TRAIN_R2]
    row[V_VALIDATION_LOSS] = np.nan
    row[V_VALIDATION_ACCURACY] = np.nan
    row[V_R2] = reals[R_TRAIN_R2]
    if held_out:
        row[V_VALIDATION_LOSS] = reals[R_LOSS_SUM] / ints[I_VALIDATION_ROWS]
        row[V_VALIDATION_ACCURACY] = reals[R_RIGHT_SUM] / ints[I_VALIDATION_ROWS]
        row[V_R2] = explained(ints, sums, ints[I_SUMS] + ints[I_OUTPUTS])
    scratch = vector(pool, ints[I_SCRATCH], ints[I_SCRATCH_SIZE])
    gradient = vector(pool, ints[I_GRADIENT], ints[I_PARAMETERS])
    for layer in range(ints[I_LAYERS]):
        inputs, units = plan[layer, P_INPUTS], plan[layer, P_UNITS]
        at = ints[I_ACTIVE] + plan[layer, P_ACTIVE]
        dead = 0
        if can_fall_silent(plan[layer, P_ACTIVATION]):
            for j in range(units):
                if pool[at + j] == 0.0:
                    dead += 1
        out_layers[slot, layer, E_DEAD_UNITS] = dead
        weights = matrix(pool, ints[I_THETA] + plan[layer, P_WEIGHTS], inputs, units)
        out_layers[slot, layer, E_WEIGHT_SIMILARITY] = weight_similarity(weights, gradient, scratch)
        flat = vector(pool, ints[I_THETA] + plan[layer, P_WEIGHTS], inputs * units)
        out_layers[slot, layer, E_ZERO_WEIGHTS] = count_zeros(flat) / (inputs * units)
    ints[I_EVALUATIONS] = slot + 1
    ints[I_EVALUATION_ROW] = -1
    if ints[I_RESTORED] == 1:
        ints[I_RESTORED] = 0
        return
    loss = row[V_VALIDATION_LOSS] if held_out else row[V_TRAIN_LOSS]
    if ints[I_STEP] > 0:
        watch_plateau(ints, reals, loss)
    if ints[I_PATIENCE] >= 0:
        watch_early_stopping(pool, ints, reals, loss)


@kernel
def copy_within(pool, start, to, count):
    """Copy ``count`` numbers of the pool to another place in it."""
    for i in range(count):
        pool[to + i] = pool[start + i]


@kernel
def watch_plateau(ints, reals, loss):
    """Lower the rate once more than ``patience`` evaluations in a row had no relative gain above ``threshold``."""
    if ints[I_SCHEDULE] != PLATEAU:
        return
    factor, patience, threshold = reals[R_SCHEDULE], reals[R_SCHEDULE + 1], reals[R_SCHEDULE + 2]
    if loss < reals[R_PLATEAU_BEST] * (1.0 - threshold):
        reals[R_PLATEAU_BEST] = loss
        ints[I_PLATEAU_BAD] = 0
        return
    ints[I_PLATEAU_BAD] += 1
    if ints[I_PLATEAU_BAD] > patience:
        reals[R_PLATEAU_FACTOR] *= factor
        ints[I_PLATEAU_BAD] = 0


@kernel
def watch_early_stopping(pool, ints, reals, loss):
    """Keep the best parameters; stop after ``patience`` evaluations in a row that are no better.

    However the run ends, by patience or by its last step, with ``restore_best`` the best parameters come back, and an
    evaluation of them follows.
    """
    theta, best, count = ints[I_THETA], ints[I_BEST], ints[I_PARAMETERS]
    running, running_size = ints[I_RUNNING], ints[I_RUNNING_SIZE]
    if loss < reals[R_BEST_LOSS] - reals[R_MIN_DELTA]:
        reals[R_BEST_LOSS] = loss
        ints[I_BEST_STEP] = ints[I_STEP]
        ints[I_BAD_EVALUATIONS] = 0
        copy_within(pool, theta, best, count)
        copy_within(pool, running, best + count, running_size)
        return
    ints[I_BAD_EVALUATIONS] += 1
    if ints[I_BAD_EVALUATIONS] >= ints[I_PATIENCE]:
        ints[I_STOPPED] = 1
    ended = ints[I_STOPPED] == 1 or ints[I_STEP] >= ints[I_LIMIT]
    if ended and ints[I_RESTORE_BEST] == 1 and ints[I_BEST_STEP] >= 0:
        copy_within(pool, best, theta, count)
        copy_within(pool, best + count, running, running_size)
        ints[I_BAD_EVALUATIONS] = 0
        ints[I_RESTORED] = 1
        ints[I_EVALUATION_ROW] = 0
