"""What is measured of a network while it trains: by hooks on its modules, and before and after each step.

All numbers of a step are read where they are made, since training may overwrite or free them at once. Nothing here
keeps a tensor alive beyond the step.
"""

import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nntui.watching.modules import Candidate, first_tensor, is_weight
from nntui.watching.table import StepTable, Units, norm_of
from nntui_engine.run.snapshot import LayerInfo

_MEASURED = (torch.float32, torch.float64)


def numbers(tensor: torch.Tensor) -> NDArray[Any]:
    """The entries of a tensor as an array of its shape, without a copy where that can be; other number types as
    float32."""
    tensor = tensor.detach()
    if tensor.dtype not in _MEASURED:
        tensor = tensor.float()
    if tensor.device.type != "cpu":
        tensor = tensor.cpu()
    return np.asarray(tensor.contiguous().numpy())


@dataclass(slots=True)
class Part:
    """A parameter of a layer; ``before``: its entries before the step, if it is one of the weights."""

    parameter: nn.Parameter
    weights: bool
    before: NDArray[Any] | None = None

    @property
    def gradient(self) -> NDArray[Any] | None:
        """Its gradient, in its shape, if it has one and not of few entries only."""
        found = self.parameter.grad
        return None if found is None or found.is_sparse else numbers(found)


@dataclass(slots=True, kw_only=True)
class Layer(Units):
    """A module that was used, with the activation that reads it; units are counted along an axis of what it passes
    on."""

    place: int
    name: str
    candidate: Candidate
    parts: list[Part]
    inputs: int
    shape: tuple[int, ...]
    sources: tuple[int, ...]
    own_activation: bool = False  # whether it is one itself
    channels_first: bool = False  # whether its units are along the second axis of what it passes on

    def info(self) -> LayerInfo:
        """What the record says of it."""
        return LayerInfo(
            index=self.place + 1, name=self.name, inputs=self.inputs, units=self.units, activation=self.activation,
            kind=self.candidate.kind, shape=self.shape, sources=self.sources,
            parameters=sum(part.parameter.numel() for part in self.parts),
            has_weights=any(part.weights for part in self.parts),
        )  # fmt: skip


