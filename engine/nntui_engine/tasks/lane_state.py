"""What a lane has learned, in its arena: start it, carry it over, say where it broke."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.dataset import LaneData
from ..kernels import codes
from ..kernels import columns as c
from ..layout.arena import Arena, memory_views, parameter_views, running_views
from ..layout.first_weights import draw
from ..layout.graph import Graph, drawn, graph_of
from ..registry.layer_kinds import LAYER_KINDS
from ..registry.loss import LOSSES
from ..registry.recurrence import RECURRENT_KINDS
from ..registry.sequence_layers import CARRIES
from ..run.snapshot import Node, NonFinite
from ..scenario.settings import LaneSettings

Place = tuple[Arena, int]  # a lane of an arena
_RECURRENT = LAYER_KINDS.codes(*RECURRENT_KINDS)
# What a run has reached, as against what its settings say: kept when settings change
PROGRESS_INTS = [
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
    c.I_BROKEN_NODE,
    c.I_BROKEN_LAYER,
    c.I_BROKEN_STEP,
]
_PROGRESS_REALS = (
    c.R_PLATEAU_FACTOR,
    c.R_PLATEAU_BEST,
    c.R_BEST_LOSS,
    c.R_MOMENTUM_PRODUCT,
    c.R_BROKEN_INTO,
    c.R_BROKEN_WEIGHT,
    c.R_BROKEN_DATA,
    c.R_BROKEN_TARGET,
    c.R_BROKEN_RATE,
)
NODES: dict[int, Node] = {
    codes.INPUT_NODE: "inputs",
    codes.WEIGHT_NODE: "weights",
    codes.Z_NODE: "z",
    codes.A_NODE: "a",
    codes.BATCH_NORM_NODE: "batch_norm",
    codes.TARGET_NODE: "targets",
    codes.LOSS_NODE: "loss",
    codes.DELTA_NODE: "delta",
    codes.GRADIENT_NODE: "gradient",
    codes.UPDATE_NODE: "update",
}


def first_non_finite(arena: Arena, lane: int) -> NonFinite | None:
    """Where and when a lane's numbers were first not finite; None while they are."""
    ints, reals = arena.ints[lane], arena.reals[lane]
    if ints[c.I_BROKEN_NODE] == codes.NOWHERE:
        return None
    return NonFinite(
        step=int(ints[c.I_BROKEN_STEP]),
        layer=int(ints[c.I_BROKEN_LAYER]),
        node=NODES[int(ints[c.I_BROKEN_NODE])],
        largest_into=float(reals[c.R_BROKEN_INTO]),
        largest_weight=float(reals[c.R_BROKEN_WEIGHT]),
        largest_input=float(reals[c.R_BROKEN_DATA]),
        largest_target=float(reals[c.R_BROKEN_TARGET]),
        lr=float(reals[c.R_BROKEN_RATE]),
    )


def start_lane(arena: Arena, lane: int, settings: LaneSettings, graph: Graph | None = None) -> None:
    """Draw the lane's first parameters. Layer l's draw depends on (seed, l) and its own shape alone."""
    views = parameter_views(arena, lane)
    for layer, parts in zip(settings.layers, drawn(graph or graph_of(settings))[1:], strict=True):
        if f"{layer.index}.weights" not in views:  # it learns none, or uses those of a later one
            continue
        generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((settings.seed, layer.index))))
        draw(layer, parts, generator, views[f"{layer.index}.weights"], views.get(f"{layer.index}.biases"))
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
    layers = tuple(
        (x.kind, x.sources, x.options, x.units, x.init, x.init_scale, x.bias, x.bias_scale) for x in settings.layers
    )
    return (layers, settings.start, settings.shape, settings.seed, settings.dtype, data.key)


