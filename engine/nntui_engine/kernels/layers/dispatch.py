"""Which kind's code a node runs: one look at an integer per node and piece of rows.

What every network may have is compiled into the training loop. All other kinds are linked: their code is called by its
address (``links.py``), so that a network without them compiles nothing of them.
"""

from ...registry.layer_kinds import LAYER_KINDS
from .. import columns as c
from ..links import call_linked
from ..policy import kernel
from . import add, dense
from .partial import gradient as partial_gradient

DENSE, ADD = LAYER_KINDS.codes("dense", "add")


@kernel
def forward_kind(lane, node, piece, first, n):
    """z of a node."""
    kind = lane.nodes[node, c.N_KIND]
    if kind == DENSE:
        dense.forward(lane, node, first, n)
    elif kind == ADD:
        add.forward(lane, node, first, n)
    else:
        call_linked(lane.nodes[node, c.N_FORWARD], lane, node, piece, first, n)


@kernel
def backward_kind(lane, node, piece, first, n):
    """From a node's δ to ∂L/∂ of what it reads."""
    kind = lane.nodes[node, c.N_KIND]
    if kind == DENSE:
        dense.backward(lane, node, first, n)
    elif kind == ADD:
        add.backward(lane, node, first, n)
    else:
        call_linked(lane.nodes[node, c.N_BACKWARD], lane, node, piece, first, n)


@kernel
def gradient_kind(lane, node, piece, pieces):
    """A piece of the gradient of a node's weights and biases."""
    if lane.nodes[node, c.N_KIND] == DENSE:
        dense.gradient(lane, node, piece, pieces)
    elif lane.nodes[node, c.N_PARTIAL] >= 0:
        partial_gradient(lane, node, piece)
