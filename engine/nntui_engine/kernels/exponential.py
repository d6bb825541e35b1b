"""exp and expm1 for arguments ≤ 0, in a form the compiler can vectorise.

float32: eˣ = 2ᵏ·2ᶠ with k whole and |f| ≤ ½. Adding 1.5·2²³ rounds to a whole number and leaves k in the low
bits, from where it is shifted into the exponent. 2ᶠ is a polynomial of degree 6. Absolute error below 2e-7.

float64: eˣ = 2ᵏ·eʳ with r = x − k·ln 2, ln 2 in two parts (Cody & Waite 1980), and (eʳ − 1)/r a polynomial of degree
12. Relative error below 1e-15. What would be below the smallest normal number is 0.
"""

import numpy as np

from .policy import exact_kernel

BLOCK = 256  # scratch stays in the first-level cache

_ROUND = np.float32(12582912.0)
_LOG2E = np.float32(1.4426950408889634)
_LOWEST = np.float32(-127.0)  # an exponent of all zero bits: the result is exactly 0
_BIAS = np.int32(127)
_SHIFT = np.int32(23)
# Taylor coefficients of 2ᶠ, (ln 2)ⁿ / n!: on |f| ≤ ½ the first term left out is below 1.2e-7 of the result
_C1 = np.float32(0.6931471805599453)
_C2 = np.float32(0.24022650695910072)
_C3 = np.float32(0.05550410866482158)
_C4 = np.float32(0.009618129107628477)
_C5 = np.float32(0.0013333558146428443)
_C6 = np.float32(0.00015403530393381608)
_ONE = np.float32(1.0)

_ROUND_64 = 6755399441055744.0  # 1.5·2⁵²
_LOG2E_64 = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LOWEST_64 = -709.0895657128241  # −1023·ln 2: an exponent of all zero bits
_D3, _D4, _D5, _D6 = 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0
_D7, _D8, _D9, _D10 = 1.0 / 5040.0, 1.0 / 40320.0, 1.0 / 362880.0, 1.0 / 3628800.0
_D11, _D12, _D13 = 1.0 / 39916800.0, 1.0 / 479001600.0, 1.0 / 6227020800.0


@exact_kernel
def _exp_float32(x, out, scratch):
    """One block: x, out, scratch 1-D float32 of one length ≤ BLOCK. NaN stays NaN."""
    for i in range(x.size):
        scaled = x[i] * _LOG2E
        out[i] = _LOWEST if scaled < _LOWEST else scaled
    for i in range(x.size):
        scratch[i] = out[i] + _ROUND
    for i in range(x.size):
        f = out[i] - (scratch[i] - _ROUND)
        out[i] = _ONE + f * (_C1 + f * (_C2 + f * (_C3 + f * (_C4 + f * (_C5 + f * _C6)))))
    bits = scratch.view(np.int32)
    for i in range(x.size):
        bits[i] = (bits[i] + _BIAS) << _SHIFT
    for i in range(x.size):
        out[i] = out[i] * scratch[i]


@exact_kernel
def _reduce_float64(x, out, scratch):
    """out = eʳ − 1 and scratch = 2ᵏ for one block of x ≤ 0: all three 1-D float64 of one length ≤ BLOCK."""
    for i in range(x.size):
        out[i] = _LOWEST_64 if x[i] < _LOWEST_64 else x[i]
    for i in range(x.size):
        scratch[i] = out[i] * _LOG2E_64 + _ROUND_64
    for i in range(x.size):
        k = scratch[i] - _ROUND_64
        r = (out[i] - k * _LN2_HIGH) - k * _LN2_LOW
        q = _D7 + r * (_D8 + r * (_D9 + r * (_D10 + r * (_D11 + r * (_D12 + r * _D13)))))
        q = 1.0 + r * (0.5 + r * (_D3 + r * (_D4 + r * (_D5 + r * (_D6 + r * q)))))
        out[i] = r * q
    bits = scratch.view(np.int64)
    for i in range(x.size):
        bits[i] = (bits[i] + 1023) << 52


@exact_kernel
def _exp_float64(x, out, scratch):
    _reduce_float64(x, out, scratch)
    for i in range(x.size):
        out[i] = scratch[i] + scratch[i] * out[i]


@exact_kernel
def _expm1_float64(x, out, scratch):
    _reduce_float64(x, out, scratch)
    for i in range(x.size):
        out[i] = scratch[i] * out[i] + (scratch[i] - 1.0)


@exact_kernel
def expm1_nonpositive(x, out, scratch):
    """out = eˣ − 1 for x ≤ 0; 1-D float64 arrays, ``out`` may be ``x``; ``scratch`` holds at least BLOCK."""
    for start in range(0, x.size, BLOCK):
        stop = min(start + BLOCK, x.size)
        _expm1_float64(x[start:stop], out[start:stop], scratch[: stop - start])


@exact_kernel
def exp_nonpositive(x, out, scratch):
    """out = eˣ for x ≤ 0; 1-D arrays of one dtype, ``out`` may be ``x``; ``scratch`` holds at least BLOCK."""
    if x.itemsize == 4:
        for start in range(0, x.size, BLOCK):
            stop = min(start + BLOCK, x.size)
            _exp_float32(x[start:stop], out[start:stop], scratch[: stop - start])
    else:
        for start in range(0, x.size, BLOCK):
            stop = min(start + BLOCK, x.size)
            _exp_float64(x[start:stop], out[start:stop], scratch[: stop - start])
