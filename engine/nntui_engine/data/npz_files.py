"""Own data as NPZ: an array ``x`` (rows, …) and an array ``y`` (rows,) or (rows, targets). Nothing is unpickled."""

import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ..errors import InputError
from .raw import RawData, check_size, numbered


def read_npz(path: Path, validation: Path | None, where: str) -> RawData:
    """Read ``x`` and ``y`` from ``path``, and from ``validation`` as the last rows if given.

    Rows of more than one dimension are flattened. Text in ``y`` is classes, in sorted order.

    Raises InputError for a missing or unreadable array, rows that do not match, object arrays, NaN and infinities.
    """
    parts = [_read(path, where)]
    if validation is not None:
        parts.append(_read(validation, where))
        if parts[0][0].shape[1] != parts[1][0].shape[1] or parts[0][1].shape[1] != parts[1][1].shape[1]:
            raise InputError(f"{where}: {validation}: its columns differ from those of {path}")
        if parts[0][1].dtype.kind != parts[1][1].dtype.kind and "U" in (
            parts[0][1].dtype.kind + parts[1][1].dtype.kind
        ):
            raise InputError(f"{where}: {validation}: y is text in one file and numbers in the other")
    held_out = len(parts[1][0]) if len(parts) > 1 else 0
    x = np.concatenate([x for x, _ in parts]) if held_out else parts[0][0]
    y = np.concatenate([y for _, y in parts]) if held_out else parts[0][1]
    features = numbered("x", x.shape[1])
    if y.dtype.kind == "U":
        if y.shape[1] != 1:
            raise InputError(f"{where}: {path}: y is text in {y.shape[1]} columns; text targets have one")
        names, index = np.unique(y[:, 0], return_inverse=True)
        unseen = set(np.unique(index)) - set(np.unique(index[: len(index) - held_out]))
        if unseen:
            raise InputError(f'{where}: {validation}: class "{names[min(unseen)]}" is in no training row')
        return RawData(x, index.astype(np.float64)[:, None], features, ("y",), tuple(map(str, names)), None, held_out)
    targets = ("y",) if y.shape[1] == 1 else numbered("y", y.shape[1])
    return RawData(x, y.astype(np.float64), features, targets, (), None, held_out)


def _read(path: Path, where: str) -> tuple[NDArray[Any], NDArray[Any]]:
    place = f"{where}: {path}"
    try:
        with zipfile.ZipFile(path) as archive:
            x, y = (_member(archive, name, place) for name in ("x", "y"))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise InputError(f"{place}: not an NPZ file, or a damaged one") from None
    if x.ndim == 0 or y.ndim == 0 or len(x) == 0:
        raise InputError(f"{place}: 0 rows")
    if len(x) != len(y):
        raise InputError(f"{place}: x has {len(x)} rows, but y has {len(y)}")
    x, y = x.reshape(len(x), -1), y.reshape(len(y), -1)
    if not x.shape[1] or not y.shape[1]:
        raise InputError(f"{place}: x and y need at least one column each")
    if x.dtype.kind == "U":
        raise InputError(f"{place}: x is text; the inputs must be numbers")
    for name, values in (("x", x), ("y", y)):
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise InputError(f"{place}: {name}[{row}, {column}] = {values[row, column]} is not a finite number")
    return x, y


def _member(archive: zipfile.ZipFile, name: str, place: str) -> NDArray[Any]:
    """Array ``name``, read only after its header has been held against the size that is there."""
    members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
    if name not in members:
        raise InputError(f"{place}: no array is called {name}; it holds {', '.join(list(members)[:10]) or 'nothing'}")
    member = members[name]
    with archive.open(member) as stream:
        try:
            version = npy.read_magic(stream)
            read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, fortran, dtype = read_header(stream)
        except ValueError:
            raise InputError(f"{place}: {name} is not a NumPy array, or a damaged one") from None
        if dtype.hasobject or dtype.kind not in "buifU":
            raise InputError(f"{place}: {name} has dtype {dtype}; allowed: numbers, true/false, and text for y")
        count = math.prod(shape)
        check_size(shape[0] if shape else 1, count // max(shape[0], 1) if shape else 1, place)
        if count * dtype.itemsize > member.file_size:
            raise InputError(f"{place}: {name} is cut short")
        content = stream.read(count * dtype.itemsize)
        if len(content) != count * dtype.itemsize:
            raise InputError(f"{place}: {name} is cut short")
    return np.frombuffer(content, dtype=dtype).reshape(shape, order="F" if fortran else "C")
