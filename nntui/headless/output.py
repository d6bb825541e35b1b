"""Text for people on standard output and progress on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Protocol

from rich.console import Console

PIPED_WIDTH = 100


def text_console(file: IO[str] | None = None) -> Console:
    """A console on standard output (or ``file``): plain and ``PIPED_WIDTH`` columns wide unless it is a terminal."""
    file = file or sys.stdout
    if file is not None and file.isatty():
        return Console(file=file, highlight=False)
    return Console(file=file, highlight=False, force_terminal=False, color_system=None, width=PIPED_WIDTH)


class Progress(Protocol):
    """What a long piece of work reports to: ``done`` of ``total``, with a word on what it does."""

    def __call__(self, what: str, done: int, total: int) -> None: ...


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on standard error if that is a terminal, else a callback that does nothing."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _silent
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield report


def _silent(what: str, done: int, total: int) -> None:  # noqa: ARG001  # the shape of Progress
    return
