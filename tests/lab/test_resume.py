"""``nntui run --resume`` with a screen: the lab on a run that goes on in its record."""

from pathlib import Path

import pytest
from lab.test_replay import until

from nntui.headless.recording import BranchOptions
from nntui.lab.app import LabApp
from nntui.lab.frame import export
from nntui.lab.opening import session_of_branch, session_of_record
from nntui.lab.session import Session
from nntui_engine import Experiment
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.source import RecordSource
from nntui_engine.scenario import scenario_from_dict

TABLES = {
    "schema": 1,
    "scenario": {"title": "Went on"},
    "data": {"name": "moons", "samples": 100},
    "model": {"hidden": [8, 8], "activation": "tanh"},
    "train": {"lr": 0.1, "steps": 500},
    "lane": [{"name": "plain"}, {"name": "relu", "set": {"model.activation": "relu"}}],
    "try": [{"say": "Faster", "set": {"train.lr": 0.3}}],
}


def recorded(path: Path) -> None:
    recorder = Recorder(path)
    run = Experiment(scenario_from_dict(TABLES), listener=recorder)
    run.advance(100)
    run.tweak({"train.lr": 0.2})
    run.advance(100)
    recorder.close()


def lab_on(path: Path, paused: bool = True) -> tuple[LabApp, Session]:
    source = RecordSource(path)
    source.close()
    session = session_of_record(path, source.scenario, paused=paused)
    return LabApp(session, source.scenario.title), session


def step(app: LabApp) -> int:
    return -1 if app.model.view.snapshot is None else app.model.view.snapshot.step


@pytest.mark.asyncio
async def test_it_stands_where_it_was_ended_with_its_past_and_goes_on_in_the_record(tmp_path):
    path = tmp_path / "a.nntui"
    recorded(path)
    app, session = lab_on(path)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: step(app) == 200)
        await pilot.pause(0.3)
        text = export(app, "").text
        assert "Went on" in text.splitlines()[0]
        assert "record" not in text.splitlines()[0]
        snapshot = app.model.view.snapshot
        assert snapshot.lanes[0].whole_history["loss"].steps[0] == 1
        assert [mark.step for mark in snapshot.marks] == [100]
        await pilot.press("s")
        await until(pilot, lambda: step(app) == 201)
        await pilot.press("space")
        await until(pilot, lambda: step(app) > 210)
        await pilot.press("space")
        await pilot.press("y")
        await until(pilot, lambda: "goes on from a record" in str(app.model._message.shown))
    session.stop(30.0)
    source = RecordSource(path)
    whole = Experiment(scenario_from_dict(TABLES))
    whole.advance(100)
    whole.tweak({"train.lr": 0.2})
    whole.advance(source.end - 100)
    assert source.end > 210
    assert source.snapshot().lanes[1].whole == whole.snapshot().lanes[1].whole


@pytest.mark.asyncio
async def test_going_back_tries_lanes_and_a_new_start_work_as_in_any_run(tmp_path):
    path = tmp_path / "a.nntui"
    recorded(path)
    app, session = lab_on(path)

    def names() -> list[str]:
        return [lane.name for lane in app.model.view.snapshot.lanes]

    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: step(app) == 200)
        for _ in range(12):
            await pilot.press(",")
        await until(pilot, lambda: step(app) == 80)  # before what was changed, and before where it went on
        assert not app.model.view.snapshot.marks
        for _ in range(3):
            await pilot.press(".")
        await until(pilot, lambda: step(app) == 110)
        assert [mark.step for mark in app.model.view.snapshot.marks] == [100]
        await pilot.press("b")
        await until(pilot, lambda: len(names()) == 3)
        await pilot.press("t")
        await until(pilot, lambda: len(names()) > 3)
        await pilot.press("u")
        await until(pilot, lambda: len(names()) == 3)
        await pilot.press("r")
        await until(pilot, lambda: 0 < step(app) < 80)
        await pilot.press("space")
        await pilot.press("R")
        await until(pilot, lambda: app.model.view.snapshot.seed == 1)
        await until(pilot, lambda: step(app) > 5)
        await pilot.press("space")
        await pilot.pause(0.3)
        shown = app.model.view.snapshot
    session.stop(30.0)
    assert session.recorder.trouble == ""
    source = RecordSource(path)
    assert (source.seed, len(source.lanes), source.step) == (1, 3, shown.step)
    assert source.snapshot().lanes[0].whole == shown.lanes[0].whole


