"""Leaving the lab waits for nothing that nobody needs."""

import threading
from pathlib import Path
from typing import Any

from pseudo_terminal import allowed

from nntui.lab import start
from nntui.lab.history import History


def test_what_the_app_does_in_threads_of_its_own_is_not_waited_for() -> None:
    held, ended = threading.Event(), threading.Event()
    workers = start.Unawaited()
    workers.submit(lambda: (held.wait(allowed(30.0)), ended.set()))
    workers.shutdown(wait=True)
    assert not ended.is_set()
    held.set()
    assert ended.wait(allowed(30.0))


class Left:
    """A session that is left, as far as its record is concerned."""

    def __init__(self, recorder: Any) -> None:
        self.recorder, self.waited = recorder, 0.0

    def stop(self, wait: float = 0.15) -> None:
        self.waited = wait


def test_a_run_of_the_history_is_waited_for_once_it_has_begun(tmp_path: Path) -> None:
    session = Left(History(tmp_path).keep("small"))
    start._written(session)  # type: ignore[arg-type]
    assert session.waited == 0.0
    session.recorder._recorder = object()
    start._written(session)  # type: ignore[arg-type]
    assert session.waited == start.KEEPING_SECONDS
