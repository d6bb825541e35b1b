"""Tables of numbers as compressed bytes, and back, to the bit, or of some columns to float32.

Three groups of columns: those whose every value survives the way through float32 and back, kept as float32; those whose
last bytes look like noise, as the ones of most measured numbers do; and the rest. Of a group all first bytes (the least
significant) stand together, column by column, then all second bytes, …: a plane each, which is a zlib stream of its
own. The first five planes of noise are stored streams, since nothing is gained there. A column that was rounded to
float32 is in the first group, and marked as one of the second, too.
What is read is taken for hostile: it never grows beyond the size that its row says, and rows say no more than MOST.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST = 64_000_000  # bytes in a table
_NOISY_PLANES = 5  # of 8
_LOOKED_AT = 256  # rows, to tell noise by
_DISTINCT = 128  # last bytes among so many: noise has about 162
_ROUNDED = (1e-37, 3e38)  # sizes that float32 keeps 7 digits of


class BrokenBlockError(ValueError):
    """Bytes that are no block of the size that was promised."""


def encoded(table: Array, rounded: Flags | None = None) -> bytes:
    """The bytes of ``table`` (rows, columns). First a bit for each column, whether it is in the first group; then
    one for each, whether it is in the second. Columns that are ``rounded`` keep 7 digits, unless that is too few."""
    with np.errstate(over="ignore", invalid="ignore"):
        small = table.astype(np.float32)
        narrow = (small.astype(np.float64).view(np.uint64) == table.view(np.uint64)).all(axis=0)
    noisy = ~narrow & _looks_like_noise(table)
    marked = noisy
    if rounded is not None:
        rounded = rounded & _can_be_rounded(table)
        narrow, noisy, marked = narrow | rounded, noisy & ~rounded, noisy | rounded
    parts = [np.packbits(narrow).tobytes(), np.packbits(marked).tobytes()]
    for group, stored in ((small[:, narrow], 0), (table[:, noisy], _NOISY_PLANES), (table[:, ~narrow & ~noisy], 0)):
        planes = np.ascontiguousarray(group.T).view(np.uint8).reshape(group.size, group.dtype.itemsize).T
        for number, plane in enumerate(planes if group.size else ()):
            parts.append(_stream(plane.tobytes(), 0 if number < stored else 1))
    return b"".join(parts)


def _stream(plane: bytes, level: int) -> bytes:
    """Runs and rare bytes are all that there is to gain in a plane; to look for more takes half as long again."""
    stream = zlib.compressobj(level, strategy=zlib.Z_RLE)
    return stream.compress(plane) + stream.flush()


def as_recorded(table: Array, rounded: Flags) -> Array:
    """What is left of ``table`` (rows, columns) where some of its columns were rounded."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(rounded, table.astype(np.float32), table) if rounded.any() else table


def _can_be_rounded(table: Array) -> Flags:
    size = np.abs(table)
    least, most = _ROUNDED
    return np.asarray(((size == 0.0) | ((size > least) & (size < most)) | ~np.isfinite(size)).all(axis=0))


def _looks_like_noise(table: Array) -> Flags:
    if len(table) < _LOOKED_AT:
        return np.zeros(table.shape[1], bool)
    last = np.sort(table[:_LOOKED_AT].view(np.uint64) & np.uint64(255), axis=0)
    return np.asarray((np.diff(last, axis=0) > 0).sum(axis=0) >= _DISTINCT)


def decoded(data: bytes, rows: int, columns: int) -> Array:
    """The table (rows, columns) again. Raises BrokenBlockError."""
    if not (rows >= 0 and columns > 0 and rows * columns * 8 <= MOST):
        raise BrokenBlockError(f"a block of {rows} × {columns} numbers")
    narrow, marked, left = _groups(memoryview(data), columns)
    noisy = marked & ~narrow
    table = np.empty((rows, columns))
    for chosen, width in ((narrow, 4), (noisy, 8), (~narrow & ~noisy, 8)):
        count = int(chosen.sum())
        bytes_ = np.empty((count * rows, width), np.uint8)
        for number in range(width if bytes_.size else 0):
            bytes_[:, number], left = _inflated(left, len(bytes_))
        table[:, chosen] = bytes_.view(f"<f{width}").reshape(count, rows).T
    if left:
        raise BrokenBlockError("more than a block")
    return table


def rounded_columns(data: bytes, columns: int) -> Flags:
    """Those of a block (columns,) that keep no more than float32 does of what was measured. Raises BrokenBlockError."""
    narrow, marked, _ = _groups(memoryview(data), columns)
    return narrow & marked


def _groups(data: memoryview, columns: int) -> tuple[Flags, Flags, memoryview]:
    size = -(-columns // 8)
    if len(data) < 2 * size:
        raise BrokenBlockError("no whole block")
    narrow, marked = (
        np.unpackbits(np.frombuffer(data[at : at + size], np.uint8), count=columns).astype(bool) for at in (0, size)
    )
    return narrow, marked, data[2 * size :]


def _inflated(data: memoryview, size: int) -> tuple[NDArray[np.uint8], memoryview]:
    """The first stream of ``data``, which must hold ``size`` bytes, and what follows it."""
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise BrokenBlockError(str(error)) from None
    if len(found) != size or not stream.eof:
        raise BrokenBlockError(f"a part of {len(found)} bytes, not {size}")
    return np.frombuffer(found, np.uint8), data[len(data) - len(stream.unused_data) :]


def packed(data: bytes) -> bytes:
    """Any bytes, compressed."""
    return zlib.compress(data, 1)


def unpacked(data: bytes, size: int) -> bytes:
    """The ``size`` bytes that :func:`packed` was given. Raises BrokenBlockError."""
    found, left = _inflated(memoryview(data), size)
    if left:
        raise BrokenBlockError("more than was promised")
    return found.tobytes()


def checksum(data: bytes) -> int:
    """CRC-32."""
    return zlib.crc32(data)
