"""A plain recurrent layer: h_t = φ(x_t·W + h_{t−1}·U + b) (``kernels/recurrence/elman.py`` has the arithmetic)."""

from ...registry.sequence_layers import EVERY_STATE, FEATURES, TIME, TRUNCATE
from .. import columns as c
from ..links import lane_at
from ..policy import linked_kernel
from ..recurrence import elman
from . import sequence as of
from .sources import source


@linked_kernel
def forward(place, node, piece, first, n):
    """z, the states and what is passed on of rows first … first + n − 1."""
    lane = lane_at(place)
    pool, nodes, reals = lane.pool, lane.nodes, lane.node_reals
    weights, biases = of.weights_of(lane, node), of.biases_of(lane, node)
    of.begin_rows(lane, node, first, n)
    elman.forward(
        of.flat_output(lane, source(lane, node, 0), first, n), weights, biases, of.mask_of(lane, node, first, n),
        of.is_masked(lane, node), of.states_of(lane, node, first, n),
        of.rows_of(pool, nodes[node, c.N_Z], nodes[node, c.N_Z_WIDTH], first, n),
        of.scratch_of(lane, node, piece), n, of.option(lane, node, TIME), of.option(lane, node, FEATURES),
        nodes[node, c.N_UNITS], nodes[node, c.N_ACTIVATION], reals[node, c.L_ALPHA],
    )  # fmt: skip
    of.end_rows(lane, node, first, n)


@linked_kernel
def backward(place, node, piece, first, n):
    """Back through time: ∂L/∂z, ∂L/∂ of what the node reads where it is asked for, and the piece's part of ∂L/∂ its
    weights and biases."""
    lane = lane_at(place)
    pool, nodes, reals, below = lane.pool, lane.nodes, lane.node_reals, source(lane, node, 0)
    weights = of.weights_of(lane, node)
    d_weights, d_biases = of.d_weights(lane, node, piece), of.d_biases(lane, node, piece)
    time, units, scratch = of.option(lane, node, TIME), nodes[node, c.N_UNITS], of.scratch_of(lane, node, piece)
    z = of.rows_of(pool, nodes[node, c.N_Z], nodes[node, c.N_Z_WIDTH], first, n)
    delta = of.rows_of(pool, nodes[node, c.N_DELTA_Z], nodes[node, c.N_Z_WIDTH], first, n)
    d_out = of.rows_of(pool, nodes[node, c.N_DELTA], nodes[node, c.N_WIDTH], first, n)
    dx = of.rows_of(pool, max(nodes[below, c.N_DELTA], 0), nodes[below, c.N_WIDTH], first, n)
    measured = lane.ints[c.I_MEASURED] == 1
    elman.backward(
        of.flat_output(lane, below, first, n), weights, of.mask_of(lane, node, first, n), of.is_masked(lane, node),
        of.states_of(lane, node, first, n), z, d_out, of.option(lane, node, EVERY_STATE),
        of.option(lane, node, TRUNCATE), scratch, delta, of.input_mode(lane, node), dx, d_weights, d_biases,
        measured, of.time_norms_of(lane, node, piece), n, time, of.option(lane, node, FEATURES), units,
        nodes[node, c.N_ACTIVATION], reals[node, c.L_ALPHA],
    )  # fmt: skip
    if measured:
        found = of.gate_table(lane, node, piece)
        elman.statistics(
            of.states_of(lane, node, first, n), z, found, scratch, n, time, units, nodes[node, c.N_ACTIVATION],
            reals[node, c.L_ALPHA], reals[node, c.L_LARGEST_SLOPE],
        )  # fmt: skip
        of.count_gates(lane, node, piece, n, found)
