"""What recurrent nodes share: their settings, what they keep of every row, the state a row begins with.

A node's own settings, from N_OPTIONS on: time steps, features, gates, whether it passes on every state, truncation,
whether it carries its state, the code of the gates' activation. It keeps, one behind the other for all rows the
workspace holds: states and memory (lstm: cells; gru: what its reset gate scales), each with a slot before the first
step where it needs one; the gates' activations; the mask of recurrent dropout; the carried state and cells.
"""

from ...registry.sequence_layers import (
    CARRIES,
    GATE_COUNT,
    MEMORY,
    TIME,
)
from .. import columns as c
from ..codes import EVALUATE, ROWS_IN_PLACE, TRAIN
from ..policy import inlined_kernel, kernel
from ..random import RECURRENT_DROPOUT, keep_mask, stream_key
from ..views import matrix, vector
from .sources import adds, source


@inlined_kernel
def option(lane, node, place):
    """One of a node's own settings."""
    return lane.nodes[node, c.N_OPTIONS + place]


@inlined_kernel
def flat_output(lane, node, first, n):
    """What a node passes on of rows ``first``, …, flat; node 0's may stand in the data themselves."""
    width = lane.nodes[node, c.N_WIDTH]
    if node == 0 and lane.ints[c.I_ROWS_FROM] == ROWS_IN_PLACE:
        return vector(lane.data, lane.ints[c.I_ROWS_AT] + first * width, n * width)
    return vector(lane.pool, lane.nodes[node, c.N_OUT] + first * width, n * width)


@inlined_kernel
def states_of(lane, node, first, n):
    """(n, (time + 1)·units), flat: the states of rows ``first``, …"""
    width = (option(lane, node, TIME) + 1) * lane.nodes[node, c.N_UNITS]
    return vector(lane.pool, lane.nodes[node, c.N_ROOM] + first * width, n * width)


@inlined_kernel
def memory_of(lane, node, first, n):
    """(n, memory), flat: what the kind keeps beside states and gates."""
    width = option(lane, node, MEMORY)
    before = (option(lane, node, TIME) + 1) * lane.nodes[node, c.N_UNITS]
    return vector(lane.pool, lane.nodes[node, c.N_ROOM] + lane.ints[c.I_CAPACITY] * before + first * width, n * width)


@inlined_kernel
def gates_of(lane, node, first, n):
    """(n, time·gates·units), flat: the gates' activations."""
    units = lane.nodes[node, c.N_UNITS]
    before = (option(lane, node, TIME) + 1) * units + option(lane, node, MEMORY)
    width = lane.nodes[node, c.N_Z_WIDTH]
    return vector(lane.pool, lane.nodes[node, c.N_ROOM] + lane.ints[c.I_CAPACITY] * before + first * width, n * width)


@inlined_kernel
def last_in_room(lane, node, place):
    """Where the mask of recurrent dropout (0), the carried states (1) and the carried cells (2) of all rows begin."""
    width = lane.nodes[node, c.N_ROOM_WIDTH] - (3 - place) * lane.nodes[node, c.N_UNITS]
    return lane.nodes[node, c.N_ROOM] + lane.ints[c.I_CAPACITY] * width


@inlined_kernel
def is_masked(lane, node):
    """Whether the pass under way has recurrent dropout."""
    return lane.ints[c.I_MODE] != EVALUATE and lane.node_reals[node, c.L_RECURRENT_DROPOUT] > 0.0


@inlined_kernel
def mask_of(lane, node, first, n):
    """(n, units), flat: the mask of recurrent dropout."""
    units = lane.nodes[node, c.N_UNITS]
    return vector(lane.pool, last_in_room(lane, node, 0) + first * units, n * units)


@kernel
def begin_rows(lane, node, first, n):
    """Fill the first slots with zeros or with what is carried, and draw the mask of recurrent dropout."""
    units, time = lane.nodes[node, c.N_UNITS], option(lane, node, TIME)
    begin_slots(lane, node, first, n, states_of(lane, node, first, n), 1)
    if option(lane, node, MEMORY) == (time + 1) * units:
        begin_slots(lane, node, first, n, memory_of(lane, node, first, n), 2)
    if is_masked(lane, node):
        key = stream_key(lane.ints[c.I_SEED], RECURRENT_DROPOUT + node - 1, lane.ints[c.I_STEP])
        mask = mask_of(lane, node, first, n)
        keep_mask(key, first * units, lane.node_reals[node, c.L_RECURRENT_DROPOUT], mask)


@kernel
def begin_slots(lane, node, first, n, slots, place):
    """Slot 0 of every row of ``slots`` (n, (time + 1)·units)."""
    units, time = lane.nodes[node, c.N_UNITS], option(lane, node, TIME)
    carried = option(lane, node, CARRIES) == 1 and lane.ints[c.I_MODE] != EVALUATE
    before = vector(lane.pool, last_in_room(lane, node, place) + first * units, n * units)
    for i in range(n):
        for j in range(units):
            slots[i * (time + 1) * units + j] = before[i * units + j] if carried else slots.dtype.type(0.0)


