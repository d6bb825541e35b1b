"""Kinds of layer: what each says of itself. The arithmetic is in ``kernels/layers/``, a file for each.

A layer passes on rows of one shape: (units,), (time, units) for a sequence, (height, width, units) for a picture. The
last axis is what it has units of: neurons, hidden units, channels.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .row import Row

Shape = tuple[int, ...]
LEARNS = ("init", "init_scale", "bias", "l1", "l2", "trainable")  # keys of every kind that has weights
ACTIVATES = ("activation", "alpha", "batch_norm", "dropout")  # keys of every kind whose z goes through an activation


class Asked(Protocol):
    """What is asked of a layer: its kind, how many units (0: as that has them), and every option of the kind."""

    @property
    def kind(self) -> str: ...  # noqa: D102

    @property
    def units(self) -> int: ...  # noqa: D102

    @property
    def options(self) -> Mapping[str, Any]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Block:
    """Numbers that a layer learns together: their name, their shape (rows × columns, or one row), and whether its
    gradient statistics are of them."""

    name: str
    shape: Shape
    measured: bool = False

    @property
    def size(self) -> int:
        """How many numbers."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A part of a layer's weights that is drawn by itself: its first row and column, its shape, its fans (in, out), and
    whether the layer's recurrent initializer draws it."""

    row: int
    column: int
    shape: tuple[int, int]
    fans: tuple[int, int]
    recurrent: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a linked kind (kernels/links.py) needs beside its weights.

    ``z_width``, ``a_width``: pre-activations and activations of a row (0: as many as it passes on). ``acts``: its
    passes go through its activation themselves. ``room``: numbers a row keeps for the way back; ``scratch``: numbers a
    piece of rows works with, and ``row_scratch`` more for each of its rows; ``more``: its own statistics (registry
    SEQUENCE_STATISTICS) and how many numbers each has; ``numbers``:
    what its kernels read of its shape and options.
    """

    z_width: int = 0
    a_width: int = 0
    acts: bool = False
    room: int = 0
    scratch: int = 0
    row_scratch: int = 0
    more: tuple[tuple[str, int], ...] = ()
    numbers: tuple[int, ...] = ()


def _no_blocks(read: Sequence[Shape], asked: Asked) -> tuple[Block, ...]:  # noqa: ARG001
    return ()


def _no_parts(read: Sequence[Shape], asked: Asked) -> tuple[Drawn, ...]:  # noqa: ARG001
    return ()


def _no_work(read: Sequence[Shape], asked: Asked) -> int:  # noqa: ARG001
    return 0


def _plain(read: Sequence[Shape], asked: Asked) -> Plan:  # noqa: ARG001
    return Plan()


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerKind(Row):
    """A kind of layer. What it says of itself follows from the shapes it reads and from what is asked of it.

    ``shape``: of the rows that it passes on (ValueError, in words, where what it reads does not fit); ``blocks``: what
    it learns, weights first, besides what an activation or batch norm learns; ``drawn``: how its weights are drawn;
    ``multiply_adds``: of one row forward; ``plan``: what its kernels need. ``most_sources``: how many layers it may
    read (0: any number). ``units_key``: what a file calls its number of units ("": it has as many as it reads).
    ``options``: its own keys in a file, and what they are where left out. ``takes``: keys that other kinds have, too.
    ``activation``: its activation where a file names none ("": the model's).
    ``linked``: whether the training loop calls it by its address.
    """

    shape: Callable[[Sequence[Shape], Asked], Shape]
    blocks: Callable[[Sequence[Shape], Asked], tuple[Block, ...]] = _no_blocks
    drawn: Callable[[Sequence[Shape], Asked], tuple[Drawn, ...]] = _no_parts
    multiply_adds: Callable[[Sequence[Shape], Asked], int] = _no_work
    plan: Callable[[Sequence[Shape], Asked], Plan] = _plain
    most_sources: int = 1
    units_key: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    takes: tuple[str, ...] = ()
    activation: str = "linear"
    linked: bool = True


def shape_text(shape: Shape) -> str:
    """A shape as people write it: 8×8×16, or 64."""
    return "×".join(map(str, shape))
