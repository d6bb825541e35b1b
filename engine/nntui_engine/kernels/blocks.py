"""Blocks of parameters, and the pieces that the work on them is shared in."""

from . import columns as c
from .policy import kernel


@kernel
def block_piece(lane, block, piece):
    """(start, stop) of a piece of a block, in the parameters: some of its rows, or with the last piece all of it."""
    pieces = lane.ints[c.I_PARAMETER_PIECES]
    start, size, rows = lane.blocks[block, c.B_START], lane.blocks[block, c.B_SIZE], lane.blocks[block, c.B_ROWS]
    row = size // rows
    return start + rows * piece // pieces * row, start + rows * (piece + 1) // pieces * row
