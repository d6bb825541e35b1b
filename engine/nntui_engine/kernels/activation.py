"""Activations φ(z) and their slopes φ'(z), on flat arrays; softmax on rows.

Each branch is one plain loop, so that it vectorises. ``0 if v <= 0 else v`` is deliberate: NaN fails it and stays.
"""

import math

from ..registry.activation import ACTIVATIONS
from .exponential import exp_nonpositive, expm1_nonpositive
from .policy import kernel

LINEAR, SIGMOID, TANH, RELU, LEAKY_RELU, PRELU, ELU, SELU, GELU, SILU, SOFTPLUS, THRESHOLD, SOFTMAX = ACTIVATIONS.codes(
    "linear",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "prelu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "softplus",
    "threshold",
    "softmax",
)

SELU_SCALE = 1.0507009873554805  # λ of Klambauer et al. 2017
SELU_ALPHA = 1.6732632423543772  # α of the same
_ROOT_HALF = math.sqrt(0.5)
_NORMAL_PEAK = 1.0 / math.sqrt(2.0 * math.pi)


@kernel
def _exp_minus_abs(z, out, scratch):
    for i in range(z.size):
        out[i] = -abs(z[i])
    exp_nonpositive(out, out, scratch)


@kernel
def _sigmoid(z, out, scratch):
    """σ(z) = 1 / (1 + e⁻ᶻ), from e^−|z| so that nothing overflows."""
    one = z.dtype.type(1.0)
    zero = z.dtype.type(0.0)
    _exp_minus_abs(z, out, scratch)
    for i in range(z.size):
        q = out[i]
        top = q if z[i] < zero else one
        out[i] = top / (one + q)


@kernel
def _exponential_unit(z, alpha, scale, out, scratch):
    """scale·z for z > 0, scale·α(eᶻ − 1) below: ELU (scale 1) and SELU."""
    zero, one = z.dtype.type(0.0), z.dtype.type(1.0)
    slope, floor = z.dtype.type(scale), z.dtype.type(scale * alpha)
    if z.itemsize == 8:
        for i in range(z.size):
            out[i] = zero if z[i] > zero else z[i]
        expm1_nonpositive(out, out, scratch)
        for i in range(z.size):
            out[i] = floor * out[i] if z[i] < zero else slope * z[i]
        return
    for i in range(z.size):
        out[i] = zero if z[i] > zero else z[i]
    exp_nonpositive(out, out, scratch)
    for i in range(z.size):
        out[i] = floor * (out[i] - one) if z[i] < zero else slope * z[i]


@kernel
def activate(code, alpha, z, a, scratch):
    """a = φ(z) for every entry; 1-D arrays of one dtype, ``alpha`` the activation's own parameter."""
    zero, one = z.dtype.type(0.0), z.dtype.type(1.0)
    if code == LINEAR:
        for i in range(z.size):
            a[i] = z[i]
    elif code == RELU:
        for i in range(z.size):
            a[i] = zero if z[i] <= zero else z[i]
    elif code == LEAKY_RELU or code == PRELU:
        low = z.dtype.type(alpha)
        for i in range(z.size):
            a[i] = low * z[i] if z[i] <= zero else z[i]
    elif code == TANH:
        if z.itemsize == 8:
            for i in range(z.size):
                a[i] = -2.0 * abs(z[i])
            expm1_nonpositive(a, a, scratch)
            for i in range(z.size):
                value = -a[i] / (2.0 + a[i])
                a[i] = -value if z[i] < zero else value
        else:
            two = z.dtype.type(2.0)
            for i in range(z.size):
                a[i] = -two * abs(z[i])
            exp_nonpositive(a, a, scratch)
            for i in range(z.size):
                value = (one - a[i]) / (one + a[i])
                a[i] = -value if z[i] < zero else value
    elif code == SIGMOID:
        _sigmoid(z, a, scratch)
    elif code == ELU:
        _exponential_unit(z, alpha, 1.0, a, scratch)
    elif code == SELU:
        _exponential_unit(z, SELU_ALPHA, SELU_SCALE, a, scratch)
    elif code == SILU:
        _sigmoid(z, a, scratch)
        for i in range(z.size):
            a[i] = a[i] * z[i]
    elif code == GELU:
        for i in range(z.size):
            a[i] = z[i] * 0.5 * (1.0 + math.erf(z[i] * _ROOT_HALF))
    elif code == SOFTPLUS:
        _exp_minus_abs(z, a, scratch)
        for i in range(z.size):
            a[i] = math.log1p(a[i]) + (zero if z[i] <= zero else z[i])
    elif code == THRESHOLD:
        for i in range(z.size):
            a[i] = z[i] if z[i] != z[i] else (one if z[i] >= zero else zero)


