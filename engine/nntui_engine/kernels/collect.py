"""From what the pieces of a step found to the statistics of the step."""

import math

import numpy as np

from . import columns as c
from .activation import can_fall_silent
from .policy import kernel


@kernel
def merged(sums, at, step, pieces, whole, mean_column):
    """(mean, variance) of everything, from those of each piece; the variance stands beside the mean.

    Piece p holds ``whole``·(p + 1) // pieces − ``whole``·p // pieces equal shares (Chan, Golub & LeVeque 1979).
    """
    count, mean, variance = 0, 0.0, 0.0
    for piece in range(pieces):
        more = whole * (piece + 1) // pieces - whole * piece // pieces
        if more == 0:
            continue
        row = at + piece * step + mean_column
        if count == 0:
            count, mean, variance = more, sums[row], sums[row + 1]
            continue
        off = sums[row] - mean
        share = more / (count + more)
        mean += off * share
        variance = variance * (1.0 - share) + sums[row + 1] * share + off * off * share * (1.0 - share)
        count += more
    return mean, variance


@kernel
def total(sums, at, step, pieces, column):
    """Σ of one column over the pieces, in their order."""
    found = 0.0
    for piece in range(pieces):
        found += sums[at + piece * step + column]
    return found


@kernel
def silent_units(lane, node):
    """Units that were exactly 0 on every row of the mini-batch."""
    ints, silent = lane.ints, 0
    for j in range(lane.nodes[node, c.N_UNITS]):
        fired = False
        for piece in range(ints[c.I_ROW_PIECES]):
            at = ints[c.I_FIRED] + piece * ints[c.I_FIRED_STEP] + lane.nodes[node, c.N_ACTIVE] + j
            fired = fired or lane.pool[at] != 0.0
        silent += 0 if fired else 1
    return silent


@kernel
def collect_loss(ints, sums):
    """(loss, share of right answers) of the mini-batch."""
    at = ints[c.I_PARTIALS] + ints[c.I_NODES] * c.PARTIALS
    pieces, step = ints[c.I_ROW_PIECES], ints[c.I_PARTIAL_STEP]
    right = total(sums, at, step, pieces, c.F_RIGHT)
    return total(sums, at, step, pieces, c.F_LOSS), right / ints[c.I_BATCH_ROWS]


@kernel
def collect_rows(lane, node, row):
    """Fill ``row`` (STEP_STATISTICS) with what a node passed on and back; returns its NaN and Inf entries."""
    sums, ints = lane.sums, lane.ints
    rows, step, pieces = ints[c.I_BATCH_ROWS], ints[c.I_PARTIAL_STEP], ints[c.I_ROW_PIECES]
    at = ints[c.I_PARTIALS] + node * c.PARTIALS
    mean, variance = merged(sums, at, step, pieces, rows, c.F_PRE_ACTIVATION_MEAN)
    row[c.S_PRE_ACTIVATION_MEAN] = mean
    row[c.S_PRE_ACTIVATION_VARIANCE] = variance
    mean, variance = merged(sums, at, step, pieces, rows, c.F_ACTIVATION_MEAN)
    row[c.S_ACTIVATION_MEAN] = mean
    row[c.S_ACTIVATION_VARIANCE] = variance
    _, variance = merged(sums, at, step, pieces, rows, c.F_BACKPROP_MEAN)
    row[c.S_BACKPROP_VARIANCE] = variance
    row[c.S_SATURATED_FRACTION] = total(sums, at, step, pieces, c.F_SATURATED) / (rows * lane.nodes[node, c.N_Z_WIDTH])
    silent = silent_units(lane, node) if can_fall_silent(lane.nodes[node, c.N_ACTIVATION]) else 0.0
    row[c.S_INACTIVE_UNITS] = silent
    return total(sums, at, step, pieces, c.F_ROWS_BROKEN)


