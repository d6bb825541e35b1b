"""Generated data sets. Every one is a function of its parameters and the seed alone.

Classes are as equal in size as the number of rows allows; rows come in random order. Adding a data set is a function
and its row in ``GENERATED``.
"""

import math

import numpy as np

from ..registry.row import Parameter
from .dataset import Array
from .making import classes_of, classified, features_of, labels, noise_of, samples_of
from .raw import DataSet, RawData, Values, numbered


def _xor(generator: np.random.Generator, values: Values) -> RawData:
    samples = int(values["samples"])
    corner = generator.permutation(samples) % 4
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]])
    x = corners[corner] + values["noise"] * generator.standard_normal((samples, 2))
    return classified(x, (corner % 2).astype(np.float64), 2)


def _circles(generator: np.random.Generator, values: Values) -> RawData:
    classes = int(values["classes"])
    label, _ = labels(generator, values, classes)
    angle = 2.0 * math.pi * generator.random(len(label))
    radius = (label + 1.0) / classes
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return classified(x + values["noise"] * generator.standard_normal(x.shape), label, classes)


def _moons(generator: np.random.Generator, values: Values) -> RawData:
    label, place = labels(generator, values, 2)
    angle = math.pi * place
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = np.where(label[:, None] == 0.0, upper, np.array([1.0, 0.5]) - upper)
    return classified(x + values["noise"] * generator.standard_normal(x.shape), label, 2)


def _spirals(generator: np.random.Generator, values: Values) -> RawData:
    """Each arm turns 1.75 times a half circle while its radius grows from 0.05 to 1."""
    classes = int(values["classes"])
    label, place = labels(generator, values, classes)
    radius = 0.05 + 0.95 * place
    angle = 1.75 * math.pi * place + 2.0 * math.pi * label / classes
    x = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    return classified(x + values["noise"] * generator.standard_normal(x.shape), label, classes)


def _gauss(generator: np.random.Generator, values: Values) -> RawData:
    label, _ = labels(generator, values, 2)
    if values["balance"] != 0.5:
        rare = max(1, round(values["balance"] * len(label)))
        label = (generator.permutation(len(label)) < rare).astype(np.float64)
    spread = generator.standard_normal((len(label), int(values["features"])))
    return classified((2.0 * label - 1.0)[:, None] + values["noise"] * spread, label, 2)


def _blobs(generator: np.random.Generator, values: Values) -> RawData:
    classes, features = int(values["classes"]), int(values["features"])
    label, _ = labels(generator, values, classes)
    angle = 2.0 * math.pi * label / classes
    x = values["noise"] * generator.standard_normal((len(label), features))
    if features == 1:  # a circle has no room on a line: centres 4 apart instead
        x[:, 0] += 4.0 * label
    else:
        x[:, 0] += 4.0 * np.cos(angle)
        x[:, 1] += 4.0 * np.sin(angle)
    return classified(x, label, classes)


def _regression(x: Array, y: Array) -> RawData:
    return RawData(np.ascontiguousarray(x), y[:, None], numbered("x", x.shape[1]), ("y",), (), "regression")


def _plane(generator: np.random.Generator, values: Values) -> RawData:
    x = 2.0 * generator.random((int(values["samples"]), 2)) - 1.0
    return _regression(x, x.mean(axis=1) + values["noise"] * generator.standard_normal(len(x)))


def _sine(generator: np.random.Generator, values: Values) -> RawData:
    x = math.pi * (2.0 * generator.random((int(values["samples"]), 1)) - 1.0)
    return _regression(x, np.sin(x[:, 0]) + values["noise"] * generator.standard_normal(len(x)))


def _linear(generator: np.random.Generator, values: Values) -> RawData:
    x = generator.standard_normal((int(values["samples"]), int(values["features"])))
    weights = 2.0 * (-0.5) ** np.arange(x.shape[1])
    # a sum column by column: the same bits with every BLAS
    y = 1.0 + (x * weights).sum(axis=1)
    return _regression(x, y + values["noise"] * generator.standard_normal(len(x)))


def _noise(generator: np.random.Generator, values: Values) -> RawData:
    classes = int(values["classes"])
    label, _ = labels(generator, values, classes)
    return classified(generator.standard_normal((len(label), int(values["features"]))), label, classes)


def _signs(generator: np.random.Generator, values: Values) -> RawData:
    x = generator.standard_normal((int(values["samples"]), 2))
    answers = np.stack([x[:, 0] > 0.0, x[:, 1] > 0.0, (x**2).sum(axis=1) > 1.5], axis=1).astype(np.float64)
    x = x + values["noise"] * generator.standard_normal(x.shape)
    return RawData(np.ascontiguousarray(x), answers, numbered("x", 2), ("right", "upper", "far"), (), "multilabel")


_SPREAD = "standard deviation added to every coordinate"
_TARGET_NOISE = "standard deviation added to the target"

GENERATED = (
    DataSet(
        "xor",
        "Four corners of a square; opposite corners share a class.",
        (samples_of(400), noise_of(0.1, _SPREAD)),
        make=_xor,
    ),
    DataSet(
        "circles",
        "One ring inside another.",
        (samples_of(500), noise_of(0.05, _SPREAD), classes_of(2, "number of rings")),
        make=_circles,
    ),
    DataSet(
        "moons",
        "Two half circles, each reaching into the other.",
        (samples_of(500), noise_of(0.1, _SPREAD)),
        make=_moons,
    ),
    DataSet(
        "spirals",
        "Arms that wind around each other: hard for a shallow network.",
        (samples_of(500), noise_of(0.02, _SPREAD), classes_of(2, "number of arms")),
        "Lang & Witbrock 1988",
        make=_spirals,
    ),
    DataSet(
        "gauss",
        "Two overlapping clouds around (−1, …, −1) and (1, …, 1).",
        (
            samples_of(500),
            noise_of(1.0, "standard deviation of a cloud"),
            features_of(2),
            Parameter("balance", 0.5, "share of the rows in the second cloud", low=0.001, high=0.999),
        ),
        make=_gauss,
    ),
    DataSet(
        "blobs",
        "Round clouds on a circle of radius 4; input columns beyond the second carry nothing but noise.",
        (samples_of(500), noise_of(1.0, "standard deviation of a cloud"), classes_of(3), features_of(2)),
        make=_blobs,
    ),
    DataSet(
        "plane",
        "Regression: a tilted plane, y = (x₁ + x₂) / 2 for x in [−1, 1]².",
        (samples_of(400), noise_of(0.05, _TARGET_NOISE)),
        make=_plane,
    ),
    DataSet(
        "sine",
        "Regression: one wave, y = sin x for x in [−π, π].",
        (samples_of(300), noise_of(0.1, _TARGET_NOISE)),
        make=_sine,
    ),
    DataSet(
        "linear",
        "Regression: y = 1 + Σ wⱼ·xⱼ with weights 2, −1, 1/2, −1/4, … and standard normal x.",
        (samples_of(200), noise_of(0.1, _TARGET_NOISE), features_of(1)),
        make=_linear,
    ),
    DataSet(
        "noise",
        "Random inputs with random classes: there is nothing to learn but the rows themselves.",
        (samples_of(200), classes_of(2), features_of(2)),
        "Zhang et al. 2017",
        make=_noise,
    ),
    DataSet(
        "signs",
        "Points on a plane with three yes-or-no answers each: right of the middle, above it, far from it.",
        (samples_of(400), noise_of(0.1, _SPREAD)),
        make=_signs,
    ),
)