@pytest.mark.asyncio
async def test_a_record_that_another_writes_is_said(tmp_path):
    path = tmp_path / "a.nntui"
    recorded(path)
    first, _ = lab_on(path)
    async with first.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: step(first) == 200)
        second, session = lab_on(path)
        second.source.start()
        for _ in range(100):
            if second.source.poll().bad_input is not None:
                break
            await pilot.pause(0.05)
        assert "is being written by another nntui" in str(second.source.poll().bad_input)
        session.stop(5.0)
    first.source.stop(30.0)


@pytest.mark.asyncio
async def test_a_branch_begins_at_its_step_changed_and_is_recorded_since_the_start(tmp_path):
    path, into = tmp_path / "a.nntui", tmp_path / "b.nntui"
    recorded(path)
    before, options = path.read_bytes(), BranchOptions(150, into, ("relu:train.lr=0.05",), 400)
    session = session_of_branch(path, scenario_from_dict(TABLES), 150, into, options.changes, paused=True)
    app = LabApp(session, "Branch")
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: step(app) == 150)
        assert app.model.view.snapshot.steps == 400
        assert [line.text for line in app.model.log if "in b.nntui" in line.text] == [
            "Goes on from step 150 of a.nntui in b.nntui."
        ]
        await pilot.press("space")
        await until(pilot, lambda: step(app) > 160)
        await pilot.press("space")
    session.stop(30.0)
    assert path.read_bytes() == before
    source = RecordSource(into)
    whole = Experiment(scenario_from_dict(TABLES))
    whole.advance(100)
    whole.tweak({"train.lr": 0.2})
    whole.advance(50)
    whole.tweak({"train.lr": 0.05}, "relu")
    whole.tweak({"train.steps": 400})
    whole.advance(source.end - 150)
    assert source.end > 160
    assert [lane.whole for lane in source.snapshot().lanes] == [lane.whole for lane in whole.snapshot().lanes]
    assert source.tables.text("parent").startswith('{"name": "a.nntui", "at": 150,')


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("at", "sets", "words"),
    [
        (201, (), "--at: step 201 is not allowed; must be from 0 to 200"),
        (150, ("model.init=zeros",), "needs a fresh start, and cannot be changed at step 150"),
    ],
)
async def test_a_branch_that_cannot_be_leaves_no_record(tmp_path, at, sets, words):
    path, into = tmp_path / "a.nntui", tmp_path / "b.nntui"
    recorded(path)
    options = BranchOptions(at, into, sets)
    session = session_of_branch(path, scenario_from_dict(TABLES), at, into, options.changes)
    app = LabApp(session, "Branch")
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.model.view.bad_input is not None)
        assert words in str(app.model.view.bad_input)
    session.stop(30.0)
    assert not into.exists()


@pytest.mark.asyncio
async def test_a_branch_that_is_left_on_its_way_leaves_no_record_and_no_complaint(tmp_path, monkeypatch):
    path, into = tmp_path / "a.nntui", tmp_path / "b.nntui"
    recorded(path)
    session = session_of_branch(path, scenario_from_dict(TABLES), 150, into, BranchOptions(150, into).changes)
    monkeypatch.setattr(type(session), "stopping", property(lambda self: setattr(self, "_stopping", True) or True))
    session.start()
    session.stop(60.0)
    assert session.poll().bad_input is None
    assert not into.exists()
