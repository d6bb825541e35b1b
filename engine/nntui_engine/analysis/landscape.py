"""The loss on a plane through a network's weights: what stands around a lane, and how its path went through it.

A plane is θ + a·d₁ + b·d₂. Random directions are filter-normalised (Li et al., Visualizing the Loss Landscape of Neural
Nets, 2018): each unit's part has the length of that unit's own weights, so that a step of 1 means the same to all;
biases and what batch norm learns stay. The directions of a path are the two in which it went furthest: the principal
components of its points. The loss is the data loss on the probe set, without dropout and noise.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..kernels import columns as c
from ..layout.arena import parameter_views
from .inside import probe_set, probe_targets
from .replica import Replica

if TYPE_CHECKING:
    from ..experiment import Experiment

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Through ``origin`` (parameters,) along ``first`` and ``second`` (parameters,). ``share`` is how much of a path's
    squared distances from the origin lies in it, NaN where it was made without one."""

    origin: Array
    first: Array
    second: Array
    share: float = float("nan")

    def point(self, a: float, b: float) -> Array:
        """The weights (parameters,) at a place of the plane."""
        return self.origin + a * self.first + b * self.second

    def coordinates(self, thetas: Array) -> Array:
        """The places (points, 2) of the plane that are nearest to weights (points, parameters)."""
        basis = np.stack([self.first, self.second], axis=1)
        return np.asarray(np.linalg.lstsq(basis, (thetas - self.origin).T, rcond=None)[0].T)


def parameters_of(experiment: "Experiment", lane: int) -> NDArray[Any]:
    """A copy of all that a lane's network learns, (parameters,), in the number type of the run."""
    arena = experiment.network.arena
    at, count = int(arena.ints[lane, c.I_THETA]), int(arena.ints[lane, c.I_PARAMETERS])
    return arena.pool[at : at + count].copy()


def random_plane(experiment: "Experiment", lane: int, seed: int = 0) -> Plane:
    """The plane through a lane's weights along two random directions, filter-normalised."""
    origin = parameters_of(experiment, lane).astype(np.float64)
    generator = np.random.default_rng(seed)
    first, second = (_random_direction(experiment, lane, generator) for _ in range(2))
    return Plane(origin, first, second)


def _random_direction(experiment: "Experiment", lane: int, generator: np.random.Generator) -> Array:
    network = experiment.network
    kept = parameters_of(experiment, lane)
    arena = network.arena
    at = int(arena.ints[lane, c.I_THETA])
    room = arena.pool[at : at + len(kept)]
    views = parameter_views(arena, lane)
    try:
        for name, view in views.items():
            if view.ndim == 1 or not name.endswith(".weights"):
                view[:] = 0.0
                continue
            drawn = generator.standard_normal(view.shape)
            lengths = np.linalg.norm(drawn, axis=0)
            view[:] = drawn / np.where(lengths > 0.0, lengths, 1.0) * np.linalg.norm(view.astype(np.float64), axis=0)
        return room.astype(np.float64)
    finally:
        room[:] = kept


def path_plane(thetas: NDArray[Any], seed: int = 0) -> Plane:
    """The plane through the last of the weights ``thetas`` (points, parameters) in which their path went furthest.

    The directions have the length of the path's reach in them. Of a path in one line the second is a random one.
    """
    origin = thetas[-1].astype(np.float64)
    moved = thetas[:-1].astype(np.float64) - origin
    # the small matrix of inner products has the same principal components as the large one
    values, vectors = np.linalg.eigh(moved @ moved.T)
    total = float(values.sum())
    generator = np.random.default_rng(seed)
    directions: list[Array] = []
    for k in (-1, -2):
        along = moved.T @ vectors[:, k] if len(values) >= -k else np.zeros_like(origin)
        length = float(np.linalg.norm(along))
        if not length > 1e-9 * np.sqrt(total):
            along = generator.standard_normal(len(origin))
            for other in directions:
                along -= (along @ other) / max(float(other @ other), 1e-300) * other
            length = float(np.linalg.norm(along))
            reach = float(np.linalg.norm(directions[0])) if directions else 1.0
        else:
            reach = float(np.abs(moved @ along).max() / length)
        directions.append(along / length * reach)
    share = float(values[-2:].sum() / total) if total > 0.0 else float("nan")
    return Plane(origin, directions[0], directions[1], share)


class Landscape:
    """The loss of a lane's network anywhere on a plane, on the rows of its probe set."""

    def __init__(self, experiment: "Experiment", lane: int, plane: Plane) -> None:
        self.plane = plane
        self._replica = Replica.of(experiment, lane, probe_set(experiment, lane), probe_targets(experiment, lane))

    def loss(self, a: float, b: float) -> float:
        """The data loss at a place of the plane; NaN or infinite where it is."""
        self._replica.theta[:] = self.plane.point(a, b)
        return self._replica.loss()
