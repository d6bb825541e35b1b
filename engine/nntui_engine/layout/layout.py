"""Lay lanes out in the flat arrays that the training kernels take.

A :class:`Layout` finds a place for everything and allocates it as one :class:`Arena`; what stands in that is read and
written by ``arena`` and ``lane_state``. Finding places needs no Numba: that is how ``memory`` counts what a run takes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.dataset import LaneData
from ..data.probe import probe_rows
from ..kernels import codes
from ..kernels import columns as c
from ..registry.activation import ACTIVATIONS
from ..registry.layer_kinds import LAYER_KINDS
from ..registry.loss import LOSSES
from ..registry.optimizer import MEMORIES
from ..scenario.augment import FLIPS
from ..scenario.settings import LaneSettings
from .arena import BLOCK_NAMES, Arena
from .graph import Graph, Shapes, graph_of, multiply_adds, own_blocks, owned, plan, shapes, users
from .rates import fill_codes, fill_rates

Ints = NDArray[np.int64]
_ALIGN = 64  # bytes: lanes never share a cache line
# (pieces, from so many multiply-adds a step, from so many rows): a piece must be worth a meeting of threads
PIECES = ((4, 200_000_000, 256), (2, 1_500_000, 32))
_BATCH_NORM = {"none": codes.NO_BATCH_NORM, "before": codes.BATCH_NORM_BEFORE, "after": codes.BATCH_NORM_AFTER}
_ACCURACY = {"none": codes.ACCURACY_NONE, "argmax": codes.ACCURACY_ARGMAX, "threshold": codes.ACCURACY_THRESHOLD}
_NAMED = {"weights": c.N_WEIGHTS, "biases": c.N_BIASES, "alpha": c.N_ALPHA, "gamma": c.N_GAMMA, "beta": c.N_BETA}
_ROLES = {name: role for role, name in BLOCK_NAMES.items()}


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


@dataclass(frozen=True, slots=True)
class _Places:
    """One lane's part of ``Tables`` (kernels/tables.py) that says what stands where."""

    graph: Graph
    settings: LaneSettings
    nodes: Ints
    links: Ints
    blocks: Ints
    ints: Ints


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
        self._lanes: list[_Places] = []

    def add(self, settings: LaneSettings, data: LaneData, graph: Graph | None = None) -> None:
        """Find a place for one more lane's numbers; their layers read as they say, or as ``graph`` does."""
        graph = _checked(settings, graph)
        nodes = np.full((len(graph), c.NODE), -1, dtype=np.int64)
        ints = np.zeros(c.INTS, dtype=np.int64)
        links = _links(graph, nodes)
        blocks = _blocks(graph, nodes)
        places = _Places(graph, settings, nodes, links, blocks, ints)
        _fill_ints(ints, settings, data, self._place_of(data))
        ints[c.I_NODES], ints[c.I_PARAMETERS] = len(graph), blocks[:, c.B_SIZE].sum()
        if settings.augment is not None:
            shape = (1,) * (3 - len(settings.shape)) + tuple(settings.shape)
            flip = FLIPS.index(settings.augment.flip)
            own = (int(len(settings.shape) == 3), *shape, flip, settings.augment.jitter)
            nodes[0, c.N_OPTIONS : c.N_OPTIONS + len(own)] = own
        _cut_into_pieces(places)
        _lay_out_workspace(self._pool, self._sums, places)
        probe = probe_rows(data.x_train.shape[0], settings.seed)
        ints[c.I_ORDER] = self._order.take(data.x_train.shape[0])
        ints[c.I_PROBE], ints[c.I_PROBE_ROWS] = self._order.take(probe.size), probe.size
        self._probes.append((int(ints[c.I_PROBE]), probe))
        ints[c.I_SUMS] = self._sums.take(3 * settings.outputs)
        self._spreads.append((int(ints[c.I_SUMS]), _spreads(data)))
        self._lanes.append(places)

    @property
    def bytes(self) -> int:
        """Memory of the arena, and of the data that its lanes were given. (A lane's tables are small change.)"""
        flat = (self._pool, self._order, self._sums, self._data)
        return sum(part.bytes for part in flat) + sum(array.nbytes for _, array in self._parts)

    @property
    def lanes(self) -> int:
        """Lanes added so far."""
        return len(self._lanes)

    @property
    def depths(self) -> list[int]:
        """Layers of each lane."""
        return [len(lane.graph) - 1 for lane in self._lanes]

    @property
    def depth(self) -> int:
        """Layers of the deepest lane."""
        return max(self.depths)

    @property
    def more(self) -> int:
        """Most numbers that the linked kinds of a lane measure in a step."""
        return max(int(lane.nodes[:, c.N_MORE_COUNT].clip(0).sum()) for lane in self._lanes)

    def allocate(self) -> Arena:
        """The arena, every table filled (parameters are still 0)."""
        from ..kernels.team import TEAM

        data, sums = np.zeros(self._data.size, self.dtype), np.zeros(self._sums.size)
        order = np.zeros(self._order.size, np.int32)
        with np.errstate(over="ignore"):  # an infinity in float32 is a result; non_finite names it
            for start, array in self._parts:
                data[start : start + array.size] = array.ravel()
        for start, spread in self._spreads:
            sums[start : start + spread.size] = spread
        for start, probe in self._probes:
            order[start : start + probe.size] = probe
        lanes = self._lanes
        for lane in lanes:
            _link(lane, self.dtype)
        return Arena(
            goals=np.zeros(len(lanes) + 1, np.int64),
            team=np.zeros(TEAM, np.int64),
            data=data,
            pool=np.zeros(self._pool.size, self.dtype),
            order=order,
            sums=sums,
            nodes=_stacked([lane.nodes for lane in lanes], -1),
            links=_stacked([lane.links for lane in lanes], -1),
            blocks=_stacked([lane.blocks for lane in lanes], 0),
            node_reals=_stacked([_node_reals(lane) for lane in lanes], 0.0),
            block_reals=_stacked([_block_reals(lane) for lane in lanes], 0.0),
            ints=np.stack([lane.ints for lane in lanes]),
            reals=np.stack([_reals(lane.settings) for lane in lanes]),
        )

    def _place_of(self, data: LaneData) -> list[int]:
        if data.key not in self._offsets:
            arrays = (data.x_train, data.t_train, data.x_validation, data.t_validation)
            self._offsets[data.key] = [self._data.take(array.size) for array in arrays]
            self._parts += zip(self._offsets[data.key], arrays, strict=True)
        return self._offsets[data.key]


