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
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from nntui.looks.request import LookRequest, LookSchedule
from nntui.looks.surface import SurfaceRequest, sample_surface
from nntui_engine.errors import InputError
from nntui_engine.record.noticed import RECORD
from nntui_engine.registry.statistic import SURFACE_BY_NAME
from nntui_engine.scenario import Scenario

from .any_session import nothing
from .lesson import NO_SCENARIO
from .recording import known_words
from .session_view import SessionView
from .training import Training
from .warming import Warming

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.record.recorder import Recorder

    from .recording import Recording


FINISHING_SECONDS = 0.4  # that what a person ordered has when the lab is left


class Session:
    """An experiment running in a daemon thread.

    ``make_experiment`` is called in that thread (it may import and compile); ``speed`` is in steps per second,
    None lets the whole run take 45 seconds or more. ``scenario`` is what can be told before it is made. ``recorder``
    listens to the experiment, and is closed when the session ends. ``training`` has the experiment do something.
    """

    def __init__(
        self,
        make_experiment: "Callable[[], Experiment]",
        *,
        speed: float | None = None,
        paused: bool = False,
        warming: Warming | None = None,
        scenario: Scenario = NO_SCENARIO,
        recorder: "Recording | None" = None,
        training: type[Training] = Training,
    ) -> None:
        self._make_experiment = make_experiment
        self._warming = warming or Warming()
        self._recorder = recorder
        self._to_begin: Recorder | None = None  # that is to listen as soon as the thread comes to it
        self._warned = False  # that nothing is recorded any more
        self._commands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._notices: deque[tuple[str, bool]] = deque()
        self._view = SessionView(running=not paused, scenario=scenario)
        self._hungry = True
        self._stopping = False
        self._leave_by = math.inf
        self._given = 0
        self._surface_request: SurfaceRequest | None = None
        self._thread = threading.Thread(target=self._main, name="nntui-session", daemon=True)
        # what follows is touched by the session's thread alone
        self._training = training(self._make, self.say, speed, paused, stopped=lambda: self._late)
        self._looks = LookSchedule()
        self._applied = 0
        self._done: Callable[[], None] = nothing
        self._whole: tuple[str, ...] = ()
        self._layer: tuple[str, ...] = ()
        self._points: int | None = 512
        self._dirty = True

    # -- for the screen's thread ------------------------------------------------------------------------------

    @property
    def stopping(self) -> bool:
        """Whether its thread is to end."""
        return self._stopping

    @property
    def recorder(self) -> "Recording | None":
        """What listens to the experiment."""
        return self._recorder

    def start(self, done: Callable[[], None] = nothing) -> None:
        """Starts the thread, which calls ``done`` when a view shows what was ordered."""
        self._done = done
        self._thread.start()

    def stop(self, wait: float = 0.15) -> None:
        """Ends the thread; waits at most ``wait`` seconds for what is under way. What was ordered before has
        ``FINISHING_SECONDS``."""
        self._stopping = True
        self._leave_by = min(self._leave_by, time.monotonic() + FINISHING_SECONDS)
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
        self._give(partial(self._show, whole, layer, points))

    def order(self, command: Callable[[Training], None]) -> int:
        """Has the run do something, say ``Training.toggle``; returns the number ``applied`` reaches when it is done."""
        return self._give(partial(command, self._training))

    def request_surface(self, request: SurfaceRequest) -> int:
        """Which part of a race's surface the next views carry."""
        self._surface_request = request
        return self._give(partial(self._sample_surface, request))

    def request_looks(self, request: LookRequest) -> int:
        """What the next views show of the network itself."""
        return self._give(partial(self._looks.ask, request))

    def record(self, recorder: "Recorder") -> int:
        """Has the run recorded from now on, with what is known of it so far."""
        if self._stopping:
            recorder.close()  # which leaves no file
            return self._given
        self._to_begin = recorder
        return self._give(partial(self._record, recorder))

    def _give(self, command: Callable[[], None]) -> int:
        self._given += 1
        self._commands.put(command)
        return self._given

    # -- the session's thread ---------------------------------------------------------------------------------

    def _main(self) -> None:
        try:
            trouble = self._warming.run(self.tell_progress)
            if trouble:
                self._notices.append((trouble, True))
            if not self._stopping:
                self._training.build()
        except InputError as error:
            if not self._stopping:  # else it was left on its way
                self._fail(error)
                self._publish(bad_input=error)
        except BaseException as error:  # a dead thread must be seen, whatever killed it
            self._fail(error)
        while not self._stopping:
            try:
                self._turn()
            except BaseException as error:
                self._fail(error)
        self._training.leave()
        for recorder in (self._recorder, self._to_begin):
            if recorder is not None:
                recorder.close()

    def recorded_by(self, recorder: "Recording | None") -> None:
        """Has what listens to the experiment from here on; in the session's thread. What listened before is closed."""
        if self._recorder is not None:
            self._recorder.close()
        self._recorder, self._warned = recorder, False

    @property
    def _late(self) -> bool:
        """Whether the lab was left, and nothing is begun or brought to its end any more."""
        return time.monotonic() > self._leave_by

    def _record(self, recorder: "Recorder") -> None:
        from nntui_engine.record.late import record_late

        self._to_begin = None
        training, name = self._training, recorder.writer.path.name
        if self._recorded or not training.can("advance") or training.failed:
            recorder.close()  # which leaves no file
            raise InputError(f"{name}: this run cannot be recorded now")
        try:
            record_late(training.run, recorder)
        except BaseException:
            recorder.close()
            raise
        if self._recorder is not None:  # the history, which ends here
            self._recorder.noted(training.run, RECORD, {"into": str(recorder.writer.path.absolute())})
        self.recorded_by(recorder)
        self.say(f"Recording into {name}, {known_words(training.run)}.")

    @property
    def _recorded(self) -> str:
        """The file that the run is recorded into."""
        recorder = self._recorder
        return recorder.name if recorder is not None and not recorder.trouble else ""

    def _make(self) -> "Experiment":
        self._view = replace(self._view, stage="preparing", error="")
        self._publish(progress=(0, 0, "loading data and building the network"))
        experiment = self._make_experiment()
        if "survey" in experiment.capabilities:  # the plots beside the map need them from the first view on
            self._whole, self._points = tuple(SURFACE_BY_NAME), None
        self._dirty = True
        return experiment

    def _turn(self) -> None:
        """One round: all waiting commands, one launch, a view if one is wanted."""
        training = self._training
        busy = training.due or training.searching
        command = self._next_command(0.0 if busy else self._idle_seconds())
        answered = self._applied
        while command is not None and not self._late:
            self._applied += 1
            self._dirty = self._hungry = True
            self._looks.changed()
            try:
                command()
            except InputError as error:
                self._notices.append((str(error), True))
            command = self._next_command(0.0)
        if self._stopping:
            return
        due = training.due
        if due and answered == self._applied:  # an answer comes first
            training.launch(due)
            self._dirty = True
            self._looks.changed()
        if training.fair is not None and training.searching:
            training.fair.next()
            self._dirty = True
        if self._looks.due and self._hungry and training.can("predict") and not training.failed:
            self._looks.take(training.run)
            self._dirty = True
        if training.follow():
            self._dirty = True
        if self._recorder is not None and self._recorder.trouble and not self._warned:
            self._warned = True
            self._notices.append((self._recorder.trouble, True))
        if self._dirty and self._hungry:
            self._publish_snapshot()
        if answered != self._applied:
            self._done()

    def _next_command(self, timeout: float) -> Callable[[], None] | None:
        try:
            return self._commands.get(timeout=timeout) if timeout > 0 else self._commands.get_nowait()
        except queue.Empty:
            return None

    def _idle_seconds(self) -> float:
        """How long to sleep when there is nothing to train: until the next step is due, or a little while."""
        if self._dirty:
            return 0.01
        return min(0.2, max(0.001, self._training.pace.wait())) if self._training.goes_on else 0.2

    def _show(self, whole: tuple[str, ...], layer: tuple[str, ...], points: int | None) -> None:
        self._whole, self._layer, self._points = whole, layer, points

    def _sample_surface(self, request: SurfaceRequest) -> None:
        if request is not self._surface_request:
            return  # the map has moved on
        if self._training.there and request.lane < len(self._training.run.lanes):
            self._view = replace(self._view, surface=sample_surface(self._training.run.surface, request))

    def say(self, text: str, error: bool = False) -> None:
        """Has a person read something."""
        self._notices.append((text, error))

    # -- views ----------------------------------------------------------------------------------------------------

    def tell_progress(self, done: int, total: int, name: str) -> None:
        """Shows how far it is before there is a run, in the session's thread."""
        self._publish(progress=(done, total, name))

    def _publish_snapshot(self) -> None:
        training = self._training
        if not training.there or training.failed:
            self._publish()
            self._dirty = False
            return
        self._hungry = False
        run = training.run
        snapshot = run.snapshot(layer_history=self._layer, whole_history=self._whole, points=self._points)
        findings, standings = training.findings(), training.standings()
        self._dirty = False
        finished = bool(run.finished)
        self._publish(
            stage="ready",
            snapshot=snapshot,
            finished=finished,
            findings=findings,
            standings=standings,
            happened=training.happened(),
        )

    def _publish(self, **changes: Any) -> None:
        training = self._training
        if training.there:
            changes |= {"scenario": training.run.scenario, "capabilities": training.run.capabilities}
        self._view = replace(
            self._view,
            version=self._view.version + 1,
            running=training.running,
            rate=training.pace.rate() if training.running and training.left is None else 0.0,
            speed=training.pace.speed,
            first=training.first,
            applied=self._applied,
            can_undo=bool(training.changes.done),
            can_redo=bool(training.changes.undone),
            watching=training.can("diagnose"),
            condition=training.condition,
            no_orders=training.no_orders,
            recorded=self._recorded,
            fair=None if training.fair is None else training.fair.view,
            looks=self._looks.newest,
            former=training.former,
            **changes,
        )

    def _fail(self, error: BaseException) -> None:
        where = traceback.extract_tb(error.__traceback__)
        place = f" ({where[-1].name}, line {where[-1].lineno})" if where and not isinstance(error, InputError) else ""
        text = str(error) or type(error).__name__
        kind = "" if isinstance(error, InputError) else f"{type(error).__name__}: "
        self._training.running, self._training.failed = False, True
        self._publish(stage="failed", error=f"{kind}{text}{place}")
