"""One network in training: its settings, what it emitted so far, and the immutable view of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.dataset import LaneData
from ..data.facts import DataFacts, facts_of
from ..errors import InputError, allowed_names
from ..kernels import columns as c
from ..kernels.tables import Written
from ..layout.arena import Arena
from ..registry.layer_kinds import LAYER_KINDS
from ..registry.statistic import (
    EVALUATION_STATISTICS,
    LAYER_STATISTICS,
    SEQUENCE_BY_NAME,
    WHOLE_STATISTICS,
)
from ..run.history import History
from ..run.snapshot import LaneSnapshot, LaneState, LayerInfo, NetworkPart, NonFinite, Series
from ..run.task import Lane
from ..scenario.settings import LaneSettings
from .layers import layer_infos, shape_of

Array = NDArray[np.float64]

STEP_LAYER = [row.name for row in LAYER_STATISTICS if row.cadence == "step"]
EVALUATION_LAYER = [row.name for row in LAYER_STATISTICS if row.cadence == "evaluation"]
WHOLE = [row.name for row in WHOLE_STATISTICS]
EVALUATION = [row.name for row in EVALUATION_STATISTICS]


SAMPLES_A_LAUNCH = 1024
EVALUATIONS_A_LAUNCH = 256


def output_shapes(lanes: int, depth: int, more: int = 0) -> tuple[tuple[int, ...], ...]:
    """Of the tables that a launch writes for ``lanes`` lanes of at most ``depth`` layers, whose linked kinds measure
    ``more`` numbers: those of :class:`Emitted`,
    with a leading lane axis. The numbers are 8 bytes each."""
    samples, evaluations = (lanes, SAMPLES_A_LAUNCH), (lanes, EVALUATIONS_A_LAUNCH)
    return (
        samples,
        (*samples, depth, c.STEP_STATISTICS),
        (*samples, c.WHOLE),
        (*samples, max(more, 1)),
        evaluations,
        (*evaluations, c.EVALUATIONS),
        (*evaluations, depth, c.LAYER_EVALUATIONS),
    )


def tables_written(lanes: int, depth: int, more: int) -> Written:
    """The numbers of the steps and evaluations of a launch, and their statistics."""
    steps, layers, whole, own, evaluated, evaluation, evaluation_layers = output_shapes(lanes, depth, more)
    return Written(
        np.zeros(steps, np.int64), np.zeros(layers), np.zeros(whole), np.zeros(own),
        np.zeros(evaluated, np.int64), np.zeros(evaluation), np.zeros(evaluation_layers),
    )  # fmt: skip


def probed_loss(arena: Arena, lane: int) -> float:
    """The data loss of a lane's mini-batch, after it was run forward and back without a step."""
    ints = arena.ints[lane]
    at = ints[c.I_PARTIALS] + ints[c.I_NODES] * c.PARTIALS + c.F_LOSS
    return float(sum(arena.sums[at + piece * ints[c.I_PARTIAL_STEP]] for piece in range(ints[c.I_ROW_PIECES])))


def history_widths(depth: int) -> tuple[int, int]:
    """Series in a lane's histories of steps and of evaluations."""
    return len(WHOLE) + depth * len(STEP_LAYER), len(EVALUATION) + depth * len(EVALUATION_LAYER)


@dataclass(frozen=True, slots=True)
class Emitted:
    """What one launch wrote for one lane.

    ``steps`` (m,), ``layers`` (m, depth, STEP_STATISTICS), ``whole`` (m, WHOLE), ``more`` (m, …);
    ``evaluated`` (e,), ``evaluation`` (e, EVALUATIONS), ``evaluation_layers`` (e, depth, LAYER_EVALUATIONS).
    """

    steps: NDArray[np.int64]
    layers: Array
    whole: Array
    more: Array
    evaluated: NDArray[np.int64]
    evaluation: Array
    evaluation_layers: Array

    def thinned(self, every: int, last: int) -> "Emitted":
        """The same with only those sampled steps that ``every`` divides, and step ``last``."""
        if every == 1:
            return self
        kept = (self.steps % every == 0) | (self.steps == last)
        return replace(
            self, steps=self.steps[kept], layers=self.layers[kept], whole=self.whole[kept], more=self.more[kept]
        )


