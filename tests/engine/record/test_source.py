"""What is read back from a record is what the run itself had, to the bit."""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui_engine import Experiment
from nntui_engine.record import recorder as recording
from nntui_engine.record import source as looked_at_from
from nntui_engine.record import writer as writing
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.source import RecordSource
from nntui_engine.record.tables import Tables
from nntui_engine.run.snapshot import NetworkPart
from nntui_engine.scenario import scenario_from_dict

TINY = {
    "schema": 1,
    "scenario": {"title": "tiny", "panels": ["loss"]},
    "data": {"name": "moons", "samples": 60},
    "model": {"hidden": [4], "activation": "tanh"},
    "train": {"lr": 0.1, "batch_size": 16, "steps": 400},
    "lane": [{"name": "plain"}, {"name": "relu", "set": {"model.activation": "relu"}}],
}


def tiny(**train: Any) -> Any:
    return scenario_from_dict({**TINY, "train": {**TINY["train"], **train}})


def same(a: Any, b: Any) -> bool:
    """Equal to the bit; NaN equals NaN. What data are like is compared but for what is worked out later."""
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and a.tobytes() == b.tobytes()
    if is_dataclass(a):
        names = [field.name for field in fields(a) if field.compare and field.name != "simpler"]
        return type(a) is type(b) and all(same(getattr(a, name), getattr(b, name)) for name in names)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b or (a != a and b != b)


def assert_same(run: Experiment, source: RecordSource, points: int | None = None) -> None:
    live, read = run.full_snapshot(points), source.full_snapshot(points)
    assert (read.scenario, read.title, read.seed, read.step, read.steps) == (
        live.scenario, live.title, live.seed, live.step, live.steps,
    )  # fmt: skip
    for one, other in zip(live.lanes, read.lanes, strict=True):
        for field in fields(one):
            assert same(getattr(one, field.name), getattr(other, field.name)), (one.name, field.name)


def recorded(path: Path, scenario: Any, **options: Any) -> tuple[Experiment, Recorder]:
    recorder = Recorder(path)
    return Experiment(scenario, listener=recorder, **options), recorder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.nntui"


def test_a_finished_run_is_read_back_to_the_bit(path):
    run, recorder = recorded(path, tiny())
    run.advance(400)
    recorder.close()
    source = RecordSource(path)
    assert_same(run, source)
    assert_same(run, source, points=50)
    assert [one.as_dict() for one in source.findings()] == [one.as_dict() for one in run.findings()]
    assert source.unchecked() == run.unchecked()


def test_recording_does_not_change_a_bit_of_the_run(path):
    run, recorder = recorded(path, tiny())
    alone = Experiment(tiny())
    for one in (run, alone):
        one.advance(150)
        one.tweak({"train.lr": 0.03}, "relu")
        one.advance(250)
    recorder.close()
    assert same(run.full_snapshot(None), alone.full_snapshot(None))
    for name, value in alone.parameters(1).items():
        assert value.tobytes() == run.parameters(1)[name].tobytes()


@pytest.mark.parametrize("at", [0, 1, 137, 399, 1600, 2999])
def test_any_step_is_shown_as_the_run_stood_there(path, at):
    run, recorder = recorded(path, tiny(steps=3000))
    run.advance(3000)
    recorder.close()
    source = RecordSource(path)
    assert source.seek(at) == at
    run.seek(at)
    assert_same(run, source)
    assert source.seek(10**9) == 3000
    run.seek(3000)
    assert_same(run, source)


def test_pasts_that_moments_keep_give_the_same(path, monkeypatch):
    for name, value in (("CHECKPOINT_SHARE", 0.1), ("LEAST_BYTES", 1), ("BYTES_A_SECOND", 1e15)):
        monkeypatch.setattr(recording, name, value)
    run, recorder = recorded(path, tiny(steps=3000))
    for _ in range(30):
        run.advance(100)
    recorder.close()
    source = RecordSource(path)
    kept = source._tables._rows("SELECT COUNT(DISTINCT checkpoint) FROM history")[0][0]
    assert kept > 2
    assert_same(run, source)
    for at in (2950, 1333, 20):
        source.seek(at)
        run.seek(at)
        assert_same(run, source)


