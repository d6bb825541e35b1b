"""Ending a headless run at once on Ctrl-C, SIGTERM, SIGHUP and SIGQUIT.

Python runs signal handlers between two bytecodes of the main thread, so a long call into compiled code (a kernel
being compiled, a launch) would hold Ctrl-C back. A second thread therefore waits beside it: when the main
thread has not ended in time, that thread ends the process.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

# Long enough for an orderly end, short enough that Ctrl-C answers within 0.2 s.
PATIENCE = 0.12
# And where a file is being brought to its end, unless it is asked a second time.
PATIENCE_WITH_FILES = 5.0


@contextmanager
def prompt_exit() -> Iterator[None]:
    """Inside, SIGINT raises KeyboardInterrupt and SIGTERM, SIGHUP, SIGQUIT raise SystemExit(128 + n), soon in any case.

    Does nothing outside the main thread, where Python allows no signal handlers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before = {number: signal.getsignal(number) for number in _ENDING}
    for number in _ENDING:
        if before[number] is not signal.SIG_IGN:  # nohup stays in force
            signal.signal(number, _raise_exit)
    old_descriptor = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(reader, ended), name="nntui-signals", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(old_descriptor)
        for number, handler in before.items():
            signal.signal(number, handler)
        writer.close()
        watcher.join(1.0)
        reader.close()


_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))


@contextmanager
def held() -> Iterator[None]:
    """Inside, the main thread is not interrupted: what would have done so does at the end. For short pieces of work
    that would leave numbers in two minds; in any case the process ends as soon as elsewhere."""
    _holding.append(None)
    try:
        yield
    finally:
        asked = [number for number in _holding if number is not None]
        _holding.clear()
        if asked:
            _raise_exit(asked[0], None)


@contextmanager
def putting_away() -> Iterator[None]:
    """Inside, a file is brought to its end: the process is given PATIENCE_WITH_FILES for it, and is not interrupted."""
    _files.set()
    try:
        with held():
            yield
    finally:
        _files.clear()


_files = threading.Event()
_holding: list[int | None] = []  # empty: nothing is held; else the signals that came meanwhile, after a None


def _raise_exit(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # a signal handler's shape
    if _holding:
        _holding.append(number)
        return
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


def _watch(reader: socket.socket, ended: threading.Event) -> None:
    while True:
        received = reader.recv(1)
        if not received:
            return
        number = received[0]
        if number not in _ENDING or signal.getsignal(number) is not _raise_exit:
            continue
        if not (ended.wait(PATIENCE) or (_files.is_set() and _files_end(reader, ended))):
            _restore_cursor()
            os._exit(128 + number)


def _files_end(reader: socket.socket, ended: threading.Event) -> bool:
    """Whether it ends in time, and before somebody asks again."""
    end = time.monotonic() + PATIENCE_WITH_FILES
    reader.settimeout(0.02)
    try:
        while time.monotonic() < end:
            if ended.is_set():
                return True
            with suppress(TimeoutError):
                received = reader.recv(1)
                return not received or received[0] not in _ENDING
    finally:
        reader.settimeout(None)
    return False


def _restore_cursor() -> None:
    # A progress bar hides the cursor and has no chance to show it again.
    with suppress(Exception):
        if sys.stderr.isatty():
            os.write(sys.stderr.fileno(), b"\r\x1b[K\x1b[?25h")
