"""``nntui replay``: the lab on a record."""

from pathlib import Path

import pytest

from nntui.lab.app import LabApp
from nntui.lab.frame import export
from nntui.lab.session import Session
from nntui.lab.warming import Warming
from nntui_engine import Experiment
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.source import RecordSource
from nntui_engine.scenario import scenario_from_dict

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
