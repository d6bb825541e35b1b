"""The formulas of activations and losses once more, in plain float64 NumPy: what the kernels are held against.

Written from the docstrings and papers, not from the kernels. α is the activation's own parameter.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import erf, expit, log_softmax

Array = np.ndarray
CLIP = 1e-7
SELU_SCALE, SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717


def _normal_cdf(z: Array) -> Array:
    return 0.5 * (1.0 + erf(z / np.sqrt(2.0)))


def _normal_density(z: Array) -> Array:
    return np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)


def _elu(z: Array, alpha: float) -> Array:
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))


def _elu_slope(z: Array, alpha: float) -> Array:
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0.0)))


# name: (φ(z, α), φ'(z, α))
ACTIVATIONS: dict[str, tuple[Callable[[Array, float], Array], Callable[[Array, float], Array]]] = {
    "linear": (lambda z, _: z, lambda z, _: np.ones_like(z)),
    "sigmoid": (lambda z, _: expit(z), lambda z, _: expit(z) * expit(-z)),
    "tanh": (lambda z, _: np.tanh(z), lambda z, _: 1.0 / np.cosh(z) ** 2),
    "relu": (lambda z, _: np.maximum(z, 0.0), lambda z, _: (z > 0).astype(float)),
    "leaky_relu": (lambda z, a: np.where(z > 0, z, a * z), lambda z, a: np.where(z > 0, 1.0, a)),
    "prelu": (lambda z, a: np.where(z > 0, z, a * z), lambda z, a: np.where(z > 0, 1.0, a)),
    "elu": (_elu, _elu_slope),
    "selu": (lambda z, _: SELU_SCALE * _elu(z, SELU_ALPHA), lambda z, _: SELU_SCALE * _elu_slope(z, SELU_ALPHA)),
    "gelu": (lambda z, _: z * _normal_cdf(z), lambda z, _: _normal_cdf(z) + z * _normal_density(z)),
    "silu": (lambda z, _: z * expit(z), lambda z, _: expit(z) * (1.0 + z * expit(-z))),
    "softplus": (lambda z, _: np.logaddexp(0.0, z), lambda z, _: expit(z)),
    "threshold": (lambda z, _: (z >= 0).astype(float), lambda z, _: np.ones_like(z)),
}
KINKED = ("relu", "leaky_relu", "prelu", "elu", "selu", "threshold")  # elu: a kink unless α = 1
FALLS_SILENT = ("relu", "leaky_relu", "prelu", "threshold")


def activation(name: str, z: Array, alpha: float = 0.0) -> Array:
    if name == "softmax":
        return np.exp(log_softmax(z, axis=1))
    return ACTIVATIONS[name][0](z, alpha)


def slope(name: str, z: Array, alpha: float = 0.0) -> Array:
    """φ'(z); softmax: the diagonal of its Jacobian."""
    if name == "softmax":
        p = activation("softmax", z)
        return p * (1.0 - p)
    return ACTIVATIONS[name][1](z, alpha)


def largest_slope(name: str, alpha: float = 0.0) -> float:
    """The largest |φ'| on a fine grid."""
    if name == "softmax":
        return 0.25
    return float(np.abs(slope(name, np.linspace(-20, 20, 400_001), alpha)).max())


def _cross_entropy(q: Array, t: Array) -> float:
    return float(-(t * np.log(q)).sum() / len(t))


def loss_and_pull(name: str, output: str, z: Array, t: Array, alpha: float, huber_delta: float) -> tuple[float, Array]:
    """(L, ∂L/∂z) of outputs a = φ(z) against t, both (n, k).

    Cross-entropies of a softmax or a sigmoid are not clipped, all others to [1e-7, 1 − 1e-7].
    """
    n, k = z.shape
    a = activation(output, z, alpha)
    clip = 0.0 if output in (("softmax", "sigmoid") if name == "cross_entropy" else ("sigmoid",)) else CLIP
    if name == "cross_entropy":
        share = a / a.sum(axis=1, keepdims=True)
        q = np.clip(share, clip, 1.0 - clip)
        to_share = np.where((share == q) & (t != 0), -t / q, 0.0) / n
        to_a = (to_share - (to_share * share).sum(axis=1, keepdims=True)) / a.sum(axis=1, keepdims=True)
        loss = _cross_entropy(q, t)
    elif name == "binary_cross_entropy":
        p = np.clip(a, clip, 1.0 - clip)
        loss = float(-(t * np.log(p) + (1 - t) * np.log(1 - p)).mean())
        to_a = np.where(p == a, (p - t) / (p * (1 - p)), 0.0) / (n * k)
    elif name == "hinge":
        side = np.where(t > 0, 1.0, -1.0)
        loss = float(np.maximum(0.0, 1.0 - side * a).mean())
        to_a = np.where(side * a < 1.0, -side, 0.0) / (n * k)
    else:
        error = a - t
        if name == "mse":
            values, to_a = error**2, 2.0 * error
        elif name == "mae":
            values, to_a = np.abs(error), np.sign(error)
        else:
            near = np.abs(error) <= huber_delta
            values = np.where(near, 0.5 * error**2, huber_delta * (np.abs(error) - 0.5 * huber_delta))
            to_a = np.clip(error, -huber_delta, huber_delta)
        loss, to_a = float(values.mean()), to_a / (n * k)
    if output == "softmax":
        return loss, a * (to_a - (to_a * a).sum(axis=1, keepdims=True))
    return loss, to_a * slope(output, z, alpha)


def distance_to_kink(name: str, a: Array, t: Array, huber_delta: float) -> float:
    """How far the outputs are from where the loss has no slope or jumps in it."""
    error = np.abs(a - t)
    if name == "mae":
        return float(error.min())
    if name == "huber":
        return float(np.abs(error - huber_delta).min())
    if name == "hinge":
        return float(np.abs(1.0 - np.where(t > 0, 1.0, -1.0) * a).min())
    if name in ("cross_entropy", "binary_cross_entropy"):
        p = a / a.sum(axis=1, keepdims=True) if name == "cross_entropy" else a
        return float(np.minimum(p, 1.0 - p).min()) if np.all(a > 0) else 0.0
    return 1.0
