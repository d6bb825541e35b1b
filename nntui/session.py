"""Runs an experiment in one thread and hands out the newest snapshot; knows nothing of screens.

Commands go in through a queue and are carried out between two launches; what comes out is one immutable view in
one slot. Nothing here blocks the caller, but for ``stop``, which waits a moment.
"""

import math
import queue
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nntui_engine.errors import InputError
from nntui_engine.registry.statistic import SURFACE_BY_NAME
from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.run.source import Capability
from nntui_engine.scenario.settings import Settings

from .closeup import Looker, Wish
from .fair_search import FairSearch
from .knobs import earlier_settings
from .pace import Pace, watchable_speed
from .plotting.panel import Former
from .session_view import Change, SessionView, merged, steps_in_epoch
from .story import Story, read_story
from .terrain import Survey, survey
from .warming import Warming

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

__all__ = ["Change", "Session", "SessionView"]

NOTCHES = 50  # of going back, in the whole run


class Session:
    """An experiment running in a daemon thread.

    ``make_experiment`` is called in that thread (it may import and compile); ``speed`` is in steps per second,
    None lets the whole run take about twenty seconds.
    """

    def __init__(
        self,
        make_experiment: "Callable[[], Experiment]",
        *,
        speed: float | None = None,
        paused: bool = False,
        warming: Warming | None = None,
    ) -> None:
        self._make = make_experiment
        self._warming = warming or Warming()
        self._commands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._notices: deque[tuple[str, bool]] = deque()
        self._view = SessionView(running=not paused)
        self._hungry = True
        self._stopping = False
        self._given = 0
        self._wanted_survey: Survey | None = None
        self._thread = threading.Thread(target=self._main, name="nntui-session", daemon=True)
        self._asked_speed = speed
        # what follows is touched by the session's thread alone
        self._experiment: Experiment | None = None
        self._running = not paused
        self._left: int | None = None  # steps asked for by hand, still to be made
        self._pace = Pace(speed or math.inf)
        self._applied = 0
        self._whole: tuple[str, ...] = ()
        self._layer: tuple[str, ...] = ()
        self._points: int | None = 512
        self._first: dict[str, Settings] = {}
        self._done: list[Change] = []
        self._undone: list[Change] = []
        self._story = Story()
        self._findings: tuple[Finding, ...] = ()
        self._findings_at = 0.0
        self._dirty = True
        self._undo_log: list[tuple[int, tuple[Change, ...]]] = []  # what could be undone from which position on
        self._end: Snapshot | None = None  # of what was run, while the run stands before it
        self._former: Former | None = None
        self._forked_at = 0
        self._fair: FairSearch | None = None
        self._looker = Looker()

    # -- for the screen's thread ------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self, wait: float = 0.15) -> None:
        """Ends the thread; waits at most ``wait`` seconds for the launch under way."""
        self._stopping = True
        self._warming.stop()
        self._commands.put(None)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(wait)

    def poll(self) -> SessionView:
        """The newest view; asking for it also orders the next one."""
        self._hungry = True
        return self._view

    def notices(self) -> list[tuple[str, bool]]:
        """(message, is it an error) since the last call, oldest first."""
        found = []
        while self._notices:
            found.append(self._notices.popleft())
        return found

    def show(self, whole: tuple[str, ...], layer: tuple[str, ...], points: int | None) -> None:
        """Which histories the next snapshots carry, and in how many points."""
        self._give(lambda: self._do_show(whole, layer, points))

    def toggle(self) -> int:
        """Pauses, or goes on; what was asked for by hand is dropped."""
        return self._give(self._do_toggle)

    def run_steps(self, count: int) -> int:
        """Makes ``count`` more steps at full speed, then pauses."""
        return self._give(lambda: self._do_steps(count))

    def run_epoch(self) -> int:
        """Makes an epoch of steps (ten on a surface), then pauses."""
        return self._give(self._do_epoch)

    def change_speed(self, direction: int) -> int:
        """One level slower (−1) or faster (1)."""
        return self._give(lambda: self._do_speed(direction))

    def tweak(self, settings: Mapping[str, object], lane: str | None) -> int:
        """Changes settings of a lane (None: all); returns the number ``applied`` reaches when it is done."""
        return self._give(lambda: self._do_tweak(dict(settings), lane))

    def undo(self) -> int:
        """Takes the last change back."""
        return self._give(self._do_undo)

    def redo(self) -> int:
        """Makes the change again that was taken back last."""
        return self._give(self._do_redo)

    def restart(self, new_seed: bool = False) -> int:
        """Starts again from the same seed or the next one; after a failure, makes the experiment anew."""
        return self._give(lambda: self._do_restart(new_seed))

    def survey(self, wanted: Survey) -> int:
        """Which part of a race's surface the next views carry."""
        self._wanted_survey = wanted
        return self._give(lambda: self._do_survey(wanted))

    def look_closer(self, wish: Wish) -> int:
        """What the next views show of the network itself."""
        return self._give(lambda: self._looker.ask(wish))

    def search_fair(self) -> int:
        """Look for every lane's best learning rate."""
        return self._give(self._do_search_fair)

    def apply_fair(self) -> int:
        """Give every lane its best rate and start again."""
        return self._give(self._do_apply_fair)

    def rewind(self, direction: int) -> int:
        """Back (−1) or forward (1) in what was run."""
        return self._give(lambda: self._do_rewind(direction))

    def _give(self, command: Callable[[], None]) -> int:
        self._given += 1
        self._commands.put(command)
        return self._given

    # -- the session's thread ---------------------------------------------------------------------------------

    def _main(self) -> None:
        try:
            trouble = self._warming.run(self._publish_progress)
            if trouble:
                self._notices.append((trouble, True))
            if not self._stopping:
                self._build()
        except InputError as error:
            self._fail(error)
            self._publish(bad_input=error)
        except BaseException as error:  # a dead thread must be seen, whatever killed it
            self._fail(error)
        while not self._stopping:
            try:
                self._turn()
            except BaseException as error:
                self._fail(error)

    def _build(self) -> None:
        self._publish(progress=(0, 0, "loading data and building the network"))
        self._experiment = self._make()
        self._first = {lane.name: lane.settings for lane in self._experiment.lanes}
        self._story = read_story(self._experiment.scenario)
        if self._asked_speed is None:
            self._pace.speed = watchable_speed(self._experiment.steps)
        if self._can("survey"):  # the plots beside the map need them from the first view on
            self._whole, self._points = tuple(SURFACE_BY_NAME), None
        self._note_undo()
        self._pace.begin()
        self._dirty = True

    def _turn(self) -> None:
        """One round: all waiting commands, one launch, a view if one is wanted."""
        due = self._due()
        searching = self._fair is not None and self._fair.pending
        command = self._next_command(0.0 if due or searching else self._idle_seconds())
        while command is not None:
            self._applied += 1
            self._dirty = True
            self._looker.changed()
            try:
                command()
            except InputError as error:
                self._notices.append((str(error), True))
            command = self._next_command(0.0)
        if self._stopping:
            return
        due = self._due()
        if due:
            self._launch(due)
        if self._fair is not None and self._fair.pending:
            self._fair.next()
            self._dirty = True
        if self._looker.due and self._hungry and self._can("predict") and self._view.stage != "failed":
            self._looker.look(self._run)
            self._dirty = True
        if self._dirty and self._hungry:
            self._publish_snapshot()

    def _next_command(self, timeout: float) -> Callable[[], None] | None:
        try:
            return self._commands.get(timeout=timeout) if timeout > 0 else self._commands.get_nowait()
        except queue.Empty:
            return None

    def _idle_seconds(self) -> float:
        """How long to sleep when there is nothing to train: until the next step is due, or a little while."""
        if self._dirty:
            return 0.01
        return min(0.2, max(0.001, self._pace.wait())) if self._can_run() else 0.2

    @property
    def _run(self) -> "Experiment":
        assert self._experiment is not None, "nothing runs yet"
        return self._experiment

    def _can(self, what: Capability) -> bool:
        return self._experiment is not None and what in self._experiment.capabilities

    def _can_run(self) -> bool:
        experiment = self._experiment
        return self._running and experiment is not None and not experiment.finished and self._view.stage != "failed"

    def _due(self) -> int:
        """Steps to train now."""
        if not self._can_run():
            return 0
        if self._left is not None:  # steps asked for by hand wait for no speed
            return min(self._left, self._pace.fitting())
        return self._pace.due()

    def _launch(self, due: int) -> None:
        began = time.perf_counter()
        made = int(self._run.advance(due))
        self._read_undo()
        self._pace.made(made, time.perf_counter() - began)
        self._dirty = True
        self._looker.changed()
        if self._left is not None:
            self._left -= max(made, 1)
            if self._left <= 0:
                self._left, self._running = None, False
        if self._run.finished:
            self._left, self._running = None, False

    # -- commands -----------------------------------------------------------------------------------------------

    def _do_show(self, whole: tuple[str, ...], layer: tuple[str, ...], points: int | None) -> None:
        self._whole, self._layer, self._points = whole, layer, points

    def _do_toggle(self) -> None:
        if self._experiment is not None and self._experiment.finished:
            self._say("The run is finished: r starts it again.")
            return
        self._running, self._left = not self._running, None
        self._pace.begin()

    def _do_steps(self, count: int) -> None:
        if self._experiment is None:
            return
        if self._experiment.finished:
            self._say("The run is finished: r starts it again.")
            return
        self._left, self._running = (self._left or 0) + count, True
        self._pace.begin()

    def _do_epoch(self) -> None:
        if self._experiment is not None:
            self._do_steps(steps_in_epoch(self._experiment))

    def _do_speed(self, direction: int) -> None:
        self._pace.change(direction)

    def _do_tweak(self, settings: dict[str, object], lane: str | None) -> None:
        if self._experiment is not None and settings:
            self._do_tweaks([(settings, lane)])

    def _do_tweaks(self, tweaks: Sequence[tuple[Mapping[str, object], str | None]]) -> None:
        """One change, which one undo takes back."""
        self._branch()
        back: list[tuple[Mapping[str, object], str | None]] = []
        for settings, lane in tweaks:
            lanes = [one for one in self._run.lanes if lane is None or one.name == lane]
            back += [(earlier_settings(settings, one.settings), one.name) for one in lanes]
            self._tweak_now(settings, lane)
        self._done.append(Change(tuple(tweaks), tuple(back)))
        self._undone.clear()
        self._note_undo()

    def _tweak_now(self, settings: Mapping[str, object], lane: str | None) -> None:
        was_finished = self._run.finished
        mark = self._run.tweak(settings, lane)
        if mark.restarted:
            whose = "the network" if len(self._run.lanes) == 1 else f"lane {lane}" if lane else "all lanes"
            self._say(f"{mark.text}: {whose} started again from step 0.")
            if was_finished:
                self._running = True
                self._pace.begin()
        elif was_finished:
            self._say(f"{mark.text}: the run is finished, so this counts from the next start (r).")

    def _branch(self) -> None:
        """Before a change: in the past it begins a new future, beside which the old one stays in grey for a while."""
        run = self._run
        if self._can("rewind") and run.position < run.end and self._end is not None:
            self._former, self._forked_at = Former(run.step, self._end), run.position
            self._say(
                f"A new future begins at step {run.step}; the one before stays in grey until a change further on."
            )
        elif self._former is not None and run.position != self._forked_at:
            self._former = None

    def _do_undo(self) -> None:
        if not self._done:
            self._say("Nothing to undo.")
            return
        change = self._done[-1]
        self._branch()
        for settings, lane in merged(change.back, len(self._run.lanes)):
            self._tweak_now(settings, lane)
        self._undone.append(self._done.pop())
        self._note_undo()

    def _do_redo(self) -> None:
        if not self._undone:
            self._say("Nothing to redo.")
            return
        change = self._undone[-1]
        self._branch()
        for settings, lane in change.forward:
            self._tweak_now(settings, lane)
        self._done.append(self._undone.pop())
        self._note_undo()

    def _note_undo(self) -> None:
        """What can be undone from here on; what once came later no longer can."""
        if self._can("rewind"):
            here = self._run.position
            self._undo_log = [entry for entry in self._undo_log if entry[0] < here] + [(here, tuple(self._done))]

    def _read_undo(self) -> None:
        """What could be undone when the run was here for the first time."""
        past = [done for at, done in self._undo_log if at <= self._run.position] if self._undo_log else []
        if past and past[-1] != tuple(self._done):
            self._done, self._undone = list(past[-1]), []

    def _do_restart(self, new_seed: bool) -> None:
        if self._experiment is None or self._view.stage == "failed":
            self._view = replace(self._view, stage="preparing", error="")
            self._build()
        else:
            seed = int(self._view.snapshot.seed) if self._view.snapshot is not None else 0
            self._experiment.restart(seed + 1) if new_seed else self._experiment.restart()
            self._undo_log, self._former = [], None
            self._note_undo()
        self._running, self._left = True, None
        self._findings = ()
        self._pace.begin()

    def _do_survey(self, wanted: Survey) -> None:
        if wanted is not self._wanted_survey:
            return  # the map has moved on
        if self._experiment is not None and wanted.lane < len(self._experiment.lanes):
            self._view = replace(self._view, terrain=survey(self._experiment.surface, wanted))

    def _do_search_fair(self) -> None:
        if self._experiment is not None:
            self._fair = FairSearch(self._experiment.surface)

    def _do_apply_fair(self) -> None:
        if self._fair is None or self._fair.pending:
            return
        found, self._fair = self._fair.view.found, None
        self._do_restart(False)
        self._do_tweaks([({"train.lr": float(f"{one.best:.4g}")}, one.lane) for one in found])

    def _do_rewind(self, direction: int) -> None:
        if not self._can("rewind"):
            return
        run = self._run
        self._running, self._left = False, None
        if run.position == run.end:
            self._end = run.full_snapshot()
        notch, at = max(1, int(run.steps) // NOTCHES), run.position
        target = (-(-at // notch) - 1) * notch if direction < 0 else (at // notch + 1) * notch
        if run.seek(target) == at:
            self._say("This is the start." if direction < 0 else "This is as far as it ran: space goes on.")
        self._read_undo()

    def _say(self, text: str) -> None:
        self._notices.append((text, False))

    # -- views ----------------------------------------------------------------------------------------------------

    def _publish_progress(self, done: int, total: int, name: str) -> None:
        self._publish(progress=(done, total, name))

    def _publish_snapshot(self) -> None:
        experiment = self._experiment
        if experiment is None or self._view.stage == "failed":
            self._publish()
            self._dirty = False
            return
        self._hungry = False
        snapshot = experiment.snapshot(layer_history=self._layer, whole_history=self._whole, points=self._points)
        now = time.monotonic()
        if now - self._findings_at > 0.5 or not self._running:
            self._findings = tuple(experiment.findings())
            self._findings_at = now
        self._dirty = False
        self._publish(stage="ready", snapshot=snapshot, finished=bool(experiment.finished), findings=self._findings)

    def _publish(self, **changes: Any) -> None:
        self._view = replace(
            self._view,
            version=self._view.version + 1,
            running=self._running,
            rate=self._pace.rate() if self._running and self._left is None else 0.0,
            speed=self._pace.speed,
            story=self._story,
            first=self._first,
            applied=self._applied,
            can_undo=bool(self._done),
            can_redo=bool(self._undone),
            watching=self._can("diagnose"),
            capabilities=self._experiment.capabilities if self._experiment is not None else frozenset(),
            fair=None if self._fair is None else self._fair.view,
            closeup=self._looker.newest,
            former=self._former,
            **changes,
        )

    def _fail(self, error: BaseException) -> None:
        where = traceback.extract_tb(error.__traceback__)
        place = f" ({where[-1].name}, line {where[-1].lineno})" if where and not isinstance(error, InputError) else ""
        text = str(error) or type(error).__name__
        kind = "" if isinstance(error, InputError) else f"{type(error).__name__}: "
        self._running = False
        self._publish(stage="failed", error=f"{kind}{text}{place}")
