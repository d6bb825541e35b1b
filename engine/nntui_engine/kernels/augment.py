"""Small changes drawn anew for every row at every step: pictures moved, turned, zoomed, mirrored; sequences shifted.

All numbers come by counter from one key, ``stream_key(seed, AUGMENT, step)``, and the row's number in its batch, so
that a row comes out the same however a batch is cut in pieces, and the same in every lane. An amount of 0 changes
nothing, to the bit. Past the edge of a picture or the end of a sequence stands the nearest value there is: whatever has
been done to the inputs before, it is a value they have.
"""

import math

import numpy as np

from .apart import read_apart, write_apart
from .policy import kernel, leaf_kernel
from .random import mix, uniform

FLIPS = ("none", "horizontal", "vertical")  # by their code, as in scenario/augment.py
HORIZONTAL, VERTICAL = 1, 2

_DRAWS = 8  # numbers of a row
_SHIFT_X, _SHIFT_Y, _ROTATE, _SCALE, _FLIP, _CONTRAST, _JITTER = range(7)
_NOISE = 1 << 40  # where a stream's numbers for noise begin
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_QUARTER = np.uint64(0xFFFF)
_SHIFT_16, _SHIFT_32, _SHIFT_48 = np.uint64(16), np.uint64(32), np.uint64(48)
# four whole numbers from 0 to 65535, added: mean and standard deviation
_MIDDLE = 2.0 * 65535.0
_SPREAD = math.sqrt(4.0 * (65536.0**2 - 1.0) / 12.0)


@kernel
def augment_image(key, number, row, height, width, channels, shift, rotate, scale, flip, noise, contrast, out):
    """One picture of a batch: ``row`` (height·width·channels,) changed into ``out`` of the same shape, another array.

    It is mirrored left to right or upside down (``flip``, a place in FLIPS) with probability 1/2, enlarged by a factor
    from 1 − ``scale`` (below 1) to 1 + ``scale``, turned by up to ``rotate`` degrees either way about its centre and
    moved by up to ``shift`` pixels along both axes, all in one reading between pixels (bilinear). Then its distance
    from its mean is multiplied by a factor from 1 − ``contrast`` to 1 + ``contrast``, and noise of standard deviation
    ``noise`` is added. ``number`` is the row's number in the batch.
    """
    first = number * _DRAWS
    mirror_x, mirror_y = 1.0, 1.0
    if flip != 0 and uniform(key, first + _FLIP) < 0.5:
        if flip == HORIZONTAL:
            mirror_x = -1.0
        else:
            mirror_y = -1.0
    if shift == 0.0 and rotate == 0.0 and scale == 0.0 and mirror_x == 1.0 and mirror_y == 1.0:
        for i in range(row.size):
            out[i] = row[i]
    else:
        angle = _around(key, first + _ROTATE, rotate) * math.pi / 180.0
        zoom = 1.0 + _around(key, first + _SCALE, scale)
        across, along = math.cos(angle) / zoom, math.sin(angle) / zoom
        move_x, move_y = _around(key, first + _SHIFT_X, shift), _around(key, first + _SHIFT_Y, shift)
        warp(
            row, height, width, channels,
            mirror_x * across, -mirror_x * along, mirror_y * along, mirror_y * across, move_x, move_y, out,
        )  # fmt: skip
    factor, rest = 1.0, 0.0
    if contrast != 0.0:
        factor += _around(key, first + _CONTRAST, contrast)
        rest = (1.0 - factor) * mean(out)
    if noise != 0.0:
        stretch_with_noise(key, number * out.size, noise, out, factor, rest)
    elif contrast != 0.0:
        stretch(out, factor, rest)


@kernel
def augment_sequence(key, number, row, time, features, noise, scale, jitter, out):
    """One sequence of a batch: ``row`` (time·features,) changed into ``out`` of the same shape, another array.

    It is moved by up to ``jitter`` whole steps either way, multiplied by a factor from 1 − ``scale`` to 1 + ``scale``,
    and noise of standard deviation ``noise`` is added. ``number`` is the row's number in the batch.
    """
    first, most = number * _DRAWS, int(jitter)
    move = int(uniform(key, first + _JITTER) * (2 * most + 1)) - most
    for t in range(time):
        source = min(max(t - move, 0), time - 1)
        for i in range(features):
            out[t * features + i] = row[source * features + i]
    factor = 1.0 + _around(key, first + _SCALE, scale)
    if noise != 0.0:
        stretch_with_noise(key, number * out.size, noise, out, factor, 0.0)
    elif scale != 0.0:
        stretch(out, factor, 0.0)


