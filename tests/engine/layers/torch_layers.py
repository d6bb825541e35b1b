"""Networks of any kinds of layer in PyTorch, from a lane's settings, each kind from its formula. Importing needs torch.

What the engine draws by counter (mini-batches, dropout masks) is drawn again by ``twin_update``; all else is torch's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from engine.torch_names import ACTIVATIONS, LOSSES
from torch import Tensor, nn
from torch.nn import functional

from engine import twin_update as update
from nntui_engine.kernels.random import DROPOUT, INPUT_DROPOUT, RECURRENT_DROPOUT
from nntui_engine.scenario.settings import LaneSettings, LayerSettings

GATES = {"recurrent": 1, "lstm": 4, "gru": 3}


@dataclass
class Tape:
    """What a forward pass went through, by the layer's number: z (as lists of the parts of a recurrent layer), a, what
    it passes on, and of recurrent layers every state and every gate (a list for each time step)."""

    z: dict[int, list[Tensor]] = field(default_factory=dict)
    a: dict[int, Tensor] = field(default_factory=dict)
    out: dict[int, Tensor] = field(default_factory=dict)
    states: dict[int, list[Tensor]] = field(default_factory=dict)
    gates: dict[int, list[list[Tensor]]] = field(default_factory=dict)


def pair(value: Any, dimensions: int) -> tuple[int, int]:
    values = list(value) if isinstance(value, list | tuple) else [value] * dimensions
    return (1, values[0]) if dimensions == 1 else (values[0], values[1])


def around(length: int, kernel: int, stride: int, padding: str) -> tuple[int, int]:
    """What "same" puts before and after one side: ⌈length / stride⌉ come out, the odd one stands after."""
    if padding == "valid":
        return 0, 0
    total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


class Net(nn.Module):  # type: ignore[misc]
    """A lane's network with parameters ``values``, named as ``Experiment.parameters`` has them."""

    def __init__(self, settings: LaneSettings, values: Mapping[str, np.ndarray], own_cells: bool = False) -> None:
        super().__init__()
        self.settings, self.own_cells, self.step, self.tape = settings, own_cells, 0, Tape()
        self.carried: dict[int, tuple[Tensor, Tensor]] = {}
        own = {name: torch.tensor(value) for name, value in values.items()}
        names = [name for name in own if "running" not in name]
        self.values = nn.ParameterDict({name.replace(".", "#"): nn.Parameter(own[name].clone()) for name in names})
        self.running = {name: value.clone() for name, value in own.items() if "running" in name}

    def named(self, name: str) -> Any:
        return self.values[name.replace(".", "#")]

    def has(self, name: str) -> bool:
        return name.replace(".", "#") in self.values

    @property
    def trained(self) -> Iterator[Any]:
        frozen = {f"{layer.label}" for layer in self.settings.layers if not layer.trainable}
        return (value for name, value in self.values.items() if name.split("#")[0] not in frozen)

    def mask(self, stream: int, shape: Any, share: float) -> Tensor:
        return torch.tensor(update.mask(self.settings.seed, stream, self.step, tuple(shape), share))

    def normalise(self, label: str, x: Tensor) -> Tensor:
        """Batch norm, per channel over rows and positions."""
        mean, variance = self.running[f"{label}.running_mean"], self.running[f"{label}.running_variance"]
        flat, share = x.reshape(-1, x.shape[-1]), self.settings.batch_norm_momentum
        gamma, beta = self.named(f"{label}.gamma"), self.named(f"{label}.beta")
        done = functional.batch_norm(flat, mean, variance, gamma, beta, self.training, share, 1e-5)
        return done.reshape(x.shape)

    def forward(self, x: Tensor) -> Tensor:
        """The outputs' pre-activation, of rows (n, numbers)."""
        s, self.tape = self.settings, Tape()
        if s.batch_norm_inputs:
            x = self.normalise("inputs", x)
        if self.training and s.input_dropout:
            x = x * self.mask(INPUT_DROPOUT, x.shape, s.input_dropout)
        outs = {0: x.reshape(len(x), *s.shape)}
        for layer in s.layers:
            read = [outs[source] for source in layer.sources]
            outs[layer.index] = self.layer(layer, read)
            self.tape.out[layer.index] = outs[layer.index]
        return self.tape.z[len(s.layers)][0].reshape(len(x), -1)

    def layer(self, layer: LayerSettings, read: list[Tensor]) -> Tensor:
        index, label = layer.index, layer.label
        if layer.kind in GATES:
            states = self.recurrent(layer, read[0])
            out = states if layer.options["return_sequence"] else states[:, -1]
            self.tape.a[index] = states
        else:
            z = getattr(self, layer.kind)(layer, *read) if layer.kind not in ("add", "concatenate") else (
                sum(read) if layer.kind == "add" else torch.cat(read, dim=-1)
            )  # fmt: skip
            if layer.batch_norm == "before":
                z = self.normalise(label, z)
            z = z * 1.0
            if z.requires_grad:
                z.retain_grad()
            self.tape.z[index] = [z]
            alpha = self.named(f"{label}.alpha") if layer.activation == "prelu" else layer.alpha
            if layer.activation == "softmax":
                return torch.softmax(z, -1)
            out = self.tape.a[index] = ACTIVATIONS[layer.activation](z, alpha)
            if layer.batch_norm == "after":
                out = self.normalise(label, out)
        if self.training and layer.dropout:
            out = out * self.mask(DROPOUT + index - 1, out.shape, layer.dropout)
        return out

    def dense(self, layer: LayerSettings, x: Tensor) -> Tensor:
        return x.reshape(len(x), -1) @ self.named(f"{layer.label}.weights") + self.named(f"{layer.label}.biases")

    def windows(self, layer: LayerSettings, x: Tensor, size: Any, value: float) -> tuple[Tensor, Any, Any]:
        """x as torch wants it, padded with ``value``; kernel and stride."""
        dimensions = x.dim() - 2
        kernel, stride = pair(size, dimensions), pair(layer.options["stride"] or size, dimensions)
        picture = x.unsqueeze(1) if dimensions == 1 else x
        picture = picture.permute(0, 3, 1, 2)
        sides = [around(picture.shape[2 + i], kernel[i], stride[i], layer.options["padding"]) for i in range(2)]
        return functional.pad(picture, (*sides[1], *sides[0]), value=value), kernel, stride

    def back(self, picture: Tensor, like: Tensor) -> Tensor:
        out = picture.permute(0, 2, 3, 1)
        return out.squeeze(1) if like.dim() == 3 else out

    def convolution(self, layer: LayerSettings, x: Tensor) -> Tensor:
        padded, kernel, stride = self.windows(layer, x, layer.options["kernel"], 0.0)
        w = self.named(f"{layer.label}.weights").reshape(*kernel, x.shape[-1], layer.units).permute(3, 2, 0, 1)
        return self.back(functional.conv2d(padded, w, self.named(f"{layer.label}.biases"), stride=stride), x)

    def max_pool(self, layer: LayerSettings, x: Tensor) -> Tensor:
        padded, kernel, stride = self.windows(layer, x, layer.options["size"], -np.inf)
        return self.back(functional.max_pool2d(padded, kernel, stride), x)

    def average_pool(self, layer: LayerSettings, x: Tensor) -> Tensor:
        """The mean of what lies inside of the picture."""
        padded, kernel, stride = self.windows(layer, x, layer.options["size"], 0.0)
        inside, _, _ = self.windows(layer, torch.ones_like(x), layer.options["size"], 0.0)
        sums = functional.avg_pool2d(padded, kernel, stride) / functional.avg_pool2d(inside, kernel, stride)
        return self.back(sums, x)

    def flatten(self, layer: LayerSettings, x: Tensor) -> Tensor:  # noqa: ARG002
        return x.reshape(len(x), -1)

    def layer_norm(self, layer: LayerSettings, x: Tensor) -> Tensor:
        gamma, beta = self.named(f"{layer.label}.gamma"), self.named(f"{layer.label}.beta")
        return functional.layer_norm(x, x.shape[-1:], gamma, beta, 1e-5)

    def embedding(self, layer: LayerSettings, x: Tensor) -> Tensor:
        return functional.embedding(x.reshape(len(x), -1).long(), self.named(f"{layer.label}.weights"))

    # -- recurrence --------------------------------------------------------------------------------------------------

    def recurrent(self, layer: LayerSettings, x: Tensor) -> Tensor:
        """Every state (n, time, units)."""
        k, options, index = layer.units, layer.options, layer.index
        h, c = torch.zeros(len(x), k), torch.zeros(len(x), k)
        if options["carry"] and self.training and index in self.carried:
            h, c = (part[: len(x)] for part in self.carried[index])
        seen = torch.ones(len(x), k)
        masked = self.training and options["recurrent_dropout"] > 0.0
        if masked:
            seen = self.mask(RECURRENT_DROPOUT + index - 1, (len(x), k), options["recurrent_dropout"])
        usual = layer.activation == "tanh" and options.get("recurrent_activation", "sigmoid") == "sigmoid"
        step = self.own_step if self.own_cells or masked or not usual else self.torch_step
        states = []
        for t in range(x.shape[1]):
            if options["truncate"] and t % options["truncate"] == 0:
                h, c = h.detach(), c.detach()
            h, c = step(layer, x[:, t], h, c, seen)
            if self.own_cells:
                h = h * 1.0
                h.retain_grad() if h.requires_grad else None
                self.tape.states.setdefault(index, []).append(h)
            states.append(h)
        if options["carry"] and self.training:
            before = self.carried.get(index, (torch.zeros(self.settings.batch_size, k),) * 2)
            news = (h.detach(), c.detach())
            self.carried[index] = tuple(
                torch.cat([new, old[len(new) :]]) for new, old in zip(news, before, strict=True)
            )  # type: ignore[assignment]
        return torch.stack(states, dim=1)

    def split(self, layer: LayerSettings, features: int) -> tuple[Tensor, Tensor, Tensor]:
        w = self.named(f"{layer.label}.weights")
        return w[:features], w[features:], self.named(f"{layer.label}.biases")

    def torch_step(self, layer: LayerSettings, x: Tensor, h: Tensor, c: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
        """torch's own cells."""
        w, u, b = self.split(layer, x.shape[1])
        zeros = torch.zeros(w.shape[1])
        if layer.kind == "lstm":
            return torch.lstm_cell(x, (h, c), w.T, u.T, b, zeros)  # type: ignore[no-any-return]
        if layer.kind == "gru":
            inner = torch.cat([zeros[: 2 * layer.units], b[3 * layer.units :]])
            return torch.gru_cell(x, h, w.T, u.T, b[: 3 * layer.units], inner), c
        return torch.rnn_tanh_cell(x, h, w.T, u.T, b, zeros), c

    def own_step(self, layer: LayerSettings, x: Tensor, h: Tensor, c: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """The same from the formulas, with any activation; every z and gate goes to the tape."""
        w, u, b = self.split(layer, x.shape[1])
        k, gate_name = layer.units, layer.options.get("recurrent_activation", "sigmoid")
        of_x, of_h = x @ w + b[: w.shape[1]], (h * seen) @ u

        def noted(z: Tensor, name: str) -> tuple[Tensor, Tensor]:
            z = z * 1.0
            if z.requires_grad:
                z.retain_grad()
            self.tape.z.setdefault(layer.index, []).append(z)
            return z, ACTIVATIONS[name](z, layer.alpha if name == layer.activation else 0.01)

        def part(i: int) -> Tensor:
            return (of_x + of_h)[:, i * k : (i + 1) * k]

        if layer.kind == "recurrent":
            _, new = noted(of_x + of_h, layer.activation)
            gates = [new]
        elif layer.kind == "lstm":
            (_, i), (_, f) = noted(part(0), gate_name), noted(part(1), gate_name)
            _, g = noted(part(2), layer.activation)
            _, o = noted(part(3), gate_name)
            c = f * c + i * g
            new, gates = o * ACTIVATIONS[layer.activation](c, layer.alpha), [i, f, g, o]
        else:
            (_, r), (_, z) = noted(part(0), gate_name), noted(part(1), gate_name)
            inner = of_h[:, 2 * k :] + b[3 * k :]
            _, n = noted(of_x[:, 2 * k :] + r * inner, layer.activation)
            new, gates = (1 - z) * n + z * h, [r, z, n]
        self.tape.gates.setdefault(layer.index, []).append(gates)
        return new, c

    def loss(self, x: Tensor, t: Tensor) -> Tensor:
        last = self.settings.layers[-1]
        return LOSSES[self.settings.loss](self(x), t, last.activation, self.settings.huber_delta)

    def penalty(self) -> Any:
        total: Any = torch.zeros(())
        for layer in self.settings.layers:
            if self.has(f"{layer.label}.weights"):
                w = self.named(f"{layer.label}.weights")
                total = total + 0.5 * layer.l2 * (w**2).sum() + layer.l1 * w.abs().sum()
        return total


class Batches:
    """The mini-batches of a lane, in their order."""

    def __init__(self, settings: LaneSettings, data: Any) -> None:
        self.settings, self.data, self.epoch, self.position = settings, data, 0, 0

    def next(self) -> tuple[Tensor, Tensor]:
        x, t, n = self.data.x_train, self.data.t_train, self.settings.batch_size
        if n >= len(x):
            return torch.tensor(x), torch.tensor(t)
        rows = update.permutation(self.settings.seed, self.epoch, len(x))[self.position : self.position + n]
        self.position += len(rows)
        if self.position >= len(x):
            self.position, self.epoch = 0, self.epoch + 1
        return torch.tensor(x[rows]), torch.tensor(t[rows])
