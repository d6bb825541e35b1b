"""The registry of kinds of layer: one row for each, and what dense layers and those that only move numbers say."""

import math
from collections.abc import Sequence

from . import image_layers as images
from . import sequence_layers as sequences
from .layer_kind import ACTIVATES, LEARNS, Asked, Block, Drawn, LayerKind, Plan, Shape, shape_text
from .row import Registry


def _units(read: Sequence[Shape], asked: Asked) -> Shape:  # noqa: ARG001
    return (asked.units,)


def _given(read: Sequence[Shape], asked: Asked) -> Shape:  # noqa: ARG001
    return tuple(asked.options["shape"])


def _dense_blocks(read: Sequence[Shape], asked: Asked) -> tuple[Block, ...]:
    return Block("weights", (math.prod(read[0]), asked.units), True), Block("biases", (asked.units,), True)


def _dense_drawn(read: Sequence[Shape], asked: Asked) -> tuple[Drawn, ...]:
    whole = (math.prod(read[0]), asked.units)
    return (Drawn(0, 0, whole, whole),)


def _same(read: Sequence[Shape], asked: Asked) -> Shape:  # noqa: ARG001
    if len(set(read)) != 1:
        raise ValueError(f"gets {_and(read)}; it wants layers of one shape")
    return read[0]


def _flat(read: Sequence[Shape], asked: Asked) -> Shape:  # noqa: ARG001
    return (math.prod(read[0]),)


def _side_by_side(read: Sequence[Shape], asked: Asked) -> Shape:  # noqa: ARG001
    if len({shape[:-1] for shape in read}) != 1:
        raise ValueError(f"gets {_and(read)}; it wants layers that differ in their last number only")
    return (*read[0][:-1], sum(shape[-1] for shape in read))


def _concatenate_plan(read: Sequence[Shape], asked: Asked) -> Plan:  # noqa: ARG001
    return Plan(numbers=(math.prod(read[0][:-1]),))


def _as_read(read: Sequence[Shape], asked: Asked) -> Shape:  # noqa: ARG001
    return read[0]


def _and(shapes: Sequence[Shape]) -> str:
    return " and ".join(shape_text(shape) for shape in shapes)


LAYER_KINDS = Registry(
    "layer kind",
    (
        LayerKind("inputs", "The rows of the data.", shape=_given, most_sources=0, linked=False),
        LayerKind(
            "dense",
            "Every unit takes a weighted sum of all it reads, plus its bias.",
            shape=_units,
            blocks=_dense_blocks,
            drawn=_dense_drawn,
            multiply_adds=lambda read, asked: math.prod(read[0]) * asked.units,
            units_key="units",
            takes=(*LEARNS, *ACTIVATES),
            activation="",
            linked=False,
        ),
        LayerKind(
            "add",
            "The sum, entry by entry, of the layers it reads: the skip connection of a residual block.",
            shape=_same,
            most_sources=0,
            takes=ACTIVATES,
            linked=False,
            source="He et al. 2015",
        ),
        LayerKind(
            "convolution",
            "Each filter looks at one small window of a picture or sequence after the other, everywhere with the same "
            "weights.",
            shape=images.convolved,
            blocks=images.filter_blocks,
            drawn=images.filters_drawn,
            multiply_adds=images.convolution_work,
            plan=images.convolution_plan,
            units_key="filters",
            options={"kernel": 3, "stride": 1, "padding": "valid"},
            takes=(*LEARNS, *ACTIVATES),
            activation="",
            source="LeCun et al. 1998",
        ),
        LayerKind(
            "max_pool",
            "The largest value in each window, channel by channel.",
            shape=images.pooled,
            plan=images.pool_plan,
            options={"size": 2, "stride": None, "padding": "valid"},
            takes=("dropout",),
        ),
        LayerKind(
            "average_pool",
            "The mean of each window, channel by channel.",
            shape=images.pooled,
            plan=images.pool_plan,
            options={"size": 2, "stride": None, "padding": "valid"},
            takes=("dropout",),
        ),
        LayerKind(
            "flatten",
            "All entries of a picture or sequence in one row.",
            shape=_flat,
            takes=("dropout",),
        ),
        LayerKind(
            "recurrent",
            "At every time step each unit takes a weighted sum of the step's inputs and of all units a step before.",
            shape=sequences.states,
            blocks=sequences.blocks,
            drawn=sequences.drawn,
            multiply_adds=sequences.work,
            plan=sequences.plan,
            units_key="units",
            options=sequences.OPTIONS,
            takes=(*LEARNS, "activation", "alpha", "dropout"),
            activation="tanh",
            source="Elman 1990",
        ),
        LayerKind(
            "gru",
            "A recurrent layer whose gates decide how much of the old state stays.",
            shape=sequences.states,
            blocks=sequences.blocks,
            drawn=sequences.drawn,
            multiply_adds=sequences.work,
            plan=sequences.plan,
            units_key="units",
            options=sequences.OPTIONS | {"recurrent_activation": "sigmoid"},
            takes=(*LEARNS, "activation", "alpha", "dropout"),
            activation="tanh",
            source="Cho et al. 2014",
        ),
        LayerKind(
            "lstm",
            "A recurrent layer with a memory cell: gates decide what is written to it, kept in it and read from it.",
            shape=sequences.states,
            blocks=sequences.blocks,
            drawn=sequences.drawn,
            multiply_adds=sequences.work,
            plan=sequences.plan,
            units_key="units",
            options=sequences.OPTIONS | {"recurrent_activation": "sigmoid", "forget_bias": 1.0},
            takes=(*LEARNS, "activation", "alpha", "dropout"),
            activation="tanh",
            source="Hochreiter & Schmidhuber 1997; Gers et al. 2000",
        ),
        LayerKind(
            "layer_norm",
            "Each row, at each position, shifted and scaled to mean 0 and variance 1 over its units, then to a mean "
            "and spread that are learned.",
            shape=_as_read,
            blocks=images.norm_blocks,
            plan=images.norm_plan,
            takes=("activation", "alpha", "dropout", "trainable"),
            source="Ba, Kiros & Hinton 2016",
        ),
        LayerKind(
            "embedding",
            "A row of learned numbers for every token; it reads token numbers, from 0.",
            shape=sequences.embedded,
            blocks=sequences.token_blocks,
            drawn=sequences.tokens_drawn,
            units_key="units",
            options={"tokens": None},
            takes=(*LEARNS, "dropout"),
        ),
        LayerKind(
            "concatenate",
            "The units of all the layers it reads, side by side.",
            shape=_side_by_side,
            plan=_concatenate_plan,
            most_sources=0,
            takes=("dropout",),
        ),
    ),
)
