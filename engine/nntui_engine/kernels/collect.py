"""From what the pieces of a step found to the statistics of the step."""

import math

import numpy as np

from .activation import can_fall_silent
from .columns import (
    F_ACTIVATION_MEAN,
    F_BACKPROP_MEAN,
    F_CLIPPED_SQUARES,
    F_GRADIENT_MAGNITUDES,
    F_GRADIENT_MAX,
    F_GRADIENT_SQUARES,
    F_GRADIENT_ZEROS,
    F_LOSS,
    F_OTHERS_SQUARES,
    F_PARAMETERS_BROKEN,
    F_PRE_ACTIVATION_MEAN,
    F_RIGHT,
    F_ROWS_BROKEN,
    F_SATURATED,
    F_STEP_SQUARES,
    F_WEIGHT_MAGNITUDES,
    F_WEIGHT_MEAN,
    I_BATCH_ROWS,
    I_FIRED,
    I_FIRED_STEP,
    I_LAYERS,
    I_PARAMETER_PIECES,
    I_PARTIAL_STEP,
    I_PARTIALS,
    I_ROW_PIECES,
    I_SPLIT,
    L_L1,
    L_L1_THRESHOLD,
    L_L2,
    P_ACTIVATION,
    P_ACTIVE,
    P_INPUTS,
    P_TRAINABLE,
    P_UNITS,
    PARTIALS,
    R_CLIP_FACTOR,
    R_RATE,
    S_ACTIVATION_MEAN,
    S_ACTIVATION_VARIANCE,
    S_BACKPROP_VARIANCE,
    S_GRADIENT_MAX,
    S_GRADIENT_MEAN_ABS,
    S_GRADIENT_NORM,
    S_GRADIENT_ZERO_FRACTION,
    S_INACTIVE_UNITS,
    S_NON_FINITE,
    S_PRE_ACTIVATION_MEAN,
    S_PRE_ACTIVATION_VARIANCE,
    S_SATURATED_FRACTION,
    S_UPDATE_RATIO,
    S_WEIGHT_MEAN,
    S_WEIGHT_NORM,
    S_WEIGHT_VARIANCE,
    W_ACCURACY,
    W_CLIPPED_GRADIENT_NORM,
    W_GRADIENT_NORM,
    W_LOSS,
    W_LR,
    W_PENALTY,
)
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
def silent_units(pool, layer, plan, ints):
    """Units that were exactly 0 on every row of the mini-batch."""
    units = plan[layer, P_UNITS]
    silent = 0
    for j in range(units):
        fired = False
        for piece in range(ints[I_ROW_PIECES]):
            at = ints[I_FIRED] + piece * ints[I_FIRED_STEP] + plan[layer, P_ACTIVE] + j
            fired = fired or pool[at] != 0.0
        silent += 0 if fired else 1
    return silent


@kernel
def collect_loss(ints, sums):
    """(loss, share of right answers) of the mini-batch."""
    at = ints[I_PARTIALS] + ints[I_LAYERS] * PARTIALS
    pieces, step = ints[I_ROW_PIECES], ints[I_PARTIAL_STEP]
    right = total(sums, at, step, pieces, F_RIGHT)
    return total(sums, at, step, pieces, F_LOSS), right / ints[I_BATCH_ROWS]


@kernel
def collect(pool, plan, layer_reals, ints, reals, sums, table, whole):
    """Fill ``table`` (layers, STEP_STATISTICS) and ``whole`` (WHOLE) with the statistics of the step just taken."""
    rows, step = ints[I_BATCH_ROWS], ints[I_PARTIAL_STEP]
    row_pieces, pieces = ints[I_ROW_PIECES], ints[I_PARAMETER_PIECES]
    squares, kept, penalty = 0.0, 0.0, 0.0
    for layer in range(ints[I_LAYERS]):
        inputs, units = plan[layer, P_INPUTS], plan[layer, P_UNITS]
        at = ints[I_PARTIALS] + layer * PARTIALS
        row = table[layer]
        mean, variance = merged(sums, at, step, row_pieces, rows, F_PRE_ACTIVATION_MEAN)
        row[S_PRE_ACTIVATION_MEAN] = mean
        row[S_PRE_ACTIVATION_VARIANCE] = variance
        mean, variance = merged(sums, at, step, row_pieces, rows, F_ACTIVATION_MEAN)
        row[S_ACTIVATION_MEAN] = mean
        row[S_ACTIVATION_VARIANCE] = variance
        _, variance = merged(sums, at, step, row_pieces, rows, F_BACKPROP_MEAN)
        row[S_BACKPROP_VARIANCE] = variance
        row[S_SATURATED_FRACTION] = total(sums, at, step, row_pieces, F_SATURATED) / (rows * units)
        row[S_INACTIVE_UNITS] = (
            silent_units(pool, layer, plan, ints) if can_fall_silent(plan[layer, P_ACTIVATION]) else 0.0
        )
        size = inputs * units
        own = total(sums, at, step, pieces, F_GRADIENT_SQUARES)
        row[S_GRADIENT_NORM] = math.sqrt(own)
        largest = 0.0
        for piece in range(pieces):
            found = sums[at + piece * step + F_GRADIENT_MAX]
            largest = found if found > largest or found != found else largest
        row[S_GRADIENT_MAX] = largest
        row[S_GRADIENT_MEAN_ABS] = total(sums, at, step, pieces, F_GRADIENT_MAGNITUDES) / (size + units)
        row[S_GRADIENT_ZERO_FRACTION] = total(sums, at, step, pieces, F_GRADIENT_ZEROS) / (size + units)
        mean, variance = merged(sums, at, step, pieces, inputs, F_WEIGHT_MEAN)
        norm = math.sqrt((variance + mean * mean) * size)
        row[S_WEIGHT_MEAN] = mean
        row[S_WEIGHT_VARIANCE] = variance
        row[S_WEIGHT_NORM] = norm
        row[S_UPDATE_RATIO] = 0.0
        if plan[layer, P_TRAINABLE] == 1:  # NumPy's division, so that plain Python too gives Inf for weights of 0
            row[S_UPDATE_RATIO] = np.sqrt(total(sums, at, step, pieces, F_STEP_SQUARES)) / np.float64(norm)
        row[S_NON_FINITE] = total(sums, at, step, row_pieces, F_ROWS_BROKEN)
        row[S_NON_FINITE] += total(sums, at, step, pieces, F_PARAMETERS_BROKEN)
        l1, l2 = layer_reals[layer, L_L1] + layer_reals[layer, L_L1_THRESHOLD], layer_reals[layer, L_L2]
        if l1 > 0.0:
            penalty += l1 * total(sums, at, step, pieces, F_WEIGHT_MAGNITUDES)
        if l2 > 0.0:
            penalty += 0.5 * l2 * norm * norm
        own += total(sums, at, step, pieces, F_OTHERS_SQUARES)
        squares += own
        if ints[I_SPLIT] == 1:
            kept += total(sums, at, step, pieces, F_CLIPPED_SQUARES)
        elif plan[layer, P_TRAINABLE] == 1:
            kept += own
    loss, accuracy = collect_loss(ints, sums)
    whole[W_LOSS] = loss
    whole[W_ACCURACY] = accuracy
    whole[W_PENALTY] = penalty
    whole[W_GRADIENT_NORM] = math.sqrt(squares)
    whole[W_CLIPPED_GRADIENT_NORM] = math.sqrt(kept) * reals[R_CLIP_FACTOR]
    whole[W_LR] = reals[R_RATE]
