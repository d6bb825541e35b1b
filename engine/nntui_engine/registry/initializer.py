"""Initializers: the weight matrix a layer starts from.

Each draws a matrix in float64 from a NumPy generator. Of a dense layer it is (inputs, units), fan_in = inputs and
fan_out = units; a filter has fan_in = entries it sees times channels, fan_out = entries it sees times filters.
"Xavier" has two forms in print: Glorot & Bengio's (both fans, used here) and the 1/fan_in one of some
textbooks, which is ``lecun_*`` here.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .row import Parameter, Registry, Row

Weights = NDArray[np.float64]
Matrix = tuple[int, int]  # rows, columns
Draw = Callable[[np.random.Generator, Matrix, Matrix, float], Weights]


@dataclass(frozen=True, slots=True, kw_only=True)
class Initializer(Row):
    """An initializer; ``draw`` makes a matrix of a generator, its shape, (fan_in, fan_out) and ``init_scale``."""

    draw: Draw


def _zeros(_: np.random.Generator, shape: Matrix, __: Matrix, ___: float) -> Weights:
    return np.zeros(shape)


def _constant(_: np.random.Generator, shape: Matrix, __: Matrix, scale: float) -> Weights:
    return np.full(shape, scale)


def _normal(generator: np.random.Generator, shape: Matrix, _: Matrix, scale: float) -> Weights:
    return scale * generator.standard_normal(shape)


def _uniform(generator: np.random.Generator, shape: Matrix, _: Matrix, scale: float) -> Weights:
    return scale * (2.0 * generator.random(shape) - 1.0)


def _xavier_uniform(generator: np.random.Generator, shape: Matrix, fans: Matrix, _: float) -> Weights:
    return _uniform(generator, shape, fans, math.sqrt(6.0 / (fans[0] + fans[1])))


def _xavier_normal(generator: np.random.Generator, shape: Matrix, fans: Matrix, _: float) -> Weights:
    return _normal(generator, shape, fans, math.sqrt(2.0 / (fans[0] + fans[1])))


def _he_uniform(generator: np.random.Generator, shape: Matrix, fans: Matrix, _: float) -> Weights:
    return _uniform(generator, shape, fans, math.sqrt(6.0 / fans[0]))


def _he_normal(generator: np.random.Generator, shape: Matrix, fans: Matrix, _: float) -> Weights:
    return _normal(generator, shape, fans, math.sqrt(2.0 / fans[0]))


def _lecun_uniform(generator: np.random.Generator, shape: Matrix, fans: Matrix, _: float) -> Weights:
    return _uniform(generator, shape, fans, math.sqrt(3.0 / fans[0]))


def _lecun_normal(generator: np.random.Generator, shape: Matrix, fans: Matrix, _: float) -> Weights:
    return _normal(generator, shape, fans, math.sqrt(1.0 / fans[0]))


def _orthogonal(generator: np.random.Generator, shape: Matrix, _: Matrix, __: float) -> Weights:
    tall = generator.standard_normal((max(shape), min(shape)))
    q, r = np.linalg.qr(tall)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # without the signs the draw is not uniform (Mezzadri 2007)
    return np.ascontiguousarray(q if shape[0] >= shape[1] else q.T)


def _identity(_: np.random.Generator, shape: Matrix, __: Matrix, ___: float) -> Weights:
    return np.eye(*shape)


def _scale(default: float, summary: str, low: float = 0.0) -> tuple[Parameter, ...]:
    return (Parameter("init_scale", default, summary, low=low, high=1e30),)


INITIALIZERS = Registry(
    "initializer",
    (
        Initializer("zeros", "Every weight 0: all units of a layer stay alike and nothing is learned.", draw=_zeros),
        Initializer(
            "constant",
            "Every weight the same value: units stay identical.",
            _scale(0.1, "the value", -1e30),
            draw=_constant,
        ),
        Initializer(
            "normal", "Bell-shaped, with a spread you choose.", _scale(0.05, "standard deviation"), draw=_normal
        ),
        Initializer(
            "uniform", "Even between −s and s, with s chosen by you.", _scale(0.05, "half-width s"), draw=_uniform
        ),
        Initializer(
            "xavier_uniform",
            "Even, half-width √(6 / (fan_in + fan_out)): made for tanh.",
            source="Glorot & Bengio 2010",
            draw=_xavier_uniform,
        ),
        Initializer(
            "xavier_normal",
            "Bell-shaped, variance 2 / (fan_in + fan_out): made for tanh.",
            source="Glorot & Bengio 2010",
            draw=_xavier_normal,
        ),
        Initializer(
            "he_uniform", "Even, half-width √(6 / fan_in): made for ReLU.", source="He et al. 2015", draw=_he_uniform
        ),
        Initializer(
            "he_normal", "Bell-shaped, variance 2 / fan_in: made for ReLU.", source="He et al. 2015", draw=_he_normal
        ),
        Initializer(
            "lecun_uniform",
            "Even, half-width √(3 / fan_in): made for SELU.",
            source="LeCun et al. 1998",
            draw=_lecun_uniform,
        ),
        Initializer(
            "lecun_normal",
            "Bell-shaped, variance 1 / fan_in: made for SELU.",
            source="LeCun et al. 1998",
            draw=_lecun_normal,
        ),
        Initializer(
            "orthogonal",
            "A random rotation: keeps lengths from layer to layer.",
            source="Saxe et al. 2014",
            draw=_orthogonal,
        ),
        Initializer(
            "identity",
            "1 on the diagonal, 0 elsewhere: unit k passes on its k-th input.",
            source="Le, Jaitly & Hinton 2015",
            draw=_identity,
        ),
    ),
)


def draw_weights(
    name: str, generator: np.random.Generator, shape: Matrix, scale: float | None, fans: Matrix | None = None
) -> Weights:
    """A float64 weight matrix of ``shape`` (rows, columns) drawn by initializer ``name``.

    ``scale`` is the row's ``init_scale``; None takes its default. ``fans``: (fan_in, fan_out), the shape if left out.
    """
    row = INITIALIZERS.find(name)
    if scale is None:
        scale = row.parameters[0].default if row.parameters else 0.0
    return row.draw(generator, shape, fans or shape, scale)
