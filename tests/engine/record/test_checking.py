"""What was recorded is measured again to the bit, and what was not is told with its place."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest
from engine.record.test_source import TINY, recorded, tiny

from nntui_engine import Experiment
from nntui_engine.errors import InputError
from nntui_engine.record.about import columns_of
from nntui_engine.record.blocks import checksum, decoded, encoded
from nntui_engine.record.checking import Checked, check
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.resume import resumed
from nntui_engine.record.source import RecordSource
from nntui_engine.record.writer import merge
from nntui_engine.scenario import scenario_from_dict


def checked(path, tolerance=0.0) -> Checked:
    return check(RecordSource(path), tolerance, lambda *_: None)


def change(path, lane, kind, number, row, column, new) -> float:
    """Another number in a block, with its checksum mended; returns the one before."""
    with closing(sqlite3.connect(path)) as file:
        key = (lane, kind, number)
        rows, columns, data = file.execute(
            "SELECT rows, columns, data FROM block WHERE lane = ? AND kind = ? AND number = ?", key
        ).fetchone()
        table = decoded(data, rows, columns)
        before, table[row, column] = table[row, column], new(table[row, column])
        data = encoded(table)
        file.execute(
            "UPDATE block SET data = ?, checksum = ? WHERE lane = ? AND kind = ? AND number = ?",
            (data, checksum(data), *key),
        )
        file.commit()
    return float(before)


def numbers_in(path) -> int:
    with closing(sqlite3.connect(path)) as file:
        return int(file.execute("SELECT SUM(rows * (columns - 1)) FROM block").fetchone()[0])


@pytest.mark.parametrize(
    "train",
    [
        {},
        {"early_stopping": {"patience": 2, "restore_best": True}, "evaluate_every": 10, "lr": 3.0},
        {"lr": 1e6, "optimizer": "sgd"},  # NaN on the way
    ],
    ids=str,
)
def test_every_number_of_every_block_is_compared(tmp_path, train):
    run, recorder = recorded(tmp_path / "a.nntui", tiny(**train))
    run.advance(400)
    recorder.close()
    found = checked(tmp_path / "a.nntui")
    assert (found.first, found.merged, found.given_up, found.steps) == (None, 0, 0, run.position)
    assert found.compared == numbers_in(tmp_path / "a.nntui") > 2000


def test_changes_lanes_that_come_and_go_and_what_was_planned(tmp_path):
    path = tmp_path / "a.nntui"
    tables = {**TINY, "change": [{"step": 150, "lane": "relu", "set": {"train.lr": 0.03}}]}
    recorder = Recorder(path)
    run = Experiment(scenario_from_dict(tables), listener=recorder, rewind_memory=10**8)
    run.advance(70)
    run.tweak({"train.lr": 0.01})
    run.advance(50)
    run.add_lane("branch", "relu", {"train.lr": 0.5}, fresh=False)
    run.advance(50)
    run.tweak({"model.hidden": [6]}, "plain")  # starts again
    run.advance(60)
    run.rename_lane("relu", "old")
    run.drop_lane("branch")
    run.advance(40)
    recorder.close()
    found = checked(path)
    assert (found.first, found.given_up, found.steps) == (None, 0, 270)
    assert found.compared == numbers_in(path)


def test_what_was_given_up_is_counted_and_a_new_start_is_run_again(tmp_path):
    path = tmp_path / "a.nntui"
    run, recorder = recorded(path, tiny(), rewind_memory=10**8)
    run.advance(100)
    run.seek(60)
    run.tweak({"train.lr": 0.02})
    run.advance(30)
    recorder.close()
    found, width = checked(path), len(run.lanes[0].step_history.last())
    evaluated = len(run.lanes[0].evaluation_history.last())
    evaluations = numbers_in(path) - 2 * 130 * width
    assert (found.first, found.steps) == (None, 90)
    assert found.given_up >= 2 * 40 * width  # steps 61 to 100, of two lanes
    assert found.given_up - 2 * 40 * width in range(0, evaluations, evaluated)
    assert found.compared + found.given_up == numbers_in(path)
    again, recorder = resumed(path)
    again.restart(9)
    again.advance(20)
    recorder.close()
    found = checked(path)
    assert (found.first, found.steps) == (None, 20)


def test_a_run_that_was_killed_and_went_on(tmp_path):
    path = tmp_path / "a.nntui"
    run, recorder = recorded(path, tiny())
    run.advance(50)
    recorder._keep_moment(run, recorder._here)
    run.advance(60)
    recorder._run = None  # no last moment
    recorder.writer.close()
    again, recorder = resumed(path)
    again.advance(100)
    again.tweak({"train.lr": 0.02})
    again.advance(10)
    recorder.close()
    found = checked(path)
    assert (found.first, found.steps) == (None, 160)
    assert found.given_up > 0  # steps 51 to 110 are there twice


@pytest.mark.parametrize(
    ("lane", "kind", "row", "column"), [(2, "step", 136, 1), (1, "step", 399, 2), (2, "evaluation", 3, 2)]
)
def test_a_number_that_was_changed_is_refuted(tmp_path, lane, kind, row, column):
    path = tmp_path / "a.nntui"
    run, recorder = recorded(path, tiny())
    run.advance(400)
    recorder.close()
    before = change(path, lane, kind, 0, row, column, lambda value: np.nextafter(value, 9.0))
    first = checked(path).first
    assert first is not None
    assert (first.lane, first.measured) == (["plain", "relu"][lane - 1], before)
    assert first.recorded == np.nextafter(before, 9.0)
    if kind == "step":
        assert first.step == row + 1
    named = columns_of(run.lanes[lane - 1])[kind]
    assert first.column == named[column]
    assert checked(path, 1e-3).first is None  # as little as that is allowed where it may be
    assert checked(path, 1e-3).largest.step == first.step


def test_the_first_of_several_is_told_and_the_largest_beside_it(tmp_path):
    path = tmp_path / "a.nntui"
    run, recorder = recorded(path, tiny())
    run.advance(400)
    recorder.close()
    change(path, 2, "step", 0, 20, 1, lambda value: value * 1.0005)
    change(path, 1, "step", 0, 30, 1, lambda value: value * 1.002)
    found = checked(path, 0.01)
    assert found.first is None
    assert (found.largest.lane, found.largest.step) == ("plain", 31)
    assert found.largest.size == pytest.approx(0.002, rel=0.01)
    first = checked(path).first
    assert (first.lane, first.step, first.column) == ("relu", 21, "loss")
    assert checked(path, 1e-3).first.step == 31
    change(path, 1, "step", 0, 10, 1, lambda _: np.nan)
    assert checked(path, 0.5).first.step == 11


def test_what_only_one_of_them_has_is_a_difference(tmp_path):
    path = tmp_path / "a.nntui"
    run, recorder = recorded(path, tiny())
    run.advance(100)
    recorder.close()
    with closing(sqlite3.connect(path)) as file:
        file.execute("DELETE FROM block WHERE lane = 2 AND kind = 'step'")
        file.commit()
    first = checked(path).first
    assert (first.lane, first.step, first.recorded) == ("relu", 1, None)


def test_merged_samples_are_passed_over_and_counted(tmp_path):
    path = tmp_path / "a.nntui"
    run, recorder = recorded(path, tiny())
    run.advance(100)
    recorder.close()
    with closing(sqlite3.connect(path)) as file:
        rows, columns, data = file.execute(
            "SELECT rows, columns, data FROM block WHERE lane = 1 AND kind = 'step'"
        ).fetchone()
        table = decoded(data, rows, columns)
        file.execute("DELETE FROM block WHERE lane = 1 AND kind = 'step'")
        for number, (part, merged) in enumerate([(table[:30], 1), (merge(table[30:80], 16), 16), (table[80:], 1)]):
            packed = encoded(part)
            steps = int(part[0, 0]), int(part[-1, 0])
            values = (1, "step", number, *steps, *part.shape, merged, checksum(packed), packed)
            file.execute("INSERT INTO block VALUES (?,?,?,?,?,?,?,?,?,?)", values)
        file.commit()
    found = checked(path)
    assert found.first is None
    assert found.merged == (columns - 1) * len(merge(table[30:80], 16))
    assert found.compared + found.merged == numbers_in(path)
    change(path, 1, "step", 2, 3, 1, lambda value: value + 1.0)
    assert checked(path).first.step == 84


def test_weights_that_were_set_by_hand_cannot_be_run_again(tmp_path):
    path = tmp_path / "a.nntui"
    run, recorder = recorded(path, tiny())
    run.advance(30)
    run.set_parameters("relu", {"1.biases": run.parameters("relu")["1.biases"] + 1.0})
    run.advance(30)
    recorder.close()
    with pytest.raises(InputError, match=r"a\.nntui: cannot be run again: its weights were set by hand"):
        checked(path)
