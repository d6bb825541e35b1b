"""Which kind's code a node runs: one look at an integer per node and piece of rows."""

from ...registry.layer_kind import LAYER_KINDS
from .. import columns as c
from ..policy import kernel
from . import add, dense

DENSE, ADD = LAYER_KINDS.codes("dense", "add")


@kernel
def forward_kind(lane, node, first, n):
    """z of a node."""
    kind = lane.nodes[node, c.N_KIND]
    if kind == DENSE:
        dense.forward(lane, node, first, n)
    elif kind == ADD:
        add.forward(lane, node, first, n)


@kernel
def backward_kind(lane, node, first, n):
    """From a node's δ to ∂L/∂ of what it reads."""
    kind = lane.nodes[node, c.N_KIND]
    if kind == DENSE:
        dense.backward(lane, node, first, n)
    elif kind == ADD:
        add.backward(lane, node, first, n)


@kernel
def gradient_kind(lane, node, piece, pieces):
    """A piece of the gradient of a node's weights and biases."""
    if lane.nodes[node, c.N_KIND] == DENSE:
        dense.gradient(lane, node, piece, pieces)
