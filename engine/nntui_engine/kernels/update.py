"""From the gradient to new parameters: noise, clipping, the optimizer's step."""

import math

from . import columns as c
from .bits import is_finite
from .blocks import block_piece
from .codes import PROBE, WEIGHTS
from .layers.dispatch import gradient_kind
from .measure import (
    all_finite,
    count_non_finite,
    finite_or_zero,
    gradient_summary,
    mean_and_variance,
    moments,
    shifted_sums,
    sum_of_magnitudes,
    sum_of_squares,
)
from .optimizer import (
    LION,
    LR,
    NADAM,
    nadam_momentum,
    raise_momentum,
    step_into,
    subtract,
    subtract_and_keep,
    subtract_and_shrink,
)
from .policy import inlined_kernel, kernel, leaf_kernel
from .random import GRADIENT_NOISE, add_normal, stream_key
from .schedule import schedule_factor
from .team import PARAMETERS, UPDATE
from .views import vector


@kernel
def clip_values(g, clip_value):
    """Clip each entry to ±clip_value."""
    bound = g.dtype.type(clip_value)
    for i in range(g.size):
        v = g[i]
        g[i] = bound if v > bound else (-bound if v < -bound else v)


@kernel
def clip_factor(norm, clip_norm):
    """What a gradient of length ``norm`` is multiplied by to be no longer than clip_norm (0 = off).

    The form is PyTorch's: min(1, clip_norm / (‖g‖ + 1e-6)).
    """
    if clip_norm <= 0.0:
        return 1.0
    factor = clip_norm / (norm + 1e-6)
    return 1.0 if factor >= 1.0 else factor  # NaN passes: a broken gradient must not look clipped


@kernel
def clip_gradient(g, clip_value, clip_norm):
    """Clip a whole gradient, by entries and then by length; returns the length that is left."""
    if clip_value > 0.0:
        clip_values(g, clip_value)
    norm = math.sqrt(sum_of_squares(g))
    factor = clip_factor(norm, clip_norm)
    if factor != 1.0:
        scale = g.dtype.type(factor)
        for i in range(g.size):
            g[i] = g[i] * scale
        norm *= factor
    return norm


@kernel
def learning_rate(ints, reals):
    """The rate in force at the next update."""
    factor = schedule_factor(ints[c.I_SCHEDULE], reals[c.R_SCHEDULE :], ints[c.I_STEP])
    return reals[LR] * factor * reals[c.R_PLATEAU_FACTOR]


@kernel
def add_penalty_gradient(weights, gradient, l1, l2):
    """gradient += l2·w + l1·sign(w), where sign(0) = 0: the subgradient of l1·‖w‖₁ that PyTorch's abs has."""
    zero = weights.dtype.type(0.0)
    first, second = weights.dtype.type(l1), weights.dtype.type(l2)
    for i in range(weights.size):
        w = weights[i]
        sign_part = first if w > zero else (-first if w < zero else zero)
        gradient[i] = gradient[i] + second * w + sign_part


@kernel
def add_gradient(g, row, sums):
    """Add what stands in a part of one node's g = ∂L/∂(W, b) to the partial sums at ``row``; NaN and Inf are noted."""
    squares, largest, magnitudes, zeros, broken = gradient_summary(g)
    sums[row + c.F_GRADIENT_SQUARES] += squares
    sums[row + c.F_GRADIENT_MAGNITUDES] += magnitudes
    sums[row + c.F_GRADIENT_ZEROS] += zeros
    sums[row + c.F_PARAMETERS_BROKEN] += broken
    if broken > 0:
        sums[row + c.F_GRADIENT_IS_BROKEN] = 1.0
    before = sums[row + c.F_GRADIENT_MAX]
    sums[row + c.F_GRADIENT_MAX] = largest if largest > before or largest != largest else before


@inlined_kernel
def hides_broken_gradient(ints):
    """Whether a gradient that is not finite may leave finite parameters behind; else the step shows it at once.

    Lion takes the gradient's sign. All others multiply the gradient, or divide an infinity by one.
    """
    return ints[c.I_OPTIMIZER] == LION


