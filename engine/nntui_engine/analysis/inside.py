"""What the layers of a network make of given rows, as the network is used: no dropout, no noise."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data.probe import probe_rows
from ..kernels import columns as c
from ..registry.recurrence import RECURRENT_KINDS
from ..run.launch import launching

if TYPE_CHECKING:
    from ..experiment import Experiment

Array = NDArray[np.float64]


def probed(experiment: "Experiment", lane: int) -> NDArray[np.int64]:
    """Which training rows are a lane's probe set (rows,)."""
    one = experiment.network.lanes[lane]
    return probe_rows(len(one.data.x_train), one.settings.seed)


def probe_set(experiment: "Experiment", lane: int, most: int = 512) -> Array:
    """The first ``most`` rows of a lane's probe set, (rows, inputs), preprocessed."""
    rows = probed(experiment, lane)[:most]
    return np.asarray(experiment.network.lanes[lane].data.x_train[rows], dtype=np.float64)


def probe_targets(experiment: "Experiment", lane: int, most: int = 512) -> Array:
    """The targets of the same rows, (rows, outputs)."""
    rows = probed(experiment, lane)[:most]
    return np.asarray(experiment.network.lanes[lane].data.t_train[rows], dtype=np.float64)


def outputs_of_layers(experiment: "Experiment", lane: int, x: NDArray[Any]) -> list[Array]:
    """What every layer passes on of ``x`` (rows, inputs): (rows, …) in the shape of the layer's rows, the data first.

    Only the workspace changes. Raises InputError for another shape of ``x``.
    """
    one = experiment.network.lanes[lane]
    shapes = [tuple(one.settings.shape), *(layer.shape for layer in one.infos)]
    found: list[list[Array]] = [[] for _ in shapes]
    for start in range(0, len(x), _room(experiment, lane)):
        rows = x[start : start + _room(experiment, lane)]
        experiment.predict(rows, lane)
        for node, (kept, shape) in enumerate(zip(found, shapes, strict=True)):
            kept.append(_rows(experiment, lane, node, c.N_OUT, c.N_WIDTH, len(rows)).reshape(len(rows), *shape))
    return [np.concatenate(kept) for kept in found]


def activations_of_layers(experiment: "Experiment", lane: int, x: NDArray[Any]) -> list[tuple[Array, Array]]:
    """z and a = φ(z) of every layer for ``x`` (rows, inputs), before batch norm and dropout that follow: each
    (rows·positions, units); z has as many columns more as a layer has gates.

    Only the workspace changes. Raises InputError for another shape of ``x``.
    """
    infos = experiment.network.lanes[lane].infos
    found: list[list[tuple[Array, Array]]] = [[] for _ in infos]
    for start in range(0, len(x), _room(experiment, lane)):
        rows = x[start : start + _room(experiment, lane)]
        experiment.predict(rows, lane)
        for kept, info in zip(found, infos, strict=True):
            a = _rows(experiment, lane, info.index, c.N_A, c.N_A_WIDTH, len(rows)).reshape(-1, info.units)
            kept.append((_rows(experiment, lane, info.index, c.N_Z, c.N_Z_WIDTH, len(rows)).reshape(len(a), -1), a))
    return [(np.concatenate([z for z, _ in kept]), np.concatenate([a for _, a in kept])) for kept in found]


def hidden_states(experiment: "Experiment", lane: int, layer: int, x: NDArray[Any]) -> Array:
    """The states hₜ of a recurrent layer (1-based) after every time step of ``x`` (rows, inputs): (rows, time, units).

    Raises ValueError for a layer that is not recurrent.
    """
    info = experiment.network.lanes[lane].infos[layer - 1]
    if info.kind not in RECURRENT_KINDS:
        raise ValueError(f"layer {info.name} ({info.kind}) has no hidden states")
    found = []
    for start in range(0, len(x), _room(experiment, lane)):
        rows = x[start : start + _room(experiment, lane)]
        experiment.predict(rows, lane)
        states = _rows(experiment, lane, layer, c.N_A, c.N_A_WIDTH, len(rows))
        found.append(states.reshape(len(rows), -1, info.units))
    return np.concatenate(found)


def _room(experiment: "Experiment", lane: int) -> int:
    """How many rows the workspace holds."""
    return int(experiment.network.arena.ints[lane, c.I_CAPACITY])


def _rows(experiment: "Experiment", lane: int, node: int, place: int, width: int, n: int) -> Array:
    """A copy of n rows of a node's numbers, flat."""
    arena = experiment.network.arena
    at, size = int(arena.nodes[lane, node, place]), n * int(arena.nodes[lane, node, width])
    return np.array(arena.pool[at : at + size], dtype=np.float64)


def augmented_rows(experiment: "Experiment", lane: int, row: int, count: int) -> Array:
    """Training row ``row`` as the next step would change it in the first ``count`` places of its mini-batch.

    (count, inputs), fewer where the workspace has room for fewer. Raises ValueError for a lane without augmentation.
    """
    from ..kernels.variants import variants

    if experiment.network.lanes[lane].settings.augment is None:
        raise ValueError("this lane's rows are not changed")
    found = np.zeros((min(count, _room(experiment, lane)), int(experiment.network.arena.ints[lane, c.I_INPUTS])))
    with launching():
        variants(row, experiment.network.arena.tables(), lane, found)
    return found
