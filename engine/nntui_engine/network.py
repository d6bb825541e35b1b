"""Lay lanes out in the flat arrays that the training kernels take.

A :class:`Layout` finds a place for everything and allocates it as one :class:`Arena`; what stands in that is read and
written by ``lane_state``. Finding places needs no Numba: that is how ``memory`` counts what a run will take.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .data.dataset import LaneData
from .data.probe import probe_rows
from .kernels import codes
from .kernels import columns as c
from .layout.rates import fill_codes, fill_rates
from .registry.activation import ACTIVATIONS
from .registry.loss import LOSSES
from .scenario.settings import LaneSettings

_ALIGN = 64  # bytes: lanes never share a cache line
# (pieces, from so many multiply-adds a step, from so many rows): a piece must be worth a meeting of threads
PIECES = ((4, 200_000_000, 256), (2, 1_500_000, 32))
_BATCH_NORM = {"none": codes.NO_BATCH_NORM, "before": codes.BATCH_NORM_BEFORE, "after": codes.BATCH_NORM_AFTER}
_ACCURACY = {"none": codes.ACCURACY_NONE, "argmax": codes.ACCURACY_ARGMAX, "threshold": codes.ACCURACY_THRESHOLD}


@dataclass(slots=True)
class Arena:
    """All lanes' numbers. Shapes: ``train_lane`` in kernels/train.py; tables have a leading lane axis."""

    data: NDArray[Any]
    pool: NDArray[Any]
    order: NDArray[np.int32]
    sums: NDArray[np.float64]
    plan: NDArray[np.int64]
    layer_reals: NDArray[np.float64]
    ints: NDArray[np.int64]
    reals: NDArray[np.float64]
    team: NDArray[np.int64]
    goals: NDArray[np.int64]

    @property
    def nbytes(self) -> int:
        """The memory of what a copy does not share."""
        own = (self.pool, self.order, self.sums, self.plan, self.layer_reals, self.ints, self.reals)
        return sum(part.nbytes for part in own)

    def copy(self) -> "Arena":
        """A copy that shares only the data."""
        return Arena(
            self.data,
            self.pool.copy(),
            self.order.copy(),
            self.sums.copy(),
            self.plan.copy(),
            self.layer_reals.copy(),
            self.ints.copy(),
            self.reals.copy(),
            np.zeros_like(self.team),
            self.goals.copy(),
        )


