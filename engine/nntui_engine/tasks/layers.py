"""A lane's layers with every default filled in: of the short form ``model.hidden``, or of ``[[model.layers]]``."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from msgspec import UNSET

from ..data.dataset import LaneData
from ..errors import InputError
from ..registry.activation import ACTIVATIONS
from ..registry.initializer import INITIALIZERS
from ..registry.layer_kind import Shape
from ..registry.layer_kinds import LAYER_KINDS
from ..run.snapshot import LayerInfo
from ..scenario.checks import Checked, per_layer, takes
from ..scenario.layers import INPUTS, WrittenLayer
from ..scenario.problems import fail, prefix
from ..scenario.schema import ModelTable
from ..scenario.settings import BatchNorm, LaneSettings, LayerSettings
from .autos import Head


def layers_of(checked: Checked, head: Head, shape: Shape, where: str) -> tuple[LayerSettings, ...]:
    """All layers, the output layer last, for rows of ``shape``.

    Raises InputError, naming the layer, what it gets and what it wants, where shapes do not fit.
    """
    if checked.layers is None:
        return _chain(checked, head)
    found: list[LayerSettings] = []
    shapes: list[Shape] = [shape]
    for place, written in enumerate(checked.layers, 1):
        read = [shapes[source] for source in written.sources]
        layer = _layer(place, written, checked, read)
        try:
            shapes.append(written.kind.shape(read, layer))
        except ValueError as problem:
            raise InputError(f"{prefix(where)}model.layers: {written.words(place)} {problem}") from None
        found.append(layer)
    _refuse_perturbed(checked, found, where)
    return (*found, _output(checked, head, len(found) + 1))


def shape_of(layers: Sequence[LayerSettings], shape: Shape) -> list[tuple[list[Shape], Shape]]:
    """Of every layer the shapes that it reads, and the one that it passes on."""
    shapes, found = [shape], []
    for layer in layers:
        read = [shapes[source] for source in layer.sources]
        shapes.append(LAYER_KINDS[layer.kind].shape(read, layer))
        found.append((read, shapes[-1]))
    return found


def _layer(place: int, written: WrittenLayer, checked: Checked, read: Sequence[Shape]) -> LayerSettings:
    table, kind, model, train = written.table, written.kind, checked.model, checked.train

    def value(key: str, otherwise: Any) -> Any:
        """What the layer says, or else ``otherwise``, which the model may give to all layers whose kind takes it."""
        own = getattr(table, key) if key in kind.takes else UNSET
        return otherwise if own is UNSET else own

    learns = "init" in kind.takes
    activation = value("activation", kind.activation or model.activation)
    init = value("init", model.init) if learns else ""
    bias = value("bias", model.bias)
    scale = value("init_scale", None if model.init_scale is UNSET else model.init_scale)
    alpha = value("alpha", None if model.alpha is UNSET else model.alpha)
    options = {key: getattr(table, key) for key in kind.options if getattr(table, key) is not UNSET}
    units = getattr(table, kind.units_key) if kind.units_key else read[0][-1]
    return LayerSettings(
        index=place,
        units=units,
        activation=activation,
        alpha=alpha_of(activation, alpha),
        init=init,
        init_scale=init_scale_of(init, scale) if learns else None,
        bias="normal" if bias == "normal" else float(bias),
        bias_scale=model.bias_scale,
        batch_norm=cast(
            BatchNorm, value("batch_norm", model.batch_norm if learns and "batch_norm" in kind.takes else "none")
        ),
        dropout=value("dropout", model.dropout if learns else 0.0),
        l1=value("l1", train.l1 if learns else 0.0),
        l2=value("l2", train.l2 if learns else 0.0),
        trainable=value("trainable", model.trainable),
        kind=kind.name,
        name=written.name,
        sources=written.sources,
        options={**kind.options, **options},
    )


def check_tokens(checked: Checked, data: LaneData, where: str) -> None:
    """Raise InputError where an embedding reads anything but whole numbers from 0 to the most it knows."""
    changes = {
        "model.batch_norm_inputs": checked.model.batch_norm_inputs,
        "model.input_dropout": checked.model.input_dropout,
        "train.noise.inputs": checked.train.noise.inputs,
    }
    for place, written in enumerate(checked.layers or (), 1):
        if written.kind.name != "embedding":
            continue
        words, tokens = written.words(place), cast(int, written.table.tokens)
        if written.sources != (0,):
            raise InputError(
                f"{prefix(where)}model.layers: {words} reads another layer; it wants the token numbers of the data: "
                f'from = "{INPUTS}"'
            )
        for key, value in changes.items():
            if value:
                fail(where, key, value, f"changes the token numbers that {words} reads")
        for x in (data.x_train, data.x_validation):
            wrong = x[~((x >= 0) & (x < tokens) & (x == np.floor(x)))]
            if wrong.size:
                raise InputError(
                    f"{prefix(where)}model.layers: {words} reads {wrong[0]:g}; it wants whole numbers from 0 to "
                    f"{tokens - 1}, below its tokens = {tokens}"
                )


def _refuse_perturbed(checked: Checked, layers: Sequence[LayerSettings], where: str) -> None:
    keys = {"model.dropconnect": checked.model.dropconnect, "train.noise.weights": checked.train.noise.weights}
    for key, value in keys.items():
        for layer in layers:
            if value > 0.0 and layer.init and layer.kind != "dense":
                fail(where, key, value, f"is for dense layers only; this network has one of kind {layer.kind}")


def _output(checked: Checked, head: Head, index: int) -> LayerSettings:
    model, train = checked.model, checked.train
    scale = None if model.init_scale is UNSET else model.init_scale
    return LayerSettings(
        index=index,
        units=head.outputs,
        activation=head.output,
        alpha=alpha_of(head.output, None if model.alpha is UNSET else model.alpha),
        init=cast(str, model.init),
        init_scale=init_scale_of(cast(str, model.init), cast(Any, scale)),
        bias="normal" if model.bias == "normal" else float(cast(float, model.bias)),
        bias_scale=model.bias_scale,
        batch_norm="none",
        dropout=0.0,
        l1=cast(float, train.l1),
        l2=cast(float, train.l2),
        trainable=_output_learns(model, cast(bool, model.trainable)),
        sources=(index - 1,),
    )


def _output_learns(model: ModelTable, otherwise: bool) -> bool:
    return otherwise if model.output_trainable is UNSET else model.output_trainable


def _chain(checked: Checked, head: Head) -> tuple[LayerSettings, ...]:
    model, depth = checked.model, len(checked.model.hidden)
    l1, l2 = per_layer(checked.train.l1, depth + 1), per_layer(checked.train.l2, depth + 1)
    activations = [*per_layer(model.activation, depth), head.output]
    init = per_layer(model.init, depth + 1)
    init_scale = per_layer(None if model.init_scale is UNSET else model.init_scale, depth + 1)
    bias, trainable = per_layer(model.bias, depth + 1), per_layer(model.trainable, depth + 1)
    trainable = [*trainable[:-1], _output_learns(model, trainable[-1])]
    dropout = [*per_layer(model.dropout, depth), 0.0]
    alpha = alphas(model, activations)
    return tuple(
        LayerSettings(
            index=index + 1,
            units=units,
            activation=activations[index],
            alpha=alpha[index],
            init=init[index],
            init_scale=init_scale_of(init[index], init_scale[index]),
            bias="normal" if bias[index] == "normal" else float(bias[index]),
            bias_scale=model.bias_scale,
            batch_norm=cast(BatchNorm, model.batch_norm) if index < depth else "none",
            dropout=dropout[index],
            l1=l1[index],
            l2=l2[index],
            trainable=trainable[index],
            sources=(index,),
        )
        for index, units in enumerate([*model.hidden, head.outputs])
    )


def alphas(model: ModelTable, activations: Sequence[str]) -> list[float]:
    """Each layer's alpha: the written one where the activation takes it, else its default, or 0 where it has none."""
    written: list[float | None] = [None] * len(activations)
    if model.alpha is not UNSET:
        written = [*model.alpha, None] if isinstance(model.alpha, list) else [model.alpha] * len(activations)
    return [alpha_of(name, value) for name, value in zip(activations, written, strict=True)]


