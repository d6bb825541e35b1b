"""The history: runs leave records, the oldest make room, and nothing that goes wrong there ends a training."""

import os
import re
import sqlite3
from pathlib import Path

import pytest
from lab.driving import until

from nntui.lab import history as history_module
from nntui.lab.app import LabApp
from nntui.lab.history import History, history_files, history_folder, make_room, remove, size_of
from nntui.lab.opening import kept_session, session_of
from nntui.lab.session import Session
from nntui_engine import Experiment
from nntui_engine.record import recorder as recorder_module
from nntui_engine.record import writer as writer_module
from nntui_engine.record.outcome import summary_of
from nntui_engine.record.schema import created, lock
from nntui_engine.scenario import parse_scenario, scenario_from_dict

FAST = float("inf")  # steps a second
TINY = {
    "schema": 1,
    "scenario": {"title": "Tiny"},
    "data": {"name": "moons", "samples": 60},
    "model": {"hidden": [4]},
    "train": {"lr": 0.1, "steps": 40},
}


def record(folder: Path, name: str, at: int, size: int = 10) -> Path:
    """A file with the name of a record, last written ``at`` seconds."""
    path = folder / name
    path.write_bytes(bytes(size))
    os.utime(path, (at, at))
    return path


def numbered(folder: Path, count: int, size: int = 10) -> list[Path]:
    """Records, the oldest first."""
    return [record(folder, f"a-20260101-{at:06}.nntui", 1000 + at, size) for at in range(count)]


def trained(folder: Path, steps: int = 20) -> list[Path]:
    kept = History(folder).keep("my run: ä")
    run = Experiment(scenario_from_dict(TINY), listener=kept)
    run.advance(steps)
    kept.close()
    assert kept.trouble == ""
    return history_files(folder)


def test_a_run_leaves_a_record_of_its_name(tmp_path):
    (path,) = trained(tmp_path / "deep" / "runs")
    assert re.fullmatch(r"my-run-ä-\d{8}-\d{6}\.nntui", path.name)
    assert summary_of(path).position == 20
    assert dict(sqlite3.connect(path).execute("SELECT key, value FROM run"))["scenario"] == ""
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_two_of_a_second_are_two_files(tmp_path, monkeypatch):
    monkeypatch.setattr(history_module.time, "strftime", lambda _: "20260101-000000")
    trained(tmp_path)
    assert sorted(one.name for one in trained(tmp_path)) == [
        "my-run-ä-20260101-000000-2.nntui",
        "my-run-ä-20260101-000000.nntui",
    ]


def test_what_came_to_no_step_is_not_kept(tmp_path):
    assert trained(tmp_path, steps=0) == []
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_make_room(tmp_path, monkeypatch):
    monkeypatch.setattr(history_module, "MOST_FILES", 4)
    files = numbered(tmp_path, 6)
    make_room(tmp_path)
    assert history_files(tmp_path) == files[:2:-1]  # three, and place for one more
    monkeypatch.setattr(history_module, "MOST_BYTES", 45)
    monkeypatch.setattr(history_module, "MOST_BYTES_OF_ONE", 20)
    make_room(tmp_path)
    assert history_files(tmp_path) == files[:3:-1]


def test_other_files_are_left_alone_and_count_for_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(history_module, "MOST_FILES", 2)
    others = [
        *(record(tmp_path, name, 1) for name in ("mine.nntui", "model-2.nntui", "a-20260101-000000.nntui.bak")),
        record(tmp_path, "notes.txt", 1),
    ]
    (tmp_path / "b-20260101-000000.nntui").mkdir()
    elsewhere = record(tmp_path.parent, "precious", 1)
    (tmp_path / "c-20260101-000000.nntui").symlink_to(elsewhere)
    files = numbered(tmp_path, 3)
    make_room(tmp_path)
    assert history_files(tmp_path) == [files[-1]]
    assert all(one.exists() for one in (*others, elsewhere, tmp_path / "b-20260101-000000.nntui"))
    assert (tmp_path / "c-20260101-000000.nntui").is_symlink()


