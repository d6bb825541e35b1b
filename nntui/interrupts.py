"""Ctrl-C while a command is still being imported, and while the interpreter ends: status 130, no traceback.

Python's own handler raises KeyboardInterrupt wherever it strikes. Half way through an import that is a traceback, or it
is lost: some libraries catch whatever goes wrong while they look for an optional part, and the command runs on. So
this answer stays until a command that has something to put away gives its own (``headless/signals.py``, the lab).
This module imports nothing that is not there already, because nothing before it is protected: ``signal`` itself would
first import ``enum`` and with it a dozen modules.
"""

import _signal as signal  # type: ignore[import-not-found]
import os

_STATUS = 130


def leave_at_once() -> None:
    """From now on Ctrl-C ends the process, unless somebody else answers it (or nobody shall, as under nohup)."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        try:
            signal.signal(signal.SIGINT, _leave)
        except ValueError:  # only the main thread may
            return


def _leave(*_: object) -> None:
    os._exit(_STATUS)
