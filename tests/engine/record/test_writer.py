"""The writer: in order, soon, never waited for, and sound whatever happens to the file."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pseudo_terminal import wait_until

from nntui_engine.errors import InputError
from nntui_engine.record import schema, writer
from nntui_engine.record.schema import created, opened
from nntui_engine.record.tables import Tables
from nntui_engine.record.writer import Writer, merge

PLACE = (1, "step")


def samples(first: int, count: int, width: int = 3) -> np.ndarray:
    steps = np.arange(first, first + count, dtype=float)
    return np.column_stack([steps, *(np.sin(steps * (k + 1)) for k in range(width))])


def started(path: Path) -> Writer:
    made = Writer(path, created(path)[0])
    made.start()
    return made


def read(path: Path) -> np.ndarray:
    return np.concatenate(list(Tables(path).blocks(*PLACE, -1, 1e9)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.nntui"


def test_all_that_was_given_is_there_in_order(path, monkeypatch):
    monkeypatch.setattr(writer, "BLOCK_BYTES", 4000)
    one = started(path)
    parts = [samples(1 + 100 * i, 100) for i in range(20)]
    for part in parts:
        one.add(PLACE, part)
    one.close()
    assert read(path).tobytes() == np.concatenate(parts).tobytes()
    assert not list(path.parent.glob("run.nntui-*"))  # neither writing nor reading leaves a file beside it
    rows = sqlite3.connect(path).execute("SELECT number, first_step, last_step, rows FROM block").fetchall()
    assert len(rows) >= 10
    assert sum(row[3] for row in rows) == 2000


def test_it_is_committed_soon_while_it_goes_on(path):
    one = started(path)
    one.add(PLACE, samples(1, 10))
    end = time.monotonic() + 20
    while one.committed.get(PLACE) != 10:
        assert time.monotonic() < end
        time.sleep(0.005)
    assert len(read(path)) == 10
    one.add(PLACE, samples(11, 5))  # the same block, longer
    one.close()
    assert len(read(path)) == 15
    assert sqlite3.connect(path).execute("SELECT COUNT(*) FROM block").fetchone()[0] == 1


def test_a_full_queue_merges_and_keeps_extremes(path, monkeypatch):
    monkeypatch.setattr(writer, "QUEUE_BYTES", 10_000)
    one, hold = started(path), threading.Event()
    one.do(hold.wait)
    spike = samples(1, 1000)
    spike[777, 2], spike[500, 1] = 99.0, np.nan
    one.add(PLACE, samples(-1000, 1000))
    began = time.perf_counter()
    one.add(PLACE, spike)
    assert time.perf_counter() - began < 1.0  # nobody waits
    assert one.waiting < 2 * samples(1, 1000).nbytes
    hold.set()
    one.close()
    table = np.concatenate(list(Tables(path).blocks(*PLACE, 0, 1e9)))
    assert len(table) < 1000 * 3 / writer.MERGED + 3
    assert table[:, 2].max() == 99.0
    assert np.isnan(table[:, 1]).sum() == 1
    assert table[-1, 0] == 1000
    assert sqlite3.connect(path).execute("SELECT DISTINCT merged > 1 FROM block").fetchall() == [(0,), (1,)]


def test_merged_samples_stand_at_steps_of_theirs():
    table = merge(samples(1, 40), 16)
    assert table[:, 0].tolist() == [14, 15, 16, 30, 31, 32, 38, 39, 40]
    block = samples(1, 16)
    np.testing.assert_array_equal(table[:3, 1:], [block[:, 1:].min(0), block[:, 1:].mean(0), block[:, 1:].max(0)])


def test_a_deleted_record_is_said_once_and_ends_the_writing(path):
    one = started(path)
    one.add(PLACE, samples(1, 10))
    one.do(path.unlink)
    end = time.monotonic() + 20
    while not one.trouble:
        one.add(PLACE, samples(11, 10))
        assert time.monotonic() < end
        time.sleep(0.01)
    assert "was deleted" in one.trouble
    assert "training goes on" in one.trouble
    one.close()
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("again", [False, True], ids=["moved", "and replaced"])
def test_a_record_that_is_moved_has_all_that_was_acknowledged(path, again):
    one, moved = started(path), path.with_name("moved.nntui")
    one.add(PLACE, samples(1, 5000))
    wait_until(lambda: one.committed.get(PLACE) == 5000)
    path.rename(moved)
    if again:
        path.write_bytes(b"mine")
    one.add(PLACE, samples(5001, 10))
    wait_until(lambda: one.trouble)
    one.close()
    assert "moved" in one.trouble
    if again:
        assert path.read_bytes() == b"mine"
    else:
        assert list(path.parent.iterdir()) == [moved]
    assert len(read(moved)) == 5000


def test_whatever_goes_wrong_in_the_thread_is_said(path):
    one = started(path)
    one.do(lambda: {}["what nobody thought of"])
    wait_until(lambda: one.trouble)
    assert "recording has stopped: 'what nobody thought of'. The training goes on." in one.trouble
    one.add(PLACE, samples(1, 10))
    assert one.waiting == 0
    one.close()


FULL = """
import resource, sys, time, pathlib
from nntui_engine.record.schema import created
from nntui_engine.record.writer import Writer
import numpy as np
path = pathlib.Path(sys.argv[1])
one = Writer(path, created(path)[0])
one.start()
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
rng, at = np.random.default_rng(0), 0
while not one.trouble and at < 10**6:
    one.add((1, "step"), np.column_stack([np.arange(at, at + 100.0), rng.standard_normal((100, 20))]))
    at += 100
    time.sleep(0.01)
