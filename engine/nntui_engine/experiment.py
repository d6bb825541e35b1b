"""An experiment: the lanes of a scenario, trained in lockstep."""

import copy
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .data.dataset import LaneData
from .errors import InputError
from .history import History
from .kernels import columns as c
from .kernels.train import probe_lane, train_lane, train_lanes
from .network import (
    Arena,
    assemble,
    carry_lane,
    must_restart,
    parameter_count,
    parameter_views,
    running_views,
    start_lane,
)
from .registry import allowed_names
from .scenario import Scenario, load_scenario, override, resolve_lane
from .settings import LaneSettings
from .snapshot import LaneSnapshot, LaneState, LayerInfo, Mark, Series, Snapshot
from .statistics import EVALUATION_STATISTICS, LAYER_STATISTICS, WHOLE_STATISTICS

SAMPLES_A_LAUNCH = 1024
EVALUATIONS_A_LAUNCH = 256
LAUNCH_SECONDS = 0.02  # aim; a launch cannot be interrupted

_STEP_LAYER = [row.name for row in LAYER_STATISTICS if row.cadence == "step"]
_EVALUATION_LAYER = [row.name for row in LAYER_STATISTICS if row.cadence == "evaluation"]
_WHOLE = [row.name for row in WHOLE_STATISTICS]
_EVALUATION = [row.name for row in EVALUATION_STATISTICS]
# Two threads that launch parallel kernels at once can kill the process with Numba's simplest threading layer
_LAUNCH = threading.Lock()


@dataclass
class Lane:
    """One variant of the scenario. ``tables`` are its scenario tables, ``settings`` what they resolve to."""

    name: str
    tables: Mapping[str, Any]
    settings: LaneSettings
    data: LaneData
    step_history: History
    evaluation_history: History
    latest: dict[str, float] = field(default_factory=dict)
    latest_layers: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    first_non_finite: tuple[int, int] | None = None

    @property
    def statistics(self) -> dict[str, Any]:
        """The newest value of every statistic that applies: a float, or a (layers,) array for "layers" ones.

        Per-layer statistics stand under "layers", by name.
        """
        return {**self.latest, "layers": dict(self.latest_layers)}


def _new_lane(name: str, tables: Mapping[str, Any], settings: LaneSettings, data: LaneData) -> Lane:
    depth = len(settings.layers)
    return Lane(
        name,
        tables,
        settings,
        data,
        History(len(_WHOLE) + depth * len(_STEP_LAYER)),
        History(len(_EVALUATION) + depth * len(_EVALUATION_LAYER)),
    )


