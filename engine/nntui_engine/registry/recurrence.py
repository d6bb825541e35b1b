"""Sizes of recurrent layers: plain arithmetic for what plans memory. The formulas are in ``kernels/recurrence/``."""

GATES = {
    "recurrent": ("hidden",),
    "lstm": ("input", "forget", "cell", "output"),
    "gru": ("reset", "update", "candidate"),
}
RECURRENT_KINDS = tuple(GATES)
_BLOCK = 512  # entries of scratch behind an activation and its slopes
_PANEL = 32  # the most columns of a block of a product


def gates(kind: str) -> int:
    """How many blocks of ``units`` columns the weights of the kind have."""
    return len(GATES[kind])


def weight_shape(kind: str, features: int, units: int) -> tuple[int, int]:
    """(rows, columns) of the weights: first the rows of the inputs, then the recurrent ones."""
    return features + units, gates(kind) * units


def bias_count(kind: str, units: int) -> int:
    """One bias for each column; gru has another for each unit, inside what its reset gate scales."""
    return (gates(kind) + (kind == "gru")) * units


def memory_size(kind: str, n: int, time: int, units: int) -> int:
    """Entries of what a pass over n rows keeps besides z, gates and states: lstm's cells, gru's ``inner``."""
    return {"recurrent": 0, "lstm": n * (time + 1) * units, "gru": n * time * units}[kind]


def scratch_size(kind: str, n: int, time: int, features: int, units: int, masked: bool = False) -> int:
    """Entries of scratch that ``forward`` and ``backward`` of n rows need; ``masked``: with recurrent dropout."""
    columns = gates(kind) * units
    panels = (features + units) * columns
    step = n * (3 * units + 2 * columns + 2 * units)
    back = n * time * units * ((kind == "gru") + masked)
    return panels + step + back + (time + units) * _PANEL + _BLOCK
