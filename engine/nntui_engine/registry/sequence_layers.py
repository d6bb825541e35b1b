"""What recurrent layers and embeddings say of themselves: shapes, blocks, work."""

from collections.abc import Sequence
from typing import Any

from .layer_kind import Asked, Block, Drawn, Plan, Shape, shape_text

# The matrices that a time step multiplies: lstm's input, forget, cell and output gate; gru's reset, update and new
GATES = {"recurrent": ("state",), "gru": ("reset", "update", "new"), "lstm": ("input", "forget", "cell", "output")}
OPTIONS: dict[str, Any] = {
    "return_sequence": False,
    "recurrent_init": "orthogonal",
    "spectral_radius": None,
    "recurrent_dropout": 0.0,
    "truncate": 0,
    "carry": False,
}


def _sequence(read: Sequence[Shape]) -> tuple[int, int]:
    """(time steps, features) of what is read."""
    if len(read[0]) != 2:
        raise ValueError(f"gets {shape_text(read[0])}; it wants a sequence (time×features): set data.shape")
    return read[0][0], read[0][1]


def states(read: Sequence[Shape], asked: Asked) -> Shape:
    """The last state, or with ``return_sequence`` that of every step."""
    time, _ = _sequence(read)
    return (time, asked.units) if asked.options["return_sequence"] else (asked.units,)


def blocks(read: Sequence[Shape], asked: Asked) -> tuple[Block, ...]:
    """One matrix for inputs (its first rows) and state (the rest), gate beside gate; a bias for each unit and gate."""
    features, columns = _sequence(read)[1], len(GATES[asked.kind]) * asked.units
    return Block("weights", (features + asked.units, columns), True), Block("biases", (columns,), True)


def gru_blocks(read: Sequence[Shape], asked: Asked) -> tuple[Block, ...]:
    """The same; the new state's recurrent part, which the reset gate acts on, has biases of its own."""
    weights, _ = blocks(read, asked)
    return weights, Block("biases", (4 * asked.units,), True)


def drawn(read: Sequence[Shape], asked: Asked) -> tuple[Drawn, ...]:
    """Each gate's two matrices by themselves."""
    features, units = _sequence(read)[1], asked.units
    parts = []
    for gate in range(len(GATES[asked.kind])):
        parts.append(Drawn(0, gate * units, (features, units), (features, units)))
        parts.append(Drawn(features, gate * units, (units, units), (units, units), recurrent=True))
    return tuple(parts)


def work(read: Sequence[Shape], asked: Asked) -> int:
    """Multiply-adds of one row forward."""
    time, features = _sequence(read)
    return time * (features + asked.units) * len(GATES[asked.kind]) * asked.units


def embedded(read: Sequence[Shape], asked: Asked) -> Shape:
    """A row of numbers for each token."""
    if len(read[0]) != 1 and read[0][1:] != (1,):
        raise ValueError(f"gets {shape_text(read[0])}; it wants token numbers, one for each time step")
    return (read[0][0], asked.units)


def token_blocks(read: Sequence[Shape], asked: Asked) -> tuple[Block, ...]:  # noqa: ARG001
    """A row of weights for each token."""
    return (Block("weights", (asked.options["tokens"], asked.units), True),)


def tokens_drawn(read: Sequence[Shape], asked: Asked) -> tuple[Drawn, ...]:  # noqa: ARG001
    """All tokens together; each is looked up, not summed, so that one row is read at a time."""
    shape = (asked.options["tokens"], asked.units)
    return (Drawn(0, 0, shape, (1, asked.units)),)


def plan(read: Sequence[Shape], asked: Asked) -> Plan:
    """Pre-activations of every gate and step, and the states; kept for the way back."""
    time, features = _sequence(read)
    gates, units, options = len(GATES[asked.kind]), asked.units, asked.options
    cells = asked.kind == "lstm"
    return Plan(
        z_width=time * gates * units,
        a_width=time * units,
        acts=True,
        room=time * gates * units + (time + 1) * units * (2 if cells else 1),
        numbers=(time, features, gates, int(options["return_sequence"]), options["truncate"], int(options["carry"])),
    )
