"""From the gradient to new parameters: noise, clipping, the optimizer's step."""

import math

from .backward import layer_gradient
from .bits import is_finite
from .columns import (
    F_CLIPPED_SQUARES,
    F_GRADIENT_IS_BROKEN,
    F_GRADIENT_MAGNITUDES,
    F_GRADIENT_MAX,
    F_GRADIENT_SQUARES,
    F_GRADIENT_ZEROS,
    F_OTHERS_SQUARES,
    F_PARAMETERS_BROKEN,
    F_STEP_IS_BROKEN,
    F_STEP_SQUARES,
    F_WEIGHT_MAGNITUDES,
    F_WEIGHT_MEAN,
    F_WEIGHT_VARIANCE,
    I_BATCH_NORM_INPUTS,
    I_BATCH_ROWS,
    I_FIRST,
    I_GRADIENT,
    I_IN_GAMMA,
    I_LAYERS,
    I_MEASURED,
    I_MODE,
    I_OPTIMIZER,
    I_PARAMETER_PIECES,
    I_PARAMETERS,
    I_PARTIAL_STEP,
    I_PARTIALS,
    I_SCHEDULE,
    I_SCRATCH,
    I_SCRATCH_SIZE,
    I_SECOND,
    I_SEED,
    I_SPLIT,
    I_STEP,
    I_THETA,
    I_TOGETHER,
    I_UPDATES,
    L_L1,
    L_L1_THRESHOLD,
    P_BIASES,
    P_END,
    P_INPUTS,
    P_OUT,
    P_TRAINABLE,
    P_UNITS,
    P_WEIGHTS,
    PARTIALS,
    R_CLIP_FACTOR,
    R_CLIP_NORM,
    R_CLIP_VALUE,
    R_MOMENTUM_PRODUCT,
    R_NOISE_GRADIENTS,
    R_PLATEAU_FACTOR,
    R_RATE,
    R_SCHEDULE,
    STEP_BLOCK,
)
from .forward import PROBE, batch_inputs
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
from .views import matrix, vector


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
    factor = schedule_factor(ints[I_SCHEDULE], reals[R_SCHEDULE:], ints[I_STEP])
    return reals[LR] * factor * reals[R_PLATEAU_FACTOR]


@kernel
def add_gradient(g, row, sums):
    """Add what stands in a part of one layer's g = ∂L/∂(W, b) to the partial sums at ``row``; NaN and Inf are noted."""
    squares, largest, magnitudes, zeros, broken = gradient_summary(g)
    sums[row + F_GRADIENT_SQUARES] += squares
    sums[row + F_GRADIENT_MAGNITUDES] += magnitudes
    sums[row + F_GRADIENT_ZEROS] += zeros
    sums[row + F_PARAMETERS_BROKEN] += broken
    if broken > 0:
        sums[row + F_GRADIENT_IS_BROKEN] = 1.0
    before = sums[row + F_GRADIENT_MAX]
    sums[row + F_GRADIENT_MAX] = largest if largest > before or largest != largest else before


@inlined_kernel
def hides_broken_gradient(ints):
    """Whether a gradient that is not finite may leave finite parameters behind; else the step shows it at once.

    Lion takes the gradient's sign. All others multiply the gradient, or divide an infinity by one.
    """
    return ints[I_OPTIMIZER] == LION


@kernel
def step_range(pool, start, stop, piece, trainable, l1, threshold, of_gradient, of_step, row, ints, reals, sums):
    """Step the parameters start … stop − 1, block by block while a block stands in the first-level cache.

    Into the partial sums at ``row``: with ``of_gradient`` what g is like, with ``of_step`` what W was like (Σ |W| too
    if ``l1`` > 0) and how far it went. If ``threshold`` > 0, the step ends with L1's soft threshold of that size times
    the rate. Parameters that are not trainable are only measured.
    """
    theta, gradient = ints[I_THETA], ints[I_GRADIENT]
    scratch = ints[I_SCRATCH] + piece * ints[I_SCRATCH_SIZE]
    factor, rate = reals[R_CLIP_FACTOR], reals[R_RATE]
    to_look_at = ints[I_SPLIT] == 0 and not of_gradient  # else spread_gradient or add_gradient does
    hidden = not trainable or hides_broken_gradient(ints)
    shift, total, squares, magnitudes, steps = 0.0, 0.0, 0.0, 0.0, 0.0
    if of_step and stop > start:
        shift = finite_or_zero(pool[theta + start])
    for begin in range(start, stop, STEP_BLOCK):
        size = min(STEP_BLOCK, stop - begin)
        w, g = vector(pool, theta + begin, size), vector(pool, gradient + begin, size)
        if of_gradient:
            add_gradient(g, row, sums)
        if to_look_at and hidden and not all_finite(g):
            sums[row + F_GRADIENT_IS_BROKEN] = 1.0
        if of_step:
            more, more_squares = shifted_sums(w, shift)
            total += more
            squares += more_squares
            if not is_finite(more_squares):
                sums[row + F_PARAMETERS_BROKEN] += count_non_finite(w)
            if l1 > 0.0:
                magnitudes += sum_of_magnitudes(w)
        if not trainable:
            continue
        if factor != 1.0:
            scale = g.dtype.type(factor)
            for i in range(size):
                g[i] = g[i] * scale
        u = vector(pool, scratch, size)
        step_into(
            ints[I_OPTIMIZER],
            reals,
            rate,
            ints[I_UPDATES],
            reals[R_MOMENTUM_PRODUCT],
            w,
            g,
            vector(pool, ints[I_FIRST] + begin, size),
            vector(pool, ints[I_SECOND] + begin, size),
            u,
        )
        if threshold > 0.0:
            finite = subtract_and_shrink(w, u, rate * threshold)
        elif of_step:
            finite = subtract_and_keep(w, u)
        else:
            finite = subtract(w, u)
        if not finite:
            sums[row + F_STEP_IS_BROKEN] = 1.0
            if to_look_at and not all_finite(g):
                sums[row + F_GRADIENT_IS_BROKEN] = 1.0
        if of_step:
            steps += sum_of_squares(u)
    if of_step and stop > start:
        mean, variance = mean_and_variance(shift, total, squares, stop - start)
        sums[row + F_WEIGHT_MEAN] = mean
        sums[row + F_WEIGHT_VARIANCE] = variance
        sums[row + F_WEIGHT_MAGNITUDES] = magnitudes
        sums[row + F_STEP_SQUARES] = steps


