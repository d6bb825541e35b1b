"""Real data sets, from the copies that scikit-learn carries (nothing is downloaded).

scikit-learn takes most of a second to import, so its file of digits is read without it, and it is imported where the
file is not where it was, or another data set is asked for.
"""

import gzip
import importlib.util
from pathlib import Path

import numpy as np

from .raw import RawData


def load_real(name: str) -> RawData:
    """Data set ``name`` with its values as recorded: nothing scaled, nothing left out."""
    if name == "digits":
        digits = _digits_from_file()
        if digits is not None:
            return digits
    return _from_sklearn(name)


def _from_sklearn(name: str) -> RawData:
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


def _digits_from_file() -> RawData | None:
    """The 1797 images of 8 × 8 pixels and their digits, or None where the file is missing or another one."""
    package = importlib.util.find_spec("sklearn")
    if package is None or not package.submodule_search_locations:
        return None
    path = Path(package.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
    try:
        with gzip.open(path, "rb") as stream:
            values = np.array(stream.read().replace(b"\n", b",").rstrip(b",").split(b","), dtype=np.float64)
        table = values.reshape(1797, 65)
    except (OSError, ValueError):
        return None
    features = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
    classes = tuple(str(digit) for digit in range(10))
    return RawData(table[:, :64].copy(), table[:, 64:].copy(), features, ("class",), classes, "classes")
