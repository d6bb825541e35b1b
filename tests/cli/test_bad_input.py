"""Whatever a person gets wrong is one line on standard error and exit status 2."""

import re
from pathlib import Path

import pytest

CASES = [
    (["run", "digit", "--headless"], 'did you mean "digits"'),
    (["run", "no-such-file.toml", "--headless"], "no-such-file.toml"),
    (["run", "."], "."),
    (["show", "digit"], 'did you mean "digits"'),
    (["validate", "no-such-file.toml"], "no-such-file.toml"),
    (["validate"], "Missing argument"),
    (["run", "digits", "--headless", "--steps", "0"], "'--steps'"),
    (["run", "digits", "--headless", "--steps", "many"], '"many" is not a whole number'),
    (["run", "digits", "--headless", "--seed", "-1"], "'--seed'"),
    (["run", "digits", "--headless", "--every", "0"], "'--every'"),
    (["run", "digits", "--headless", "--format", "xml"], "'json'"),
    (["run", "digits", "--headless", "--fail-on", "doom"], "'warning'"),
    (["run", "digits", "--headless", "--set", "train.lr"], "--set"),
    (["run", "digits", "--headless", "--set", "train.lr=-1"], "train.lr"),
    (["run", "digits", "--headless", "--set", "train.lrr=1"], 'did you mean "lr"'),
    (["run", "digits", "--headless", "--set", "model.activation=rellu"], 'did you mean "relu"'),
    (["run", "digits", "--headless", "--set", "model.hidden=[1000000000]"], "model.hidden"),
    (["run", "vanishing-gradients", "--headless", "--set", "sigmoyd:train.lr=1"], 'did you mean "sigmoid"'),
    (["run", "digits", "--headless", "--screenshot", "a.gif"], ".svg"),
    (["run", "digits", "--headless", "--screenshot", "no/folder/a.svg"], "no folder"),
    (["run", "digits", "--headless", "--screenshot", "a.svg", "--size", "12"], "COLUMNSxROWS"),
    (["run", "digits", "--headless", "--screenshot", "a.svg", "--size", "10x10"], "80x24"),
    (["run", "digits", "--headless", "--size", "120x40"], "--screenshot"),
    (["run", "digits", "--headless", "--stesp", "5"], "--steps"),
    (["run", "digits", "--format", "json"], "--headless"),
    (["run", "digits", "--timing"], "--headless"),
    (["run", "digits"], "terminal"),
    (["run"], "Missing argument"),
    (["snapshot", "digits"], "--out"),
    (["snapshot", "digits", "digits", "--out", "x"], "overwrite"),
    (["snapshot", "digits", "--out", "x", "--tolerance", "200"], "'--tolerance'"),
    (["snapshot", "digits", "--out", "/proc/nntui"], "--out"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), CASES, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_bad_input(invoke, monkeypatch, tmp_path, arguments, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nntui.headless.training.train", lambda *_: pytest.fail("it began to train"))
    result = invoke(*arguments)
    assert result.status == 2
    assert result.err.startswith("nntui: ")
    assert result.err.count("\n") == 1
    assert message in result.err
    assert result.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_stops_the_run_before_it_trains(invoke, small, tmp_path, monkeypatch):
    monkeypatch.setattr("nntui.headless.training.train", lambda *_: pytest.fail("it began to train"))
    (tmp_path / "folder.svg").mkdir()
    result = invoke("run", small, "--headless", "--screenshot", tmp_path / "folder.svg")
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "is a folder" in result.err


def test_an_error_in_a_file_names_file_and_key(invoke, small):
    path = Path(small)
    path.write_text(path.read_text(encoding="utf-8").replace("lr = 0.05", "lr = -1"), encoding="utf-8")
    for command in (["run", small, "--headless"], ["validate", small], ["show", small]):
        result = invoke(*command)
        assert result.status == 2
        assert "small.toml" in result.err
        assert "train.lr" in result.err


def test_validate_reports_every_file(invoke, small, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("schema = 1\n[scenario]\ntitle = 3\n", encoding="utf-8")
    result = invoke("validate", bad, small, tmp_path / "missing.toml")
    assert result.status == 2
    assert len(result.err.splitlines()) == 2
    assert re.fullmatch(
        rf"{re.escape(small)}: valid \(2 lanes; needs \d+ MB of memory, a run may take 8 GB\)\n", result.out
    )


def test_validate_looks_at_the_data_too(invoke, small):
    path = Path(small)
    path.write_text(path.read_text(encoding="utf-8").replace("batch_size = 10", "batch_size = 5000"), encoding="utf-8")
    result = invoke("validate", small)
    assert result.status == 2
    assert "batch_size" in result.err


def test_validate_and_run_refuse_what_needs_too_much_memory(invoke, small):
    path = Path(small)
    path.write_text(
        path.read_text(encoding="utf-8").replace("hidden = [4]", "hidden = [1000000, 190]"), encoding="utf-8"
    )
    for command in (["validate", small], ["run", small, "--headless"], ["verify", small]):
        if command[0] == "verify":
            expect = '[[expect]]\nlane = "tanh"\nstatistic = "loss"\nbelow = 1\n'
            path.write_text(path.read_text(encoding="utf-8") + expect, encoding="utf-8")
        result = invoke(*command)
        assert result.status == 2
        assert result.err.count("\n") == 1
        assert "of memory; a run may take 8 GB" in result.err


def test_a_machine_without_memory_left_says_so(invoke, small, monkeypatch):
    def nothing_left(*_):
        raise MemoryError

    monkeypatch.setattr("nntui.headless.training.train", nothing_left)
    result = invoke("run", small, "--headless")
    assert (result.status, result.err) == (2, "nntui: this machine has not enough memory for that\n")
