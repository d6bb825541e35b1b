"""A run: the lanes of a scenario, moved in lockstep."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiling.ahead import Progress
from ..errors import InputError
from ..scenario import Scenario, override
from .finding import Finding, Unchecked
from .lanes import named_lanes, settings_words
from .listener import Listener, News
from .recipe import Recipe, recipes
from .snapshot import LaneState, Mark, Snapshot
from .task import Lane, Row, Task
from .timeline import KEEP_SECONDS, Descent, Event, Kept, LanesArranged, Story, Timeline, Tweaked, marks_after

AnyTask = Task[Any, Any, Any]
SURE_SECONDS = 0.005  # of steps, that tell how long a step takes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A moment of a run, kept by :meth:`Run.save`."""

    task: AnyTask
    marks: tuple[Mark, ...]

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return self.task.nbytes


class Run:
    """The lanes of a scenario in lockstep, whatever their task is.

    The same scenario, seed and tweaks give the same bits, whatever the number of threads and however the steps are
    divided over calls of :meth:`advance`.
    """

    from_record = False  # whether its scenario was read from a record, and from no file

    def __init__(
        self,
        scenario: Scenario,
        task: AnyTask,
        tables: Mapping[str, Mapping[str, Any]],
        compiling: Progress | None = None,
        rewind_memory: int = 0,
        listener: Listener | None = None,
    ) -> None:
        """``task`` is a new one, which gets a lane for each of ``tables``. Raises InputError on bad input."""
        self.scenario = scenario
        self.marks: list[Mark] = []
        self._seconds_a_step = 1e-3
        self._unkept_seconds = 0.0
        self._memory = rewind_memory
        self._task = task
        self._listener = listener
        task.emitted = None if listener is None else listener.sampled
        self._names = Story(tables, (), 0).names
        task.begin(tables, compiling)
        self._begin_timeline()

    def _begin_timeline(self, base: Checkpoint | None = None) -> None:
        self._first_tables = {lane.name: lane.tables for lane in self.lanes}
        self._timeline = Timeline(self._memory, None if base is None else Kept(0, 0, base))
        if base is None:
            planned = self.scenario.changes
            self._timeline.events = [Tweaked(one.step, one.set, self._called(one.lane)) for one in planned]
        self._tell("begun")

    def _tell(self, news: News = "") -> None:
        if self._listener is not None:
            self._listener.stands(self, self._timeline.events[: self._timeline.done], news)

    def happened(self, event: Event) -> None:
        """Something new was done to the run: note it."""
        self._timeline.happened(event)
        self._tell("event")

    def note(self, what: str, detail: Mapping[str, object]) -> None:
        """Tell who listens of something that changes no number."""
        if self._listener is not None:
            self._listener.noted(self, what, detail)

    def _called(self, lane: str | None) -> str | None:
        """What one of the scenario's lanes is called now."""
        there = {one.name for one in self.lanes}
        return next((name for name in reversed(self._names.get(lane or "", ())) if name in there), lane)

    @property
    def lanes(self) -> Sequence[Lane]:
        """The scenario's variants, in its order."""
        return self._task.lanes

    def index(self, lane: str | int) -> int:
        """The place of a lane given by its name or place; InputError if there is none."""
        if isinstance(lane, int):
            if not 0 <= lane < len(self.lanes):
                raise InputError(f"lane {lane} does not exist; there are {len(self.lanes)}, counted from 0")
            return lane
        names = [one.name for one in self.lanes]
        return names.index(named_lanes(names, lane)[0])

    @property
    def seed(self) -> int:
        """The first lane's seed."""
        return self.lanes[0].settings.seed

    @property
    def every(self) -> int:
        """Steps from one sample to the next."""
        return self._task.every

    @property
    def steps(self) -> int:
        """The last step of the longest lane."""
        return max(lane.settings.steps for lane in self.lanes)

    @property
    def step(self) -> int:
        """Steps done since the start (or the last :meth:`restart`) by the lane furthest on."""
        return int(self._task.step.max())

    @property
    def finished(self) -> bool:
        """Whether no lane has a step left."""
        return bool(np.all(self._task.ended | (self._task.step >= self._task.limit)))

    def advance(self, n: int = 1) -> int:
        """Move every lane by ``n`` steps (fewer where its run ends); returns the steps done by the one furthest on.

        After :meth:`seek` the changes that were made further on are made again on the way.
        """
        line, left = self._timeline, n
        while left > 0:
            event = line.next
            wanted = left if event is None else min(left, event.at - line.at)
            moved = self._move(wanted)
            line.moved(moved)
            self._tell()
            left -= moved
            self._catch_up()
            if moved < wanted or (event is None and left == 0):
                break
        if self._memory and self._unkept_seconds > KEEP_SECONDS and self._task.nbytes <= self._memory:
            line.keep(self.save())
            self._unkept_seconds = 0.0
        return n - left

    @property
    def coming(self) -> Sequence[Tweaked]:
        """The changes that are planned for later."""
        line = self._timeline
        return [one for one in line.events[line.done :] if isinstance(one, Tweaked)]

    @property
    def nbytes(self) -> int:
        """The memory that a moment of it takes."""
        return self._task.nbytes

    def _move(self, n: int) -> int:
        task = self._task
        before = task.step.copy()
        goals = np.minimum(before + n, task.limit)
        while task.pending(goals):
            start, at = time.perf_counter(), task.step.copy()
            task.launch(goals)
            took, steps = time.perf_counter() - start, int((task.step - at).max())
            self._unkept_seconds += took
            if steps:  # of few steps the clock tells more of what else goes on
                weight = 0.3 * min(1.0, steps * self._seconds_a_step / SURE_SECONDS)
                self._seconds_a_step += weight * (took / steps - self._seconds_a_step)
        return int((task.step - before).max())

    def _catch_up(self) -> None:
        """Do again what was done when the run stood here."""
        while (event := self._timeline.next) is not None and event.at == self._timeline.at:
            self._timeline.events[self._timeline.done] = event.redo(self)
            self._timeline.done += 1
            self._tell()

    @property
    def position(self) -> int:
        """Steps made since the run began: :attr:`step`, but that lanes which had to start again count on."""
        return self._timeline.at

    @property
    def end(self) -> int:
        """The furthest :attr:`position` that can be gone forward to without a step that was not made before."""
        return self._timeline.end

    def seek(self, position: int) -> int:
        """Go to a :attr:`position` that the run has been at, to the bit; returns where it is then.

        From there the same steps give the same bits, the changes made on the way included, until a new one is made.
        Rows that :meth:`samples` has not handed over are dropped.
        """
        line = self._timeline
        target = min(max(line.first, position), line.end)
        kept = line.nearest(target)
        if not (kept.at if kept is not None else 0) <= line.at <= target:
            if kept is not None:
                self._return_to(kept.moment)
            else:
                self._task.begin(self._first_tables)
                self.marks = []
            line.at, line.done = (kept.at, kept.events) if kept is not None else (0, 0)
            self._tell()
            self._catch_up()
        while line.at < target and self.advance(target - line.at):
            pass
        for _ in self.samples():  # of steps made once more
            pass
        return line.at

    def advance_for(self, seconds: float, upto: int | None = None) -> int:
        """Move for about ``seconds`` of wall time, at least one step, and not beyond position ``upto``.

        Returns the steps done.
        """
        end = time.perf_counter() + seconds
        done = 0
        while not self.finished and (upto is None or self.position < upto):
            share = max(0.0, end - time.perf_counter())
            count = max(1, int(share / self._seconds_a_step)) if done else 1
            done += self.advance(count if upto is None else min(count, upto - self.position))
            if time.perf_counter() >= end:
                break
        return done

    def samples(self) -> Iterator[Row]:
        """Hand over, oldest first, the sampled steps since the last call (needs ``keep_samples``).

        Lanes stand in their order within each step.
        """
        return self._task.samples()

    def snapshot(
        self, layer_history: Iterable[str] = (), whole_history: Iterable[str] = (), points: int | None = 512
    ) -> Snapshot:
        """An immutable view of now, with the histories of the named statistics, merged to at most ``points``."""
        names = list(layer_history), list(whole_history)
        lanes = tuple(self._task.lane_snapshot(i, *names, points) for i in range(len(self.lanes)))
        return Snapshot(
            self.scenario.name, self.scenario.title, self.seed, self.step, self.steps, lanes, tuple(self.marks)
        )

    def findings(self) -> list[Finding]:
        """What is wrong now, lane by lane, causes before symptoms."""
        found = self._task.findings()
        if self._listener is not None:
            self._listener.found(self, found)
        return found

    def unchecked(self) -> list[Unchecked]:
        """What could not be looked at, lane by lane, and why."""
        return self._task.unchecked()

    def tweak(self, settings: Mapping[str, object], lane: str | None = None) -> Mark:
        """Change settings now, for one lane or all, e.g. ``{"train.lr": 0.01}``.

        What can change live does; what only a fresh start can follow (a shape, first weights, data, a surface, a start,
        a seed) restarts the lane. Raises InputError (and changes nothing) where a value is not allowed.
        """
        steps = {one: self.step_of(one) for one in named_lanes([x.name for x in self.lanes], lane)}
        mark, restarted = self.apply_tweak(settings, lane)
        self.happened(Tweaked(self.position, dict(settings), lane, steps, restarted))
        return mark

    def apply_tweak(self, settings: Mapping[str, object], lane: str | None) -> tuple[Mark, frozenset[str]]:
        """:meth:`tweak` without a note of it, for what happens once more; the lanes that had to start again."""
        chosen = named_lanes([x.name for x in self.lanes], lane)
        tables = {
            old.name: override(old.tables, settings, where="tweak") if old.name in chosen else old.tables
            for old in self.lanes
        }
        step = self.step if lane is None else self.step_of(lane)
        at = {name: self.step_of(name) for name in chosen}
        restarted = self._task.change(tables, chosen)
        mark = Mark(step, lane, dict(settings), settings_words(settings), bool(restarted), at)
        self.marks.append(mark)
        return mark, restarted

    def step_of(self, lane: str | int) -> int:
        """Steps that a lane has done since it began."""
        return int(self._task.step[self.index(lane)])

    def state_of(self, lane: str | int) -> LaneState:
        """Whether a lane goes on, and else why not."""
        return self._task.state_of(self.index(lane))

    def has_ended(self, lane: str | int) -> bool:
        """Whether a lane has no step left."""
        index, task = self.index(lane), self._task
        return bool(task.ended[index] or task.step[index] >= task.limit[index])

    def apply_parameters(self, lane: int, values: Mapping[str, NDArray[Any]]) -> None:
        """Set a lane's parameters, each in its own shape, without a note of it."""
        self._task.set_parameters(lane, values)

    # -- lanes that come and go -------------------------------------------------------------------------------------

    def add_lane(self, name: str, like: str, settings: Mapping[str, object], *, fresh: bool = True) -> bool:
        """One more lane: the settings of ``like`` with ``settings`` over them. Returns whether it begins at step 0.

        It does if ``fresh``, and where only a fresh start can follow the settings; else it goes on from where ``like``
        stands. No other lane's numbers change. Raises InputError (and changes nothing) where a value is not allowed,
        the name is taken or memory is short.
        """
        names = [lane.name for lane in self.lanes]
        named_lanes(names, like)
        if not name.strip() or name in names:
            raise InputError(f'add_lane: "{name}" is not allowed; must be a name that no lane has')
        return self._arrange({**{one: Descent(one) for one in names}, name: Descent(like, dict(settings), fresh)})

    def drop_lane(self, name: str) -> None:
        """Take a lane away. Raises InputError if there is none of the name, or no other."""
        names = [lane.name for lane in self.lanes]
        named_lanes(names, name)
        if len(names) == 1:
            raise InputError("drop_lane: the last lane stays")
        self._arrange({one: Descent(one) for one in names if one != name})

    def rename_lane(self, name: str, new: str) -> None:
        """Give a lane another name. Raises InputError if there is none, or the new name is empty or taken."""
        names = [lane.name for lane in self.lanes]
        named_lanes(names, name)
        if new == name:
            return
        if not new.strip() or new in names:
            raise InputError(f'rename_lane: "{new}" is not allowed; must be a name that no lane has')
        self._arrange({(new if one == name else one): Descent(one) for one in names})
        self._timeline.rename(name, new)
        for called in self._names.values():
            if name in called:
                called.append(new)

    def _arrange(self, lanes: Mapping[str, Descent]) -> bool:
        restarted = self.apply_lanes(lanes)
        steps = {lane.name: self.step_of(lane.name) for lane in self.lanes}
        self.happened(LanesArranged(self.position, lanes, steps, restarted))
        return bool(restarted) or any(one.fresh for one in lanes.values())

    def apply_lanes(self, lanes: Mapping[str, Descent]) -> frozenset[str]:
        """Have these lanes in place of the present ones, without a note of it; those that had to start again."""
        present = {lane.name: lane.tables for lane in self.lanes}
        tables = {
            name: override(present[one.origin], one.settings, where="lane") if one.settings else present[one.origin]
            for name, one in lanes.items()
        }
        origins = {name: None if one.fresh else one.origin for name, one in lanes.items()}
        chosen = [name for name, one in lanes.items() if one.fresh or one.settings or one.origin != name]
        restarted = self._task.arrange(tables, origins, chosen)
        self.marks = marks_after(self.marks, lanes, restarted)
        return restarted

    def recipes(self, planned: bool = False) -> list[Recipe]:
        """How each lane comes to where it stands: what it begins with, and its changes at its own steps; also those
        that are ``planned`` for later, if they are asked for."""
        coming = self.coming if planned else ()
        return recipes(self._first_tables, [*self._timeline.events[: self._timeline.done], *coming])

    def restart(self, seed: int | None = None) -> None:
        """Begin again from step 0 with the lanes' present settings, with another seed if one is given."""
        new = {} if seed is None else {"train.seed": seed}
        self._task.begin({x.name: override(x.tables, new, where="restart") for x in self.lanes})
        self.marks = []
        self._begin_timeline()

    def save(self) -> Checkpoint:
        """This moment, to come back to with :meth:`load`."""
        return Checkpoint(self._task.copy(), tuple(self.marks))

    def load(self, checkpoint: Checkpoint) -> None:
        """Return to a moment that :meth:`save` kept; from there the same steps give the same bits.

        The run begins there as far as :meth:`seek` is concerned.
        """
        self._return_to(checkpoint)
        self._begin_timeline(checkpoint)

    def continue_from(
        self,
        task: AnyTask,
        marks: Iterable[Mark],
        coming: Iterable[Event],
        listener: Listener,
        story: Story | None = None,
    ) -> None:
        """Stand where ``task`` stands, as of a run that was ended before; ``coming``: what is to happen later.

        ``listener`` hears of it from there on. With the whole ``story`` of how it came there :meth:`seek` goes back to
        the start; else it begins there.
        """
        self._task, self.marks, self._listener = task, list(marks), listener
        task.emitted = listener.sampled
        task.begin_rows()
        story = story or Story({lane.name: lane.tables for lane in self.lanes}, (), 0, whole=False)
        here = Kept(story.at, len(story.events), self.save())
        self._tell_story(story, [*story.events, *coming])
        line = self._timeline
        line.at, line.done = here.at, here.events
        line.kept = [here]
        line.base = None if story.whole else here
        self._tell("begun")
        self._catch_up()

    def follow(self, story: Story, coming: Iterable[Event] = ()) -> None:
        """From its start, do on the way what is told of another run of the same lanes, and then what was planned."""
        self._tell_story(story, [*story.events, *coming])
        self._catch_up()

    @property
    def story(self) -> Story:
        """What has happened to it, as far as it stands."""
        line = self._timeline
        return Story(self._first_tables, tuple(line.events[: line.done]), line.at, line.base is None)

    def heard_by(self, listener: Listener) -> None:
        """``listener``, which knows of all until now, hears of it from here on."""
        self._listener = listener
        self._task.emitted = listener.sampled

    def _tell_story(self, story: Story, events: list[Event]) -> None:
        self._timeline = Timeline(self._memory, end=story.at, events=events)
        self._first_tables, self._names = dict(story.first), story.names

    def _return_to(self, checkpoint: Checkpoint) -> None:
        self._task = checkpoint.task.copy()
        self._task.emitted = None if self._listener is None else self._listener.sampled
        self.marks = list(checkpoint.marks)
