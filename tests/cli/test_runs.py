"""``nntui runs``: what is listed, what opens a run of the history, and what is removed."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from nntui.headless.runs import outcome_words, rows_of, size_words, time_words
from nntui.headless.runs_text import print_runs
from nntui.lab.history import History, history_folder, kept_record
from nntui_engine import Experiment
from nntui_engine.errors import InputError
from nntui_engine.record.outcome import LaneOutcome, Outcome
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.schema import lock
from nntui_engine.scenario import scenario_from_dict

SICK = {
    "schema": 1,
    "scenario": {"title": "Sick"},
    "data": {"name": "moons", "samples": 100},
    "model": {"hidden": [8, 8, 8, 8, 8], "activation": "sigmoid"},
    "train": {"lr": 0.1, "steps": 300},
}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The history's, empty."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return history_folder()


def kept(folder: Path, name: str, at: int, steps: int = 300) -> Path:
    """A run of the history, last written at ``at`` seconds."""
    history = History(folder)
    one = history.keep(name)
    Experiment(scenario_from_dict(SICK), listener=one).advance(steps)
    one.close()
    os.utime(history.own[0], (at, at))
    return history.own[0]


def test_runs_are_listed_newest_first_and_a_damaged_one_says_so(invoke, folder):
    first, second = kept(folder, "first", 1000), kept(folder, "second", 2000, steps=120)
    broken = folder / "a-20260101-000000.nntui"
    broken.write_bytes(b"no record")
    os.utime(broken, (1500, 1500))
    (folder / "mine.nntui").write_bytes(b"not of the history")
    result = invoke("runs")
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert [line.split()[:2] for line in lines if line[0] != " "] == [
        ["1", f"{second.stem}"],
        ["2", broken.stem],
        ["3", first.stem],
    ]
    assert lines[1].strip().startswith("120 of 300 steps, loss 0.")
    assert lines[2].strip().startswith("vanishing gradient · layers 1–2 · since step ")
    assert lines[4].strip() == "is no record of nntui"
    found = json.loads(invoke("runs", "--json").out)["runs"]
    assert [(one["name"], one["step"], one["trouble"]) for one in found] == [
        (second.stem, 120, None),
        (broken.stem, None, "is no record of nntui"),
        (first.stem, 300, None),
    ]
    assert found[0]["bytes"] == second.stat().st_size
    assert (found[0]["lanes"][0]["step"], found[0]["findings"][0]["rule"]) == (120, "vanishing_gradient")


def test_other_places_are_listed_too(invoke, folder, tmp_path):
    kept(folder, "kept", 1000)
    there = tmp_path / "there"
    there.mkdir()
    recorder = Recorder(there / "one.nntui")
    Experiment(scenario_from_dict(SICK), listener=recorder).advance(10)
    recorder.close()
    (there / "notes.txt").write_text("", encoding="utf-8")
    for places in ([there], [there / "one.nntui"], [there, there / "one.nntui"]):
        found = json.loads(invoke("runs", *places, "--json").out)["runs"]
        assert [one["path"] for one in found] == [str(there / "one.nntui")]
    assert invoke("runs", tmp_path / "none").err == f"nntui: {tmp_path / 'none'}: no such file or folder\n"
    assert invoke("runs", there.parent / "state").out == "No run is kept there.\n"


def test_no_run_is_no_trouble(invoke, folder):
    assert invoke("runs").out == "No run is kept yet.\n"
    assert json.loads(invoke("runs", "--json").out) == {"schema": 1, "runs": []}
    assert invoke("runs", "--clean", "--yes").out == f"There is nothing to remove in {folder}.\n"


def test_one_that_is_being_written_is_said_and_stays(invoke, folder):
    first, second = kept(folder, "first", 1000), kept(folder, "second", 2000)
    held = lock(first)
    try:
        found = {one["name"]: one["writing"] for one in json.loads(invoke("runs", "--json").out)["runs"]}
        assert found == {first.stem: True, second.stem: False}
        assert "running" in next(line for line in invoke("runs").out.splitlines() if first.stem in line)
        result = invoke("runs", "--clean", "--yes")
        assert result.out.endswith("; 1 is being written, or cannot be removed.\n")
        assert (first.exists(), second.exists()) == (True, False)
    finally:
        os.close(held)


def test_cleaning_asks_and_removes_nothing_else(invoke, folder, tmp_path):
    path = kept(folder, "first", 1000)
    others = [folder / "mine.nntui", tmp_path / "b-20260101-000000.nntui", folder / "notes.txt"]
    for one in others:
        one.write_bytes(b"mine")
    for arguments, words in (
        (("--clean",), "add --yes"),
        (("--clean", "--yes", str(tmp_path)), "for the history alone"),
        (("--clean", "--json"), "for the history alone"),
        (("--yes",), "works with --clean only"),
    ):
        result = invoke("runs", *arguments)
        assert (result.status, result.out, path.exists()) == (2, "", True)
        assert words in result.err
    result = invoke("runs", "--clean", "--yes")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("Removed 1, ")
    assert not path.exists()
    assert all(one.exists() for one in others)


def test_names_of_the_history(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second, third = kept(folder, "digits", 1000), kept(folder, "digits-b", 2000), kept(folder, "xor", 3000)
    assert [kept_record(name) for name in ("last", "1", "2", "3")] == [third, third, second, first]
    assert kept_record("digits") == second  # the newest
    assert kept_record("digits-2") == first
    assert kept_record(third.stem) == third
    for name in ("0", "4", "xory"):
        with pytest.raises(InputError, match="no run in the history begins so"):
            kept_record(name)
    (tmp_path / "last").write_bytes(b"")
    assert kept_record("last") == Path("last")  # a file goes before
    for name in ("none.nntui", "there/none"):
        assert kept_record(name) == Path(name)


def test_commands_take_a_name_of_the_history(invoke, folder):
    kept(folder, "first", 1000)
    kept(folder, "second", 2000, steps=120)
    assert invoke("export", "last").out.count("\n") == 122  # the titles, and what was measured before the first step
    assert json.loads(invoke("compare", "first", "2", "--json").out)["others"][0]["lanes"][0]["same_steps"] == 300
    assert "this needs a terminal" in invoke("replay", "last").err
    resumed = invoke("run", "--resume", "last", "--headless")
    assert resumed.status == 0
    assert "goes on from step 120" in resumed.err
    result = invoke("replay", "none")
    assert (result.status, result.out) == (2, "")
    assert result.err == "nntui: none: no such file, and no run in the history begins so; nntui runs lists them\n"


def lane(name: str, **statistics: float) -> LaneOutcome:
    return LaneOutcome(name, 1, "running", statistics)


@pytest.mark.parametrize(
    ("lanes", "words"),
    [
        ([lane("", loss=0.5, train_accuracy=0.9, validation_accuracy=0.8)], "loss 0.5, 80.0 %"),
        ([lane("a", loss=0.5), lane("b", loss=2.0), lane("c", loss=1.0)], "loss 0.5 … 2"),
        ([lane("a", loss=0.5), lane("b", loss=float("nan"))], "loss 0.5 … NaN"),
        ([lane("a", loss=float("nan"), train_accuracy=0.1), lane("b", loss=float("nan"))], "loss NaN, 10.0 %"),
        ([lane("a", train_accuracy=0.1), lane("b", train_accuracy=0.25)], "10.0 … 25.0 %"),
        ([lane("a", value=0.1, x=1.0)], "value 0.1"),
        ([lane("a")], ""),
    ],
)
def test_an_outcome_in_words(lanes, words):
    assert outcome_words(Outcome(tuple(lanes), ())) == words


def test_sizes_and_times_in_words():
    assert [size_words(size) for size in (1, 1499, 999_499, 1_234_567, 56_000_000)] == [
        *("1 kB", "1 kB", "999 kB", "1.23 MB", "56.0 MB")
    ]
    now = time.mktime((2026, 6, 15, 12, 0, 0, 0, 0, -1))
    day = 86400.0
    assert time_words(now - 60, now) == "today 11:59"
    assert time_words(now - day, now) == "14 Jun 12:00"
    assert time_words(now - 300 * day, now).endswith(" Aug 2025")


@pytest.mark.parametrize(("width", "lines"), [(80, 3), (160, 1)])
def test_a_narrow_terminal_takes_three_lines_and_none_is_longer(folder, width, lines, capsys):
    kept(folder, "first", 1000)
    rows = rows_of([])
    long = replace(rows[0], name="n" * 60)
    print_runs(Console(width=width, force_terminal=False), [rows[0], long], 1000.0)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2 * lines
    assert max(map(len, printed)) <= width
    assert "vanishing gradient" in printed[lines - 1]


def test_a_hundred_are_listed_soon(folder):
    path = kept(folder, "first", 1000)
    content = path.read_bytes()
    for number in range(99):
        (folder / f"more-20260101-{number:06}.nntui").write_bytes(content)
    began = time.perf_counter()
    assert len(rows_of([])) == 100
    assert time.perf_counter() - began < 5.0  # 0.15 s on a machine at rest


def test_diagnose_takes_a_run_of_the_history_by_its_name(invoke, folder):
    first, second = kept(folder, "sick-one", 1000, steps=120), kept(folder, "digits", 2000)
    names = {"last": 300, "1": 300, "2": 120, "sick": 120, first.stem: 120, second.stem: 300}
    for name, steps in names.items():
        result = invoke("diagnose", name, "--json")  # after 120 steps nothing is wrong yet
        assert (result.status, json.loads(result.out)["steps"]) == (int(steps == 300), steps), name
    assert "vanishing gradient" in invoke("diagnose", "last").out
    for name in ("last", "7"):
        assert invoke("diagnose", name, "--fix").status == 2
    assert "7: no such file, and no run in the history begins so" in invoke("diagnose", "7").err
    assert "--fix trains; a record is judged as it is" in invoke("diagnose", "last", "--fix").err
    assert "no scenario and no file is called" in invoke("diagnose", "sickly").err


def test_diagnose_takes_a_scenario_before_a_record_that_is_called_so(invoke, folder):
    kept(folder, "digits", 1000, steps=10)
    assert json.loads(invoke("diagnose", "digits", "--steps", "3", "--json").out)["scenario"] == "digits"
