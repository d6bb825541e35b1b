"""``nntui run --record``: what it writes, what it refuses, and that it changes nothing."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from cli.conftest import command, environment
from pseudo_terminal import wait_until

from nntui_engine import Experiment
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.resume import resumed
from nntui_engine.record.source import RecordSource

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("form", ["text", "json", "jsonl"])
def test_recording_changes_no_byte_of_what_is_printed(invoke, small, tmp_path, form):
    path = tmp_path / "run.nntui"
    alone = invoke("run", small, "--headless", "--format", form)
    recorded = invoke("run", small, "--headless", "--format", form, "--record", str(path))
    assert (recorded.status, recorded.err) == (0, "")
    assert recorded.out == alone.out
    source = RecordSource(path)
    assert (source.step, [lane.name for lane in source.lanes]) == (30, ["tanh", "ReLU: quick"])


def test_the_record_says_what_it_was_made_from(invoke, small, tmp_path):
    path = tmp_path / "run.nntui"
    invoke("run", small, "--headless", "--record", str(path), "--seed", "7", "--set", "train.lr=0.02")
    said = dict(sqlite3.connect(path).execute("SELECT key, value FROM run").fetchall())
    assert said["seed"] == "7"
    assert "lr = 0.02" in said["scenario"]
    assert {"nntui", "numpy", "numba", "python", "processor", "journal"} <= set(said)
    again = tmp_path / "again.toml"
    again.write_text(said["scenario"], encoding="utf-8")
    first, second = (
        invoke("run", *arguments, "--headless", "--format", "jsonl").out
        for arguments in ((small, "--seed", "7", "--set", "train.lr=0.02"), (str(again),))
    )
    assert first == second


def test_the_record_says_what_was_planned(invoke, small, tmp_path):
    path, again = tmp_path / "run.nntui", tmp_path / "again.toml"
    with Path(small).open("a", encoding="utf-8") as file:
        file.write('[[change]]\nstep = 20\nlane = "tanh"\nset = { "train.lr" = 0.5 }\n')
    first = invoke("run", small, "--headless", "--format", "jsonl", "--record", str(path)).out
    with closing(sqlite3.connect(path)) as file:
        (said,) = file.execute("SELECT value FROM run WHERE key = 'scenario'").fetchone()
    again.write_text(said, encoding="utf-8")
    assert invoke("run", str(again), "--headless", "--format", "jsonl").out == first


def test_a_file_that_is_there_is_left_alone(invoke, small, tmp_path):
    path = tmp_path / "run.nntui"
    path.write_text("mine", encoding="utf-8")
    result = invoke("run", small, "--headless", "--record", str(path))
    assert (result.status, result.out) == (2, "")
    assert result.err == f"nntui: --record: {path} exists already; choose another name, or --resume it\n"
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_folder_that_is_missing_is_named(invoke, small, tmp_path):
    result = invoke("run", small, "--headless", "--record", str(tmp_path / "none" / "run.nntui"))
    assert result.status == 2
    assert result.err.endswith(f"there is no folder {tmp_path / 'none'}\n")


def test_a_run_that_cannot_begin_leaves_no_file(invoke, small, tmp_path):
    path = tmp_path / "run.nntui"
    result = invoke("run", small, "--headless", "--record", str(path), "--set", "train.batch_size=99999")
    assert result.status == 2
    assert not path.exists()


def test_fair_races_are_not_recorded(invoke, tmp_path):
    result = invoke("run", "beale", "--headless", "--fair", "--record", str(tmp_path / "run.nntui"))
    assert result.status == 2
    assert "--fair cannot be recorded" in result.err


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_record_is_judged_as_its_run_was(invoke, small, tmp_path, more):
    path = tmp_path / "run.nntui"
    invoke("run", small, "--headless", "--record", str(path), "--set", "train.lr=1e6")
    live = invoke("diagnose", small, "--set", "train.lr=1e6", *more)
    read = invoke("diagnose", str(path), *more)
    assert live.status == 1
    assert (read.status, read.out, read.err) == (live.status, live.out, "")


def test_a_record_is_not_trained(invoke, tmp_path):
    result = invoke("diagnose", str(tmp_path / "run.nntui"), "--fix")
    assert result.status == 2
    assert "--fix trains; a record is judged as it is" in result.err


def test_replay_needs_a_terminal_and_a_record(invoke, small, tmp_path):
    path = tmp_path / "run.nntui"
    assert f"{path}: no such file" in invoke("replay", str(path)).err
    assert "is no record of nntui" in invoke("replay", small).err
    invoke("run", small, "--headless", "--record", str(path))
    result = invoke("replay", str(path))
    assert (result.status, result.out) == (2, "")
    assert "needs a terminal" in result.err


def test_a_run_goes_on_from_its_record(invoke, small, tmp_path):
    path, whole = tmp_path / "run.nntui", invoke("run", small, "--headless", "--steps", "60", "--format", "json")
    recorder = Recorder(path)
    run = Experiment(small, steps=60, listener=recorder)
    run.advance(25)
    recorder.close()
    result = invoke("run", "--resume", str(path), "--headless", "--format", "json")
    assert (result.status, result.err) == (0, f"{path}: goes on from step 25\n")
    assert result.out == whole.out
    again = invoke("run", "--resume", str(path), "--headless", "--format", "json")  # it has ended
    assert again.out == whole.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("small", "--headless"), "SCENARIO: a run that is resumed has it in its record"),
        (("--headless", "--set", "train.lr=1"), "--set: a run that is resumed has it in its record"),
        (("--fair", "--headless"), "--fair: a run that is resumed has it in its record"),
        (("--headless",), "no such file"),
    ],
)
def test_what_does_not_go_with_resuming_is_said(invoke, tmp_path, arguments, words):
    result = invoke("run", *arguments, "--resume", str(tmp_path / "none.nntui"))
    assert result.status == 2
    assert words in result.err


def test_a_record_that_ends_early_says_where(invoke, small, tmp_path):
    path = tmp_path / "run.nntui"
    recorder = Recorder(path)
    Experiment(small, listener=recorder).advance(12)
    recorder.close()
    assert '"steps": 12,' in invoke("diagnose", str(path), "--json").out


@pytest.mark.parametrize("moment", range(4))
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_run_that_was_ended_goes_on_with_the_next_step(small, tmp_path, number, moment):
    path = tmp_path / "run.nntui"
    words = ("run", small, "--headless", "--steps", "1000000", "--record", str(path))
    child = subprocess.Popen(command(*words), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: path.exists() and steps_in(path) > 100, timeout=120)
        time.sleep(0.05 + moment * 0.037)
        child.send_signal(number)
        assert child.wait(10) == 128 + number
    finally:
        child.kill()
        child.communicate()
    reached = steps_in(path)
    run, recorder = resumed(path)
    assert (run.step, run.position) == (reached, reached)
    run.advance(50)
    recorder.close()
    source = RecordSource(path)
    for lane in range(2):
        steps = np.concatenate([table[:, 0] for table in source.measured(lane, "step")])
        assert np.array_equal(steps, np.arange(1, reached + 51))  # none is missing, none is there twice


def steps_in(path: Path) -> int:
    """How far a record says that its first lane is."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as record:
            said = record.execute("SELECT value FROM run WHERE key = 'now'").fetchone()
    except sqlite3.OperationalError:
        return 0
    return 0 if said is None else int(json.loads(said[0])["lanes"][0]["step"])


SLOW = """
import sys, time
from nntui.headless.signals import prompt_exit, putting_away
try:
    with prompt_exit():
        try:
            print("ready", flush=True)
            time.sleep(60)
        finally:
            with putting_away():
                print("file", flush=True)
                for _ in range(10):
                    time.sleep(0.05)
                print("whole", flush=True)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("times", [1, 2])
def test_a_file_is_brought_to_its_end_unless_it_is_asked_twice(times):
    child = subprocess.Popen([sys.executable, "-c", SLOW], env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "file\n"
        if times == 2:
            time.sleep(0.2)
            child.send_signal(signal.SIGINT)
        assert child.wait(10) == 130
    finally:
        child.kill()
    assert child.stdout.read() == ("whole\n" if times == 1 else "")


@pytest.mark.parametrize("command", ["run", "show", "verify"])
def test_a_record_in_the_place_of_a_scenario_is_told_from_one(invoke, tmp_path, command):
    path = tmp_path / "run.nntui"
    path.write_bytes(b"a record")
    result = invoke(command, str(path))
    assert (result.status, result.err) == (
        2,
        f"nntui: {path}: is a record: nntui replay looks at it, nntui run --resume goes on with it\n",
    )
