"""Making the session that trains a scenario, after the one before it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from nntui_engine.warmup import parts_for

from .any_session import AnySession
from .branching import begin
from .recording import words
from .session import Session
from .warming import Warming
from .watched_training import WatchedTraining

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.record.branch import Overrides
    from nntui_engine.scenario import Scenario

    from .history import History
    from .recording import Recording
    from .watched import WatchedSource

REWIND_MEMORY = 256_000_000  # bytes for moments kept on the way
STRETCH_SECONDS = 0.1  # between two looks at how far a run is that goes back
PATIENCE = 60.0  # seconds that a session waits for the one before it


def session_of(
    scenario: "Scenario",
    *,
    seed: int | None = None,
    steps: int | None = None,
    overrides: Sequence[tuple[Mapping[str, object], str | None]] = (),
    speed: float | None = None,
    paused: bool = False,
    after: AnySession | None = None,
    recorder: "Recording | None" = None,
) -> Session:
    """A session that trains ``scenario``, recorded by ``recorder``.

    It builds nothing before the session ``after``, told to stop, has ended.
    """

    def make() -> "Experiment":
        if after is not None:
            after.stop(PATIENCE)  # one thread at a time launches kernels
        from nntui_engine.experiment import Experiment

        return Experiment(
            scenario,
            seed=seed,
            steps=steps,
            overrides=list(overrides),
            rewind_memory=REWIND_MEMORY,
            listener=recorder,
        )

    warming = Warming(parts_for(scenario))
    return Session(make, speed=speed, paused=paused, warming=warming, scenario=scenario, recorder=recorder)


def session_of_record(path: Path, scenario: "Scenario", *, speed: float | None = None, paused: bool = False) -> Session:
    """A session that goes on with the run of a record, in that record; ``scenario`` is the record's."""
    from nntui_engine.record.resume import resumed

    def make() -> "Experiment":
        session.recorded_by(None)  # a run that failed is made again: only one may write
        run, recorder = resumed(path, words, rewind_memory=REWIND_MEMORY)
        session.recorded_by(recorder)
        return run

    session = Session(make, speed=speed, paused=paused, warming=Warming(parts_for(scenario)), scenario=scenario)
    return session


def session_of_branch(
    path: Path,
    scenario: "Scenario",
    at: int,
    into: Path,
    changes: "Callable[[Sequence[str]], Overrides]",
    *,
    paused: bool = False,
) -> Session:
    """A session that goes back to step ``at`` of a record and on from there, with ``changes`` of lanes of these names,
    in the new record ``into``; ``scenario`` is the record's."""
    from nntui_engine.record.branch import branched
    from nntui_engine.record.resume import Options

    def reach(run: "Experiment", position: int) -> bool:
        moved = 1
        while run.position < position and moved and not session.stopping:
            session.tell_progress(run.position, position, f"going back to step {position}")
            moved = run.advance_for(STRETCH_SECONDS, position)
        return run.position == position

    def make() -> "Experiment":
        session.recorded_by(None)
        branch = branched(path, at, into, words, Options(rewind_memory=REWIND_MEMORY), changes)
        session.recorded_by(branch.recorder)
        other = begin(branch, path, changes, reach)
        session.say(f"Goes on from step {at} of {path.name} in {into.name}{f': {other}' if other else ''}.")
        return branch.run

    session = Session(make, paused=paused, warming=Warming(parts_for(scenario)), scenario=scenario)
    return session


def watched_session(source: "WatchedSource") -> Session:
    """A session on a run that a script makes."""
    make = cast("Callable[[], Experiment]", lambda: source)  # what a record has not, the lab asks of no record
    return Session(make, warming=Warming(()), training=WatchedTraining)


def kept_session(scenario: "Scenario", after: AnySession, history: "History | None" = None) -> Session:
    """A session that trains ``scenario`` when the session ``after`` has ended, kept in the history."""
    recorder = None if history is None else history.keep(scenario.name)
    return session_of(scenario, after=after, recorder=recorder)
