"""The processes that verify: none outlives who it works for."""

import os
import signal
import subprocess
import sys

import pytest
from pseudo_terminal import environment, state_of, wait_until

JOB = """
import time
class Long:
    def work(self, steps):
        print("begun", flush=True)
        time.sleep(300)
"""
PARENT = """
import time
from long import Long
from nntui.headless.verifying import _start_worker
connection, worker = _start_worker()
connection.send(Long())
print(worker.pid, flush=True)
time.sleep(300)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_a_worker_ends_with_a_parent_that_was_killed_in_the_middle_of_a_job(tmp_path):
    (tmp_path / "long.py").write_text(JOB, encoding="utf-8")
    env = environment()
    env["PYTHONPATH"] = os.pathsep.join([str(tmp_path), env["PYTHONPATH"]])
    parent = subprocess.Popen([sys.executable, "-c", PARENT], env=env, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    try:
        assert parent.stdout.readline() == "begun\n"
        assert state_of(worker) not in ("", "Z")
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        wait_until(lambda: state_of(worker) in ("", "Z"), 10)
    finally:
        parent.kill()
        if state_of(worker) not in ("", "Z"):
            os.kill(worker, signal.SIGKILL)
