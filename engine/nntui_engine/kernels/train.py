"""One lane's training loop: many steps in one launch, and the same bits however the launches are cut.

A step is worked in pieces: of the mini-batch's rows (forward, backward), then of the parameters (gradient, update).
How many pieces follows from the network and the batch, never from the machine, so that threads may share them.
"""

from .backward import SATURATED_BELOW, backward
from .codes import NOWHERE
from .collect import collect
from .columns import (
    F_LOSS,
    F_RIGHT,
    F_ROWS_ARE_BROKEN,
    F_ROWS_BROKEN,
    F_SATURATED,
    I_ACCURACY,
    I_BATCH,
    I_BATCH_ROWS,
    I_BROKEN_NODE,
    I_EPOCH,
    I_EVALUATE_EVERY,
    I_EVALUATION_ROW,
    I_EVALUATIONS,
    I_FIRED,
    I_FIRED_STEP,
    I_LAYERS,
    I_LIMIT,
    I_MEASURED,
    I_MODE,
    I_ORDER,
    I_OUTPUTS,
    I_PARAMETER_PIECES,
    I_PARTIAL_STEP,
    I_PARTIALS,
    I_POSITION,
    I_ROW_PIECES,
    I_ROWS,
    I_SAMPLE_EVERY,
    I_SAMPLES,
    I_SEED,
    I_SLOPES,
    I_SPLIT,
    I_STEP,
    I_STOPPED,
    I_THETA,
    L_LARGEST_SLOPE,
    P_A,
    P_ACTIVE,
    P_ALPHA,
    P_UNITS,
    PARTIALS,
    R_ACCURACY_THRESHOLD,
)
from .evaluate import evaluate_block, output_loss
from .forward import PROBE, TRAIN, batch_inputs, batch_targets, forward, load_rows
from .loss import count_correct
from .measure import count_below
from .origin import backward_origin, forward_origin, parameters_are_finite, rows_are_finite
from .policy import entry_kernel, inlined_kernel, kernel
from .random import SHUFFLE, shuffle, stream_key
from .team import (
    LANES,
    LEAD,
    MOST_SHARES,
    PARAMETERS,
    PROBER,
    ROWS,
    UPDATE,
    publish,
    report,
    take,
    wait_done,
    wait_ticket,
)
from .update import begin_update, clip_to_norm, parameters_piece
from .views import matrix, vector

BACKWARD_COST = 3  # a training row costs about this many forward rows


@inlined_kernel
def next_batch_rows(ints):
    """Rows of the next mini-batch: the last one of an epoch may be smaller."""
    return min(ints[I_BATCH], ints[I_ROWS] - ints[I_POSITION])


@kernel
def begin_batch(order, ints):
    """A new row order at the beginning of an epoch; how many rows come next."""
    n = next_batch_rows(ints)
    ints[I_BATCH_ROWS] = n
    if n < ints[I_ROWS] and ints[I_POSITION] == 0:
        shuffle(stream_key(ints[I_SEED], SHUFFLE, ints[I_EPOCH]), vector(order, ints[I_ORDER], ints[I_ROWS]))
    return n


@kernel
def rows_piece(data, pool, order, piece, plan, layer_reals, ints, reals, sums):
    """Forward and backward for one piece of the mini-batch's rows; every layer's delta stays in the pool."""
    rows, pieces = ints[I_BATCH_ROWS], ints[I_ROW_PIECES]
    first = rows * piece // pieces
    n = rows * (piece + 1) // pieces - first
    result = ints[I_PARTIALS] + piece * ints[I_PARTIAL_STEP] + ints[I_LAYERS] * PARTIALS
    sums[result + F_LOSS] = 0.0
    sums[result + F_RIGHT] = 0.0
    sums[result + F_ROWS_ARE_BROKEN] = 0.0
    last = ints[I_LAYERS] - 1
    outputs = ints[I_OUTPUTS]
    measured = ints[I_MEASURED] == 1
    if n == 0:
        for layer in range(last + 1):
            row = ints[I_PARTIALS] + piece * ints[I_PARTIAL_STEP] + layer * PARTIALS
            sums[row + F_SATURATED] = 0.0
            sums[row + F_ROWS_BROKEN] = 0.0
            fired_at = ints[I_FIRED] + piece * ints[I_FIRED_STEP] + plan[layer, P_ACTIVE]
            for j in range(plan[layer, P_UNITS]):
                pool[fired_at + j] = 0.0
        return
    load_rows(data, pool, order, first, n, ints, reals)
    x = batch_inputs(data, pool, first, n, ints, reals)
    t = batch_targets(data, pool, first, n, ints)
    forward(pool, x, piece, first, n, plan, layer_reals, ints, reals, sums)
    sums[result + F_LOSS] = output_loss(pool, t, piece, first, n, rows, plan, layer_reals, ints, reals)
    if measured:
        a = matrix(pool, plan[last, P_A] + first * outputs, n, outputs)
        sums[result + F_RIGHT] = count_correct(ints[I_ACCURACY], reals[R_ACCURACY_THRESHOLD], a, t)
        slopes = vector(pool, ints[I_SLOPES] + first * outputs, n * outputs)
        steepest = layer_reals[last, L_LARGEST_SLOPE]
        if plan[last, P_ALPHA] >= 0:
            steepest = max(1.0, abs(float(pool[ints[I_THETA] + plan[last, P_ALPHA]])))
        row = ints[I_PARTIALS] + piece * ints[I_PARTIAL_STEP] + last * PARTIALS
        sums[row + F_SATURATED] = count_below(slopes, SATURATED_BELOW * steepest)
    backward(pool, piece, first, n, plan, layer_reals, ints, sums)