def _link(lane: _Places, dtype: Any) -> None:
    """Note where the kernels of the lane's linked kinds stand; they are compiled, or loaded, if this is their first."""
    from ..kernels.layers.linked import addresses, rows_address

    lane.nodes[0, c.N_ROWS_WORK] = rows_address(dtype)
    for row, node in zip(lane.nodes, lane.graph, strict=True):
        if node.kind == "inputs" and lane.settings.augment is not None:
            row[c.N_FORWARD], _ = addresses("inputs_augmented", dtype)
        if LAYER_KINDS[node.kind].linked:
            row[c.N_FORWARD], row[c.N_BACKWARD] = addresses(node.kind, dtype)


def assemble(lanes: Sequence[tuple[LaneSettings, LaneData]]) -> Arena:
    """Allocate and fill every table for these lanes (parameters are still 0). All lanes share one dtype."""
    layout = Layout(lanes[0][0].dtype)
    for settings, data in lanes:
        layout.add(settings, data)
    return layout.allocate()


def _checked(settings: LaneSettings, graph: Graph | None) -> Graph:
    """The settings' graph, or the one that is given; ValueError where that is not one of these settings."""
    if graph is None:
        return graph_of(settings)
    if [node.layer for node in graph[1:]] != list(settings.layers) or graph[0].layer != graph_of(settings)[0].layer:
        raise ValueError("the layers of a graph must be those of its lane's settings, in their order")
    if math.prod(shapes(graph)[-1].passed) != settings.outputs:
        raise ValueError(f"the last node must be {settings.outputs} wide, as the targets are")
    if settings.dropconnect > 0.0 and any(node.weights_of is not None for node in graph):
        raise ValueError("weights that are used twice take no DropConnect: each use would draw another mask")
    return graph


