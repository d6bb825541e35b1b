"""An experiment: the lanes of a scenario, trained in lockstep."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compile_ahead import Progress, compile_ahead
from .data.dataset import LaneData
from .diagnosis import WATCHED, Finding, diagnose
from .errors import InputError
from .histograms import Histogram, histogram
from .kernels import columns as c
from .kernels.predict import predict_lane
from .kernels.team import HELP, LEAD, PROBER
from .kernels.train import train_lanes
from .lane import Emitted, Lane, output_shapes
from .lane_state import carry_lane, first_non_finite, must_restart, parameter_views, running_views, start_lane
from .lanes import lane_tables, named_lanes, shown
from .launch import launch, launching
from .memory import bytes_of_run, lay_out, size_in_words
from .network import Arena, Layout
from .registry import allowed_names
from .scenario import Scenario, load_scenario, override, resolve_lane
from .settings import LaneSettings
from .snapshot import LaneSnapshot, Mark, Snapshot

LAUNCH_SECONDS = 0.02  # aim; a launch cannot be interrupted


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A moment of an experiment, kept by :meth:`Experiment.save`."""

    arena: Arena
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]


class Experiment:
    """Train a scenario's lanes in lockstep and hand out what happens.

    The same scenario, seed and tweaks give the same bits, whatever the number of threads and however the steps are
    divided over calls of :meth:`advance`.

    >>> experiment = Experiment("digits", seed=1, steps=200)
    >>> experiment.advance(200)
    200
    >>> experiment.lanes[0].statistics["validation_accuracy"] > 0.8
    True
    """

    def __init__(
        self,
        scenario: Scenario | str,
        seed: int | None = None,
        steps: int | None = None,
        overrides: Iterable[tuple[Mapping[str, object], str | None]] = (),
        every: int = 1,
        keep_samples: int = 0,
        compiling: Progress | None = None,
    ) -> None:
        """``scenario``: a :class:`Scenario`, a built-in name or a path. ``every``: sample per-step statistics every
        that many steps. ``keep_samples``: keep every step divisible by it, and the last, for :meth:`samples`; 0 keeps
        none. ``overrides``: (settings, lane name or None for all). ``compiling(name, done,
        total)`` hears of the kernels' compilation, if this is their first use. Raises InputError on bad input."""
        if isinstance(scenario, str):
            scenario = load_scenario(scenario)
        if scenario.is_surface:
            raise InputError(f"{scenario.name}: surfaces cannot be run yet; this scenario has no [model] to train")
        if every < 1:
            raise InputError(f"every: {every} is not allowed; must be a whole number, at least 1")
        self.scenario = scenario
        self.every = every
        self.marks: list[Mark] = []
        self._keep_samples = keep_samples
        self._samples: list[dict[str, Any]] = []
        tables = lane_tables(scenario, seed, steps, overrides)
        self._out: tuple[NDArray[Any], ...] = ()
        self._seconds_a_step = 1e-3
        self._budget = 256
        self.lanes, layout = self._lay_out(tables)
        compile_ahead((self.lanes[0].settings.dtype,), compiling)
        self._begin(layout)

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
        """Steps done since the start (or the last :meth:`restart`) by the lane furthest on."""
        return int(self._arena.ints[:, c.I_STEP].max())

    @property
    def finished(self) -> bool:
        """Whether no lane has a step left."""
        ints = self._arena.ints
        return bool(np.all((ints[:, c.I_STOPPED] == 1) | (ints[:, c.I_STEP] >= ints[:, c.I_LIMIT])))

    def advance(self, n: int = 1) -> int:
        """Train every lane by ``n`` steps (fewer where its run ends); returns the steps done by the one furthest on."""
        before = self._arena.ints[:, c.I_STEP].copy()
        goals = np.minimum(before + n, self._arena.ints[:, c.I_LIMIT])
        while self._pending(goals):
            self._launch(goals)
        return int((self._arena.ints[:, c.I_STEP] - before).max())

    def advance_for(self, seconds: float) -> int:
        """Train for about ``seconds`` of wall time, at least one step; returns the steps done."""
        end = time.perf_counter() + seconds
        done = 0
        while not self.finished:
            share = max(0.0, end - time.perf_counter())
            done += self.advance(max(1, int(share / self._seconds_a_step)) if done else 1)
            if time.perf_counter() >= end:
                break
        return done

    def _pending(self, goals: NDArray[np.int64]) -> bool:
        ints = self._arena.ints
        waiting = ints[:, c.I_EVALUATION_ROW] >= 0
        return bool(np.any(waiting | ((ints[:, c.I_STEP] < goals) & (ints[:, c.I_STOPPED] == 0))))

    def _launch(self, goals: NDArray[np.int64]) -> None:
        """One launch of the kernel on all lanes, and the folding of what it emitted."""
        a, out = self._arena, self._out
        before = a.ints[:, c.I_STEP].copy()
        start = time.perf_counter()
        a.goals[:-1], a.goals[-1] = goals, self._budget
        tables = (a.goals, a.team, a.data, a.pool, a.order, a.sums, a.plan, a.layer_reals, a.ints, a.reals, *out)
        shared = len(self.lanes) > 1 or a.ints[0, c.I_ROW_PIECES] > 1
        launch(lambda: train_lanes(LEAD, *tables), (lambda: train_lanes(HELP, *tables)) if shared else None)
        took = time.perf_counter() - start
        steps = int((a.ints[:, c.I_STEP] - before).max())
        if steps:
            recent = took / steps
            self._seconds_a_step += 0.3 * (recent - self._seconds_a_step)
        # The budget follows the clock; where a launch is cut has no influence on the numbers
        self._budget = int(
            min(max(self._budget * LAUNCH_SECONDS / max(took, 1e-6), self._budget / 2, 64), self._budget * 2, 2**40)
        )
        for i, lane in enumerate(self.lanes):
            self._fold(i, lane)

    def _lay_out(self, tables: Mapping[str, Mapping[str, Any]], kept: Iterable[Lane] = ()) -> tuple[list[Lane], Layout]:
        """A lane for each of ``tables`` (new, unless it is among ``kept``) and a place for its numbers.

        Raises InputError where the settings do not fit, or need more memory than a run may take.
        """
        known, lanes = {lane.name: lane for lane in kept}, []

        def resolved() -> Iterator[tuple[LaneSettings, LaneData]]:
            for name, table in tables.items():
                lanes.append(known.get(name) or Lane.new(name, table, *self._resolve(table, name)))
                yield lanes[-1].settings, lanes[-1].data

        layout = lay_out(resolved(), self.scenario.name)
        return lanes, layout

    def _begin(self, layout: Layout) -> None:
        self._arena = self._allocate(layout)
        for i, lane in enumerate(self.lanes):
            start_lane(self._arena, i, lane.settings)
        self._settle()

    def _allocate(self, layout: Layout) -> Arena:
        try:
            arena = layout.allocate()
            self._make_room(layout.lanes, layout.depth)
        except MemoryError:
            needed = size_in_words(bytes_of_run(layout))
            raise InputError(f"{self.scenario.name}: this machine does not have {needed} of memory to give") from None
        arena.ints[:, c.I_SAMPLE_EVERY] = self.every
        return arena

    def _make_room(self, lanes: int, depth: int) -> None:
        """Tables for what a launch writes: the numbers of the steps and evaluations, and their statistics."""
        self._out = tuple(
            np.zeros(shape, np.int64 if len(shape) == 2 else np.float64) for shape in output_shapes(lanes, depth)
        )

    def _settle(self) -> None:
        """Finish the evaluations that are due, without a step."""
        goals = self._arena.ints[:, c.I_STEP].copy()
        while self._pending(goals):
            self._launch(goals)

    def _fold(self, index: int, lane: Lane) -> None:
        """Move what the launch wrote for a lane into its past."""
        ints, depth = self._arena.ints[index], len(lane.settings.layers)
        m, e = int(ints[c.I_SAMPLES]), int(ints[c.I_EVALUATIONS])
        steps, layers, whole, evaluated, evaluation, evaluation_layers = (part[index] for part in self._out)
        new = Emitted(
            steps[:m], layers[:m, :depth], whole[:m], evaluated[:e], evaluation[:e], evaluation_layers[:e, :depth]
        )
        lane.fold(new)
        if lane.first_non_finite is None:
            lane.first_non_finite = first_non_finite(self._arena, index)
        if self._keep_samples:
            lane.add_late_evaluations(new, self._samples)
            self._samples += lane.sample_rows(new.thinned(self._keep_samples, lane.settings.steps))

    def samples(self) -> Iterator[dict[str, Any]]:
        """Hand over, oldest first, the sampled steps since the last call (needs ``keep_samples``).

        Lanes stand in their order within each step.
        """
        order = {lane.name: i for i, lane in enumerate(self.lanes)}
        rows, self._samples = self._samples, []
        rows.sort(key=lambda row: (row["step"], order[row["lane"]]))
        yield from rows

    def snapshot(
        self, layer_history: Iterable[str] = (), whole_history: Iterable[str] = (), points: int | None = 512
    ) -> Snapshot:
        """An immutable view of now, with the histories of the named statistics, merged to at most ``points``."""
        layer_names, whole_names = list(layer_history), list(whole_history)
        lanes = tuple(
            self._lane_snapshot(i, lane, layer_names, whole_names, points) for i, lane in enumerate(self.lanes)
        )
        return Snapshot(
            self.scenario.name, self.scenario.title, self.seed, self.step, self.steps, lanes, tuple(self.marks)
        )

    def _lane_snapshot(
        self, index: int, lane: Lane, layer_names: list[str], whole_names: list[str], points: int | None
    ) -> LaneSnapshot:
        own_data = lane.data.split_key != self.lanes[0].data.split_key
        return lane.snapshot(index, self._arena, own_data, layer_names, whole_names, points)

    def findings(self) -> list[Finding]:
        """What is wrong now, lane by lane, causes before symptoms."""
        found = []
        for i, lane in enumerate(self.lanes):
            view = self._lane_snapshot(i, lane, list(WATCHED), [], None)
            found += diagnose(view, _chance(lane.data))
        return found

    def tweak(self, settings: Mapping[str, object], lane: str | None = None) -> Mark:
        """Change settings now, for one lane or all, e.g. ``{"train.lr": 0.01}``.

        What can change live does; a new shape, initializer, data or seed restarts the lane. Raises InputError (and
        changes nothing) where a value is not allowed.
        """
        chosen = named_lanes([x.name for x in self.lanes], lane)
        tables = {
            old.name: override(old.tables, settings, where="tweak") if old.name in chosen else old.tables
            for old in self.lanes
        }
        new_lanes, layout = self._lay_out(tables, [old for old in self.lanes if old.name not in chosen])
        step = self.step
        restarted = self._replace(new_lanes, layout)
        text = ", ".join(f"{key.split('.')[-1]} = {shown(value)}" for key, value in settings.items())
        mark = Mark(step, lane, dict(settings), text, bool(restarted))
        self.marks.append(mark)
        return mark

    def _replace(self, new_lanes: list[Lane], layout: Layout) -> list[str]:
        """Rebuild the arena for the new settings; returns the lanes that had to start again."""
        old_arena, restarted = self._arena, []
        arena = self._allocate(layout)
        for i, (old, new) in enumerate(zip(self.lanes, new_lanes, strict=True)):
            if must_restart((old.settings, old.data), (new.settings, new.data)):
                start_lane(arena, i, new.settings)
                restarted.append(new.name)
                continue
            carry_lane(old_arena, arena, i, new.settings, old.settings.optimizer == new.settings.optimizer)
            new_lanes[i] = new.with_past_of(old)
        self._arena, self.lanes = arena, new_lanes
        self._settle()
        return restarted

    def restart(self, seed: int | None = None) -> None:
        """Begin again from step 0 with the lanes' present settings, with another seed if one is given."""
        new = {} if seed is None else {"train.seed": seed}
        self.lanes, layout = self._lay_out({x.name: override(x.tables, new, where="restart") for x in self.lanes})
        self.marks = []
        self._samples = []
        self._begin(layout)

    def _resolve(self, tables: Mapping[str, Any], name: str) -> tuple[LaneSettings, LaneData]:
        resolved = resolve_lane(tables, name, where=self.scenario.name)
        return resolved.settings, resolved.data

    def _index(self, lane: str | int) -> int:
        if isinstance(lane, int):
            if not 0 <= lane < len(self.lanes):
                raise InputError(f"lane {lane} does not exist; there are {len(self.lanes)}, counted from 0")
            return lane
        return [x.name for x in self.lanes].index(named_lanes([x.name for x in self.lanes], lane)[0])

    def parameters(self, lane: str | int = 0) -> dict[str, NDArray[Any]]:
        """Copies of a lane's parameters and running statistics, by name: "1.weights" (inputs, units), "1.biases", …"""
        index = self._index(lane)
        views = {**parameter_views(self._arena, index), **running_views(self._arena, index)}
        return {name: view.copy() for name, view in views.items()}

    def set_parameters(self, lane: str | int, values: Mapping[str, NDArray[Any]]) -> None:
        """Overwrite some of a lane's parameters; names and shapes as in :meth:`parameters`."""
        index = self._index(lane)
        views = {**parameter_views(self._arena, index), **running_views(self._arena, index)}
        for name, value in values.items():
            if name not in views:
                raise InputError(f'unknown parameter "{name}"; {allowed_names(name, list(views))}')
            if np.shape(value) != views[name].shape:
                raise InputError(f"{name}: shape {np.shape(value)} does not fit; must be {views[name].shape}")
        for name, value in values.items():
            views[name][:] = value

    def gradients(self, lane: str | int = 0) -> dict[str, NDArray[Any]]:
        """∂(loss + penalty)/∂ of every parameter on the next mini-batch, before clipping. Changes nothing.

        The penalty is without L1 where ``train.l1_method`` is "proximal": it then acts after the step, outside of g.
        """
        index = self._index(lane)
        self._probe(index)
        return {name: view.copy() for name, view in parameter_views(self._arena, index, c.I_GRADIENT).items()}

    @property
    def arena(self) -> Arena:
        """The lanes' numbers as they stand (see ``network.py``); they change with the next step."""
        return self._arena

    def penalty(self, lane: str | int = 0, in_gradient: bool = False) -> float:
        """Σ l1·‖W‖₁ + ½·l2·‖W‖² of a lane's weights as they are; ``in_gradient``: the part that :meth:`gradients` hold
        the derivative of."""
        index = self._index(lane)
        weights, settings = parameter_views(self._arena, index), self.lanes[index].settings
        with_l1 = not (in_gradient and settings.l1_method == "proximal")
        total = 0.0
        for layer in settings.layers:
            w = weights[f"{layer.index}.weights"].astype(np.float64)
            total += layer.l1 * float(np.abs(w).sum()) * with_l1 + 0.5 * layer.l2 * float((w * w).sum())
        return total

    def loss(self, lane: str | int = 0) -> float:
        """The data loss on the next mini-batch, with its dropout masks and noise. Changes nothing."""
        return self._probe(self._index(lane))

    def _probe(self, index: int) -> float:
        a = self._arena
        one = slice(index, index + 1)
        tables = (a.plan[one], a.layer_reals[one], a.ints[one], a.reals[one], *(out[one] for out in self._out))
        with launching():
            train_lanes(PROBER, a.goals, a.team, a.data, a.pool, a.order, a.sums, *tables)
        ints = a.ints[index]
        at = ints[c.I_PARTIALS] + ints[c.I_LAYERS] * c.PARTIALS + c.F_LOSS
        return float(sum(a.sums[at + piece * ints[c.I_PARTIAL_STEP]] for piece in range(ints[c.I_ROW_PIECES])))

    def predict(self, x: NDArray[Any], lane: str | int = 0, sample: int | None = None) -> NDArray[np.float64]:
        """The network's outputs (rows, outputs) for preprocessed inputs ``x`` (rows, inputs). Changes nothing.

        With ``sample`` (0, 1, …) dropout and noise stay on, with other masks for each number: their spread is
        Monte-Carlo dropout's uncertainty (Gal & Ghahramani 2016). Batch norm then uses the statistics of ``x`` itself.
        """
        index = self._index(lane)
        a = self._arena
        rows = np.ascontiguousarray(x, dtype=a.pool.dtype)
        inputs = int(a.ints[index, c.I_INPUTS])
        if rows.ndim != 2 or rows.shape[1] != inputs:
            raise InputError(f"predict: x has shape {rows.shape}; must be (rows, {inputs})")
        out = np.zeros((len(rows), int(a.ints[index, c.I_OUTPUTS])))
        number = -1 if sample is None else sample
        with launching():
            predict_lane(
                rows, number, a.pool, a.sums, a.plan[index], a.layer_reals[index], a.ints[index], a.reals[index], out
            )
        return out

    def histograms(self, lane: str | int = 0) -> list[dict[str, Histogram]]:
        """For each layer the histograms of "z", "a" and "g" on the next mini-batch, and of "W". Changes nothing."""
        index = self._index(lane)
        self._probe(index)
        a, ints = self._arena, self._arena.ints[index]
        rows = int(min(ints[c.I_BATCH], ints[c.I_ROWS] - ints[c.I_POSITION]))
        made = []
        for plan in a.plan[index, : ints[c.I_LAYERS]]:
            units, weights = int(plan[c.P_UNITS]), int(plan[c.P_BIASES] - plan[c.P_WEIGHTS])
            theta, gradient = int(ints[c.I_THETA] + plan[c.P_WEIGHTS]), int(ints[c.I_GRADIENT] + plan[c.P_WEIGHTS])
            places = {
                "z": (int(plan[c.P_Z]), rows * units),
                "a": (int(plan[c.P_A]), rows * units),
                "g": (gradient, weights + units),
                "W": (theta, weights),
            }
            made.append({name: histogram(a.pool[at : at + size]) for name, (at, size) in places.items()})
        return made

    def save(self) -> Checkpoint:
        """This moment, to come back to with :meth:`load`."""
        return Checkpoint(self._arena.copy(), tuple(lane.copy() for lane in self.lanes), tuple(self.marks))

    def load(self, checkpoint: Checkpoint) -> None:
        """Return to a moment that :meth:`save` kept; from there the same steps give the same bits."""
        self.lanes = [lane.copy() for lane in checkpoint.lanes]
        self.marks = list(checkpoint.marks)
        self._arena = checkpoint.arena.copy()
        self._make_room(*self._arena.plan.shape[:2])
        self._samples = []


def _chance(data: LaneData) -> float:
    """The accuracy of always guessing the commonest class (of the commonest value, entry by entry)."""
    if data.task == "regression":
        return 0.0
    t = data.t_train
    if t.shape[1] > 1 and data.task != "multilabel":
        return float(t.mean(axis=0).max())
    share = (t > t.mean()).mean(axis=0) if data.task != "multilabel" else (t > 0.5).mean(axis=0)
    return float(np.maximum(share, 1.0 - share).mean())
