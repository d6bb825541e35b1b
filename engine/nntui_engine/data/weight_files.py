"""Weights as NPZ: an array for each name, such as "conv1.weights". Nothing is unpickled."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..files import expanded, problem_with
from .npz_files import DAMAGED, read_member

MOST_ARRAYS = 10_000


def read_weights(name: str, where: str) -> dict[str, NDArray[Any]]:
    """Every array of the file, of any shape, by name.

    Raises InputError for a file that is missing, damaged, or holds anything but numbers.
    """
    path = expanded(name)
    problem = problem_with(path)
    if problem is not None:
        raise InputError(f"{where}: {path}: {problem}")
    place = f"{where}: {path}"
    try:
        with zipfile.ZipFile(path) as archive:
            names = [member.filename.removesuffix(".npy") for member in archive.infolist()]
            if len(names) > MOST_ARRAYS:
                raise InputError(f"{place}: more than {MOST_ARRAYS} arrays")
            found = {one: read_member(archive, one, path.stat().st_size, place) for one in names}
    except InputError:
        raise
    except DAMAGED:
        raise InputError(f"{place}: not an NPZ file, or a damaged one") from None
    for one, values in found.items():
        if values.dtype.kind == "U":
            raise InputError(f"{place}: {one} is text; weights are numbers")
    return found


def weights_file(values: Mapping[str, NDArray[Any]]) -> bytes:
    """The content of a file of arrays of any shape that :func:`read_weights` reads; the same for the same values."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in values.items():
            entry = io.BytesIO()
            np.lib.format.write_array(entry, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), entry.getvalue())
    return stream.getvalue()
