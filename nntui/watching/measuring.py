"""What is measured of a network while it trains: by hooks on its modules, and before and after each step.

All numbers of a step are read where they are made, since training may overwrite or free them at once. Nothing here
keeps a tensor alive beyond the step.
"""

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nntui.watching.modules import Candidate, candidates, first_tensor, is_weight
from nntui_engine.kernels import watched as k
from nntui_engine.kernels.activation import largest_slope
from nntui_engine.registry.activation import ACTIVATIONS
from nntui_engine.registry.statistic import LAYER_STATISTICS
from nntui_engine.run.snapshot import LayerInfo, Node, NonFinite

Array = NDArray[np.float64]
Z, A, DELTA, WEIGHTS = range(4)  # what moments are taken of
STEP = [row.name for row in LAYER_STATISTICS if row.cadence == "step"]
COLUMN = {name: place for place, name in enumerate(STEP)}
DEAD_AFTER = 100  # measured steps without a sign
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


@dataclass(slots=True)
class Layer:
    """A module that was used, with the activation that reads it.

    ``units`` are counted along ``axis`` of what it passes on. ``active`` (units,): which were not 0 on some row of the
    step; ``silent``: for how many steps each has not been.
    """

    place: int
    name: str
    candidate: Candidate
    parts: list[Part]
    inputs: int
    units: int
    shape: tuple[int, ...]
    sources: tuple[int, ...]
    activation: str = "linear"
    alpha: float = 0.0
    steepest: float = 1.0
    active: NDArray[Any] = field(default_factory=lambda: np.zeros(0))
    silent: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    own_activation: bool = False  # whether it is one itself

    @property
    def falls_silent(self) -> bool:
        """Whether a unit can be 0 on all rows, as far as is seen."""
        return ACTIVATIONS[self.activation].falls_silent

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

    ``wanted``: names of modules that alone are watched; empty for all. While ``on`` is False hooks do nothing.
    Layers are known once the model was run; from :meth:`settle` on there are no others. ``failed`` is told of a mistake
    in a hook, of which the model must know nothing.
    """

    def __init__(self, model: nn.Module, wanted: Sequence[str], failed: Callable[[Exception], None]) -> None:
        self.on = True
        self._failed = failed
        self.used = False  # since the last step
        self.layers: list[Layer] = []
        self.rows = 0  # of the first layer's input, in this step
        self.settled = False
        self.backward = 0  # times that the last layer has got a gradient since the last step
        self._model = model
        self._by_module: dict[int, Layer] = {}
        self._came_from: dict[int, tuple[weakref.ref[torch.Tensor], int, Layer]] = {}  # a tensor, its version
        self._moments = np.zeros((0, 4, 5))
        self._gradients = np.zeros((0, 7))
        self._scratch: dict[Any, NDArray[Any]] = {}
        self.handles: list[Any] = []
        for one in candidates(model):
            if not wanted or one.name in wanted:
                self.handles.append(one.module.register_forward_hook(partial(self._forward, one)))

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
            values = numbers(made)
            k.take_moments(values.reshape(-1), self._moments[layer.place, Z])
        self._came_from[id(made)] = weakref.ref(made), made._version, layer
        if made.requires_grad and made.grad_fn is not None:
            made.register_hook(partial(self._backward, layer.place))

    def _backward(self, place: int, gradient: torch.Tensor) -> None:
        self.backward += place == len(self.layers) - 1
        if self.on:
            try:
                k.take_moments(numbers(gradient).reshape(-1), self._moments[place, DELTA])
            except Exception as error:
                self._failed(error)

    def _activation(self, one: Candidate, layer: Layer, read: torch.Tensor | None, made: torch.Tensor) -> None:
        a = numbers(made)
        z = a if one.in_place or read is None else numbers(read)
        scratch = self._scratch.get(a.dtype)
        if scratch is None:
            scratch = self._scratch[a.dtype] = np.zeros(2 * k.BLOCK, a.dtype)
        code = ACTIVATIONS[layer.activation].code
        into = self._moments[layer.place]
        k.take_activation(code, layer.alpha, layer.steepest, z.reshape(-1), a.reshape(-1), scratch, into[A])
        if layer.own_activation and not one.in_place:
            k.take_moments(z.reshape(-1), into[Z])
        if layer.falls_silent:
            if layer.active.dtype != a.dtype:
                layer.active = layer.active.astype(a.dtype)
            if layer.candidate.channels_first and a.ndim > 2:
                k.take_active_channels(a.reshape(a.shape[0], a.shape[1], -1), layer.active)
            else:
                k.take_active(a.reshape(-1, layer.units), layer.active)

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
        layer.activation, layer.alpha = one.activation, one.alpha
        layer.steepest = largest_slope(ACTIVATIONS[one.activation].code, one.alpha)
        return True

    def _add(self, one: Candidate, read: torch.Tensor | None, made: torch.Tensor, before: Layer | None) -> Layer:
        first = one.channels_first and made.ndim > 1
        units = int(made.shape[1] if first else made.shape[-1]) if made.ndim else 1
        shape = (*made.shape[2:], units) if first else tuple(made.shape[1:])
        parts = [Part(parameter, is_weight(name, parameter)) for name, parameter in one.parameters]
        taken = {layer.name for layer in self.layers}
        assert one.name not in taken
        inputs = 0 if read is None else int(read[0].numel() if read.ndim > 1 else read.shape[-1])
        layer = Layer(
            len(self.layers), one.name, one, parts, inputs, units, shape,
            (0,) if before is None else (before.place + 1,),
            activation=one.activation or "linear", alpha=one.alpha, own_activation=bool(one.activation),
        )  # fmt: skip
        layer.steepest = largest_slope(ACTIVATIONS[layer.activation].code, layer.alpha)
        layer.active, layer.silent = np.zeros(units), np.zeros(units, np.int64)
        self.layers.append(layer)
        self._by_module[id(one.module)] = layer
        self._moments = np.concatenate([self._moments, np.zeros((1, 4, 5))])
        self._gradients = np.concatenate([self._gradients, np.zeros((1, 7))])
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
            moments, gradients = self._moments[layer.place, WEIGHTS], self._gradients[layer.place]
            for part in layer.parts:
                gradient = part.parameter.grad
                if gradient is not None and not gradient.is_sparse:
                    k.take_gradient(numbers(gradient).reshape(-1), gradients)
                if part.before is not None:
                    k.take_weights(numbers(part.parameter).reshape(-1), part.before, moments)

    def clipped_norm(self) -> float:
        """The norm of all gradients as they are now."""
        found = np.zeros(7)
        for layer in self.layers:
            for part in layer.parts:
                gradient = part.parameter.grad
                if gradient is not None and not gradient.is_sparse:
                    k.take_gradient(numbers(gradient).reshape(-1), found)
        return float(np.sqrt(found[k.SQUARES]))

    def after_step(self) -> None:
        """Reads the weights that the step has made."""
        for layer in self.layers:
            for part in layer.parts:
                if part.before is not None:
                    k.take_step(numbers(part.parameter).reshape(-1), part.before, self._gradients[layer.place])

    def gradient_norm(self) -> float:
        """Of the whole gradient that :meth:`before_step` has read."""
        return float(np.sqrt(self._gradients[:, k.SQUARES].sum()))

    def row(self) -> Array:
        """(layers, STEP_STATISTICS) of the step."""
        m, g = self._moments, self._gradients
        count = m[:, :, k.COUNT]
        mean, variance = (np.where(count > 0.0, m[:, :, column], np.nan) for column in (k.MEAN, k.VARIANCE))
        bare = count[:, A] == 0.0  # no activation was seen: what it passes on is what it is
        table = np.empty((len(self.layers), len(STEP)))

        def put(name: str, values: Any) -> None:
            table[:, COLUMN[name]] = values

        with np.errstate(all="ignore"):
            put("pre_activation_mean", mean[:, Z])
            put("pre_activation_variance", variance[:, Z])
            put("activation_mean", np.where(bare, mean[:, Z], mean[:, A]))
            put("activation_variance", np.where(bare, variance[:, Z], variance[:, A]))
            put("backprop_variance", variance[:, DELTA])
            entries = np.where(g[:, k.ENTRIES] > 0.0, g[:, k.ENTRIES], np.nan)
            put("gradient_norm", np.sqrt(g[:, k.SQUARES]) + 0.0 * entries)
            put("gradient_max", g[:, k.LARGEST] + 0.0 * entries)
            put("gradient_mean_abs", g[:, k.MAGNITUDES] / entries)
            put("gradient_zero_fraction", g[:, k.ZEROS] / entries)
            norm = np.sqrt((variance[:, WEIGHTS] + mean[:, WEIGHTS] ** 2) * count[:, WEIGHTS])
            put("weight_norm", norm)
            put("weight_mean", mean[:, WEIGHTS])
            put("weight_variance", variance[:, WEIGHTS])
            put("update_ratio", np.sqrt(g[:, k.STEP_SQUARES]) / norm)
            put("inactive_units", [self._inactive(layer) for layer in self.layers])
            put("saturated_fraction", np.where(bare, 0.0, m[:, A, k.BELOW] / count[:, A]))
            put("non_finite", m[:, :, k.BROKEN].sum(axis=1) + g[:, k.GRADIENT_BROKEN])
        return table

    def scaled(self, table: Array, clipped: float, scale: float) -> Array:
        """The same (layers, STEP_STATISTICS) as if gradients had not been made ``clipped`` times smaller, nor the loss
        ``scale`` times larger."""
        if clipped != 1.0:
            for name in ("gradient_norm", "gradient_max", "gradient_mean_abs"):
                table[:, COLUMN[name]] *= clipped
        if scale != 1.0:
            table[:, COLUMN["backprop_variance"]] /= scale * scale
        return table

    def _inactive(self, layer: Layer) -> int:
        return int((layer.active == 0.0).sum()) if layer.falls_silent else 0

    def dead(self) -> NDArray[np.int64]:
        """Units (layers,) that were 0 on all rows of so many steps; and counts on."""
        return np.array([int((layer.silent >= DEAD_AFTER).sum()) for layer in self.layers])

    def broken(self, step: int, rate: float) -> NonFinite | None:
        """Where the step has a NaN or an infinity: the first layer of the first node that has."""
        places: tuple[tuple[Node, Array], ...] = (
            ("z", self._moments[:, Z, k.BROKEN]),
            ("a", self._moments[:, A, k.BROKEN]),
            ("delta", self._moments[::-1, DELTA, k.BROKEN]),
            ("gradient", self._gradients[::-1, k.GRADIENT_BROKEN]),
            ("weights", self._moments[:, WEIGHTS, k.BROKEN]),
        )
        for node, found in places:
            if found.any():
                first = int(found.argmax())
                place = len(found) - 1 - first if node in ("delta", "gradient") else first
                unknown = float("nan")
                return NonFinite(step, place + 1, node, unknown, unknown, unknown, unknown, rate)
        return None

    def clear(self) -> None:
        """The next step begins."""
        for layer in self.layers:
            if layer.falls_silent and self.used:
                layer.silent = np.where(layer.active == 0.0, layer.silent + 1, 0)
            layer.active[:] = 0.0
        self._moments[:] = 0.0
        self._gradients[:] = 0.0
        self._came_from.clear()
        self.used, self.rows, self.backward = False, 0, 0

    def remove(self) -> None:
        """Takes the hooks out."""
        self.on = False
        for handle in self.handles:
            handle.remove()
        self.handles.clear()
