"""Records of races on the command line: exported, compared, gone on with, and where they are no use."""

import csv
import io
import json
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from cli.conftest import command, environment
from pseudo_terminal import wait_until

from nntui.headless.schemas import compare_schema
from nntui_engine import Experiment
from nntui_engine.record.recorder import Recorder

pytestmark = pytest.mark.slow

RACE = """\
schema = 1
[scenario]
title = "Two on a saddle"
[surface]
name = "saddle"
[train]
lr = 0.05
steps = 40
[[lane]]
name = "plain"
[[lane]]
name = "lost"
set = { "train.lr" = 3.0 }
[[lane]]
name = "Adam"
set = { "train.optimizer" = "adam" }
"""


@pytest.fixture
def race(tmp_path: Path) -> str:
    """The path of a scenario that races at once, and whose second lane diverges."""
    path = tmp_path / "race.toml"
    path.write_text(RACE, encoding="utf-8")
    return str(path)


@pytest.fixture
def record(invoke, race, tmp_path):
    """Records a race under a name, with options of ``nntui run``; returns its path and what the race printed."""

    def make(name: str, *options: str) -> tuple[str, str]:
        path = str(tmp_path / f"{name}.nntui")
        result = invoke("run", race, "--headless", "--format", "jsonl", "--record", path, *options)
        assert (result.status, result.err) == (0, "")
        return path, result.out

    return make


@pytest.mark.parametrize("options", [(), ("--every", "7"), ("--seed", "3", "--set", "surface.noise=0.5")])
def test_its_json_lines_are_those_of_the_race_byte_for_byte(invoke, record, options):
    path, printed = record("a", *options)
    assert '"step":0,' in printed
    result = invoke("export", path, "--format", "jsonl")
    assert (result.status, result.out, result.err) == (0, printed, "")


def test_csv_and_npz_hold_the_same_numbers_and_the_path_s_length(invoke, record, tmp_path):
    path, printed = record("a")
    rows = [json.loads(line) for line in printed.splitlines()]
    table = list(csv.DictReader(io.StringIO(invoke("export", path).out)))
    archive = tmp_path / "a.npz"
    assert invoke("export", path, "--format", "npz", "--out", str(archive)).status == 0
    numbers = np.load(archive)
    assert numbers["lanes"].tolist() == ["plain", "lost", "Adam"]
    for place, lane in enumerate(numbers["lanes"], start=1):
        mine = [row for row in rows if row["lane"] == lane]
        names, values = numbers[f"{place}.path.columns"].tolist(), numbers[f"{place}.path"]
        assert names == ["step", "x", "y", "value", "gradient_norm", "lr", "path_length"]
        assert values[:, :6].tolist() == [[float(row[name]) for name in names[:6]] for row in mine]
        assert [[float(row[name]) for name in names] for row in table if row["lane"] == lane] == values.tolist()
        with np.errstate(over="ignore"):
            length = np.cumsum(np.hypot(*np.diff(values[:, 1:3], axis=0).T))
        assert values[1:, 6] == pytest.approx(length, rel=1e-12)


def rows_of(text: str, heading: str) -> dict[str, list[str]]:
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(heading))
    end = next((number for number, line in enumerate(lines[at:], at) if not line.strip()), len(lines))
    found = [[word.strip() for word in line.split("  ") if word.strip()] for line in lines[at + 1 : end]]
    return {row[0]: row[1:] for row in found}


def test_equal_races_are_equal_to_the_bit(invoke, record):
    (first, _), (second, _) = record("a"), record("b")
    result = invoke("compare", first, second)
    assert (result.status, result.err) == (0, "")
    assert result.out.count("steps that both made is the same, to the bit.") == 3
    assert result.out.count("Every number of the 40 steps") == 2  # one has diverged before
    assert "Settings that differ" not in result.out
    assert "Farthest" not in result.out


