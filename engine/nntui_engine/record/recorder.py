"""What a run hands over to its record while it goes on: samples, what happens to it, and moments to go on from.

A lane's past is a chain: every event of the run (a tweak, lanes that come or go) begins an *arrangement* with rows of
its own for the lanes, each with the ``origin`` whose past it goes on with. A run that goes back and then changes leaves
the old future in the file, as an arrangement that the newest does not descend from.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..run.finding import Finding
from ..run.history import History
from ..run.listener import News
from ..run.run import Run
from ..run.snapshot import LaneState, NetworkPart, NonFinite
from ..run.task import Lane
from ..run.timeline import Event, LanesArranged, ParametersSet, Story, Tweaked
from ..tasks.network_lane import NetworkLane
from .about import VERSIONS, about_lane, about_run, may_be_rounded
from .moment import write_moment
from .noticed import FINDING, Noticed, changes
from .outcome import KEY, outcome_of
from .plain import to_text
from .schema import FOLDED, FOLDS, created, reopened
from .writer import QUEUE_BYTES, Writer

Array = NDArray[np.float64]
Samples = Mapping[str, tuple[Array, Array]]

CHECKPOINT_SECONDS = 10.0  # between two moments; at first less
FIRST_CHECKPOINT_SECONDS = 1.0
CHECKPOINT_SHARE = 6  # or so many times its size in samples, if that comes first
LEAST_BYTES = 32_000_000  # of samples between two moments that come first
BYTES_A_SECOND = 2_000_000  # of moments, at most
OUTCOME_SHARE = 100  # times what it takes to say how the run stands, until that is said again
LOOK_SHARE = 100  # times what it takes to look for what is wrong, until that is done again
LOOK_SECONDS = 0.25  # until then, at least
NUMBERS_SHARE = 8  # a bounded record keeps the numbers of a run that take so small a part of it at most


@dataclass(frozen=True, slots=True)
class LaneNow:
    """Where a lane stands."""

    step: int
    state: LaneState
    non_finite: NonFinite | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """Where the run stands: in which arrangement, at which position, and its lanes by place."""

    arrangement: int
    position: int
    lanes: tuple[LaneNow, ...]


@dataclass(frozen=True, slots=True)
class Coming:
    """A change that the scenario has planned, ``after`` so many more steps of the run."""

    after: int
    lane: str | None
    set: dict[str, Any]


@dataclass(slots=True)
class Arranged:
    """The lanes between two events, from position ``at`` on. ``ids`` and ``names`` by place; ``last``: of each of their
    histories the last step handed over; ``before``: the same lanes until the run was ended, if it went on here;
    ``noticed``: what was found in them."""

    id: int
    ids: list[int]
    names: list[str]
    last: dict[tuple[int, str], float] = field(default_factory=dict)
    at: int = 0
    before: "Arranged | None" = None
    noticed: Noticed = field(default_factory=Noticed)


@dataclass(frozen=True, slots=True)
class After:
    """What a record has already that a run goes on with: its lanes by how many of its events had happened; ids given so
    far. ``new``: the record is still to be made."""

    line: tuple[Arranged, ...] = ()
    new: bool = False
    lanes: int = 0
    arrangements: int = 0
    checkpoints: int = 0
    events: int = 0


class Recorder:
    """Listens to a run and records it into a new file. Raises InputError where none can be made.

    ``after``: what it goes on from, of a record that is there.
    ``describe``: more keys and values for the table ``run``, once there is one. ``most``: bytes that the file may
    grow to; it is the coarser the fuller it is, and recording ends there. The file's connection is the writer's
    thread's alone.
    """

    def __init__(
        self,
        path: Path,
        describe: Callable[[Any], Mapping[str, str]] = lambda _: {},
        after: After | None = None,
        most: int | None = None,
    ) -> None:
        after = after or After(new=True)
        connection, self.journal = created(path) if after.new else reopened(path)
        self.writer = Writer(path, connection, most)
        self._describe, self._new = describe, after.new
        self._pending: list[tuple[int, Samples]] = []
        self._line: list[Arranged] = []  # by how many events had happened
        self._here: Arranged | None = None
        self._lanes, self._arrangements = after.lanes, after.arrangements  # ids given so far
        self._checkpoints, self._events = after.checkpoints, after.events
        self._before = list(after.line)  # what the run goes on from, until it has begun
        self._bytes = 0  # of samples since the last moment was kept
        self._kept_at = time.monotonic()
        self._wait = FIRST_CHECKPOINT_SECONDS  # from there to the next moment
        self._said_again_at = 0.0  # when it is said again how the run stands
        self._look_again_at = 0.0  # and when it is looked for what is wrong
        self._reached = 0  # the furthest position of this future
        self._again = False  # what comes now has come before
        self._run: Run | None = None
        self._rows: dict[int, tuple[int | None, int]] = {}  # of each lane that was told what it goes on from, and where
        self._has_past: set[tuple[int, str]] = set()  # the histories that were told of late
        self._told: list[int] = []  # the steps of its lanes when it was last heard of

    @property
    def name(self) -> str:
        """That of the file."""
        return self.writer.path.name

    @property
    def trouble(self) -> str:
        """Why nothing is recorded any more, "" while all is well."""
        return self.writer.trouble

    # -- a Listener -------------------------------------------------------------------------------------------------

    def sampled(self, lane: int, samples: Samples) -> None:
        """The newest samples of a lane: by history the steps (m,) and the values (m, width)."""
        self._pending.append((lane, samples))

    def stands(self, run: Run, events: Sequence[Event], news: News = "") -> None:
        """The run has moved, or gone back, or one of its events has happened."""
        begun, self._run = self._run is not None, run
        if not begun:
            about = self._about(run) if self._new else {}
            for key, value in about.items():
                self._insert("run", key, value)
            self.writer.start()
        if news == "begun":
            self._line, self._before = self._before, []
        elif news == "event":
            del self._line[len(events) :]
        here = self._standing(run.position, len(events))
        if news == "begun" and here is not None:
            here = self._line[-1] = self._go_on(run, here)
        elif here is None:
            here = self._arrange(run, events)
            self._line.append(here)
        elif self._here is not here:
            self._note(run, "rewind", {})
        self._here = here
        if news:
            self._reached = run.position
        again = not news and (self._again or run.position < self._reached)
        self._hand_over(here, again)
        self._hand_over_folds(run, here, again)
        self._again = again and run.position <= self._reached
        self._reached = max(self._reached, run.position)
        self._note_now(run, here)
        self._told = _steps(run)
        if run.position == run.end and self._moment_is_due(run):
            self._keep_moment(run, here)
            if time.monotonic() >= self._said_again_at:
                self._say_outcome(run, here)
        if run.position == run.end and time.monotonic() >= self._look_again_at:
            self._look(run, here)

    def found(self, run: Run, findings: Sequence[Finding]) -> None:
        """Somebody has looked for what is wrong: so that a record says what a person has seen."""
        if self._here is not None and not self.trouble and self._told == _steps(run):
            self._notice(run, self._here, findings)

    def noted(self, run: Run, what: str, detail: Mapping[str, object]) -> None:
        """An event that changes no number."""
        if self._here is not None and not self.trouble:
            self._note(run, what, {**detail, "arrangement": self._here.id})

    def begin_late(self, run: Run, told: Story, stages: Iterable[Run]) -> None:
        """Record a run from where it stands on, with what it still knows of before; nothing of it was heard so far.

        ``told``: what has happened to it; ``stages``: before each of its events, one after the other, a run with the
        lanes as they were then, and the run itself.
        """
        about = {**self._about(run), "recorded_from": str(run.position)}
        for key, value in about.items():
            self._insert("run", key, value)
        steps: dict[str, int] = {}
        before = 0
        for count, one in enumerate(stages):
            event = told.events[count - 1] if count else None
            at = 0 if event is None else event.at
            steps = _steps_after(event, steps, at - before, one)
            parent = self._line[-1] if self._line else None
            here = self._insert_arrangement(one, _event_words(event), parent, partial(_origin, event), at, steps)
            self._line.append(here)
            before = at
        for place, lane in enumerate(run.lanes):
            for kind, history in lane.histories.items():
                self._add_past(place, kind, history)
        self._run, self._here, self._reached = run, self._line[-1], run.position
        self._note_now(run, self._here)
        self._told = _steps(run)
        self.writer.start()

    def _add_past(self, place: int, kind: str, history: History) -> None:
        """What a lane's history holds, to its row and those that it goes on from, unless another lane had the same."""
        upto, newest = math.inf, history.last_step
        row: int | None = self._line[-1].ids[place]
        for here in reversed(self._line):
            if row is None or row not in here.ids:  # it began later; or it was not touched
                continue
            origin, after = self._rows[row]
            for merged, table in history.pieces() if (row, kind) not in self._has_past else ():
                last = table[:, 0] if merged == 1 else np.repeat(table[2::3, 0], 3)  # of three rows that are one
                some = table[(last > (after if origin is not None else -1.0)) & (last <= upto)]
                if len(some):
                    self.writer.add((row, kind), some, merged=merged)
            if newest >= 0.0 and (row, kind) not in self._has_past:
                here.last[here.ids.index(row), kind] = newest
            self._has_past.add((row, kind))
            row, upto = origin, after

    def close(self) -> None:
        """Keeps the last moment, and waits until all is written."""
        if self._run is None:  # it came to nothing
            self.writer.discard(new=self._new)
        elif self._here is not None and self._told == _steps(self._run):
            self._say_outcome(self._run, self._here)  # else it was interrupted on its way: what was said before counts
            if self._run.position == self._run.end:
                self._keep_moment(self._run, self._here)
        self.writer.close()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _insert(self, table: str, *values: Any) -> None:
        self.writer.do(lambda: self.writer.insert(table, values))

    def _note(self, run: Run, what: str, detail: Mapping[str, object]) -> None:
        self._events += 1
        self._insert("event", self._events, run.position, what, to_text(detail))

    def _note_now(self, run: Run, here: Arranged) -> None:
        lanes = tuple(_lane_now(run, place) for place in range(len(run.lanes)))
        now = Now(here.id, run.position, lanes)
        self.writer.do(lambda: self.writer.at_commit("run", "now", lambda: to_text(now)))

    def _about(self, run: Run) -> dict[str, str]:
        return {**about_run(run, self.journal), **self._describe(run)}

    def _say_outcome(self, run: Run, here: Arranged) -> None:
        if self.trouble:
            return
        began = time.monotonic()
        self._insert("run", KEY, to_text(outcome_of(run, self._look(run, here))))
        self._said_again_at = began + OUTCOME_SHARE * (time.monotonic() - began)

    def _notice(self, run: Run, here: Arranged, findings: Sequence[Finding]) -> None:
        if run.position < run.end:
            return  # what stood there is known
        steps = {lane.name: run.step_of(place) for place, lane in enumerate(run.lanes)}
        for one in changes(here.noticed.standing(run.position), findings, here.id, steps):
            here.noticed.events.append((run.position, one))
            self._note(run, FINDING, msgspec.to_builtins(one))

    def _look(self, run: Run, here: Arranged) -> list[Finding]:
        """What is wrong now; what of it is new is an event."""
        if self.trouble:
            return []
        began, found = time.monotonic(), run.findings()
        self._notice(run, here, found)
        self._look_again_at = began + max(LOOK_SECONDS, LOOK_SHARE * (time.monotonic() - began))
        return found

    def _standing(self, position: int, events: int) -> Arranged | None:
        """The lanes at a position after so many events; None where those have not happened before."""
        here = self._line[events] if events < len(self._line) else None
        while here is not None and here.before is not None and position < here.at:
            here = here.before
        return here

    def _arrange(self, run: Run, events: Sequence[Event]) -> Arranged:
        """The lanes after an event, or at the beginning."""
        event = events[-1] if events and self._line else None
        parent = self._standing(run.position, len(self._line) - 1) if event is not None else None
        return self._insert_arrangement(run, _event_words(event), parent, lambda name: _origin(event, name))

    def _go_on(self, run: Run, before: Arranged) -> Arranged:
        """The same lanes, of a run that was ended and goes on."""
        about = self._about(run)
        words = {"what": "resume", "with": {key: about[key] for key in VERSIONS if key in about}}
        here = self._insert_arrangement(run, words, before, lambda name: name)
        here.before = before
        for place, lane in enumerate(run.lanes):
            here.last |= {(place, kind): float(run.step_of(place)) for kind in lane.histories}
        return here

    def _insert_arrangement(
        self,
        run: Run,
        words: Mapping[str, object],
        parent: Arranged | None,
        origin_of: Callable[[str], str | None],
        at: int | None = None,
        steps: Mapping[str, int] | None = None,
    ) -> Arranged:
        """``at``, ``steps``: the position, and the steps of the lanes, if not those where the run stands."""
        at = run.position if at is None else at
        before: dict[str | None, int] = {} if parent is None else dict(zip(parent.names, parent.ids, strict=True))
        self._arrangements += 1
        ids: list[int] = []
        self._insert("arrangement", self._arrangements, None if parent is None else parent.id, at, to_text(words))
        shown = run.snapshot().lanes
        for place, lane in enumerate(run.lanes):
            self._lanes += 1
            ids.append(self._lanes)
            origin = before.get(origin_of(lane.name))
            now = run.step_of(place) if steps is None else steps[lane.name]
            step = now if origin is not None else 0
            self._rows[self._lanes] = (origin, step)
            first = (self._lanes, self._arrangements, place, lane.name, origin, step)
            self._insert_lane(first, lane, shown[place].own)
        self.writer.do(self.writer.end_blocks)
        names = [lane.name for lane in run.lanes]
        origins = {name: origin_of(name) for name in names}
        noticed = Noticed() if parent is None else parent.noticed.carried(at, origins)
        return Arranged(self._arrangements, ids, names, at=at, noticed=noticed)

    def _insert_lane(self, first: tuple[Any, ...], lane: Lane, own: object) -> None:
        network = (own.own_data, own.parameters) if isinstance(own, NetworkPart) else (False, 0)
        self.writer.do(lambda: self.writer.insert("lane", (*first, *about_lane(lane, *network))))
        for kind, columns in (may_be_rounded(lane) if isinstance(lane, NetworkLane) else {}).items():
            self.writer.may_round((first[0], kind), columns)

    def _hand_over(self, here: Arranged, again: bool) -> None:
        """``again``: some of it has come before, until the run went back."""
        for place, samples in self._pending:
            for kind, (steps, values) in samples.items():
                if again:
                    new = steps > here.last.get((place, kind), -1.0)
                    steps, values = steps[new], values[new]
                if not len(steps):
                    continue
                here.last[place, kind] = float(steps[-1])
                self._bytes += values.nbytes
                self.writer.add((here.ids[place], kind), steps, values)
        self._pending.clear()

    def _hand_over_folds(self, run: Run, here: Arranged, again: bool) -> None:
        for place, lane in enumerate(run.lanes):
            history = lane.histories.get(FOLDED)
            if history is None:
                continue
            history.note_folds()
            folds, last = history.folds(), here.last.get((place, FOLDS), -1.0)
            if again:
                folds = folds[folds[:, 0] > last]
            if len(folds):
                here.last[place, FOLDS] = float(folds[-1, 0])
                self.writer.add((here.ids[place], FOLDS), folds)

    def _moment_is_due(self, run: Run) -> bool:
        if time.monotonic() - self._kept_at < self._wait and self._bytes < LEAST_BYTES:
            return False
        late = time.monotonic() - self._kept_at > max(self._wait, run.nbytes / BYTES_A_SECOND)
        much = self._bytes > CHECKPOINT_SHARE * run.nbytes
        return (late or much) and self.writer.waiting < QUEUE_BYTES // 2

    def _keep_moment(self, run: Run, here: Arranged) -> None:
        pasts = self._bytes > CHECKPOINT_SHARE * sum(lane.nbytes for lane in run.lanes)  # else blocks are read as soon
        self._bytes, self._kept_at = 0 if pasts else self._bytes, time.monotonic()
        self._wait = min(2.0 * self._wait, CHECKPOINT_SECONDS)
        self._checkpoints += 1
        number, ids, task = self._checkpoints, list(here.ids), run.save().task
        coming = [Coming(one.at - run.position, one.lane, dict(one.settings)) for one in run.coming]
        self._insert("checkpoint", number, here.id, run.position, to_text(coming))
        most = self.writer.most
        numbers = most is None or run.nbytes <= most // NUMBERS_SHARE
        self.writer.do(lambda: write_moment(self.writer, number, ids, task, pasts, numbers))