@dataclass
class NetworkLane(Lane):
    """One variant of the scenario, the rows it trains on, and its past."""

    settings: LaneSettings
    data: LaneData
    step_history: History
    evaluation_history: History
    sequence_history: History | None = None
    latest: dict[str, float] = field(default_factory=dict)
    latest_layers: dict[str, Array] = field(default_factory=dict)
    latest_sequence: Array = field(default_factory=lambda: np.empty(0))
    first_non_finite: NonFinite | None = None
    first_values: dict[str, NDArray[Any]] = field(default_factory=dict)

    @cached_property
    def infos(self) -> tuple[LayerInfo, ...]:
        """Its layers."""
        return layer_infos(self.settings)

    @cached_property
    def sequence_places(self) -> tuple[tuple[str, int, list[int]], ...]:
        """(statistic, index of its layer, its columns) of what the linked kinds measure."""
        return tuple(_sequence_places(self.settings))

    @classmethod
    def new(cls, name: str, tables: Mapping[str, Any], settings: LaneSettings, data: LaneData) -> "NetworkLane":
        """A lane with an empty past."""
        steps, evaluations = history_widths(len(settings.layers))
        lane = cls(name, tables, settings, data, History(steps), History(evaluations))
        if lane.sequence_places:
            lane.sequence_history = History(1 + max(max(columns) for *_, columns in lane.sequence_places))
        return lane

    @property
    def statistics(self) -> dict[str, Any]:
        """The newest value of every statistic that applies, by name; per-layer ones, (layers,), under "layers"."""
        return {**self.latest, "layers": dict(self.latest_layers)}

    def with_past_of(self, other: "NetworkLane") -> "NetworkLane":
        """This lane's settings with what ``other`` emitted; the two must have the same number of layers."""
        return replace(
            self,
            step_history=other.step_history,
            evaluation_history=other.evaluation_history,
            sequence_history=other.sequence_history,
            latest_sequence=other.latest_sequence,
            latest=other.latest,
            latest_layers=other.latest_layers,
            first_non_finite=other.first_non_finite,
        )

    @property
    def histories(self) -> dict[str, History]:
        """Its past: of steps, of evaluations, and of what linked kinds measure."""
        found = {"step": self.step_history, "evaluation": self.evaluation_history}
        return found if self.sequence_history is None else {**found, "sequence": self.sequence_history}

    def copy(self) -> "NetworkLane":
        """A lane whose past can grow without changing this one's."""
        return replace(
            self,
            step_history=self.step_history.copy(),
            evaluation_history=self.evaluation_history.copy(),
            sequence_history=None if self.sequence_history is None else self.sequence_history.copy(),
            latest=dict(self.latest),
            latest_layers=dict(self.latest_layers),
        )

    def applies(self, name: str) -> bool:
        """Whether a whole-network statistic has a meaning for this lane."""
        if name.startswith("validation_") and not self.data.x_validation.shape[0]:
            return False
        if name.endswith("accuracy"):
            return self.settings.accuracy != "none"
        if name.endswith("r2"):
            return self.data.task == "regression"
        return True

    def fold(self, new: Emitted) -> dict[str, tuple[Array, Array]]:
        """Add what a launch emitted to the past and to the newest values; returns it as the histories get it:
        steps (m,) and values (m, width)."""
        flat: dict[str, tuple[Array, Array]] = {}
        if len(new.evaluated):
            flat["evaluation"] = new.evaluated.astype(float), _flat(new.evaluation, new.evaluation_layers)
            self.evaluation_history.append(*flat["evaluation"])
            self._remember(EVALUATION, new.evaluation[-1])
            for column, name in enumerate(EVALUATION_LAYER):
                self.latest_layers[name] = new.evaluation_layers[-1, :, column].copy()
        if len(new.steps):
            flat["step"] = new.steps.astype(float), _flat(new.whole, new.layers)
            self.step_history.append(*flat["step"])
            self._remember(WHOLE, new.whole[-1])
            if self.sequence_history is not None:
                flat["sequence"] = flat["step"][0], new.more.copy()
                self.sequence_history.append(*flat["sequence"])
                self.latest_sequence = new.more[-1].copy()
            for column, name in enumerate(STEP_LAYER):
                self.latest_layers[name] = new.layers[-1, :, column].copy()
        return flat

    def renew_latest(self) -> None:
        """Take the newest values from the past, as of a lane whose past was read from elsewhere."""
        depth = len(self.settings.layers)
        for history, names, layer_names in (
            (self.evaluation_history, EVALUATION, EVALUATION_LAYER),
            (self.step_history, WHOLE, STEP_LAYER),
        ):
            newest = history.last()
            if newest is not None:
                self._remember(names, newest[: len(names)])
                by_layer = newest[len(names) :].reshape(len(layer_names), depth)
                self.latest_layers.update(zip(layer_names, by_layer, strict=True))
        newest = None if self.sequence_history is None else self.sequence_history.last()
        if newest is not None:
            self.latest_sequence = newest

    def _remember(self, names: Sequence[str], values: Array) -> None:
        for name, value in zip(names, values.tolist(), strict=True):
            if self.applies(name):
                self.latest[name] = value

    def sample_rows(self, new: Emitted) -> list[dict[str, Any]]:
        """The sampled steps of a launch as plain values: {lane, step, loss, …, layers: {statistic: [per layer]}}.

        Where layers are recurrent, also sequences: {statistic: {layer's name: [per time step or gate]}}.
        """
        evaluations = {step: at for at, step in enumerate(new.evaluated.tolist())}
        rows = []
        for at, step in enumerate(new.steps.tolist()):
            values = dict(zip(WHOLE, new.whole[at].tolist(), strict=True))
            layers = {name: new.layers[at, :, column].tolist() for column, name in enumerate(STEP_LAYER)}
            if step in evaluations:
                evaluated = evaluations[step]
                values.update(zip(EVALUATION, new.evaluation[evaluated].tolist(), strict=True))
                for column, name in enumerate(EVALUATION_LAYER):
                    layers[name] = new.evaluation_layers[evaluated, :, column].tolist()
            row: dict[str, Any] = {"lane": self.name, "step": step}
            row.update((name, value) for name, value in values.items() if self.applies(name))
            row["layers"] = layers
            if self.sequence_places:
                row["sequences"] = self._named_sequences(new.more[at])
            rows.append(row)
        return rows

    def _named_sequences(self, numbers: Array) -> dict[str, dict[str, list[float]]]:
        """What linked kinds measured at a step, by statistic and the layer's name."""
        found: dict[str, dict[str, list[float]]] = {}
        for name, layer, columns in self.sequence_places:
            found.setdefault(name, {})[self.infos[layer - 1].name] = numbers[columns].tolist()
        return found

    def add_late_evaluations(self, new: Emitted, rows: Sequence[dict[str, Any]]) -> None:
        """Put evaluations that came a launch after their step into that step's row in ``rows``.

        Where launches are cut follows the clock, and must not show in what a run writes.
        """
        steps = set(new.steps.tolist())
        late = {step: at for at, step in enumerate(new.evaluated.tolist()) if step not in steps}
        for row in reversed(rows) if late else ():
            at = late.get(row["step"]) if row["lane"] == self.name else None
            if at is None:
                continue
            layers = row.pop("layers")
            values = zip(EVALUATION, new.evaluation[at].tolist(), strict=True)
            row.update((name, value) for name, value in values if self.applies(name))
            for column, name in enumerate(EVALUATION_LAYER):
                layers[name] = new.evaluation_layers[at, :, column].tolist()
            row["layers"] = layers

    def series(self, name: str, by_layer: bool, points: int | None) -> Series:
        """The past of one statistic, its beginning dated where ``points`` is None; InputError if there is none."""
        history, columns = self._place(name, by_layer)
        return history.dated_series(columns) if points is None else history.series(columns, points)

    def _place(self, name: str, by_layer: bool) -> tuple[History, slice | list[int]]:
        depth = len(self.settings.layers)
        if not by_layer:
            if name in WHOLE:
                return self.step_history, [WHOLE.index(name)]
            if name in EVALUATION:
                return self.evaluation_history, [EVALUATION.index(name)]
        elif name in STEP_LAYER:
            start = len(WHOLE) + STEP_LAYER.index(name) * depth
            return self.step_history, slice(start, start + depth)
        elif name in EVALUATION_LAYER:
            start = len(EVALUATION) + EVALUATION_LAYER.index(name) * depth
            return self.evaluation_history, slice(start, start + depth)
        known = STEP_LAYER + EVALUATION_LAYER if by_layer else WHOLE + EVALUATION
        raise InputError(f'unknown statistic "{name}"; {allowed_names(name, known)}')

    def _sequences(self) -> dict[str, dict[int, Array]]:
        """The newest numbers of what linked kinds measure, by statistic and layer."""
        found: dict[str, dict[int, Array]] = {}
        for name, layer, columns in self.sequence_places if len(self.latest_sequence) else ():
            found.setdefault(name, {})[layer] = self.latest_sequence[columns]
        return found

    def _past(self, statistic: str, points: int | None) -> dict[int, Series]:
        """Their past, by layer."""
        past = self.sequence_history
        if past is None:
            return {}
        places = [(layer, columns) for name, layer, columns in self.sequence_places if name == statistic]
        if points is None:
            return {layer: past.dated_series(columns) for layer, columns in places}
        return {layer: past.series(columns, points) for layer, columns in places}

    @cached_property
    def facts(self) -> DataFacts:
        """What its data are like."""
        return facts_of(self.data)

    def snapshot(
        self,
        index: int,
        step: int,
        state: LaneState,
        parameters: int,
        own_data: bool,
        layer_names: Sequence[str],
        whole_names: Sequence[str],
        points: int | None,
    ) -> LaneSnapshot:
        """An immutable view of the lane at ``step``, with the histories of the named statistics."""
        return LaneSnapshot(
            index=index,
            name=self.name,
            step=step,
            state=state,
            own=NetworkPart(self.settings, self.data.task, parameters, own_data, self.first_non_finite, self.facts),
            whole=dict(self.latest),
            layers=self.infos,
            per_layer=dict(self.latest_layers),
            whole_history={name: self.series(name, False, points) for name in whole_names if self.applies(name)},
            layer_history={
                name: self.series(name, True, points) for name in layer_names if name not in SEQUENCE_BY_NAME
            },
            sequences=self._sequences(),
            sequence_history={name: self._past(name, points) for name in layer_names if name in SEQUENCE_BY_NAME},
        )


def _flat(whole: Array, layers: Array) -> Array:
    """(m, whole + statistics·depth): the layers of one statistic stand side by side."""
    return np.concatenate([whole, layers.transpose(0, 2, 1).reshape(len(whole), -1)], axis=1)


def _sequence_places(settings: LaneSettings) -> Iterator[tuple[str, int, list[int]]]:
    at = 0
    for layer, (read, _) in zip(settings.layers, shape_of(settings.layers, settings.shape), strict=True):
        for name, count in LAYER_KINDS[layer.kind].plan(read, layer).more:
            columns = list(range(at, at + count))
            at += count
            if name == "gates":  # a mean and a share for each
                yield "gate_mean", layer.index, columns[::2]
                yield "gate_saturated", layer.index, columns[1::2]
            else:
                yield name, layer.index, columns
