"""What is read back of a race is what the race itself had, to the bit; going on from there, it never stopped."""

import sqlite3
import threading
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.record.test_source import recorded, same, wait_until

from nntui_engine import Experiment
from nntui_engine.errors import InputError
from nntui_engine.kernels import race as k
from nntui_engine.record import recorder as recording
from nntui_engine.record import writer
from nntui_engine.record.resume import resumed
from nntui_engine.record.schema import FOLDS
from nntui_engine.record.source import RecordSource
from nntui_engine.registry.optimizer import OPTIMIZERS
from nntui_engine.scenario import scenario_from_dict

NOISY = {"name": "noisy_moons", "samples": 60, "batch_size": 8, "noise": 0.05}


def race(surface: Any = "beale", lanes: Any = None, **train: Any) -> Any:
    """A scenario of every optimizer, or of these lanes."""
    tables = {
        "schema": 1,
        "scenario": {"title": "race"},
        "surface": {"name": surface} if isinstance(surface, str) else surface,
        "train": {"lr": 0.01, "steps": 400, **train},
        "lane": lanes or [{"name": name, "set": {"train.optimizer": name}} for name in OPTIMIZERS],
    }
    return scenario_from_dict(tables)


PAIR = [{"name": "plain"}, {"name": "Adam", "set": {"train.optimizer": "adam", "train.lr": 0.1}}]
LOST = [{"name": "plain"}, {"name": "lost", "set": {"train.lr": 3.0}}]


def assert_same(run: Experiment, source: RecordSource, points: int | None = None) -> None:
    """Every number of every lane, and what was changed on the way."""
    live, read = run.full_snapshot(points), source.full_snapshot(points)
    for field in fields(live):
        assert same(getattr(live, field.name), getattr(read, field.name)), field.name


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "race.nntui"


@pytest.mark.parametrize(
    "scenario",
    [race(), race(NOISY, schedule={"kind": "cosine"}), race("saddle", LOST), race(NOISY, LOST, clip_norm=1.0)],
    ids=["beale", "moons", "diverges", "clipped"],
)
def test_any_step_is_shown_as_the_race_stood_there(path, scenario):
    run, recorder = recorded(path, scenario)
    run.advance(400)
    recorder.close()
    source = RecordSource(path)
    assert source.is_race
    assert_same(run, source)
    assert_same(run, source, points=50)
    assert source.findings() == run.findings() == []
    assert source.unchecked() == run.unchecked()
    for at in (399, 137, 138, 4, 1, 0, 400):
        assert source.seek(at) == at
        run.seek(at)
        assert_same(run, source)


def test_where_a_lane_diverged_is_known_at_that_very_step(path):
    run, recorder = recorded(path, race("saddle", LOST))
    run.advance(400)
    recorder.close()
    lost = run.full_snapshot().lanes[1].surface.diverged_at
    assert lost is not None
    source = RecordSource(path)
    for at, state in ((lost - 1, "running"), (lost, "diverged"), (lost + 1, "diverged")):
        source.seek(at)
        lane = source.snapshot().lanes[1]
        assert (lane.state, lane.step) == (state, min(at, lost))
        assert lane.surface.diverged_at == (lost if at >= lost else None)


def test_who_starts_out_of_bounds_has_not_diverged_before_the_first_step(path):
    run, recorder = recorded(path, race({"name": "bowl", "start": [2e6, 0.0]}, PAIR))
    run.advance(1)
    recorder.close()
    source = RecordSource(path)
    for at, state in ((0, "running"), (1, "diverged")):
        source.seek(at)
        assert [lane.state for lane in source.snapshot().lanes] == [state] * 2
        run.seek(at)
        assert_same(run, source)


def test_a_path_longer_than_is_kept_in_memory(path, monkeypatch):
    for name, value in (("CHECKPOINT_SHARE", 0.1), ("LEAST_BYTES", 1), ("BYTES_A_SECOND", 1e15)):
        monkeypatch.setattr(recording, name, value)
    run, recorder = recorded(path, race("bowl", PAIR, steps=30_000))
    for _ in range(30):
        run.advance(1000)
    recorder.close()
    source = RecordSource(path)
    assert source._tables._rows("SELECT COUNT(*) FROM block WHERE kind = ?", FOLDS)[0][0] > 2
    assert_same(run, source)
    for at in (29_500, 13_333, 20):
        source.seek(at)
        run.seek(at)
        assert_same(run, source)


