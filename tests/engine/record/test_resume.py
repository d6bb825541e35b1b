"""A run that goes on from its record is the run that never stopped, to the bit."""

import pytest
from engine.record.test_source import TINY, assert_same, recorded, same, tiny

from nntui_engine import Experiment
from nntui_engine.errors import InputError
from nntui_engine.record import recorder as recorder_module
from nntui_engine.record.resume import resumed
from nntui_engine.record.source import RecordSource
from nntui_engine.scenario import scenario_from_dict

MORE = [
    {},
    {"optimizer": "adam", "lr": 0.01, "schedule": {"kind": "plateau"}},
    {"early_stopping": {"patience": 3, "restore_best": True}, "evaluate_every": 10},
    {"momentum": 0.9, "lr": 3.0, "noise": {"weights": 0.01}},
]


@pytest.mark.parametrize("train", MORE, ids=str)
def test_it_gives_the_same_bits_as_a_run_that_never_stopped(tmp_path, train):
    path = tmp_path / "run.nntui"
    train = {**train, "steps": 200}
    whole = Experiment(tiny(**train))
    whole.advance(200)
    run, recorder = recorded(path, tiny(**train))
    run.advance(77)
    recorder.close()
    again, recorder = resumed(path, lambda _: {})
    assert again.step == run.step
    again.advance(50)
    recorder.close()
    again, recorder = resumed(path, lambda _: {})  # and once more
    again.advance(200)
    recorder.close()
    assert again.finished
    assert same(again.full_snapshot(None), whole.full_snapshot(None))
    for lane in range(2):
        for name, value in whole.parameters(lane).items():
            assert value.tobytes() == again.parameters(lane)[name].tobytes(), name
    source = RecordSource(path)
    assert_same(whole, source)
    for at in (150, 100, 60):
        source.seek(at)
        whole.seek(at)
        assert_same(whole, source)


def test_batch_norm_dropout_and_planned_changes(tmp_path):
    path = tmp_path / "run.nntui"
    tables = {
        **TINY,
        "model": {"hidden": [5, 4], "activation": "tanh", "batch_norm": "before", "dropout": 0.2},
        "change": [{"step": 50, "set": {"train.lr": 0.03}}, {"step": 130, "lane": "relu", "set": {"train.lr": 0.5}}],
    }
    whole = Experiment(scenario_from_dict(tables))
    whole.advance(200)
    run, recorder = recorded(path, scenario_from_dict(tables))
    run.advance(90)
    recorder.close()
    again, recorder = resumed(path, lambda _: {})
    again.advance(110)
    recorder.close()
    for lane in range(2):
        for name, value in whole.parameters(lane).items():
            assert value.tobytes() == again.parameters(lane)[name].tobytes(), name
    assert_same(whole, RecordSource(path))


def test_it_goes_on_from_the_last_moment_where_it_was_killed_after_it(tmp_path):
    path = tmp_path / "run.nntui"
    run, recorder = recorded(path, tiny())
    run.advance(50)
    recorder._keep_moment(run, recorder._here)
    run.advance(60)
    recorder._run = None  # no last moment
    recorder.writer.close()
    again, recorder = resumed(path, lambda _: {})
    assert again.step == 50
    again.advance(100)
    recorder.close()
    whole = Experiment(tiny())
    whole.advance(150)
    assert_same(whole, RecordSource(path))


def test_a_run_that_was_told_to_end_before_where_it_stood_goes_on_all_the_same(tmp_path):
    path, whole = tmp_path / "run.nntui", Experiment(tiny())
    run, recorder = recorded(path, tiny())
    for one in (run, whole):
        one.advance(100)
        one.tweak({"train.steps": 50})
    recorder.close()
    run, recorder = resumed(path)
    assert (run.step, run.finished) == (100, True)
    for one in (run, whole):
        one.tweak({"train.steps": 200})
        one.advance(100)
    recorder.close()
    assert same(run.full_snapshot(None), whole.full_snapshot(None))
    assert_same(whole, RecordSource(path))


def test_two_cannot_write_one_record(tmp_path):
    path = tmp_path / "run.nntui"
    run, recorder = recorded(path, tiny())
    run.advance(10)
    recorder.close()
    again, recorder = resumed(path, lambda _: {})
    with pytest.raises(InputError, match="is being written by another nntui"):
        resumed(path, lambda _: {})
    recorder.close()
    assert again.step == 10