class Measuring:
    """The hooks on a model's modules, and the numbers of the step that is being made.

    ``watched``: the modules that may turn out to be layers. While ``on`` is False hooks do nothing.
    Layers are known once the model was run; from :meth:`settle` on there are no others. ``failed`` is told of a mistake
    in a hook, of which the model must know nothing.
    """

    def __init__(self, watched: Iterable[Candidate], failed: Callable[[Exception], None]) -> None:
        self.on = True
        self._failed = failed
        self.used = False  # since the last step
        self.layers: list[Layer] = []
        self.rows = 0  # of the first layer's input, in this step
        self.settled = False
        self.backward = 0  # times that the last layer has got a gradient since the last step
        self._by_module: dict[int, Layer] = {}
        self._came_from: dict[int, tuple[weakref.ref[torch.Tensor], int, Layer]] = {}  # a tensor, its version
        self.table = StepTable()
        self.handles: list[Any] = []
        for one in watched:
            self.handles += one.hook(self._forward)

    # -- hooks ------------------------------------------------------------------------------------------------------

    def _forward(self, one: Candidate, module: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
        if not torch.is_grad_enabled():
            return
        self.used = True
        if self.on:
            try:
                self._take(one, module, inputs, output)
            except Exception as error:
                self._failed(error)

    def _take(self, one: Candidate, module: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
        made, read = first_tensor(output), first_tensor(inputs)
        if made is None:
            return
        before = self._source(read, one.in_place)
        if one.activation and before is not None and self._attach(one, before):
            self._activation(one, before, read, made)
            self._came_from[id(made)] = weakref.ref(made), made._version, before
            return
        layer = self._by_module.get(id(module))
        if layer is None:
            if self.settled:
                return
            layer = self._add(one, read, made, before)
        if layer.place == 0 and read is not None:
            self.rows += len(read)
        if one.activation:
            self._activation(one, layer, read, made)
        else:
            self.table.take_z(layer.place, numbers(made))
        self._came_from[id(made)] = weakref.ref(made), made._version, layer
        if made.requires_grad and made.grad_fn is not None:
            made.register_hook(partial(self._backward, layer.place))

    def _backward(self, place: int, gradient: torch.Tensor) -> None:
        self.backward += place == len(self.layers) - 1
        if self.on:
            try:
                self.table.take_delta(place, numbers(gradient))
            except Exception as error:
                self._failed(error)

    def _activation(self, one: Candidate, layer: Layer, read: torch.Tensor | None, made: torch.Tensor) -> None:
        a = numbers(made)
        z = a if one.in_place or read is None else numbers(read)
        self.table.take_a(layer.place, z, a, layer.channels_first)
        if layer.own_activation and not one.in_place:
            self.table.take_z(layer.place, z)

    def _source(self, read: torch.Tensor | None, in_place: bool) -> Layer | None:
        """The layer that made a tensor, if nobody has changed it since but an activation in place, just now."""
        known = None if read is None else self._came_from.get(id(read))
        if read is None or known is None or known[0]() is not read:
            return None
        _, version, layer = known
        return layer if getattr(read, "_version", None) == version + in_place else None

    def _attach(self, one: Candidate, layer: Layer) -> bool:
        """Whether an activation is that of a layer; until all are settled it becomes so, if that has none."""
        if layer.own_activation:
            return False
        if layer.activation == one.activation and layer.alpha == one.alpha:
            return True
        if self.settled or layer.activation != "linear":
            return False
        layer.activate(one.activation, one.alpha)
        return True

    def _add(self, one: Candidate, read: torch.Tensor | None, made: torch.Tensor, before: Layer | None) -> Layer:
        first = one.channels_first(made.ndim)
        units = int(made.shape[1] if first else made.shape[-1]) if made.ndim else 1
        shape = (*made.shape[2:], units) if first else tuple(made.shape[1:])
        parts = [Part(parameter, is_weight(name, parameter)) for name, parameter in one.parameters]
        taken = {layer.name for layer in self.layers}
        assert one.name not in taken
        inputs = 0 if read is None else int(read[0].numel() if read.ndim > 1 else read.shape[-1])
        layer = Layer(
            place=len(self.layers), name=one.name, candidate=one, parts=parts, inputs=inputs, units=units, shape=shape,
            sources=(0,) if before is None else (before.place + 1,),
            activation=one.activation or "linear", alpha=one.alpha, own_activation=bool(one.activation),
            channels_first=first,
        )  # fmt: skip
        self.layers.append(layer)
        self.table.add(layer)
        self._by_module[id(one.module)] = layer
        return layer

    # -- a step -----------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """From here on the layers are these."""
        self.settled = True
        for layer in self.layers:
            for part in layer.parts:
                if part.weights:
                    part.before = np.empty(part.parameter.numel(), numbers(part.parameter.new_zeros(())).dtype)

    def before_step(self) -> None:
        """Reads gradients, and weights as the step begins from them."""
        for layer in self.layers:
            for part in layer.parts:
                gradient = part.gradient
                if gradient is not None:
                    self.table.take_gradient(layer.place, gradient)
                if part.before is not None:
                    self.table.take_weights(layer.place, numbers(part.parameter), part.before)

    def clipped_norm(self) -> float:
        """The norm of all gradients as they are now."""
        found = (part.gradient for layer in self.layers for part in layer.parts)
        return norm_of([gradient for gradient in found if gradient is not None])

    def after_step(self) -> None:
        """Reads the weights that the step has made."""
        for layer in self.layers:
            for part in layer.parts:
                if part.before is not None:
                    self.table.take_step(layer.place, numbers(part.parameter), part.before)

    def clear(self) -> None:
        """The next step begins."""
        self.table.clear(self.used)
        self._came_from.clear()
        self.used, self.rows, self.backward = False, 0, 0

    def remove(self) -> None:
        """Takes the hooks out."""
        self.on = False
        for handle in self.handles:
            handle.remove()
        self.handles.clear()
