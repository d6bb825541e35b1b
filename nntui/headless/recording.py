"""Recording a run without a screen."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntui.headless import signals

if TYPE_CHECKING:
    from nntui.headless.output import Progress
    from nntui_engine.experiment import Experiment
    from nntui_engine.record.branch import Overrides
    from nntui_engine.record.recorder import Recorder


@contextmanager
def recording(path: Path | None) -> "Iterator[Recorder | None]":
    """What listens to the run that is trained meanwhile; None if nothing is to be recorded.

    At the end, whichever it is, what was measured is written. What went wrong with the file is said once: it never
    ends a training.
    """
    if path is None:
        yield None
        return
    from nntui.lab.recording import NO_LOG, recorder_of

    recorder = recorder_of(path)
    if recorder.journal != "wal":
        click.echo(f"nntui: {NO_LOG}", err=True)
    with _written(recorder):
        yield recorder


@contextmanager
def resuming(path: Path, keep_samples: int, compiling: "Progress") -> "Iterator[Experiment]":
    """The run of a record, where it can go on, recorded into the same file meanwhile."""
    from nntui.lab.recording import words
    from nntui_engine.record.resume import resumed

    run, recorder = resumed(path, words, keep_samples, compiling)
    click.echo(f"{path}: goes on from step {run.step}", err=True)
    with _written(recorder):
        yield run


@dataclass(frozen=True, slots=True)
class BranchOptions:
    """To which step a run goes back, the new record of what comes then, and what is changed there, as on the command
    line."""

    at: int
    into: Path
    sets: tuple[str, ...] = ()
    steps: int | None = None

    def changes(self, lanes: "Sequence[str]") -> "Overrides":
        """What is changed, of lanes with these names. Raises InputError."""
        from nntui.headless.sets import parse_sets

        last = () if self.steps is None else (f"train.steps={self.steps}",)
        return parse_sets((*self.sets, *last), lanes)


@contextmanager
def branching(path: Path, wanted: BranchOptions, keep_samples: int, progress: "Progress") -> "Iterator[Experiment]":
    """The run of a record where it stood at a step, recorded into another file since its start. Raises InputError where
    it cannot be, or may not be changed so."""
    from nntui.headless.training import reach
    from nntui.lab.branching import begin
    from nntui.lab.recording import words as describe
    from nntui_engine.record.branch import branched
    from nntui_engine.record.resume import Options

    options, changes = Options(keep_samples, progress), wanted.changes
    branch = branched(path, wanted.at, wanted.into, describe, options, changes)
    with _written(branch.recorder):
        other = begin(branch, path, changes, partial(reach, progress=progress))
        if other:
            click.echo(f"nntui: {other}", err=True)
        click.echo(f"{path}: goes on from step {wanted.at} in {wanted.into}", err=True)
        yield branch.run


@contextmanager
def _written(recorder: "Recorder") -> Iterator[None]:
    try:
        yield
    finally:
        with signals.putting_away():
            recorder.close()
        if recorder.trouble:
            click.echo(f"nntui: {recorder.trouble}", err=True)
