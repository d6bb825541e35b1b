"""Networks as people write them, for PyTorch, and what is to be measured of them written out plainly."""

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from watching.architectures import ARCHITECTURES, IMAGES

from nntui_engine.registry.statistic import LAYER_STATISTICS

STEP = [row.name for row in LAYER_STATISTICS if row.cadence == "step"]


class Residual(nn.Module):
    """Two convolutions with a way round them, in-place ReLU and `x += skip`."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.act = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Linear(4 * 36, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.act(self.norm(self.first(x)))
        y = self.second(x)
        y += x
        return self.head(torch.flatten(self.act(y), 1))


class Recurrent(nn.Module):
    """A recurrent layer of a kind, whose last time step is read."""

    def __init__(self, kind: type[nn.Module]) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, 5)
        self.recur = kind(5, 6, batch_first=True)
        self.head = nn.Linear(6, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        states, _ = self.recur(self.embed(x))
        return self.head(states[:, -1])


class Attends(nn.Module):
    """One block of a transformer."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, activation=nn.GELU())
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.block(x).mean(1))


class Shared(nn.Module):
    """A layer that is used three times, and one ReLU for all."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.act, self.head = nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(3):
            x = self.act(self.body(x))
        return self.head(x)


class Returns(nn.Module):
    """Modules that return a dict and a tuple."""

    class _Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(6))

        def forward(self, x: torch.Tensor) -> dict[str, Any]:
            return {"step": 3, "x": x * self.scale}

    def __init__(self) -> None:
        super().__init__()
        self.two, self.head = self._Two(), nn.Linear(6, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.two(x)["x"])


def rows(*shape: int) -> Callable[[torch.Generator], torch.Tensor]:
    return lambda generator: torch.randn(*shape, generator=generator)


def words(generator: torch.Generator) -> torch.Tensor:
    return torch.randint(0, 11, (10, 7), generator=generator)


def plain(*activations: nn.Module) -> nn.Sequential:
    layers: list[nn.Module] = []
    for activation in activations:
        layers += [nn.Linear(6, 6), activation]
    return nn.Sequential(*layers, nn.Linear(6, 3))


@dataclass(frozen=True)
class Case:
    """A network, its inputs, and of each layer whose numbers are known: its module, and its activation's with the call
    (counted from 0) that is this layer's; "" for none."""

    make: Callable[[], nn.Module]
    inputs: Callable[[torch.Generator], torch.Tensor]
    layers: dict[str, tuple[str, tuple[int, ...]]]


