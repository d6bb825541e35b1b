"""The key that tries a fix: in a new lane beside the sick one, the next fix with the next key, and what came of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import finding, lane_snapshot
from lab.driving import ready, text, until
from lab.fakes import NoWarming

from nntui.lab.app import LabApp
from nntui.lab.keys import actions
from nntui.lab.model import LabModel
from nntui.lab.session import Session
from nntui.lab.session_view import SessionView
from nntui.plotting.theme import Theme
from nntui_engine.experiment import Experiment
from nntui_engine.record.noticed import FindingEvent, FixEvent
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.source import RecordSource
from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.scenario import scenario_from_dict

SICK: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "Rate"},
    "data": {"name": "moons", "samples": 100, "preprocess": "standardize"},
    "model": {"hidden": [16], "activation": "relu", "init": "he_normal"},
    "train": {"optimizer": "adam", "lr": 10.0, "steps": 400, "batch_size": 25, "evaluate_every": 20},
}


def lab(hidden: tuple[int, ...] = (16,), tries: int = 0, recorder: Recorder | None = None, **train: Any) -> LabApp:
    tables = {**SICK, "model": {**SICK["model"], "hidden": list(hidden)}, "train": {**SICK["train"], **train}}
    tables["try"] = [{"set": {"train.lr": 0.1 / n}, "say": f"{n} times shorter. " * 9} for n in range(1, tries + 1)]
    session = Session(
        lambda: Experiment(scenario_from_dict(tables), rewind_memory=10**8, listener=recorder),
        warming=NoWarming(),  # type: ignore[arg-type]
        speed=float("inf"),
        recorder=recorder,
    )
    return LabApp(session, "Rate", theme=Theme())


def rates(app: LabApp) -> dict[str, float]:
    snapshot = app.model.view.snapshot
    lanes = snapshot.lanes if snapshot is not None else ()
    return {lane.name: float(lane.settings.optimizer_parameters["lr"]) for lane in lanes}


def said(app: LabApp, words: str) -> list[str]:
    return [line.text for line in app.model.log if words in line.text]


async def test_fixes_are_tried_in_their_order_beside_the_sick_lane() -> None:
    app = lab()
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: any(one.rule == "lr_too_high" for one in app.model.view.findings))
        await pilot.press("d")
        await until(pilot, lambda: "up and down: scroll, f tries the next fix" in text(app))
        await pilot.press("f")
        await until(pilot, lambda: rates(app) == {"original": 10.0, "lr 0.01": 0.01})
        assert said(app, "Trying a fix of lr too high")
        await until(pilot, lambda: bool(said(app, "The fix has ")))
        await pilot.press("f")  # the new lane is chosen; the next fix is one of the lane that it was made for
        await until(pilot, lambda: rates(app) == {"original": 10.0, "lr 0.01": 0.01, "lr 0.1": 0.1})
        await until(pilot, lambda: len(said(app, "The fix has ")) == 2)
        assert said(app, "The fix has won: lr 0.01 has ")
        app.source.stop()


async def test_what_was_found_and_tried_stands_in_the_record_and_in_the_log_of_who_looks_at_it(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.nntui")
    app = lab(recorder=recorder)
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: any(one.rule == "lr_too_high" for one in app.model.view.findings))
        await pilot.press("f")
        await until(pilot, lambda: bool(said(app, "The fix has ")))
        app.source.stop(30.0)
    source = RecordSource(tmp_path / "a.nntui")
    fixes = [(one.at, one.event) for one in source.happened() if isinstance(one.event, FixEvent)]
    assert [(event.state, event.lane, event.origin, event.rule, event.set) for _, event in fixes] == [
        ("tried", "lr 0.01", "original", "lr_too_high", {"train.lr": 0.01}),
        (said(app, "The fix has ")[0].split()[3].strip(":"), "lr 0.01", "original", "lr_too_high", {"train.lr": 0.01}),
    ]
    found = [one.event for one in source.happened() if isinstance(one.event, FindingEvent)]
    of_the_lane = [(one.state, one.lane) for one in found if one.rule == "lr_too_high" and one.lane in ("", "original")]
    assert of_the_lane[0] == ("began", "")
    assert ("began", "original") not in of_the_lane[:2]  # that lane only has a name now
    again = LabApp(Session(lambda: source, warming=NoWarming()), "Again", theme=Theme())  # type: ignore[arg-type]
    async with again.run_test(size=(160, 48)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: len(said(again, "fix of lr too high in original")) == 2)
        assert said(again, "found: lr too high · ")
        assert said(again, "fix of lr too high in original tried: lr 0.01 has lr = 0.01")
        source.seek(fixes[0][0] - 1)
        again.source.order(lambda training: training.rewind(-1))
        await until(pilot, lambda: not said(again, "fix of lr too high in original"))
        again.source.stop()


async def test_after_a_try_the_fix_is_for_the_sick_lane_and_names_it() -> None:
    app = lab(tries=1)
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: any(one.rule == "lr_too_high" for one in app.model.view.findings))
        await until(pilot, lambda: "f fix " in text(app))
        await pilot.press("t")
        await until(pilot, lambda: [lane.name for lane in app.model.chosen_lanes] == ["lr 0.1"])
        await until(pilot, lambda: "f fix original " in text(app))
        await pilot.press("f")
        await until(pilot, lambda: rates(app) == {"original": 10.0, "lr 0.1": 0.1, "lr 0.01": 0.01})
        assert said(app, "Trying a fix of lr too high in lane original: ")
        app.source.stop()


def sick(*severities: str) -> tuple[LabModel, list[Finding]]:
    """A model of as many lanes, a, b, …, with what was found in each ("": nothing)."""
    model = LabModel("lab", actions(), Theme(), still=True)
    names = "abc"[: len(severities)]
    lanes = tuple(lane_snapshot(i, name) for i, name in enumerate(names))
    found = [replace(finding(name), severity=one) for name, one in zip(names, severities, strict=True) if one]
    model.take(SessionView(1, stage="ready", snapshot=Snapshot("s", "", 0, 300, 1000, lanes), findings=tuple(found)))
    return model, found


def next_lane(model: LabModel) -> str:
    found = model.next_fix
    return found[0].name if found is not None else ""


def test_the_next_fix_is_for_the_sickest_lane_unless_a_person_chose_one() -> None:
    model, found = sick("", "warning", "critical")
    assert next_lane(model) == "c"
    model.choose_lane(1)
    assert next_lane(model) == "b"
    model.choose_lane(0)  # healthy
    assert next_lane(model) == "c"
    model.choose_next_lane()
    assert next_lane(model) == "b"
    first = model.next_fix
    assert first is not None
    model.fixes.began("c", "b", replace(first[1], set={}))  # c is there to mend b
    model.choose_lane(2)
    assert next_lane(model) == "b"
    assert len(found) == 2
    assert next_lane(sick("", "")[0]) == ""
    assert next_lane(sick("warning", "warning")[0]) == "a"


async def test_a_healthy_lane_has_nothing_to_be_mended() -> None:
    app = lab(lr=0.01, steps=1000)
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: app.model.view.finished)
        assert app.model.reason("fix") == "Nothing was found that a fix is known for."
        await pilot.press("f")
        await pilot.pause()
        assert list(rates(app)) == [""]
        app.source.stop()


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_findings_leave_the_lesson_its_room(size: tuple[int, int]) -> None:
    app = lab((16,) * 6, tries=6)
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await until(pilot, lambda: len(app.model.view.findings) > 1)
        await pilot.press("6")
        await until(pilot, lambda: "Lesson" in text(app))
        await until(pilot, lambda: app.screen.query_one("#lesson-text").outer_size.height >= max(8, size[1] // 3 - 1))
        app.source.stop()