one.close()
print(one.committed[(1, "step")], one.trouble)
"""


def test_where_no_more_fits_what_is_there_stays_sound(path):
    found = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    last, _, trouble = found.stdout.partition(" ")
    assert "recording has stopped" in trouble
    assert read(path)[-1, 0] >= int(last)
    Tables(path).check()


def test_a_new_record_needs_a_free_name_in_a_folder_that_takes_it(path, tmp_path):
    created(path)[0].close()
    for place, words in (
        (path, "exists already; choose another name, or --resume"),
        (tmp_path / "none" / "a.nntui", "there is no folder"),
        (tmp_path / ("n" * 300), "cannot write"),
    ):
        with pytest.raises(InputError, match=words):
            created(place)
    if os.geteuid():  # pragma: no cover - root may write anywhere
        tmp_path.chmod(0o500)
        with pytest.raises(InputError, match="cannot write"):
            created(tmp_path / "b.nntui")


def test_where_no_log_is_possible_it_is_said_and_works_all_the_same(path, monkeypatch):
    real = sqlite3.connect

    class NoLog(sqlite3.Connection):
        def execute(self, text, *values):
            return super().execute("PRAGMA journal_mode" if text == "PRAGMA journal_mode = WAL" else text, *values)

    monkeypatch.setattr(schema.sqlite3, "connect", lambda *a, **k: real(*a, **k, factory=NoLog))
    connection, journal = created(path)
    assert journal == "delete"
    one = Writer(path, connection)
    one.start()
    one.add(PLACE, samples(1, 10))
    one.close()
    assert len(read(path)) == 10


def test_readers_only_read(path):
    created(path)[0].close()
    reader = opened(path)
    assert reader.execute("PRAGMA query_only").fetchone()[0] == 1
    with pytest.raises(sqlite3.OperationalError, match="readonly database"):
        reader.execute("DELETE FROM run")


def test_a_bounded_file_gets_coarser_and_keeps_extremes(path, monkeypatch):
    monkeypatch.setattr(writer, "LEAST_BLOCK_BYTES", 20_000)
    monkeypatch.setattr(writer, "BLOCK_BYTES", 20_000)
    one = Writer(path, created(path)[0], most=1_000_000)
    table = samples(1, 60_000, width=6)
    table[51_234, 1] = 1e9
    for start in range(0, len(table), 500):
        one.add(PLACE, table[start : start + 500])
    one.start()
    one.close()
    assert (one.trouble, path.stat().st_size < 1_000_000) == ("", True)
    merged = [row[0] for row in sqlite3.connect(path).execute("SELECT merged FROM block ORDER BY number")]
    assert (merged[0], set(merged) >= {1, 16}, sorted(merged[:-1]) == merged[:-1]) == (1, True, True)
    found = read(path)
    assert found[:1000].tobytes() == table[:1000].tobytes()
    assert (found[-1, 0], found[:, 1].max()) == (60_000, 1e9)  # up to its end, and no spike is lost


def test_what_is_measured_seldom_stays_fine_as_long_as_there_was_room(path, monkeypatch):
    monkeypatch.setattr(writer, "LEAST_BLOCK_BYTES", 20_000)
    monkeypatch.setattr(writer, "BLOCK_BYTES", 20_000)
    one = Writer(path, created(path)[0], most=1_000_000)
    seldom = (1, "evaluation")
    for start in range(1, 60_000, 500):
        one.add(PLACE, samples(start, 500, width=6))
        one.add(seldom, samples(start, 1))  # one block would have room for all of them
    one.start()
    one.close()
    assert one.trouble == ""
    rows = (
        sqlite3.connect(path)
        .execute("SELECT merged, rows FROM block WHERE kind = 'evaluation' ORDER BY number")
        .fetchall()
    )
    assert rows[0][0] == 1
    assert rows[0][1] > 20
    assert {merged for merged, _ in rows} >= {1, 16}


def test_a_bounded_file_ends_where_it_is_full(path, monkeypatch):
    monkeypatch.setattr(writer, "LEAST_BLOCK_BYTES", 2_000)  # a block of three samples: nothing is left out of that
    monkeypatch.setattr(writer, "BLOCK_BYTES", 2_000)
    noise = np.random.default_rng(1).normal(size=(900, 300))
    noise[:, 0] = np.arange(900)
    one = Writer(path, created(path)[0], most=500_000)
    for start in range(0, len(noise), 3):
        one.add(PLACE, noise[start : start + 3])
    one.start()
    one.close()
    assert one.trouble == f"{path}: recording has stopped: it is as large as it may be (0 MB). The training goes on."
    assert path.stat().st_size < 600_000
    found = read(path)
    assert 100 < len(found) < 900
    assert found.tobytes()[:40_000] == noise.tobytes()[:40_000]


def test_who_is_writing_can_be_told(path):
    ended = path.with_name("ended.nntui")
    created(ended)[0].close()
    held = "import sys, time; from pathlib import Path; from nntui_engine.record.schema import lock; "
    held += "lock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    created(path)[0].close()
    with subprocess.Popen([sys.executable, "-c", held, str(path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        assert (schema.being_written(path), schema.being_written(ended)) == (True, False)
        child.kill()
    assert not schema.being_written(path)
    assert not schema.being_written(path.with_name("none.nntui"))
