"""The sizes of a convolution or pooling: what its kernels are told, and how much room for scratch they need."""

from collections.abc import Sequence
from typing import NamedTuple

SLACK = 48  # entries of scratch that kernels may read, and leave alone, after what they need
FEW = 8  # filters: two neighbouring outputs of so few fit side by side into what is worked on at once
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


def places(g: Geometry) -> tuple[int, int, int, int, int, int, int, int, int]:
    """(lines of outputs in work at a time, columns of the padded picture, neighbouring outputs taken together in the
    weights' gradient; then where in scratch stand the row of zeros or biases, the weights, their gradient, a picture,
    and its outputs and its gradient; and where scratch ends).

    The table of offsets is at 0. Kernels compile this function; so it calls no other.
    """
    run, columns = g.kernel_width * g.channels, (g.out_width - 1) * g.stride_width + g.kernel_width
    lines = min(g.out_height, max(1, BAND // (g.stride_height * columns * g.channels + g.out_width * g.filters)))
    together = 2 if g.filters <= FEW and g.out_width % 2 == 0 else 1
    taps = g.kernel_height * (g.kernel_width + (together - 1) * g.stride_width) * g.channels
    start = max(lines * g.out_width, taps + g.out_width)
    weights = start + max(g.filters, run) + SLACK
    sums = weights + g.kernel_height * run * g.filters + SLACK
    picture = sums + taps * together * g.filters
    pixels = ((lines - 1) * g.stride_height + g.kernel_height) * columns * g.channels
    outputs = picture + pixels + SLACK
    end = outputs + lines * g.out_width * g.filters + pixels + 2 * SLACK
    return lines, columns, together, start, weights, sums, picture, outputs, end


def scratch_size(geometry: Geometry) -> int:
    """Entries of scratch that the kernels of a convolution need, for any number of rows."""
    return places(geometry)[-1]
