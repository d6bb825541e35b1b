"""Rows as they come from a generator, a library or a file, before any split or preprocessing."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..settings import Task

LARGEST_ARRAY = 250_000_000


@dataclass(frozen=True, slots=True, eq=False)
class RawData:
    """Inputs ``x`` (rows, features) of any real dtype and targets ``y`` (rows, targets) in float64.

    ``classes`` holds the class names where the targets are known to be classes; ``y`` is then the class number, in one
    column. ``targets`` names the columns of ``y``. ``task`` is None where it has to be guessed from ``y``.
    The last ``validation_rows`` rows are a validation set of their own.
    """

    x: NDArray[Any]
    y: NDArray[np.float64]
    features: tuple[str, ...]
    targets: tuple[str, ...] = ("y",)
    classes: tuple[str, ...] = ()
    task: Task | None = None
    validation_rows: int = 0


def check_size(rows: int, columns: int, where: str) -> None:
    """Raise InputError if a (rows, columns) float64 array would not fit a sensible share of memory."""
    if rows * columns > LARGEST_ARRAY:
        raise InputError(
            f"{where}: {rows} rows × {columns} columns; the limit is {LARGEST_ARRAY // 10**6} million numbers"
        )


def numbered(stem: str, count: int) -> tuple[str, ...]:
    """Column names x1, x2, …"""
    return tuple(f"{stem}{index}" for index in range(1, count + 1))
