"""Training networks: the lanes' arena, one launch of the training kernel after another."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiling.parts import parts_of
from ..data.dataset import LaneData
from ..diagnosis.unchecked import unchecked_in
from ..diagnosis.verdict import WATCHED, WATCHED_WHOLE, found_in
from ..errors import InputError, allowed_names
from ..kernels import columns as c
from ..kernels.predict import predict_lane
from ..kernels.tables import Written
from ..kernels.team import HELP, LEAD, PROBER
from ..kernels.train import train_lanes
from ..layout.arena import Arena, parameter_views, running_views
from ..layout.layout import Layout
from ..run.finding import Finding, Unchecked
from ..run.launch import launch, launching
from ..run.snapshot import LaneSnapshot, LaneState
from ..run.task import Steps, Task
from ..scenario.settings import LaneSettings
from .lane_state import carry_lane, first_non_finite, must_restart, start_lane
from .memory import bytes_of_run, lay_out, size_in_words
from .network_lane import Emitted, NetworkLane, probed_loss, tables_written
from .resolve import resolve_lane
from .transfer import first_values

LAUNCH_SECONDS = 0.02  # aim; a launch cannot be interrupted


class NetworkTask(Task[NetworkLane, Arena, Layout]):
    """Networks that train in lockstep."""

    _budget = 256  # rows in a launch
    _out: Written | None = None

    @property
    def arena(self) -> Arena:
        """The lanes' numbers as they stand (see ``layout/``); they change with the next step."""
        return self._numbers

    @property
    def step(self) -> Steps:
        """Updates done by each lane: (lanes,)."""
        return self._numbers.ints[:, c.I_STEP]

    @property
    def limit(self) -> Steps:
        """The last step of each lane: (lanes,)."""
        return self._numbers.ints[:, c.I_LIMIT]

    @property
    def ended(self) -> NDArray[np.bool_]:
        """Which lanes early stopping has ended: (lanes,)."""
        return np.equal(self._numbers.ints[:, c.I_STOPPED], 1)

    @property
    def cut_short(self) -> LaneState:
        """Its patience ended it."""
        return "stopped early"

    def parts(self, lanes: Sequence[NetworkLane]) -> tuple[str, ...]:
        """The number type of the first lane, which all lanes share, and what their kinds of layer need beside it."""
        kinds = {layer.kind for lane in lanes for layer in lane.settings.layers}
        augmented = any(lane.settings.augment is not None for lane in lanes)
        return parts_of(lanes[0].settings.dtype, kinds, augmented)

    def pending(self, goals: Steps) -> bool:
        """Whether a lane is evaluating, or has steps to make before its goal."""
        waiting = self._numbers.ints[:, c.I_EVALUATION_ROW] >= 0
        return bool(np.any(waiting | ((self.step < goals) & ~self.ended)))

    def launch(self, goals: Steps) -> None:
        """Train all lanes for about ``LAUNCH_SECONDS`` towards ``goals`` (lanes,), and fold in what they emitted."""
        a, start = self._numbers, time.perf_counter()
        a.goals[:-1], a.goals[-1] = goals, self._budget
        tables, written = a.tables(), self._written()
        shared = len(self.lanes) > 1 or a.ints[0, c.I_ROW_PIECES] > 1
        helping = (lambda: train_lanes(HELP, tables, written)) if shared else None
        launch(lambda: train_lanes(LEAD, tables, written), helping)
        took = time.perf_counter() - start
        # The budget follows the clock; where a launch is cut has no influence on the numbers
        self._budget = int(
            min(max(self._budget * LAUNCH_SECONDS / max(took, 1e-6), self._budget / 2, 64), self._budget * 2, 2**40)
        )
        for i, lane in enumerate(self.lanes):
            self._fold(i, lane)

    def _fold(self, index: int, lane: NetworkLane) -> None:
        """Move what the launch wrote for a lane into its past."""
        ints, depth = self._numbers.ints[index], len(lane.settings.layers)
        m, e = int(ints[c.I_SAMPLES]), int(ints[c.I_EVALUATIONS])
        steps, layers, whole, more, evaluated, evaluation, evaluation_layers = (part[index] for part in self._written())
        own = 0 if lane.sequence_history is None else lane.sequence_history.width
        new = Emitted(
            steps[:m],
            layers[:m, :depth],
            whole[:m],
            more[:m, :own],
            evaluated[:e],
            evaluation[:e],
            evaluation_layers[:e, :depth],
        )
        flat = lane.fold(new)
        if self.emitted is not None:
            self.emitted(index, flat)
        if lane.first_non_finite is None:
            lane.first_non_finite = first_non_finite(self._numbers, index)
        if self._keep_samples:
            lane.add_late_evaluations(new, self._samples or self._sorted)  # it may have been arranged anew since
            self._samples += lane.sample_rows(new.thinned(self._keep_samples, lane.settings.steps))

    # -- lanes ------------------------------------------------------------------------------------------------------

    def resolve(
        self, tables: Mapping[str, Mapping[str, Any]], kept: Mapping[str, NetworkLane]
    ) -> tuple[list[NetworkLane], Layout]:
        """The lanes with their data, and the layout of the arena that holds them all.

        Raises InputError where settings or data do not fit, or need more memory than a run may take.
        """
        lanes: list[NetworkLane] = []

        def one_by_one() -> Iterator[tuple[LaneSettings, LaneData]]:
            for name, table in tables.items():
                lanes.append(kept[name] if name in kept else self._new_lane(name, table))
                yield lanes[-1].settings, lanes[-1].data

        layout = lay_out(one_by_one(), self.where)
        return lanes, layout

    def _new_lane(self, name: str, tables: Mapping[str, Any]) -> NetworkLane:
        resolved = resolve_lane(tables, name, where=self.where)
        lane = NetworkLane.new(name, tables, resolved.settings, resolved.data)
        lane.first_values = first_values(resolved.settings, f'{self.where}: lane "{name}"' if name else self.where)
        return lane

    def assemble(self, lanes: Sequence[NetworkLane], room: Layout) -> Arena:  # noqa: ARG002
        """An arena, and tables for what a launch writes. Raises InputError where the machine has not the memory."""
        try:
            arena = room.allocate()
            self._out = tables_written(room.lanes, room.depth, room.more)
        except MemoryError:
            needed = size_in_words(bytes_of_run(room))
            raise InputError(f"{self.where}: this machine does not have {needed} of memory to give") from None
        arena.ints[:, c.I_SAMPLE_EVERY] = self.every
        return arena

    def _written(self) -> Written:
        """Tables for what a launch writes; a copy makes its own when it first needs them."""
        if self._out is None:
            lanes, nodes, _ = self._numbers.nodes.shape
            more = int(self._numbers.nodes[:, :, c.N_MORE_COUNT].clip(0).sum(axis=1).max())
            self._out = tables_written(lanes, nodes - 1, more)
        return self._out

    def must_restart(self, old: NetworkLane, new: NetworkLane) -> bool:
        """Whether the shape, the first weights, the number type, the data or the seed have changed."""
        return must_restart((old.settings, old.data), (new.settings, new.data))

    def start(self, index: int, lane: NetworkLane) -> None:
        """Draw the lane's first parameters, or take those that were learned before."""
        start_lane(self._numbers, index, lane.settings)
        views = self._views(index)
        for name, value in lane.first_values.items():
            views[name][:] = value

    def carry(self, before: Arena, was: int, index: int, old: NetworkLane, new: NetworkLane) -> None:
        """Copy what the network has learned out of ``before``; a new optimizer starts with empty memories."""
        same_optimizer = old.settings.optimizer == new.settings.optimizer
        carry_lane((before, was), (self._numbers, index), new.settings, same_optimizer)

    def copy(self) -> "NetworkTask":
        """A moment of this task that no further step changes; it shares the data."""
        other = super().copy()
        other._out = None
        return other

    def lane_snapshot(
        self, index: int, layer_history: Sequence[str], whole_history: Sequence[str], points: int | None
    ) -> LaneSnapshot:
        """The lane's network as it is, and whether its data are others than the first lane's."""
        lane = self.lanes[index]
        own_data = lane.data.split_key != self.lanes[0].data.split_key
        ints = self._numbers.ints[index]
        step, parameters, state = int(ints[c.I_STEP]), int(ints[c.I_PARAMETERS]), self.state_of(index)
        return lane.snapshot(index, step, state, parameters, own_data, layer_history, whole_history, points)

    def findings(self) -> list[Finding]:
        """What the rules of diagnosis find in each lane now, causes before symptoms."""
        return found_in(self._watched())

    def unchecked(self) -> list[Unchecked]:
        """What they could not look at, lane by lane."""
        return unchecked_in(self._watched())

    def _watched(self) -> Iterator[LaneSnapshot]:
        return (self.lane_snapshot(i, WATCHED, WATCHED_WHOLE, None) for i in range(len(self.lanes)))

    # -- one lane's network -----------------------------------------------------------------------------------------

    def parameters(self, lane: int = 0) -> dict[str, NDArray[Any]]:
        """Copies of a lane's parameters and running statistics, by name: "1.weights" (inputs, units), "1.biases", …, or
        with the names that the file gives its layers."""
        return {name: view.copy() for name, view in self._views(lane).items()}

    def _views(self, lane: int) -> dict[str, NDArray[Any]]:
        """What :meth:`parameters` copies."""
        views = {**parameter_views(self._numbers, lane), **running_views(self._numbers, lane)}
        return self._named(lane, views)

    def _named(self, lane: int, views: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The same by the names that the file gives its layers, where it does."""
        labels = {str(layer.index): layer.label for layer in self.lanes[lane].settings.layers}
        pairs = ((name.split(".", 1), view) for name, view in views.items())
        return {f"{labels.get(layer, layer)}.{what}": view for (layer, what), view in pairs}

    def set_parameters(self, lane: int, values: Mapping[str, NDArray[Any]]) -> None:
        """Overwrite some of a lane's parameters; names and shapes as in :meth:`parameters`, or InputError."""
        views = self._views(lane)
        for name, value in values.items():
            if name not in views:
                raise InputError(f'unknown parameter "{name}"; {allowed_names(name, list(views))}')
            if np.shape(value) != views[name].shape:
                raise InputError(f"{name}: shape {np.shape(value)} does not fit; must be {views[name].shape}")
        for name, value in values.items():
            views[name][:] = value

    def gradients(self, lane: int = 0) -> dict[str, NDArray[Any]]:
        """∂(loss + penalty)/∂ of every parameter on the next mini-batch, in its shape, before clipping. No change."""
        self.probe(lane)
        views = self._named(lane, parameter_views(self._numbers, lane, c.I_GRADIENT))
        return {name: view.copy() for name, view in views.items()}

    def penalty(self, lane: int = 0, in_gradient: bool = False) -> float:
        """Σ l1·‖W‖₁ + ½·l2·‖W‖² of a lane's weights as they are; ``in_gradient``: the part that :meth:`gradients` hold
        the derivative of."""
        weights, settings = parameter_views(self._numbers, lane), self.lanes[lane].settings
        with_l1 = not (in_gradient and settings.l1_method == "proximal")
        total = 0.0
        for layer in settings.layers:
            if f"{layer.index}.weights" not in weights:
                continue
            w = weights[f"{layer.index}.weights"].astype(np.float64)
            total += layer.l1 * float(np.abs(w).sum()) * with_l1 + 0.5 * layer.l2 * float((w * w).sum())
        return total

    def probe(self, lane: int) -> float:
        """The loss of a lane's next mini-batch, forward and back without a step; the arena holds what was passed on."""
        a = self._numbers
        with launching():
            train_lanes(PROBER, a.tables_of(lane), self._written())
        return probed_loss(a, lane)

    def predict(self, x: NDArray[Any], lane: int = 0, sample: int | None = None) -> NDArray[np.float64]:
        """The network's outputs (rows, outputs) for preprocessed inputs ``x`` (rows, inputs). Changes nothing.

        Raises InputError for another shape.
        """
        a = self._numbers
        rows = np.ascontiguousarray(x, dtype=a.pool.dtype)
        inputs = int(a.ints[lane, c.I_INPUTS])
        if rows.ndim != 2 or rows.shape[1] != inputs:
            raise InputError(f"predict: x has shape {rows.shape}; must be (rows, {inputs})")
        out = np.zeros((len(rows), int(a.ints[lane, c.I_OUTPUTS])))
        number = -1 if sample is None else sample
        with launching():
            predict_lane(rows, number, a.tables(), lane, out)
        return out
