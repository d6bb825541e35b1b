"""Lay lanes out in the flat arrays that the training kernels take.

``assemble`` turns the settings and data of all lanes into one :class:`Arena`; ``start_lane`` draws a lane's first
weights; ``carry_lane`` copies what a lane has learned into a new arena after a setting changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .activations import ACTIVATIONS
from .data.dataset import LaneData
from .initializers import draw_weights
from .kernels import codes
from .kernels import columns as c
from .kernels.activation import largest_slope
from .kernels.measure import SIMILARITY_BLOCK
from .kernels.optimizer import HYPERPARAMETERS, MOMENTUM, MOMENTUM_END
from .losses import LOSSES
from .optimizers import OPTIMIZERS
from .schedules import SCHEDULES
from .settings import LaneSettings

_ALIGN = 64  # bytes: lanes never share a cache line
_BATCH_NORM = {"none": codes.NO_BATCH_NORM, "before": codes.BATCH_NORM_BEFORE, "after": codes.BATCH_NORM_AFTER}
_ACCURACY = {"none": codes.ACCURACY_NONE, "argmax": codes.ACCURACY_ARGMAX, "threshold": codes.ACCURACY_THRESHOLD}

# What a run has reached, as against what its settings say: kept when settings change
_PROGRESS_INTS = (
    c.I_STEP,
    c.I_STOPPED,
    c.I_POSITION,
    c.I_EPOCH,
    c.I_UPDATES,
    c.I_EVALUATION_ROW,
    c.I_RESTORED,
    c.I_BAD_EVALUATIONS,
    c.I_BEST_STEP,
    c.I_PLATEAU_BAD,
)
_PROGRESS_REALS = (c.R_PLATEAU_FACTOR, c.R_PLATEAU_BEST, c.R_BEST_LOSS, c.R_MOMENTUM_PRODUCT)


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
        )


class _Allocator:
    """Hands out aligned offsets in a flat array of ``itemsize``-byte numbers."""

    def __init__(self, itemsize: int) -> None:
        self.size = 0
        self._step = _ALIGN // itemsize

    def take(self, count: int) -> int:
        start = self.size
        self.size += -(-count // self._step) * self._step
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


def assemble(lanes: Sequence[tuple[LaneSettings, LaneData]]) -> Arena:
    """Allocate and fill every table for these lanes (parameters are still 0). All lanes share one dtype."""
    dtype = np.dtype(lanes[0][0].dtype)
    data, data_offsets = _data_arena([d for _, d in lanes], dtype)
    depth = max(len(s.layers) for s, _ in lanes)
    plan = np.full((len(lanes), depth, c.PLAN), -1, dtype=np.int64)
    layer_reals = np.zeros((len(lanes), depth, c.LAYER_REALS))
    ints = np.zeros((len(lanes), c.INTS), dtype=np.int64)
    reals = np.zeros((len(lanes), c.REALS))
    pool, order, sums = _Allocator(dtype.itemsize), _Allocator(4), _Allocator(8)
    spreads: list[tuple[int, NDArray[np.float64]]] = []
    for i, (settings, lane_data) in enumerate(lanes):
        _fill_reals(reals[i], settings)
        _fill_ints(ints[i], settings, lane_data, data_offsets[lane_data.key])
        _lay_out_parameters(plan[i], ints[i], settings)
        _lay_out_workspace(pool, plan[i], layer_reals[i], ints[i], settings)
        ints[i, c.I_ORDER] = order.take(lane_data.x_train.shape[0])
        ints[i, c.I_SUMS] = sums.take(3 * settings.outputs)
        spreads.append((int(ints[i, c.I_SUMS]), _spreads(lane_data)))
    all_sums = np.zeros(sums.size)
    for start, spread in spreads:
        all_sums[start : start + spread.size] = spread
    return Arena(
        data, np.zeros(pool.size, dtype), np.zeros(order.size, np.int32), all_sums, plan, layer_reals, ints, reals
    )


def _data_arena(lanes: list[LaneData], dtype: np.dtype[Any]) -> tuple[NDArray[Any], dict[str, list[int]]]:
    allocator = _Allocator(dtype.itemsize)
    offsets: dict[str, list[int]] = {}
    parts: list[tuple[int, NDArray[np.float64]]] = []
    for lane in lanes:
        if lane.key in offsets:
            continue
        offsets[lane.key] = []
        for array in (lane.x_train, lane.t_train, lane.x_validation, lane.t_validation):
            start = allocator.take(array.size)
            offsets[lane.key].append(start)
            parts.append((start, array))
    arena = np.zeros(allocator.size, dtype)
    for start, array in parts:
        arena[start : start + array.size] = array.ravel()
    return arena, offsets


def _spreads(data: LaneData) -> NDArray[np.float64]:
    """Σ (t − t̄)² per output, of the training rows and then of the held-out rows."""
    both = []
    for t in (data.t_train, data.t_validation):
        centre = t.mean(axis=0) if t.shape[0] else np.zeros(t.shape[1])
        both.append(((t - centre) ** 2).sum(axis=0))
    return np.concatenate(both)


def _fill_reals(row: NDArray[np.float64], settings: LaneSettings) -> None:
    for column, name in enumerate(HYPERPARAMETERS):
        row[column] = settings.optimizer_parameters.get(name, 0.0)
    row[MOMENTUM_END] = row[MOMENTUM]
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
    schedule = SCHEDULES[settings.schedule]
    for column, parameter in enumerate(schedule.parameters):
        row[c.R_SCHEDULE + column] = settings.schedule_parameters[parameter.name]
    if schedule.code == codes.COSINE and row[c.R_SCHEDULE] == 0.0:
        row[c.R_SCHEDULE] = settings.steps
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
    row[c.I_OPTIMIZER] = OPTIMIZERS[settings.optimizer].code
    row[c.I_SCHEDULE] = SCHEDULES[settings.schedule].code
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


def _lay_out_workspace(
    pool: _Allocator,
    plan: NDArray[np.int64],
    layer_reals: NDArray[np.float64],
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
    ints[c.I_SLOPES] = pool.take(rows * widest)
    ints[c.I_SCRATCH_SIZE] = max(c.SCRATCH, SIMILARITY_BLOCK * widest)
    ints[c.I_SCRATCH] = pool.take(int(ints[c.I_SCRATCH_SIZE]))
    ints[c.I_ACTIVE] = pool.take(sum(layer.units for layer in settings.layers))
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
        layer_reals[i] = (
            layer.alpha,
            layer.dropout,
            layer.l1,
            layer.l2,
            largest_slope(int(row[c.P_ACTIVATION]), layer.alpha),
        )


def parameter_views(arena: Arena, lane: int, section: int = c.I_THETA) -> dict[str, NDArray[Any]]:
    """Named views into one section of a lane's pool: ``c.I_THETA`` (parameters), ``c.I_GRADIENT``, ….

    "1.weights" (inputs, units), "1.biases" (units), and where they exist "1.alpha" (1), "1.gamma", "1.beta",
    "inputs.gamma", "inputs.beta". Layers count from 1, the output layer is the last.
    """
    return dict(_named_views(arena, lane, int(arena.ints[lane, section])))


def _named_views(arena: Arena, lane: int, base: int) -> Iterator[tuple[str, NDArray[Any]]]:
    ints, pool = arena.ints[lane], arena.pool
    if ints[c.I_BATCH_NORM_INPUTS]:
        inputs = int(ints[c.I_INPUTS])
        for name, column in (("gamma", c.I_IN_GAMMA), ("beta", c.I_IN_BETA)):
            at = base + int(ints[column])
            yield f"inputs.{name}", pool[at : at + inputs]
    for i in range(int(ints[c.I_LAYERS])):
        row = arena.plan[lane, i]
        inputs, units = int(row[c.P_INPUTS]), int(row[c.P_UNITS])
        at = base + int(row[c.P_WEIGHTS])
        yield f"{i + 1}.weights", pool[at : at + inputs * units].reshape(inputs, units)
        for name, column, size in (
            ("biases", c.P_BIASES, units),
            ("alpha", c.P_ALPHA, 1),
            ("gamma", c.P_GAMMA, units),
            ("beta", c.P_BETA, units),
        ):
            if row[column] >= 0:
                at = base + int(row[column])
                yield f"{i + 1}.{name}", pool[at : at + size]


def running_views(arena: Arena, lane: int) -> dict[str, NDArray[Any]]:
    """Named views of batch norm's running statistics: "1.running_mean", "1.running_variance", "inputs.…"."""
    ints, views = arena.ints[lane], {}
    places = [("inputs", int(ints[c.I_IN_RUNNING]), int(ints[c.I_INPUTS]))] if ints[c.I_BATCH_NORM_INPUTS] else []
    for i in range(int(ints[c.I_LAYERS])):
        row = arena.plan[lane, i]
        if row[c.P_BATCH_NORM] != codes.NO_BATCH_NORM:
            places.append((str(i + 1), int(row[c.P_RUNNING]), int(row[c.P_UNITS])))
    for name, at, units in places:
        views[f"{name}.running_mean"] = arena.pool[at : at + units]
        views[f"{name}.running_variance"] = arena.pool[at + units : at + 2 * units]
    return views