def _spreads(data: LaneData) -> NDArray[np.float64]:
    """Σ (t − t̄)² per output, of the training rows and then of the held-out rows."""
    both = []
    for t in (data.t_train, data.t_validation):
        centre = t.mean(axis=0) if t.shape[0] else np.zeros(t.shape[1])
        with np.errstate(over="ignore"):  # an infinity is a result
            both.append(((t - centre) ** 2).sum(axis=0))
    return np.concatenate(both)


def _stacked(tables: Sequence[NDArray[Any]], unused: float) -> NDArray[Any]:
    """(lanes, most rows, columns): each lane's table, filled up with ``unused``."""
    shape = (len(tables), max(len(table) for table in tables), tables[0].shape[1])
    stacked = np.full(shape, unused, dtype=tables[0].dtype)
    for i, table in enumerate(tables):
        stacked[i, : len(table)] = table
    return stacked


def _node_reals(lane: _Places) -> NDArray[np.float64]:
    from ..kernels.activation import largest_slope

    rows = np.zeros((len(lane.graph), c.NODE_REALS))
    rows[0, c.L_NOISE] = lane.settings.noise_inputs
    if (augment := lane.settings.augment) is not None:
        amounts = (augment.shift, augment.rotate, augment.scale, augment.noise, augment.contrast)
        rows[0, c.L_AUGMENT : c.L_AUGMENT + len(amounts)] = amounts
    for row, node in zip(rows, lane.graph, strict=True):
        row[c.L_ALPHA], row[c.L_DROPOUT] = node.layer.alpha, node.layer.dropout
        row[c.L_LARGEST_SLOPE] = largest_slope(ACTIVATIONS[node.layer.activation].code, node.layer.alpha)
        row[c.L_RECURRENT_DROPOUT] = node.layer.options.get("recurrent_dropout", 0.0)
        if gate := ACTIVATIONS.get(node.layer.options.get("recurrent_activation", "")):
            row[c.L_GATE_ALPHA] = gate.parameters[0].default if gate.parameters else 0.0
            row[c.L_GATE_LARGEST_SLOPE] = largest_slope(gate.code, row[c.L_GATE_ALPHA])
    return rows


def _block_reals(lane: _Places) -> NDArray[np.float64]:
    """The penalties, which are of weights alone."""
    rows = np.zeros((len(lane.blocks), c.BLOCK_REALS))
    for node, places in zip(lane.graph, lane.nodes, strict=True):
        for block in range(places[c.N_BLOCK], places[c.N_BLOCK] + places[c.N_BLOCKS]):
            if lane.blocks[block, c.B_ROLE] == codes.WEIGHTS:
                in_step = lane.settings.l1_method == "proximal"
                rows[block, c.B_L1_THRESHOLD if in_step else c.B_L1] = node.layer.l1
                rows[block, c.B_L2] = node.layer.l2
    return rows


def _reals(settings: LaneSettings) -> NDArray[np.float64]:
    row = np.zeros(c.REALS)
    fill_rates(row, settings, c.R_SCHEDULE)
    row[c.R_CLIP_NORM] = settings.clip_norm
    row[c.R_CLIP_VALUE] = settings.clip_value
    row[c.R_HUBER_DELTA] = settings.huber_delta
    row[c.R_ACCURACY_THRESHOLD] = settings.accuracy_threshold
    row[c.R_BATCH_NORM_MOMENTUM] = settings.batch_norm_momentum
    row[c.R_DROPCONNECT] = settings.dropconnect
    row[c.R_NOISE_WEIGHTS] = settings.noise_weights
    row[c.R_NOISE_GRADIENTS] = settings.noise_gradients
    row[c.R_PLATEAU_FACTOR] = 1.0
    row[c.R_PLATEAU_BEST] = np.inf
    row[c.R_BEST_LOSS] = np.inf
    row[c.R_MOMENTUM_PRODUCT] = 1.0
    if settings.early_stopping is not None:
        row[c.R_MIN_DELTA] = settings.early_stopping.min_delta
    return row


