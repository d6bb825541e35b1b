"""MNIST-1D: ten drawn curves, each row one of them stretched, shifted and covered with noise.

Made from its description (Greydanus & Kobak 2020, "Scaling down deep learning", arXiv 2011.14439) with random numbers
of its own, so that rows are alike in kind, not in value. What they report for 4000 training and 1000 test rows, in per
cent of test rows: logistic regression 32, a dense network 68, a convolutional one 94, a GRU 91; with the positions
shuffled 32, 68, 56 and 57.
"""

import numpy as np
from numpy.typing import NDArray

from ..registry.row import Parameter
from .dataset import Array
from .making import classified, labels
from .raw import DataSet, RawData, Values

LENGTH = 40
_DIGITS = np.array(
    [
        [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
        [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
        [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
        [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
        [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
        [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
        [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
        [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
    ]
)
_FEWEST, _MOST = 36, 60  # points of padding
_PLACES = 48  # of a row's start
_SCALE, _SHEAR, _SMOOTH_NOISE, _NOISE = 0.4, 0.75, 0.25, 0.02
_BLUR = 2.0  # points


def templates() -> Array:
    """The ten curves (10, 12): of standard deviation 1/6, beginning at 0."""
    curves = _DIGITS - _DIGITS.mean(axis=1, keepdims=True)
    curves = curves / curves.std(axis=1, keepdims=True)
    return np.asarray((curves - curves[:, :1]) / 6.0)


def _mnist1d(generator: np.random.Generator, values: Values) -> RawData:
    """Pad, stretch to one length, scale, shift in a circle, fill the padding with smooth noise, add noise, tilt, thin;
    in the end mean 0 and standard deviation 1 over everything."""
    label, _ = labels(generator, {"samples": values["samples"]}, 10)
    curves = templates()
    rows, points = len(label), curves.shape[1]
    size = points + _MOST
    padded = np.concatenate([curves, np.zeros((10, _MOST + 1))], axis=1)
    ends = points + generator.integers(_FEWEST, _MOST + 1, rows) - 1
    place = np.arange(size) / (size - 1) * ends[:, None]
    x = _between(padded[label.astype(np.int64)], place)
    x *= 1.0 + _SCALE * (generator.random((rows, 1)) - 0.5)
    drawn = place < points
    shift = (np.arange(size) - generator.integers(0, _PLACES, (rows, 1))) % size
    x, drawn = np.take_along_axis(x, shift, axis=1), np.take_along_axis(drawn, shift, axis=1)
    smooth = _blurred(_SMOOTH_NOISE * generator.standard_normal((rows, size)))
    x = np.where(drawn, x, smooth) + _NOISE * generator.standard_normal((rows, size))
    x -= _SHEAR * (generator.random((rows, 1)) - 0.5) * np.linspace(-0.5, 0.5, size)
    x = _between(x, np.broadcast_to(np.linspace(0.0, size - 1.0, LENGTH), (rows, LENGTH)))
    x = (x - x.mean()) / x.std()
    order = generator.permutation(LENGTH)
    return classified(x[:, order] if values["shuffle"] else x, label, 10)


def _between(x: Array, place: Array) -> Array:
    """Rows x (rows, points) read at ``place`` (rows, places), from 0 to points − 1, by straight lines."""
    left = np.minimum(place.astype(np.int64), x.shape[1] - 2)
    share = place - left
    return np.asarray(
        (1.0 - share) * np.take_along_axis(x, left, axis=1) + share * np.take_along_axis(x, left + 1, axis=1)
    )


def _blurred(x: Array) -> Array:
    """Rows under a Gaussian of ``_BLUR`` points, cut off at four of its widths; the row is mirrored at its ends."""
    reach = int(4.0 * _BLUR)
    weight: NDArray[np.float64] = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _BLUR) ** 2)
    weight /= weight.sum()
    mirrored = np.pad(x, ((0, 0), (reach, reach)), mode="symmetric")
    result = np.zeros_like(x)
    for offset, share in enumerate(weight):
        result += share * mirrored[:, offset : offset + x.shape[1]]
    return result


MNIST1D = DataSet(
    "mnist1d",
    "Ten drawn curves of 40 points, shifted, scaled and noisy: dense networks reach 68 %, convolutions 94 %.",
    (
        Parameter("samples", 5000, "number of rows", low=1, high=200_000, whole=True),
        Parameter("shuffle", 0.0, "positions in one shuffled order, the same for every row", flag=True),
    ),
    "Greydanus & Kobak 2020",
    make=_mnist1d,
    shape=lambda _: (LENGTH, 1),
)
