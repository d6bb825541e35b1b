"""Ctrl-C while the command is still being imported, and while the interpreter ends: status 130, no traceback.

Python's own handler raises KeyboardInterrupt wherever it strikes, which half way through an import is a traceback.
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


def raise_again() -> bool:
    """Back to KeyboardInterrupt, which commands expect that have something to put away; whether that is a change."""
    if signal.getsignal(signal.SIGINT) is not _leave:
        return False
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return True


def _leave(*_: object) -> None:
    os._exit(_STATUS)