def _fill_ints(row: NDArray[np.int64], settings: LaneSettings, data: LaneData, offsets: list[int]) -> None:
    stopping = settings.early_stopping
    row[c.I_LIMIT] = settings.steps
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
    row[c.I_IN_ORDER] = int(not settings.shuffle)
    row[c.I_EVALUATE_EVERY] = settings.evaluate_every
    row[c.I_EVALUATION_ROW] = 0  # a run begins with an evaluation
    row[c.I_SAMPLE_EVERY] = 1
    row[c.I_PATIENCE] = -1 if stopping is None else stopping.patience
    row[c.I_RESTORE_BEST] = int(stopping is not None and stopping.restore_best)
    row[c.I_BEST_STEP] = -1
    row[c.I_PERTURBED_WEIGHTS] = int(settings.dropconnect > 0.0 or settings.noise_weights > 0.0)
    rows = max(data.x_train.shape[0], data.x_validation.shape[0])
    row[c.I_CAPACITY] = max(settings.batch_size, min(c.EVALUATION_BLOCK, rows))


def _links(graph: Graph, nodes: Ints) -> Ints:
    """Who reads whom. Walked from the outputs up, whoever first comes to a node writes its δ, and all others add."""
    links = np.zeros((max(1, sum(len(node.sources) for node in graph)), c.LINK), dtype=np.int64)
    at = 0
    for row, node in zip(nodes, graph, strict=True):
        row[c.N_LINK], row[c.N_LINKS] = at, len(node.sources)
        links[at : at + len(node.sources), c.K_SOURCE] = node.sources
        at += len(node.sources)
    written = set()
    for row in nodes[::-1]:
        for link in links[row[c.N_LINK] :][: row[c.N_LINKS]]:
            link[c.K_ADDS] = int(link[c.K_SOURCE] in written)
            written.add(int(link[c.K_SOURCE]))
    return links


def _blocks(graph: Graph, nodes: Ints) -> Ints:
    """What is learned, node by node; fills in what each node knows of it."""
    table: list[tuple[int, int, int, int]] = []
    position = 0
    for row, node, around, own in zip(nodes, graph, shapes(graph), owned(graph), strict=True):
        width, needs = math.prod(around.passed), plan(node, around)
        row[c.N_KIND], row[c.N_WIDTH] = LAYER_KINDS[node.kind].code, width
        row[c.N_INPUTS] = math.prod(around.read[0]) if around.read else width
        row[c.N_UNITS] = around.passed[-1] if around.read else width
        row[c.N_Z_WIDTH], row[c.N_A_WIDTH] = needs.z_width or width, needs.a_width or width
        row[c.N_ACTS], row[c.N_ROOM_WIDTH] = int(needs.acts), needs.room
        row[c.N_OPTIONS : c.N_OPTIONS + len(needs.numbers)] = needs.numbers
        row[c.N_FORWARD] = row[c.N_BACKWARD] = 0
        learned = own_blocks(node, around)
        row[c.N_LEARNS_BLOCKS] = len(learned)
        if learned and learned[0].name == "weights":
            row[c.N_WEIGHT_ROWS], row[c.N_WEIGHT_COLUMNS] = learned[0].shape
        row[c.N_ACTIVATION] = ACTIVATIONS[node.layer.activation].code
        row[c.N_BATCH_NORM] = _BATCH_NORM[node.layer.batch_norm]
        row[c.N_TRAINABLE] = int(node.layer.trainable)
        row[c.N_BLOCK], row[c.N_BLOCKS], row[c.N_ADDS] = len(table), len(own), 0
        row[c.N_LEARNS] = len(table)
        row[c.N_START] = row[c.N_MEASURED_END] = position
        for block in own:
            row[_NAMED[block.name]] = position
            rows = block.shape[0] if block.name == "weights" else 1
            table.append((position, block.size, rows, _ROLES[block.name]))
            position += block.size
            if block.measured:
                row[c.N_MEASURED_END] = position
        row[c.N_END] = position
    around_all = shapes(graph)
    for using in users(graph).values():
        kinds_own = own_blocks(graph[using[-1]], around_all[using[-1]])
        borrowed = [c.N_LEARNS, *(_NAMED[block.name] for block in kinds_own)]
        for user in using[:-1]:
            nodes[user, borrowed] = nodes[using[-1], borrowed]
        nodes[using[1:], c.N_ADDS] = 1
    return np.array(table, dtype=np.int64).reshape(-1, c.BLOCK)


