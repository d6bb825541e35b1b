"""A branch is its parent to the bit, as far as it has not been changed."""

import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from engine.record.test_checking import checked
from engine.record.test_source import TINY, assert_same, recorded, same, tiny

from nntui_engine import Experiment
from nntui_engine.errors import InputError
from nntui_engine.record.branch import branched, fingerprint
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.resume import resumed
from nntui_engine.record.source import RecordSource
from nntui_engine.scenario import scenario_from_dict


def session(run) -> None:
    """What a person might do."""
    run.advance(50)
    run.tweak({"train.lr": 0.3})
    run.advance(40)
    run.add_lane("copy", "relu", {"train.lr": 0.5}, fresh=False)
    run.advance(40)
    run.rename_lane("plain", "first")
    run.advance(40)


def go_to(branch, at: int) -> None:
    while branch.run.position < at:
        branch.run.advance_for(0.01, at)


def measured(path, upto: int | None = None) -> dict:
    source = RecordSource(path)
    source.seek(source.end if upto is None else upto)
    return {
        (lane.name, kind): np.concatenate([np.empty((0, 1 + history.width)), *source.measured(place, kind)])
        for place, lane in enumerate(source.lanes)
        for kind, history in lane.histories.items()
    }


@pytest.mark.parametrize("at", [0, 1, 50, 77, 90, 131, 170])
@pytest.mark.parametrize("moments", [False, True])
def test_it_is_its_parent_to_the_bit(tmp_path, at, moments):
    parent, path = tmp_path / "parent.nntui", tmp_path / "branch.nntui"
    recorder = Recorder(parent)
    run = Experiment(tiny(), listener=recorder)
    run.advance(50)
    if moments:
        recorder._keep_moment(run, recorder._here)
    run.tweak({"train.lr": 0.3})
    run.advance(40)
    if moments:
        recorder._keep_moment(run, recorder._here)
    run.add_lane("copy", "relu", {"train.lr": 0.5}, fresh=False)
    run.advance(40)
    run.rename_lane("plain", "first")
    run.advance(40)
    recorder._run = None  # no last moment
    recorder.writer.close()
    branch = branched(parent, at, path)
    assert branch.run.position == ((90 if at >= 90 else 50 if at >= 50 else 0) if moments else 0)
    go_to(branch, at)
    assert branch.same
    branch.change([({"train.lr": 0.01}, None)])
    branch.run.advance(60)
    branch.recorder.close()
    whole = Experiment(tiny(), rewind_memory=10**8)
    session(whole)
    whole.seek(at)
    whole.tweak({"train.lr": 0.01})
    whole.advance(60)
    assert same(branch.run.full_snapshot(None), whole.full_snapshot(None))
    assert_same(whole, RecordSource(path))
    assert same(measured(path, at), measured(parent, at))
    found = checked(path)
    assert (found.first, found.given_up, found.steps) == (None, 0, at + 60)
    with closing(sqlite3.connect(path)) as file:
        said = dict(file.execute("SELECT key, value FROM run").fetchall())
    there = RecordSource(parent)
    there.seek(at)
    assert json.loads(said["parent"]) == {"name": "parent.nntui", "at": at, "fingerprint": fingerprint(there)}
    assert said["kind"] == "network"


def test_a_branch_of_a_branch_and_one_that_goes_on(tmp_path):
    paths = [tmp_path / f"{name}.nntui" for name in "abc"]
    run, recorder = recorded(paths[0], tiny())
    run.advance(100)
    recorder.close()
    for before, path, at in zip(paths, paths[1:], (100, 80), strict=False):
        branch = branched(before, at, path)
        go_to(branch, at)
        branch.change([({"train.lr": 0.01 * at}, "relu")])
        branch.run.advance(30)
        branch.recorder.close()
    again, recorder = resumed(paths[2])
    again.advance(40)
    recorder.close()
    whole = Experiment(tiny())
    whole.advance(80)
    whole.tweak({"train.lr": 0.8}, "relu")
    whole.advance(70)
    assert_same(whole, RecordSource(paths[2]))
    assert checked(paths[2]).first is None