@kernel
def _around(key, index, most):
    """The number at ``index`` of the stream, even from −most to most."""
    return most * (2.0 * uniform(key, index) - 1.0)


@leaf_kernel
def warp(row, height, width, channels, xx, xy, yx, yy, move_x, move_y, out):
    """out(x, y) = row(xx·x' + xy·y', yx·x' + yy·y'), (x', y') = (x − move_x, y − move_y), all from the centre.

    ``row`` and ``out`` (height·width·channels,) are two arrays. Between pixels it is read by straight lines; beyond
    the edge stands the edge. One loop over all values, without branches, so that it is vectorised.
    """
    real = row.dtype.type
    nothing, half, last_x, last_y = real(0.0), real(0.5), real(width - 1), real(height - 1)
    colours, columns, line = real(channels), real(width), real(width * channels)
    a_colour, a_column = real(1.0 / channels), real(1.0 / width)
    step_xx, step_xy, step_yx, step_yy = real(xx), real(xy), real(yx), real(yy)
    from_x, from_y = -0.5 * (width - 1) - move_x, -0.5 * (height - 1) - move_y
    start_x = real(xx * from_x + xy * from_y + 0.5 * (width - 1))
    start_y = real(yx * from_x + yy * from_y + 0.5 * (height - 1))
    for place in range(out.size):
        # row, column and channel without division; these are whole numbers up to a million, where halves are exact
        number = real(np.int32(place))
        pixel = np.floor((number + half) * a_colour)
        i = np.floor((pixel + half) * a_column)
        j = pixel - i * columns
        x = start_x + j * step_xx + i * step_xy
        y = start_y + j * step_yx + i * step_yy
        x = nothing if x < nothing else x
        x = last_x if x > last_x else x
        y = nothing if y < nothing else y
        y = last_y if y > last_y else y
        left, top = np.floor(x), np.floor(y)
        share_x, share_y = x - left, y - top
        corner = top * line + left * colours + (number - pixel * colours)
        under = corner + (line if top < last_y else nothing)
        right = colours if left < last_x else nothing  # at the edge the share is 0, and the sum exact
        a, b = read_apart(row, int(np.int32(corner))), read_apart(row, int(np.int32(corner + right)))
        c, d = read_apart(row, int(np.int32(under))), read_apart(row, int(np.int32(under + right)))
        upper = a + share_x * (b - a)
        lower = c + share_x * (d - c)
        write_apart(out, place, upper + share_y * (lower - upper))


@leaf_kernel
def mean(values):
    """The mean of values (n,)."""
    total = values.dtype.type(0.0)
    for i in range(values.size):
        total += values[i]
    return total / values.size


@leaf_kernel
def stretch(values, factor, rest):
    """values = rest + factor·values, in place."""
    share, more = values.dtype.type(factor), values.dtype.type(rest)
    for i in range(values.size):
        values[i] = more + share * values[i]


@leaf_kernel
def stretch_with_noise(key, first, scale, values, factor, rest):
    """values = rest + factor·values + noise of mean 0 and standard deviation ``scale``, in place, for values (n,).

    The noise is the sum of four even numbers: close to a normal one, never beyond 3.5 standard deviations, and made in
    a tenth of the time. ``first`` is the number of the first of them among the stream's.
    """
    share, more = values.dtype.type(factor), values.dtype.type(rest)
    size = values.dtype.type(scale / _SPREAD)
    middle = np.int32(_MIDDLE)
    start = key + np.uint64(_NOISE + first) * _GOLDEN
    for i in range(values.size):
        bits = mix(start + np.uint64(i) * _GOLDEN)
        four = np.int32(bits & _QUARTER) + np.int32((bits >> _SHIFT_16) & _QUARTER)
        four += np.int32((bits >> _SHIFT_32) & _QUARTER) + np.int32(bits >> _SHIFT_48)
        values[i] = more + share * values[i] + size * values.dtype.type(four - middle)
