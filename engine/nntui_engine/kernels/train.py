"""One lane's training loop: many steps in one launch, and the same bits however the launches are cut.

A step is worked in pieces: of the mini-batch's rows (forward, backward), then of the parameters (gradient, update).
How many pieces follows from the network and the batch, never from the machine, so that threads may share them.
"""

from . import columns as c
from .codes import NOWHERE, PROBE, TRAIN, TRAIN_ROWS
from .collect import collect, collect_more
from .evaluate import evaluate_block
from .lanes import lane_of, written_of
from .layers.inputs import rows_from
from .origin import backward_origin, forward_origin, parameters_are_finite, rows_are_finite
from .policy import entry_kernel, inlined_kernel, kernel
from .random import SHUFFLE, shuffle, stream_key
from .rows import work_on_rows
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
from .views import vector

BACKWARD_COST = 3  # a training row costs about this many forward rows


@inlined_kernel
def next_batch_rows(ints):
    """Rows of the next mini-batch: the last one of an epoch may be smaller."""
    return min(ints[c.I_BATCH], ints[c.I_ROWS] - ints[c.I_POSITION])


@kernel
def begin_batch(lane):
    """A new row order at the beginning of an epoch; how many rows come next, and where from."""
    ints = lane.ints
    n = next_batch_rows(ints)
    ints[c.I_BATCH_ROWS] = n
    rows_from(lane, ints[c.I_X], n < ints[c.I_ROWS])
    if n < ints[c.I_ROWS] and ints[c.I_POSITION] == 0:
        order = vector(lane.order, ints[c.I_ORDER], ints[c.I_ROWS])
        if ints[c.I_IN_ORDER] == 0:
            shuffle(stream_key(ints[c.I_SEED], SHUFFLE, ints[c.I_EPOCH]), order)
        else:
            for i in range(order.size):
                order[i] = i
    return n


@kernel
def do_piece(lane, kind, piece):
    """One piece of a phase of one lane's step."""
    if kind == ROWS:
        work_on_rows(lane, TRAIN_ROWS, piece, 0, 0)
    else:
        parameters_piece(lane, piece, kind)


@kernel
def run_phase(lane, shared, team, kind, pieces):
    """All pieces of a phase, with whoever helps if the phase is ``shared``."""
    if not shared or pieces == 1:
        for piece in range(pieces):
            do_piece(lane, kind, piece)
        return
    publish(team, kind, pieces)
    while True:
        _, piece = take(team)
        if piece < 0:
            break
        do_piece(lane, kind, piece)
        report(team)
    wait_done(team, pieces)


@kernel
def probe_lane(lane, team):
    """Gradient and loss on the next mini-batch without changing anything but the workspace."""
    lane.ints[c.I_MODE] = PROBE
    lane.ints[c.I_MEASURED] = 0
    begin_batch(lane)
    run_phase(lane, False, team, ROWS, lane.ints[c.I_ROW_PIECES])
    run_phase(lane, False, team, PARAMETERS, lane.ints[c.I_PARAMETER_PIECES])


@kernel
def train_step(lane, written, shared, team):
    """One update of one lane; statistics are written when the step is a sampled one. Returns the cost in rows."""
    ints, reals = lane.ints, lane.reals
    step = ints[c.I_STEP] + 1
    measured = step % ints[c.I_SAMPLE_EVERY] == 0 or step == ints[c.I_LIMIT]
    ints[c.I_MODE] = TRAIN
    ints[c.I_MEASURED] = 1 if measured else 0
    n = begin_batch(lane)
    pieces = ints[c.I_PARAMETER_PIECES]
    run_phase(lane, shared, team, ROWS, ints[c.I_ROW_PIECES])
    begin_update(ints, reals)
    if ints[c.I_BROKEN_NODE] == NOWHERE and not rows_are_finite(ints, lane.sums):
        forward_origin(lane)
    run_phase(lane, shared, team, PARAMETERS, pieces)
    if ints[c.I_SPLIT] == 1:
        clip_to_norm(lane)
        run_phase(lane, shared, team, UPDATE, pieces)
    if ints[c.I_BROKEN_NODE] == NOWHERE and not parameters_are_finite(ints, lane.sums):
        backward_origin(lane)
    if measured:
        slot = ints[c.I_SAMPLES]
        collect(lane, written.layers[slot], written.whole[slot])
        collect_more(lane, written.more[slot])
        written.steps[slot] = step
        ints[c.I_SAMPLES] = slot + 1
    ints[c.I_STEP] = step
    ints[c.I_POSITION] += n
    if ints[c.I_POSITION] >= ints[c.I_ROWS]:
        ints[c.I_POSITION] = 0
        ints[c.I_EPOCH] += 1
    if step % ints[c.I_EVALUATE_EVERY] == 0 or step == ints[c.I_LIMIT]:
        ints[c.I_EVALUATION_ROW] = 0
    return BACKWARD_COST * n


@kernel
def train_lane(lane, written, shared, until, budget, team):
    """Train one lane up to step ``until``, or until ``budget`` rows are spent or an output is full.

    ``shared``: helpers may take pieces of each step.
    """
    ints = lane.ints
    ints[c.I_SAMPLES] = 0
    ints[c.I_EVALUATIONS] = 0
    while budget > 0:
        if ints[c.I_EVALUATION_ROW] >= 0:
            slot = ints[c.I_EVALUATIONS]
            if slot == written.evaluated.size:
                return
            written.evaluated[slot] = ints[c.I_STEP]
            budget -= evaluate_block(lane, written)
        elif ints[c.I_STOPPED] == 1 or ints[c.I_STEP] >= until or ints[c.I_SAMPLES] == written.steps.size:
            return
        else:
            budget -= train_step(lane, written, shared, team)


@entry_kernel
def train_lanes(role, tables, written):
    """One launch: every lane as far as ``train_lane`` takes it. One thread calls it to LEAD, any others to HELP.

    With the role of PROBER the first lane is probed instead, and none trained. Several lanes are dealt out whole; the
    steps of a single one are shared piece by piece.
    """
    team, goals = tables.team, tables.goals
    if role == PROBER:
        probe_lane(lane_of(tables, 0), team)
        return
    lanes = tables.ints.shape[0]
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
            for i in range(lanes * piece // shares, lanes * (piece + 1) // shares):
                train_lane(lane_of(tables, i), written_of(written, i), single, goals[i], goals[lanes], team)
        else:
            do_piece(lane_of(tables, 0), kind, piece)
        if single:
            break
        report(team)
    if leading and not single:
        wait_done(team, shares)
