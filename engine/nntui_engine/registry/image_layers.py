"""What convolution, pooling and layer norm say of themselves: shapes, blocks, work."""

import math
from collections.abc import Sequence
from typing import Any

from .geometry import Geometry, geometry_of, scratch_size
from .layer_kind import Asked, Block, Drawn, Plan, Shape, shape_text


def _pair(value: Any, dimensions: int) -> tuple[int, int]:
    """A size as (height, width); of a sequence the height is 1."""
    if dimensions == 1:
        return 1, value[0] if isinstance(value, Sequence) else value
    return (value[0], value[1]) if isinstance(value, Sequence) else (value, value)


def _geometry(read: Shape, asked: Asked, kernel: Any, filters: int) -> Geometry:
    if len(read) not in (2, 3):
        raise ValueError(
            f"gets {shape_text(read)}; it wants a picture (height×width×channels) or a sequence (time×features): "
            "set data.shape"
        )
    dimensions = len(read) - 1
    for value, name in ((kernel, "window"), (asked.options["stride"], "stride")):
        if isinstance(value, Sequence) and len(value) != dimensions:
            raise ValueError(f"gets {shape_text(read)}; its {name} {list(value)} must have {dimensions} numbers there")
    size, stride = _pair(kernel, dimensions), _pair(asked.options["stride"] or kernel, dimensions)
    height, width = (1, read[0]) if dimensions == 1 else (read[0], read[1])
    if asked.options["padding"] == "valid" and (size[0] > height or size[1] > width):
        window = shape_text(size[-dimensions:])
        raise ValueError(f"gets {shape_text(read)}; its window of {window} is larger than that")
    return geometry_of((height, width, read[-1]), filters, size, stride, asked.options["padding"])


def _passed_on(read: Shape, geometry: Geometry) -> Shape:
    places = (geometry.out_width,) if len(read) == 2 else (geometry.out_height, geometry.out_width)
    return (*places, geometry.filters)


def convolution_geometry(read: Sequence[Shape], asked: Asked) -> Geometry:
    """The geometry of a convolution over what it reads. Raises ValueError where its window does not fit."""
    return _geometry(read[0], asked, asked.options["kernel"], asked.units)


def pool_geometry(read: Sequence[Shape], asked: Asked) -> Geometry:
    """The geometry of a pooling layer, which has as many filters as there are channels."""
    return _geometry(read[0], asked, asked.options["size"], read[0][-1])


def convolved(read: Sequence[Shape], asked: Asked) -> Shape:
    """The shape that a convolution passes on."""
    return _passed_on(read[0], convolution_geometry(read, asked))


def pooled(read: Sequence[Shape], asked: Asked) -> Shape:
    """The shape that a pooling layer passes on."""
    return _passed_on(read[0], pool_geometry(read, asked))


def filter_blocks(read: Sequence[Shape], asked: Asked) -> tuple[Block, ...]:
    """A column of weights for each filter, by rows and columns of the window and channels; and its bias."""
    g = convolution_geometry(read, asked)
    entries = g.kernel_height * g.kernel_width * g.channels
    return Block("weights", (entries, g.filters), True), Block("biases", (g.filters,), True)


def filters_drawn(read: Sequence[Shape], asked: Asked) -> tuple[Drawn, ...]:
    """Filters are drawn together; what a filter reads and what reads one entry are its fans."""
    g = convolution_geometry(read, asked)
    window = g.kernel_height * g.kernel_width
    entries = window * g.channels
    return (Drawn(0, 0, (entries, g.filters), (entries, window * g.filters)),)


def convolution_work(read: Sequence[Shape], asked: Asked) -> int:
    """Multiply-adds of one row forward."""
    g = convolution_geometry(read, asked)
    return math.prod((g.out_height, g.out_width, g.filters, g.kernel_height, g.kernel_width, g.channels))


def convolution_plan(read: Sequence[Shape], asked: Asked) -> Plan:
    """Its geometry, and room for the windows of a few rows."""
    g = convolution_geometry(read, asked)
    return Plan(scratch=scratch_size(g), numbers=tuple(g))


def pool_plan(read: Sequence[Shape], asked: Asked) -> Plan:
    """Its geometry."""
    return Plan(numbers=tuple(pool_geometry(read, asked)))


def norm_blocks(read: Sequence[Shape], asked: Asked) -> tuple[Block, ...]:  # noqa: ARG001
    """A learned spread and mean for each unit."""
    return Block("gamma", (read[0][-1],)), Block("beta", (read[0][-1],))


def norm_plan(read: Sequence[Shape], asked: Asked) -> Plan:  # noqa: ARG001
    """What was normalised, and by how much, is kept for the way back."""
    width, positions = math.prod(read[0]), math.prod(read[0][:-1])
    return Plan(room=width + positions, row_scratch=width, numbers=(positions,))