def lived(run: Experiment) -> None:
    """What a person may do to a race."""
    run.advance(60)
    run.tweak({"train.lr": 0.02})
    run.advance(40)
    run.add_lane("branch", "Adam", {"train.lr": 0.3}, fresh=False)
    run.add_lane("anew", "plain", {"train.momentum": 0.9})
    run.advance(50)
    run.tweak({"surface.start": [1.0, -1.0]}, "plain")  # starts again
    run.tweak({"train.optimizer": "rmsprop"}, "branch")
    run.advance(60)
    run.rename_lane("Adam", "old")
    run.drop_lane("anew")
    run.advance(40)
    run.seek(220)
    run.tweak({"train.lr": 0.001}, "old")  # another future
    run.advance(20)


def test_changes_restarts_and_lanes_that_come_and_go(path):
    run, recorder = recorded(path, race(lanes=PAIR), rewind_memory=10**8)
    lived(run)
    recorder.close()
    source = RecordSource(path)
    assert source.end == 240
    assert_same(run, source)
    for at in (239, 230, 220, 212, 210, 170, 120, 80, 0):
        source.seek(at)
        run.seek(at)
        assert_same(run, source)


def test_a_restart_is_a_race_of_its_own(path):
    run, recorder = recorded(path, race(lanes=PAIR))
    run.advance(50)
    run.restart(7)
    run.advance(30)
    recorder.close()
    source = RecordSource(path)
    assert (source.end, source.seed) == (30, 7)
    assert_same(run, source)


def test_recording_does_not_change_a_bit_of_the_race(path):
    run, recorder = recorded(path, race(NOISY))
    alone = Experiment(race(NOISY))
    for one in (run, alone):
        one.advance(150)
        one.tweak({"train.lr": 0.03}, "adam")
        one.advance(250)
    recorder.close()
    assert same(run.full_snapshot(None), alone.full_snapshot(None))


def test_of_a_race_that_is_sampled_now_and_then_the_last_sample_is_shown(path):
    run, recorder = recorded(path, race(lanes=PAIR), every=7)
    run.advance(400)
    recorder.close()
    source = RecordSource(path)
    assert source.every == 7
    assert_same(run, source)
    source.seek(20)
    run.seek(14)
    assert source.position == 20
    assert same(source.full_snapshot(None).lanes, run.full_snapshot(None).lanes)


def test_a_record_is_followed_while_it_grows(path):
    run, recorder = recorded(path, race(lanes=PAIR))
    run.advance(100)
    wait_until(lambda: recorder.writer.committed.get((2, "path")) == 100)
    source = RecordSource(path)
    first = source.end
    run.advance(100)
    recorder.close()
    assert first == 100
    assert source.refresh()
    assert_same(run, source)
    assert not source.refresh()


def test_the_surface_under_it_is_that_of_the_race(path):
    run, recorder = recorded(path, race(NOISY, PAIR))
    run.advance(10)
    recorder.close()
    xs, ys = np.linspace(-3.0, 3.0, 7), np.linspace(-2.0, 2.0, 5)
    ground = RecordSource(path).surface
    for lane in range(2):
        assert ground.values(xs, ys, lane).tobytes() == run.surface.values(xs, ys, lane).tobytes()
        assert ground.minima(lane).tobytes() == run.surface.minima(lane).tobytes()


def test_of_a_path_too_quick_for_the_disk_places_stay_that_it_was_at_and_the_last_one(path, monkeypatch):
    monkeypatch.setattr(writer, "QUEUE_BYTES", 10_000)
    scenario = race(lanes=PAIR, steps=8000)
    run, recorder = recorded(path, scenario)
    hold = threading.Event()
    recorder.writer.do(hold.wait)
    run.advance(6000)
    hold.set()
    recorder.close()
    assert sqlite3.connect(path).execute("SELECT MAX(merged) FROM block").fetchone()[0] > 1
    source, whole = RecordSource(path), Experiment(scenario, keep_samples=1)
    whole.advance(8000)
    there = {(row["lane"], row["step"], row["x"], row["y"]) for row in whole.samples()}
    for place, lane in enumerate(run.lanes):
        rows = np.concatenate(list(source.measured(place, "path")))
        assert len(rows) < 6000
        assert {(lane.name, *row[:3]) for row in rows.tolist()} <= there
    for one, other in zip(run.full_snapshot().lanes, source.full_snapshot().lanes, strict=True):
        assert (other.step, other.state, other.whole) == (one.step, one.state, one.whole)
    again, recorder = resumed(path)
    again.advance(2000)
    recorder.close()
    assert [lane.whole for lane in again.snapshot().lanes] == [lane.whole for lane in whole.snapshot().lanes]


