"""A race: the optimizers of a scenario's lanes on a surface of two variables, in lockstep."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compile_ahead import Progress, compile_ahead
from .errors import InputError
from .history import History
from .kernels import codes
from .kernels import race as k
from .kernels.optimizer import HYPERPARAMETERS, MOMENTUM, MOMENTUM_END
from .lanes import lane_tables, named_lanes, shown
from .launch import launching
from .optimizers import OPTIMIZERS
from .scenario import Scenario, load_scenario, override, resolve_race
from .schedules import SCHEDULES
from .settings import RaceSettings
from .snapshot import Mark, RacerSnapshot, RacerState, RaceSnapshot
from .surfaces import SURFACES, Surface

Array = NDArray[np.float64]

SAMPLES_A_LAUNCH = 2048
PATH_POINTS = 4096  # steps of a path kept one by one; older ones in as many averages
_ESCAPE = 1e6  # beyond this distance from the origin a lane has diverged

# What only a fresh start can follow: where a lane begins and on what
_START = ("surface", "surface_parameters", "start", "seed")


@dataclass(slots=True)
class Field:
    """The tables of a race; shapes in kernels/race.py."""

    points: Array
    state: Array
    ints: NDArray[np.int64]
    reals: Array

    def copy(self) -> "Field":
        """A copy that shares only the data points."""
        return Field(self.points, self.state.copy(), self.ints.copy(), self.reals.copy())

    def race(self, goals: NDArray[np.int64], out_steps: NDArray[np.int64], out: Array) -> None:
        """One launch: every lane up to its goal, or until its output is full."""
        with launching():
            k.race_lanes(goals, self.points, self.state, self.ints, self.reals, out_steps, out)


@dataclass
class Racer:
    """One lane: ``tables`` are its scenario tables, ``settings`` what they resolve to, ``history`` its path."""

    name: str
    tables: Mapping[str, Any]
    settings: RaceSettings
    history: History


def lay_out(lanes: Sequence[RaceSettings]) -> Field:
    """The tables for these lanes, each at its start."""
    state = np.zeros((len(lanes), k.STATE))
    ints = np.zeros((len(lanes), k.RACE_INTS), np.int64)
    reals = np.zeros((len(lanes), k.RACE_REALS))
    points: list[Array] = []
    offsets: dict[tuple[int, int], int] = {}
    for i, lane in enumerate(lanes):
        surface = SURFACES[lane.surface]
        state[i, k.W : k.W + 2] = lane.start
        ints[i, k.C_LIMIT] = lane.steps
        ints[i, k.C_OPTIMIZER] = OPTIMIZERS[lane.optimizer].code
        ints[i, k.C_SCHEDULE] = SCHEDULES[lane.schedule].code
        ints[i, k.C_SEED] = lane.seed
        ints[i, k.C_SURFACE] = surface.code
        ints[i, k.C_SAMPLE_EVERY] = 1
        ints[i, k.C_DIVERGED_AT] = -1
        if surface.code == codes.NOISY_MOONS:
            key = (int(lane.surface_parameters["samples"]), lane.seed)
            if key not in offsets:
                offsets[key] = sum(len(p) for p in points)
                points.append(moon_points(*key).ravel())
            ints[i, k.C_POINTS], ints[i, k.C_POINTS_AT] = key[0], offsets[key]
            ints[i, k.C_BATCH] = int(lane.surface_parameters["batch_size"])
        for column, name in enumerate(HYPERPARAMETERS):
            reals[i, column] = lane.optimizer_parameters.get(name, 0.0)
        reals[i, MOMENTUM_END] = reals[i, MOMENTUM]
        for column, parameter in enumerate(SCHEDULES[lane.schedule].parameters):
            reals[i, k.K_SCHEDULE + column] = lane.schedule_parameters[parameter.name]
        if lane.schedule == "cosine" and reals[i, k.K_SCHEDULE] == 0.0:
            reals[i, k.K_SCHEDULE] = lane.steps
        reals[i, k.K_NOISE], reals[i, k.K_CLIP_NORM] = lane.noise, lane.clip_norm
        reals[i, k.K_CLIP_VALUE] = lane.clip_value
        reals[i, k.K_MOMENTUM_PRODUCT] = 1.0
        reals[i, k.K_SURFACE] = lane.surface_parameters.get("condition", 0.0)
        reals[i, k.K_ESCAPE] = _ESCAPE
    return Field(np.concatenate(points) if points else np.zeros(3), state, ints, reals)


def moon_points(samples: int, seed: int) -> Array:
    """(samples, 3): two noisy half-moons, standardised, with targets ±1."""
    from .data.generated import generate

    raw = generate("moons", {"samples": samples, "noise": 0.2}, seed)
    x = np.asarray(raw.x, dtype=np.float64)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    sides = np.where(np.unique(raw.y, return_inverse=True)[1] > 0, 1.0, -1.0)
    return np.column_stack([x, sides])


class Race:
    """Optimizers descending a surface; used like :class:`Experiment`.

    >>> race = Race("beale")
    >>> race.advance(100)
    100
    """

    def __init__(
        self,
        scenario: Scenario | str,
        seed: int | None = None,
        steps: int | None = None,
        overrides: Iterable[tuple[Mapping[str, object], str | None]] = (),
        every: int = 1,
        compiling: Progress | None = None,
    ) -> None:
        """Arguments as for :class:`Experiment`. Raises InputError on bad input."""
        if isinstance(scenario, str):
            scenario = load_scenario(scenario)
        if not scenario.is_surface:
            raise InputError(f"{scenario.name}: there is no [surface] to descend")
        if every < 1:
            raise InputError(f"every: {every} is not allowed; must be a whole number, at least 1")
        self.scenario = scenario
        self.every = every
        self.marks: list[Mark] = []
        tables = lane_tables(scenario, seed, steps, overrides)
        self.lanes = [self._racer(name, table) for name, table in tables.items()]
        compile_ahead(("race",), compiling)
        self._begin()

    def _racer(self, name: str, tables: Mapping[str, Any]) -> Racer:
        settings = resolve_race(tables, name, where=self.scenario.name)
        return Racer(name, tables, settings, History(k.OUT, PATH_POINTS // 2, PATH_POINTS))

    def _begin(self) -> None:
        self._field = self._prepare([lane.settings for lane in self.lanes])
        self._seconds_a_step = 1e-5
        for i in range(len(self.lanes)):
            self._note_start(i)

    def _prepare(self, lanes: Sequence[RaceSettings]) -> Field:
        self._moons_minima: dict[tuple[int, int], Array] = {}
        field = lay_out(lanes)
        field.ints[:, k.C_SAMPLE_EVERY] = self.every
        self._out_steps = np.zeros((len(lanes), SAMPLES_A_LAUNCH), np.int64)
        self._out = np.zeros((len(lanes), SAMPLES_A_LAUNCH, k.OUT))
        with launching():
            k.start_race(field.points, field.state, field.ints, field.reals)
        return field

    def _note_start(self, index: int) -> None:
        state, reals = self._field.state[index], self._field.reals[index]
        gradient_norm = float(np.hypot(*state[k.G : k.G + 2]))
        row = [state[k.W], state[k.W + 1], reals[k.K_VALUE], gradient_norm, reals[0]]
        self.lanes[index].history.append(np.zeros(1), np.array([row]))

    @property
    def seed(self) -> int:
        """The first lane's seed."""
        return self.lanes[0].settings.seed

    @property
    def steps(self) -> int:
        """The last step of the longest lane."""
        return max(lane.settings.steps for lane in self.lanes)

    @property
    def step(self) -> int:
        """Steps done by the lane furthest on."""
        return int(self._field.ints[:, k.C_STEP].max())

    @property
    def finished(self) -> bool:
        """Whether every lane is at its last step or has diverged."""
        ints = self._field.ints
        return bool(np.all((ints[:, k.C_STEP] >= ints[:, k.C_LIMIT]) | (ints[:, k.C_DIVERGED_AT] >= 0)))

    def advance(self, n: int = 1) -> int:
        """Move every lane by ``n`` updates (fewer at its end); returns the updates done by the one furthest on."""
        f = self._field
        before = f.ints[:, k.C_STEP].copy()
        goals = np.minimum(before + n, f.ints[:, k.C_LIMIT])
        start = time.perf_counter()
        while np.any((f.ints[:, k.C_STEP] < goals) & (f.ints[:, k.C_DIVERGED_AT] < 0)):
            now = np.minimum(goals, f.ints[:, k.C_STEP] + SAMPLES_A_LAUNCH)  # a launch cannot be interrupted
            f.race(now, self._out_steps, self._out)
            for i, lane in enumerate(self.lanes):
                count = int(f.ints[i, k.C_SAMPLES])
                if count:
                    lane.history.append(self._out_steps[i, :count].astype(float), self._out[i, :count])
        done = int((f.ints[:, k.C_STEP] - before).max())
        if done:
            self._seconds_a_step += 0.3 * ((time.perf_counter() - start) / done - self._seconds_a_step)
        return done

    def advance_for(self, seconds: float) -> int:
        """Move for about ``seconds`` of wall time, at least one update; returns the updates done."""
        end = time.perf_counter() + seconds
        done = 0
        while not self.finished:
            share = max(0.0, end - time.perf_counter())
            done += self.advance(max(1, min(SAMPLES_A_LAUNCH, int(share / self._seconds_a_step))))
            if time.perf_counter() >= end:
                break
        return done

    def snapshot(self, *_: object, **__: object) -> RaceSnapshot:
        """An immutable view of now. (Takes and ignores the arguments of :meth:`Experiment.snapshot`.)"""
        first = self.lanes[0].settings
        return RaceSnapshot(
            scenario=self.scenario.name,
            title=self.scenario.title,
            seed=self.seed,
            step=self.step,
            steps=self.steps,
            surface=first.surface,
            window=first.window,
            start=first.start,
            minima=self.minima(),
            lanes=tuple(self._racer_snapshot(i, lane) for i, lane in enumerate(self.lanes)),
            marks=tuple(self.marks),
        )

    def _racer_snapshot(self, index: int, lane: Racer) -> RacerSnapshot:
        ints, reals = self._field.ints[index], self._field.reals[index]
        x, y = (float(v) for v in self._field.state[index, k.W : k.W + 2])
        past = lane.history.series(slice(0, k.OUT))
        diverged = int(ints[k.C_DIVERGED_AT])
        state: RacerState = "running"
        if diverged >= 0:
            state = "diverged"
        elif ints[k.C_STEP] >= ints[k.C_LIMIT]:
            state = "finished"
        minima = self.minima(index)
        with np.errstate(all="ignore"):
            distance = float(np.hypot(minima[:, 0] - x, minima[:, 1] - y).min()) if len(minima) else float("nan")
        return RacerSnapshot(
            index=index,
            name=lane.name,
            optimizer=lane.settings.optimizer,
            step=int(ints[k.C_STEP]),
            state=state,
            settings=lane.settings,
            position=(x, y),
            value=float(reals[k.K_VALUE]),
            gradient_norm=float(np.hypot(*self._field.state[index, k.G : k.G + 2])),
            distance=distance,
            path_length=float(reals[k.K_PATH_LENGTH]),
            lr=float(past.mean[-1, k.O_LR]),
            curvatures=self.curvatures(x, y, index),
            steps=past.steps,
            path=past.mean[:, : k.O_Y + 1],
            values=past.mean[:, k.O_VALUE],
            gradient_norms=past.mean[:, k.O_GRADIENT_NORM],
            minima=minima,
            lowest=self.lowest(index),
            diverged_at=diverged if diverged >= 0 else None,
        )

    def curvatures(self, x: float, y: float, lane: int = 0) -> tuple[float, float]:
        """The eigenvalues of the Hessian at (x, y), smallest first; NaN where the surface is not finite."""
        f = self._field
        hxx, hxy, hyy = k.hessian_at(f.points, f.ints[lane], f.reals[lane], np.float64(x), np.float64(y))
        middle, spread = 0.5 * (hxx + hyy), np.hypot(0.5 * (hxx - hyy), hxy)
        return float(middle - spread), float(middle + spread)

    def values(self, xs: Array, ys: Array, lane: int = 0) -> Array:
        """The surface's values at every (x, y): (len(ys), len(xs))."""
        f, out = self._field, np.zeros((len(ys), len(xs)))
        k.surface_values(
            f.points, f.ints[lane], f.reals[lane], np.ascontiguousarray(xs, float), np.ascontiguousarray(ys, float), out
        )
        return out

    def minima(self, lane: int = 0) -> Array:
        """The surface's known minima (k, 2); for noisy_moons the one minimum, found by Newton's method."""
        surface = SURFACES[self.lanes[lane].settings.surface]
        assert isinstance(surface, Surface)
        if surface.code != codes.NOISY_MOONS:
            return np.array(surface.minima, dtype=float).reshape(-1, 2)
        f = self._field
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
        f = self._field
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

    def tweak(self, settings: Mapping[str, object], lane: str | None = None) -> Mark:
        """Change settings now, for one lane or all; a new surface, start or seed sends the lane back to its start."""
        chosen = named_lanes([x.name for x in self.lanes], lane)
        new_lanes = [
            self._racer(old.name, override(old.tables, settings, where="tweak")) if old.name in chosen else old
            for old in self.lanes
        ]
        step, before = self.step, self._field
        self._field = self._prepare([x.settings for x in new_lanes])
        restarted = False
        for i, (old, new) in enumerate(zip(self.lanes, new_lanes, strict=True)):
            if all(getattr(old.settings, name) == getattr(new.settings, name) for name in _START):
                new_lanes[i] = replace(new, history=old.history)
                self._carry(before, i, old.settings.optimizer == new.settings.optimizer)
            else:
                restarted = True
        old_lanes, self.lanes = self.lanes, new_lanes
        for i, (old, new) in enumerate(zip(old_lanes, new_lanes, strict=True)):
            if new.history is not old.history:
                self._note_start(i)
        text = ", ".join(f"{key.split('.')[-1]} = {shown(value)}" for key, value in settings.items())
        mark = Mark(step, lane, dict(settings), text, restarted)
        self.marks.append(mark)
        return mark

    def _carry(self, before: Field, i: int, same_optimizer: bool) -> None:
        f = self._field
        kept = slice(k.W, k.U) if same_optimizer else slice(k.W, k.FIRST)
        f.state[i, kept] = before.state[i, kept]
        for column in (k.C_STEP, k.C_DIVERGED_AT):
            f.ints[i, column] = before.ints[i, column]
        for column in (k.K_VALUE, k.K_PATH_LENGTH):
            f.reals[i, column] = before.reals[i, column]
        if same_optimizer:
            f.ints[i, k.C_UPDATES] = before.ints[i, k.C_UPDATES]
            f.reals[i, k.K_MOMENTUM_PRODUCT] = before.reals[i, k.K_MOMENTUM_PRODUCT]

    def restart(self, seed: int | None = None) -> None:
        """Back to the start with the lanes' present settings, with another seed if one is given."""
        extra = {} if seed is None else {"train.seed": seed}
        self.lanes = [self._racer(x.name, override(x.tables, extra, where="restart")) for x in self.lanes]
        self.marks = []
        self._begin()

    def findings(self) -> list[Any]:
        """Races are not diagnosed: a lane that diverged says so itself."""
        return []

    def save(self) -> "RaceCheckpoint":
        """This moment, to come back to with :meth:`load`."""
        lanes = tuple(replace(lane, history=lane.history.copy()) for lane in self.lanes)
        return RaceCheckpoint(self._field.copy(), lanes, tuple(self.marks))

    def load(self, checkpoint: "RaceCheckpoint") -> None:
        """Return to a moment that :meth:`save` kept."""
        self.lanes = [replace(lane, history=lane.history.copy()) for lane in checkpoint.lanes]
        self.marks = list(checkpoint.marks)
        self._prepare([lane.settings for lane in self.lanes])
        self._field = checkpoint.field.copy()


@dataclass(frozen=True, slots=True)
class RaceCheckpoint:
    """A moment of a race, kept by :meth:`Race.save`."""

    field: Field
    lanes: tuple[Racer, ...]
    marks: tuple[Mark, ...]
