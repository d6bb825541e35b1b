"""Text for people on standard output and progress on standard error."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Protocol

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

    def __call__(self, what: str, done: int, total: int) -> None:
        """Report that ``what`` is ``done`` of ``total``."""


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on standard error if that is a terminal, else a callback that does nothing."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _silent
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield report


class Board(Protocol):
    """Where work that goes on in several places at once shows how far each of them is."""

    def show(self, what: str, done: int, total: int) -> None:
        """``what`` is ``done`` of ``total``; it leaves the board when the two are equal."""

    def overall(self, what: str, done: int, total: int) -> None:
        """How far all of it is."""

    def line(self, text: str, bad: bool = False) -> None:
        """A line of the result, on standard output; ``bad`` ones stand out."""


class _PlainBoard:
    def show(self, what: str, done: int, total: int) -> None: ...

    def overall(self, what: str, done: int, total: int) -> None: ...

    def line(self, text: str, bad: bool = False) -> None:  # noqa: ARG002  # the shape of Board
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


class _LiveBoard:
    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._all = bar.add_task("", total=None)
        self._rows: dict[str, Any] = {}

    def show(self, what: str, done: int, total: int) -> None:
        if done >= total:
            row = self._rows.pop(what, None)
            if row is not None:
                self._bar.remove_task(row)
            return
        if what not in self._rows:
            self._rows[what] = self._bar.add_task(what, total=total)
        self._bar.update(self._rows[what], completed=done, total=total)

    def overall(self, what: str, done: int, total: int) -> None:
        self._bar.update(self._all, description=what, completed=done, total=total)

    def line(self, text: str, bad: bool = False) -> None:
        from rich.text import Text

        self._bar.console.print(Text(text, style="bold red" if bad else ""), soft_wrap=True)


@contextmanager
def progress_board() -> Iterator[Board]:
    """A board on the terminal, with the lines of the result above it; plain lines where standard output is none."""
    if sys.stdout is None or not sys.stdout.isatty() or os.environ.get("TERM", "") in ("", "dumb"):
        yield _PlainBoard()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=text_console(), transient=True, refresh_per_second=5) as bar:
        yield _LiveBoard(bar)


def _silent(what: str, done: int, total: int) -> None:  # noqa: ARG001  # the shape of Progress
    return