@kernel
def derivative(code, alpha, z, a, out, scratch):
    """out = φ'(z), given a = φ(z). Softmax: its diagonal p(1 − p). Threshold: 1, the perceptron rule."""
    zero, one = z.dtype.type(0.0), z.dtype.type(1.0)
    if code == LINEAR or code == THRESHOLD:
        for i in range(z.size):
            out[i] = one
    elif code == RELU:
        for i in range(z.size):
            out[i] = one if z[i] > zero else zero
    elif code == LEAKY_RELU or code == PRELU:
        low = z.dtype.type(alpha)
        for i in range(z.size):
            out[i] = one if z[i] > zero else low
    elif code == TANH:
        for i in range(z.size):
            out[i] = one - a[i] * a[i]
    elif code == SIGMOID or code == SOFTMAX:
        for i in range(z.size):
            out[i] = a[i] * (one - a[i])
    elif code == ELU:
        floor = z.dtype.type(alpha)
        for i in range(z.size):
            out[i] = one if z[i] > zero else a[i] + floor
    elif code == SELU:
        high, floor = z.dtype.type(SELU_SCALE), z.dtype.type(SELU_SCALE * SELU_ALPHA)
        for i in range(z.size):
            out[i] = high if z[i] > zero else a[i] + floor
    elif code == SILU:
        _sigmoid(z, out, scratch)
        for i in range(z.size):
            out[i] = out[i] * (one + z[i] * (one - out[i]))
    elif code == GELU:
        for i in range(z.size):
            v = z[i]
            out[i] = 0.5 * (1.0 + math.erf(v * _ROOT_HALF)) + v * _NORMAL_PEAK * math.exp(-0.5 * v * v)
    elif code == SOFTPLUS:
        _sigmoid(z, out, scratch)


@kernel
def softmax(z, a, flat, scratch):
    """Each row of a = e^(z − max) / Σ e^(z − max); 2-D arrays, ``flat`` the entries of a as one row."""
    units = z.shape[1]
    for i in range(z.shape[0]):
        top = z[i, 0]
        for j in range(1, units):
            if z[i, j] > top:
                top = z[i, j]
        for j in range(units):
            a[i, j] = z[i, j] - top
    exp_nonpositive(flat, flat, scratch)
    for i in range(z.shape[0]):
        total = 0.0
        for j in range(units):
            total += a[i, j]
        inverse = a.dtype.type(1.0 / total)
        for j in range(units):
            a[i, j] = a[i, j] * inverse


@kernel
def alpha_gradient(z, upstream):
    """∂L/∂α of prelu, given upstream = ∂L/∂a (1-D, as z)."""
    total = 0.0
    for i in range(z.size):
        if z[i] <= 0.0:
            total += upstream[i] * z[i]
    return total


@kernel
def can_fall_silent(code):
    """Whether a unit with this activation can give exactly 0 on a whole range of inputs: the ReLU family."""
    return code == RELU or code == LEAKY_RELU or code == PRELU or code == THRESHOLD


def largest_slope(code: int, alpha: float) -> float:
    """The largest |φ'(z)| over all z: what "saturated" is measured against."""
    if code in (SIGMOID, SOFTMAX):
        return 0.25
    if code in (LEAKY_RELU, PRELU, ELU):
        return max(1.0, abs(alpha))
    if code == SELU:
        return SELU_SCALE * SELU_ALPHA
    if code == GELU:  # at z = √2: Φ(√2) + √2·φ(√2)
        root = math.sqrt(2.0)
        return 0.5 * (1.0 + math.erf(1.0)) + root * _NORMAL_PEAK * math.exp(-1.0)
    if code == SILU:  # at z = 2.3994, where the second derivative is 0
        z = 2.399357280520067
        s = 1.0 / (1.0 + math.exp(-z))
        return s * (1.0 + z * (1.0 - s))
    return 1.0
