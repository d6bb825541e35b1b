"""Activations and slopes on blocks of strided rows: sigmoid and tanh in one loop that is vectorised, the others by
``activation.py``.

The formulas and coefficients are those of ``exponential.py`` and ``activation.py``, without their scratch in between.
"""

import numpy as np

from .. import exponential as e
from ..activation import LINEAR, RELU, SIGMOID, TANH, activate, derivative
from ..bits import from_bits, magnitude_bits
from ..policy import exact_leaf_kernel, inlined_kernel, leaf_kernel
from ..views import vector

_BIAS_64, _SHIFT_64 = np.int64(1023), np.int64(52)


@inlined_kernel
def _exp_32(x):
    """eˣ for a float32 x ≤ 0."""
    scaled = x * e._LOG2E
    low = e._LOWEST if scaled < e._LOWEST else scaled
    shifted = low + e._ROUND
    f = low - (shifted - e._ROUND)
    power = e._ONE + f * (e._C1 + f * (e._C2 + f * (e._C3 + f * (e._C4 + f * (e._C5 + f * e._C6)))))
    return power * from_bits(np.int32((magnitude_bits(shifted) + e._BIAS) << e._SHIFT))


@inlined_kernel
def _reduced_64(x):
    """(eʳ − 1, 2ᵏ) for a float64 x ≤ 0."""
    low = np.float64(e._LOWEST_64) if x < e._LOWEST_64 else x
    shifted = low * e._LOG2E_64 + e._ROUND_64
    k = shifted - e._ROUND_64
    r = (low - k * e._LN2_HIGH) - k * e._LN2_LOW
    q = e._D7 + r * (e._D8 + r * (e._D9 + r * (e._D10 + r * (e._D11 + r * (e._D12 + r * e._D13)))))
    q = 1.0 + r * (0.5 + r * (e._D3 + r * (e._D4 + r * (e._D5 + r * (e._D6 + r * q)))))
    return r * q, from_bits(np.int64((magnitude_bits(shifted) + _BIAS_64) << _SHIFT_64))


@exact_leaf_kernel
def _sigmoid(z, z_at, z_row, a, a_at, a_row, n, width):
    for row in range(n):
        now, out = vector(z, z_at + row * z_row, width), vector(a, a_at + row * a_row, width)
        if z.itemsize == 4:
            one, zero = np.float32(1.0), np.float32(0.0)
            for i in range(width):
                q = _exp_32(-abs(now[i]))
                out[i] = (q if now[i] < zero else one) / (one + q)
        else:
            for i in range(width):
                rest, power = _reduced_64(-abs(now[i]))
                q = power + power * rest
                out[i] = (q if now[i] < 0.0 else 1.0) / (1.0 + q)


@exact_leaf_kernel
def _tanh(z, z_at, z_row, a, a_at, a_row, n, width):
    for row in range(n):
        now, out = vector(z, z_at + row * z_row, width), vector(a, a_at + row * a_row, width)
        if z.itemsize == 4:
            one, two, zero = np.float32(1.0), np.float32(2.0), np.float32(0.0)
            for i in range(width):
                q = _exp_32(-two * abs(now[i]))
                value = (one - q) / (one + q)
                out[i] = -value if now[i] < zero else value
        else:
            for i in range(width):
                rest, power = _reduced_64(-2.0 * abs(now[i]))
                q = power * rest + (power - 1.0)
                value = -q / (2.0 + q)
                out[i] = -value if now[i] < 0.0 else value


@leaf_kernel
def apply(code, alpha, z, z_at, z_row, a, a_at, a_row, n, width, scratch):
    """a = φ(z) for n rows of ``width`` entries, z_row and a_row entries apart; 1-D arrays."""
    if code == SIGMOID:
        _sigmoid(z, z_at, z_row, a, a_at, a_row, n, width)
    elif code == TANH:
        _tanh(z, z_at, z_row, a, a_at, a_row, n, width)
    else:
        for row in range(n):
            activate(code, alpha, vector(z, z_at + row * z_row, width), vector(a, a_at + row * a_row, width), scratch)


@exact_leaf_kernel
def slopes(code, alpha, z, z_at, z_row, a, a_at, a_row, out, out_at, out_row, n, width, scratch):
    """out = φ'(z), given a = φ(z), for n rows of ``width`` entries."""
    one, zero = z.dtype.type(1.0), z.dtype.type(0.0)
    for row in range(n):
        z_now, a_now = vector(z, z_at + row * z_row, width), vector(a, a_at + row * a_row, width)
        out_now = vector(out, out_at + row * out_row, width)
        if code == SIGMOID:
            for i in range(width):
                out_now[i] = a_now[i] * (one - a_now[i])
        elif code == TANH:
            for i in range(width):
                out_now[i] = one - a_now[i] * a_now[i]
        elif code == RELU:
            for i in range(width):
                out_now[i] = one if z_now[i] > zero else zero
        elif code == LINEAR:
            for i in range(width):
                out_now[i] = one
        else:
            derivative(code, alpha, z_now, a_now, out_now, scratch)