def alpha_of(activation: str, written: Any) -> float:
    """An activation's alpha: ``written``, or its default for None; 0 where it has none."""
    parameter = ACTIVATIONS[activation].parameter("alpha")
    return 0.0 if parameter is None else float(parameter.default if written is None else written)


def init_scale_of(init: str, written: float | None) -> float | None:
    """An initializer's scale: ``written``, or its default for None; None where it has none."""
    if not takes(INITIALIZERS, init, "init_scale"):
        return None
    return float(INITIALIZERS[init].parameters[0].default if written is None else written)


@dataclass(frozen=True, slots=True)
class Counted:
    """A layer in numbers: numbers of a row that it reads, the shape that it passes on, how many numbers it learns,
    multiply-adds of one row forward."""

    inputs: int
    shape: Shape
    parameters: int
    multiply_adds: int


def counted_layers(layers: Sequence[LayerSettings], shape: Shape) -> list[Counted]:
    """Every layer in numbers, for rows of ``shape``."""
    found = []
    for layer, (read, passed) in zip(layers, shape_of(layers, shape), strict=True):
        kind = LAYER_KINDS[layer.kind]
        learned = sum(block.size for block in kind.blocks(read, layer))
        learned += 1 if layer.activation == "prelu" else 0
        learned += 0 if layer.batch_norm == "none" else 2 * passed[-1]
        inputs = sum(math.prod(one) for one in read)
        found.append(Counted(inputs, passed, learned, kind.multiply_adds(read, layer)))
    return found


def activations_of(layers: Sequence[LayerSettings], shape: Shape) -> int:
    """Numbers that a row makes on its way forward."""
    total = math.prod(shape)
    for layer, (read, passed) in zip(layers, shape_of(layers, shape), strict=True):
        needs = LAYER_KINDS[layer.kind].plan(read, layer)
        total += max(math.prod(passed), needs.z_width) + needs.room
    return total


def layer_infos(settings: LaneSettings) -> tuple[LayerInfo, ...]:
    """Every layer's place and shape, as snapshots say it."""
    found = []
    for layer, counted in zip(settings.layers, counted_layers(settings.layers, settings.shape), strict=True):
        found.append(
            LayerInfo(
                index=layer.index,
                name="output" if layer.index == len(settings.layers) else layer.label,
                inputs=counted.inputs,
                units=layer.units,
                activation=layer.activation,
                kind=layer.kind,
                shape=counted.shape,
                sources=layer.sources,
                parameters=counted.parameters,
                multiply_adds=counted.multiply_adds,
                has_weights=bool(layer.init),
            )
        )
    return tuple(found)
