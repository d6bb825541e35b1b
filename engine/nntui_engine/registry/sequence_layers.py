"""What recurrent layers and embeddings say of themselves: shapes, blocks, work."""

from collections.abc import Sequence
from typing import Any

from .activation import ACTIVATIONS
from .layer_kind import Asked, Block, Drawn, Plan, Shape, shape_text
from .recurrence import bias_count, gates, memory_size, scratch_size, weight_shape

# What the kernels read of a recurrent layer, in this order
TIME, FEATURES, GATE_COUNT, EVERY_STATE, TRUNCATE, CARRIES, GATE_ACTIVATION, MEMORY = range(8)
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
    shape = weight_shape(asked.kind, _sequence(read)[1], asked.units)
    return Block("weights", shape, True), Block("biases", (bias_count(asked.kind, asked.units),), True)


def drawn(read: Sequence[Shape], asked: Asked) -> tuple[Drawn, ...]:
    """Each gate's two matrices by themselves."""
    features, units = _sequence(read)[1], asked.units
    parts = []
    for gate in range(gates(asked.kind)):
        parts.append(Drawn(0, gate * units, (features, units), (features, units)))
        parts.append(Drawn(features, gate * units, (units, units), (units, units), recurrent=True))
    return tuple(parts)


def work(read: Sequence[Shape], asked: Asked) -> int:
    """Multiply-adds of one row forward."""
    time, features = _sequence(read)
    return time * (features + asked.units) * gates(asked.kind) * asked.units


def embedded(read: Sequence[Shape], asked: Asked) -> Shape:
    """A row of numbers for each token. Raises ValueError where it does not read token numbers."""
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
    """Pre-activations of every gate and step, states and what else a kind keeps; a norm for each step, and each gate's
    mean and saturated share."""
    time, features = _sequence(read)
    count, units, options = gates(asked.kind), asked.units, asked.options
    memory, columns = memory_size(asked.kind, 1, time, units), count * units
    masked = options["recurrent_dropout"] > 0.0
    sizes = [scratch_size(asked.kind, rows, time, features, units, masked) for rows in (0, 1)]
    gate = ACTIVATIONS[options.get("recurrent_activation", "sigmoid")].code
    return Plan(
        z_width=time * columns,
        a_width=time * units,
        acts=True,
        room=(time + 1) * units + memory + time * columns + 3 * units,
        scratch=sizes[0],
        row_scratch=sizes[1] - sizes[0],
        more=(("time_gradient_norm", time), ("gates", 2 * count)),
        numbers=(
            *(time, features, count, int(options["return_sequence"]), options["truncate"], int(options["carry"])),
            *(gate, memory),
        ),
    )
