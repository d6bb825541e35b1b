"""A long path is read at any step from its folds, soon, and comes to what reading all of it does, to the bit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui_engine import Experiment
from nntui_engine.record import source as reading
from nntui_engine.record.branch import branched
from nntui_engine.record.late import record_late
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.resume import resumed
from nntui_engine.record.schema import FOLDS
from nntui_engine.record.source import RecordSource
from nntui_engine.run.history import History
from nntui_engine.scenario import scenario_from_dict
from nntui_engine.tasks import surface_lane

SHORT = 16  # points of a path kept one by one here


@pytest.fixture(autouse=True)
def short_paths(monkeypatch):
    monkeypatch.setattr(surface_lane, "PATH_POINTS", SHORT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "race.nntui"


def race(steps: int = 3000) -> Any:
    lanes = [{"name": "a", "set": {"train.lr": 0.001}}, {"name": "b", "set": {"train.lr": 0.002}}]
    train = {"optimizer": "sgd", "steps": steps}
    return scenario_from_dict(
        {"schema": 1, "scenario": {"title": "race"}, "surface": {"name": "beale"}, "train": train, "lane": lanes}
    )


def recorded(path: Path, **options: Any) -> tuple[Experiment, Recorder]:
    recorder = Recorder(path)
    return Experiment(race(), listener=recorder, **options), recorder


def states(source: Any) -> list[dict[str, bytes]]:
    """All that the paths hold, to the bit."""
    return [{part: table.tobytes() for part, table in lane.history.state().items()} for lane in source.lanes]


def assert_same_without_folds(path: Path, monkeypatch: Any, *positions: int) -> None:
    with_folds, found = RecordSource(path), []
    for position in positions:
        with_folds.seek(0)
        with_folds.seek(position)
        found.append(states(with_folds))
    with monkeypatch.context() as patched:
        patched.setattr(reading, "FOLDED", "nothing")
        without = RecordSource(path)
        for position, one in zip(positions, found, strict=True):
            without.seek(0)
            without.seek(position)
            assert states(without) == one, position


def folds_in(path: Path) -> int:
    tables = RecordSource(path).tables
    lanes = range(1, tables.ids()[0] + 1)
    return sum(len(table) for lane in lanes for table in tables.blocks(lane, FOLDS, -1.0, np.inf))


def test_any_step_is_the_same_as_without_them(path, monkeypatch):
    run, recorder = recorded(path)
    run.advance(3000)
    recorder.close()
    assert folds_in(path) > 100
    assert states(RecordSource(path)) == states(run)
    assert_same_without_folds(path, monkeypatch, 0, 3, 15, 16, 17, 31, 32, 100, 257, 1000, 1023, 2047, 2048, 2999, 3000)


def test_only_what_is_not_folded_yet_is_read_of_the_path(path, monkeypatch):
    run, recorder = recorded(path)
    run.advance(3000)
    recorder.close()
    source, read = RecordSource(path), []
    blocks = source.tables.blocks

    def noted(lane: int, kind: str, after: float, upto: float) -> Any:
        for table in blocks(lane, kind, after, upto):
            read.extend(table[:, 0].tolist() if kind == "path" else [])
            yield table

    monkeypatch.setattr(source.tables, "blocks", noted)
    monkeypatch.setattr(reading, "FAR", 4 * SHORT)
    for at in (1500, 2000):  # back, and forward
        read.clear()
        source.seek(at)
        assert 2 < len(read) <= 2 * 3 * SHORT // 2 + 2
        assert min(read) > at - 3 * SHORT // 2 - 1


def test_lanes_that_branch_came_back_or_were_copied_have_them_along_their_line(path, monkeypatch):
    run, recorder = recorded(path, rewind_memory=10**8)
    run.advance(700)
    run.seek(333)
    run.tweak({"train.lr": 0.003}, "a")
    run.advance(400)
    run.add_lane("c", "b", {}, fresh=False)
    run.rename_lane("a", "first")
    run.advance(300)
    run.seek(800)
    run.advance(500)
    recorder.close()
    assert states(RecordSource(path)) == states(run)
    assert_same_without_folds(path, monkeypatch, 100, 332, 333, 340, 350, 600, 733, 740, 800, 1033, 1300)


def test_a_run_that_went_on_or_branched_goes_on_with_them(path, tmp_path, monkeypatch):
    run, recorder = recorded(path)
    run.advance(900)
    recorder.close()
    run, recorder = resumed(path)
    run.advance(500)
    recorder.close()
    assert states(RecordSource(path)) == states(run)
    assert_same_without_folds(path, monkeypatch, 890, 905, 920, 1390)
    into = tmp_path / "branch.nntui"
    branch = branched(path, 1200, into)
    while branch.run.position < 1200:
        branch.run.advance(1200 - branch.run.position)
    branch.run.advance(700)
    branch.recorder.close()
    assert states(RecordSource(into)) == states(branch.run)
    assert_same_without_folds(into, monkeypatch, 500, 1195, 1210, 1800)


def test_a_path_whose_beginning_was_not_heard_has_none(path):
    run = Experiment(race())
    run.advance(500)
    record_late(run, recorder := Recorder(path))
    run.advance(250)
    run.advance(250)
    recorder.close()
    assert folds_in(path) == 0
    assert RecordSource(path).step == 1000


@pytest.mark.parametrize("count", [0, 5, 31, 32, 33, 1000, 40_000])
def test_a_history_comes_again_from_its_folds_and_the_rest(count):
    rng = np.random.default_rng(1)
    steps, values = np.arange(float(count)), rng.normal(size=(count, 3))
    values[rng.random((count, 3)) < 0.01] = np.nan
    values[rng.random((count, 3)) < 0.01] = np.inf
    first, second = (History(3, recent=16, buckets=16) for _ in "ab")  # samples outgrow what is folded at once
    first.note_folds()
    first.append(steps, values)
    folds = second.whole_folds(first.folds())
    second.fold_again(folds)
    left = steps > second.folded_step
    assert left.sum() <= 4 * 16
    second.append(steps[left], values[left])
    one, other = first.state(), second.state()
    assert {part: table.tobytes() for part, table in one.items()} == {p: t.tobytes() for p, t in other.items()}


@pytest.mark.parametrize("sizes", [[2.0], [1.0] * 16 + [5.0], [1.0] * 16 + [np.nan], [1.0] * 16 + [-1.0], [0.0] * 20])
def test_folds_that_are_none_are_refused(sizes):
    folds = np.column_stack([np.arange(len(sizes)), sizes, np.zeros((len(sizes), 3))])
    with pytest.raises(ValueError, match="folds"):
        History(1, recent=16, buckets=16).fold_again(folds)
