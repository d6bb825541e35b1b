"""Optimizers descending a surface of two variables."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiling.parts import RACE
from ..kernels import race as k
from ..run.launch import launching
from ..run.snapshot import LaneSnapshot, LaneState
from ..run.task import Steps, Task
from .field import Field, lay_out
from .ground import Ground
from .resolve import resolve_surface
from .surface_lane import IN_ROWS, SurfaceLane

Array = NDArray[np.float64]

SAMPLES_A_LAUNCH = 2048

# What only a fresh start can follow: where a lane begins and on what
_START = ("surface", "surface_parameters", "start", "seed")


class SurfaceTask(Ground, Task[SurfaceLane, Field, None]):
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
                self._samples.append({"lane": lane.name, "step": step, **dict(zip(IN_ROWS, row, strict=False))})

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
        self._minima_of_data = {}
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
        row = [state[k.W], state[k.W + 1], reals[k.K_VALUE], gradient_norm, reals[0], 0.0]
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
        """The lane's position, its path and what is known of its surface."""
        step = int(self.step[index])
        return self.look(index, step, self.state_of(index), self._standing(index), whole_history, points)

    def _standing(self, index: int) -> Array:
        """A sample (OUT,) of where a lane stands: the newest, or what the numbers say where none was taken there."""
        history = self.lanes[index].history
        newest = history.last()
        assert newest is not None, "a lane's start is sampled"
        if history.last_step == self.step[index]:
            return newest
        state, reals = self._numbers.state[index], self._numbers.reals[index]
        gradient_norm = np.hypot(*state[k.G : k.G + 2])
        x, y = state[k.W : k.W + 2]
        return np.array([x, y, reals[k.K_VALUE], gradient_norm, newest[k.O_LR], reals[k.K_PATH_LENGTH]])
