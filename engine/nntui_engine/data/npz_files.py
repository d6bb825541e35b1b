"""Own data as NPZ: an array ``x`` (rows, …) and an array ``y`` (rows,) or (rows, targets). Nothing is unpickled."""

import math
import re
import struct
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .raw import LARGEST_ARRAY, RawData, check_size, check_unpacked, numbered, printable, read_up_to
from .targets import check_classes

# What Python's reader of ZIP files raises on damaged bytes; a RuntimeError is an unknown version, or a password missing
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, RuntimeError, ValueError)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LONGEST_HEADER, _MOST_DIMENSIONS = 4096, 32
_LARGEST = LARGEST_ARRAY * 8  # bytes of an array
_KINDS = "biufU"
_ENTRY = re.compile(
    r"""\s*['"](?P<key>\w+)['"]\s*:\s*(?P<value>'[^']*'|"[^"]*"|\[[^\[\]{}]*\]|\(\s*(?:\d+L?\s*,\s*)*(?:\d+L?\s*)?\)|True|False)\s*,?\s*"""
)
_DTYPE = re.compile(r"[<>|=]?[?biufcmMOSUV]\d{0,9}")


def read_npz(path: Path, validation: Path | None, where: str) -> RawData:
    """Read ``x`` and ``y`` from ``path``, and from ``validation`` as the last rows if given.

    Rows of more than one dimension are flattened; those of two or three (sequences, images) keep that shape in
    ``RawData.shape``, as the first file has it. Text in ``y`` is classes, in sorted order.

    Raises InputError for a missing or unreadable array, rows that do not match, object arrays, NaN and infinities.
    """
    x, y, shape = _read(path, where)
    parts = [(x, y)]
    if validation is not None:
        parts.append(_read(validation, where)[:2])
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
        check_classes(len(names), f"{where}: {path}")
        unseen = set(np.unique(index)) - set(np.unique(index[: len(index) - held_out]))
        if unseen:
            raise InputError(f'{where}: {validation}: class "{names[min(unseen)]}" is in no training row')
        classes = tuple(printable(str(name)) for name in names)
        return RawData(x, index.astype(np.float64)[:, None], features, ("y",), classes, None, held_out, shape)
    targets = ("y",) if y.shape[1] == 1 else numbered("y", y.shape[1])
    return RawData(x, y.astype(np.float64), features, targets, (), None, held_out, shape)


def _read(path: Path, where: str) -> tuple[NDArray[Any], NDArray[Any], tuple[int, ...]]:
    place = f"{where}: {path}"
    packed = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            x, y = (read_member(archive, name, packed, place) for name in ("x", "y"))
    except InputError:
        raise
    except DAMAGED:
        raise InputError(f"{place}: not an NPZ file, or a damaged one") from None
    if x.ndim == 0 or y.ndim == 0 or len(x) == 0:
        raise InputError(f"{place}: 0 rows")
    if len(x) != len(y):
        raise InputError(f"{place}: x has {len(x)} rows, but y has {len(y)}")
    shape = x.shape[1:] if x.ndim in (3, 4) else ()
    x, y = x.reshape(len(x), -1), y.reshape(len(y), -1)
    if not x.shape[1] or not y.shape[1]:
        raise InputError(f"{place}: x and y need at least one column each")
    if x.dtype.kind == "U":
        raise InputError(f"{place}: x is text; the inputs must be numbers")
    for name, values in (("x", x), ("y", y)):
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise InputError(f"{place}: {name}[{row}, {column}] = {values[row, column]} is not a finite number")
    return x, y, shape


def read_member(archive: zipfile.ZipFile, name: str, packed: int, place: str) -> NDArray[Any]:
    """Array ``name``, of any shape, of a file of ``packed`` bytes, read only after its header was held against
    the limits.

    Raises InputError for one that is missing, cut short, too large, or holds no numbers or text.
    """
    members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
    if name not in members:
        raise InputError(f"{place}: no array is called {name}; it holds {', '.join(list(members)[:10]) or 'nothing'}")
    member = members[name]
    if member.compress_type not in _METHODS:  # bzip2 and LZMA unpack without bound, and NumPy never writes them
        raise InputError(f"{place}: {name} is packed in a way NumPy does not use; save it with numpy.savez_compressed")
    with archive.open(member) as stream:
        shape, fortran, dtype = _header(cast(BinaryIO, stream), f"{place}: {name}")
        count = math.prod(shape)
        check_size(shape[0] if shape else 1, count // max(shape[0], 1) if shape else 1, place)
        size = count * dtype.itemsize
        if size > _LARGEST:
            raise InputError(f"{place}: {name} takes {size // 10**6} MB; the limit is {_LARGEST // 10**6} MB")
        if size > member.file_size:
            raise InputError(f"{place}: {name} is cut short")
        check_unpacked(count, packed, f"{place}: {name}")
        content = read_up_to(cast(BinaryIO, stream), size)
        if len(content) != size:
            raise InputError(f"{place}: {name} is cut short")
    values = np.frombuffer(content, dtype=dtype)
    if dtype.kind == "U":
        _check_text(values, f"{place}: {name}")
    if dtype.kind == "f" and dtype.itemsize > 8:
        with np.errstate(over="ignore"):
            values = values.astype(np.float64)
    return values.reshape(shape, order="F" if fortran else "C")


def _header(stream: BinaryIO, place: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """(shape, whether in Fortran's order, dtype) of an array in NumPy's format, which writes them as a Python dict.

    Read by a pattern, not evaluated as NumPy's own reader does: nothing but these three can stand there.
    """
    start = stream.read(8)
    long = start[6:7] in (b"\2", b"\3")
    length = int.from_bytes(stream.read(4 if long else 2), "little")
    if start[:6] != b"\x93NUMPY" or start[6:] not in (b"\1\0", b"\2\0", b"\3\0") or length > _LONGEST_HEADER:
        raise InputError(f"{place} is not a NumPy array, or a damaged one")
    text = stream.read(length).decode("latin1")
    found = {entry["key"]: entry["value"] for entry in _ENTRY.finditer(text)}
    rest = _ENTRY.sub("", text).strip()
    if set(found) != {"descr", "fortran_order", "shape"} or rest != "{}":
        raise InputError(f"{place} is not a NumPy array, or a damaged one")
    name = found["descr"].strip("'\"")
    if found["shape"][0] != "(" or found["fortran_order"] not in ("True", "False") or not _DTYPE.fullmatch(name):
        raise InputError(f"{place} has dtype {name}; allowed: numbers, true/false, and text for y")
    shape = tuple(int(number) for number in re.findall(r"\d+", found["shape"]))
    if len(shape) > _MOST_DIMENSIONS:
        raise InputError(f"{place} has {len(shape)} dimensions; at most {_MOST_DIMENSIONS} are allowed")
    try:
        dtype = np.dtype(name)
    except (TypeError, ValueError):
        raise InputError(f"{place} has dtype {name}, which NumPy does not know") from None
    if dtype.itemsize == 0 or dtype.kind not in _KINDS:
        raise InputError(f"{place} has dtype {dtype}; allowed: numbers, true/false, and text for y")
    return shape, found["fortran_order"] == "True", dtype


def _check_text(values: NDArray[Any], place: str) -> None:
    """Raise InputError for 32-bit codes that are no characters, which NumPy would only meet on its way to text."""
    codes = values.view(np.dtype(np.uint32).newbyteorder(values.dtype.byteorder))
    if ((codes > sys.maxunicode) | ((codes >= 0xD800) & (codes < 0xE000))).any():
        raise InputError(f"{place} holds text that is not Unicode")
