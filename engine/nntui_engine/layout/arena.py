"""The arena that holds all lanes' numbers, and named views into it."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels import codes
from ..kernels import columns as c
from ..kernels.tables import Tables
from ..registry.optimizer import MEMORIES

Array = NDArray[Any]
BLOCK_NAMES = {
    codes.WEIGHTS: "weights",
    codes.BIASES: "biases",
    codes.ALPHA: "alpha",
    codes.GAMMA: "gamma",
    codes.BETA: "beta",
}


@dataclass(slots=True)
class Arena:
    """All lanes' numbers. Shapes: ``Tables`` in kernels/tables.py."""

    goals: NDArray[np.int64]
    team: NDArray[np.int64]
    data: NDArray[Any]
    pool: NDArray[Any]
    order: NDArray[np.int32]
    sums: NDArray[np.float64]
    nodes: NDArray[np.int64]
    links: NDArray[np.int64]
    blocks: NDArray[np.int64]
    node_reals: NDArray[np.float64]
    block_reals: NDArray[np.float64]
    ints: NDArray[np.int64]
    reals: NDArray[np.float64]

    @property
    def nbytes(self) -> int:
        """The memory of what a copy does not share."""
        return sum(getattr(self, part.name).nbytes for part in fields(self) if part.name != "data")

    def copy(self) -> "Arena":
        """A copy that shares only the data."""
        own = {part.name: getattr(self, part.name).copy() for part in fields(self) if part.name != "data"}
        return replace(self, **{**own, "team": np.zeros_like(self.team)})

    def tables(self) -> Tables:
        """What a launch of every lane takes."""
        return Tables(*(getattr(self, name) for name in Tables._fields))

    def tables_of(self, lane: int) -> Tables:
        """What a launch of one lane alone takes."""
        per_lane = Tables._fields[Tables._fields.index("nodes") :]
        return self.tables()._replace(**{name: getattr(self, name)[lane : lane + 1] for name in per_lane})

    def first_row(self, lane: int) -> tuple[Array, int]:
        """Where the first row of the mini-batch just worked begins, as it went into the first layer: (array, place)."""
        ints = self.ints[lane]
        in_place = ints[c.I_ROWS_FROM] == codes.ROWS_IN_PLACE
        return (self.data, int(ints[c.I_ROWS_AT])) if in_place else (self.pool, int(ints[c.I_XB]))

    def first_target(self, lane: int) -> tuple[Array, int]:
        """Where its targets begin: (array, place)."""
        ints = self.ints[lane]
        gathered = ints[c.I_ROWS_FROM] == codes.ROWS_GATHERED
        return (self.pool, int(ints[c.I_TB])) if gathered else (self.data, int(ints[c.I_T]))


def node_name(node: int) -> str:
    """How a node's numbers are called: "inputs", or the layer's number, from 1."""
    return str(node) if node else "inputs"


def memory_views(arena: Arena, lane: int) -> list[dict[str, Array]]:
    """Named views into each of the optimizer's memories of a lane's parameters, in the parameters' shapes."""
    ints = arena.ints[lane]
    return [_views(arena, lane, int(ints[c.I_MEMORY] + i * ints[c.I_MEMORY_STEP])) for i in range(MEMORIES)]


def parameter_views(arena: Arena, lane: int, section: int = c.I_THETA) -> dict[str, Array]:
    """Named views into one section of a lane's pool: ``c.I_THETA`` (parameters) or ``c.I_GRADIENT``.

    "1.weights" (inputs, units), "1.biases" (units), and where they exist "1.alpha" (1), "1.gamma", "1.beta",
    "inputs.gamma", "inputs.beta". Layers count from 1, the output layer is the last. Weights used several times have
    the last user's name.
    """
    return _views(arena, lane, int(arena.ints[lane, section]))


def _views(arena: Arena, lane: int, base: int) -> dict[str, Array]:
    views = {}
    for node, row in enumerate(arena.nodes[lane, : arena.ints[lane, c.I_NODES]]):
        for start, size, rows, role in arena.blocks[lane, row[c.N_BLOCK] :][: row[c.N_BLOCKS]].tolist():
            view = arena.pool[base + start : base + start + size]
            name = f"{node_name(node)}.{BLOCK_NAMES[role]}"
            views[name] = view.reshape(rows, -1) if role == codes.WEIGHTS else view
    return views


def running_views(arena: Arena, lane: int) -> dict[str, Array]:
    """Named views (units,) of batch norm's running statistics: "1.running_mean", "1.running_variance", "inputs.…"."""
    views = {}
    for node, row in enumerate(arena.nodes[lane, : arena.ints[lane, c.I_NODES]]):
        if row[c.N_BATCH_NORM] != codes.NO_BATCH_NORM:
            at, units = int(row[c.N_RUNNING]), int(row[c.N_UNITS])
            views[f"{node_name(node)}.running_mean"] = arena.pool[at : at + units]
            views[f"{node_name(node)}.running_variance"] = arena.pool[at + units : at + 2 * units]
    return views