@kernel
def keep_slots(lane, node, first, n, slots, place):
    """What the next mini-batch begins with: the last slot of every row."""
    units, time = lane.nodes[node, c.N_UNITS], option(lane, node, TIME)
    after = vector(lane.pool, last_in_room(lane, node, place) + first * units, n * units)
    for i in range(n):
        for j in range(units):
            after[i * units + j] = slots[(i * (time + 1) + time) * units + j]


@kernel
def end_rows(lane, node, first, n):
    """Pass on the states, all or the last ones; note what is carried."""
    units, time = lane.nodes[node, c.N_UNITS], option(lane, node, TIME)
    states = states_of(lane, node, first, n)
    size = time * units
    a = vector(lane.pool, lane.nodes[node, c.N_A] + first * size, n * size)
    for i in range(n):
        for j in range(size):
            a[i * size + j] = states[i * (time + 1) * units + units + j]
    width = lane.nodes[node, c.N_WIDTH]
    if lane.nodes[node, c.N_OUT] != lane.nodes[node, c.N_A]:
        out = vector(lane.pool, lane.nodes[node, c.N_OUT] + first * width, n * width)
        for i in range(n):
            for j in range(width):
                out[i * width + j] = a[i * size + size - width + j]
    if option(lane, node, CARRIES) == 1 and lane.ints[c.I_MODE] == TRAIN:
        keep_slots(lane, node, first, n, states, 1)
        if option(lane, node, MEMORY) == (time + 1) * units:
            keep_slots(lane, node, first, n, memory_of(lane, node, first, n), 2)


@inlined_kernel
def time_norms_of(lane, node, piece):
    """(time), float64: the piece's Σ over its rows of ‖∂L/∂h_t‖₂."""
    at = lane.nodes[node, c.N_MORE] + piece * lane.nodes[node, c.N_MORE_STEP]
    return vector(lane.sums, at, option(lane, node, TIME))


@inlined_kernel
def gate_table(lane, node, piece):
    """(gates, 2), float64: each gate's mean and saturated share, of the piece."""
    at = lane.nodes[node, c.N_MORE] + piece * lane.nodes[node, c.N_MORE_STEP] + option(lane, node, TIME)
    return matrix(lane.sums, at, option(lane, node, GATE_COUNT), 2)


@kernel
def count_gates(lane, node, piece, n, found):
    """Turn the means of n rows into sums over them, and note how many entries of z are saturated."""
    saturated = 0.0
    for gate in range(found.shape[0]):
        found[gate, 0] = found[gate, 0] * n
        found[gate, 1] = found[gate, 1] * n
        saturated += found[gate, 1]
    row = lane.ints[c.I_PARTIALS] + piece * lane.ints[c.I_PARTIAL_STEP] + node * c.PARTIALS
    lane.sums[row + c.F_SATURATED] = saturated * option(lane, node, TIME) * lane.nodes[node, c.N_UNITS]


@inlined_kernel
def rows_of(pool, at, width, first, n):
    """(n, width), flat: rows ``first``, … of what stands at ``at`` of the pool."""
    return vector(pool, at + first * width, n * width)


@inlined_kernel
def scratch_of(lane, node, piece):
    """The node's scratch for a piece."""
    size = lane.nodes[node, c.N_SCRATCH_STEP]
    return vector(lane.pool, lane.nodes[node, c.N_SCRATCH] + piece * size, size)


@inlined_kernel
def weights_of(lane, node):
    """(features + units, gates·units), flat."""
    size = lane.nodes[node, c.N_WEIGHT_ROWS] * lane.nodes[node, c.N_WEIGHT_COLUMNS]
    return vector(lane.pool, lane.ints[c.I_THETA] + lane.nodes[node, c.N_WEIGHTS], size)


@inlined_kernel
def biases_of(lane, node):
    """The biases, which follow the weights: as many as there are columns, and gru's for its candidate."""
    size = lane.blocks[lane.nodes[node, c.N_LEARNS] + 1, c.B_SIZE]
    return vector(lane.pool, lane.ints[c.I_THETA] + lane.nodes[node, c.N_BIASES], size)


@inlined_kernel
def d_weights(lane, node, piece):
    """The piece's part of ∂L/∂ weights."""
    at = lane.nodes[node, c.N_PARTIAL] + piece * lane.nodes[node, c.N_PARTIAL_STEP]
    return vector(lane.pool, at, lane.nodes[node, c.N_WEIGHT_ROWS] * lane.nodes[node, c.N_WEIGHT_COLUMNS])


@inlined_kernel
def d_biases(lane, node, piece):
    """The piece's part of ∂L/∂ biases."""
    at = lane.nodes[node, c.N_PARTIAL] + piece * lane.nodes[node, c.N_PARTIAL_STEP]
    at += lane.nodes[node, c.N_WEIGHT_ROWS] * lane.nodes[node, c.N_WEIGHT_COLUMNS]
    return vector(lane.pool, at, lane.blocks[lane.nodes[node, c.N_LEARNS] + 1, c.B_SIZE])


@inlined_kernel
def input_mode(lane, node):
    """0: nobody asks for ∂L/∂ of what the node reads; 1: it is written; 2: it is added to what stands there."""
    if lane.nodes[source(lane, node, 0), c.N_DELTA] < 0:
        return 0
    return 2 if adds(lane, node, 0) else 1