def start_lane(arena: Arena, lane: int, settings: LaneSettings) -> None:
    """Draw the lane's first parameters. Layer l's draw depends on (seed, l) and its own shape alone."""
    views = parameter_views(arena, lane)
    for layer in settings.layers:
        generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((settings.seed, layer.index))))
        weights = views[f"{layer.index}.weights"]
        inputs, units = weights.shape
        weights[:] = draw_weights(layer.init, generator, inputs, units, layer.init_scale)
        biases = views[f"{layer.index}.biases"]
        if layer.bias == "normal":
            biases[:] = layer.bias_scale * generator.standard_normal(layer.units)
        else:
            biases[:] = layer.bias
    _start_extras(views, settings)
    for name, view in running_views(arena, lane).items():
        view[:] = 1.0 if name.endswith("variance") else 0.0


def _start_extras(views: dict[str, NDArray[Any]], settings: LaneSettings) -> None:
    for name, view in views.items():
        if name.endswith(".gamma"):
            view[:] = 1.0
        elif name.endswith(".beta"):
            view[:] = 0.0
        elif name.endswith(".alpha"):
            view[:] = settings.layers[int(name.split(".")[0]) - 1].alpha


def must_restart(old: tuple[LaneSettings, LaneData], new: tuple[LaneSettings, LaneData]) -> bool:
    """Whether a change of settings is one that only a fresh start can follow: shape, first weights, data, seed."""
    return _start_of(*old) != _start_of(*new)


