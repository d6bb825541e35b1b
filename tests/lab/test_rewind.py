"""Going back and forward in what was run, by keys: networks and surfaces alike."""

from typing import Any

import numpy as np
import pytest
from lab.driving import fake_lab, ready, text, until
from lab.fakes import FakeExperiment, NoWarming

from nntui.lab.app import LabApp
from nntui.lab.session import Session
from nntui.plotting.theme import FAINT, Theme
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import scenario_from_dict

ROOMY = (160, 48)
KINDS: dict[str, dict[str, Any]] = {
    "network": {
        "data": {"name": "moons", "samples": 100},
        "model": {"hidden": [4]},
        "train": {"lr": 0.1, "steps": 100, "batch_size": 7},  # ten steps an epoch
    },
    "surface": {"surface": {"name": "bowl"}, "train": {"lr": 0.1, "steps": 100}},
}
kinds = pytest.mark.parametrize("kind", list(KINDS))


def lab(kind: str) -> LabApp:
    tables = {"schema": 1, "scenario": {"title": "Two"}, "lane": [{"name": "a"}, {"name": "b"}], **KINDS[kind]}
    session = Session(
        lambda: Experiment(scenario_from_dict(tables), rewind_memory=10**8),
        warming=NoWarming(),  # type: ignore[arg-type]
        paused=True,
    )
    return LabApp(session, "Two", theme=Theme())


def now(app: LabApp) -> Any:
    return app.model.view.snapshot


def past(app: LabApp) -> np.ndarray:
    lane = now(app).lanes[0]
    return lane.whole_history["value" if now(app).on_surface else "loss"].mean


@kinds
async def test_back_and_forward_over_a_change(kind: str) -> None:
    app = lab(kind)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("S", "S", "right", "S")
        await until(pilot, lambda: now(app).step == 30)
        there, was = now(app), past(app)
        for _ in range(7):
            await pilot.press("comma")
        await until(pilot, lambda: now(app).step == 16 and not now(app).marks)
        assert now(app).lanes[0].settings.optimizer_parameters["lr"] == 0.1
        assert not app.model.view.can_undo
        await pilot.press("S")  # on over the change, which is made again
        await until(pilot, lambda: now(app).step == 26)
        assert now(app).lanes[0].settings.optimizer_parameters["lr"] == 0.2
        assert [mark.step for mark in now(app).marks] == [20]
        assert app.model.view.can_undo
        await pilot.press("full_stop", "full_stop")
        await until(pilot, lambda: now(app).step == 30)
        np.testing.assert_array_equal(past(app), was)
        assert [lane.whole for lane in now(app).lanes] == [lane.whole for lane in there.lanes]
        await pilot.press("full_stop")
        await until(pilot, lambda: "as far as it ran" in text(app))
        for _ in range(20):
            await pilot.press("comma")
        await until(pilot, lambda: now(app).step == 0 and "This is the start" in text(app))
        app.source.stop()


@kinds
async def test_a_change_in_the_past_begins_a_new_future_beside_the_old_one_in_grey(kind: str) -> None:
    app = lab(kind)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("S", "S", "S")
        await until(pilot, lambda: now(app).step == 30)
        old = past(app)
        for _ in range(10):
            await pilot.press("comma")
        await until(pilot, lambda: now(app).step == 10)
        # the second turn is at the same place: the old future is still to be seen
        await pilot.press("right")
        await until(pilot, lambda: "A new future begins at step 10" in text(app))
        await pilot.press("right", "S")
        await until(pilot, lambda: now(app).step == 20)
        former = app.model.view.former
        assert former is not None
        assert (former.step, former.snapshot.step) == (10, 30)
        name = "value" if kind == "surface" else "loss"
        np.testing.assert_array_equal(former.snapshot.lanes[0].whole_history[name].mean, old)
        spec = app.lab_screen._built(name)  # type: ignore[union-attr]
        grey = [curve for curve in spec.curves if curve.colour == FAINT]  # type: ignore[union-attr]
        assert len(grey) == 2
        assert (grey[0].steps[0], grey[0].steps[-1]) == (10, 30)
        await pilot.press("full_stop")
        await until(pilot, lambda: "as far as it ran" in text(app))
        await pilot.press("right")
        await until(pilot, lambda: app.model.view.former is None)
        app.source.stop()


async def test_what_cannot_go_back_does_not_offer_to() -> None:
    app = fake_lab(FakeExperiment())
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        assert "rewind" not in text(app)
        await pilot.press("s", "comma", "s")
        await until(pilot, lambda: now(app).step == 2)
        app.source.stop()
