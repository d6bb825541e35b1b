"""How a run stands, in a few numbers and words that its record keeps, so that a list of records needs no engine."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..run.finding import Severity, headline
from .plain import from_text
from .schema import opened

if TYPE_CHECKING:
    from ..run.run import Run

KEY = "outcome"  # in the table run


@dataclass(frozen=True, slots=True)
class LaneOutcome:
    """How a lane stands; ``statistics`` are those of the whole lane, by name."""

    name: str
    step: int
    state: str
    statistics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """A finding in one line: what, where and since when."""

    rule: str
    severity: Severity
    lane: str
    words: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Its lanes in their order, and what was found, lane by lane, causes before symptoms."""

    lanes: tuple[LaneOutcome, ...]
    findings: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A record in short; ``outcome`` is None where it was ended before it was known."""

    scenario: str
    title: str
    kind: str
    seed: int
    steps: int
    position: int
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class _Head:
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class _Position:
    position: int


def outcome_of(run: "Run") -> Outcome:
    """How a run stands."""
    lanes = (LaneOutcome(one.name, one.step, one.state, dict(one.whole)) for one in run.snapshot().lanes)
    found = (Found(one.rule, one.severity, one.lane, headline(one)) for one in run.findings())
    return Outcome(tuple(lanes), tuple(found))


def summary_of(path: Path) -> Summary:
    """What a record says of itself, without its numbers. Raises InputError for what is no record, or a damaged one."""
    connection = opened(path)
    try:
        said = dict(connection.execute("SELECT key, value FROM run").fetchall())
        head, now = from_text(said["head"], _Head), from_text(said["now"], _Position)
        outcome = from_text(said[KEY], Outcome) if KEY in said else None
        seed, steps = int(said["seed"]), int(said["steps"])
        return Summary(head.name, head.title, said["kind"], seed, steps, now.position, outcome)
    except KeyError as error:
        raise InputError(f"{path}: is damaged: it does not say its {error.args[0]}") from None
    except (sqlite3.Error, OverflowError, ValueError, TypeError) as error:
        raise InputError(f"{path}: is damaged: {error}") from None
    finally:
        connection.close()