def chain(count: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    found = {str(2 * i): (str(2 * i + 1), (0,)) for i in range(count)}
    return {**found, str(2 * count): ("", ())}


CASES: dict[str, Case] = {
    "dense": Case(lambda: plain(nn.ReLU(), nn.Tanh(), nn.Sigmoid()), rows(12, 6), chain(3)),
    "other activations": Case(
        lambda: plain(nn.LeakyReLU(0.2), nn.ELU(), nn.SiLU(), nn.GELU(), nn.Softplus(), nn.SELU()),
        rows(12, 6),
        chain(6),
    ),
    "in place": Case(lambda: plain(nn.ReLU(inplace=True), nn.ELU(inplace=True)), rows(12, 6), chain(2)),
    "residual": Case(
        Residual, rows(8, 2, 6, 6),
        {"first": ("", ()), "norm": ("act", (0,)), "second": ("", ()), "act": ("act", (1,)), "head": ("", ())},
    ),
    "lstm": Case(lambda: Recurrent(nn.LSTM), words, {"embed": ("", ()), "recur": ("", ()), "head": ("", ())}),
    "gru": Case(lambda: Recurrent(nn.GRU), words, {"embed": ("", ()), "recur": ("", ()), "head": ("", ())}),
    "rnn": Case(lambda: Recurrent(nn.RNN), words, {"embed": ("", ()), "recur": ("", ()), "head": ("", ())}),
    "attention": Case(
        Attends, rows(6, 5, 8),
        {
            "block.self_attn": ("", ()), "block.norm1": ("", ()), "block.linear1": ("block.activation", (0,)),
            "block.linear2": ("", ()), "block.norm2": ("", ()), "head": ("", ()),
        },
    ),
    "shared": Case(Shared, rows(12, 6), {"body": ("act", (0, 1, 2)), "head": ("", ())}),
    "norms": Case(
        lambda: nn.Sequential(
            nn.Linear(6, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3)
        ),
        rows(12, 6),
        {"0": ("", ()), "1": ("2", (0,)), "3": ("", ()), "4": ("5", (0,)), "6": ("", ())},
    ),
    "returns": Case(Returns, rows(12, 6), {"two": ("", ()), "head": ("", ())}),
    **{name: Case(make, rows(*IMAGES), layers) for name, (make, layers) in ARCHITECTURES.items()},
}  # fmt: skip


def made(case: Case, seed: int = 0, dtype: torch.dtype = torch.float64) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """(model, inputs, targets) of a case, the same for a seed."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model, inputs = case.make(), case.inputs(generator)
    inputs = inputs.to(dtype) if inputs.is_floating_point() else inputs
    return model.to(dtype), inputs, torch.randint(0, 3, (len(inputs),), generator=generator)


def _first(output: Any) -> torch.Tensor:
    if isinstance(output, dict):
        return next(one for one in output.values() if isinstance(one, torch.Tensor))
    return output[0] if isinstance(output, tuple) else output


# Of an activation's output and input: whether its slope is below 5 % of the largest there is
FLAT: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "ReLU": lambda z, _: z <= 0.0,
    "Tanh": lambda _, a: 1.0 - a * a < 0.05,
    "Sigmoid": lambda _, a: a * (1.0 - a) < 0.05 * 0.25,
}


def measured_plainly(case: Case, model: nn.Module, lr: float, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> dict:
    """{statistic: {layer: number}} of one plain step on a copy of ``model``, whose loss is that of all batches; and
    "loss" and "norm" under ""."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    modules = {name or "model": module for name, module in model.named_modules()}
    kept: dict[str, list[tuple[torch.Tensor, np.ndarray, np.ndarray]]] = {}

    def keep(name: str, _: nn.Module, inputs: Any, output: Any) -> None:
        tensor = _first(output)
        tensor.retain_grad()
        read = inputs[0].detach().numpy().copy() if isinstance(inputs[0], torch.Tensor) else np.zeros(0)
        kept.setdefault(name, []).append((tensor, tensor.detach().numpy().copy(), read))

    names = {*case.layers, *(activation for activation, _ in case.layers.values() if activation)}
    handles = [modules[name].register_forward_hook(functools.partial(keep, name)) for name in names]
    losses = []
    gradients: dict[str, list[np.ndarray]] = {}
    for inputs, targets in batches:
        kept_before = {name: len(found) for name, found in kept.items()}
        loss = nn.functional.cross_entropy(model(inputs), targets) / len(batches)
        loss.backward()
        losses.append(float(loss) * len(batches))
        for name, found in kept.items():
            for tensor, *_ in found[kept_before.get(name, 0) :]:
                gradients.setdefault(name, []).append(tensor.grad.numpy().copy())
    for handle in handles:
        handle.remove()
    found: dict[str, dict[str, float]] = {name: {} for name in STEP}
    calls = {name: len(one) // len(batches) for name, one in kept.items()}

    def of(name: str, chosen: tuple[int, ...] | None) -> list[int]:
        count = calls[name]
        return [b * count + i for b in range(len(batches)) for i in (range(count) if chosen is None else chosen)]

    for layer, (activation, chosen) in case.layers.items():
        alone = layer == activation
        own = of(layer, chosen if alone else None)
        z = [kept[layer][i][2 if alone else 1] for i in own]
        a = [kept[activation][i][1] for i in of(activation, chosen)] if activation else z
        delta = [gradients[layer][i] for i in own]

        def put(name: str, value: float, layer: str = layer) -> None:
            found[name][layer] = float(value)

        flat_z, flat_a = np.concatenate([x.ravel() for x in z]), np.concatenate([x.ravel() for x in a])
        if not alone:  # in place, what it read is gone
            put("pre_activation_mean", flat_z.mean())
            put("pre_activation_variance", flat_z.var())
        put("activation_mean", flat_a.mean())
        put("activation_variance", flat_a.var())
        put("backprop_variance", np.concatenate([x.ravel() for x in delta]).var())
        kind = type(modules[activation]).__name__ if activation else ""
        if kind in FLAT:
            flat = [FLAT[kind](x, y) for x, y in zip(z if not alone else a, a, strict=True)]
            put("saturated_fraction", np.concatenate([one.ravel() for one in flat]).mean())
        if kind == "ReLU":
            axis = 1 if a[0].ndim == 4 else -1  # of images the channel
            silent = [np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis]) for x in a]
            put("inactive_units", (np.concatenate(silent) == 0.0).all(axis=0).sum())
        put("non_finite", sum((~np.isfinite(x)).sum() for x in (flat_z, flat_a)))
        whole = isinstance(modules[layer], nn.MultiheadAttention)
        own_parameters = dict(modules[layer].named_parameters(recurse=whole))
        if not own_parameters:
            continue
        g = np.concatenate([p.grad.numpy().ravel() for p in own_parameters.values()])
        put("gradient_norm", np.sqrt((g * g).sum()))
        put("gradient_max", np.abs(g).max())
        put("gradient_mean_abs", np.abs(g).mean())
        put("gradient_zero_fraction", (g == 0.0).mean())
        weights = [p for name, p in own_parameters.items() if "weight" in name.rpartition(".")[2]]
        if weights:
            w = np.concatenate([p.detach().numpy().ravel() for p in weights])
            step = lr * np.concatenate([p.grad.numpy().ravel() for p in weights])
            put("weight_norm", np.sqrt((w * w).sum()))
            put("weight_mean", w.mean())
            put("weight_variance", w.var())
            put("update_ratio", np.sqrt((step * step).sum()) / np.sqrt((w * w).sum()))
    squares = sum(float((p.grad**2).sum()) for p in model.parameters() if p.grad is not None)
    found["loss"], found["norm"] = {"": float(np.mean(losses))}, {"": np.sqrt(squares)}
    return found