def test_a_run_that_was_interrupted_on_its_way_goes_on_from_where_it_was_known_to_be(tmp_path, monkeypatch):
    path = tmp_path / "run.nntui"
    whole = Experiment(tiny(steps=200))
    whole.advance(200)
    run, recorder = recorded(path, tiny(steps=200))
    run.advance(77)
    recorder.close()
    run, recorder = resumed(path)
    launch = run.network.launch

    def interrupted(goals):
        launch(goals)
        raise KeyboardInterrupt

    monkeypatch.setattr(run.network, "launch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.advance(50)
    assert run.step > 77  # the numbers have gone on, and nobody was told
    recorder.close()
    again, recorder = resumed(path)
    assert again.step == 77
    again.advance(200)
    recorder.close()
    assert same(again.full_snapshot(None), whole.full_snapshot(None))
    assert_same(whole, RecordSource(path))


def test_a_run_that_was_killed_before_its_first_moment_begins_again(tmp_path):
    path = tmp_path / "run.nntui"
    tables = {**TINY, "change": [{"step": 50, "set": {"train.lr": 0.03}}]}
    whole = Experiment(scenario_from_dict(tables))
    whole.advance(200)
    run, recorder = recorded(path, scenario_from_dict(tables))
    run.advance(60)
    recorder.writer.close()  # all is written but for a moment
    again, recorder = resumed(path)
    assert (again.step, [one.at for one in again.coming]) == (0, [50])
    again.advance(200)
    recorder.close()
    assert same(again.full_snapshot(None), whole.full_snapshot(None))
    assert_same(whole, RecordSource(path))


def test_moments_come_soon_at_first_and_then_every_ten_seconds(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(recorder_module.time, "monotonic", lambda: now[0])
    run, recorder = recorded(tmp_path / "run.nntui", tiny(steps=10**6))
    kept = []
    monkeypatch.setattr(recorder_module, "write_moment", lambda *_: kept.append(None))
    at = []
    for tick in range(1, 500):
        now[0] = 1000.0 + tick * 0.1
        before = recorder._checkpoints
        run.advance(1)
        if recorder._checkpoints > before:
            at.append(tick * 0.1)
    monkeypatch.undo()
    recorder.close()
    assert [round(b - a) for a, b in zip([0.0, *at], at, strict=False)] == [1, 2, 4, 8, 10, 10, 10]


def test_a_run_that_went_on_goes_back_to_any_step_since_its_start(tmp_path):
    path = tmp_path / "run.nntui"
    whole, (run, recorder) = Experiment(tiny(), rewind_memory=10**8), recorded(path, tiny())

    def first(one):
        one.advance(50)
        one.tweak({"train.lr": 0.3})
        one.advance(20)
        one.rename_lane("relu", "old")
        one.add_lane("branch", "old", {"train.lr": 0.5}, fresh=False)
        one.advance(20)

    def then(one):
        one.advance(30)
        one.seek(35)
        one.advance(30)  # over a change that was made before it was ended
        one.seek(80)  # in what was run before it was ended
        one.tweak({"train.lr": 0.01}, "plain")
        one.advance(40)

    first(whole)
    then(whole)
    first(run)
    recorder.close()
    again, recorder = resumed(path, rewind_memory=10**8)
    assert (again.position, again.end) == (90, 90)
    then(again)
    recorder.close()
    assert same(again.full_snapshot(None), whole.full_snapshot(None))
    assert [one.tables for one in again.recipes()] == [one.tables for one in whole.recipes()]
    assert [one.changes for one in again.recipes()] == [one.changes for one in whole.recipes()]
    source = RecordSource(path)
    assert_same(whole, source)
    for at in (110, 85, 75, 60, 20):
        source.seek(at)
        whole.seek(at)
        again.seek(at)
        assert_same(whole, source)
        assert same(again.full_snapshot(None), whole.full_snapshot(None))


def test_a_run_that_went_on_and_began_anew_has_its_planned_changes_again(tmp_path):
    path = tmp_path / "run.nntui"
    tables = {**TINY, "change": [{"step": 50, "lane": "relu", "set": {"train.lr": 0.03}}]}
    run, recorder = recorded(path, scenario_from_dict(tables))
    run.advance(60)
    run.rename_lane("relu", "old")
    recorder.close()
    again, recorder = resumed(path)
    again.advance(10)
    again.restart(5)
    assert [(one.at, one.lane) for one in again.coming] == [(50, "old")]
    again.advance(70)
    recorder.close()
    source = RecordSource(path)
    assert (source.position, source.end, source.seed) == (70, 70, 5)
    assert_same(again, source)
    source.seek(20)
    assert source.step == 20


def test_where_weights_were_set_by_hand_it_goes_back_to_where_it_went_on_and_no_further(tmp_path):
    path = tmp_path / "run.nntui"
    run, recorder = recorded(path, tiny())
    run.advance(30)
    run.set_parameters("relu", {"1.biases": run.parameters("relu")["1.biases"] + 1.0})
    run.advance(30)
    recorder.close()
    again, recorder = resumed(path)
    again.advance(20)
    assert again.seek(10) == 60
    again.advance(20)
    run.advance(20)
    recorder.close()
    assert same(again.full_snapshot(None), run.full_snapshot(None))
    assert_same(run, RecordSource(path))
