"""The steps of the other kinds of network in eager PyTorch: its layers with forward hooks, norms after the backward
pass, its own fused Adam. Its recurrent layers have a second vector of biases, which it trains too.
"""

import importlib
from collections.abc import Callable
from itertools import islice
from typing import Any

from nntui.bench.kind_nets import GATES, POOL, KindNet, Layer, batches, random_data, random_weights
from nntui.bench.nets import LEARNING_RATE
from nntui.bench.peers import Peer, faster_threads

# Dimensions over which a unit is in many places: rows; rows and steps; rows, height and width
PLACES = {2: (0,), 3: (0, 1), 4: (0, 2, 3)}

TorchStep = Callable[[Any], tuple[Any, Any]]


def prepare_kind_torch(net: KindNet, threads: int) -> Peer:
    """On one thread or on all of them, whatever is faster."""
    torch: Any = importlib.import_module("torch")
    step, _ = torch_step(net)
    order = batches(net)

    def advance(steps: int) -> None:
        for rows in islice(order, steps):
            step(rows)

    return faster_threads(torch, advance, threads)


def torch_step(net: KindNet) -> tuple[TorchStep, Any]:
    """A function that makes one step on a mini-batch of row numbers, and the modules it trains.

    It returns (1 + 4 · layers,): the loss, then every layer's activation mean, variance, gradient norm and weight norm,
    each for all layers with weights; and (layers − 1,): units that are 0 on the whole mini-batch, the output left out.
    """
    torch: Any = importlib.import_module("torch")
    x, y = (torch.from_numpy(part) for part in random_data(net))
    if len(net.shape) == 3:
        x = x.permute(0, 3, 1, 2).contiguous()  # as its convolutions want it
    if net.outputs == 1:
        loss_of, y = torch.nn.functional.mse_loss, y.unsqueeze(1)
    else:
        loss_of = torch.nn.functional.cross_entropy
    modules, forward = _network(torch, net)
    norm = torch.linalg.vector_norm
    weights = [[one for name, one in module.named_parameters() if "weight" in name] for module in modules]
    means: list[Any] = []
    variances: list[Any] = []
    silent: list[Any] = []

    def watch(module: Any, inputs: Any, output: Any) -> None:  # noqa: ARG001  # the shape of a hook
        states = (output[0] if isinstance(output, tuple) else output).detach()
        variance, mean = torch.var_mean(states, correction=0)
        means.append(mean)
        variances.append(variance)
        if module is not modules[-1]:
            silent.append((states == 0).all(dim=PLACES[states.dim()]).sum())

    for module in modules:
        (module.relu if hasattr(module, "relu") else module).register_forward_hook(watch)
    optimizer = torch.optim.Adam(modules.parameters(), lr=LEARNING_RATE, fused=True)

    def norm_of(parts: list[Any]) -> Any:
        return norm(parts[0]) if len(parts) == 1 else torch.hypot(*map(norm, parts))

    def step(numbers: Any) -> tuple[Any, Any]:
        for found in (means, variances, silent):
            found.clear()
        rows = torch.from_numpy(numbers)
        loss = loss_of(forward(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        gradient_norms = [norm_of([one.grad for one in parts]) for parts in weights]
        weight_norms = [norm_of([one.detach() for one in parts]) for parts in weights]
        optimizer.step()
        return torch.stack([loss.detach(), *means, *variances, *gradient_norms, *weight_norms]), torch.stack(silent)

    return step, modules


def _network(torch: Any, net: KindNet) -> tuple[Any, Callable[[Any], Any]]:
    """The modules that have weights, in the engine's order, and the function of a mini-batch that calls them.

    A module that ReLU follows has it as its ``relu``.
    """
    values = iter(random_weights(net))
    modules = torch.nn.ModuleList()
    stages: list[tuple[Layer, list[Any]]] = []
    for layer, shape in zip((*net.layers, Layer("dense", net.outputs)), net.inputs, strict=True):
        own = [_module(torch, layer, shape, *next(values)) for _ in range(layer.weights)]
        modules.extend(own)
        stages.append((layer, own))
    for layer, own in stages[:-1]:
        if own and layer.kind not in GATES:
            own[0].relu = torch.nn.ReLU()

    def forward(h: Any) -> Any:
        for layer, own in stages[:-1]:
            if layer.kind == "max_pool":
                h = torch.nn.functional.max_pool2d(h, POOL)
            elif layer.kind in GATES:
                h = own[0](h)[0][:, -1]
            elif layer.kind == "residual":
                h = h + own[1](own[0].relu(own[0](h)))
            else:
                h = own[0].relu(own[0](h.flatten(1) if layer.kind == "dense" else h))
        return stages[-1][1][0](h.flatten(1))

    return modules, forward


def _module(torch: Any, layer: Layer, shape: tuple[int, ...], weights: Any, biases: Any) -> Any:
    """A module with these values; ``shape`` is that of what the layer reads, as the engine has it."""
    nn = torch.nn
    values, added = torch.from_numpy(weights), torch.from_numpy(biases)
    if layer.kind in GATES:
        cell = {"recurrent": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[layer.kind]
        module = cell(shape[-1], layer.units, batch_first=True)
        columns = values.shape[1]
        recurrent = torch.zeros(columns)
        if layer.kind == "gru":
            recurrent[-layer.units :] = added[columns:]
        inputs = shape[-1]
        parts = [values[:inputs].T, values[inputs:].T, added[:columns], recurrent]
    elif layer.kind == "convolution":
        side, channels = layer.kernel, shape[-1]
        module = nn.Conv2d(channels, layer.units, side, padding=layer.padding)
        parts = [values.reshape(side, side, channels, layer.units).permute(3, 2, 0, 1), added]
    else:
        if len(shape) == 3:  # the engine's rows have their channels last, those here first
            values = values.reshape(*shape, -1).permute(2, 0, 1, 3).flatten(0, 2)
        module = nn.Linear(*values.shape)
        parts = [values.T, added]
    with torch.no_grad():
        for parameter, part in zip(module.parameters(), parts, strict=True):
            parameter.copy_(part)
    return module
