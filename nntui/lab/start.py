"""Opening the lab in the terminal."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from nntui_engine.errors import InputError

from .ahead import Ahead
from .any_session import AnySession
from .app import LabApp
from .config import config_file, read_config
from .history import History, KeptRun, history_folder
from .opening import kept_session, session_of, session_of_branch, session_of_record, watched_session
from .recording import NO_LOG, recorder_of
from .session import Session
from .visits import key_of
from .warming import Warming

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.record.branch import Overrides
    from nntui_engine.record.several import SeveralRecords
    from nntui_engine.record.source import RecordSource
    from nntui_engine.scenario import Scenario

    from .child import Child
    from .watched import WatchedSource

WRITING_SECONDS = 30.0  # that leaving waits for a record to be written, at most
KEEPING_SECONDS = 2.0  # … and for one of the history
# How long a busy thread of Python keeps another waiting. With Python's own 0.005 s each small write or import of the
# screen's thread waits that long while the session writes numbers: leaving took up to 2.9 s.
SWITCH_SECONDS = 0.0005


def run_lab(
    source: "Scenario | Callable[[], Experiment | RecordSource | SeveralRecords]",
    *,
    title: str = "",
    seed: int | None = None,
    steps: int | None = None,
    overrides: Sequence[tuple[Mapping[str, object], str | None]] = (),
    keymap: Mapping[str, str] | None = None,
    speed: float | None = None,
    fair: bool = False,
    paused: bool = False,
    ascii_only: bool = False,
    fps: int | None = None,
    record: Path | None = None,
    keep: bool = True,
    parts: tuple[str, ...] | None = None,
) -> int:
    """Opens the lab in the terminal and returns the process' exit status.

    ``source`` is a Scenario, or a function that makes the Experiment (it is called in the session's thread, so that
    the screen is there at once). ``record``: the new file that a Scenario's run is recorded into; without it the
    history keeps the run, unless a person's settings or ``keep`` say no. ``parts``: what a function's Experiment takes
    of the compiled kernels (``Warming``). Raises InputError, after the terminal is restored, when the experiment cannot
    be made.
    """
    config, trouble = read_config(config_file())
    config = replace(config, ascii=config.ascii or ascii_only, fps=fps or config.fps)
    config = config if keymap is None else replace(config, keys=keymap)
    history = History(history_folder()) if config.history and keep else None
    if callable(source):
        make = cast("Callable[[], Experiment]", source)  # what a record has not, the lab asks of no record
        session = Session(make, speed=speed, paused=paused, warming=Warming(parts))
        return _run(LabApp(session, title, config=config, fair=fair), trouble, history)
    recorder = None if record is None else recorder_of(record)
    kept = history.keep(source.name) if history is not None and recorder is None else None
    session = session_of(
        source, seed=seed, steps=steps, overrides=overrides, speed=speed, paused=paused, recorder=recorder or kept
    )
    ahead = Ahead()
    app = LabApp(session, title or source.title, config=config, fair=fair, ahead=ahead)
    app.remember(key_of(source))
    if recorder is not None and recorder.journal != "wal":
        app.troubles.append(NO_LOG)
    return _run_recorded(app, session, trouble, history, ahead)


def resume_in_lab(path: Path, *, paused: bool = False, ascii_only: bool = False, fps: int | None = None) -> int:
    """Opens the lab on the run of a record where it stands, which goes on in that record. Returns the process' exit
    status. Raises InputError."""
    from nntui_engine.record.source import RecordSource

    source = RecordSource(path)
    source.close()
    session = session_of_record(path, source.scenario, paused=paused)
    return _run_on(session, source.scenario.title, ascii_only, fps)


def branch_in_lab(
    path: Path,
    at: int,
    into: Path,
    changes: "Callable[[Sequence[str]], Overrides]",
    *,
    paused: bool = False,
    ascii_only: bool = False,
    fps: int | None = None,
) -> int:
    """Opens the lab on the run of a record where it stood at step ``at``, which goes on from there with ``changes`` of
    lanes of these names, in the new record ``into``. Returns the process' exit status. Raises InputError."""
    from nntui_engine.record.source import RecordSource

    source = RecordSource(path)
    source.close()
    if into.exists():
        raise InputError(f"--record: {into} exists already; choose another name")
    session = session_of_branch(path, source.scenario, at, into, changes, paused=paused)
    return _run_on(session, source.scenario.title, ascii_only, fps)


def watch_in_lab(
    source: "WatchedSource", *, ascii_only: bool = False, fps: int | None = None, child: "Child | None" = None
) -> int:
    """Opens the lab on the run of a script, which may be a ``child`` of this process. Returns the exit status."""
    config, trouble = read_config(config_file())
    config = replace(config, ascii=config.ascii or ascii_only, fps=fps or config.fps)
    app = LabApp(watched_session(source), source.scenario.title, config=config)
    app.show_output_of(child)
    return _run(app, trouble, None)


def _run_on(session: Session, title: str, ascii_only: bool, fps: int | None) -> int:
    """The lab on a session that records by itself."""
    config, trouble = read_config(config_file())
    config = replace(config, ascii=config.ascii or ascii_only, fps=fps or config.fps)
    ahead = Ahead()
    app = LabApp(session, title, config=config, ahead=ahead)
    history = History(history_folder()) if config.history else None
    return _run_recorded(app, session, trouble, history, ahead)


def _run_recorded(app: LabApp, session: Session, trouble: str, history: History | None, ahead: Ahead) -> int:
    """Runs the app; waits for the record of the first session's run, if there is one, to be written."""
    try:
        return _run(app, trouble, history, ahead)
    finally:
        if app.source is not session:
            _written(session)


def _written(session: AnySession) -> None:
    """Waits until the record of a session's run, if there is one, is written; says what went wrong with one that was
    asked for."""
    recorder = session.recorder
    if isinstance(recorder, KeptRun) and not recorder.begun:
        return  # it was left before its run was there
    if recorder is not None:
        session.stop(WRITING_SECONDS if recorder.name else KEEPING_SECONDS)
        if recorder.name and recorder.trouble:
            print(f"nntui: {recorder.trouble}", file=sys.stderr)


def run_launcher() -> int:
    """Opens the lab with the launcher, nothing running yet, and returns the process' exit status."""
    config, trouble = read_config(config_file())
    ahead = Ahead()
    history = History(history_folder()) if config.history else None
    return _run(LabApp(None, config=config, ahead=ahead), trouble, history, ahead)


class Unawaited(ThreadPoolExecutor):
    """Threads of the app's that its end does not wait for: one may be within an import that takes seconds."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Takes no more work."""
        super().shutdown(wait=False, cancel_futures=True)


def _run(app: LabApp, trouble: str, history: History | None, ahead: Ahead | None = None) -> int:
    """Runs the app; ``trouble`` is what was wrong with a person's settings: said in the app, and before it.
    ``history`` keeps what is opened from there."""
    app.opener = partial(kept_session, history=history)
    if trouble:
        print(f"nntui: {trouble}", file=sys.stderr)
        app.troubles.append(trouble)
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with asyncio.Runner() as runner:
            runner.get_loop().set_default_executor(Unawaited())
            app.catch_signals(runner.get_loop())
            runner.run(app.run_async())
    finally:
        app.restore_terminal()
        app.source.stop()
        _written(app.source)
        if ahead is not None:
            ahead.stop()
    bad_input = app.model.view.bad_input
    if isinstance(bad_input, InputError) and not app.chosen_here:
        raise bad_input
    return app.return_code or 0