def _cut_into_pieces(lane: _Places) -> None:
    """How many pieces a step is worked in: by the network and its batch alone, so that every machine does the same.

    What looks at all rows at once (batch norm), or is worked out for the whole network, keeps the step in one piece.
    """
    ints, settings, layers = lane.ints, lane.settings, [node.layer for node in lane.graph]
    products = 3 * settings.batch_size * sum(multiply_adds(lane.graph))
    whole = bool(ints[c.I_PERTURBED_WEIGHTS]) or any(
        layer.batch_norm != "none" or layer.activation == "prelu" for layer in layers
    )
    pieces = 1
    if not whole:
        pieces = next((n for n, work, rows in PIECES if products >= work and settings.batch_size >= rows), 1)
    ints[c.I_ROW_PIECES], ints[c.I_PARAMETER_PIECES] = pieces, pieces
    split = settings.clip_norm > 0.0 or settings.clip_value > 0.0 or settings.noise_gradients > 0.0
    plain = not split and all(layer.trainable and layer.l1 == 0.0 for layer in layers)
    ints[c.I_SPLIT] = int(split)
    ints[c.I_TOGETHER] = int(pieces == 1 and plain and ints[c.I_PARAMETERS] <= c.STEP_BLOCK)


def _lay_out_workspace(pool: _Allocator, sums: _Allocator, lane: _Places) -> None:
    ints, settings, nodes = lane.ints, lane.settings, lane.nodes
    count, rows = int(ints[c.I_PARAMETERS]), int(ints[c.I_CAPACITY])
    units = nodes[1:, c.N_UNITS]
    pieces = int(max(ints[c.I_ROW_PIECES], ints[c.I_PARAMETER_PIECES]))
    running = 2 * int(nodes[nodes[:, c.N_BATCH_NORM] != codes.NO_BATCH_NORM, c.N_UNITS].sum())
    ints[c.I_THETA], ints[c.I_GRADIENT] = pool.take(count), pool.take(count)
    ints[c.I_MEMORY_STEP] = pool.rounded(count)
    ints[c.I_MEMORY] = pool.take(MEMORIES * int(ints[c.I_MEMORY_STEP]))
    ints[c.I_BEST] = pool.take(count + running) if settings.early_stopping is not None else 0
    ints[c.I_RUNNING], ints[c.I_RUNNING_SIZE] = pool.take(running), running
    ints[c.I_XB] = pool.take(rows * settings.inputs)
    ints[c.I_TB] = pool.take(rows * settings.outputs)
    ints[c.I_SLOPES] = pool.take(rows * settings.outputs)
    columns = int(max(units.max(), nodes[:, c.N_WEIGHT_COLUMNS].max()))
    ints[c.I_SCRATCH_SIZE] = pool.rounded(max(c.SCRATCH, c.SIMILARITY_BLOCK * columns))
    ints[c.I_SCRATCH] = pool.take(pieces * int(ints[c.I_SCRATCH_SIZE]))
    ints[c.I_ACTIVE] = pool.take(int(units.sum()))
    ints[c.I_FIRED_STEP] = pool.rounded(int(units.sum()))
    ints[c.I_FIRED] = pool.take(pieces * int(ints[c.I_FIRED_STEP]))
    ints[c.I_PARTIAL_STEP] = sums.rounded((len(nodes) + 1) * c.PARTIALS)
    ints[c.I_PARTIALS] = sums.take(pieces * int(ints[c.I_PARTIAL_STEP]))
    nodes[1:, c.N_ACTIVE] = np.cumsum(units) - units
    at_running = int(ints[c.I_RUNNING])
    for place, (row, node, around) in enumerate(zip(nodes, lane.graph, shapes(lane.graph), strict=True)):
        cells, own_units, normal = rows * int(row[c.N_WIDTH]), int(row[c.N_UNITS]), node.layer.batch_norm
        if place == 0:  # worked on in place
            row[c.N_Z] = row[c.N_A] = row[c.N_OUT] = ints[c.I_XB]
        else:
            row[c.N_Z] = pool.take(rows * int(row[c.N_Z_WIDTH]))
            passed_as_it_is = node.layer.activation == "linear" and not row[c.N_ACTS]
            row[c.N_A] = row[c.N_Z] if passed_as_it_is else pool.take(rows * int(row[c.N_A_WIDTH]))
            own = normal == "after" or node.layer.dropout > 0.0 or row[c.N_A_WIDTH] != row[c.N_WIDTH]
            row[c.N_OUT] = pool.take(cells) if own else row[c.N_A]
        if place > 0 or row[c.N_BLOCKS] > 0:  # else nobody asks for it
            row[c.N_DELTA] = pool.take(cells)
            row[c.N_DELTA_Z] = pool.take(rows * int(row[c.N_Z_WIDTH])) if row[c.N_ACTS] else row[c.N_DELTA]
        if normal != "none":
            row[c.N_RUNNING] = at_running
            at_running += 2 * own_units
            row[c.N_NORMALISED], row[c.N_INVERSE] = pool.take(cells), pool.take(own_units)
        if node.layer.dropout > 0.0:
            row[c.N_MASK] = pool.take(cells)
        if ints[c.I_PERTURBED_WEIGHTS] and row[c.N_WEIGHTS] >= 0 and not LAYER_KINDS[node.kind].linked:
            size = int(row[c.N_WEIGHT_ROWS] * row[c.N_WEIGHT_COLUMNS])
            row[c.N_PERTURBED] = pool.take(size)
            row[c.N_WEIGHT_MASK] = pool.take(size)
        if LAYER_KINDS[node.kind].linked:
            _lay_out_linked(pool, sums, lane, place, around, pieces)


