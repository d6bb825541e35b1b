"""MNIST-format IDX files, plain or gzipped: images and labels.

The format (LeCun's MNIST page): two zero bytes, a type code, the number of dimensions, each dimension as a big-endian
32-bit integer, then the values in row-major order.
"""

import gzip
import math
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .dataset import Task
from .raw import RawData, check_size, check_unpacked, numbered, read_up_to
from .targets import check_classes

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(images: Path, labels: Path | None, where: str) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Images as (rows, …) in their own shape and dtype, and labels as (rows, 1) float64.

    ``labels`` None derives the name from that of the images: "images" → "labels", "idx3" → "idx1".

    Raises InputError if a file is no IDX file, is shorter or longer than its header says, or the rows do not match.
    """
    label_path = labels if labels is not None else _label_path(images, where)
    y = _read(label_path, where)
    if y.ndim != 1:
        raise InputError(f"{where}: {label_path}: {y.ndim} dimensions; labels have 1")
    x = _read(images, where)
    if x.ndim < 2:
        raise InputError(f"{where}: {images}: 1 dimension; images have 2 or more (is this the label file?)")
    if len(x) != len(y):
        raise InputError(f"{where}: {images} holds {len(x)} images, but {label_path} holds {len(y)} labels")
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        raise InputError(f"{where}: {images}: holds NaN or infinite values")
    return x, y.astype(np.float64)[:, None]


def idx_raw_data(x: NDArray[Any], y: NDArray[np.float64], held_out: int, where: str) -> RawData:
    """Rows x (rows, …) read by ``read_idx``, the last ``held_out`` of them for validation, with their labels y
    (rows, 1) as classes. Images of two dimensions have one channel.

    Raises InputError for a label that no training row has.
    """
    values, index = np.unique(y[:, 0], return_inverse=True)
    check_classes(len(values), where)
    unseen = set(np.unique(index)) - set(np.unique(index[: len(index) - held_out]))
    if unseen:
        raise InputError(f"{where}: label {values[min(unseen)]:g} of the test file is in no training row")
    names = tuple(f"{value:g}" for value in values)
    task: Task = "binary" if len(names) <= 2 else "classes"
    target = index.astype(np.float64)[:, None]
    own = (*x.shape[1:], 1) if x.ndim == 3 else x.shape[1:]
    x = x.reshape(len(x), -1)
    shape = own if len(own) == 3 else ()
    return RawData(x, target, numbered("pixel", x.shape[1]), ("class",), names, task, held_out, shape)


def _label_path(images: Path, where: str) -> Path:
    name = images.name.replace("images", "labels").replace("idx3", "idx1")
    if name == images.name:
        raise InputError(f"{where}: data.labels is missing: name the label file that goes with {images}")
    path = images.with_name(name)
    if not path.is_file():
        raise InputError(f"{where}: {path}: no such file; name the label file with data.labels")
    return path


def _read(path: Path, where: str) -> NDArray[Any]:
    try:
        with path.open("rb") as plain:
            zipped = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            if zipped:
                with gzip.GzipFile(fileobj=plain) as stream:
                    return _parse(stream, path, zipped, where)  # type: ignore[arg-type]
            return _parse(plain, path, zipped, where)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise InputError(f"{where}: {path}: the gzip file is damaged or cut short") from None


def _parse(stream: BinaryIO, path: Path, zipped: bool, where: str) -> NDArray[Any]:
    """Read one array; the length of a plain file is held against its header first."""
    size = path.stat().st_size
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or not 1 <= magic[3] <= 8:
        raise InputError(f"{where}: {path}: neither CSV, NPZ nor an IDX file (it does not begin as one)")
    dimensions = stream.read(4 * magic[3])
    if len(dimensions) < 4 * magic[3]:
        raise InputError(f"{where}: {path}: cut short inside its header")
    shape = tuple(int(n) for n in np.frombuffer(dimensions, dtype=">u4"))
    dtype = np.dtype(_TYPES[magic[2]])
    if 0 in shape:
        raise InputError(f"{where}: {path}: 0 rows")
    count = math.prod(shape)
    header = 4 + len(dimensions)
    expected = count * dtype.itemsize
    if not zipped and size != header + expected:
        raise InputError(
            f"{where}: {path}: its header says {header + expected} bytes for {' × '.join(map(str, shape))} values, "
            f"but the file has {size}"
        )
    check_size(shape[0], math.prod(shape[1:]), f"{where}: {path}")
    check_unpacked(count, size, f"{where}: {path}")
    content = read_up_to(stream, expected + 1)
    if len(content) != expected:
        problem = "holds more bytes than its header says" if len(content) > expected else "is cut short"
        raise InputError(f"{where}: {path}: {problem} ({' × '.join(map(str, shape))} values of {dtype.itemsize} bytes)")
    return np.frombuffer(content, dtype=dtype).reshape(shape)
