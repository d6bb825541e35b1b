"""The last way out: a process that hangs in its shutdown ends all the same."""

import subprocess
import sys
import time

HANGS = """
import threading
from nntui.terminal.leaving import leave_in_any_case
leave_in_any_case(143, after=0.3)
threading.Event().wait()
"""
ENDS = """
from nntui.terminal.leaving import leave_in_any_case
leave_in_any_case(143, after=30.0)
raise SystemExit(7)
"""


def status_and_seconds(code: str) -> tuple[int, float]:
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], timeout=25)
    return done.returncode, time.monotonic() - begun


def test_a_process_that_hangs_ends_with_the_signals_status() -> None:
    assert status_and_seconds(HANGS)[0] == 143


def test_a_process_that_ends_by_itself_is_not_held_up() -> None:
    status, seconds = status_and_seconds(ENDS)
    assert status == 7
    assert seconds < 20.0


def test_a_last_deed_is_done_first_and_never_holds_it_up() -> None:
    code = HANGS.replace("after=0.3", "after=0.3, first=lambda: print('restored', flush=True) or 1 / 0")
    done = subprocess.run([sys.executable, "-c", code], timeout=25, capture_output=True)
    assert done.returncode == 143
    assert done.stdout == b"restored\n"
