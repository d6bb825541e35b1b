"""The networks that are timed, and their data. Imports nothing heavy."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nntui_engine.scenario import Scenario

ROWS = 4096
LEARNING_RATE = 1e-3
ENDLESS = 10**9  # steps


@dataclass(frozen=True, slots=True)
class Net:
    """``sizes``: inputs, hidden units of each layer, outputs. One output is a yes or no, several are classes."""

    name: str
    sizes: tuple[int, ...]
    batch: int

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(inputs, units) of every layer's weights."""
        return list(zip(self.sizes, self.sizes[1:], strict=False))

    @property
    def products(self) -> int:
        """Multiplications in the matrix products of one step."""
        forward = [self.batch * inputs * units for inputs, units in self.shapes]
        return 3 * sum(forward) - forward[0]


NETS = {
    net.name: net
    for net in (
        Net("tiny", (2, 8, 8, 1), 32),
        Net("deep", (*[64] * 11, 1), 64),
        Net("thin50", (*[32] * 51, 1), 64),
        Net("mnist30", (784, 30, 30, 10), 32),
        Net("mnist256", (784, 256, 256, 10), 128),
        Net("wide1024", (784, 1024, 1024, 10), 256),
    )
}


def random_data(net: Net) -> "tuple[NDArray[np.float32], NDArray[np.int64]]":
    """Inputs (ROWS, inputs) and the class of each row (ROWS,)."""
    import numpy as np

    generator = np.random.default_rng(0)
    x = generator.standard_normal((ROWS, net.sizes[0]), dtype=np.float32)
    return x, generator.integers(0, max(2, net.sizes[-1]), ROWS)


def random_weights(net: Net) -> "list[NDArray[np.float32]]":
    """He's normal initialization: (inputs, units) for every layer."""
    import numpy as np

    generator = np.random.default_rng(1)
    return [(generator.standard_normal(shape) * np.sqrt(2.0 / shape[0])).astype(np.float32) for shape in net.shapes]


def batches(net: Net) -> "Iterator[NDArray[np.int64]]":
    """Rows (batch,) of one mini-batch after another, shuffled anew every epoch, for ever."""
    import numpy as np

    generator = np.random.default_rng(2)
    while True:
        yield from generator.permutation(ROWS).reshape(-1, net.batch)


def scenario_of(net: Net, folder: Path, lanes: int = 1) -> "Scenario":
    """A scenario that trains the net; its data is a file in ``folder``. Several lanes differ in their learning rate."""
    import numpy as np

    from nntui_engine.scenario import scenario_from_dict

    file = folder / f"{net.name}.npz"
    if not file.exists():
        x, y = random_data(net)
        np.savez(file, x=x, y=y)
    table: dict[str, Any] = {
        "schema": 1,
        "scenario": {"title": net.name},
        "data": {"path": str(file), "task": "binary" if net.sizes[-1] == 1 else "classes", "test_fraction": 0.0},
        "model": {"hidden": list(net.sizes[1:-1]), "activation": "relu", "init": "he_normal"},
        "train": {
            "optimizer": "adam",
            "lr": LEARNING_RATE,
            "batch_size": net.batch,
            "steps": ENDLESS,
            "evaluate_every": ENDLESS,
        },
    }
    if lanes > 1:
        table["lane"] = [
            {"name": str(lane), "set": {"train.lr": LEARNING_RATE * (1 + lane / 100)}} for lane in range(lanes)
        ]
    return scenario_from_dict(table, name=net.name)
