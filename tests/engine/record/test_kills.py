"""Recording processes are killed at random moments: what they had acknowledged is there, and the files are sound.

20 of them by default, ``NNTUI_KILLS`` if that is set. They record without compiling: what a run hands over.
"""

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from nntui_engine.record.tables import Tables

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")]
KILLS = int(os.environ.get("NNTUI_KILLS", "20"))
TOGETHER = 10  # that record, and are killed, side by side

# Imports once; for each path that it reads it leaves a child that records there and says what is committed (PATH.said)
NURSERY = """
import os, pathlib, signal, sys, time
import numpy as np
from nntui_engine.record.schema import created
from nntui_engine.record.writer import Writer

def record(path):
    said = os.open(path + ".said", os.O_WRONLY)
    one = Writer(pathlib.Path(path), created(pathlib.Path(path))[0])
    one.start()
    os.write(said, f"{os.getpid()}\\n".encode())
    at, last = 0, -1
    while True:
        steps = np.arange(at, at + 200.0)
        one.add((1, "step"), np.column_stack([steps, *(np.sin(steps * k) for k in range(1, 40))]))
        at += 200
        if one.committed.get((1, "step"), -1) > last:
            last = one.committed[1, "step"]
            os.write(said, f"{last}\\n".encode())
        time.sleep(0.002)

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    if os.fork() == 0:
        record(line.strip())
"""


@dataclass
class Child:
    """One that records into ``path``. ``lives``: seconds from its first word to its end."""

    path: Path
    said: IO[str]
    pid: int
    lives: float


@pytest.fixture(scope="module")
def nursery() -> Iterator[IO[str]]:
    """Takes paths."""
    with subprocess.Popen([sys.executable, "-c", NURSERY], stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        yield process.stdin
        process.stdin.close()


def born(nursery: IO[str], path: Path, lives: float) -> Child:
    fifo = path.with_name(path.name + ".said")
    os.mkfifo(fifo)
    nursery.write(f"{path}\n")
    nursery.flush()
    said = fifo.open()
    return Child(path, said, int(said.readline()), lives)


def check(child: Child) -> None:
    """What is there of a child that was killed."""
    words = child.said.read()  # to its end: nobody writes it any more
    child.said.close()
    said = [int(line) for line in words.split("\n")[:-1]]
    tables = Tables(child.path)
    tables.check()
    last, count = -1.0, 0
    for table in tables.blocks(1, "step", -1, 1e12):
        assert table[0, 0] == last + 1  # nothing is missing in between
        last, count = table[-1, 0], count + len(table)
    tables.close()
    assert last >= max(said, default=-1)
    assert count == last + 1
    with closing(sqlite3.connect(child.path)) as record:
        assert record.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    child.path.unlink()  # some megabytes


@pytest.mark.parametrize("kill", range(0, KILLS, TOGETHER))
def test_every_acknowledged_block_is_readable_after_a_kill(nursery, tmp_path, kill):
    moment = random.Random(kill)
    count = min(TOGETHER, KILLS - kill)
    begun = time.monotonic()
    children = [born(nursery, tmp_path / f"{k}.nntui", moment.uniform(0.0, 1.2)) for k in range(count)]
    for child in sorted(children, key=lambda child: child.lives):
        time.sleep(max(0.0, begun + child.lives - time.monotonic()))
        os.kill(child.pid, 9)
    for child in children:
        check(child)
