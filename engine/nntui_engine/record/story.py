"""What happened to a recorded run, as the run itself notes it: to be done again."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ..run.timeline import Descent, Event, LanesArranged, Story, Tweaked
from ..scenario import LaneTables, Scenario
from .about import VERSIONS
from .noticed import FindingEvent, Noticed
from .recorder import Arranged
from .tables import ArrangementRow, LaneRow, MomentRow, Tables


@dataclass(frozen=True, slots=True)
class Chapter:
    """The lanes between two events: ``parts`` are the arrangements of one after the other, each with its lanes.

    They are several where the run was ended and went on: the next goes on where the one before stood.
    """

    parts: tuple[tuple[ArrangementRow, tuple[LaneRow, ...]], ...]

    @property
    def at(self) -> int:
        """The position at which it begins."""
        return self.parts[0][0].at


def chapters(tables: Tables, line: Sequence[ArrangementRow]) -> list[Chapter]:
    """A line of arrangements by what was done to the run: one more than its events. Raises InputError."""
    found: list[Chapter] = []
    for row in line:
        part = (row, tuple(tables.lanes(row.id)))
        names = [lane.name for lane in part[1]]
        if row.at < (found[-1].parts[-1][0].at if found else 0) or len(set(names)) < len(names):
            raise tables.damaged(f"arrangement {row.id} begins before the one that it follows, or has a lane twice")
        if found and row.event.get("what") == "resume":
            if names != [lane.name for lane in found[-1].parts[-1][1]]:
                raise tables.damaged(f"arrangement {row.id} goes on with other lanes")
            found[-1] = Chapter((*found[-1].parts, part))
        else:
            found.append(Chapter((part,)))
    return found


def story(tables: Tables, line: Sequence[ArrangementRow], at: int) -> Story:
    """What was done until the run stood at ``at``. Raises InputError.

    It is not ``whole`` where weights were set by hand, which no record holds: then it has what came after that alone.
    """
    begun, *later = chapters(tables, line)
    first = {row.name: row.tables for row in begun.parts[0][1]}
    events: list[Event] = []
    whole, names = True, set(first)
    for one in later:
        if one.at > at:
            break
        row, rows = one.parts[0]
        event = _event(tables, row, rows)
        before, names = names, {row.name for row in rows}
        arranged = event.lanes if isinstance(event, LanesArranged) else {name: Descent(name) for name in names}
        if set(arranged) != names or not before.issuperset(one.origin for one in arranged.values()):
            raise tables.damaged(f"the lanes of arrangement {row.id} come from none")
        if event is None:
            first, events, whole = {row.name: row.tables for row in rows}, [], False
        else:
            events.append(event)
    return Story(first, tuple(events), at, whole)


def _event(tables: Tables, row: ArrangementRow, lanes: Sequence[LaneRow]) -> Event | None:
    event, what = row.event, row.event.get("what")
    steps = {one.name: one.step for one in lanes}
    try:
        restarted = frozenset(msgspec.convert(event.get("restarted", []), list[str]))
        if what == "tweak":
            lane = msgspec.convert(event.get("lane"), str | None)
            settings = msgspec.convert(event.get("set"), dict[str, Any])
            told = msgspec.convert(event.get("steps", {}), dict[str, int])
            return Tweaked(row.at, settings, lane, told, restarted)
        if what == "lanes":
            descents = msgspec.convert(event.get("lanes"), dict[str, Descent])
            return LanesArranged(row.at, descents, steps, restarted)
    except msgspec.ValidationError as error:
        raise tables.damaged(f"arrangement {row.id}: {error}") from None
    if what == "parameters":
        return None
    raise tables.damaged(f"arrangement {row.id} came about by nothing that is known")


def spans(line: Sequence[ArrangementRow], end: int) -> dict[int, int]:
    """How many steps count of each arrangement of a line that goes as far as ``end``; more may have been made there,
    until the run went back."""
    ends = [*(row.at for row in line[1:]), end]
    return {row.id: min(after, end) - row.at for row, after in zip(line, ends, strict=True)}


def moments(tables: Tables, line: Sequence[ArrangementRow], end: int, with_numbers: bool = False) -> list[MomentRow]:
    """The moments along a line as far as ``end``, the newest first; or those alone whose numbers were kept."""
    counts, begins = spans(line, end), {row.id: row.at for row in line}
    there = [one for one in tables.moments(with_numbers) if one.arrangement in begins]
    return [one for one in there if one.at - begins[one.arrangement] <= counts[one.arrangement]]


def planned(tables: Tables, scenario: Scenario, line: Sequence[ArrangementRow], end: int, after: int) -> list[Tweaked]:
    """What the scenario had planned for positions beyond ``after``, as far as the run went by it until its ``end``, or
    still would."""
    done = [(row.at, row.event.get("set")) for row in line if row.event.get("what") == "tweak"]
    changes = [Tweaked(one.step, one.set, one.lane) for one in scenario.changes]
    went = [one for one in changes if (one.at, one.settings) in done]
    known = next(iter(moments(tables, line, end)), None)
    coming = [one for one in changes if one.at > end] if known is None else known.planned
    return [one for one in (*went, *(one for one in coming if one.at > end)) if one.at > after]


def arranged(
    tables: Tables, line: Sequence[ArrangementRow], told: Story, end: int | None = None
) -> tuple[Arranged, ...]:
    """A line of arrangements as who records its run knows them, by how many events of ``told`` had happened; with
    ``end`` as if only those steps were there that count until then."""
    counts = {} if end is None else spans(line, end)
    known = noticed(tables, line)
    found = []
    for chapter in chapters(tables, line)[-1 - len(told.events) :]:
        here: Arranged | None = None
        for row, lanes in chapter.parts:
            last = {
                (lane.place, kind): min(step, lane.step + counts.get(row.id, math.inf))
                for lane in lanes
                for kind, step in tables.last_steps(lane.id).items()
            }
            ids, names = [one.id for one in lanes], [one.name for one in lanes]
            here = Arranged(row.id, ids, names, last, row.at, here, known[row.id])
        assert here is not None
        found.append(here)
    return tuple(found)


def noticed(tables: Tables, line: Sequence[ArrangementRow]) -> dict[int, Noticed]:
    """What was found along a line of arrangements, by their ids."""
    events = [(one.at, one.event) for one in tables.happened() if isinstance(one.event, FindingEvent)]
    found: dict[int, Noticed] = {}
    before = Noticed()
    for row in line:
        lanes = tables.lanes(row.id)
        names = {one: tables.lane(one).name for one in {lane.origin for lane in lanes} if one is not None}
        origins = {lane.name: None if lane.origin is None else names[lane.origin] for lane in lanes}
        before = found[row.id] = before.carried(row.at, origins)
        before.events += [(at, one) for at, one in events if one.arrangement == row.id]
    return found


def trained_with(tables: Tables, line: Sequence[ArrangementRow]) -> dict[str, set[str]]:
    """The versions and processors that a run was trained with, each time that it went on, by their names."""
    said = tables.texts()
    found = {key: {said.get(key, "unknown")} for key in VERSIONS}
    for row in line:
        later = row.event.get("with")
        for key, value in later.items() if isinstance(later, dict) else ():
            if key in found:
                found[key].add(str(value))
    return found


def recorded_from(tables: Tables) -> int:
    """The position from which on a run was recorded, what is before being what it still knew; 0 if from its start."""
    said = tables.texts().get("recorded_from", "0")
    if not said.isdecimal():
        raise tables.damaged("it does not say from where it was recorded")
    return int(said[:18])


def first_lanes(told: Story) -> tuple[LaneTables, ...]:
    """The lanes that a run began with, as a scenario has them."""
    return tuple(LaneTables(name, dict(tables)) for name, tables in told.first.items())
