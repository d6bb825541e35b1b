"""Real data sets, from the copies that scikit-learn carries (nothing is downloaded).

scikit-learn takes most of a second to import, so it is imported when a data set is asked for.
"""

import numpy as np

from .raw import RawData


def load_real(name: str) -> RawData:
    """Data set ``name`` with its values as recorded: nothing scaled, nothing left out."""
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