@kernel
def spread_gradient(pool, start, stop, trainable, row, ints, reals, sums):
    """Noise and clipping entry by entry on the gradient start … stop − 1, zeros where it is frozen; returns Σ g².

    Notes at ``row`` of the partial sums if it was not finite: clipping makes an ordinary number of an infinity.
    """
    g = vector(pool, ints[I_GRADIENT] + start, stop - start)
    if not all_finite(g):
        sums[row + F_GRADIENT_IS_BROKEN] = 1.0
    if not trainable:
        g[:] = g.dtype.type(0.0)
        return 0.0
    if reals[R_NOISE_GRADIENTS] > 0.0:
        add_normal(stream_key(ints[I_SEED], GRADIENT_NOISE, ints[I_STEP]), start, reals[R_NOISE_GRADIENTS], g, g)
    if reals[R_CLIP_VALUE] > 0.0:
        clip_values(g, reals[R_CLIP_VALUE])
    return sum_of_squares(g)


@kernel
def step_together(pool, plan, ints, reals, sums):
    """Step all parameters of a small network at once, measured layer by layer: a call for each would cost more."""
    theta, gradient, scratch, count = ints[I_THETA], ints[I_GRADIENT], ints[I_SCRATCH], ints[I_PARAMETERS]
    measured = ints[I_MEASURED] == 1
    if measured:
        for layer in range(ints[I_LAYERS]):
            row = ints[I_PARTIALS] + layer * PARTIALS
            start, size = plan[layer, P_WEIGHTS], plan[layer, P_INPUTS] * plan[layer, P_UNITS]
            add_gradient(vector(pool, gradient + start, size + plan[layer, P_UNITS]), row, sums)
            mean, variance, broken = moments(vector(pool, theta + start, size))
            sums[row + F_WEIGHT_MEAN] = mean
            sums[row + F_WEIGHT_VARIANCE] = variance
            sums[row + F_PARAMETERS_BROKEN] += broken
    w, g, u = vector(pool, theta, count), vector(pool, gradient, count), vector(pool, scratch, count)
    step_into(
        ints[I_OPTIMIZER],
        reals,
        reals[R_RATE],
        ints[I_UPDATES],
        reals[R_MOMENTUM_PRODUCT],
        w,
        g,
        vector(pool, ints[I_FIRST], count),
        vector(pool, ints[I_SECOND], count),
        u,
    )
    finite = subtract_and_keep(w, u) if measured else subtract(w, u)
    if not finite or (hides_broken_gradient(ints) and not all_finite(g)):
        note_broken(pool, plan, ints, sums)
    if measured:
        for layer in range(ints[I_LAYERS]):
            row = ints[I_PARTIALS] + layer * PARTIALS
            size = plan[layer, P_INPUTS] * plan[layer, P_UNITS]
            sums[row + F_STEP_SQUARES] = sum_of_squares(vector(pool, scratch + plan[layer, P_WEIGHTS], size))


@leaf_kernel
def note_broken(pool, plan, ints, sums):
    """Note layer by layer, after a step of all together, whose gradient or parameters are not finite."""
    for layer in range(ints[I_LAYERS]):
        row, start = ints[I_PARTIALS] + layer * PARTIALS, plan[layer, P_WEIGHTS]
        size = plan[layer, P_END] - start
        if not all_finite(vector(pool, ints[I_GRADIENT] + start, size)):
            sums[row + F_GRADIENT_IS_BROKEN] = 1.0
        if not all_finite(vector(pool, ints[I_THETA] + start, size)):
            sums[row + F_STEP_IS_BROKEN] = 1.0