@kernel
def collect_parameters(lane, node, row, penalty):
    """Fill ``row`` (STEP_STATISTICS) with what a node's gradient, weights and step were like; NaN for a node without.

    Returns (Σ g² of all it learns, ``penalty`` and its own, NaN and Inf entries).
    """
    sums, ints = lane.sums, lane.ints
    step, pieces, at = ints[c.I_PARTIAL_STEP], ints[c.I_PARAMETER_PIECES], ints[c.I_PARTIALS] + node * c.PARTIALS
    if lane.nodes[node, c.N_MEASURED_END] == lane.nodes[node, c.N_START]:
        for column in range(c.S_GRADIENT_NORM, c.S_UPDATE_RATIO + 1):
            row[column] = np.nan
        return total(sums, at, step, pieces, c.F_OTHERS_SQUARES), penalty, 0.0
    own = total(sums, at, step, pieces, c.F_GRADIENT_SQUARES)
    row[c.S_GRADIENT_NORM] = math.sqrt(own)
    largest = 0.0
    for piece in range(pieces):
        found = sums[at + piece * step + c.F_GRADIENT_MAX]
        largest = found if found > largest or found != found else largest
    row[c.S_GRADIENT_MAX] = largest
    entries = lane.nodes[node, c.N_MEASURED_END] - lane.nodes[node, c.N_START]
    row[c.S_GRADIENT_MEAN_ABS] = total(sums, at, step, pieces, c.F_GRADIENT_MAGNITUDES) / entries
    row[c.S_GRADIENT_ZERO_FRACTION] = total(sums, at, step, pieces, c.F_GRADIENT_ZEROS) / entries
    weights = lane.nodes[node, c.N_BLOCK]  # they come first
    mean, variance = merged(sums, at, step, pieces, lane.blocks[weights, c.B_ROWS], c.F_WEIGHT_MEAN)
    norm = math.sqrt((variance + mean * mean) * lane.blocks[weights, c.B_SIZE])
    row[c.S_WEIGHT_MEAN] = mean
    row[c.S_WEIGHT_VARIANCE] = variance
    row[c.S_WEIGHT_NORM] = norm
    row[c.S_UPDATE_RATIO] = 0.0
    if lane.nodes[node, c.N_TRAINABLE] == 1:  # NumPy's division, so that plain Python too gives Inf for weights of 0
        row[c.S_UPDATE_RATIO] = np.sqrt(total(sums, at, step, pieces, c.F_STEP_SQUARES)) / np.float64(norm)
    l1, l2 = (
        lane.block_reals[weights, c.B_L1] + lane.block_reals[weights, c.B_L1_THRESHOLD],
        lane.block_reals[weights, c.B_L2],
    )
    if l1 > 0.0:
        penalty += l1 * total(sums, at, step, pieces, c.F_WEIGHT_MAGNITUDES)
    if l2 > 0.0:
        penalty += 0.5 * l2 * norm * norm
    own += total(sums, at, step, pieces, c.F_OTHERS_SQUARES)
    return own, penalty, total(sums, at, step, pieces, c.F_PARAMETERS_BROKEN)


@kernel
def collect(lane, table, whole):
    """Fill ``table`` (layers, STEP_STATISTICS) and ``whole`` (WHOLE) with the statistics of the step just taken."""
    ints, reals = lane.ints, lane.reals
    step, pieces = ints[c.I_PARTIAL_STEP], ints[c.I_PARAMETER_PIECES]
    squares = total(lane.sums, ints[c.I_PARTIALS], step, pieces, c.F_OTHERS_SQUARES)  # of what the inputs learn
    kept = total(lane.sums, ints[c.I_PARTIALS], step, pieces, c.F_CLIPPED_SQUARES) if ints[c.I_SPLIT] == 1 else squares
    penalty = 0.0
    for node in range(1, ints[c.I_NODES]):
        row = table[node - 1]
        broken = collect_rows(lane, node, row)
        own, penalty, more = collect_parameters(lane, node, row, penalty)
        row[c.S_NON_FINITE] = broken + more
        squares += own
        if ints[c.I_SPLIT] == 1:
            at = ints[c.I_PARTIALS] + node * c.PARTIALS
            kept += total(lane.sums, at, step, pieces, c.F_CLIPPED_SQUARES)
        elif lane.nodes[node, c.N_TRAINABLE] == 1:
            kept += own
    loss, accuracy = collect_loss(ints, lane.sums)
    whole[c.W_LOSS] = loss
    whole[c.W_ACCURACY] = accuracy
    whole[c.W_PENALTY] = penalty
    whole[c.W_GRADIENT_NORM] = math.sqrt(squares)
    whole[c.W_CLIPPED_GRADIENT_NORM] = math.sqrt(kept) * reals[c.R_CLIP_FACTOR]
    whole[c.W_LR] = reals[c.R_RATE]


@kernel
def collect_more(lane, row):
    """Fill ``row`` with the statistics of linked kinds: means over the rows of the mini-batch."""
    ints = lane.ints
    for node in range(1, ints[c.I_NODES]):
        at, step, to = lane.nodes[node, c.N_MORE], lane.nodes[node, c.N_MORE_STEP], lane.nodes[node, c.N_MORE_AT]
        for j in range(lane.nodes[node, c.N_MORE_COUNT]):
            found = 0.0
            for piece in range(ints[c.I_ROW_PIECES]):
                found += lane.sums[at + piece * step + j]
            row[to + j] = found / ints[c.I_BATCH_ROWS]
