"""What a launch takes and what it writes, by name; the columns are in ``columns.py``."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[Any]  # float32 or float64, as the lanes are
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Tables(NamedTuple):
    """Every lane's numbers.

    ``goals`` (lanes + 1), each lane's last step in this launch and then its budget of rows; ``team`` (TEAM); ``data``,
    ``pool`` (flat); ``order`` (flat); ``sums`` (flat). With a leading axis of lanes: ``nodes`` (nodes, NODE);
    ``links`` (links, LINK); ``blocks`` (blocks, BLOCK); ``node_reals`` (nodes, NODE_REALS); ``block_reals`` (blocks,
    BLOCK_REALS); ``ints`` (INTS); ``reals`` (REALS). Rows that a lane does not use are −1 in ``nodes`` and ``links``.
    """

    goals: Ints
    team: Ints
    data: Reals
    pool: Reals
    order: NDArray[np.int32]
    sums: Floats
    nodes: Ints
    links: Ints
    blocks: Ints
    node_reals: Floats
    block_reals: Floats
    ints: Ints
    reals: Floats


class Lane(NamedTuple):
    """One lane's part of :class:`Tables`, without the axis of lanes."""

    data: Reals
    pool: Reals
    order: NDArray[np.int32]
    sums: Floats
    nodes: Ints
    links: Ints
    blocks: Ints
    node_reals: Floats
    block_reals: Floats
    ints: Ints
    reals: Floats


class Written(NamedTuple):
    """What a launch writes, with a leading axis of lanes: ``steps`` (samples), ``layers`` (samples, layers,
    STEP_STATISTICS), ``whole`` (samples, WHOLE), ``more`` (samples, statistics of linked kinds),
    ``evaluated`` (evaluations), ``evaluation`` (evaluations,
    EVALUATIONS), ``evaluation_layers`` (evaluations, layers, LAYER_EVALUATIONS)."""

    steps: Ints
    layers: Floats
    whole: Floats
    more: Floats
    evaluated: Ints
    evaluation: Floats
    evaluation_layers: Floats


_WRITTEN_FLOATS = {"layers": 4, "whole": 3, "more": 3, "evaluation": 3, "evaluation_layers": 4}  # and their axes


def sample_lane(dtype: Any) -> Lane:
    """A lane of the right types, to compile for."""
    return Lane(*(_zeros(axes, kind) for axes, kind in _lane(dtype)))


def sample_tables(dtype: Any) -> Tables:
    """Tables of the right types, to compile for."""
    shared = Lane._fields.index("nodes")  # what comes before has no axis of lanes
    arrays = (_zeros(axes + (at >= shared), kind) for at, (axes, kind) in enumerate(_lane(dtype)))
    return Tables(_zeros(1, np.int64), _zeros(1, np.int64), *arrays)


def sample_written() -> Written:
    """What is written, of the right types."""
    floats = {name: _zeros(axes, np.float64) for name, axes in _WRITTEN_FLOATS.items()}
    return Written(steps=_zeros(2, np.int64), evaluated=_zeros(2, np.int64), **floats)


def _lane(dtype: Any) -> list[tuple[int, Any]]:
    """(axes, type) of each array of a lane."""
    flat: list[tuple[int, Any]] = [(1, dtype), (1, dtype), (1, np.int32), (1, np.float64)]
    return [*flat, *[(2, np.int64)] * 3, *[(2, np.float64)] * 2, (1, np.int64), (1, np.float64)]


def _zeros(axes: int, kind: Any) -> NDArray[Any]:
    return np.zeros((1,) * axes, kind)
