"""One lane's training loop: many steps in one launch, and the same bits however the launches are cut."""

from numba import prange

from .backward import SATURATED_BELOW, backward
from .columns import (
    I_ACCURACY,
    I_BATCH,
    I_EPOCH,
    I_EVALUATE_EVERY,
    I_EVALUATION_ROW,
    I_EVALUATIONS,
    I_INPUTS,
    I_LAYERS,
    I_LIMIT,
    I_MEASURED,
    I_MODE,
    I_ORDER,
    I_OUTPUTS,
    I_POSITION,
    I_ROWS,
    I_SAMPLE_EVERY,
    I_SAMPLES,
    I_SEED,
    I_SLOPES,
    I_STEP,
    I_STOPPED,
    I_T,
    I_TB,
    I_THETA,
    I_X,
    I_XB,
    L_LARGEST_SLOPE,
    P_A,
    P_ALPHA,
    R_ACCURACY_THRESHOLD,
    S_SATURATED_FRACTION,
    W_ACCURACY,
    W_LOSS,
)
from .evaluate import evaluate_block, output_loss
from .forward import PROBE, TRAIN, block_of_rows, forward, gather, prepare_inputs, touches_inputs
from .loss import count_correct
from .measure import count_below
from .policy import entry_kernel, inlined_kernel, kernel, parallel_kernel
from .random import SHUFFLE, shuffle, stream_key
from .update import update
from .views import matrix, vector

BACKWARD_COST = 3  # a training row costs about this many forward rows


@inlined_kernel
def next_batch_rows(ints):
    """Rows of the next mini-batch: the last one of an epoch may be smaller."""
    return min(ints[I_BATCH], ints[I_ROWS] - ints[I_POSITION])


@kernel
def load_batch(data, pool, order, ints, reals):
    """(x, rows) of the next mini-batch, its targets in the lane's target buffer; the data itself stays untouched."""
    rows, inputs, outputs = ints[I_ROWS], ints[I_INPUTS], ints[I_OUTPUTS]
    n = next_batch_rows(ints)
    if n == rows:  # the whole set, in its own order
        for i in range(rows * outputs):
            pool[ints[I_TB] + i] = data[ints[I_T] + i]
        return block_of_rows(data, pool, ints[I_X], n, ints, reals), n
    lane_order = vector(order, ints[I_ORDER], rows)
    if ints[I_POSITION] == 0:
        shuffle(stream_key(ints[I_SEED], SHUFFLE, ints[I_EPOCH]), lane_order)
    x = matrix(pool, ints[I_XB], n, inputs)
    gather(data, ints[I_X], n, inputs, lane_order, ints[I_POSITION], x)
    gather(data, ints[I_T], n, outputs, lane_order, ints[I_POSITION], matrix(pool, ints[I_TB], n, outputs))
    if touches_inputs(ints, reals):
        prepare_inputs(pool, n, ints, reals)
    return x, n


@inlined_kernel
def forward_backward(data, pool, order, plan, layer_reals, ints, reals, table, whole):
    """Forward and backward on the next mini-batch; the gradient stays in the pool. Returns the data loss."""
    x, n = load_batch(data, pool, order, ints, reals)
    forward(pool, x, n, plan, layer_reals, ints, reals, table)
    outputs = ints[I_OUTPUTS]
    t = matrix(pool, ints[I_TB], n, outputs)
    loss = output_loss(pool, t, n, plan, layer_reals, ints, reals)
    if ints[I_MEASURED] == 1:
        last = ints[I_LAYERS] - 1
        a = matrix(pool, plan[last, P_A], n, outputs)
        whole[W_LOSS] = loss
        whole[W_ACCURACY] = count_correct(ints[I_ACCURACY], reals[R_ACCURACY_THRESHOLD], a, t) / n
        slopes = vector(pool, ints[I_SLOPES], n * outputs)
        steepest = layer_reals[last, L_LARGEST_SLOPE]
        if plan[last, P_ALPHA] >= 0:
            steepest = max(1.0, abs(float(pool[ints[I_THETA] + plan[last, P_ALPHA]])))
        limit = SATURATED_BELOW * steepest
        table[last, S_SATURATED_FRACTION] = count_below(slopes, limit) / (n * outputs)
    backward(pool, x, n, plan, layer_reals, ints, reals, table)
    return loss


