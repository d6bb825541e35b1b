"""The networks of other kinds that are timed, and their data. Imports nothing heavy."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nntui.bench.nets import ENDLESS, LEARNING_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nntui_engine.scenario import Scenario

ROWS = 2048
POOL = 2
GATES = {"recurrent": 1, "lstm": 4, "gru": 3}  # blocks of columns in the weights of a recurrent layer
SMALL_WEIGHTS = 0.02  # deviation of the second weights of a residual block: the sum of many does not overflow


@dataclass(frozen=True, slots=True)
class Layer:
    """``units``: of a dense or recurrent layer, or filters. Dense layers and convolutions (of ``kernel`` × ``kernel``)
    have ReLU; the kind "residual" is the block h + W₂·relu(W₁·h + b₁) + b₂."""

    kind: str
    units: int = 0
    kernel: int = 3
    padding: str = "same"

    @property
    def weights(self) -> int:
        """How many matrices of weights it has."""
        return {"max_pool": 0, "residual": 2}.get(self.kind, 1)


@dataclass(frozen=True, slots=True)
class KindNet:
    """``shape`` of a row: (height, width, channels), (steps, features) or (inputs,). A dense layer of ``outputs``
    follows on ``layers``: one output is a number (mean squared error), several are classes."""

    name: str
    shape: tuple[int, ...]
    layers: tuple[Layer, ...]
    batch: int
    outputs: int = 10

    @property
    def kinds(self) -> set[str]:
        """The kinds of layer that the engine needs, by its own names."""
        parts = {"residual": ("dense", "add")}
        return {"dense", *(kind for layer in self.layers for kind in parts.get(layer.kind, (layer.kind,)))}

    @property
    def inputs(self) -> list[tuple[int, ...]]:
        """The shape of what each layer reads, and the output after them."""
        shape, found = self.shape, []
        for layer in self.layers:
            found.append(shape)
            shape = _shape_after(layer, shape)
        return [*found, shape]


def _shape_after(layer: Layer, shape: tuple[int, ...]) -> tuple[int, ...]:
    if layer.kind == "max_pool":
        return (shape[0] // POOL, shape[1] // POOL, shape[2])
    if layer.kind == "convolution":
        less = 0 if layer.padding == "same" else layer.kernel - 1
        return (shape[0] - less, shape[1] - less, layer.units)
    return (layer.units,)


KIND_NETS = {
    net.name: net
    for net in (
        KindNet(
            "conv8",
            (8, 8, 1),
            (Layer("convolution", 16), Layer("convolution", 32), Layer("max_pool"), Layer("dense", 64)),
            32,
        ),
        KindNet(
            "lenet28",
            (28, 28, 1),
            (
                Layer("convolution", 6, 5),
                Layer("max_pool"),
                Layer("convolution", 16, 5, "valid"),
                Layer("max_pool"),
                Layer("dense", 120),
                Layer("dense", 84),
            ),
            64,
        ),
        KindNet("rnn50", (50, 2), (Layer("recurrent", 64),), 32, 1),
        KindNet("lstm50", (50, 2), (Layer("lstm", 64),), 32, 1),
        KindNet("gru50", (50, 2), (Layer("gru", 64),), 32, 1),
        KindNet("residual48", (64,), (Layer("residual", 64),) * 48, 64),
    )
}


def random_data(net: KindNet) -> "tuple[NDArray[np.float32], NDArray[Any]]":
    """Inputs (ROWS, *shape), and of each row (ROWS,) the class, or the number as float32."""
    import numpy as np

    generator = np.random.default_rng(0)
    x = generator.standard_normal((ROWS, *net.shape), dtype=np.float32)
    if net.outputs == 1:
        return x, generator.standard_normal(ROWS, dtype=np.float32)
    return x, generator.integers(0, net.outputs, ROWS)


def random_weights(net: KindNet) -> "list[tuple[NDArray[np.float32], NDArray[np.float32]]]":
    """(weights, biases) of every layer that has some, and the output's, in the shapes that the engine's have.

    Weights are (inputs, units), of a convolution (kernel · kernel · channels, filters), of a recurrent layer
    (features + units, gates · units); a gru's biases end with those of its candidate's product with the state.
    """
    import numpy as np

    generator = np.random.default_rng(1)
    found = []

    def draw(rows: int, columns: int, deviation: float, more_biases: int = 0) -> None:
        weights = (generator.standard_normal((rows, columns)) * deviation).astype(np.float32)
        found.append((weights, np.zeros(columns + more_biases, np.float32)))

    for layer, shape in zip((*net.layers, Layer("dense", net.outputs)), net.inputs, strict=True):
        if layer.kind in GATES:
            rows, extra = shape[-1] + layer.units, layer.units if layer.kind == "gru" else 0
            draw(rows, GATES[layer.kind] * layer.units, rows**-0.5, extra)
        elif layer.weights:
            rows = layer.kernel**2 * shape[-1] if layer.kind == "convolution" else math.prod(shape)
            draw(rows, layer.units, (2.0 / rows) ** 0.5)
        if layer.kind == "residual":
            draw(layer.units, layer.units, SMALL_WEIGHTS)
    return found


def batches(net: KindNet) -> "Iterator[NDArray[np.int64]]":
    """Rows (batch,) of one mini-batch after another, shuffled anew every epoch, for ever."""
    import numpy as np

    generator = np.random.default_rng(2)
    while True:
        yield from generator.permutation(ROWS).reshape(-1, net.batch)


def scenario_of(net: KindNet, folder: Path) -> "Scenario":
    """A scenario that trains the net; its data is a file in ``folder``."""
    import numpy as np

    from nntui_engine.scenario import scenario_from_dict

    file = folder / f"{net.name}.npz"
    if not file.exists():
        x, y = random_data(net)
        np.savez(file, x=x, y=y)
    numbers = net.outputs == 1
    table: dict[str, Any] = {
        "schema": 1,
        "scenario": {"title": net.name},
        "data": {"path": str(file), "task": "regression" if numbers else "classes", "test_fraction": 0.0},
        "model": {"layers": _layer_tables(net), "activation": "relu", "init": "he_normal"},
        "train": {
            "optimizer": "adam",
            "lr": LEARNING_RATE,
            "loss": "mse" if numbers else "cross_entropy",
            "batch_size": net.batch,
            "steps": ENDLESS,
            "evaluate_every": ENDLESS,
        },
    }
    return scenario_from_dict(table, name=net.name)


def _layer_tables(net: KindNet) -> list[dict[str, Any]]:
    """What ``[[model.layers]]`` says of the net."""
    tables: list[dict[str, Any]] = []
    for layer, shape in zip(net.layers, net.inputs, strict=False):
        if layer.kind == "convolution":
            sizes = {"filters": layer.units, "kernel": layer.kernel, "padding": layer.padding}
            tables.append({"kind": "convolution", **sizes})
        elif layer.kind == "max_pool":
            tables.append({"kind": "max_pool"})
        elif layer.kind == "residual":
            first = {"kind": "dense", "units": layer.units}
            second = {**first, "activation": "linear", "init": "normal", "init_scale": SMALL_WEIGHTS}
            second["name"] = f"second{len(tables)}"
            tables.append({"layers": [first, second, {"kind": "add", "from": ["block", second["name"]]}]})
        else:
            if layer.kind == "dense" and len(shape) > 1:
                tables.append({"kind": "flatten"})
            tables.append({"kind": layer.kind, "units": layer.units})
    return tables
