"""A recording process is killed at random moments: what it had acknowledged is there, and the file is sound.

20 times by default, ``NNTUI_KILLS`` times if that is set. The child records without compiling: what a run hands over.
"""

import os
import random
import sqlite3
import subprocess
import sys
import time

import pytest

from nntui_engine.record.tables import Tables

KILLS = int(os.environ.get("NNTUI_KILLS", "20"))
CHILD = """
import pathlib, sys, time
import numpy as np
from nntui_engine.record.schema import created
from nntui_engine.record.writer import Writer
path = pathlib.Path(sys.argv[1])
one = Writer(path, created(path)[0])
one.start()
print("ready", flush=True)
at, said = 0, -1
while True:
    steps = np.arange(at, at + 200.0)
    one.add((1, "step"), np.column_stack([steps, *(np.sin(steps * k) for k in range(1, 40))]))
    at += 200
    if one.committed.get((1, "step"), -1) > said:
        said = one.committed[1, "step"]
        print(said, flush=True)
    time.sleep(0.002)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kill", range(KILLS))
def test_every_acknowledged_block_is_readable_after_a_kill(tmp_path, kill):
    path, moment = tmp_path / "run.nntui", random.Random(kill)
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(moment.uniform(0.0, 1.2))
    child.kill()
    said = [int(line) for line in child.stdout.read().split("\n")[:-1]]
    child.wait()
    tables = Tables(path)
    tables.check()
    last, count = -1.0, 0
    for table in tables.blocks(1, "step", -1, 1e12):
        assert table[0, 0] == last + 1  # nothing is missing in between
        last, count = table[-1, 0], count + len(table)
    tables.close()
    assert last >= max(said, default=-1)
    assert count == last + 1
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