def _steps(run: Run) -> list[int]:
    return [run.step_of(place) for place in range(len(run.lanes))]


def _steps_after(event: Event | None, before: Mapping[str, int], moved: int, lanes: Run) -> dict[str, int]:
    """The steps that the lanes of a stage had made when it began, ``moved`` after the one ``before``."""
    known = event.steps if isinstance(event, Tweaked | LanesArranged) else {}
    found = {}
    for lane in lanes.lanes:
        origin = _origin(event, lane.name)
        made = min(before.get(origin, 0) + moved, lane.settings.steps) if origin is not None else 0
        found[lane.name] = known.get(lane.name, made) if origin is not None else 0
    return found


def _lane_now(run: Run, place: int) -> LaneNow:
    lane = run.lanes[place]
    broken = lane.first_non_finite if isinstance(lane, NetworkLane) else None
    return LaneNow(run.step_of(place), run.state_of(place), broken)


def _event_words(event: Event | None) -> dict[str, object]:
    """An event as JSON."""
    if isinstance(event, Tweaked):
        return {
            "what": "tweak",
            "lane": event.lane,
            "set": event.settings,
            "steps": event.steps,
            "restarted": sorted(event.restarted),
        }
    if isinstance(event, LanesArranged):
        return {"what": "lanes", "lanes": event.lanes, "restarted": sorted(event.restarted)}
    return {"what": "parameters" if isinstance(event, ParametersSet) else "begin"}


def _origin(event: Event | None, name: str) -> str | None:
    """The lane whose past the lane ``name`` goes on with, by the name it had; None for a start."""
    if event is None or (isinstance(event, Tweaked | LanesArranged) and name in event.restarted):
        return None
    if isinstance(event, LanesArranged):
        descent = event.lanes[name]
        return None if descent.fresh else descent.origin
    return name
