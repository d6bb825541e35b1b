"""Which modules of a network are layers, and what is known of them before they are used."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

# torch's modules that are an activation of the engine, and where its parameter stands
ACTIVATIONS: dict[type[nn.Module], tuple[str, str]] = {
    nn.Sigmoid: ("sigmoid", ""),
    nn.Tanh: ("tanh", ""),
    nn.ReLU: ("relu", ""),
    nn.LeakyReLU: ("leaky_relu", "negative_slope"),
    nn.ELU: ("elu", "alpha"),
    nn.SELU: ("selu", ""),
    nn.GELU: ("gelu", ""),
    nn.SiLU: ("silu", ""),
    nn.Softplus: ("softplus", ""),
    nn.Softmax: ("softmax", ""),
}
# What a module is called where the engine has a kind of layer like it
KINDS: tuple[tuple[tuple[type[nn.Module], ...], str], ...] = (
    ((nn.Linear, nn.LazyLinear, nn.Bilinear), "dense"),
    ((nn.modules.conv._ConvNd,), "convolution"),
    ((nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.modules.instancenorm._InstanceNorm), "batch_norm"),
    ((nn.LayerNorm, nn.RMSNorm), "layer_norm"),
    ((nn.Embedding, nn.EmbeddingBag), "embedding"),
    ((nn.LSTM, nn.LSTMCell), "lstm"),
    ((nn.GRU, nn.GRUCell), "gru"),
    ((nn.RNN, nn.RNNCell), "recurrent"),
    ((nn.MultiheadAttention,), "attention"),
)
WHOLE = (nn.MultiheadAttention,)  # watched as one, whatever they are made of
CHANNELS_FIRST = (
    nn.modules.conv._ConvNd, nn.modules.batchnorm._NormBase, nn.GroupNorm,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A module that may turn out to be a layer, once it is used."""

    name: str
    module: nn.Module

    @property
    def activation(self) -> str:
        """The engine's name of what it is, if it is an activation; else ""."""
        return ACTIVATIONS.get(type(self.module), ("", ""))[0]

    @property
    def alpha(self) -> float:
        """The activation's own parameter."""
        attribute = ACTIVATIONS.get(type(self.module), ("", ""))[1]
        return float(getattr(self.module, attribute)) if attribute else 0.0

    @property
    def in_place(self) -> bool:
        """Whether it overwrites what it reads."""
        return bool(getattr(self.module, "inplace", False))

    @property
    def parameters(self) -> list[tuple[str, nn.Parameter]]:
        """What it learns itself, by name."""
        return list(self.module.named_parameters(recurse=type(self.module) in WHOLE))

    @property
    def kind(self) -> str:
        """The engine's word for it, or its own class."""
        for types, kind in KINDS:
            if isinstance(self.module, types):
                return kind
        return self.activation or type(self.module).__name__.lower()

    def channels_first(self, axes: int) -> bool:
        """Whether its units are the second of the axes of what it passes on, and not the last."""
        if self.activation:  # rows of images, whose second axis is the channel
            return axes > 3
        return axes > 1 and isinstance(self.module, CHANNELS_FIRST)

    def hook(self, forward: Callable[..., None]) -> list[Any]:
        """Has ``forward`` called with itself, the module, its inputs and its output; returns what removes that."""
        return [self.module.register_forward_hook(partial(forward, self))]


def candidates(model: nn.Module) -> Iterator[Candidate]:
    """Modules with parameters of their own, and activations; a module that stands at several places once."""
    inside: set[int] = set()
    for name, module in model.named_modules():
        if id(module) in inside:
            continue
        if isinstance(module, WHOLE):
            inside |= {id(part) for part in module.modules()}
        found = Candidate(name or "model", module)
        if type(module) in ACTIVATIONS or found.parameters:
            yield found


def is_weight(name: str, parameter: nn.Parameter) -> bool:
    """Whether a parameter is one of the weights, by torch's names, and no bias."""
    return "weight" in name.rpartition(".")[2] and "bias" not in name and parameter.ndim >= 1


def first_tensor(output: object) -> torch.Tensor | None:
    """The first tensor of floating-point numbers in what a module returns: itself, or in a tuple, list or dict."""
    if isinstance(output, torch.Tensor):
        return output if output.is_floating_point() else None
    if isinstance(output, dict):
        output = tuple(output.values())
    if isinstance(output, tuple | list):
        return next((found for one in output if (found := first_tensor(one)) is not None), None)
    return None
