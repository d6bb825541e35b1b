"""Optimizers, schedules and counter-based random numbers once more, in plain NumPy, from the papers' formulas."""

import math
from collections.abc import Callable, Mapping

import numpy as np

Array = np.ndarray
State = dict[str, Array]
Hyper = Mapping[str, float]


def _zeros(state: State, name: str, like: Array) -> Array:
    return state.setdefault(name, np.zeros_like(like))


def _sgd(w: Array, g: Array, h: Hyper, _: int, state: State) -> Array:
    g = g + h["weight_decay"] * w
    if h["momentum"] == 0:
        return h["lr"] * g
    if "v" not in state:
        state["v"] = g.copy()
    else:
        state["v"] = h["momentum"] * state["v"] + (1 - h["dampening"]) * g
    return h["lr"] * (g + h["momentum"] * state["v"] if h["nesterov"] else state["v"])


def _adagrad(w: Array, g: Array, h: Hyper, _: int, state: State) -> Array:
    g = g + h["weight_decay"] * w
    state["s"] = _zeros(state, "s", w) + g**2
    return h["lr"] * g / (np.sqrt(state["s"]) + h["epsilon"])


def _adadelta(w: Array, g: Array, h: Hyper, _: int, state: State) -> Array:
    g, rho, epsilon = g + h["weight_decay"] * w, h["rho"], h["epsilon"]
    state["s"] = rho * _zeros(state, "s", w) + (1 - rho) * g**2
    move = np.sqrt(_zeros(state, "r", w) + epsilon) / np.sqrt(state["s"] + epsilon) * g
    state["r"] = rho * state["r"] + (1 - rho) * move**2
    return h["lr"] * move


def _rmsprop(w: Array, g: Array, h: Hyper, _: int, state: State) -> Array:
    g = g + h["weight_decay"] * w
    state["s"] = h["rho"] * _zeros(state, "s", w) + (1 - h["rho"]) * g**2
    move = g / (np.sqrt(state["s"]) + h["epsilon"])
    state["v"] = h["momentum"] * _zeros(state, "v", w) + move
    return h["lr"] * (state["v"] if h["momentum"] else move)


def _moments(w: Array, g: Array, h: Hyper, state: State) -> tuple[Array, Array]:
    state["m"] = h["beta1"] * _zeros(state, "m", w) + (1 - h["beta1"]) * g
    state["s"] = h["beta2"] * _zeros(state, "s", w) + (1 - h["beta2"]) * g**2
    return state["m"], state["s"]


def _adam(w: Array, g: Array, h: Hyper, t: int, state: State) -> Array:
    m, s = _moments(w, g + h["weight_decay"] * w, h, state)
    if h["bias_correction"]:
        m, s = m / (1 - h["beta1"] ** t), s / (1 - h["beta2"] ** t)
    return h["lr"] * m / (np.sqrt(s) + h["epsilon"])


def _adamw(w: Array, g: Array, h: Hyper, t: int, state: State) -> Array:
    m, s = _moments(w, g, h, state)
    m, s = m / (1 - h["beta1"] ** t), s / (1 - h["beta2"] ** t)
    return h["lr"] * (m / (np.sqrt(s) + h["epsilon"]) + h["weight_decay"] * w)


def _nadam(w: Array, g: Array, h: Hyper, t: int, state: State) -> Array:
    g = g + h["weight_decay"] * w
    m, s = _moments(w, g, h, state)
    mus = [h["beta1"] * (1 - 0.5 * 0.96 ** (i * h["momentum_decay"])) for i in range(1, t + 2)]
    now, after = math.prod(mus[:t]), math.prod(mus)
    blend = (1 - mus[t - 1]) * g / (1 - now) + mus[t] * m / (1 - after)
    return h["lr"] * blend / (np.sqrt(s / (1 - h["beta2"] ** t)) + h["epsilon"])