def _lay_out_linked(pool: _Allocator, sums: _Allocator, lane: _Places, place: int, around: Shapes, pieces: int) -> None:
    """What a linked kind keeps, works with and finds."""
    row, node, rows = lane.nodes[place], lane.graph[place], int(lane.ints[c.I_CAPACITY])
    row[c.N_ROOM] = pool.take(rows * int(row[c.N_ROOM_WIDTH]))
    needs = plan(node, around)
    row[c.N_SCRATCH_STEP] = pool.rounded(needs.scratch + rows * needs.row_scratch)
    row[c.N_SCRATCH] = pool.take(pieces * int(row[c.N_SCRATCH_STEP]))
    first = int(row[c.N_LEARNS])
    learned = lane.blocks[first : first + row[c.N_LEARNS_BLOCKS], c.B_SIZE].sum()
    if learned:
        row[c.N_PARTIAL_STEP] = pool.rounded(int(learned))
        row[c.N_PARTIAL] = pool.take(pieces * int(row[c.N_PARTIAL_STEP]))
    row[c.N_MORE_COUNT] = sum(count for _, count in needs.more)
    if needs.more:
        row[c.N_MORE_STEP] = sums.rounded(int(row[c.N_MORE_COUNT]))
        row[c.N_MORE] = sums.take(pieces * int(row[c.N_MORE_STEP]))
        row[c.N_MORE_AT] = sum(max(0, int(one)) for one in lane.nodes[:place, c.N_MORE_COUNT])