def test_the_lowest_and_the_highest_sample_stay_and_what_is_not_finite():
    table = np.arange(20.0)[:, None] * np.ones(7)
    table[:, 3] = [5, 1, 5, 9, 5, 5, 5, 5, 5, 5, np.nan, 5, 5, 5, 2, 5, 5, 5, 5, 5]
    assert writer.thin(table, 8)[:, 0].tolist() == [1, 3, 7, 10, 14, 15, 16, 19]


# -- going on ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "every"),
    [
        (race(), 1),
        (race(NOISY, schedule={"kind": "step"}), 1),
        (race(NOISY), 7),
        (race("saddle", LOST), 1),
        (
            race(lanes=[{"name": "a", "set": {"train.momentum_start": 0.5, "train.momentum_over": 300}}], momentum=0.9),
            1,
        ),
    ],
    ids=["beale", "moons", "every 7", "diverges", "momentum rises"],
)
def test_it_gives_the_same_bits_as_a_race_that_never_stopped(path, scenario, every):
    whole = Experiment(scenario, every=every)
    whole.advance(400)
    run, recorder = recorded(path, scenario, every=every)
    run.advance(77)
    recorder.close()
    for steps in (50, 400):  # twice in a row
        at = run.step
        run, recorder = resumed(path)
        assert run.step == at
        run.advance(steps)
        recorder.close()
    assert run.finished
    assert same(run.full_snapshot(None), whole.full_snapshot(None))
    mine, theirs = run.surface.numbers, whole.surface.numbers
    mine.ints[:, k.C_SAMPLES] = theirs.ints[:, k.C_SAMPLES]  # of the last launch
    for part in ("state", "ints", "reals"):
        assert getattr(mine, part).tobytes() == getattr(theirs, part).tobytes(), part
    source = RecordSource(path)
    assert_same(whole, source)
    for at in (140, 127, 100, 77, 60):
        source.seek(at)
        whole.seek(at - at % every)
        assert same(source.full_snapshot(None).lanes, whole.full_snapshot(None).lanes)


def test_it_goes_on_after_all_that_a_person_did_and_with_what_was_planned(path):
    change = [{"step": 300, "lane": "Adam", "set": {"train.lr": 0.5}}]
    tables = {"schema": 1, "scenario": {"title": "race"}, "surface": {"name": "beale"}, "lane": PAIR, "change": change}
    scenario = scenario_from_dict({**tables, "train": {"lr": 0.01, "steps": 400}})
    whole, (run, recorder) = Experiment(scenario, rewind_memory=10**8), recorded(path, scenario, rewind_memory=10**8)
    for one in (whole, run):
        lived(one)
    recorder.close()
    run, recorder = resumed(path)
    for one in (whole, run):
        one.advance(30)
        one.tweak({"train.lr": 0.05}, "branch")
        one.advance(500)
    recorder.close()
    assert same(run.full_snapshot(None), whole.full_snapshot(None))
    assert [mark.text for mark in run.marks][-1] == "lr = 0.5"
    assert_same(whole, RecordSource(path))


def test_a_race_that_was_killed_before_its_first_moment_begins_again(path):
    scenario = race(NOISY)
    whole = Experiment(scenario, every=3)
    whole.advance(400)
    run, recorder = recorded(path, scenario, every=3)
    run.advance(60)
    recorder.writer.close()  # all is written but for a moment
    run, recorder = resumed(path)
    assert run.step == 0
    run.advance(400)
    recorder.close()
    assert same(run.full_snapshot(None), whole.full_snapshot(None))
    assert_same(whole, RecordSource(path))


def test_rows_of_a_resumed_race_begin_after_its_moment(path):
    run, recorder = recorded(path, race(lanes=PAIR))
    run.advance(10)
    recorder.close()
    run, recorder = resumed(path, keep_samples=1)
    run.advance(2)
    recorder.close()
    assert [(row["lane"], row["step"]) for row in run.samples()] == [
        ("plain", 11), ("Adam", 11), ("plain", 12), ("Adam", 12),
    ]  # fmt: skip


def test_a_surface_is_asked_of_a_race_alone(tmp_path):
    from engine.record.test_source import tiny

    run, recorder = recorded(tmp_path / "networks.nntui", tiny())
    run.advance(5)
    recorder.close()
    with pytest.raises(InputError, match="of no surface"):
        _ = RecordSource(tmp_path / "networks.nntui").surface
