"""Rows as they come from a generator, a library or a file, before any split or preprocessing."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..registry.row import Row
from .dataset import Task

LARGEST_ARRAY = 250_000_000  # numbers
MOST_COLUMNS = 1_000_000
_CHUNK = 1 << 20
# What a compressed file may become in memory without question, and beyond that how many times its own size: MNIST
# becomes 38 times as large, zeros become 8000 times as large
FREE_BYTES, MOST_TIMES = 100_000_000, 200


@dataclass(frozen=True, slots=True, eq=False)
class RawData:
    """Inputs ``x`` (rows, features) of any real dtype and targets ``y`` (rows, targets) in float64.

    ``classes`` holds the class names where the targets are known to be classes; ``y`` is then the class number, in one
    column. ``targets`` names the columns of ``y``. ``task`` is None where it has to be guessed from ``y``.
    The last ``validation_rows`` rows are a validation set of their own. ``shape`` is that of a row where it is more
    than a list of columns, as in :class:`LaneData`; else ().
    """

    x: NDArray[Any]
    y: NDArray[np.float64]
    features: tuple[str, ...]
    targets: tuple[str, ...] = ("y",)
    classes: tuple[str, ...] = ()
    task: Task | None = None
    validation_rows: int = 0
    shape: tuple[int, ...] = ()


Values = Mapping[str, float]
Make = Callable[[np.random.Generator, Values], RawData]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet(Row):
    """A data set. ``make`` gives its rows, from a generator of its own and a value for every parameter.

    ``shape`` gives the shape of a row from the same values, where a row is more than a list of columns.
    """

    make: Make
    shape: Callable[[Values], tuple[int, ...]] | None = None


def check_size(rows: int, columns: int, where: str) -> None:
    """Raise InputError if a (rows, columns) float64 array would not fit a sensible share of memory."""
    if rows * columns > LARGEST_ARRAY:
        raise InputError(
            f"{where}: {rows} rows × {columns} columns; the limit is {LARGEST_ARRAY // 10**6} million numbers"
        )
    if columns > MOST_COLUMNS:
        raise InputError(f"{where}: {columns} columns; the limit is {MOST_COLUMNS // 10**6} million")


def check_unpacked(count: int, packed: int, where: str) -> None:
    """Raise InputError if a file of ``packed`` bytes promises so many numbers that it is no data but a trap."""
    if 8 * count > max(FREE_BYTES, MOST_TIMES * packed):
        raise InputError(
            f"{where}: unpacks to {count} numbers, {8 * count // 10**6} MB: more than {MOST_TIMES} times the file's "
            f"{packed} bytes; if they are real, store them uncompressed"
        )


def read_up_to(stream: BinaryIO, size: int) -> bytearray:
    """The next ``size`` bytes, or what there is of them; read in chunks, for a header may promise what is not there."""
    content = bytearray()
    while len(content) < size and (chunk := stream.read(min(_CHUNK, size - len(content)))):
        content += chunk
    return content


def printable(name: str) -> str:
    """``name`` with spaces for control characters, which a terminal would obey."""
    return "".join(c if unicodedata.category(c) != "Cc" else " " for c in name)


def numbered(stem: str, count: int) -> tuple[str, ...]:
    """Column names x1, x2, …"""
    return tuple(f"{stem}{index}" for index in range(1, count + 1))
