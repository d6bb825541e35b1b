"""The arrays one lane trains on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Task = Literal["regression", "binary", "classes", "multilabel"]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class LaneData:
    """Preprocessed inputs and coded targets, float64 and C-contiguous, ready for the cast to the lane's dtype.

    ``x_train`` (n, features), ``t_train`` (n, outputs), ``x_validation`` (m, features), ``t_validation``
    (m, outputs); m may be 0. Equal ``key`` means the same arrays, so that lanes share one copy.

    ``shape`` is what a row is, its features in that order: (height, width, channels) of an image, (time, features) of
    a sequence, (features,) of anything else. ``as_given`` makes rows (n, features) what they were before they were
    preprocessed.
    """

    key: str
    task: Task
    features: tuple[str, ...]
    classes: tuple[str, ...]
    x_train: Array
    t_train: Array
    x_validation: Array
    t_validation: Array
    shape: tuple[int, ...]
    as_given: Callable[[Array], Array]

    @property
    def split_key(self) -> str:
        """Equal for lanes with the same rows, even if their targets are coded differently."""
        return self.key.rsplit("/", 1)[0]
