"""How threads share the pieces of a phase of work, inside compiled code.

One thread leads; the others help. The leader publishes a phase: a ticket that holds its kind, the number of its pieces
and the next one to be taken. Whoever raises the ticket by one has taken that piece. The phase is over when all pieces
are reported done. The leader takes pieces too and never waits for a helper that has taken none, so that a helper may
come late, be off its core, or not exist. What a piece computes does not depend on who takes it, so that the number
of threads has no influence on any bit.
"""

from .atomics import add, give_way, load, replace, store
from .policy import kernel

# Columns of the shared int64 array, each on a cache line of its own
TICKET, DONE, TEAM = 0, 8, 16

LANES, ROWS, PARAMETERS, UPDATE = range(
    4
)  # kinds of phase; a ticket is serial · 2³⁶ + kind · 2³² + pieces · 2¹⁶ + next

LEAD, HELP, PROBER = range(3)  # roles in a launch
MOST_SHARES = 64  # pieces that many lanes are dealt out in
_SPINS = 2000  # looks before a waiting thread lets others run
_PATIENCE = 4000  # times it does so before a helper leaves: some milliseconds


@kernel
def publish(team, kind, pieces):
    """Open a phase of ``pieces`` pieces (below 2¹⁶)."""
    serial = (team[TICKET] >> 36) + 1
    team[DONE] = 0
    store(team, TICKET, (serial << 36) | (kind << 32) | (pieces << 16))


@kernel
def take(team):
    """(kind, piece) taken from the open phase; a piece of −1 where none is left."""
    while True:
        ticket = load(team, TICKET)
        piece, pieces = ticket & 0xFFFF, (ticket >> 16) & 0xFFFF
        if piece >= pieces:
            return 0, -1
        if replace(team, TICKET, ticket, ticket + 1):
            return (ticket >> 32) & 0xF, piece


@kernel
def report(team):
    """The piece taken last is done."""
    add(team, DONE, 1)


@kernel
def wait_done(team, pieces):
    """Wait until every piece of the phase is done."""
    spins = 0
    while load(team, DONE) < pieces:
        spins += 1
        if spins > _SPINS:
            give_way()


@kernel
def wait_ticket(team):
    """(kind, piece) of the next piece to be had; a piece of −1 after some milliseconds without one."""
    spins = 0
    while spins < _SPINS + _PATIENCE:
        kind, piece = take(team)
        if piece >= 0:
            return kind, piece
        spins += 1
        if spins > _SPINS:
            give_way()
    return 0, -1