def test_one_that_is_being_written_stays_and_the_next_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(history_module, "MOST_FILES", 2)
    files = numbered(tmp_path, 4)
    held = lock(files[0])
    try:
        assert not remove(files[0])
        make_room(tmp_path)
        assert history_files(tmp_path) == [files[0]]
    finally:
        os.close(held)
    own = numbered(tmp_path, 4)
    make_room(tmp_path, own[:1])
    assert history_files(tmp_path) == own[:1]


def test_what_is_beside_a_record_goes_with_it(tmp_path):
    (path,) = numbered(tmp_path, 1)
    for end in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + end).write_bytes(b"12345")
    assert size_of(path) == 15
    assert remove(path)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_the_users_and_no_test_writes_there():
    assert history_folder().name == "runs"
    assert not history_folder().is_relative_to(Path.home())


@pytest.mark.asyncio
async def test_a_folder_that_cannot_be_made_is_one_line_and_the_run_goes_on(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    scenario = scenario_from_dict(TINY)
    session = session_of(scenario, paused=True, speed=FAST, recorder=History(tmp_path / "file" / "runs").keep("tiny"))
    app = LabApp(session, "Tiny")
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.model.view.snapshot is not None)
        await pilot.press("space")
        await until(pilot, lambda: app.model.view.finished)
        said = [one.text for one in app.model.log if "history" in one.text]
        assert said == [f"This run is not kept in the history: Not a directory ({tmp_path / 'file' / 'runs'})."]
        assert app.model.view.snapshot.step == 40


@pytest.mark.asyncio
async def test_a_full_disk_is_one_line_and_the_run_goes_on(tmp_path, monkeypatch):
    def on_a_small_disk(path: Path) -> tuple[sqlite3.Connection, str]:
        connection, journal = created(path)
        connection.execute("PRAGMA max_page_count = 1")  # no more than it has already
        return connection, journal

    monkeypatch.setattr(recorder_module, "created", on_a_small_disk)
    monkeypatch.setattr(writer_module, "BOUNDED_COMMIT_SECONDS", 0.01)
    session = session_of(scenario_from_dict(TINY), paused=True, speed=FAST, recorder=History(tmp_path).keep("tiny"))
    app = LabApp(session, "Tiny")
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.model.view.snapshot is not None)
        await pilot.press("space")
        await until(pilot, lambda: app.model.view.finished)
        await until(pilot, lambda: any("recording has stopped" in one.text for one in app.model.log))
        said = [one.text for one in app.model.log if "recording" in one.text]
        assert len(said) == 1
        assert said[0].endswith(": recording has stopped: database or disk is full. The training goes on.")
        assert app.model.view.snapshot.step == 40


@pytest.mark.asyncio
async def test_what_is_opened_from_the_lab_is_kept_as_well(tmp_path):
    history = History(tmp_path)
    first, second = scenario_from_dict(TINY), parse_scenario(TEXT)
    app = LabApp(session_of(first, speed=FAST, recorder=history.keep("first")), "Tiny")
    app.opener = lambda scenario, former: kept_session(scenario, former, history)  # type: ignore[method-assign]
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.model.view.finished)
        app.open_scenario(second)
        await until(pilot, lambda: app.model.view.snapshot is not None and app.model.view.snapshot.title == "Another")
        await until(pilot, lambda: app.model.view.snapshot.step > 0)
    app.source.stop(30.0)
    found = {summary_of(path).title: summary_of(path).position for path in history_files(tmp_path)}
    assert found["Tiny"] == 40
    assert found["Another"] > 0
    assert isinstance(app.source, Session)


TEXT = 'schema = 1\n[scenario]\ntitle = "Another"\n[data]\nname = "moons"\nsamples = 60\n[train]\nsteps = 30\n'
