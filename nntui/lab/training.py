"""The run behind the lab, and what a person has it do: go on, step, change, undo, start again, go back in time."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

from nntui.looks.fair_rates import FairSearch
from nntui.looks.walk import walk_of
from nntui.plotting.panel import Former
from nntui_engine.errors import InputError
from nntui_engine.record.noticed import FIX, FixEvent, Happened
from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.run.source import Capability
from nntui_engine.scenario.settings import Settings

from .changes import Added, Change, Changes, earlier_settings, merged
from .files import save
from .new_lanes import MOST_LANES, ORIGINAL, NewLane, first_of
from .pace import Pace, watchable_speed

if TYPE_CHECKING:
    from nntui_engine.analysis.standing import Standing, Standings
    from nntui_engine.experiment import Experiment
    from nntui_engine.record.source import RecordSource

NOTCHES = 50  # of going back, in the whole run
SOONEST_LOOK, LATEST_LOOK = 0.5, 1.0  # seconds from one look for what is wrong to the next …
LOOKING = 50  # … in between, as many times as long as the look took: a fiftieth of the time


class Training:
    """A run and its pace. One thread alone calls it; ``say`` is given what a person is to read.

    ``make`` makes the run; ``speed`` is in steps per second, None lets the whole run take 45 seconds or more;
    ``stopped`` says whether the lab was left meanwhile.
    """

    def __init__(
        self,
        make: "Callable[[], Experiment]",
        say: Callable[..., None],
        speed: float | None,
        paused: bool,
        clock: Callable[[], float] = time.monotonic,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._make, self._say, self._speed, self._clock, self._stopped = make, say, speed, clock, stopped
        self._run: Experiment | None = None
        self.running = not paused
        self.failed = False
        self.left: int | None = None  # steps asked for by hand, still to be made
        self.pace = Pace(speed or math.inf, clock)
        self.first: dict[str, Settings] = {}  # what each lane began with
        self.changes = Changes()
        self.former: Former | None = None
        self.fair: FairSearch | None = None
        self._findings: tuple[Finding, ...] = ()
        self._look_again_at = 0.0
        self._standings: Standings | None = None  # of what the scenario expects
        self._forked_at = 0
        self._ended = False  # it stands still because it came to its end
        self._end: Snapshot | None = None  # of what was run, while the run stands before it

    @property
    def condition(self) -> str:
        """How a run is that another program makes; "" of one's own."""
        return ""

    @property
    def no_orders(self) -> str:
        """Why such a run takes no orders, "" if it does."""
        return ""

    def build(self) -> None:
        """Makes the run."""
        self._run = self._make()
        self.first = {lane.name: lane.settings for lane in self._run.lanes}
        if self._speed is None:
            self.pace.speed = watchable_speed(self._run.steps)
        self._note_undo()
        self._note_way()
        self._expect()
        self.pace.begin()

    def _expect(self) -> None:
        """From now on holds what the scenario expects against the run."""
        self._standings = None
        if self.can("advance") and self.can("rewind") and self.run.scenario.expectations:
            from nntui_engine.analysis.standing import Standings

            self._standings = Standings(self.run.scenario)
            self._standings.note(self.run)

    def standings(self) -> "tuple[Standing, ...]":
        """How what the scenario expects stands."""
        return () if self._standings is None else self._standings.look(self.run, fresh=not self.running)

    def _note_way(self) -> None:
        """Keeps where the networks are, for the views of their way."""
        if self.can("predict"):
            walk_of(self.run).note(self.run)

    def _begin_anew(self, lane: str | None = None) -> None:
        """A lane (None: all) stands at its start again: its way begins there."""
        if self.can("predict"):
            walk_of(self.run).forget(lane)
            self._note_way()

    def leave(self) -> None:
        """Nobody looks at the run any more."""

    @property
    def there(self) -> bool:
        """Whether there is a run already."""
        return self._run is not None

    @property
    def run(self) -> "Experiment":
        """The run."""
        assert self._run is not None, "nothing runs yet"
        return self._run

    def can(self, what: Capability) -> bool:
        """Whether there is a run, and one that can do this."""
        return self._run is not None and what in self._run.capabilities

    @property
    def searching(self) -> bool:
        """Whether there are lanes whose best learning rate is still to be looked for."""
        return self.fair is not None and self.fair.pending

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the run; while it goes on, what was a second ago at most."""
        began = self._clock()
        if began >= self._look_again_at or not self.running:
            self._findings = tuple(self.run.findings())
            wait = LOOKING * (self._clock() - began)
            self._look_again_at = began + min(max(wait, SOONEST_LOOK), LATEST_LOOK)
        return self._findings

    def happened(self) -> tuple[Happened, ...]:
        """What a record that is looked at says of findings and fixes, up to where it is looked at."""
        return tuple(cast("RecordSource", self.run).happened()) if self.can("follow") else ()

    @property
    def goes_on(self) -> bool:
        """Whether there are steps to be made, now or when the pace says so."""
        return self.running and self._run is not None and not self._run.finished and not self.failed

    @property
    def due(self) -> int:
        """Steps to train now."""
        if not self.goes_on:
            return 0
        if self.left is not None:  # steps asked for by hand wait for no speed
            return min(self.left, self.pace.fitting())
        return self.pace.due()

    def follow(self) -> bool:
        """Goes along with what grows by itself; whether it has."""
        return self.can("follow") and not self.failed and cast("RecordSource", self.run).refresh()

    def launch(self, due: int) -> None:
        """Trains so many steps."""
        began = time.perf_counter()
        if self._standings is not None:  # a moment that something is expected of must not be passed by
            due = min(due, self._standings.until_read(self.run) or due)
        made = int(self.run.advance(due))
        if self._standings is not None:
            self._standings.note(self.run)
        self._read_undo()
        self.pace.made(made, time.perf_counter() - began)
        if self.left is not None:
            self.left -= max(made, 1)
        self._note_way()
        self._ended = bool(self.run.finished)
        if self._ended or (self.left is not None and self.left <= 0):
            self.left, self.running = None, False

    # -- what a person has it do ----------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Pauses, or goes on, also beyond the end; what was asked for by hand is dropped."""
        if not self._has_steps():
            return
        self.running, self.left = not self.running, None
        self.pace.begin()

    def steps(self, count: int) -> None:
        """Makes ``count`` more steps at full speed, then pauses."""
        if self._run is None or not self._has_steps():
            return
        self.left, self.running = (self.left or 0) + count, True
        self.pace.begin()

    def epoch(self) -> None:
        """Makes an epoch of steps, then pauses."""
        if self._run is not None:
            self.steps(steps_in_epoch(self._run))

    def _has_steps(self) -> bool:
        """Whether there are steps to make; a run at its end is made as long again as it was first."""
        if self._run is None or not self._run.finished:
            return True
        began = first_of(self.first, ((lane.name, lane.settings) for lane in self.run.lanes))
        longer = [({"train.steps": lane.settings.steps + began[lane.name].steps}, lane.name) for lane in self.run.lanes]
        for settings, lane in merged(tuple(longer), len(longer)):
            self.run.tweak(settings, lane)
        if self.run.finished:
            self._say("Every lane has ended for good, so none trains on: r starts again.")
            return False
        self._say(f"Trains on, to step {self.run.steps}.")
        return True

    def speed(self, direction: int) -> None:
        """One level slower (−1) or faster (1)."""
        self.pace.change(direction)

    def tweak(self, settings: Mapping[str, object], lane: str | None) -> None:
        """Changes settings, by scenario key, of a lane (None: all)."""
        if self._run is not None and settings:
            self._tweak_all([(dict(settings), lane)])

    def _tweak_all(self, tweaks: Sequence[tuple[Mapping[str, object], str | None]]) -> None:
        """One change, which one undo takes back."""
        self._branch()
        back: list[tuple[Mapping[str, object], str | None]] = []
        for settings, lane in tweaks:
            lanes = [one for one in self.run.lanes if lane is None or one.name == lane]
            back += [(earlier_settings(settings, one.settings), one.name) for one in lanes]
            self._tweak_now(settings, lane)
        self.changes.done.append(Change(tuple(tweaks), tuple(back)))
        self.changes.undone.clear()
        self._note_undo()

    def _tweak_now(self, settings: Mapping[str, object], lane: str | None) -> None:
        mark = self.run.tweak(settings, lane)
        if mark.restarted:
            whose = "the network" if len(self.run.lanes) == 1 else f"lane {lane}" if lane else "all lanes"
            self._say(f"{mark.text}: {whose} started again from step 0.")
            self._begin_anew(lane)
            self._go_on()
        elif self.run.finished:
            self._say(f"{mark.text}: space trains on with it, r starts again.")

    def _go_on(self) -> None:
        """Runs, if a run that had come to its end has steps to make again."""
        if not self.running and self._ended:
            self.running, self._ended = True, False
            self.pace.begin()

    # -- lanes that come and go -----------------------------------------------------------------------------------

    def add_lanes(self, lanes: Sequence[NewLane]) -> None:
        """Lanes beside those that they are like, which one undo takes away; what begins anew sets the run going."""
        if len(self.run.lanes) + len(lanes) > MOST_LANES:
            self._say(f"More than {MOST_LANES} lanes cannot be told apart: D drops one.")
            return
        self._branch()
        added = Added(tuple(lanes))
        self._add(added)
        if not self.running and any(lane.fresh for lane in lanes):
            self.running, self.left = True, None
            self.pace.begin()
        self.changes.done.append(added)
        self.changes.undone.clear()
        self._note_undo()

    def _add(self, added: Added) -> None:
        run = self.run
        if not run.lanes[0].name:
            run.rename_lane("", ORIGINAL)
            self._begun_as("", ORIGINAL)
        there: list[str] = []
        try:
            for lane in added.lanes:
                run.add_lane(lane.name, lane.like or ORIGINAL, lane.settings, fresh=lane.fresh)
                there.append(lane.name)
                self._begin_anew(lane.name)
        except InputError:
            for name in there:
                run.drop_lane(name)
            raise
        self.first = first_of(self.first, ((lane.name, lane.settings) for lane in run.lanes))
        self._go_on()

    def note_fix(self, event: FixEvent) -> None:
        """Has who records the run note what became of a fix; not of one whose lane was refused."""
        if event.lane in [lane.name for lane in self.run.lanes]:
            self.run.note(FIX, asdict(event))

    def drop_lane(self, name: str) -> None:
        """Takes a lane away; what was changed before can no longer be undone."""
        self._branch()
        self.run.drop_lane(name)
        self.first.pop(name, None)
        self.changes.forget()
        self._note_undo()

    def rename_lane(self, name: str, new: str) -> None:
        """Gives a lane another name."""
        self._branch()
        self.run.rename_lane(name, new)
        self._begun_as(name, new)
        self.changes.forget()
        self._note_undo()

    def _begun_as(self, name: str, new: str) -> None:
        """What began with one name has another; before it was given, in the past, it still has the first."""
        if name in self.first:
            self.first[new] = self.first.pop(name)
        if self._standings is not None:
            self._standings.renamed(name, new)

    def _branch(self) -> None:
        """Before a change: in the past it begins a new future, beside which the old one stays in grey for a while."""
        run = self.run
        if self._standings is not None:
            self._standings.forget(run.position)
        if self.can("rewind") and run.position < run.end and self._end is not None:
            self.former, self._forked_at = Former(run.step, self._end), run.position
            self._say(
                f"A new future begins at step {run.step}; the one before stays in grey until a change further on."
            )
        elif self.former is not None and self.former.step and run.position != self._forked_at:
            self.former = None

    # -- what others can read -----------------------------------------------------------------------------------------

    def keep(self, folder: Path) -> None:
        """Writes a scenario file that gives this run. Raises InputError where it cannot be written."""
        from .keeping import scenario_text

        path = save(folder, f"{self.run.scenario.name}-kept", ".toml", scenario_text(self.run))
        self._say(f"Saved {path.name}: a scenario that comes to where this run stands.")

    def export(self, folder: Path, form: str = "csv") -> None:
        """Writes all that was measured as CSV or JSON lines. Raises InputError where it cannot be written."""
        from .numbers_file import WRITERS

        text = WRITERS[form](self.run.full_snapshot(None), self._stopped)
        path = save(folder, f"{self.run.scenario.name}-numbers", f".{form}", text)
        thinned = any(history.thinned for lane in self.run.lanes for history in lane.histories.values())
        which = "lane; of older steps means, a record (ctrl+r) has each" if thinned else "lane and step"
        self._say(f"Saved {path.name}: every statistic of every {which}.")

    def undo(self) -> None:
        """Takes the last change back."""
        if not self.changes.done:
            self._say("Nothing to undo.")
            return
        change = self.changes.done[-1]
        self._branch()
        if isinstance(change, Added):
            for one in change.lanes:
                self.run.drop_lane(one.name)
            self._say(f"Taken back: {', '.join(one.name for one in change.lanes)}.")
        else:
            for settings, lane in merged(change.back, len(self.run.lanes)):
                self._tweak_now(settings, lane)
        self.changes.undone.append(self.changes.done.pop())
        self._note_undo()

    def redo(self) -> None:
        """Makes the change again that was taken back last."""
        if not self.changes.undone:
            self._say("Nothing to redo.")
            return
        change = self.changes.undone[-1]
        self._branch()
        if isinstance(change, Added):
            self._add(change)
        else:
            for settings, lane in change.forward:
                self._tweak_now(settings, lane)
        self.changes.done.append(self.changes.undone.pop())
        self._note_undo()

    def _note_undo(self) -> None:
        if self.can("rewind"):
            self.changes.note(self.run.position)

    def _read_undo(self) -> None:
        if self.can("rewind"):
            self.changes.read(self.run.position)

    def restart(self, seed: int | None = None) -> None:
        """Starts again, from the same seed if None; after a failure, makes the run anew."""
        if self._run is None or self.failed:
            self.failed = False
            self.build()
        else:
            if self._run.step:  # what was, stays in grey
                self.former = Former(0, self._run.full_snapshot())
            self._run.restart() if seed is None else self._run.restart(seed)
            if self._standings is not None:
                self._standings.forget()
                self._standings.note(self._run)
            self._begin_anew()
            self.changes.forget_past()
            self._note_undo()
        self.running, self.left = True, None
        self._findings = ()
        self.pace.begin()

    def next_seed(self) -> None:
        """Starts again from the next seed."""
        self.restart(None if self._run is None else int(self._run.seed) + 1)

    def search_fair(self) -> None:
        """Looks for every lane's best learning rate, one lane at a time (``fair.next``)."""
        if self._run is not None:
            self.fair = FairSearch(self._run.surface)

    def apply_fair(self) -> None:
        """Gives every lane its best rate and starts again."""
        if self.fair is None or self.fair.pending:
            return
        found, self.fair = self.fair.view.found, None
        self.restart()
        self._tweak_all([({"train.lr": float(f"{one.best:.4g}")}, one.lane) for one in found])

    def rewind(self, direction: int) -> None:
        """Back (−1) or forward (1) in what was run."""
        if not self.can("rewind"):
            return
        run = self.run
        self.running, self.left = False, None
        if run.position == run.end:
            self._end = run.full_snapshot()
        notch, at = max(1, int(run.steps) // NOTCHES), run.position
        target = (-(-at // notch) - 1) * notch if direction < 0 else (at // notch + 1) * notch
        if run.seek(target) == at:
            self._say("This is the start." if direction < 0 else "This is as far as it ran: space goes on.")
        self._read_undo()


def steps_in_epoch(run: "Experiment") -> int:
    """Steps in which the first lane sees each training row once; ten on a surface."""
    if "survey" in run.capabilities:
        return 10
    lane = run.network.lanes[0]
    return max(1, math.ceil(len(lane.data.x_train) / int(lane.settings.batch_size)))