def _adamax(w: Array, g: Array, h: Hyper, t: int, state: State) -> Array:
    g = g + h["weight_decay"] * w
    state["m"] = h["beta1"] * _zeros(state, "m", w) + (1 - h["beta1"]) * g
    state["s"] = np.maximum(h["beta2"] * _zeros(state, "s", w), np.abs(g) + h["epsilon"])
    return h["lr"] / (1 - h["beta1"] ** t) * state["m"] / state["s"]


def _lion(w: Array, g: Array, h: Hyper, _: int, state: State) -> Array:
    """Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2."""
    m = _zeros(state, "m", w)
    u = h["lr"] * (np.sign(h["beta1"] * m + (1 - h["beta1"]) * g) + h["weight_decay"] * w)
    state["m"] = h["beta2"] * m + (1 - h["beta2"]) * g
    return u


# name: (w, g, hyperparameters, number of the update from 1, memory) → the step u; the new parameters are w − u
OPTIMIZERS: dict[str, Callable[[Array, Array, Hyper, int, State], Array]] = {
    "sgd": _sgd,
    "adagrad": _adagrad,
    "adadelta": _adadelta,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adamw,
    "nadam": _nadam,
    "adamax": _adamax,
    "lion": _lion,
}

# name: (parameters, update t = 0, 1, …) → factor on lr
SCHEDULES: dict[str, Callable[[Hyper, int], float]] = {
    "constant": lambda _p, _t: 1.0,
    "exponential": lambda p, t: math.exp(-p["decay"] * t),
    "inverse_time": lambda p, t: 1.0 / (1.0 + p["decay"] * t),
    "step": lambda p, t: p["factor"] ** math.floor(t / p["every"]),
    "cosine": lambda p, t: p["minimum"] + (1 - p["minimum"]) * (1 + math.cos(math.pi * min(t / p["over"], 1.0))) / 2,
    "warmup": lambda p, t: min(1.0, (t + 1) / p["over"]),
}

# Streams of random numbers (layer l of a stream is stream + l)
SHUFFLE, INPUT_NOISE, INPUT_DROPOUT = 1, 2, 3
DROPOUT, DROPCONNECT, WEIGHT_NOISE, GRADIENT_NOISE = (i << 20 for i in range(1, 5))
_WORD, _GOLDEN = 2**64, 0x9E3779B97F4A7C15


def _mix(value: int) -> int:
    """SplitMix64's output function (Steele, Lea & Flood 2014, figure 17), on Python's whole numbers."""
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % _WORD
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB % _WORD
    return value ^ (value >> 31)


def uniforms(seed: int, stream: int, step: int, count: int) -> Array:
    """``count`` numbers in [0, 1) of one stream at one step."""
    key = _mix((seed + _GOLDEN) % _WORD)
    key = _mix((key + stream * _GOLDEN) % _WORD)
    key = _mix((key + step * _GOLDEN) % _WORD)
    return np.array([(_mix((key + i * _GOLDEN) % _WORD) >> 11) * 2.0**-53 for i in range(count)])


def normals(seed: int, stream: int, step: int, count: int) -> Array:
    """Box & Muller: numbers 2i and 2i + 1 are one pair."""
    u = uniforms(seed, stream, step, count + count % 2).reshape(-1, 2)
    radius, angle = np.sqrt(-2.0 * np.log(1.0 - u[:, 0])), 2.0 * np.pi * u[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()[:count]


def mask(seed: int, stream: int, step: int, shape: tuple[int, ...], drop: float) -> Array:
    kept = uniforms(seed, stream, step, math.prod(shape)).reshape(shape) >= drop
    return kept / (1.0 - drop)


def permutation(seed: int, epoch: int, count: int) -> Array:
    order, u = list(range(count)), uniforms(seed, SHUFFLE, epoch, count)
    for i in range(count - 1, 0, -1):
        j = int(u[i] * (i + 1))
        order[i], order[j] = order[j], order[i]
    return np.array(order)
