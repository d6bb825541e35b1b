"""A record that is begun late has all that the run still knows."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.record.test_checking import checked
from engine.record.test_source import TINY, assert_same, same, tiny

from nntui_engine import Experiment
from nntui_engine.record.branch import branched
from nntui_engine.record.late import record_late
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.resume import resumed
from nntui_engine.record.source import RecordSource
from nntui_engine.scenario import scenario_from_dict


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.nntui"


def late(run: Any, path: Path) -> Recorder:
    recorder = Recorder(path)
    record_late(run, recorder)
    return recorder


def measured(source: RecordSource, lane: int, kind: str) -> np.ndarray:
    return np.concatenate(list(source.measured(lane, kind)))


@pytest.mark.parametrize("before", [0, 1, 300, 1300])
def test_nothing_is_missing_of_a_run_that_remembers_all(path, before):
    run = Experiment(tiny(steps=2000))
    run.advance(before)
    recorder = late(run, path)
    run.advance(100)
    recorder.close()
    source = RecordSource(path)
    assert_same(run, source)
    for lane in range(2):
        assert measured(source, lane, "step")[:, 0].tolist() == list(range(1, before + 101))
    found = checked(path)
    assert (found.first, found.merged, found.given_up) == (None, 0, 0)
    with closing(sqlite3.connect(path)) as file:
        (there,) = file.execute("SELECT SUM(rows * (columns - 1)) FROM block").fetchone()
    assert found.compared == there


@pytest.mark.parametrize(("before", "merged"), [(1600, 2), (2100, 4), (9000, 16)])
def test_what_was_thinned_is_the_smallest_mean_and_largest_and_the_rest_is_whole(path, before, merged):
    run = Experiment(tiny(steps=20000))
    whole = Experiment(tiny(steps=20000))
    first = Recorder(path.with_name("whole.nntui"))
    whole = Experiment(tiny(steps=20000), listener=first)
    run.advance(before)
    whole.advance(before + 50)
    first.close()
    recorder = late(run, path)
    run.advance(50)
    recorder.close()
    own, all_of_it = (measured(RecordSource(one), 1, "step") for one in (path, path.with_name("whole.nntui")))
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute(
            "SELECT merged, rows FROM block WHERE lane = 2 AND kind = 'step' ORDER BY number"
        ).fetchall()
    assert {one for one, _ in rows} == {1, max(4, merged)}
    at = [all_of_it[:, 0].searchsorted(step) for step in own[:, 0]]
    begin = sum(count for one, count in rows[:1])
    end = begin + sum(count for one, count in rows if one > 1)
    assert begin == 256
    for part in (slice(0, begin), slice(end, None)):
        assert own[part].tobytes() == all_of_it[at[part]].tobytes()
    assert own[end, 0] == own[end - 1, 0] + 1
    covered = 256
    for low, mean, high in own[begin:end].reshape(-1, 3, own.shape[1]):
        some = all_of_it[covered : int(high[0]), 1:]
        covered = int(high[0])
        assert [low[0], mean[0]] == [high[0] - 2, high[0] - 1]
        assert low[1:].tobytes() == some.min(axis=0).tobytes()
        assert high[1:].tobytes() == some.max(axis=0).tobytes()
        np.testing.assert_allclose(mean[1:], some.mean(axis=0), rtol=1e-12, atol=1e-15)
    found = checked(path)
    assert found.first is None
    assert found.merged > 0


def test_what_happened_before_is_in_it(path):
    tables = {**TINY, "change": [{"step": 40, "lane": "relu", "set": {"train.lr": 0.03}}]}
    run, whole = (Experiment(scenario_from_dict(tables), rewind_memory=10**8) for _ in range(2))
    first = Recorder(path.with_name("whole.nntui"))
    whole = Experiment(scenario_from_dict(tables), rewind_memory=10**8, listener=first)
    for one in (run, whole):
        one.advance(70)
        one.tweak({"train.lr": 0.01})
        one.advance(50)
        one.add_lane("copy", "relu", {"train.lr": 0.5}, fresh=False)
        one.advance(50)
        one.add_lane("fresh", "relu", {"train.lr": 0.4})
        one.advance(30)
        one.rename_lane("relu", "old")
        one.tweak({"train.lr": 0.2}, "old")
        one.advance(10)
    recorder = late(run, path)
    for one in (run, whole):
        one.advance(30)
        one.tweak({"train.lr": 0.02}, "copy")
        one.advance(30)
        one.seek(180)
        one.advance(20)
    recorder.close()
    first.close()
    source, other = RecordSource(path), RecordSource(path.with_name("whole.nntui"))
    assert_same(run, source)
    for at in (190, 150, 100, 71, 30):
        source.seek(at)
        other.seek(at)
        assert same(source.full_snapshot(None), other.full_snapshot(None)), at
        run.seek(at)
        assert_same(run, source)
    assert checked(path).first is None
    branch = branched(path, 110, path.with_name("branch.nntui"))
    branch.run.advance(110 - branch.run.position)
    assert branch.same
    branch.recorder.close()


def test_lanes_that_began_again_or_are_gone_have_no_past_and_the_rest_is_true(path):
    run = Experiment(tiny(), rewind_memory=10**8)
    run.advance(100)
    run.tweak({"model.hidden": [6]}, "plain")  # starts again
    run.add_lane("copy", "relu", {"train.lr": 0.5}, fresh=False)
    run.advance(60)
    run.drop_lane("relu")
    run.advance(20)
    recorder = late(run, path)
    run.advance(20)
    run.seek(50)  # what was forgotten is measured again
    run.advance(80)
    recorder.close()
    source = RecordSource(path)
    assert_same(run, source)
    assert measured(source, 1, "step")[:, 0].tolist() == list(range(1, 131))
    found = checked(path)
    assert (found.first, found.steps) == (None, 130)


def test_it_goes_on_from_a_record_that_was_begun_late(path):
    run = Experiment(tiny(steps=3000))
    run.advance(2100)
    recorder = late(run, path)
    run.advance(100)
    recorder.close()
    again, recorder = resumed(path)
    again.advance(100)
    recorder.close()
    run.advance(100)
    assert same(again.snapshot().lanes[0].whole, run.snapshot().lanes[0].whole)
    assert checked(path).first is None


def test_a_number_of_before_that_was_changed_is_refuted(path):
    from engine.record.test_checking import change

    run = Experiment(tiny())
    run.advance(100)
    recorder = late(run, path)
    run.advance(50)
    recorder.close()
    change(path, 2, "step", 0, 30, 1, lambda value: value + 1.0)
    assert checked(path).first.step == 31