def test_where_paths_part_and_how_the_races_came_out(invoke, record, race):
    first, _ = record("a")
    with open(race, "a", encoding="utf-8") as file:
        file.write('[[change]]\nstep = 12\nlane = "Adam"\nset = { "train.lr" = 0.5 }\n')
    second, printed = record("b")
    document = json.loads(invoke("compare", first, second, "--json").out)
    jsonschema.validate(document, compare_schema())
    plain, lost, adam = document["others"][0]["lanes"]
    assert (plain["same_steps"], plain["parts_at"], plain["paths_part_at"], plain["farthest"]) == (40, None, None, None)
    assert (adam["same_steps"], adam["parts_at"], adam["paths_part_at"]) == (12, 13, 13)
    assert adam["settings"] == [{"key": "train.lr", "first": 0.05, "second": 0.5}]
    rows = [json.loads(line) for line in printed.splitlines()]
    outcome = {row["key"]: (row["first"], row["second"]) for row in adam["outcome"]}
    assert [outcome[name][1] for name in ("x", "y", "value", "gradient_norm", "lr")] == list(rows[-1].values())[2:]
    assert {"step", "state", "distance", "path_length"} <= set(outcome)
    assert next(row for row in lost["outcome"] if row["key"] == "state")["first"] == "diverged"
    farthest, mine = adam["farthest"], [row for row in rows if row["lane"] == "Adam"]
    assert farthest["second"] == [mine[farthest["step"]][name] for name in "xy"]
    assert farthest["distance"] == pytest.approx(np.hypot(*np.subtract(farthest["first"], farthest["second"])))
    text = invoke("compare", first, second).out.split("Lane Adam")[1]
    assert "Their paths part at step 13. The 12 steps before are the same, to the bit.\n" in text
    assert rows_of(text, "Settings that differ") == {"train.lr": ["0.05", "0.5"]}
    assert rows_of(text, "Outcome")["step"] == ["40", "40"]
    assert f"Farthest apart at step {farthest['step']}: " in text


def test_paths_that_start_apart_and_one_that_is_sampled_now_and_then(invoke, record):
    first, _ = record("a")
    moved, _ = record("b", "--set", "surface.start=[1.0, 1.0]")
    assert invoke("compare", first, moved).out.count("They start at two places.") == 3
    seldom, _ = record("c", "--every", "7")
    lane = json.loads(invoke("compare", first, seldom, "--json").out)["others"][0]["lanes"][0]
    assert (lane["same_steps"], lane["parts_at"]) == (6, None)  # 7, 14, …, 35, and the last


def test_what_a_race_s_record_is_no_use_for_is_one_line(invoke, small, record, tmp_path):
    path, _ = record("a")
    networks = str(tmp_path / "networks.nntui")
    assert invoke("run", small, "--headless", "--steps", "2", "--record", networks).status == 0
    other = f"{path}: is the record of a race on a surface, and {networks} is of networks"
    for arguments, words in (
        (("compare", path, networks), other),
        (("compare", networks, path), other),
        (("diagnose", path), f"{path}: a surface has no network to diagnose"),
        (("replay", path), "nntui export writes a race's record without a screen"),
        (("run", "--resume", path, "--headless", "--save-weights", str(tmp_path / "w.npz")), "has no weights"),
    ):
        result = invoke(*arguments)
        assert (result.status, result.out) == (2, "")
        assert words in result.err
        assert [line for line in result.err.splitlines() if "goes on from" not in line] == [result.err.splitlines()[-1]]


@pytest.mark.parametrize("every", [1, 7])
def test_a_race_goes_on_from_its_record(invoke, race, tmp_path, every):
    path = tmp_path / "run.nntui"
    whole = invoke("run", race, "--headless", "--format", "json", "--every", str(every))
    lines = invoke("run", race, "--headless", "--format", "jsonl", "--every", str(every)).out
    recorder = Recorder(path)
    run = Experiment(race, listener=recorder, every=every)
    run.advance(25)
    recorder.close()
    result = invoke("run", "--resume", str(path), "--headless", "--format", "jsonl")
    assert (result.status, result.err) == (0, f"{path}: goes on from step 25\n")
    assert result.out == "".join(line for line in lines.splitlines(keepends=True) if json.loads(line)["step"] > 25)
    again = invoke("run", "--resume", str(path), "--headless", "--format", "json")  # it has ended
    assert (again.status, again.out) == (0, whole.out)
    assert invoke("export", str(path), "--format", "jsonl").out == lines


def test_one_that_was_killed_goes_on_and_comes_to_the_same(invoke, race, tmp_path):
    path, words = tmp_path / "run.nntui", ("run", race, "--headless", "--steps", "1000000", "--every", "1000")
    child = subprocess.Popen(command(*words, "--record", str(path)), env=environment(), stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: path.exists() and moments_in(path) > 0, timeout=120)
        child.send_signal(signal.SIGKILL)
        assert child.wait(10) == -signal.SIGKILL
    finally:
        child.kill()
        child.wait()
    resumed = invoke("run", "--resume", str(path), "--headless", "--format", "json")
    assert resumed.status == 0
    assert resumed.out == invoke(*words, "--format", "json").out


def moments_in(path: Path) -> int:
    time.sleep(0.01)
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as record:
            return int(record.execute("SELECT COUNT(*) FROM state").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
