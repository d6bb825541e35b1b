"""How a run stands, in a few numbers and words that its record keeps, so that a list of records needs no engine."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..run.finding import Finding, Severity, headline
from .noticed import RECORD
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
    """A record in short; ``outcome`` is None where it was ended before it was known. ``recorded_from``: the step from
    which on it was recorded; ``goes_on_in``: the record that has what came after this one, "" for none."""

    scenario: str
    title: str
    kind: str
    seed: int
    steps: int
    position: int
    outcome: Outcome | None
    recorded_from: int = 0
    goes_on_in: str = ""


@dataclass(frozen=True, slots=True)
class _Into:
    into: str


@dataclass(frozen=True, slots=True)
class _Head:
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class _Position:
    position: int


def outcome_of(run: "Run", findings: Sequence[Finding]) -> Outcome:
    """How a run stands that ``findings`` are there in."""
    lanes = (LaneOutcome(one.name, one.step, one.state, dict(one.whole)) for one in run.snapshot().lanes)
    found = (Found(one.rule, one.severity, one.lane, headline(one)) for one in findings)
    return Outcome(tuple(lanes), tuple(found))


def summary_of(path: Path) -> Summary:
    """What a record says of itself, without its numbers. Raises InputError for what is no record, or a damaged one."""
    connection = opened(path)
    try:
        said = dict(connection.execute("SELECT key, value FROM run").fetchall())
        head, now = from_text(said["head"], _Head), from_text(said["now"], _Position)
        outcome = from_text(said[KEY], Outcome) if KEY in said else None
        seed, steps, began = int(said["seed"]), int(said["steps"]), int(said.get("recorded_from", "0"))
        rows = connection.execute("SELECT detail FROM event WHERE what = ? ORDER BY id DESC LIMIT 1", (RECORD,))
        into = next((from_text(detail, _Into).into for (detail,) in rows), "")
        return Summary(head.name, head.title, said["kind"], seed, steps, now.position, outcome, began, into)
    except KeyError as error:
        raise InputError(f"{path}: is damaged: it does not say its {error.args[0]}") from None
    except (sqlite3.Error, OverflowError, ValueError, TypeError) as error:
        raise InputError(f"{path}: is damaged: {error}") from None
    finally:
        connection.close()
