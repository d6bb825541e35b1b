"""``nntui replay --verify``: whether a record is what its run gives."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from nntui_engine.record.blocks import checksum, decoded, encoded

pytestmark = pytest.mark.slow


@pytest.fixture
def record(invoke, small, tmp_path) -> Path:
    path = tmp_path / "run.nntui"
    assert invoke("run", small, "--headless", "--record", str(path)).status == 0
    return path


def edited(path: Path, text: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute(text, values)
        file.commit()


def change(path: Path, factor: float) -> float:
    """The loss of the second lane's step 18 times ``factor``, with the checksum mended; returns what it was."""
    with closing(sqlite3.connect(path)) as file:
        rows, columns, data = file.execute(
            "SELECT rows, columns, data FROM block WHERE lane = 2 AND kind = 'step'"
        ).fetchone()
    table = decoded(data, rows, columns)
    before = float(table[17, 1])
    table[17, 1] = before * factor
    data = encoded(table)
    edited(path, "UPDATE block SET data = ?, checksum = ? WHERE lane = 2 AND kind = 'step'", data, checksum(data))
    return before


def numbers_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        return int(file.execute("SELECT SUM(rows * (columns - 1)) FROM block").fetchone()[0])


def test_the_same_bits(invoke, record):
    before = record.read_bytes()
    result = invoke("replay", str(record), "--verify")
    assert (result.status, result.err) == (0, "")
    assert result.out == f"run.nntui: the same bits: {numbers_in(record):,} numbers of 30 steps\n"
    assert record.read_bytes() == before


def test_a_number_that_was_changed_is_refuted(invoke, record):
    before = change(record, float(np.nextafter(1.0, 2.0)) + 1e-9)
    result = invoke("replay", str(record), "--verify")
    assert (result.status, result.err) == (1, "")
    assert result.out.startswith("run.nntui: other numbers, first at step 18 of lane ReLU: quick, loss: ")
    assert result.out.endswith(f" in the record, {before!r} here\n")
    assert len(result.out.splitlines()) == 1


def test_elsewhere_it_is_the_same_within_a_tolerance(invoke, record):
    before = change(record, 1.001)
    edited(record, "UPDATE run SET value = 'Another One' WHERE key = 'processor'")
    edited(record, "UPDATE run SET value = '1.0' WHERE key = 'numpy'")
    result = invoke("replay", str(record), "--verify")
    lines = result.out.splitlines()
    assert (result.status, result.err) == (0, "")
    assert lines[0] == f"numpy: 1.0 when it was recorded, {np.__version__} here"
    assert lines[1].startswith("processor: Another One when it was recorded, ")
    assert lines[2] == f"run.nntui: the same within 1%: {numbers_in(record):,} numbers of 30 steps"
    assert lines[3].startswith("The largest difference is 0.00")
    assert "at step 18 of lane ReLU: quick, loss: " in lines[3]
    assert lines[3].endswith(f" in the record, {before!r} here")
    change(record, 1.1)
    result = invoke("replay", str(record), "--verify")
    assert result.status == 1
    assert "run.nntui: other numbers by more than 1%, first at step 18 of lane ReLU: quick, loss" in result.out
    assert result.out.endswith("it is no proof.\n")


def test_another_sqlite_is_named_and_the_bits_are_the_same(invoke, record):
    edited(record, "UPDATE run SET value = '3.0' WHERE key = 'sqlite'")
    result = invoke("replay", str(record), "--verify")
    assert (result.status, result.out.count("the same bits")) == (0, 1)
    assert result.out.startswith(f"sqlite: 3.0 when it was recorded, {sqlite3.sqlite_version} here\n")


def test_a_damaged_record_is_not_run(invoke, record):
    edited(record, "UPDATE block SET checksum = checksum + 1 WHERE lane = 2 AND kind = 'step'")
    result = invoke("replay", str(record), "--verify")
    assert (result.status, result.out) == (2, "")
    assert result.err == f"nntui: {record}: is damaged: block 0 of lane 2 (step): its checksum is another\n"


def test_own_data_that_is_not_there_is_named(invoke, tmp_path):
    data, path = tmp_path / "mine.csv", tmp_path / "run.nntui"
    rows = np.random.default_rng(0).normal(size=(60, 3)).round(3)
    data.write_text("a,b,c\n" + "\n".join(",".join(map(str, row)) for row in rows.tolist()), encoding="utf-8")
    assert invoke("run", str(data), "--headless", "--steps", "20", "--record", str(path)).status == 0
    assert invoke("replay", str(path), "--verify").status == 0
    text = data.read_text(encoding="utf-8")
    data.write_text(text.replace("0.1", "0.2"), encoding="utf-8")
    assert invoke("replay", str(path), "--verify").status == 1
    data.unlink()
    result = invoke("replay", str(path), "--verify")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"nntui: {path}: cannot be run again: ")
    assert result.err.endswith(f"{data}: no such file\n")
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize("option", [("--ascii",), ("--fps", "3")])
def test_what_is_for_the_lab_is_refused(invoke, tmp_path, option):
    result = invoke("replay", str(tmp_path / "none.nntui"), "--verify", *option)
    assert result.status == 2
    assert f"{option[0]} is for the lab, not with --verify" in result.err
