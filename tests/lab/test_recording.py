"""Recording a run from the lab, late: ctrl+r, or the palette."""

import io
from pathlib import Path

import pytest
from lab.test_replay import until
from lab.test_resume import TABLES, step
from rich.console import Console
from textual.widgets import Input

from nntui.headless.runs import rows_of
from nntui.headless.runs_text import print_runs
from nntui.lab.app import LabApp
from nntui.lab.frame import export
from nntui.lab.history import History
from nntui.lab.opening import session_of
from nntui.lab.reasons import available, reason
from nntui.lab.recording import Recording, new_record
from nntui.lab.session import Session
from nntui_engine import Experiment
from nntui_engine.errors import InputError
from nntui_engine.record.checking import check
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.source import RecordSource
from nntui_engine.scenario import scenario_from_dict


def lab(recorder: Recording | None = None) -> tuple[LabApp, Session]:
    session = session_of(scenario_from_dict(TABLES), paused=True, recorder=recorder)
    return LabApp(session, "Went on"), session


def error_in(app: LabApp) -> str:
    return str(app.screen.query_one("#value-error").render()) if app.screen.query("#value-error") else ""


async def typed(app: LabApp, pilot, text: str) -> None:
    await pilot.press("ctrl+r")
    await until(pilot, lambda: app.screen.query(Input))
    app.screen.query_one(Input).value = text
    await pilot.press("enter")


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_a_run_is_recorded_late_with_all_that_it_knows(tmp_path, monkeypatch, size):
    monkeypatch.chdir(tmp_path)
    app, session = lab()
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: step(app) == 0)
        await pilot.press("S", "right", "S")
        await until(pilot, lambda: step(app) > 5 and not app.model.view.running)
        before = step(app)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.screen.query(Input))
        await pilot.pause(0.1)
        assert app.screen.query_one(Input).value == "scenario.nntui"
        assert "Record this run into" in export(app, "").text
        await pilot.press("enter")
        await until(pilot, lambda: app.model.view.recorded == "scenario.nntui")
        await until(pilot, lambda: "Recording into scenario.nntui, with all steps so far." in export(app, "").text)
        await pilot.press("s")
        await until(pilot, lambda: step(app) == before + 1)
        assert reason(app.model, "record") == "This run is recorded already, into scenario.nntui."
        shown = app.model.view.snapshot
    session.stop(30.0)
    source = RecordSource(tmp_path / "scenario.nntui")
    assert source.step == before + 1
    assert source.snapshot().lanes[0].whole == shown.lanes[0].whole
    assert [mark.text for mark in source.snapshot().marks] == [mark.text for mark in shown.marks]
    assert len(shown.marks) == 1
    assert source.tables.text("processor")
    found = check(source, 0.0, lambda *_: None)
    assert (found.first, found.merged) == (None, 0)


@pytest.mark.asyncio
async def test_a_name_that_is_taken_is_refused_in_the_dialog(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.nntui").write_text("mine", encoding="utf-8")
    app, session = lab()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: step(app) == 0)
        await typed(app, pilot, "mine")
        await until(pilot, lambda: "exists already: choose another name" in error_in(app))
        assert app.screen.query_one(Input).value == "mine"
        app.screen.query_one(Input).value = "no/such/folder"
        await pilot.press("enter")
        await until(pilot, lambda: "there is no folder" in error_in(app))
        assert "--record" not in error_in(app)
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query(Input))
        assert "record" in available(app.model)
    session.stop(30.0)
    assert (tmp_path / "mine.nntui").read_text(encoding="utf-8") == "mine"
    assert [one.name for one in tmp_path.iterdir()] == ["mine.nntui"]


@pytest.mark.asyncio
async def test_the_palette_has_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app, session = lab()
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: step(app) == 0)
        await pilot.press("ctrl+p", *"record this")
        await until(pilot, lambda: "Record this run from now on" in export(app, "").text)
        await pilot.pause(0.5)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.screen.query("#value-box"))
        await pilot.press("enter")
        await until(pilot, lambda: app.model.view.recorded == "scenario.nntui")
    session.stop(30.0)
    assert RecordSource(tmp_path / "scenario.nntui").step == 0


def test_a_record_that_is_given_too_late_leaves_no_file(tmp_path):
    session = session_of(scenario_from_dict(TABLES), paused=True)
    recorder = new_record(str(tmp_path / "late"))
    assert recorder.writer.path.exists()
    session._stopping = True
    session.start()
    session.record(recorder)
    session.stop(30.0)
    assert not (tmp_path / "late.nntui").exists()


def test_a_run_that_is_recorded_keeps_its_record(tmp_path):
    first = Recorder(tmp_path / "first.nntui")
    session = session_of(scenario_from_dict(TABLES), paused=True, recorder=first)
    session.start()
    while session.poll().stage != "ready":
        pass
    session.record(new_record(str(tmp_path / "second")))
    ticket = session.order(lambda training: training.steps(3))
    while session.poll().applied < ticket:
        pass
    assert [text for text, _ in session.notices()] == ["second.nntui: this run cannot be recorded now"]
    session.stop(30.0)
    assert not (tmp_path / "second.nntui").exists()
    assert RecordSource(tmp_path / "first.nntui").lanes


@pytest.mark.parametrize("text", ["", "  ", ".", "..", "/"])
def test_what_is_no_name_of_a_file_is_refused(text):
    with pytest.raises(InputError, match="needs the name of a file"):
        new_record(text)


def test_a_race_is_recorded_late_too(tmp_path):
    from nntui_engine.record.late import record_late

    run = Experiment("beale")
    run.advance(20)
    run.tweak({"train.lr": 1e-4}, run.lanes[0].name)
    run.advance(20)
    recorder = Recorder(Path(tmp_path / "race.nntui"))
    record_late(run, recorder)
    run.advance(10)
    recorder.close()
    assert recorder.trouble == ""


@pytest.mark.asyncio
async def test_the_history_says_which_record_went_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app, session = lab(recorder=(kept := History(tmp_path / "runs")).keep("mine"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: step(app) == 0)
        await pilot.press("S", "S")
        await until(pilot, lambda: step(app) > 5 and not app.model.view.running)
        at = step(app)
        await typed(app, pilot, "later")
        await until(pilot, lambda: app.model.view.recorded == "later.nntui")
        await pilot.press("s")
        await until(pilot, lambda: step(app) == at + 1)
    session.stop(30.0)
    history, later = rows_of([kept.own[0]])[0].summary, rows_of([tmp_path / "later.nntui"])[0].summary
    assert (history.position, history.goes_on_in) == (at, str(tmp_path / "later.nntui"))
    assert (later.position, later.recorded_from, later.goes_on_in) == (at + 1, at, "")
    console = Console(width=500, file=io.StringIO())
    print_runs(console, rows_of([kept.own[0], tmp_path / "later.nntui"]), 0.0)
    said = console.file.getvalue()
    assert ", goes on in later.nntui" in said
    assert f", recorded from step {at} on" in said
