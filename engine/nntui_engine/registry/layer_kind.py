"""Kinds of layer: what each says of itself. The arithmetic is in ``kernels/layers/``, a file for each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .row import Registry, Row


@dataclass(frozen=True, slots=True)
class Block:
    """Numbers that a layer learns together: their name, their shape (rows × columns, or one row), and whether its
    gradient statistics are of them."""

    name: str
    shape: tuple[int, ...]
    measured: bool = False

    @property
    def size(self) -> int:
        """How many numbers."""
        size = 1
        for length in self.shape:
            size *= length
        return size


def _weights_and_biases(inputs: int, units: int) -> tuple[Block, ...]:
    return Block("weights", (inputs, units), True), Block("biases", (units,), True)


def _nothing(inputs: int, units: int) -> tuple[Block, ...]:  # noqa: ARG001
    return ()


def _free(widths: Sequence[int], units: int) -> int:  # noqa: ARG001
    return units


def _same(widths: Sequence[int], units: int) -> int:  # noqa: ARG001
    if len(set(widths)) != 1:
        raise ValueError(f"add: all it reads must be equally wide; got {', '.join(map(str, widths))}")
    return widths[0]


@dataclass(frozen=True, slots=True)
class LayerKind(Row):
    """A kind of layer.

    ``blocks(inputs, units)``: what it learns, weights first, besides what an activation or batch norm learns;
    ``multiply_adds(inputs, units)``: of one row forward; ``width(widths, units)``: entries of a row that it passes on,
    from those of what it reads and what was asked for (ValueError where they do not fit); ``most_sources``: how many
    layers it may read (0: any number).
    """

    blocks: Callable[[int, int], tuple[Block, ...]] = _nothing
    multiply_adds: Callable[[int, int], int] = lambda _inputs, _units: 0
    width: Callable[[Sequence[int], int], int] = _free
    most_sources: int = 1


LAYER_KINDS = Registry(
    "layer kind",
    (
        LayerKind("inputs", "The rows of the data.", most_sources=0),
        LayerKind(
            "dense",
            "Every unit takes a weighted sum of all it reads, plus its bias.",
            blocks=_weights_and_biases,
            multiply_adds=lambda inputs, units: inputs * units,
        ),
        LayerKind("add", "The sum, entry by entry, of the layers it reads.", width=_same, most_sources=0),
    ),
)
