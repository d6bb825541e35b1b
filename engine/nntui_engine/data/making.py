"""What generators of data sets share: classes in equal shares, and parameters that many of them take."""

import numpy as np

from ..registry.row import Parameter
from .dataset import Array
from .raw import RawData, Values, numbered


def labels(generator: np.random.Generator, values: Values, classes: int) -> tuple[Array, Array]:
    """Class numbers in random order, and each row's place within its class from 0 to 1: both (samples,)."""
    samples = int(values["samples"])
    order = generator.permutation(samples)
    label = order % classes
    count = np.bincount(label, minlength=classes)
    return label.astype(np.float64), (order // classes) / np.maximum(count[label] - 1, 1)


def classified(x: Array, label: Array, classes: int) -> RawData:
    """Rows x (rows, features) of the class numbers ``label`` (rows,)."""
    return RawData(
        np.ascontiguousarray(x),
        label[:, None],
        numbered("x", x.shape[1]),
        ("class",),
        tuple(str(index) for index in range(classes)),
        "binary" if classes == 2 else "classes",
    )


def samples_of(default: int) -> Parameter:
    """Number of rows."""
    return Parameter("samples", default, "number of rows", low=1, high=10_000_000, whole=True)


def noise_of(default: float, summary: str) -> Parameter:
    """Noise, as ``summary`` says."""
    return Parameter("noise", default, summary, low=0.0, high=1e6)


def classes_of(default: int, summary: str = "number of classes") -> Parameter:
    """Number of classes."""
    return Parameter("classes", default, summary, low=2, high=100, whole=True)


def features_of(default: int) -> Parameter:
    """Number of input columns."""
    return Parameter("features", default, "number of input columns", low=1, high=100_000, whole=True)