@kernel
def do_piece(kind, piece, data, pool, order, sums, plan, layer_reals, ints, reals):
    """One piece of a phase of one lane's step."""
    if kind == ROWS:
        rows_piece(data, pool, order, piece, plan, layer_reals, ints, reals, sums)
    else:
        parameters_piece(data, pool, piece, kind, plan, layer_reals, ints, reals, sums)


@kernel
def run_phase(shared, team, kind, pieces, data, pool, order, sums, plan, layer_reals, ints, reals):
    """All pieces of a phase, with whoever helps if the phase is ``shared``."""
    if not shared or pieces == 1:
        for piece in range(pieces):
            do_piece(kind, piece, data, pool, order, sums, plan, layer_reals, ints, reals)
        return
    publish(team, kind, pieces)
    while True:
        _, piece = take(team)
        if piece < 0:
            break
        do_piece(kind, piece, data, pool, order, sums, plan, layer_reals, ints, reals)
        report(team)
    wait_done(team, pieces)


@kernel
def probe_lane(team, data, pool, order, sums, plan, layer_reals, ints, reals):
    """Gradient and loss on the next mini-batch without changing anything but the workspace."""
    ints[I_MODE] = PROBE
    ints[I_MEASURED] = 0
    begin_batch(order, ints)
    run_phase(False, team, ROWS, ints[I_ROW_PIECES], data, pool, order, sums, plan, layer_reals, ints, reals)
    run_phase(
        False, team, PARAMETERS, ints[I_PARAMETER_PIECES], data, pool, order, sums, plan, layer_reals, ints, reals
    )


@kernel
def train_step(shared, team, data, pool, order, sums, plan, layer_reals, ints, reals, out_steps, out_layers, out_whole):
    """One update of one lane; statistics are written when the step is a sampled one. Returns the cost in rows."""
    step = ints[I_STEP] + 1
    measured = step % ints[I_SAMPLE_EVERY] == 0 or step == ints[I_LIMIT]
    ints[I_MODE] = TRAIN
    ints[I_MEASURED] = 1 if measured else 0
    n = begin_batch(order, ints)
    pieces = ints[I_PARAMETER_PIECES]
    run_phase(shared, team, ROWS, ints[I_ROW_PIECES], data, pool, order, sums, plan, layer_reals, ints, reals)
    begin_update(ints, reals)
    if ints[I_BROKEN_NODE] == NOWHERE and not rows_are_finite(ints, sums):
        forward_origin(data, pool, plan, ints, reals)
    run_phase(shared, team, PARAMETERS, pieces, data, pool, order, sums, plan, layer_reals, ints, reals)
    if ints[I_SPLIT] == 1:
        clip_to_norm(ints, reals, sums)
        run_phase(shared, team, UPDATE, pieces, data, pool, order, sums, plan, layer_reals, ints, reals)
    if ints[I_BROKEN_NODE] == NOWHERE and not parameters_are_finite(ints, sums):
        backward_origin(data, pool, plan, ints, reals, sums)
    if measured:
        slot = ints[I_SAMPLES]
        collect(pool, plan, layer_reals, ints, reals, sums, out_layers[slot], out_whole[slot])
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


@kernel
def train_lane(
    shared,
    until,
    budget,
    team,
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

    Shapes: as in ``train_lanes``, without the lane axis. ``shared``: helpers may take pieces of each step.
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
                data, pool, order, sums, plan, layer_reals, ints, reals, out_evaluation, out_evaluation_layers
            )
        elif ints[I_STOPPED] == 1 or ints[I_STEP] >= until or ints[I_SAMPLES] == out_steps.size:
            return
        else:
            budget -= train_step(
                shared, team, data, pool, order, sums, plan, layer_reals, ints, reals, out_steps, out_layers, out_whole
            )


@entry_kernel
def train_lanes(
    role,
    goals,
    team,
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
    """One launch: every lane as far as ``train_lane`` takes it. One thread calls it to LEAD, any others to HELP.

    With the role of PROBER the first lane is probed instead, and none trained.

    Shapes: goals (lanes + 1), each lane's last step in this launch and then its budget of rows; team (TEAM); data,
    pool (flat, one real dtype); order (flat int32); sums (flat float64). With a leading axis of lanes: plan (layers,
    PLAN); layer_reals (layers, LAYER_REALS); ints (INTS); reals (REALS); and the outputs: out_steps (samples),
    out_layers (samples, layers, STEP_STATISTICS), out_whole (samples, WHOLE), out_evaluated (evaluations),
    out_evaluation (evaluations, EVALUATIONS), out_evaluation_layers (evaluations, layers, LAYER_EVALUATIONS).

    Several lanes are dealt out whole; the steps of a single one are shared piece by piece.
    """
    if role == PROBER:
        probe_lane(team, data, pool, order, sums, plan[0], layer_reals[0], ints[0], reals[0])
        return
    lanes = ints.shape[0]
    shares = min(lanes, MOST_SHARES)
    leading = role == LEAD
    single = leading and lanes == 1
    if leading and not single:
        publish(team, LANES, shares)
    while True:
        if single:
            kind, piece = LANES, 0
        elif leading:
            kind, piece = take(team)
        else:
            kind, piece = wait_ticket(team)
        if piece < 0:
            break
        if kind == LANES:
            for lane in range(lanes * piece // shares, lanes * (piece + 1) // shares):
                train_lane(
                    single,
                    goals[lane],
                    goals[lanes],
                    team,
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
        else:
            do_piece(kind, piece, data, pool, order, sums, plan[0], layer_reals[0], ints[0], reals[0])
        if single:
            break
        report(team)
    if leading and not single:
        wait_done(team, shares)
