"""``nntui export``: a record's numbers in other forms are those that the run itself writes."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from nntui.commands.export import FORMATS
from nntui.headless.exporting_libraries import LIBRARIES

RECURRENT = """\
schema = 1
[scenario]
title = "Echo"
[data]
name = "parity"
samples = 80
[[model.layers]]
kind = "gru"
units = 4
[train]
optimizer = "adam"
steps = 20
evaluate_every = 5
batch_size = 20
"""


@pytest.fixture
def recorded(invoke, small, tmp_path):
    """The record of a small run, and what the run itself wrote as jsonl."""
    path = tmp_path / "run.nntui"
    printed = invoke("run", small, "--headless", "--format", "jsonl", "--record", str(path))
    assert printed.status == 0
    return path, printed.out


def later(lines: str) -> list[str]:
    """Without what was measured before the first step: a run writes steps alone."""
    return [line for line in lines.splitlines() if '"step":0,' not in line]


@pytest.mark.slow
def test_json_lines_are_those_of_the_run(invoke, recorded):
    path, printed = recorded
    result = invoke("export", str(path), "--format", "jsonl")
    assert (result.status, result.err) == (0, "")
    by_lane = sorted(printed.splitlines(), key=lambda line: json.loads(line)["lane"] != "tanh")
    assert later(result.out) == by_lane
    begun = [json.loads(line) for line in result.out.splitlines() if '"step":0,' in line]
    assert [one["lane"] for one in begun] == ["tanh", "ReLU: quick"]
    assert all({"train_loss", "validation_loss"} <= set(one) and "loss" not in one for one in begun)


@pytest.mark.slow
def test_those_of_recurrent_layers_too(invoke, tmp_path):
    scenario, path = tmp_path / "echo.toml", tmp_path / "echo.nntui"
    scenario.write_text(RECURRENT, encoding="utf-8")
    printed = invoke("run", str(scenario), "--headless", "--format", "jsonl", "--record", str(path))
    assert (printed.status, printed.err) == (0, "")
    assert '"sequences":{' in printed.out
    assert later(invoke("export", str(path), "--format", "jsonl").out) == printed.out.splitlines()
    table = list(csv.DictReader(io.StringIO(invoke("export", str(path)).out)))
    for line, row in zip(printed.out.splitlines(), table[1:], strict=True):
        for statistic, layers in json.loads(line)["sequences"].items():
            for layer, values in layers.items():
                for place, value in enumerate(values):
                    title = f"{statistic} {layer}" + (f" {place + 1}" if place else "")
                    assert float(row[title]) == float(value)


@pytest.mark.slow
def test_what_is_measured_again_with_the_best_weights_counts(invoke, small, tmp_path):
    path, stopping = tmp_path / "best.nntui", "train.early_stopping={ patience = 2, restore_best = true }"
    changes = [word for setting in ("train.evaluate_every=3", "train.lr=0.5", stopping) for word in ("--set", setting)]
    printed = invoke("run", small, *changes, "--headless", "--format", "jsonl", "--record", str(path))
    assert (printed.status, printed.err) == (0, "")
    evaluated = [row for row in map(json.loads, printed.out.splitlines()) if "train_loss" in row]
    found = [json.loads(line) for line in later(invoke("export", str(path), "--format", "jsonl").out)]
    for lane in ("tanh", "ReLU: quick"):
        assert [row for row in found if row["lane"] == lane and "train_loss" in row] == [
            row for row in evaluated if row["lane"] == lane
        ]


@pytest.mark.slow
def test_csv_and_npz_hold_the_same_numbers(invoke, recorded, tmp_path):
    path, printed = recorded
    table = list(csv.DictReader(io.StringIO(invoke("export", str(path)).out)))
    rows = [json.loads(line) for line in printed.splitlines()]
    assert len(table) == len(rows) + 2
    for row in rows:
        found = next(one for one in table if (one["lane"], one["step"]) == (row["lane"], str(row["step"])))
        assert float(found["loss"]) == row["loss"]
        assert [float(found[f"gradient_norm {layer}"]) for layer in ("1", "output")] == row["layers"]["gradient_norm"]
        assert (found["train_loss"] == "") == ("train_loss" not in row)
    archive = tmp_path / "run.npz"
    assert invoke("export", str(path), "--format", "npz", "--out", str(archive)).status == 0
    numbers = np.load(archive)
    assert numbers["lanes"].tolist() == ["tanh", "ReLU: quick"]
    for lane, name in enumerate(numbers["lanes"], start=1):
        names, values = numbers[f"{lane}.step.columns"].tolist(), numbers[f"{lane}.step"]
        mine = [row for row in rows if row["lane"] == name]
        assert values[:, names.index("step")].tolist() == [row["step"] for row in mine]
        assert values[:, names.index("gradient_norm/2")].tolist() == [row["layers"]["gradient_norm"][1] for row in mine]


@pytest.mark.slow
@pytest.mark.parametrize("form", [form for form in FORMATS if form != "tensorboard"])
def test_a_file_is_written_whole_or_not_at_all(invoke, recorded, tmp_path, form):
    path, _ = recorded
    if form in LIBRARIES:
        pytest.importorskip(LIBRARIES[form])
    out = tmp_path / "out"
    out.mkdir()
    result = invoke("export", str(path), "--format", form, "--out", str(out / "a file"))
    assert (result.status, result.out, result.err) == (0, "", "")
    assert [one.name for one in out.iterdir()] == ["a file"]
    before = (out / "a file").read_bytes()
    data = bytearray(path.read_bytes())
    at = data.rindex(b"step")  # somewhere among the blocks
    data[at - 400 : at] = bytes(400)
    path.write_bytes(data)
    broken = invoke("export", str(path), "--format", form, "--out", str(out / "a file"))
    assert (broken.status, broken.out) == (2, "")
    assert broken.err.startswith(f"nntui: {path}: is damaged")
    assert broken.err.count("\n") == 1
    assert [(one.name, one.read_bytes()) for one in out.iterdir()] == [("a file", before)]


@pytest.mark.slow
def test_what_is_read_is_never_written_over(invoke, small, recorded, tmp_path):
    path, _ = recorded
    before, scenario = path.read_bytes(), Path(small).read_bytes()
    link, fresh = tmp_path / "link", tmp_path / "fresh.nntui"
    link.symlink_to(path)
    run = ("run", small, "--headless", "--steps", "2")
    for arguments, words in (
        (("export", str(path), "--out", str(path)), "is the record itself"),
        (("export", str(path), "--format", "npz", "--out", str(link)), "is the record itself"),
        (("run", "--resume", str(path), "--headless", "--save-weights", str(link)), "is the record itself"),
        ((*run, "--save-weights", small), "is the scenario itself"),
        ((*run, "--record", str(fresh), "--save-weights", str(fresh)), "is the --record"),
    ):
        result = invoke(*arguments)
        assert (result.status, result.out) == (2, "")
        assert words in result.err
        assert result.err.count("\n") == 1
    assert (path.read_bytes(), Path(small).read_bytes()) == (before, scenario)
    assert not fresh.exists()


@pytest.mark.slow
def test_a_file_is_for_whom_the_system_says(invoke, recorded, tmp_path):
    path, _ = recorded
    out, usual = tmp_path / "out.csv", tmp_path / "usual"
    assert invoke("export", str(path), "--out", str(out)).status == 0
    usual.write_bytes(b"")
    assert out.stat().st_mode == usual.stat().st_mode


def test_what_cannot_be_exported_is_one_line(invoke, small, tmp_path):
    for arguments, words in (
        ([str(tmp_path / "none.nntui")], "no such file"),
        ([small], "is no record of nntui"),
        ([str(tmp_path)], "folder"),
        ([small, "--format", "npz"], "needs --out FILE"),
        ([small, "--format", "xml"], "'csv', 'jsonl', 'npz', 'parquet', 'tensorboard'"),
        ([small, "--out", str(tmp_path / "no" / "where")], "there is no folder"),
    ):
        result = invoke("export", *arguments)
        assert (result.status, result.out) == (2, "")
        assert words in result.err
        assert result.err.count("\n") == 1
