"""Compiling, while a person reads or watches, what else the launcher's scenarios take: each part once."""

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterable

IDLE = 19  # the least claim to a core


class Ahead:
    """One child after another compiles the ``parts`` that are not in the cache yet (None: all of the launcher).

    It gives way to everything else, and to who needs a part now: that one waits for this child, which does it already.
    """

    def __init__(self, parts: Iterable[str] | None = None) -> None:
        self._parts = parts
        self._thread: threading.Thread | None = None
        self._child: subprocess.Popen[str] | None = None
        self._stopped = False

    def start(self) -> None:
        """Begins in a thread of its own; once."""
        if self._thread is None and not self._stopped:
            self._thread = threading.Thread(target=self._run, name="nntui-ahead", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends the child, and begins no other."""
        self._stopped = True
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()

    def _run(self) -> None:
        from nntui_engine.compiling.ahead import compile_ahead
        from nntui_engine.compiling.parts import LAUNCHER_PARTS

        for part in LAUNCHER_PARTS if self._parts is None else self._parts:
            if self._stopped or compile_ahead([part], started=self._started):
                return  # what did not work is tried again, and said, by who needs it

    def _started(self, child: "subprocess.Popen[str]") -> None:
        self._child = child
        give_way(child.pid)
        if self._stopped:  # meanwhile
            child.terminate()


def give_way(pid: int) -> None:
    """Lets every other process go before this one, where the system can."""
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):  # it has ended, or may not be changed
            os.setpriority(os.PRIO_PROCESS, pid, IDLE)
