"""While a run is made ready, the screen says what will be trained, and how far the work is."""

import threading

import pytest
from lab.driving import text, until
from lab.fakes import FakeExperiment, NoWarming

from nntui.lab.app import LabApp
from nntui.lab.opening import session_of
from nntui.lab.scenario_words import preview
from nntui.lab.session import Session
from nntui.plotting.preparing import LEAST, draw_preparing
from nntui.plotting.theme import ASCII, Theme
from nntui_engine.scenario import load_scenario


async def test_lesson_network_and_data_are_shown_before_anything_is_compiled() -> None:
    scenario, go = load_scenario("digits"), threading.Event()
    make = lambda: go.wait(60) and FakeExperiment()  # noqa: E731
    session = Session(make, warming=NoWarming(), paused=True, scenario=scenario)  # type: ignore[arg-type, return-value]
    app = LabApp(session, scenario.title, theme=Theme())
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "Network: hidden layers of 64, 32, relu" in text(app))
        shown = text(app)
        assert "Data: digits" in shown
        assert scenario.summary in shown
        assert "Loading data and building the network" in shown
        go.set()
        await until(pilot, lambda: app.model.view.snapshot is not None and "Network: hidden" not in text(app))
        app.source.stop()


def test_a_session_knows_its_scenario_from_the_start() -> None:
    scenario = load_scenario("digits")
    assert session_of(scenario).poll().scenario is scenario


@pytest.mark.parametrize("size", [(40, 10), (40, LEAST - 1), (40, LEAST), (80, 22), (160, 46)])
def test_the_work_is_in_sight_at_every_size(size: tuple[int, int]) -> None:
    said = preview(load_scenario("vanishing-gradients"))
    for theme in (Theme(), Theme(ascii_only=True, glyphs=ASCII)):
        lines = draw_preparing(said, (30, 148, "forward"), *size, theme).lines()
        assert len(lines) == size[1]
        assert any("30 / 148" in line for line in lines)
        assert any("About" in line for line in lines) == (size[1] >= LEAST)
    assert any("30 / 148" in line for line in draw_preparing(None, (30, 148, ""), *size, Theme()).lines())