@entry_kernel
def probe_lane(data, pool, order, plan, layer_reals, ints, reals, table, whole):
    """Gradient and loss on the next mini-batch without changing anything but the workspace. Returns the data loss."""
    ints[I_MODE] = PROBE
    ints[I_MEASURED] = 1
    return forward_backward(data, pool, order, plan, layer_reals, ints, reals, table, whole)


@inlined_kernel
def train_step(data, pool, order, plan, layer_reals, ints, reals, out_steps, out_layers, out_whole):
    """One update of one lane; statistics are written when the step is a sampled one. Returns the cost in rows."""
    step = ints[I_STEP] + 1
    measured = step % ints[I_SAMPLE_EVERY] == 0 or step == ints[I_LIMIT]
    slot = ints[I_SAMPLES]
    table, whole = out_layers[slot], out_whole[slot]
    n = next_batch_rows(ints)
    ints[I_MODE] = TRAIN
    ints[I_MEASURED] = 1 if measured else 0
    forward_backward(data, pool, order, plan, layer_reals, ints, reals, table, whole)
    update(pool, plan, layer_reals, ints, reals, table, whole)
    if measured:
        out_steps[slot] = step
        ints[I_SAMPLES] = slot + 1
    ints[I_STEP] = step
    ints[I_POSITION] += n
    if ints[I_POSITION] >= ints[I_ROWS]:
        ints[I_POSITION] = 0
        ints[I_EPOCH] += 1
    if step % ints[I_EVALUATE_EVERY] == 0 or step == ints[I_LIMIT]:
        ints[I_EVALUATION_ROW] = 0
    return BACKWARD_COST * n


@entry_kernel
def train_lane(
    until,
    budget,
    data,
    pool,
    order,
    sums,
    plan,
    layer_reals,
    ints,
    reals,
    out_steps,
    out_layers,
    out_whole,
    out_evaluated,
    out_evaluation,
    out_evaluation_layers,
):
    """Train one lane up to step ``until``, or until ``budget`` rows are spent or an output is full.

    Shapes: data, pool (flat, one real dtype); order (flat int32); sums (flat float64); plan (layers, PLAN);
    layer_reals (layers, LAYER_REALS); ints (INTS); reals (REALS). Outputs: out_steps (samples), out_layers (samples,
    layers, STEP_STATISTICS), out_whole (samples, WHOLE), out_evaluated (evaluations), out_evaluation (evaluations,
    EVALUATIONS), out_evaluation_layers (evaluations, layers, LAYER_EVALUATIONS).
    """
    ints[I_SAMPLES] = 0
    ints[I_EVALUATIONS] = 0
    while budget > 0:
        if ints[I_EVALUATION_ROW] >= 0:
            slot = ints[I_EVALUATIONS]
            if slot == out_evaluated.size:
                return
            out_evaluated[slot] = ints[I_STEP]
            budget -= evaluate_block(
                data, pool, sums, plan, layer_reals, ints, reals, out_evaluation, out_evaluation_layers
            )
        elif ints[I_STOPPED] == 1 or ints[I_STEP] >= until or ints[I_SAMPLES] == out_steps.size:
            return
        else:
            budget -= train_step(data, pool, order, plan, layer_reals, ints, reals, out_steps, out_layers, out_whole)


@parallel_kernel
def train_lanes(
    until,
    budget,
    data,
    pool,
    order,
    sums,
    plan,
    layer_reals,
    ints,
    reals,
    out_steps,
    out_layers,
    out_whole,
    out_evaluated,
    out_evaluation,
    out_evaluation_layers,
):
    """``train_lane`` for every lane in parallel: each array has a leading lane axis (the flat pools are shared).

    ``until`` (lanes) is each lane's own goal. A lane is sequential inside, so the thread count cannot change its bits.
    """
    for lane in prange(ints.shape[0]):
        train_lane(
            until[lane],
            budget,
            data,
            pool,
            order,
            sums,
            plan[lane],
            layer_reals[lane],
            ints[lane],
            reals[lane],
            out_steps[lane],
            out_layers[lane],
            out_whole[lane],
            out_evaluated[lane],
            out_evaluation[lane],
            out_evaluation_layers[lane],
        )
