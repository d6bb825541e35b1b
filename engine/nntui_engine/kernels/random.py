"""Random numbers by counter: a pure function of (seed, stream, step, index).

Two lanes that share a seed see the same mini-batches, masks and noise, whatever their networks look like, and no
state needs saving. Each number is the SplitMix64 output (Steele, Lea & Flood 2014) at its index.
"""

import math

import numpy as np

from .policy import kernel

# Streams: what a number is drawn for. Layer l of a stream is stream + l.
SHUFFLE = 1
INPUT_NOISE = 2
INPUT_DROPOUT = 3
AUGMENT = 4
DROPOUT = 1 << 20
DROPCONNECT = 2 << 20
WEIGHT_NOISE = 3 << 20
GRADIENT_NOISE = 4 << 20
RECURRENT_DROPOUT = 5 << 20

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_30, _SHIFT_27, _SHIFT_31 = np.uint64(30), np.uint64(27), np.uint64(31)
_SHIFT_11 = np.uint64(11)
_UNIT = 2.0**-53


@kernel
def mix(value):
    """SplitMix64's finaliser: a uint64 whose bits all depend on all bits of ``value`` (uint64)."""
    value = (value ^ (value >> _SHIFT_30)) * _MIX_1
    value = (value ^ (value >> _SHIFT_27)) * _MIX_2
    return value ^ (value >> _SHIFT_31)


@kernel
def stream_key(seed, stream, step):
    """The uint64 key of one stream at one step; all arguments are integers."""
    key = mix(np.uint64(seed) + _GOLDEN)
    key = mix(key + np.uint64(stream) * _GOLDEN)
    return mix(key + np.uint64(step) * _GOLDEN)


@kernel
def uniform(key, index):
    """The number in [0, 1) with 53 random bits at ``index`` of the stream."""
    return np.float64(mix(key + np.uint64(index) * _GOLDEN) >> _SHIFT_11) * _UNIT


@kernel
def add_normal(key, first, scale, values, out):
    """out = values + scale·N(0, 1), by Box & Muller (1958); 1-D arrays of one length, which may be the same array.

    ``first`` is the number of the first of them in the stream.
    """
    for i in range(values.size):
        pair = (first + i) // 2
        radius = math.sqrt(-2.0 * math.log(1.0 - uniform(key, 2 * pair)))
        angle = 2.0 * math.pi * uniform(key, 2 * pair + 1)
        wave = math.cos(angle) if (first + i) % 2 == 0 else math.sin(angle)
        out[i] = values[i] + scale * radius * wave


@kernel
def keep_mask(key, first, drop, mask):
    """Fill ``mask`` (1-D) with 0 with probability ``drop`` and with 1 / (1 − drop) elsewhere; ``first`` as above."""
    kept = mask.dtype.type(1.0 / (1.0 - drop))
    nothing = mask.dtype.type(0.0)
    for i in range(mask.size):
        mask[i] = nothing if uniform(key, first + i) < drop else kept


@kernel
def shuffle(key, order):
    """Fill ``order`` (1-D integers) with a random permutation of 0 … n−1 (Fisher & Yates)."""
    for i in range(order.size):
        order[i] = i
    for i in range(order.size - 1, 0, -1):
        j = int(uniform(key, i) * (i + 1))
        order[i], order[j] = order[j], order[i]
