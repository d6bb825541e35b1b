"""``nntui replay``: the lab on a record."""

from pathlib import Path

import pytest

from nntui.lab.app import LabApp
from nntui.lab.frame import export
from nntui.lab.session import Session
from nntui.lab.warming import Warming
from nntui_engine import Experiment
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.several import SeveralRecords
from nntui_engine.record.source import RecordSource
from nntui_engine.scenario import parse_scenario, scenario_from_dict

SICK = {
    "schema": 1,
    "scenario": {"title": "Recorded"},
    "data": {"name": "moons", "samples": 100},
    "model": {"hidden": [8, 8, 8, 8, 8], "activation": "sigmoid"},
    "train": {"lr": 0.1, "steps": 500},
}


def recorded(path: Path, steps: int = 500) -> tuple[Experiment, Recorder]:
    recorder = Recorder(path)
    run = Experiment(scenario_from_dict(SICK), listener=recorder)
    run.advance(steps)
    return run, recorder


def lab_on(path: Path) -> LabApp:
    source = RecordSource(path)
    return LabApp(Session(lambda: source, warming=Warming(())), source.scenario.title)


async def until(pilot, reached) -> None:
    for _ in range(200):
        if reached():
            return
        await pilot.pause(0.05)
    pytest.fail("it did not come to that")


@pytest.mark.asyncio
@pytest.mark.parametrize("view", ["1", "6"])
async def test_suggestions_are_for_a_run_of_ones_own(tmp_path, view):
    attempt = {"say": "A longer step", "set": {"train.lr": 1.0}}
    recorder = Recorder(tmp_path / "a.nntui")
    Experiment(scenario_from_dict({**SICK, "try": [attempt]}), listener=recorder).advance(20)
    recorder.close()
    app = lab_on(tmp_path / "a.nntui")
    async with app.run_test(size=(120, 50)) as pilot:
        await until(pilot, lambda: app.model.view.snapshot is not None)
        await pilot.press(view)
        await until(pilot, lambda: "A longer step" in export(app, "").text)
        text = export(app, "").text
        assert "Try (in a run of your own)" in text
        assert "· " in next(line for line in text.splitlines() if "A longer step" in line).split("A longer step")[0]
        await pilot.press("t")
        await until(pilot, lambda: "cannot be turned" in app.model._message.shown[0])


@pytest.mark.asyncio
async def test_it_shows_the_end_goes_back_and_says_what_a_record_cannot(tmp_path):
    _, recorder = recorded(tmp_path / "a.nntui")
    recorder.close()
    app = lab_on(tmp_path / "a.nntui")

    def step() -> int:
        return -1 if app.model.view.snapshot is None else app.model.view.snapshot.step

    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: step() == 500)
        await pilot.pause(0.3)
        text = export(app, "").text
        assert "record" in text.splitlines()[0]
        assert "Recorded" in text.splitlines()[0]
        assert "vanishing gradient" in text
        assert text.splitlines()[-1].startswith(" , . rewind")
        assert "One moment" not in text
        await pilot.press(",")
        await until(pilot, lambda: step() == 490)
        await pilot.press(".")
        await until(pilot, lambda: step() == 500)
        await pilot.press("d")
        await until(pilot, lambda: app.screen.query("#explain-hint"))
        assert "What would disprove it" in export(app, "").text
        assert "f tries" not in export(app, "").text
        await pilot.press("escape")
        for key, words in (("space", "only be looked at"), ("right", "cannot be turned"), ("4", "not its network")):
            await pilot.press(key)
            await pilot.pause(0.1)
            assert words in app.model._message.shown[0]
        await pilot.press("2")
        await pilot.pause(0.3)
        assert "One moment" not in export(app, "").text


@pytest.mark.asyncio
async def test_it_follows_a_record_that_grows(tmp_path):
    run, recorder = recorded(tmp_path / "a.nntui", 100)
    while recorder.writer.committed.get((1, "step")) != 100:
        pass
    app = lab_on(tmp_path / "a.nntui")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.model.view.snapshot is not None and app.model.view.snapshot.step == 100)
        run.advance(150)
        recorder.close()
        await until(pilot, lambda: app.model.view.snapshot.step == 250)