def _start_of(settings: LaneSettings, data: LaneData) -> tuple[object, ...]:
    layers = tuple((x.units, x.init, x.init_scale, x.bias, x.bias_scale) for x in settings.layers)
    return (layers, settings.inputs, settings.seed, settings.dtype, data.key)


def carry_lane(old: Arena, new: Arena, lane: int, settings: LaneSettings, same_optimizer: bool) -> None:
    """Copy what the lane has learned from ``old`` to ``new``, which has the same weight shapes.

    A new optimizer starts with empty memories; batch norm or prelu switched on now start from their defaults.
    """
    _start_extras(parameter_views(new, lane), settings)
    for name, view in running_views(new, lane).items():
        view[:] = 1.0 if name.endswith("variance") else 0.0
    sections = [c.I_THETA] + ([c.I_FIRST, c.I_SECOND] if same_optimizer else [])
    for section in sections:
        before = parameter_views(old, lane, section)
        for name, view in parameter_views(new, lane, section).items():
            if name in before:
                view[:] = before[name]
    before = running_views(old, lane)
    for name, view in running_views(new, lane).items():
        if name in before:
            view[:] = before[name]
    ints, reals = new.ints[lane], new.reals[lane]
    ints[list(_PROGRESS_INTS)] = old.ints[lane, list(_PROGRESS_INTS)]
    reals[list(_PROGRESS_REALS)] = old.reals[lane, list(_PROGRESS_REALS)]
    if ints[c.I_EVALUATION_ROW] > 0:
        ints[c.I_EVALUATION_ROW] = 0
    if not same_optimizer:
        ints[c.I_UPDATES] = 0
        reals[c.R_MOMENTUM_PRODUCT] = 1.0
    was = old.ints[lane]
    if was[c.I_SCHEDULE] != ints[c.I_SCHEDULE]:  # plateau's falls end with plateau
        reals[c.R_PLATEAU_FACTOR] = 1.0
    if ints[c.I_PATIENCE] < 0:  # without early stopping a lane that it had stopped goes on
        ints[c.I_STOPPED] = 0
    rows = int(ints[c.I_ROWS])
    old_at, new_at = int(old.ints[lane, c.I_ORDER]), int(ints[c.I_ORDER])
    new.order[new_at : new_at + rows] = old.order[old_at : old_at + rows]
    _carry_best(old, new, lane)
    if was[c.I_SCHEDULE] != ints[c.I_SCHEDULE] or _other_loss(old, new, lane):
        reals[c.R_PLATEAU_BEST], ints[c.I_PLATEAU_BAD] = np.inf, 0


def _other_loss(old: Arena, new: Arena, lane: int) -> bool:
    """Whether losses from before and after a change cannot be compared."""
    huber = new.ints[lane, c.I_LOSS] == codes.HUBER and (
        old.reals[lane, c.R_HUBER_DELTA] != new.reals[lane, c.R_HUBER_DELTA]
    )
    return bool(old.ints[lane, c.I_LOSS] != new.ints[lane, c.I_LOSS] or huber)


def _carry_best(old: Arena, new: Arena, lane: int) -> None:
    """Keep early stopping's best parameters where both arenas hold them in the same shape; else forget them."""
    was, now = old.ints[lane], new.ints[lane]
    same = was[c.I_PARAMETERS] == now[c.I_PARAMETERS] and was[c.I_RUNNING_SIZE] == now[c.I_RUNNING_SIZE]
    if was[c.I_PATIENCE] >= 0 and now[c.I_PATIENCE] >= 0 and same and not _other_loss(old, new, lane):
        size = int(now[c.I_PARAMETERS] + now[c.I_RUNNING_SIZE])
        to, frm = int(now[c.I_BEST]), int(was[c.I_BEST])
        new.pool[to : to + size] = old.pool[frm : frm + size]
    else:
        now[c.I_BEST_STEP] = -1
        now[c.I_BAD_EVALUATIONS] = 0
        new.reals[lane, c.R_BEST_LOSS] = np.inf
