"""Fixes of findings that a person has tried: the next one for a lane, and whether those that ran have helped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nntui.plotting.numbers import explained, share
from nntui_engine.analysis.fixing.candidates import Candidate, candidates
from nntui_engine.diagnosis.case import Case
from nntui_engine.record.noticed import FixEvent
from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .new_lanes import ORIGINAL

HELPED = 0.5  # of the way from the sick lane's score to that of one that has learned


@dataclass(frozen=True, slots=True)
class _Trial:
    """A lane that was made to mend another one's finding ``rule``."""

    lane: str
    origin: str
    rule: str
    set: Mapping[str, object]

    def event(self, state: Literal["tried", "won", "lost"]) -> FixEvent:
        """What its record says of it."""
        return FixEvent(state, 0, self.lane, self.origin, self.rule, self.set)


class FixTrials:
    """The fixes of one run."""

    def __init__(self) -> None:
        self._tried: dict[str, list[Mapping[str, object]]] = {}
        self._running: list[_Trial] = []
        self._origins: dict[str, str] = {}

    def origin_of(self, lane: str) -> str:
        """The lane whose finding the lane ``lane`` was made to mend; else itself."""
        return self._origins.get(lane, lane)

    def next_for(self, lane: LaneSnapshot, findings: Sequence[Finding]) -> Candidate | None:
        """The first fix of what was found in the lane that was not tried yet."""
        mine = [finding for finding in findings if finding.lane == lane.name]
        tried = self._tried.get(lane.name or ORIGINAL, [])
        return next((one for one in candidates(mine, Case(lane).settings) if one.set not in tried), None)

    def began(self, lane: str, origin: str, fix: Candidate) -> FixEvent:
        """A lane was made that tries a fix; one that was alone has a name from then on."""
        origin = origin or ORIGINAL
        self._tried.setdefault(origin, []).append(fix.set)
        self._running.append(_Trial(lane, origin, fix.of, fix.set))
        self._origins[lane] = origin
        return self._running[-1].event("tried")

    def ended(self, snapshot: Snapshot, findings: Sequence[Finding]) -> list[tuple[str, FixEvent]]:
        """What is to be said of trials that have come to their end, and recorded; each once."""
        lanes = {lane.name: lane for lane in snapshot.lanes}
        said = []
        for trial in list(self._running):
            lane, origin = lanes.get(trial.lane), lanes.get(trial.origin)
            if lane is None or origin is None:
                continue
            if lane.state != "running":
                self._running.remove(trial)
                still_found = any(one.lane == lane.name and one.rule == trial.rule for one in findings)
                won = _is_better(lane, origin) and not still_found
                said.append((_words(lane, origin, won, still_found), trial.event("won" if won else "lost")))
        return said


def _is_better(lane: LaneSnapshot, origin: LaneSnapshot) -> bool:
    new, old = Case(lane), Case(origin)
    before = old.score if old.score > old.guess else old.guess
    return new.score > before and new.score - before >= HELPED * (new.bar - before)


def _words(lane: LaneSnapshot, origin: LaneSnapshot, won: bool, still_found: bool) -> str:
    how = explained if Case(lane).is_numbers else share
    numbers = f"{lane.name} has {how(Case(lane).score)}, {origin.name} {how(Case(origin).score)}"
    if won:
        return f"The fix has won: {numbers}."
    why = "what was found is found there too" if still_found else "that is not half of what was missing"
    return f"The fix has lost: {numbers}; {why}."
