"""Recording a run without a screen."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntui.headless import signals

if TYPE_CHECKING:
    from nntui.headless.output import Progress
    from nntui_engine.experiment import Experiment
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


@contextmanager
def _written(recorder: "Recorder") -> Iterator[None]:
    try:
        yield
    finally:
        with signals.putting_away():
            recorder.close()
        if recorder.trouble:
            click.echo(f"nntui: {recorder.trouble}", err=True)