class _Allocator:
    """Hands out aligned offsets in a flat array of ``itemsize``-byte numbers."""

    def __init__(self, itemsize: int) -> None:
        self.size = 0
        self._itemsize = itemsize
        self._step = _ALIGN // itemsize

    @property
    def bytes(self) -> int:
        return self.size * self._itemsize

    def rounded(self, count: int) -> int:
        """``count`` numbers or a few more, so that what follows is aligned."""
        return -(-count // self._step) * self._step

    def take(self, count: int) -> int:
        start = self.size
        self.size += self.rounded(count)
        return start


def needs_own_output(settings: LaneSettings, index: int) -> bool:
    """Whether layer ``index`` (0-based) passes on something else than a = φ(z)."""
    layer = settings.layers[index]
    return layer.batch_norm == "after" or layer.dropout > 0.0


def parameter_count(settings: LaneSettings) -> int:
    """Trainable numbers of a lane: weights, biases, prelu's α, batch norm's γ and β."""
    count = 2 * settings.inputs if settings.batch_norm_inputs else 0
    below = settings.inputs
    for layer in settings.layers:
        count += (below + 1) * layer.units
        count += 1 if layer.activation == "prelu" else 0
        count += 2 * layer.units if layer.batch_norm != "none" else 0
        below = layer.units
    return count


class Layout:
    """Where every lane's numbers go, and so how much memory they take, before any of it is allocated.

    Lanes are added one by one; lanes whose data have the same key share them. All lanes share one dtype.
    """

    def __init__(self, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self._pool, self._order, self._sums = _Allocator(self.dtype.itemsize), _Allocator(4), _Allocator(8)
        self._data = _Allocator(self.dtype.itemsize)
        self._offsets: dict[str, list[int]] = {}
        self._parts: list[tuple[int, NDArray[np.float64]]] = []
        self._spreads: list[tuple[int, NDArray[np.float64]]] = []
        self._probes: list[tuple[int, NDArray[np.int64]]] = []
        self._rows: list[tuple[LaneSettings, NDArray[np.int64], NDArray[np.int64]]] = []

    def add(self, settings: LaneSettings, data: LaneData) -> None:
        """Find a place for one more lane's numbers."""
        plan = np.full((len(settings.layers), c.PLAN), -1, dtype=np.int64)
        ints = np.zeros(c.INTS, dtype=np.int64)
        _fill_ints(ints, settings, data, self._place_of(data))
        _lay_out_parameters(plan, ints, settings)
        _cut_into_pieces(plan, ints, settings)
        _lay_out_workspace(self._pool, self._sums, plan, ints, settings)
        probe = probe_rows(data.x_train.shape[0], settings.seed)
        ints[c.I_ORDER] = self._order.take(data.x_train.shape[0])
        ints[c.I_PROBE], ints[c.I_PROBE_ROWS] = self._order.take(probe.size), probe.size
        self._probes.append((int(ints[c.I_PROBE]), probe))
        ints[c.I_SUMS] = self._sums.take(3 * settings.outputs)
        self._spreads.append((int(ints[c.I_SUMS]), _spreads(data)))
        self._rows.append((settings, plan, ints))

    @property
    def bytes(self) -> int:
        """Memory of the arena, and of the data that its lanes were given. (A lane's tables are small change.)"""
        flat = (self._pool, self._order, self._sums, self._data)
        return sum(part.bytes for part in flat) + sum(array.nbytes for _, array in self._parts)

    @property
    def lanes(self) -> int:
        """Lanes added so far."""
        return len(self._rows)

    @property
    def depths(self) -> list[int]:
        """Layers of each lane."""
        return [len(settings.layers) for settings, _, _ in self._rows]

    @property
    def depth(self) -> int:
        """Layers of the deepest lane."""
        return max(self.depths)

    def allocate(self) -> Arena:
        """The arena, every table filled (parameters are still 0)."""
        from .kernels.team import TEAM

        lanes = len(self._rows)
        plan = np.full((lanes, self.depth, c.PLAN), -1, dtype=np.int64)
        layer_reals, reals = np.zeros((lanes, self.depth, c.LAYER_REALS)), np.zeros((lanes, c.REALS))
        for i, (settings, own_plan, _) in enumerate(self._rows):
            plan[i, : len(own_plan)] = own_plan
            _fill_reals(reals[i], layer_reals[i], settings)
        data, sums = np.zeros(self._data.size, self.dtype), np.zeros(self._sums.size)
        order = np.zeros(self._order.size, np.int32)
        with np.errstate(over="ignore"):  # an infinity in float32 is a result; non_finite names it
            for start, array in self._parts:
                data[start : start + array.size] = array.ravel()
        for start, spread in self._spreads:
            sums[start : start + spread.size] = spread
        for start, probe in self._probes:
            order[start : start + probe.size] = probe
        return Arena(
            data,
            np.zeros(self._pool.size, self.dtype),
            order,
            sums,
            plan,
            layer_reals,
            np.stack([ints for _, _, ints in self._rows]),
            reals,
            np.zeros(TEAM, np.int64),
            np.zeros(lanes + 1, np.int64),
        )

    def _place_of(self, data: LaneData) -> list[int]:
        if data.key not in self._offsets:
            arrays = (data.x_train, data.t_train, data.x_validation, data.t_validation)
            self._offsets[data.key] = [self._data.take(array.size) for array in arrays]
            self._parts += zip(self._offsets[data.key], arrays, strict=True)
        return self._offsets[data.key]


def assemble(lanes: Sequence[tuple[LaneSettings, LaneData]]) -> Arena:
    """Allocate and fill every table for these lanes (parameters are still 0). All lanes share one dtype."""
    layout = Layout(lanes[0][0].dtype)
    for settings, data in lanes:
        layout.add(settings, data)
    return layout.allocate()


def _spreads(data: LaneData) -> NDArray[np.float64]:
    """Σ (t − t̄)² per output, of the training rows and then of the held-out rows."""
    both = []
    for t in (data.t_train, data.t_validation):
        centre = t.mean(axis=0) if t.shape[0] else np.zeros(t.shape[1])
        with np.errstate(over="ignore"):  # an infinity is a result
            both.append(((t - centre) ** 2).sum(axis=0))
    return np.concatenate(both)


def _fill_reals(row: NDArray[np.float64], layers: NDArray[np.float64], settings: LaneSettings) -> None:
    from .kernels.activation import largest_slope

    for i, layer in enumerate(settings.layers):
        steepest = largest_slope(ACTIVATIONS[layer.activation].code, layer.alpha)
        l1 = (0.0, layer.l1) if settings.l1_method == "proximal" else (layer.l1, 0.0)
        layers[i] = (layer.alpha, layer.dropout, *l1, layer.l2, steepest)
    fill_rates(row, settings, c.R_SCHEDULE)
    row[c.R_CLIP_NORM] = settings.clip_norm
    row[c.R_CLIP_VALUE] = settings.clip_value
    row[c.R_HUBER_DELTA] = settings.huber_delta
    row[c.R_ACCURACY_THRESHOLD] = settings.accuracy_threshold
    row[c.R_BATCH_NORM_MOMENTUM] = settings.batch_norm_momentum
    row[c.R_INPUT_DROPOUT] = settings.input_dropout
    row[c.R_DROPCONNECT] = settings.dropconnect
    row[c.R_NOISE_INPUTS] = settings.noise_inputs
    row[c.R_NOISE_WEIGHTS] = settings.noise_weights
    row[c.R_NOISE_GRADIENTS] = settings.noise_gradients
    row[c.R_PLATEAU_FACTOR] = 1.0
    row[c.R_PLATEAU_BEST] = np.inf
    row[c.R_BEST_LOSS] = np.inf
    row[c.R_MOMENTUM_PRODUCT] = 1.0
    if settings.early_stopping is not None:
        row[c.R_MIN_DELTA] = settings.early_stopping.min_delta


def _fill_ints(row: NDArray[np.int64], settings: LaneSettings, data: LaneData, offsets: list[int]) -> None:
    stopping = settings.early_stopping
    row[c.I_LIMIT] = settings.steps
    row[c.I_LAYERS] = len(settings.layers)
    row[c.I_INPUTS] = settings.inputs
    row[c.I_OUTPUTS] = settings.outputs
    row[c.I_ROWS] = data.x_train.shape[0]
    row[c.I_VALIDATION_ROWS] = data.x_validation.shape[0]
    row[c.I_X], row[c.I_T], row[c.I_X_VALIDATION], row[c.I_T_VALIDATION] = offsets
    row[c.I_BATCH] = settings.batch_size
    row[c.I_SEED] = settings.seed
    row[c.I_LOSS] = LOSSES[settings.loss].code
    row[c.I_ACCURACY] = _ACCURACY[settings.accuracy]
    fill_codes(row, settings, c.I_OPTIMIZER, c.I_SCHEDULE)
    row[c.I_EVALUATE_EVERY] = settings.evaluate_every
    row[c.I_EVALUATION_ROW] = 0  # a run begins with an evaluation
    row[c.I_SAMPLE_EVERY] = 1
    row[c.I_PATIENCE] = -1 if stopping is None else stopping.patience
    row[c.I_RESTORE_BEST] = int(stopping is not None and stopping.restore_best)
    row[c.I_BEST_STEP] = -1
    row[c.I_BATCH_NORM_INPUTS] = int(settings.batch_norm_inputs)
    row[c.I_PERTURBED_WEIGHTS] = int(settings.dropconnect > 0.0 or settings.noise_weights > 0.0)
    rows = max(data.x_train.shape[0], data.x_validation.shape[0])
    row[c.I_CAPACITY] = max(settings.batch_size, min(c.EVALUATION_BLOCK, rows))


def _lay_out_parameters(plan: NDArray[np.int64], ints: NDArray[np.int64], settings: LaneSettings) -> None:
    position = 0
    if settings.batch_norm_inputs:
        ints[c.I_IN_GAMMA], ints[c.I_IN_BETA] = 0, settings.inputs
        position = 2 * settings.inputs
    below, units_before = settings.inputs, 0
    for row, layer in zip(plan, settings.layers, strict=False):
        row[c.P_INPUTS], row[c.P_UNITS] = below, layer.units
        row[c.P_ACTIVATION] = ACTIVATIONS[layer.activation].code
        row[c.P_BATCH_NORM] = _BATCH_NORM[layer.batch_norm]
        row[c.P_TRAINABLE] = int(layer.trainable)
        row[c.P_WEIGHTS] = position
        row[c.P_BIASES] = position + below * layer.units
        position = int(row[c.P_BIASES]) + layer.units
        if layer.activation == "prelu":
            row[c.P_ALPHA] = position
            position += 1
        if layer.batch_norm != "none":
            row[c.P_GAMMA], row[c.P_BETA] = position, position + layer.units
            position += 2 * layer.units
        row[c.P_END] = position
        row[c.P_ACTIVE] = units_before
        units_before += layer.units
        below = layer.units
    ints[c.I_PARAMETERS] = position


def _cut_into_pieces(plan: NDArray[np.int64], ints: NDArray[np.int64], settings: LaneSettings) -> None:
    """How many pieces a step is worked in: by the network and its batch alone, so that every machine does the same.

    What looks at all rows at once (batch norm), or is worked out for the whole network, keeps the step in one piece.
    """
    layers = plan[: len(settings.layers)]
    products = 3 * settings.batch_size * int((layers[:, c.P_INPUTS] * layers[:, c.P_UNITS]).sum())
    whole = (
        settings.batch_norm_inputs
        or any(layer.batch_norm != "none" or layer.activation == "prelu" for layer in settings.layers)
        or bool(ints[c.I_PERTURBED_WEIGHTS])
    )
    pieces = 1
    if not whole:
        pieces = next((n for n, work, rows in PIECES if products >= work and settings.batch_size >= rows), 1)
    ints[c.I_ROW_PIECES], ints[c.I_PARAMETER_PIECES] = pieces, pieces
    split = settings.clip_norm > 0.0 or settings.clip_value > 0.0 or settings.noise_gradients > 0.0
    plain = not split and all(layer.trainable and layer.l1 == 0.0 for layer in settings.layers)
    ints[c.I_SPLIT] = int(split)
    ints[c.I_TOGETHER] = int(pieces == 1 and plain and ints[c.I_PARAMETERS] <= c.STEP_BLOCK)


def _lay_out_workspace(
    pool: _Allocator,
    sums: _Allocator,
    plan: NDArray[np.int64],
    ints: NDArray[np.int64],
    settings: LaneSettings,
) -> None:
    count, rows, inputs = int(ints[c.I_PARAMETERS]), int(ints[c.I_CAPACITY]), settings.inputs
    normalised = [layer for layer in settings.layers if layer.batch_norm != "none"]
    running = 2 * sum(layer.units for layer in normalised) + (2 * inputs if settings.batch_norm_inputs else 0)
    for column in (c.I_THETA, c.I_GRADIENT, c.I_FIRST, c.I_SECOND):
        ints[column] = pool.take(count)
    ints[c.I_BEST] = pool.take(count + running) if settings.early_stopping is not None else 0
    ints[c.I_RUNNING], ints[c.I_RUNNING_SIZE] = pool.take(running), running
    ints[c.I_XB] = pool.take(rows * inputs)
    ints[c.I_TB] = pool.take(rows * settings.outputs)
    widest = max(layer.units for layer in settings.layers)
    units = sum(layer.units for layer in settings.layers)
    pieces = int(max(ints[c.I_ROW_PIECES], ints[c.I_PARAMETER_PIECES]))
    ints[c.I_SLOPES] = pool.take(rows * settings.outputs)
    ints[c.I_SCRATCH_SIZE] = pool.rounded(max(c.SCRATCH, c.SIMILARITY_BLOCK * widest))
    ints[c.I_SCRATCH] = pool.take(pieces * int(ints[c.I_SCRATCH_SIZE]))
    ints[c.I_ACTIVE] = pool.take(units)
    ints[c.I_FIRED_STEP] = pool.rounded(units)
    ints[c.I_FIRED] = pool.take(pieces * int(ints[c.I_FIRED_STEP]))
    ints[c.I_PARTIAL_STEP] = sums.rounded((len(settings.layers) + 1) * c.PARTIALS)
    ints[c.I_PARTIALS] = sums.take(pieces * int(ints[c.I_PARTIAL_STEP]))
    at_running = int(ints[c.I_RUNNING])
    if settings.batch_norm_inputs:
        ints[c.I_IN_RUNNING] = at_running
        at_running += 2 * inputs
        ints[c.I_IN_HAT] = pool.take(rows * inputs)
        ints[c.I_IN_INVERSE] = pool.take(inputs)
    if settings.input_dropout > 0.0:
        ints[c.I_IN_MASK] = pool.take(rows * inputs)
    for i, layer in enumerate(settings.layers):
        row, cells = plan[i], rows * layer.units
        row[c.P_Z], row[c.P_A], row[c.P_DELTA] = pool.take(cells), pool.take(cells), pool.take(cells)
        row[c.P_OUT] = pool.take(cells) if needs_own_output(settings, i) else row[c.P_A]
        if layer.batch_norm != "none":
            row[c.P_RUNNING] = at_running
            at_running += 2 * layer.units
            row[c.P_HAT], row[c.P_INVERSE] = pool.take(cells), pool.take(layer.units)
        if layer.dropout > 0.0:
            row[c.P_MASK] = pool.take(cells)
        if ints[c.I_PERTURBED_WEIGHTS]:
            size = int(row[c.P_INPUTS]) * layer.units
            row[c.P_PERTURBED] = pool.take(size)
            row[c.P_WEIGHT_MASK] = pool.take(size)
