"""exp for arguments ≤ 0, in a form the compiler can vectorise for float32.

eˣ = 2ᵏ·2ᶠ with k whole and |f| ≤ ½. Adding 1.5·2²³ rounds to a whole number and leaves k in the low bits, from
where it is shifted into the exponent. 2ᶠ is a polynomial of degree 6. Absolute error below 2e-7.
"""

import math

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
def exp_nonpositive(x, out, scratch):
    """out = eˣ for x ≤ 0; 1-D arrays of one dtype, ``out`` may be ``x``; ``scratch`` holds at least BLOCK."""
    if x.itemsize == 4:
        for start in range(0, x.size, BLOCK):
            stop = min(start + BLOCK, x.size)
            _exp_float32(x[start:stop], out[start:stop], scratch[: stop - start])
    else:
        for i in range(x.size):
            out[i] = math.exp(x[i])
