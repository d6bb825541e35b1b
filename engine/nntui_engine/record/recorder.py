"""What a run hands over to its record while it goes on: samples, what happens to it, and moments to go on from.

A lane's past is a chain: every event of the run (a tweak, lanes that come or go) begins an *arrangement* with rows of
its own for the lanes, each with the ``origin`` whose past it goes on with. A run that goes back and then changes leaves
the old future in the file, as an arrangement that the newest does not descend from.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..run.listener import News
from ..run.run import Run
from ..run.snapshot import LaneState, NetworkPart, NonFinite
from ..run.task import Lane
from ..run.timeline import Event, LanesArranged, ParametersSet, Tweaked
from ..tasks.network_lane import NetworkLane
from .about import about_lane, about_run
from .moment import write_moment
from .outcome import KEY, outcome_of
from .plain import to_text
from .schema import created, reopened
from .writer import QUEUE_BYTES, Writer

Array = NDArray[np.float64]
Samples = Mapping[str, tuple[Array, Array]]

CHECKPOINT_SECONDS = 10.0  # between two moments; at first less
FIRST_CHECKPOINT_SECONDS = 1.0
CHECKPOINT_SHARE = 16  # or so many times its size in samples, if that comes first
LEAST_BYTES = 32_000_000  # of samples between two moments that come first
BYTES_A_SECOND = 2_000_000  # of moments, at most
OUTCOME_SHARE = 100  # times what it takes to say how the run stands, until that is said again
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
    """The lanes between two events. ``ids`` and ``names`` by place; ``last``: of each of their histories the last step
    handed over."""

    id: int
    ids: list[int]
    names: list[str]
    last: dict[tuple[int, str], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class After:
    """What a record has already that a run goes on with: the lanes ``before``, at ``position``; ids given so far."""

    before: Arranged | None = None
    position: int = 0
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
        connection, self.journal = created(path) if after is None else reopened(path)
        self.writer = Writer(path, connection, most)
        self._describe = describe
        after = after or After()
        self._offset = after.position
        self._pending: list[tuple[int, Samples]] = []
        self._line: list[Arranged] = []  # by how many events had happened
        self._here: Arranged | None = None
        self._lanes, self._arrangements = after.lanes, after.arrangements  # ids given so far
        self._checkpoints, self._events = after.checkpoints, after.events
        self._before = after.before  # what the run goes on from, until it has begun
        self._bytes = 0  # of samples since the last moment was kept
        self._kept_at = time.monotonic()
        self._wait = FIRST_CHECKPOINT_SECONDS  # from there to the next moment
        self._said_again_at = 0.0  # when it is said again how the run stands
        self._reached = 0  # the furthest position of this future
        self._again = False  # what comes now has come before
        self._run: Run | None = None
        self._told: list[int] = []  # the steps of its lanes when it was last heard of

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
            about = {**about_run(run, self.journal), **self._describe(run)} if self._before is None else {}
            for key, value in about.items():
                self._insert("run", key, value)
            self.writer.start()
        if news == "begun":
            self._line = []
        elif news == "event":
            del self._line[len(events) :]
        if len(events) >= len(self._line):
            self._arrange(run, events)
        elif self._here is not self._line[len(events)]:
            self._note(run, "rewind", {})
        self._here = here = self._line[len(events)]
        if news:
            self._reached = run.position
        again = not news and (self._again or run.position < self._reached)
        self._hand_over(here, again)
        self._again = again and run.position <= self._reached
        self._reached = max(self._reached, run.position)
        self._note_now(run, here)
        self._told = _steps(run)
        if run.position == run.end and self._moment_is_due(run):
            self._keep_moment(run, here)
            if time.monotonic() >= self._said_again_at:
                self._say_outcome(run)

    def close(self) -> None:
        """Keeps the last moment, and waits until all is written."""
        if self._run is None:  # it came to nothing
            self.writer.discard(new=self._before is None)
        elif self._here is not None and self._told == _steps(self._run):
            self._say_outcome(self._run)  # else it was interrupted on its way: what was said before counts
            if self._run.position == self._run.end:
                self._keep_moment(self._run, self._here)
        self.writer.close()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _insert(self, table: str, *values: Any) -> None:
        self.writer.do(lambda: self.writer.insert(table, values))

    def _note(self, run: Run, what: str, detail: Mapping[str, object]) -> None:
        self._events += 1
        self._insert("event", self._events, self._offset + run.position, what, to_text(detail))

    def _note_now(self, run: Run, here: Arranged) -> None:
        lanes = tuple(_lane_now(run, place) for place in range(len(run.lanes)))
        now = Now(here.id, self._offset + run.position, lanes)
        self.writer.do(lambda: self.writer.at_commit("run", "now", lambda: to_text(now)))

    def _say_outcome(self, run: Run) -> None:
        if self.trouble:
            return
        began = time.monotonic()
        self._insert("run", KEY, to_text(outcome_of(run)))
        self._said_again_at = began + OUTCOME_SHARE * (time.monotonic() - began)

    def _arrange(self, run: Run, events: Sequence[Event]) -> None:
        """The lanes after an event, or at the beginning."""
        event = events[-1] if events and self._line else None
        parent, self._before = self._line[-1] if event is not None else self._before, None
        resumed = event is None and parent is not None
        before: dict[str | None, int] = {} if parent is None else dict(zip(parent.names, parent.ids, strict=True))
        self._arrangements += 1
        ids: list[int] = []
        text = to_text({"what": "resume"} if resumed else _event_words(event))
        self._insert(
            "arrangement", self._arrangements, None if parent is None else parent.id, self._offset + run.position, text
        )
        shown = run.snapshot().lanes
        for place, lane in enumerate(run.lanes):
            self._lanes += 1
            ids.append(self._lanes)
            origin = before.get(lane.name if resumed else _origin(event, lane.name))
            step = run.step_of(place) if origin is not None else 0
            first = (self._lanes, self._arrangements, place, lane.name, origin, step)
            self._insert_lane(first, lane, shown[place].own)
        self.writer.do(self.writer.end_blocks)
        self._line.append(Arranged(self._arrangements, ids, [lane.name for lane in run.lanes]))

    def _insert_lane(self, first: tuple[Any, ...], lane: Lane, own: object) -> None:
        network = (own.own_data, own.parameters) if isinstance(own, NetworkPart) else (False, 0)
        self.writer.do(lambda: self.writer.insert("lane", (*first, *about_lane(lane, *network))))

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
        self._insert("checkpoint", number, here.id, self._offset + run.position, to_text(coming))
        most = self.writer.most
        numbers = most is None or run.nbytes <= most // NUMBERS_SHARE
        self.writer.do(lambda: write_moment(self.writer, number, ids, task, pasts, numbers))


def _steps(run: Run) -> list[int]:
    return [run.step_of(place) for place in range(len(run.lanes))]


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
