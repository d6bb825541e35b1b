"""``nntui run --resume A --at STEP --record B``: a record that goes on otherwise from a step of another."""

import csv
import io
import json
from pathlib import Path

import pytest

from nntui_engine import Experiment
from nntui_engine.record.recorder import Recorder

pytestmark = pytest.mark.slow


@pytest.fixture
def parent(small, tmp_path) -> Path:
    path = tmp_path / "parent.nntui"
    recorder = Recorder(path)
    Experiment(small, listener=recorder).advance(25)
    recorder.close()
    return path


def rows_of(invoke, record) -> list[list[str]]:
    return list(csv.reader(io.StringIO(invoke("export", str(record)).out)))


def test_a_branch_is_a_record_like_any_other(invoke, small, parent, tmp_path):
    path, before = tmp_path / "branch.nntui", parent.read_bytes()
    words = ("run", "--resume", str(parent), "--headless", "--at", "10", "--record", str(path))
    result = invoke(*words, "--set", "tanh:train.lr=0.2", "--format", "json")
    assert (result.status, result.err) == (0, f"{parent}: goes on from step 10 in {path}\n")
    run = Experiment(small)
    run.advance(10)
    run.tweak({"train.lr": 0.2}, "tanh")
    run.advance(20)
    printed = json.loads(result.out)
    assert [lane["loss"] for lane in printed["lanes"]] == [lane.whole["loss"] for lane in run.snapshot().lanes]
    assert parent.read_bytes() == before
    first, second = rows_of(invoke, parent), rows_of(invoke, path)
    assert (len(first), len(second)) == (1 + 2 * 26, 1 + 2 * 31)  # step 0 is evaluated, too
    assert [row for row in first[1:] if int(row[1]) <= 10] == [row for row in second[1:] if int(row[1]) <= 10]
    compared = json.loads(invoke("compare", str(parent), str(path), "--json").out)["others"][0]["lanes"]
    assert [(lane["first"], lane["parts_at"]) for lane in compared] == [("tanh", 11), ("ReLU: quick", None)]
    assert [one["key"] for one in compared[0]["settings"]] == ["train.lr"]
    assert "the same bits" in invoke("replay", str(path), "--verify").out
    assert invoke("run", "--resume", str(path), "--headless").err == f"{path}: goes on from step 30\n"


def test_without_a_change_it_is_the_run_that_never_went_back(invoke, small, parent, tmp_path):
    whole = invoke("run", small, "--headless", "--format", "jsonl")
    words = ("run", "--resume", str(parent), "--headless", "--at", "17", "--record", str(tmp_path / "b.nntui"))
    rows = invoke(*words, "--format", "jsonl").out.splitlines()
    assert rows == whole.out.splitlines()[-len(rows) :]
    assert len(rows) == 2 * 13


def test_longer(invoke, parent, tmp_path):
    words = ("run", "--resume", str(parent), "--headless", "--at", "25", "--record", str(tmp_path / "b.nntui"))
    assert json.loads(invoke(*words, "--steps", "60", "--format", "json").out)["lanes"][0]["step"] == 60


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--at", "9"), "--at begins a branch, which needs a record of its own: name it with --record"),
        (("--at", "26", "--record", "b.nntui"), "--at: step 26 is not allowed; must be from 0 to 25, as far as"),
        (("--at", "-1", "--record", "b.nntui"), '"-1" is not a whole number from 0 to'),
        (("--at", "9", "--record", "b.nntui", "--seed", "3"), "--seed: a run that is resumed has it in its record"),
        (("--at", "9", "--record", "b.nntui", "--set", "train.lr=-1"), "--set"),
        (("--at", "9", "--record", "b.nntui", "--set", "no:train.lr=1"), 'unknown lane "no"'),
        (("--at", "9", "--record", "b.nntui", "--set", "model.hidden=[3]"), "needs a fresh start"),
        (("--at", "9", "--record", "parent.nntui"), "exists already"),
    ],
)
def test_what_cannot_be_is_one_line(invoke, parent, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    before = parent.read_bytes()
    result = invoke("run", "--resume", "parent.nntui", "--headless", *words)
    assert (result.status, result.out) == (2, "")
    assert said in result.err
    assert "Traceback" not in result.err
    assert not (tmp_path / "b.nntui").exists()
    assert parent.read_bytes() == before


def test_at_goes_with_resume(invoke, small, tmp_path):
    result = invoke("run", small, "--headless", "--at", "3", "--record", str(tmp_path / "b.nntui"))
    assert result.status == 2
    assert "--at goes back in a record: name it with --resume" in result.err
