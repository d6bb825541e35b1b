"""The sizes of a convolution or pooling: what its kernels are told, and how much room for scratch they need."""

from collections.abc import Sequence
from typing import NamedTuple

LANES = 16  # numbers that kernels treat side by side: rows of scratch are a multiple of it long
BAND = 32768  # entries of a picture and of its outputs that are in work at a time


class Geometry(NamedTuple):
    """Sizes of a convolution or pooling over pictures, channels last; a sequence is a picture of height 1.

    ``top`` and ``left``: lines and columns before the picture. What lies beyond it reads as 0 (in pooling: as nothing).
    ``filters``: channels that come out, in pooling as many as go in.
    """

    height: int
    width: int
    channels: int
    kernel_height: int
    kernel_width: int
    stride_height: int
    stride_width: int
    top: int
    left: int
    out_height: int
    out_width: int
    filters: int


def _along(length: int, kernel: int, stride: int, padding: str) -> tuple[int, int]:
    """(padding before, how many come out) along one side."""
    if padding == "same":
        out = -(-length // stride)
        return max((out - 1) * stride + kernel - length, 0) // 2, out
    if kernel > length:
        raise ValueError(f"a kernel of {kernel} does not fit into {length}")
    return 0, (length - kernel) // stride + 1


def geometry_of(
    shape: Sequence[int], filters: int, kernel: Sequence[int], stride: Sequence[int], padding: str
) -> Geometry:
    """The geometry over inputs of ``shape``: (height, width, channels) or, for a sequence, (time, channels).

    ``kernel`` and ``stride`` have a number for each side (two or one). ``padding`` "same": ⌈length / stride⌉ come out,
    zeros on both sides, the odd one after; "valid": the kernel stays inside, what remains is left out. ValueError where
    the kernel is larger than the picture.
    """
    height, width, channels = shape if len(shape) == 3 else (1, *shape)
    kernel_height, kernel_width = kernel if len(kernel) == 2 else (1, *kernel)
    stride_height, stride_width = stride if len(stride) == 2 else (1, *stride)
    if padding not in {"same", "valid"}:
        raise ValueError(f"padding is same or valid, not {padding}")
    top, out_height = _along(height, kernel_height, stride_height, padding)
    left, out_width = _along(width, kernel_width, stride_width, padding)
    return Geometry(
        height, width, channels, kernel_height, kernel_width, stride_height, stride_width, top, left, out_height,
        out_width, filters,
    )  # fmt: skip


def _whole(entries: int) -> int:
    return -(-entries // LANES) * LANES


def scratch_size(geometry: Geometry) -> int:
    """Entries of scratch that the kernels of a convolution need, for any number of rows.

    A table of offsets, the weights in rows of whole lanes, and one band of a picture with its outputs.
    """
    g = geometry
    patch_line = g.kernel_width * g.channels
    taps = g.kernel_height * patch_line
    width = max((g.out_width - 1) * g.stride_width + g.kernel_width, 1)
    return 0
