"""The numbers of optimizers on a surface, and finding a place for them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..data.sets import rows_of
from ..kernels import race as k
from ..layout.rates import fill_codes, fill_rates
from ..registry.surface import SURFACES
from ..run.launch import launching
from ..scenario.settings import SurfaceSettings
from .surface_lane import ESCAPE

Array = NDArray[np.float64]


@dataclass(slots=True)
class Field:
    """The tables of a race; shapes in kernels/race.py."""

    points: Array
    state: Array
    ints: NDArray[np.int64]
    reals: Array

    @property
    def nbytes(self) -> int:
        """The memory of what a copy does not share."""
        return self.state.nbytes + self.ints.nbytes + self.reals.nbytes

    def copy(self) -> "Field":
        """A copy that shares only the data points."""
        return Field(self.points, self.state.copy(), self.ints.copy(), self.reals.copy())

    def race(self, goals: NDArray[np.int64], out_steps: NDArray[np.int64], out: Array) -> None:
        """One launch: every lane up to its goal, or until its output is full.

        ``goals`` (lanes,), ``out_steps`` (lanes, samples), ``out`` (lanes, samples, OUT).
        """
        with launching():
            k.race_lanes(goals, self.points, self.state, self.ints, self.reals, out_steps, out)


def lay_out(lanes: Sequence[SurfaceSettings]) -> Field:
    """The tables for these lanes, each at its start."""
    state = np.zeros((len(lanes), k.STATE))
    ints = np.zeros((len(lanes), k.RACE_INTS), np.int64)
    reals = np.zeros((len(lanes), k.RACE_REALS))
    points: list[Array] = []
    offsets: dict[tuple[int, int], int] = {}
    for i, lane in enumerate(lanes):
        surface = SURFACES[lane.surface]
        state[i, k.W : k.W + 2] = lane.start
        fill_codes(ints[i], lane, k.C_OPTIMIZER, k.C_SCHEDULE)
        fill_rates(reals[i], lane, k.K_SCHEDULE)
        ints[i, k.C_LIMIT] = lane.steps
        ints[i, k.C_SEED] = lane.seed
        ints[i, k.C_SURFACE] = surface.code
        ints[i, k.C_SAMPLE_EVERY] = 1
        ints[i, k.C_DIVERGED_AT] = -1
        if surface.name == "noisy_moons":
            key = (int(lane.surface_parameters["samples"]), lane.seed)
            if key not in offsets:
                offsets[key] = sum(len(p) for p in points)
                points.append(moon_points(*key).ravel())
            ints[i, k.C_POINTS], ints[i, k.C_POINTS_AT] = key[0], offsets[key]
            ints[i, k.C_BATCH] = int(lane.surface_parameters["batch_size"])
        reals[i, k.K_NOISE], reals[i, k.K_CLIP_NORM] = lane.noise, lane.clip_norm
        reals[i, k.K_CLIP_VALUE] = lane.clip_value
        reals[i, k.K_MOMENTUM_PRODUCT] = 1.0
        reals[i, k.K_SURFACE] = lane.surface_parameters.get("condition", 0.0)
        reals[i, k.K_ESCAPE] = ESCAPE
    return Field(np.concatenate(points) if points else np.zeros(3), state, ints, reals)


def moon_points(samples: int, seed: int) -> Array:
    """(samples, 3): two noisy half-moons, standardised, with targets ±1."""
    raw = rows_of("moons", {"samples": samples, "noise": 0.2}, seed)
    x = np.asarray(raw.x, dtype=np.float64)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    sides = np.where(np.unique(raw.y, return_inverse=True)[1] > 0, 1.0, -1.0)
    return np.column_stack([x, sides])


def distances(path: Array, minima: Array) -> Array:
    """(m,) from each point of a path (m, 2) to the nearest of the minima (k, 2); NaN where there is none."""
    if len(minima) == 0:
        return np.full(len(path), np.nan)
    with np.errstate(all="ignore"):
        return np.asarray(np.min([np.hypot(path[:, 0] - x, path[:, 1] - y) for x, y in minima], axis=0))