@inlined_kernel
def step(lane, w, g, start, u):
    """Write into u the optimizer's step of the parameters w, with the gradient g, of which ``start`` is the first."""
    ints, reals = lane.ints, lane.reals
    rate, product, at = reals[c.R_RATE], reals[c.R_MOMENTUM_PRODUCT], ints[c.I_MEMORY] + start
    distance, updates = ints[c.I_MEMORY_STEP], ints[c.I_UPDATES]
    step_into(ints[c.I_OPTIMIZER], reals, rate, updates, product, w, g, lane.pool, at, distance, u)


@kernel
def step_range(lane, start, stop, piece, trainable, l1, threshold, of_gradient, of_step, row):
    """Step the parameters start … stop − 1, block by block while a block stands in the first-level cache.

    Into the partial sums at ``row``: with ``of_gradient`` what g is like, with ``of_step`` what W was like (Σ |W| too
    if ``l1`` > 0) and how far it went. If ``threshold`` > 0, the step ends with L1's soft threshold of that size times
    the rate. Parameters that are not trainable are only measured.
    """
    pool, sums, ints, reals = lane.pool, lane.sums, lane.ints, lane.reals
    theta, gradient = ints[c.I_THETA], ints[c.I_GRADIENT]
    scratch = ints[c.I_SCRATCH] + piece * ints[c.I_SCRATCH_SIZE]
    factor, rate = reals[c.R_CLIP_FACTOR], reals[c.R_RATE]
    to_look_at = ints[c.I_SPLIT] == 0 and not of_gradient  # else spread_gradient or add_gradient does
    hidden = not trainable or hides_broken_gradient(ints)
    shift, total, squares, magnitudes, steps = 0.0, 0.0, 0.0, 0.0, 0.0
    if of_step and stop > start:
        shift = finite_or_zero(pool[theta + start])
    for begin in range(start, stop, c.STEP_BLOCK):
        size = min(c.STEP_BLOCK, stop - begin)
        w, g = vector(pool, theta + begin, size), vector(pool, gradient + begin, size)
        if of_gradient:
            add_gradient(g, row, sums)
        if to_look_at and hidden and not all_finite(g):
            sums[row + c.F_GRADIENT_IS_BROKEN] = 1.0
        if of_step:
            more, more_squares = shifted_sums(w, shift)
            total += more
            squares += more_squares
            if not is_finite(more_squares):
                sums[row + c.F_PARAMETERS_BROKEN] += count_non_finite(w)
            if l1 > 0.0:
                magnitudes += sum_of_magnitudes(w)
        if not trainable:
            continue
        if factor != 1.0:
            scale = g.dtype.type(factor)
            for i in range(size):
                g[i] = g[i] * scale
        u = vector(pool, scratch, size)
        step(lane, w, g, begin, u)
        if threshold > 0.0:
            finite = subtract_and_shrink(w, u, rate * threshold)
        elif of_step:
            finite = subtract_and_keep(w, u)
        else:
            finite = subtract(w, u)
        if not finite:
            sums[row + c.F_STEP_IS_BROKEN] = 1.0
            if to_look_at and not all_finite(g):
                sums[row + c.F_GRADIENT_IS_BROKEN] = 1.0
        if of_step:
            steps += sum_of_squares(u)
    if of_step and stop > start:
        mean, variance = mean_and_variance(shift, total, squares, stop - start)
        sums[row + c.F_WEIGHT_MEAN] = mean
        sums[row + c.F_WEIGHT_VARIANCE] = variance
        sums[row + c.F_WEIGHT_MAGNITUDES] = magnitudes
        sums[row + c.F_STEP_SQUARES] = steps


@kernel
def spread_gradient(lane, start, stop, trainable, row):
    """Noise and clipping entry by entry on the gradient start … stop − 1, zeros where it is frozen; returns Σ g².

    Notes at ``row`` of the partial sums if it was not finite: clipping makes an ordinary number of an infinity.
    """
    ints, reals = lane.ints, lane.reals
    g = vector(lane.pool, ints[c.I_GRADIENT] + start, stop - start)
    if not all_finite(g):
        lane.sums[row + c.F_GRADIENT_IS_BROKEN] = 1.0
    if not trainable:
        g[:] = g.dtype.type(0.0)
        return 0.0
    if reals[c.R_NOISE_GRADIENTS] > 0.0:
        key = stream_key(ints[c.I_SEED], GRADIENT_NOISE, ints[c.I_STEP])
        add_normal(key, start, reals[c.R_NOISE_GRADIENTS], g, g)
    if reals[c.R_CLIP_VALUE] > 0.0:
        clip_values(g, reals[c.R_CLIP_VALUE])
    return sum_of_squares(g)