def test_what_was_planned_comes_and_what_was_done_by_hand_later_does_not(tmp_path):
    parent = tmp_path / "parent.nntui"
    change = [{"step": step, "set": {"train.lr": lr}} for step, lr in ((40, 0.2), (80, 0.3), (120, 0.4))]
    recorder = Recorder(parent)
    run = Experiment(scenario_from_dict({**TINY, "change": change}), listener=recorder)
    run.advance(70)
    run.tweak({"train.momentum": 0.5})
    run.advance(30)
    recorder.close()
    branch = branched(parent, 50, tmp_path / "a.nntui")
    go_to(branch, 50)
    assert [(one.at, one.settings) for one in branch.run.coming] == [(80, {"train.lr": 0.3}), (120, {"train.lr": 0.4})]
    branch.run.advance(100)
    branch.recorder.close()
    whole = Experiment(scenario_from_dict({**TINY, "change": change}))
    whole.advance(150)
    assert_same(whole, RecordSource(tmp_path / "a.nntui"))


def test_steps_that_were_given_up_are_not_there(tmp_path):
    parent, path = tmp_path / "parent.nntui", tmp_path / "a.nntui"
    run, recorder = recorded(parent, tiny(), rewind_memory=10**8)
    run.advance(100)
    recorder._keep_moment(run, recorder._here)  # of a future that was given up
    run.seek(60)
    run.tweak({"train.lr": 0.3})
    run.advance(90)
    recorder._run = None
    recorder.writer.close()
    branch = branched(parent, 120, path)
    assert branch.run.position == 0
    go_to(branch, 120)
    assert branch.same
    branch.recorder.close()
    assert same(measured(path), measured(parent, 120))
    assert checked(path).given_up == 0


def test_a_change_that_needs_a_fresh_start_is_refused_but_at_the_start(tmp_path):
    run, recorder = recorded(tmp_path / "parent.nntui", tiny())
    run.advance(100)
    recorder.close()
    branch = branched(tmp_path / "parent.nntui", 30, tmp_path / "a.nntui")
    go_to(branch, 30)
    with pytest.raises(InputError, match=r"hidden = .* needs a fresh start, and cannot be changed at step 30"):
        branch.change([({"model.hidden": [6]}, None)])
    branch.discard()
    assert not (tmp_path / "a.nntui").exists()
    branch = branched(tmp_path / "parent.nntui", 0, tmp_path / "a.nntui")
    branch.change([({"model.hidden": [6]}, None)])
    branch.recorder.close()


def test_numbers_that_are_others_here_are_noticed(tmp_path):
    run, recorder = recorded(tmp_path / "parent.nntui", tiny())
    run.advance(100)
    recorder.close()
    branch = branched(tmp_path / "parent.nntui", 30, tmp_path / "a.nntui")
    branch.run.set_parameters(1, {"1.biases": branch.run.parameters(1)["1.biases"] + 1.0})
    go_to(branch, 30)
    branch.recorder.close()
    assert not branch.same


@pytest.mark.parametrize("at", [-1, 101, 10**9])
def test_a_step_that_the_record_has_not_is_refused(tmp_path, at):
    run, recorder = recorded(tmp_path / "parent.nntui", tiny())
    run.advance(100)
    recorder.close()
    with pytest.raises(InputError, match=rf"--at: step {at} is not allowed; must be from 0 to 100, as far as .* goes"):
        branched(tmp_path / "parent.nntui", at, tmp_path / "a.nntui")
    assert not (tmp_path / "a.nntui").exists()


def test_a_value_that_is_not_allowed_is_refused_before_anything_is_trained(tmp_path):
    run, recorder = recorded(tmp_path / "parent.nntui", tiny())
    run.advance(100)
    recorder.close()
    with pytest.raises(InputError, match=r"--set: .*lr"):
        branched(
            tmp_path / "parent.nntui", 50, tmp_path / "a.nntui", overrides=lambda _: [({"train.lr": -1.0}, "relu")]
        )
    assert not (tmp_path / "a.nntui").exists()


def test_where_weights_were_set_by_hand_it_needs_a_moment_after_it(tmp_path):
    parent = tmp_path / "parent.nntui"
    run, recorder = recorded(parent, tiny())
    run.advance(30)
    run.set_parameters("relu", {"1.biases": run.parameters("relu")["1.biases"] + 1.0})
    run.advance(30)
    recorder._keep_moment(run, recorder._here)
    run.advance(30)
    recorder.close()
    for at, refused in ((20, False), (40, True), (70, False)):
        path = tmp_path / f"{at}.nntui"
        if refused:
            with pytest.raises(InputError, match="cannot be run again: its weights were set by hand"):
                branched(parent, at, path)
            assert not path.exists()
            continue
        branch = branched(parent, at, path)
        go_to(branch, at)
        assert branch.same
        branch.recorder.close()
        assert same(measured(path), measured(parent, at))