RACE = """
schema = 1
[scenario]
title = "Recorded race"
[surface]
name = "beale"
[train]
lr = 0.003
steps = 100
[[lane]]
name = "plain"
[[lane]]
name = "Adam"
set = { "train.optimizer" = "adam", "train.lr" = 0.3 }
"""


def recorded_race(path: Path, steps: int) -> tuple[Experiment, Recorder]:
    recorder = Recorder(path)
    run = Experiment(parse_scenario(RACE, name="race"), listener=recorder)
    run.advance(steps)
    return run, recorder


def body(app: LabApp) -> list[str]:
    """The screen without its header and its last line, which name keys."""
    return export(app, "").text.splitlines()[1:-1]


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_a_race_s_record_looks_as_the_race_did_at_every_step(tmp_path, size):
    run, recorder = recorded_race(tmp_path / "a.nntui", 100)
    recorder.close()
    live = LabApp(Session(lambda: run, warming=Warming(()), paused=True), "Recorded race")
    replayed = lab_on(tmp_path / "a.nntui")
    seen: list[list[list[str]]] = []
    for app in (live, replayed):
        seen.append([])
        async with app.run_test(size=size) as pilot:
            for keys, step in (((), 100), ((",", ",", ","), 94), ((".",), 96)):
                await pilot.press(*keys)
                await until(
                    pilot, lambda app=app, step=step: app.model.race is not None and app.model.race.step == step
                )
                await until(pilot, lambda app=app: app.model.view.surface is not None)
                await pilot.pause(0.3)
                seen[-1].append(body(app))
            app.source.stop()
    assert "▀" in "".join(seen[1][0])
    assert seen[0] == seen[1]
    assert seen[1][0] != seen[1][1] != seen[1][2]


@pytest.mark.asyncio
async def test_what_a_race_s_record_cannot_is_said_and_changes_nothing(tmp_path):
    _, recorder = recorded_race(tmp_path / "a.nntui", 100)
    recorder.close()
    app = lab_on(tmp_path / "a.nntui")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.model.race is not None and app.model.view.surface is not None)
        await pilot.pause()
        assert "▬ record" in export(app, "").text.splitlines()[0]
        for key, words in (
            ("F", "only be looked at"),
            ("m", "keeps its settings"),
            ("space", "only be looked at"),
            ("3", "no network"),
            ("f", "keeps its settings"),
        ):
            await pilot.press(key)
            await pilot.pause(0.1)
            assert words in app.model._message.shown[0], key
        app.model.say("before")
        await pilot.click("MapPlot", offset=(20, 10))
        await pilot.pause(0.2)
        assert "keeps its settings" in app.model._message.shown[0]
        assert app.model.map_view.crosshair is None
        assert app.model.view_name == "map"
        assert app.model.view.stage == "ready"
        await pilot.press("1", "4")
        await pilot.pause(0.1)
        assert app.model.view_name == "map"  # it needs no network
        await pilot.press("plus")  # the map can be looked at closer
        await pilot.pause(0.1)
        assert app.model.map_view.window is not None
        app.source.stop()


@pytest.mark.asyncio
async def test_it_follows_a_race_that_goes_on(tmp_path):
    run, recorder = recorded_race(tmp_path / "a.nntui", 30)
    while recorder.writer.committed.get((2, "path")) != 30:
        pass
    app = lab_on(tmp_path / "a.nntui")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.model.race is not None and app.model.race.step == 30)
        run.advance(50)
        recorder.close()
        await until(pilot, lambda: app.model.race.step == 80)
        app.source.stop()


@pytest.mark.asyncio
async def test_several_records_stand_side_by_side(tmp_path):
    for name, steps in (("a", 500), ("b", 300)):
        recorded(tmp_path / f"{name}.nntui", steps)[1].close()
    source = SeveralRecords([tmp_path / "a.nntui", tmp_path / "b.nntui"])
    app = LabApp(Session(lambda: source, warming=Warming(())), source.scenario.title)

    def steps() -> list[int]:
        snapshot = app.model.view.snapshot
        return [] if snapshot is None else [lane.step for lane in snapshot.lanes]

    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: steps() == [500, 300])
        await pilot.pause(0.3)
        text = export(app, "").text
        assert "● a " in text
        assert "■ b " in text
        for _ in range(25):
            await pilot.press("comma")
        await until(pilot, lambda: steps() == [250, 250])
