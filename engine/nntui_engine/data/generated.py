"""Generated data sets. Every one is a function of its parameters and the seed alone.

Classes are as equal in size as the number of rows allows; rows come in random order.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np

from .dataset import Array
from .raw import RawData, check_size, numbered
from .sets import DATASETS

Values = Mapping[str, float]
_STREAM = 1


def generate(name: str, parameters: Mapping[str, float], seed: int, where: str = "data") -> RawData:
    """Data set ``name`` with ``parameters`` (absent ones take the registry's defaults).

    Raises InputError if it would be larger than memory sensibly allows.
    """
    values = {p.name: parameters.get(p.name, p.default) for p in DATASETS[name].parameters}
    check_size(int(values["samples"]), int(values.get("features", 2)), where)
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _STREAM])))
    return _MAKERS[name](generator, values)


def _labels(generator: np.random.Generator, values: Values, classes: int) -> tuple[Array, Array]:
    """Class numbers in random order, and each row's place within its class from 0 to 1."""
    samples = int(values["samples"])
    order = generator.permutation(samples)
    label = order % classes
    count = np.bincount(label, minlength=classes)
    return label.astype(np.float64), (order // classes) / np.maximum(count[label] - 1, 1)


def _classified(x: Array, label: Array, classes: int) -> RawData:
    return RawData(
        np.ascontiguousarray(x),
        label[:, None],
        numbered("x", x.shape[1]),
        ("class",),
        tuple(str(index) for index in range(classes)),
        "binary" if classes == 2 else "classes",
    )


def _xor(generator: np.random.Generator, values: Values) -> RawData:
    samples = int(values["samples"])
    corner = generator.permutation(samples) % 4
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]])
    x = corners[corner] + values["noise"] * generator.standard_normal((samples, 2))
    return _classified(x, (corner % 2).astype(np.float64), 2)


def _circles(generator: np.random.Generator, values: Values) -> RawData:
    classes = int(values["classes"])
    label, _ = _labels(generator, values, classes)
    angle = 2.0 * math.pi * generator.random(len(label))
    radius = (label + 1.0) / classes
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return _classified(x + values["noise"] * generator.standard_normal(x.shape), label, classes)


def _moons(generator: np.random.Generator, values: Values) -> RawData:
    label, place = _labels(generator, values, 2)
    angle = math.pi * place
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = np.where(label[:, None] == 0.0, upper, np.array([1.0, 0.5]) - upper)
    return _classified(x + values["noise"] * generator.standard_normal(x.shape), label, 2)


def _spirals(generator: np.random.Generator, values: Values) -> RawData:
    """Each arm turns 1.75 times a half circle while its radius grows from 0.05 to 1."""
    classes = int(values["classes"])
    label, place = _labels(generator, values, classes)
    radius = 0.05 + 0.95 * place
    angle = 1.75 * math.pi * place + 2.0 * math.pi * label / classes
    x = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    return _classified(x + values["noise"] * generator.standard_normal(x.shape), label, classes)


def _gauss(generator: np.random.Generator, values: Values) -> RawData:
    label, _ = _labels(generator, values, 2)
    if values["balance"] != 0.5:
        rare = max(1, round(values["balance"] * len(label)))
        label = (generator.permutation(len(label)) < rare).astype(np.float64)
    spread = generator.standard_normal((len(label), int(values["features"])))
    return _classified((2.0 * label - 1.0)[:, None] + values["noise"] * spread, label, 2)


def _blobs(generator: np.random.Generator, values: Values) -> RawData:
    classes, features = int(values["classes"]), int(values["features"])
    label, _ = _labels(generator, values, classes)
    angle = 2.0 * math.pi * label / classes
    x = values["noise"] * generator.standard_normal((len(label), features))
    if features == 1:  # a circle has no room on a line: centres 4 apart instead
        x[:, 0] += 4.0 * label
    else:
        x[:, 0] += 4.0 * np.cos(angle)
        x[:, 1] += 4.0 * np.sin(angle)
    return _classified(x, label, classes)


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
    label, _ = _labels(generator, values, classes)
    return _classified(generator.standard_normal((len(label), int(values["features"]))), label, classes)


def _signs(generator: np.random.Generator, values: Values) -> RawData:
    x = generator.standard_normal((int(values["samples"]), 2))
    answers = np.stack([x[:, 0] > 0.0, x[:, 1] > 0.0, (x**2).sum(axis=1) > 1.5], axis=1).astype(np.float64)
    x = x + values["noise"] * generator.standard_normal(x.shape)
    return RawData(np.ascontiguousarray(x), answers, numbered("x", 2), ("right", "upper", "far"), (), "multilabel")


_MAKERS: dict[str, Callable[[np.random.Generator, Values], RawData]] = {
    "xor": _xor,
    "circles": _circles,
    "moons": _moons,
    "spirals": _spirals,
    "gauss": _gauss,
    "blobs": _blobs,
    "plane": _plane,
    "sine": _sine,
    "linear": _linear,
    "noise": _noise,
    "signs": _signs,
}
