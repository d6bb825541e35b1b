"""nntui in which something raises: ``python -m cli.breaking WHAT run …``; the exit status is nntui's.

On SIGUSR1 ``app`` raises in the app, ``worker`` in a thread of its, ``engine`` in the thread that trains, and ``child``
in a process that compiles ahead, whose end is told by a line in the file NNTUI_TEST_BROKE. ``first child`` is the one
that the run waits for: it raises at once.
"""

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path

from nntui import cli
from nntui.lab import app, opening, start
from nntui.lab.ahead import Ahead

NO_PART = "no part"  # who compiles it raises
WHAT = sys.argv[1]
asked = threading.Event()


def break_now(*_: object) -> None:
    raise RuntimeError(f"the {WHAT} broke")


class BreakingLab(app.LabApp):
    """The lab, with one more signal."""

    CSS_PATH = Path(app.__file__).with_name("styles.tcss")

    def on_mount(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._break)

    def _break(self) -> None:
        if WHAT == "app":
            self.call_later(break_now)
        elif WHAT == "worker":
            self.run_worker(break_now, thread=True)
        elif WHAT == "engine":
            self.source.order(break_now)
        asked.set()


class BreakingAhead(Ahead):
    """Compiles ahead what cannot be compiled."""

    def __init__(self) -> None:
        super().__init__([NO_PART])

    def _run(self) -> None:
        asked.wait()
        super()._run()
        Path(os.environ["NNTUI_TEST_BROKE"]).write_text("the child broke\n", encoding="utf-8")


if __name__ == "__main__":
    start.LabApp = BreakingLab  # type: ignore[misc]
    if WHAT == "child":
        start.Ahead = BreakingAhead  # type: ignore[misc]
    if WHAT == "first child":
        opening.parts_for = lambda _: (NO_PART,)  # type: ignore[assignment]
    sys.argv[1:] = sys.argv[2:]
    sys.exit(cli.main())
