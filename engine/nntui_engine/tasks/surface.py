"""Optimizers descending a surface of two variables."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiling.parts import RACE
from ..kernels import race as k
from ..registry.surface import SURFACES
from ..run.launch import launching
from ..run.snapshot import LaneSnapshot, LaneState, Series, SurfacePart
from ..run.task import Steps, Task
from .field import Field, distances, lay_out
from .resolve import resolve_surface
from .surface_lane import SAMPLED, SurfaceLane

Array = NDArray[np.float64]

SAMPLES_A_LAUNCH = 2048
SURFACE_HISTORIES = (*SAMPLED, "distance")

# What only a fresh start can follow: where a lane begins and on what
_START = ("surface", "surface_parameters", "start", "seed")


class SurfaceTask(Task[SurfaceLane, Field, None]):
    """Optimizers that descend a surface in lockstep."""

    @property
    def step(self) -> Steps:
        """Steps done by each lane: (lanes,)."""
        return self._numbers.ints[:, k.C_STEP]

    @property
    def limit(self) -> Steps:
        """The last step of each lane: (lanes,)."""
        return self._numbers.ints[:, k.C_LIMIT]

    @property
    def ended(self) -> NDArray[np.bool_]:
        """Which lanes have diverged: (lanes,)."""
        return self._numbers.ints[:, k.C_DIVERGED_AT] >= 0

    @property
    def cut_short(self) -> LaneState:
        """It left every bound."""
        return "diverged"

    def parts(self, lanes: Sequence[SurfaceLane]) -> tuple[str, ...]:  # noqa: ARG002
        """The one part that races need, whatever the lanes."""
        return (RACE,)

    def pending(self, goals: Steps) -> bool:
        """Whether a lane that has not diverged is before its goal."""
        return bool(np.any((self.step < goals) & ~self.ended))

    def launch(self, goals: Steps) -> None:
        """At most ``SAMPLES_A_LAUNCH`` steps of each lane towards ``goals`` (lanes,); their samples join the paths."""
        f = self._numbers
        f.race(np.minimum(goals, self.step + SAMPLES_A_LAUNCH), self._out_steps, self._out)
        for i, lane in enumerate(self.lanes):
            count = int(f.ints[i, k.C_SAMPLES])
            if count:
                self._fold(i, lane, self._out_steps[i, :count], self._out[i, :count])

    def _fold(self, index: int, lane: SurfaceLane, steps: Steps, values: Array) -> None:
        """Add samples to a lane's past."""
        lane.history.append(steps.astype(float), values)
        if self.emitted is not None:
            self.emitted(index, {"path": (steps.astype(float), values.copy())})
        if self._keep_samples:
            lasts = (lane.settings.steps, self._numbers.ints[index, k.C_DIVERGED_AT])
            kept = (steps % self._keep_samples == 0) | np.isin(steps, lasts)
            for step, row in zip(steps[kept].tolist(), values[kept].tolist(), strict=True):
                self._samples.append({"lane": lane.name, "step": step, **dict(zip(SAMPLED, row, strict=True))})

    # -- lanes ------------------------------------------------------------------------------------------------------

    def resolve(
        self, tables: Mapping[str, Mapping[str, Any]], kept: Mapping[str, SurfaceLane]
    ) -> tuple[list[SurfaceLane], None]:
        """The lanes; a race has no room to be found beforehand. Raises InputError where settings do not fit."""
        lanes = [
            kept[name] if name in kept else SurfaceLane(name, table, resolve_surface(table, name, where=self.where))
            for name, table in tables.items()
        ]
        return lanes, None

    def assemble(self, lanes: Sequence[SurfaceLane], room: None) -> Field:  # noqa: ARG002
        """The tables of a race in which every lane stands at its start, with value and gradient known there."""
        self._moons_minima: dict[tuple[int, int], Array] = {}
        field = lay_out([lane.settings for lane in lanes])
        field.ints[:, k.C_SAMPLE_EVERY] = self.every
        self._out_steps = np.zeros((len(lanes), SAMPLES_A_LAUNCH), np.int64)
        self._out = np.zeros((len(lanes), SAMPLES_A_LAUNCH, k.OUT))
        with launching():
            k.start_race(field.points, field.state, field.ints, field.reals)
        return field

    def must_restart(self, old: SurfaceLane, new: SurfaceLane) -> bool:
        """Whether the surface, its parameters, the start or the seed have changed."""
        return any(getattr(old.settings, name) != getattr(new.settings, name) for name in _START)

    def start(self, index: int, lane: SurfaceLane) -> None:
        """The numbers stand at the start already: note where that is."""
        state, reals = self._numbers.state[index], self._numbers.reals[index]
        gradient_norm = float(np.hypot(*state[k.G : k.G + 2]))
        row = [state[k.W], state[k.W + 1], reals[k.K_VALUE], gradient_norm, reals[0]]
        self._fold(index, lane, np.zeros(1, np.int64), np.array([row]))

    def carry(self, before: Field, was: int, index: int, old: SurfaceLane, new: SurfaceLane) -> None:
        """Copy what the lane has reached out of ``before``; a new optimizer starts with empty memories."""
        f, same_optimizer = self._numbers, old.settings.optimizer == new.settings.optimizer
        for kept in [slice(k.W, k.U)] + ([slice(k.MEMORY, k.STATE)] if same_optimizer else []):
            f.state[index, kept] = before.state[was, kept]
        for column in (k.C_STEP, k.C_DIVERGED_AT):
            f.ints[index, column] = before.ints[was, column]
        for column in (k.K_VALUE, k.K_PATH_LENGTH):
            f.reals[index, column] = before.reals[was, column]
        if same_optimizer:
            f.ints[index, k.C_UPDATES] = before.ints[was, k.C_UPDATES]
            f.reals[index, k.K_MOMENTUM_PRODUCT] = before.reals[was, k.K_MOMENTUM_PRODUCT]

    def lane_snapshot(
        self,
        index: int,
        layer_history: Sequence[str],  # noqa: ARG002 - a surface has no layers
        whole_history: Sequence[str],
        points: int | None,
    ) -> LaneSnapshot:
        """The lane's position, its path and what is known of its surface; ``layer_history`` is not used."""
        lane, ints, reals = self.lanes[index], self._numbers.ints[index], self._numbers.reals[index]
        x, y = (float(v) for v in self._numbers.state[index, k.W : k.W + 2])
        diverged = int(ints[k.C_DIVERGED_AT])
        path, minima = lane.history.series(slice(0, k.O_Y + 1)), self.minima(index)
        return LaneSnapshot(
            index=index,
            name=lane.name,
            step=int(ints[k.C_STEP]),
            state=self.state_of(index),
            own=SurfacePart(
                settings=lane.settings,
                position=(x, y),
                curvatures=self.curvatures(x, y, index),
                steps=path.steps,
                path=path.mean,
                minima=minima,
                lowest=self.lowest(index),
                diverged_at=diverged if diverged >= 0 else None,
            ),
            whole={
                "value": float(reals[k.K_VALUE]),
                "gradient_norm": float(np.hypot(*self._numbers.state[index, k.G : k.G + 2])),
                "distance": float(distances(np.array([[x, y]]), minima)[0]),
                "path_length": float(reals[k.K_PATH_LENGTH]),
                "lr": lane.statistics["lr"],
                "x": x,
                "y": y,
            },
            whole_history={
                name: self._series(lane, name, minima, points) for name in whole_history if name in SURFACE_HISTORIES
            },
        )

    def _series(self, lane: SurfaceLane, name: str, minima: Array, points: int | None) -> Series:
        if name != "distance":
            return lane.history.series([SAMPLED.index(name)], points)
        path = lane.history.series(slice(0, k.O_Y + 1), points)
        values = distances(path.mean, minima)[:, None]
        return Series(path.steps, values, values, values)

    # -- the surface itself -----------------------------------------------------------------------------------------

    def curvatures(self, x: float, y: float, lane: int = 0) -> tuple[float, float]:
        """The eigenvalues of the Hessian at (x, y), smallest first; NaN where the surface is not finite."""
        f = self._numbers
        hxx, hxy, hyy = k.hessian_at(f.points, f.ints[lane], f.reals[lane], np.float64(x), np.float64(y))
        middle, spread = 0.5 * (hxx + hyy), np.hypot(0.5 * (hxx - hyy), hxy)
        return float(middle - spread), float(middle + spread)

    def values(self, xs: Array, ys: Array, lane: int = 0) -> Array:
        """The surface's values at every (x, y): (len(ys), len(xs))."""
        f, out = self._numbers, np.zeros((len(ys), len(xs)))
        k.surface_values(
            f.points, f.ints[lane], f.reals[lane], np.ascontiguousarray(xs, float), np.ascontiguousarray(ys, float), out
        )
        return out

    def minima(self, lane: int = 0) -> Array:
        """The surface's known minima (k, 2); for noisy_moons the one minimum, found by Newton's method."""
        surface = SURFACES[self.lanes[lane].settings.surface]
        if surface.name != "noisy_moons":
            return np.array(surface.minima, dtype=float).reshape(-1, 2)
        f = self._numbers
        at = int(f.ints[lane, k.C_POINTS_AT])
        key = (at, int(f.ints[lane, k.C_POINTS]))
        if key not in self._moons_minima:
            self._moons_minima[key] = self._newton(lane)
        return self._moons_minima[key]

    def lowest(self, lane: int = 0) -> float:
        """The surface's value at its known minima; 0.0 when none is known or it is 0 but for rounding."""
        values = [float(self.values(point[:1], point[1:], lane)[0, 0]) for point in self.minima(lane)]
        lowest = min(values, default=0.0)
        return lowest if abs(lowest) > 1e-12 else 0.0

    def _newton(self, lane: int) -> Array:
        f = self._numbers
        probe = f.copy()
        w = np.zeros(2)
        for _ in range(50):
            probe.state[lane, k.W : k.W + 2] = w
            k.start_race(probe.points, probe.state, probe.ints, probe.reals)
            hxx, hxy, hyy = k.hessian_at(f.points, f.ints[lane], f.reals[lane], w[0], w[1])
            step = np.linalg.solve(np.array([[hxx, hxy], [hxy, hyy]]), probe.state[lane, k.G : k.G + 2])
            w = w - step
            if np.abs(step).max() < 1e-13:
                break
        return w.reshape(1, 2)