def carry_lane(old: Place, new: Place, settings: LaneSettings, same_optimizer: bool) -> None:
    """Copy what a lane has learned from ``old`` to ``new``, which has the same weight shapes.

    A new optimizer starts with empty memories; batch norm or prelu switched on now start from their defaults.

    A lane whose run had ended on its best weights and now may take more steps goes on from these, the weights that it
    shows, with everything else as the run had left it: the optimizer's memories, the schedule, the order of the rows.
    One that has no step left now ends here: early stopping looks at it once more, and brings back the best weights.
    """
    _start_extras(parameter_views(*new), settings)
    for name, view in running_views(*new).items():
        view[:] = 1.0 if name.endswith("variance") else 0.0
    pairs = [(parameter_views(*old), parameter_views(*new))]
    if same_optimizer:
        pairs += zip(memory_views(*old), memory_views(*new), strict=True)
    pairs.append((running_views(*old), running_views(*new)))
    for before, after in pairs:
        for name, view in after.items():
            if name in before:
                view[:] = before[name]
    (old_arena, old_lane), (new_arena, new_lane) = old, new
    was, ints, reals = old_arena.ints[old_lane], new_arena.ints[new_lane], new_arena.reals[new_lane]
    ints[PROGRESS_INTS] = was[PROGRESS_INTS]
    reals[list(_PROGRESS_REALS)] = old_arena.reals[old_lane, list(_PROGRESS_REALS)]
    if ints[c.I_EVALUATION_ROW] > 0:
        ints[c.I_EVALUATION_ROW] = 0
    ends_now = _has_steps_left(*old) and ints[c.I_STEP] >= ints[c.I_LIMIT]
    if ends_now and ints[c.I_RESTORE_BEST]:
        ints[c.I_EVALUATION_ROW] = 0
    if not same_optimizer:
        ints[c.I_UPDATES] = 0
        reals[c.R_MOMENTUM_PRODUCT] = 1.0
    if was[c.I_SCHEDULE] != ints[c.I_SCHEDULE]:  # plateau's falls end with plateau
        reals[c.R_PLATEAU_FACTOR] = 1.0
    if ints[c.I_PATIENCE] < 0:  # without early stopping a lane that it had stopped goes on
        ints[c.I_STOPPED] = 0
    rows = int(ints[c.I_ROWS])
    old_at, new_at = int(was[c.I_ORDER]), int(ints[c.I_ORDER])
    new_arena.order[new_at : new_at + rows] = old_arena.order[old_at : old_at + rows]
    _carry_best(old, new)
    _carry_states(old, new)
    if was[c.I_SCHEDULE] != ints[c.I_SCHEDULE] or _other_loss(old, new):
        reals[c.R_PLATEAU_BEST], ints[c.I_PLATEAU_BAD] = np.inf, 0


def _has_steps_left(arena: Arena, lane: int) -> bool:
    """Whether a lane has a step left."""
    ints = arena.ints[lane]
    return bool(ints[c.I_STOPPED] == 0 and ints[c.I_STEP] < ints[c.I_LIMIT])


def _other_loss(old: Place, new: Place) -> bool:
    """Whether losses from before and after a change cannot be compared."""
    (old_arena, old_lane), (new_arena, new_lane) = old, new
    was, now = old_arena.ints[old_lane], new_arena.ints[new_lane]
    huber = now[c.I_LOSS] == LOSSES["huber"].code and (
        old_arena.reals[old_lane, c.R_HUBER_DELTA] != new_arena.reals[new_lane, c.R_HUBER_DELTA]
    )
    return bool(was[c.I_LOSS] != now[c.I_LOSS] or huber)


def _carry_states(old: Place, new: Place) -> None:
    """Keep the states that layers with ``carry`` begin the next mini-batch with."""
    pairs = zip(*(arena.nodes[lane] for arena, lane in (old, new)), strict=False)
    for one in (pair for pair in pairs if pair[1][c.N_KIND] in _RECURRENT and pair[1][c.N_OPTIONS + CARRIES]):
        views = []
        for (arena, lane), row in zip((old, new), one, strict=True):
            rows, units = int(arena.ints[lane, c.I_CAPACITY]), int(row[c.N_UNITS])
            at = int(row[c.N_ROOM]) + rows * (int(row[c.N_ROOM_WIDTH]) - 2 * units)  # states, then cells, come last
            views.append(arena.pool[at : at + 2 * rows * units].reshape(2, rows, units))
        before, after = views
        rows = min(before.shape[1], after.shape[1])
        after[:, :rows] = before[:, :rows]


def _carry_best(old: Place, new: Place) -> None:
    """Keep early stopping's best parameters where both arenas hold them in the same shape; else forget them."""
    (old_arena, old_lane), (new_arena, new_lane) = old, new
    was, now = old_arena.ints[old_lane], new_arena.ints[new_lane]
    same = was[c.I_PARAMETERS] == now[c.I_PARAMETERS] and was[c.I_RUNNING_SIZE] == now[c.I_RUNNING_SIZE]
    if was[c.I_PATIENCE] >= 0 and now[c.I_PATIENCE] >= 0 and same and not _other_loss(old, new):
        size = int(now[c.I_PARAMETERS] + now[c.I_RUNNING_SIZE])
        to, frm = int(now[c.I_BEST]), int(was[c.I_BEST])
        new_arena.pool[to : to + size] = old_arena.pool[frm : frm + size]
    else:
        now[c.I_BEST_STEP] = -1
        now[c.I_BAD_EVALUATIONS] = 0
        new_arena.reals[new_lane, c.R_BEST_LOSS] = np.inf