@kernel
def others_squares(pool, layer, plan, ints):
    """Σ g² of what a layer learns besides weights and biases, and with the first layer of the inputs' batch norm."""
    gradient, start = ints[I_GRADIENT], plan[layer, P_BIASES] + plan[layer, P_UNITS]
    squares = sum_of_squares(vector(pool, gradient + start, plan[layer, P_END] - start))
    if layer == 0 and ints[I_BATCH_NORM_INPUTS] == 1:
        squares += sum_of_squares(vector(pool, gradient + ints[I_IN_GAMMA], 2 * plan[layer, P_INPUTS]))
    return squares


@kernel
def parameters_piece(data, pool, piece, kind, plan, layer_reals, ints, reals, sums):
    """One piece of every layer's parameters: some of its inputs' weights, and with the last piece all else it has.

    PARAMETERS: the gradient, and the step too unless the whole gradient's norm or noise comes between; then UPDATE
    takes the step. In a probe the gradient is all.
    """
    pieces, rows = ints[I_PARAMETER_PIECES], ints[I_BATCH_ROWS]
    measured, split, probe = ints[I_MEASURED] == 1, ints[I_SPLIT] == 1, ints[I_MODE] == PROBE
    together = ints[I_TOGETHER] == 1
    step_now = not probe and not together and (kind == UPDATE or not split)
    whole = piece == pieces - 1
    for layer in range(ints[I_LAYERS]):
        inputs, units = plan[layer, P_INPUTS], plan[layer, P_UNITS]
        first = inputs * piece // pieces
        some = inputs * (piece + 1) // pieces - first
        start = plan[layer, P_WEIGHTS] + first * units
        weights_end = start + some * units
        biases_end = weights_end + units if whole else weights_end
        end = plan[layer, P_END] if whole else weights_end
        trainable = plan[layer, P_TRAINABLE] == 1
        row = ints[I_PARTIALS] + piece * ints[I_PARTIAL_STEP] + layer * PARTIALS
        if kind == PARAMETERS:
            if layer == 0:
                x = batch_inputs(data, pool, 0, rows, ints, reals)
            else:
                x = matrix(pool, plan[layer - 1, P_OUT], rows, inputs)
            layer_gradient(pool, x, layer, first, some, whole, plan, layer_reals, ints, reals)
            for column in range(F_GRADIENT_SQUARES, PARTIALS):
                sums[row + column] = 0.0
            if measured and whole:
                sums[row + F_OTHERS_SQUARES] = others_squares(pool, layer, plan, ints)
            if split and not probe:
                if measured:
                    add_gradient(vector(pool, ints[I_GRADIENT] + start, biases_end - start), row, sums)
                sums[row + F_CLIPPED_SQUARES] = spread_gradient(pool, start, end, trainable, row, ints, reals, sums)
                if layer == 0 and whole and ints[I_BATCH_NORM_INPUTS] == 1:
                    at = ints[I_IN_GAMMA]
                    more = spread_gradient(pool, at, at + 2 * inputs, True, row, ints, reals, sums)
                    sums[row + F_CLIPPED_SQUARES] += more
        if not step_now:
            continue
        of_gradient = measured and not split
        shrink = layer_reals[layer, L_L1_THRESHOLD]
        l1 = layer_reals[layer, L_L1] + shrink
        step_range(
            pool, start, weights_end, piece, trainable, l1, shrink, of_gradient, measured, row, ints, reals, sums
        )
        if whole:
            step_range(
                pool, weights_end, biases_end, piece, trainable, 0.0, 0.0, of_gradient, False, row, ints, reals, sums
            )
            step_range(pool, biases_end, end, piece, trainable, 0.0, 0.0, False, False, row, ints, reals, sums)
            if layer == 0 and ints[I_BATCH_NORM_INPUTS] == 1:
                at = ints[I_IN_GAMMA]
                step_range(pool, at, at + 2 * inputs, piece, True, 0.0, 0.0, False, False, row, ints, reals, sums)
    if together and not probe:
        step_together(pool, plan, ints, reals, sums)


@kernel
def clip_to_norm(ints, reals, sums):
    """Decide what clipping leaves of the gradient, once every piece of it is known."""
    squares = 0.0
    for piece in range(ints[I_PARAMETER_PIECES]):
        for layer in range(ints[I_LAYERS]):
            squares += sums[ints[I_PARTIALS] + piece * ints[I_PARTIAL_STEP] + layer * PARTIALS + F_CLIPPED_SQUARES]
    reals[R_CLIP_FACTOR] = clip_factor(math.sqrt(squares), reals[R_CLIP_NORM])


@kernel
def begin_update(ints, reals):
    """What every piece of an update shares: the rate in force, the count of updates, the momentum."""
    reals[R_RATE] = learning_rate(ints, reals)
    reals[R_CLIP_FACTOR] = 1.0
    ints[I_UPDATES] += 1
    raise_momentum(reals, ints[I_UPDATES])
    if ints[I_OPTIMIZER] == NADAM:
        reals[R_MOMENTUM_PRODUCT] *= nadam_momentum(reals, ints[I_UPDATES])
