"""How a run stands is kept in its record, in numbers and words that need no engine to be read."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nntui_engine import Experiment
from nntui_engine.errors import InputError
from nntui_engine.record import recorder as recorder_module
from nntui_engine.record.outcome import summary_of
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.source import RecordSource
from nntui_engine.run.finding import headline
from nntui_engine.scenario import scenario_from_dict

SICK = {
    "schema": 1,
    "scenario": {"title": "Sick"},
    "data": {"name": "moons", "samples": 100},
    "model": {"hidden": [8, 8, 8, 8, 8], "activation": "sigmoid"},
    "train": {"lr": 0.1, "steps": 300},
}


def recorded(path: Path, **options: int) -> tuple[Experiment, Recorder]:
    recorder = Recorder(path, **options)
    return Experiment(scenario_from_dict(SICK), listener=recorder), recorder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.nntui"


def test_it_is_the_runs_own(path):
    run, recorder = recorded(path)
    run.advance(300)
    recorder.close()
    found = summary_of(path)
    assert (found.title, found.kind, found.seed, found.steps, found.position) == ("Sick", "network", 0, 300, 300)
    assert found.outcome is not None
    (lane,) = found.outcome.lanes
    (live,) = run.snapshot().lanes
    assert (lane.name, lane.step, lane.state, lane.statistics) == (live.name, 300, "finished", dict(live.whole))
    assert [one.words for one in found.outcome.findings] == [headline(one) for one in run.findings()]
    assert found.outcome.findings[0].rule == "vanishing_gradient"


def test_numbers_that_are_none_come_back(path):
    recorder = Recorder(path)
    model, train = {"hidden": [8], "activation": "relu"}, {"optimizer": "sgd", "lr": 1e6, "steps": 300}
    run = Experiment(scenario_from_dict({**SICK, "model": model, "train": train}), listener=recorder)
    run.advance(300)
    recorder.close()
    outcome = summary_of(path).outcome
    assert outcome is not None
    assert outcome.lanes[0].statistics["loss"] != outcome.lanes[0].statistics["loss"]
    assert "non_finite" in {one.rule for one in outcome.findings}


def test_it_is_said_with_every_moment_too(path, monkeypatch):
    monkeypatch.setattr(recorder_module, "FIRST_CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(recorder_module, "BYTES_A_SECOND", 1e18)
    monkeypatch.setattr(recorder_module, "OUTCOME_SHARE", 0)
    run, recorder = recorded(path)
    run.advance(100)
    end = time.monotonic() + 60
    while not _said(path) and time.monotonic() < end:
        time.sleep(0.01)
    assert _said(path) == 100  # and it still goes on
    recorder.close()


def _said(path: Path) -> int:
    """The step of the outcome that is in the file; 0 while there is none."""
    try:
        outcome = summary_of(path).outcome
    except InputError:  # nothing is committed yet
        return 0
    return 0 if outcome is None else outcome.lanes[0].step


def test_reading_it_takes_no_engine(path):
    run, recorder = recorded(path)
    run.advance(10)
    recorder.close()
    code = "import sys; from pathlib import Path; from nntui_engine.record.outcome import summary_of; "
    code += "print(summary_of(Path(sys.argv[1])).position, {'numba', 'numpy', 'textual'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert found.stdout == "10 set()\n"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM run WHERE key = 'now'", "it does not say its now"),
        ("UPDATE run SET value = '[]' WHERE key = 'outcome'", "Expected `object`"),
        ("UPDATE run SET value = 'x' WHERE key = 'seed'", "invalid literal"),
        ("UPDATE run SET value = '{\"name\": 3}' WHERE key = 'head'", "is damaged"),
        ("DROP TABLE run", "is no record of nntui"),
    ],
)
def test_what_is_damaged_is_one_line(path, statement, words):
    run, recorder = recorded(path)
    run.advance(10)
    recorder.close()
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    with pytest.raises(InputError, match=words) as raised:
        summary_of(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("less", "kept"), [(0, True), (8, False)])
def test_a_bounded_record_keeps_the_numbers_of_a_small_run_alone(path, less, kept):
    size = Experiment(scenario_from_dict(SICK)).nbytes
    run, recorder = recorded(path, most=recorder_module.NUMBERS_SHARE * size - less)
    run.advance(10)
    recorder.close()
    assert recorder.trouble == ""
    connection = sqlite3.connect(path)
    count, parts = connection.execute(
        "SELECT (SELECT COUNT(*) FROM checkpoint), (SELECT COUNT(*) FROM state)"
    ).fetchone()
    assert (count > 0, parts > 0) == (True, kept)


def test_a_bounded_record_keeps_the_newest_past_alone(path, monkeypatch):
    monkeypatch.setattr(recorder_module, "CHECKPOINT_SHARE", 0)
    monkeypatch.setattr(recorder_module, "FIRST_CHECKPOINT_SECONDS", 0.0)
    run, recorder = recorded(path, most=50_000_000)
    for _ in range(3):
        run.advance(20)
    recorder.close()
    connection = sqlite3.connect(path)
    moments, pasts = "SELECT COUNT(*) FROM checkpoint", "SELECT COUNT(DISTINCT checkpoint) FROM history"
    assert [connection.execute(text).fetchone()[0] for text in (moments, pasts)] == [5, 1]
    source = RecordSource(path)
    assert [len(table) for table in source.measured(0, "step")] == [60]
    source.seek(10)  # before that past: read from the blocks
    assert source.snapshot().lanes[0].step == 10
