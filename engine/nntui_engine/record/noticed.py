"""What was found in a run: when it began, how grave it became and when it ended, as events of its record.

The rules are asked now and then while the run goes on (``Recorder``); an event says what has changed since they were
asked before. What was found is told apart by its lane and rule alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from ..run.finding import Finding, Severity

FINDING, FIX, RECORD, MISTAKE = "finding", "fix", "record", "mistake"  # kinds of events
Key = tuple[str, str]  # a lane and a rule


@dataclass(frozen=True, slots=True)
class FindingEvent:
    """A finding that began, ended, or has another severity, when its lane had made ``step`` steps; ``since``: the step
    that the rule gave it when it began."""

    state: Literal["began", "changed", "ended"]
    arrangement: int
    lane: str
    step: int
    rule: str
    severity: Severity
    layers: tuple[int, ...]
    since: int
    message: str


@dataclass(frozen=True, slots=True)
class FixEvent:
    """A fix of what ``rule`` found in ``origin``: tried in the new ``lane``, which has the settings ``set``; at its end
    that has won or lost."""

    state: Literal["tried", "won", "lost"]
    arrangement: int
    lane: str
    origin: str
    rule: str
    set: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in a script that trains by another framework, found at ``step``; ``name`` and ``code``: what mends it,
    as `name = code`."""

    rule: str
    severity: Severity
    step: int
    message: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a record, its number there, and the position of the run."""

    number: int
    at: int
    event: FindingEvent | FixEvent

    @property
    def kind(self) -> str:
        """What it is called there."""
        return FINDING if isinstance(self.event, FindingEvent) else FIX


@dataclass(slots=True)
class Noticed:
    """What was found in the lanes between two events of a run: ``before`` stood already when they came; ``events``
    since then, each with the position of the run."""

    before: Mapping[Key, FindingEvent] = field(default_factory=dict)
    events: list[tuple[int, FindingEvent]] = field(default_factory=list)

    def standing(self, at: int) -> dict[Key, FindingEvent]:
        """What was known to be wrong at position ``at``: of each finding its newest event."""
        found = dict(self.before)
        for position, one in self.events:
            if position > at:
                continue
            if one.state == "ended":
                found.pop((one.lane, one.rule), None)
            else:
                found[one.lane, one.rule] = one
        return found

    def carried(self, at: int, origins: Mapping[str, str | None]) -> "Noticed":
        """The same for the lanes that come at ``at``: what stood in each one's origin; nothing where it begins anew."""
        standing = self.standing(at)
        return Noticed(
            {
                (lane, rule): replace(one, lane=lane)
                for lane, origin in origins.items()
                for (whose, rule), one in standing.items()
                if whose == origin
            }
        )


def changes(
    standing: Mapping[Key, FindingEvent], findings: Iterable[Finding], arrangement: int, steps: Mapping[str, int]
) -> list[FindingEvent]:
    """What has changed where ``findings`` are there now; ``steps``: those that each lane has made."""
    now = {(one.lane, one.rule): one for one in findings}
    found: list[FindingEvent] = []
    for key, one in now.items():
        before = standing.get(key)
        if before is None or before.severity != one.severity:
            state: Literal["began", "changed"] = "began" if before is None else "changed"
            since = one.first_step if before is None else before.since
            step = steps.get(one.lane, 0)
            found.append(
                FindingEvent(state, arrangement, one.lane, step, one.rule, one.severity, one.layers, since, one.message)
            )
    for key, before in standing.items():
        if key not in now:
            found.append(
                replace(before, state="ended", arrangement=arrangement, step=steps.get(before.lane, before.step))
            )
    return found
