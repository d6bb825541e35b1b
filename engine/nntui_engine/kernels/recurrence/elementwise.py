"""Activations and slopes on blocks of strided rows: sigmoid and tanh in one loop that is vectorised, the others by
``activation.py``.

The formulas and coefficients are those of ``exponential.py`` and ``activation.py``, without their scratch in between.
"""

import numpy as np

from .. import exponential as e
from ..activation import LINEAR, RELU, SIGMOID, TANH, activate, derivative
from ..bits import from_bits, magnitude_bits
from ..policy import exact_leaf_kernel, inlined_kernel
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
def _sigmoid_row(z, a):
    if z.itemsize == 4:
        one, zero = np.float32(1.0), np.float32(0.0)
        for i in range(z.size):
            q = _exp_32(-abs(z[i]))
            a[i] = (q if z[i] < zero else one) / (one + q)
    else:
        for i in range(z.size):
            rest, power = _reduced_64(-abs(z[i]))
            q = power + power * rest
            a[i] = (q if z[i] < 0.0 else 1.0) / (1.0 + q)


@exact_leaf_kernel
def _tanh_row(z, a):
    if z.itemsize == 4:
        one, two, zero = np.float32(1.0), np.float32(2.0), np.float32(0.0)
        for i in range(z.size):
            q = _exp_32(-two * abs(z[i]))
            value = (one - q) / (one + q)
            a[i] = -value if z[i] < zero else value
    else:
        for i in range(z.size):
            rest, power = _reduced_64(-2.0 * abs(z[i]))
            q = power * rest + (power - 1.0)
            value = -q / (2.0 + q)
            a[i] = -value if z[i] < 0.0 else value


@exact_leaf_kernel
def apply(code, alpha, z, z_at, z_row, a, a_at, a_row, n, width, scratch):
    """a = φ(z) for n rows of ``width`` entries, z_row and a_row entries apart; 1-D arrays."""
    for row in range(n):
        z_now, a_now = vector(z, z_at + row * z_row, width), vector(a, a_at + row * a_row, width)
        if code == SIGMOID:
            _sigmoid_row(z_now, a_now)
        elif code == TANH:
            _tanh_row(z_now, a_now)
        else:
            activate(code, alpha, z_now, a_now, scratch)


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
