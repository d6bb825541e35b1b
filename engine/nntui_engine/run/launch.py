"""Launching kernels: one at a time, with the machine's other cores helping.

A launch is led by the thread that asks for it. Helper threads call the same kernel beside it and take pieces of its
work (``kernels/team.py``); they wait there for more during a few milliseconds, so that launches in a row find them
ready, and then sleep. None of them is ever waited for, and none has an influence on the numbers.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..kernels.policy import JIT, threads

_LAUNCH = threading.Lock()


class _Helper(threading.Thread):
    """One more core for whoever launches."""

    def __init__(self) -> None:
        super().__init__(name="nntui-helper", daemon=True)
        self._call: Callable[[], object] | None = None
        self._wanted = threading.Event()

    def offer(self, call: Callable[[], object]) -> None:
        """Let the helper make this call as soon as it is free."""
        self._call = call
        self._wanted.set()

    def run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            call, self._call = self._call, None
            if call is not None:
                call()
            del call  # with the arrays it holds


_helpers: list[_Helper] = []
_owner = 0  # the process they live in: a forked child has none of them


def _ready_helpers() -> list[_Helper]:
    global _owner
    if _owner != os.getpid():
        _helpers.clear()
        _owner = os.getpid()
    while len(_helpers) < threads() - 1:
        _helpers.append(_Helper())
        _helpers[-1].start()
    return _helpers


@contextmanager
def launching() -> Iterator[None]:
    """Hold while a kernel runs: launches of different threads follow each other, each with all cores.

    Numba's simplest threading layer would not survive two ``prange`` loops at once.
    """
    with _LAUNCH:
        yield


def launch(lead: Callable[[], object], help_: Callable[[], object] | None) -> None:
    """Run ``lead`` here, and beside it ``help_`` on every other core, unless there is nothing to share (None)."""
    with launching():
        if help_ is not None and JIT:
            for helper in _ready_helpers():
                helper.offer(help_)
        lead()