def test_a_jump_far_ahead_reads_from_the_nearest_past_and_no_step_before(path, monkeypatch):
    for name, value in (("CHECKPOINT_SHARE", 0.1), ("LEAST_BYTES", 1), ("BYTES_A_SECOND", 1e15)):
        monkeypatch.setattr(recording, name, value)
    monkeypatch.setattr(looked_at_from, "FAR", 100)
    monkeypatch.setattr(writing, "BLOCK_BYTES", 10_000)
    run, recorder = recorded(path, tiny(steps=3000))
    for _ in range(30):
        run.advance(100)
    recorder.close()
    source = RecordSource(path)
    source.seek(50)
    first_steps: list[float] = []
    pieces = Tables.pieces

    def noted(tables: Tables, *rest: Any) -> Any:
        for piece in pieces(tables, *rest):
            first_steps.extend(piece.table[:1, 0])
            yield piece

    monkeypatch.setattr(Tables, "pieces", noted)
    for at in (2950, 2990, 1333, 2800):
        first_steps.clear()
        source.seek(at)
        run.seek(at)
        assert_same(run, source)
        assert all(step > at - 600 for step in first_steps), (at, first_steps)


def test_changes_restarts_and_lanes_that_come_and_go(path):
    run, recorder = recorded(path, tiny(), rewind_memory=10**8)
    run.advance(100)
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
    source = RecordSource(path)
    assert_same(run, source)
    for at in (280, 230, 170, 120, 80):
        source.seek(at)
        run.seek(at)
        assert_same(run, source)


def test_what_was_run_again_after_going_back_stands_once_and_a_new_future_replaces_the_old(path):
    run, recorder = recorded(path, tiny(), rewind_memory=10**8)
    run.advance(200)
    run.seek(50)
    run.advance(100)  # the same steps once more
    run.seek(120)
    run.tweak({"train.lr": 0.02})
    run.advance(30)
    recorder.close()
    source = RecordSource(path)
    assert source.end == 150
    assert_same(run, source)
    steps = np.concatenate([table[:, 0] for table in source._tables.blocks(1, "step", -1, 1e9)])
    assert steps.tolist() == list(range(1, 201))  # the old future is still there
    (mark,) = source.snapshot().marks
    assert (mark.step, mark.text, mark.at) == (120, "lr = 0.02", {"plain": 120, "relu": 120})


@pytest.mark.parametrize(
    "more",
    [
        {"early_stopping": {"patience": 2, "restore_best": True}, "evaluate_every": 10, "lr": 3.0},
        {"lr": 1e6, "optimizer": "sgd"},  # NaN on the way
    ],
)
def test_lanes_that_end_early_and_numbers_that_are_none(path, more):
    run, recorder = recorded(path, tiny(**more))
    run.advance(400)
    recorder.close()
    source = RecordSource(path)
    assert_same(run, source)


def test_a_record_is_followed_while_it_grows(path):
    run, recorder = recorded(path, tiny())
    run.advance(100)
    wait_until(lambda: recorder.writer.committed.get((2, "step")) == 100)
    source = RecordSource(path)
    first = source.end
    run.advance(100)
    recorder.close()
    assert first == 100
    assert source.refresh()
    assert source.position == 200
    assert_same(run, source)
    assert not source.refresh()


def test_another_future_is_followed_too(path):
    run, recorder = recorded(path, tiny(), rewind_memory=10**8)
    run.advance(100)
    wait_until(lambda: recorder.writer.committed.get((2, "step")) == 100)
    source = RecordSource(path)
    run.seek(20)
    run.tweak({"train.lr": 0.5})
    run.advance(10)
    recorder.close()
    assert source.refresh()
    assert source.position == 30
    assert_same(run, source)


def test_facts_of_the_data_come_from_the_record(path):
    run, recorder = recorded(path, tiny())
    run.advance(10)
    recorder.close()
    live, read = (one.snapshot().lanes[0].own for one in (run, RecordSource(path)))
    assert isinstance(live, NetworkPart)
    assert isinstance(read, NetworkPart)
    assert read.facts.simpler.scores == live.facts.simpler.scores


def wait_until(reached: Any) -> None:
    import time

    end = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.01)