@kernel
def step_together(lane):
    """Step all parameters of a small network at once, measured node by node: a call for each would cost more."""
    pool, sums, ints = lane.pool, lane.sums, lane.ints
    theta, gradient, scratch, count = ints[c.I_THETA], ints[c.I_GRADIENT], ints[c.I_SCRATCH], ints[c.I_PARAMETERS]
    measured = ints[c.I_MEASURED] == 1
    if measured:
        for node in range(1, ints[c.I_NODES]):
            if lane.nodes[node, c.N_BLOCKS] == 0:
                continue
            row, start = ints[c.I_PARTIALS] + node * c.PARTIALS, lane.nodes[node, c.N_START]
            add_gradient(vector(pool, gradient + start, lane.nodes[node, c.N_MEASURED_END] - start), row, sums)
            size = lane.blocks[lane.nodes[node, c.N_BLOCK], c.B_SIZE]
            mean, variance, broken = moments(vector(pool, theta + start, size))
            sums[row + c.F_WEIGHT_MEAN] = mean
            sums[row + c.F_WEIGHT_VARIANCE] = variance
            sums[row + c.F_PARAMETERS_BROKEN] += broken
    w, g, u = vector(pool, theta, count), vector(pool, gradient, count), vector(pool, scratch, count)
    step(lane, w, g, 0, u)
    finite = subtract_and_keep(w, u) if measured else subtract(w, u)
    if not finite or (hides_broken_gradient(ints) and not all_finite(g)):
        note_broken(lane)
    if measured:
        for node in range(1, ints[c.I_NODES]):
            if lane.nodes[node, c.N_BLOCKS] > 0:
                row, size = ints[c.I_PARTIALS] + node * c.PARTIALS, lane.blocks[lane.nodes[node, c.N_BLOCK], c.B_SIZE]
                sums[row + c.F_STEP_SQUARES] = sum_of_squares(vector(pool, scratch + lane.nodes[node, c.N_START], size))


@leaf_kernel
def note_broken(lane):
    """Note node by node, after a step of all together, whose gradient or parameters are not finite."""
    ints = lane.ints
    for node in range(ints[c.I_NODES]):
        row, start = ints[c.I_PARTIALS] + node * c.PARTIALS, lane.nodes[node, c.N_START]
        size = lane.nodes[node, c.N_END] - start
        if not all_finite(vector(lane.pool, ints[c.I_GRADIENT] + start, size)):
            lane.sums[row + c.F_GRADIENT_IS_BROKEN] = 1.0
        if not all_finite(vector(lane.pool, ints[c.I_THETA] + start, size)):
            lane.sums[row + c.F_STEP_IS_BROKEN] = 1.0


@kernel
def run_of_blocks(lane, block, end, piece):
    """(start, stop, next block): what the piece has of ``block`` and those after it, as far as it stands together."""
    start, stop = block_piece(lane, block, piece)
    block += 1
    while block < end:
        more, more_stop = block_piece(lane, block, piece)
        if start == stop:
            start, stop = more, more_stop
        elif more == stop:
            stop = more_stop
        elif more != more_stop:
            break
        block += 1
    return start, stop, block