def applies(name: str, settings: LaneSettings, data: LaneData) -> bool:
    """Whether a whole-network statistic has a meaning for this lane."""
    if name.startswith("validation_") and not data.x_validation.shape[0]:
        return False
    if name.endswith("accuracy"):
        return settings.accuracy != "none"
    if name.endswith("r2"):
        return data.task == "regression"
    return True


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
        keep_samples: bool = False,
    ) -> None:
        """``scenario``: a :class:`Scenario`, a built-in name or a path. ``every``: sample per-step statistics every
        that many steps. ``overrides``: (settings, lane name or None for all). Raises InputError on bad input."""
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
        tables = {lane.name: lane.tables for lane in scenario.lanes}
        extra: dict[str, object] = {}
        if seed is not None:
            extra["train.seed"] = seed
        if steps is not None:
            extra["train.steps"] = steps
        for settings, lane_name in [(extra, None), *overrides] if extra else overrides:
            for name in self._named(list(tables), lane_name):
                tables[name] = override(tables[name], settings, where="--set")
        self.lanes = [
            _new_lane(name, table, *self._resolve(table, name)) for name, table in tables.items()
        ]
        self._check_dtype(self.lanes)
        self._initial = {lane.name: lane.tables for lane in self.lanes}
        self._begin()

    # ---- running -------------------------------------------------------------------------------------------------

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
        tables = (a.plan, a.layer_reals, a.ints, a.reals)
        shared = (self._budget, a.data, a.pool, a.order, a.sums)
        with _LAUNCH:
            if len(self.lanes) == 1:
                train_lane(int(goals[0]), *shared, *(t[0] for t in tables), *(o[0] for o in out))
            else:
                train_lanes(goals, *shared, *tables, *out)
        took = time.perf_counter() - start
        steps = int((a.ints[:, c.I_STEP] - before).max())
        if steps:
            recent = took / steps
            self._seconds_a_step += 0.3 * (recent - self._seconds_a_step)
        # The budget follows the clock; where a launch is cut has no influence on the numbers
        self._budget = int(min(max(self._budget * LAUNCH_SECONDS / max(took, 1e-6), self._budget / 2, 64),
                               self._budget * 2, 2**40))
        for i, lane in enumerate(self.lanes):
            self._fold(i, lane)

    def _begin(self) -> None:
        self._arena = self._assemble(self.lanes)
        for i, lane in enumerate(self.lanes):
            start_lane(self._arena, i, lane.settings)
        self._seconds_a_step = 1e-3
        self._budget = 256
        self._settle()

    def _assemble(self, lanes: Sequence[Lane]) -> Arena:
        arena = assemble([(lane.settings, lane.data) for lane in lanes])
        arena.ints[:, c.I_SAMPLE_EVERY] = self.every
        depth = arena.plan.shape[1]
        samples, evaluations = (len(lanes), SAMPLES_A_LAUNCH), (len(lanes), EVALUATIONS_A_LAUNCH)
        self._out = (
            np.zeros((len(lanes), SAMPLES_A_LAUNCH), np.int64),
            np.zeros((*samples, depth, c.STEP_STATISTICS)),
            np.zeros((*samples, c.WHOLE)),
            np.zeros((len(lanes), EVALUATIONS_A_LAUNCH), np.int64),
            np.zeros((*evaluations, c.EVALUATIONS)),
            np.zeros((*evaluations, depth, c.LAYER_EVALUATIONS)),
        )
        return arena

    def _settle(self) -> None:
        """Finish the evaluations that are due, without a step."""
        goals = self._arena.ints[:, c.I_STEP].copy()
        while self._pending(goals):
            self._launch(goals)

    # ---- what was emitted ----------------------------------------------------------------------------------------

    def _fold(self, index: int, lane: Lane) -> None:
        ints = self._arena.ints[index]
        samples, evaluations = int(ints[c.I_SAMPLES]), int(ints[c.I_EVALUATIONS])
        depth = len(lane.settings.layers)
        steps, layers, whole, evaluated, evaluation, evaluation_layers = (part[index] for part in self._out)
        if evaluations:
            block = evaluation_layers[:evaluations, :depth]
            values = np.concatenate(
                [evaluation[:evaluations], block.transpose(0, 2, 1).reshape(evaluations, -1)], axis=1
            )
            lane.evaluation_history.append(evaluated[:evaluations].astype(float), values)
            self._remember(lane, _EVALUATION, evaluation[evaluations - 1])
            for column, name in enumerate(_EVALUATION_LAYER):
                lane.latest_layers[name] = block[-1, :, column].copy()
        if samples:
            block = layers[:samples, :depth]
            values = np.concatenate([whole[:samples], block.transpose(0, 2, 1).reshape(samples, -1)], axis=1)
            lane.step_history.append(steps[:samples].astype(float), values)
            self._remember(lane, _WHOLE, whole[samples - 1])
            for column, name in enumerate(_STEP_LAYER):
                lane.latest_layers[name] = block[-1, :, column].copy()
            if lane.first_non_finite is None:
                broken = np.argwhere(block[:, :, c.S_NON_FINITE] > 0)
                if len(broken):
                    at, layer = broken[0]
                    lane.first_non_finite = (int(steps[at]), int(layer) + 1)
        if self._keep_samples:
            self._keep(lane, steps[:samples], whole, layers[:, :depth], dict(zip(evaluated[:evaluations].tolist(),
                                                                                 evaluation, strict=False)))

    def _remember(self, lane: Lane, names: Sequence[str], values: NDArray[np.float64]) -> None:
        for name, value in zip(names, values, strict=True):
            if applies(name, lane.settings, lane.data):
                lane.latest[name] = float(value)

    def _keep(
        self,
        lane: Lane,
        steps: NDArray[np.int64],
        whole: NDArray[np.float64],
        layers: NDArray[np.float64],
        evaluations: Mapping[int, NDArray[np.float64]],
    ) -> None:
        for at, step in enumerate(steps.tolist()):
            row: dict[str, Any] = {"lane": lane.name, "step": step}
            named = zip(_WHOLE, whole[at].tolist(), strict=True)
            row.update((k, v) for k, v in named if applies(k, lane.settings, lane.data))
            row["layers"] = {name: layers[at, :, column].tolist() for column, name in enumerate(_STEP_LAYER)}
            self._samples.append(row)
        if not evaluations:
            return
        # An evaluation may come one launch after the step it belongs to; where launches are cut must not show
        for row in self._samples:
            if row["lane"] == lane.name and row["step"] in evaluations:
                per_layer = row.pop("layers")
                named = zip(_EVALUATION, evaluations[row["step"]].tolist(), strict=True)
                row.update((k, v) for k, v in named if applies(k, lane.settings, lane.data))
                row["layers"] = per_layer

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
        ints = self._arena.ints[index]
        settings, below, layers = lane.settings, lane.settings.inputs, []
        for layer in settings.layers:
            name = "output" if layer.index == len(settings.layers) else str(layer.index)
            layers.append(LayerInfo(layer.index, name, below, layer.units, layer.activation))
            below = layer.units
        state: LaneState = "training"
        if ints[c.I_STOPPED]:
            state = "stopped early"
        elif ints[c.I_STEP] >= ints[c.I_LIMIT]:
            state = "finished"
        shown = [name for name in whole_names if applies(name, settings, lane.data)]
        return LaneSnapshot(
            index,
            lane.name,
            int(ints[c.I_STEP]),
            state,
            lane.data.task,
            tuple(layers),
            parameter_count(settings),
            lane.data.key != self.lanes[0].data.key,
            settings,
            dict(lane.latest),
            dict(lane.latest_layers),
            {name: self._series(lane, name, None, points) for name in shown},
            {name: self._series(lane, name, len(layers), points) for name in layer_names},
            lane.first_non_finite,
        )

    def _series(self, lane: Lane, name: str, depth: int | None, points: int | None) -> Series:
        """``depth`` is the number of layers for a per-layer statistic, None for a whole-network one."""
        if depth is None:
            if name in _WHOLE:
                return lane.step_history.series([_WHOLE.index(name)], points)
            if name in _EVALUATION:
                return lane.evaluation_history.series([_EVALUATION.index(name)], points)
        elif name in _STEP_LAYER:
            start = len(_WHOLE) + _STEP_LAYER.index(name) * depth
            return lane.step_history.series(slice(start, start + depth), points)
        elif name in _EVALUATION_LAYER:
            start = len(_EVALUATION) + _EVALUATION_LAYER.index(name) * depth
            return lane.evaluation_history.series(slice(start, start + depth), points)
        known = _WHOLE + _EVALUATION if depth is None else _STEP_LAYER + _EVALUATION_LAYER
        raise InputError(f'unknown statistic "{name}"; {allowed_names(name, known)}')

    # ---- turning knobs -------------------------------------------------------------------------------------------

    def tweak(self, settings: Mapping[str, object], lane: str | None = None) -> Mark:
        """Change settings now, for one lane or all, e.g. ``{"train.lr": 0.01}``.

        What can change live does; a new shape, initializer, data or seed restarts the lane. Raises InputError (and
        changes nothing) where a value is not allowed.
        """
        chosen = self._named([x.name for x in self.lanes], lane)
        changed: dict[str, Lane] = {}
        for old in self.lanes:
            if old.name in chosen:
                tables = override(old.tables, settings, where="tweak")
                changed[old.name] = _new_lane(old.name, tables, *self._resolve(tables, old.name))
        new_lanes = [changed.get(old.name, old) for old in self.lanes]
        self._check_dtype(new_lanes)
        step = self.step
        restarted = self._replace(new_lanes)
        text = ", ".join(f"{key.split('.')[-1]} = {_shown(value)}" for key, value in settings.items())
        mark = Mark(step, lane, dict(settings), text, bool(restarted))
        self.marks.append(mark)
        return mark

    def _replace(self, new_lanes: list[Lane]) -> list[str]:
        """Rebuild the arena for the new settings; returns the lanes that had to start again."""
        old_arena, restarted = self._arena, []
        arena = self._assemble(new_lanes)
        for i, (old, new) in enumerate(zip(self.lanes, new_lanes, strict=True)):
            if must_restart((old.settings, old.data), (new.settings, new.data)):
                start_lane(arena, i, new.settings)
                restarted.append(new.name)
                continue
            carry_lane(old_arena, arena, i, new.settings, old.settings.optimizer == new.settings.optimizer)
            new.step_history, new.evaluation_history = old.step_history, old.evaluation_history
            new.latest, new.latest_layers = old.latest, old.latest_layers
            new.first_non_finite = old.first_non_finite
        self._arena, self.lanes = arena, new_lanes
        self._settle()
        return restarted

    def restart(self, seed: int | None = None) -> None:
        """Begin again from step 0 with the lanes' present settings, with another seed if one is given."""
        lanes = []
        for lane in self.lanes:
            tables = lane.tables if seed is None else override(lane.tables, {"train.seed": seed}, where="restart")
            lanes.append(_new_lane(lane.name, tables, *self._resolve(tables, lane.name)))
        self.lanes = lanes
        self.marks = []
        self._samples = []
        self._begin()

    def _resolve(self, tables: Mapping[str, Any], name: str) -> tuple[LaneSettings, LaneData]:
        resolved = resolve_lane(tables, name, where=self.scenario.name)
        return resolved.settings, resolved.data

    @staticmethod
    def _named(names: list[str], lane: str | None) -> list[str]:
        if lane is None:
            return names
        if lane not in names:
            raise InputError(f'unknown lane "{lane}"; {allowed_names(lane, names)}')
        return [lane]

    @staticmethod
    def _check_dtype(lanes: Sequence[Lane]) -> None:
        if len({lane.settings.dtype for lane in lanes}) > 1:
            raise InputError("train.dtype: all lanes of an experiment must have the same one")

    # ---- numbers in and out --------------------------------------------------------------------------------------

    def _index(self, lane: str | int) -> int:
        if isinstance(lane, int):
            if not 0 <= lane < len(self.lanes):
                raise InputError(f"lane {lane} does not exist; there are {len(self.lanes)}, counted from 0")
            return lane
        return [x.name for x in self.lanes].index(self._named([x.name for x in self.lanes], lane)[0])

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
            views[name][:] = value

    def gradients(self, lane: str | int = 0) -> dict[str, NDArray[Any]]:
        """∂(loss + penalty)/∂ of every parameter on the next mini-batch, before clipping. Changes nothing."""
        index = self._index(lane)
        self._probe(index)
        return {name: view.copy() for name, view in parameter_views(self._arena, index, c.I_GRADIENT).items()}

    def loss(self, lane: str | int = 0) -> float:
        """The data loss on the next mini-batch, with its dropout masks and noise. Changes nothing."""
        return self._probe(self._index(lane))

    def _probe(self, index: int) -> float:
        a = self._arena
        table, whole = np.zeros((a.plan.shape[1], c.STEP_STATISTICS)), np.zeros(c.WHOLE)
        with _LAUNCH:
            return float(
                probe_lane(
                    a.data, a.pool, a.order, a.plan[index], a.layer_reals[index], a.ints[index], a.reals[index],
                    table, whole,
                )
            )

    def save(self) -> dict[str, Any]:
        """Everything needed to come back to this moment, as a value for :meth:`load`."""
        return {
            "arena": self._arena.copy(),
            "lanes": [copy.copy(lane) for lane in self.lanes],
            "histories": [copy.deepcopy((x.step_history, x.evaluation_history)) for x in self.lanes],
            "latest": [(dict(x.latest), dict(x.latest_layers), x.first_non_finite) for x in self.lanes],
            "marks": list(self.marks),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Return to a moment that :meth:`save` kept; from there the same steps give the same bits."""
        self.lanes = [copy.copy(lane) for lane in state["lanes"]]
        for lane, histories, latest in zip(self.lanes, state["histories"], state["latest"], strict=True):
            lane.step_history, lane.evaluation_history = copy.deepcopy(histories)
            lane.latest, lane.latest_layers, lane.first_non_finite = dict(latest[0]), dict(latest[1]), latest[2]
        self.marks = list(state["marks"])
        self._assemble(self.lanes)
        self._arena = state["arena"].copy()


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
