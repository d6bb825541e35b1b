"""Which layers of a Keras model are watched, and how what they pass on is seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import keras
import torch
from torch import nn

from nntui.watching.modules import Candidate

layers, activations = keras.layers, keras.activations
# Functions of Keras that are an activation of the engine, and the parameter that they have unless told otherwise
FUNCTIONS: dict[Any, tuple[str, float]] = {
    activations.sigmoid: ("sigmoid", 0.0),
    activations.tanh: ("tanh", 0.0),
    activations.relu: ("relu", 0.0),
    activations.leaky_relu: ("leaky_relu", 0.2),
    activations.elu: ("elu", 1.0),
    activations.selu: ("selu", 0.0),
    activations.gelu: ("gelu", 0.0),
    activations.silu: ("silu", 0.0),
    activations.softplus: ("softplus", 0.0),
    activations.softmax: ("softmax", 0.0),
}
# What a layer is called where the engine has a kind like it; others go by the class
KINDS: tuple[tuple[tuple[Any, ...], str], ...] = (
    ((layers.Dense, layers.EinsumDense), "dense"),
    ((layers.BatchNormalization, layers.GroupNormalization), "batch_norm"),
    ((layers.LayerNormalization, layers.RMSNormalization), "layer_norm"),
    ((layers.Embedding,), "embedding"),
    ((layers.LSTM,), "lstm"),
    ((layers.GRU,), "gru"),
    ((layers.SimpleRNN,), "recurrent"),
    ((layers.MultiHeadAttention,), "attention"),
)
WHOLE = (layers.RNN, layers.MultiHeadAttention)  # watched as one, whatever they are made of
BIASES = ("bias", "beta")


def activation_of(layer: Any) -> tuple[str, float]:
    """The engine's name of what a layer is, and its parameter, if it is an activation; else "", 0.0."""
    kind = type(layer)
    if kind is layers.Activation:
        return FUNCTIONS.get(layer.activation, ("", 0.0))
    if kind is layers.ReLU and layer.max_value is None and not layer.threshold:
        return ("leaky_relu", float(layer.negative_slope)) if layer.negative_slope else ("relu", 0.0)
    if kind is layers.LeakyReLU:
        return "leaky_relu", float(layer.negative_slope)
    if kind is layers.ELU:
        return "elu", float(layer.alpha)
    return ("softmax", 0.0) if kind is layers.Softmax and layer.axis == -1 else ("", 0.0)


@dataclass(frozen=True, slots=True)
class KerasLayer(Candidate):
    """A layer of Keras, or an activation: of a layer's own (``module``: that layer) where it is ``fused`` into it."""

    fused: tuple[str, float] = ("", 0.0)

    @property
    def activation(self) -> str:
        """The engine's name of what it is, if it is an activation; else ""."""
        return (self.fused if self.fused[0] else activation_of(self.module))[0]

    @property
    def alpha(self) -> float:
        """The activation's own parameter."""
        return (self.fused if self.fused[0] else activation_of(self.module))[1]

    @property
    def in_place(self) -> bool:
        """Keras overwrites nothing."""
        return False

    @property
    def parameters(self) -> list[tuple[str, nn.Parameter]]:
        """What it learns itself, called weight or bias, as PyTorch does."""
        layer: Any = self.module
        parts = layer._flatten_layers() if isinstance(layer, WHOLE) else [layer]
        return [  # not their ``value``, which is a copy while a layer runs in half precision
            ("bias" if one.name.endswith(BIASES) else "weight", one._value)
            for part in parts
            for one in part._trainable_variables
        ]

    @property
    def kind(self) -> str:
        """The engine's word for it, or its own class."""
        for types, kind in KINDS:
            if isinstance(self.module, types):
                return kind
        own = type(self.module).__name__.lower()
        return self.activation or ("convolution" if "conv" in own else own)

    def channels_first(self, axes: int) -> bool:
        """Whether its units are the second of the axes of what it passes on: Keras is told so, and has them last."""
        form = getattr(self.module, "data_format", None)
        if self.activation:
            form = keras.config.image_data_format()
        elif isinstance(self.module, layers.BatchNormalization):
            form = "channels_first" if self.module.axis == 1 else None
        return axes > 2 and form == "channels_first"

    def hook(self, forward: Callable[..., None]) -> list[Any]:
        """Has ``forward`` called with itself, the layer, its inputs and its output; a layer that applies an activation
        to what it has worked out as two, of which the second is that activation."""
        own = vars(self.module).get("activation")
        fused = FUNCTIONS.get(own, ("", 0.0))
        if self.activation or not fused[0]:
            return Candidate.hook(self, forward)
        then = KerasLayer(self.name, self.module, fused)
        passed: list[torch.Tensor] = []  # the last input of the activation, and its output

        def activated(z: torch.Tensor) -> torch.Tensor:
            passed[:] = z, own(z)
            return passed[1]

        def before(module: nn.Module, _: Any) -> None:
            if torch.is_grad_enabled():  # only as long as it runs: it may be saved at any other time
                vars(module)["activation"] = activated

        def after(module: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
            if vars(module).get("activation") is activated:
                vars(module)["activation"] = own
            if passed and output is passed[1]:
                forward(self, module, inputs, passed[0])
                forward(then, own, (passed[0],), output)
            else:
                forward(self, module, inputs, output)
            passed.clear()

        return [
            self.module.register_forward_pre_hook(before),
            self.module.register_forward_hook(after, always_call=True),
        ]


def keras_layers(model: Any) -> Iterator[KerasLayer]:
    """Layers with parameters of their own, and activations, by their path in the model."""
    inside: set[int] = set()
    names: dict[str, int] = {}
    for layer in model._flatten_layers():
        if isinstance(layer, WHOLE):
            inside |= {id(part) for part in layer._flatten_layers(include_self=False)}
    for layer in model._flatten_layers():
        if id(layer) in inside:
            continue
        name = (layer.path or layer.name).removeprefix(f"{model.name}/")
        found = KerasLayer(name, layer)
        if found.activation or found.parameters:
            names[name] = names.get(name, 0) + 1
            yield found if names[name] == 1 else replace(found, name=f"{name} {names[name]}")