@kernel
def prepare_gradient(lane, node, piece, row):
    """The penalties of a piece of a node's gradient, what is measured of it, and what has to come before the step."""
    pool, sums, ints = lane.pool, lane.sums, lane.ints
    measured, split, probe = ints[c.I_MEASURED] == 1, ints[c.I_SPLIT] == 1, ints[c.I_MODE] == PROBE
    theta, gradient = ints[c.I_THETA], ints[c.I_GRADIENT]
    first, trainable = lane.nodes[node, c.N_BLOCK], lane.nodes[node, c.N_TRAINABLE] == 1
    end, others = first + lane.nodes[node, c.N_BLOCKS], first
    for column in range(c.F_GRADIENT_SQUARES, c.PARTIALS):
        sums[row + column] = 0.0
    for block in range(first, end):
        l1, l2 = lane.block_reals[block, c.B_L1], lane.block_reals[block, c.B_L2]
        if l1 > 0.0 or l2 > 0.0:
            start, stop = block_piece(lane, block, piece)
            w, g = vector(pool, theta + start, stop - start), vector(pool, gradient + start, stop - start)
            add_penalty_gradient(w, g, l1, l2)
        if lane.blocks[block, c.B_START] < lane.nodes[node, c.N_MEASURED_END]:
            others = block + 1
    if measured:
        block = others
        while block < end:
            start, stop, block = run_of_blocks(lane, block, end, piece)
            sums[row + c.F_OTHERS_SQUARES] += sum_of_squares(vector(pool, gradient + start, stop - start))
    if not split or probe:
        return
    block = first
    while measured and block < others:
        start, stop, block = run_of_blocks(lane, block, others, piece)
        add_gradient(vector(pool, gradient + start, stop - start), row, sums)
    block = first
    while block < end:
        start, stop, block = run_of_blocks(lane, block, end, piece)
        sums[row + c.F_CLIPPED_SQUARES] += spread_gradient(lane, start, stop, trainable, row)


@kernel
def step_blocks(lane, node, piece, row):
    """Step a piece of each of a node's blocks."""
    measured, split = lane.ints[c.I_MEASURED] == 1, lane.ints[c.I_SPLIT] == 1
    first, trainable = lane.nodes[node, c.N_BLOCK], lane.nodes[node, c.N_TRAINABLE] == 1
    for block in range(first, first + lane.nodes[node, c.N_BLOCKS]):
        start, stop = block_piece(lane, block, piece)
        of_gradient = measured and not split and start < lane.nodes[node, c.N_MEASURED_END]
        of_step = measured and lane.blocks[block, c.B_ROLE] == WEIGHTS
        shrink = lane.block_reals[block, c.B_L1_THRESHOLD]
        l1 = lane.block_reals[block, c.B_L1] + shrink
        step_range(lane, start, stop, piece, trainable, l1, shrink, of_gradient, of_step, row)


@kernel
def parameters_piece(lane, piece, kind):
    """One piece of every node's parameters: some rows of its weights, and with the last piece all else it has.

    PARAMETERS: the gradient, and the step too unless the whole gradient's norm or noise comes between; then UPDATE
    takes the step. In a probe the gradient is all. A node owns the blocks that no later node uses.
    """
    ints = lane.ints
    split, probe, together = ints[c.I_SPLIT] == 1, ints[c.I_MODE] == PROBE, ints[c.I_TOGETHER] == 1
    step_now = not probe and not together and (kind == UPDATE or not split)
    for node in range(ints[c.I_NODES]):
        row = ints[c.I_PARTIALS] + piece * ints[c.I_PARTIAL_STEP] + node * c.PARTIALS
        if kind == PARAMETERS:
            gradient_kind(lane, node, piece, ints[c.I_PARAMETER_PIECES])
        if lane.nodes[node, c.N_BLOCKS] == 0:
            continue
        if kind == PARAMETERS:
            prepare_gradient(lane, node, piece, row)
        if step_now:
            step_blocks(lane, node, piece, row)
    if together and not probe:
        step_together(lane)


@kernel
def clip_to_norm(lane):
    """Decide what clipping leaves of the gradient, once every piece of it is known."""
    ints, sums, squares = lane.ints, lane.sums, 0.0
    for piece in range(ints[c.I_PARAMETER_PIECES]):
        at = ints[c.I_PARTIALS] + piece * ints[c.I_PARTIAL_STEP] + c.F_CLIPPED_SQUARES
        for node in range(1, ints[c.I_NODES]):
            squares += sums[at + node * c.PARTIALS]
        squares += sums[at]  # of what the inputs learn
    lane.reals[c.R_CLIP_FACTOR] = clip_factor(math.sqrt(squares), lane.reals[c.R_CLIP_NORM])


@kernel
def begin_update(ints, reals):
    """What every piece of an update shares: the rate in force, the count of updates, the momentum."""
    reals[c.R_RATE] = learning_rate(ints, reals)
    reals[c.R_CLIP_FACTOR] = 1.0
    ints[c.I_UPDATES] += 1
    raise_momentum(reals, ints[c.I_UPDATES])
    if ints[c.I_OPTIMIZER] == NADAM:
        reals[c.R_MOMENTUM_PRODUCT] *= nadam_momentum(reals, ints[c.I_UPDATES])
