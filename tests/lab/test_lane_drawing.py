"""Muting a lane, drawing one alone, and drawing them side by side, by keys."""

import pytest
from lab.driving import fake_lab, ready, text, until
from lab.fakes import FakeExperiment

from nntui.plotting.theme import Theme


def row_of(app: object, name: str) -> str:
    lines = app.lab_screen.query_one("#lanes").lines  # type: ignore[attr-defined]
    return next(line for line in lines if f" {name} " in line)


async def test_a_muted_lane_trains_on_without_a_curve_until_the_same_key() -> None:
    app = fake_lab()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("S")
        await until(pilot, lambda: app.model.view.snapshot.step > 5)  # type: ignore[union-attr]
        legend = "● sgd  ■ adam"
        await until(pilot, lambda: legend in "\n".join(app.lab_screen.query_one("#slot0").lines))  # type: ignore[union-attr]
        await pilot.press("M")
        await until(pilot, lambda: legend not in "\n".join(app.lab_screen.query_one("#slot0").lines))  # type: ignore[union-attr]
        assert "· sgd" in row_of(app, "sgd")
        assert "Lane sgd trains on, but is not drawn" in text(app)
        await pilot.press("tab", "M")  # the other one stays
        await until(pilot, lambda: "One lane at least stays drawn." in text(app))
        await pilot.press("tab", "M")
        await until(pilot, lambda: "All lanes are chosen: tab chooses one." in text(app))
        await pilot.press("tab", "M")
        await until(pilot, lambda: legend in "\n".join(app.lab_screen.query_one("#slot0").lines))  # type: ignore[union-attr]
        assert app.model.view.snapshot.marks == ()  # type: ignore[union-attr]
        app.source.stop()


async def test_solo_draws_whichever_lane_is_chosen_and_all_where_all_are() -> None:
    app = fake_lab()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("S", "A")
        await until(pilot, lambda: "· adam" in row_of(app, "adam"))
        assert "● sgd" in row_of(app, "sgd")
        await pilot.press("tab")
        await until(pilot, lambda: "· sgd" in row_of(app, "sgd") and "■ adam" in row_of(app, "adam"))
        await pilot.press("tab")
        await until(pilot, lambda: "● sgd" in row_of(app, "sgd") and "■ adam" in row_of(app, "adam"))
        await pilot.press("tab", "A")
        await until(pilot, lambda: "All lanes are drawn." in text(app))
        assert "■ adam" in row_of(app, "adam")
        app.source.stop()


async def test_one_plot_alone_shows_lanes_side_by_side() -> None:
    app = fake_lab()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("S", "C")
        await until(pilot, lambda: "That is for one plot alone on the screen: z shows one so." in text(app))
        await pilot.press("z", "C")
        await until(pilot, lambda: "Loss: each lane by itself" in text(app))
        await pilot.press("left", "left")
        await until(pilot, lambda: "step " in text(app).splitlines()[1])
        await pilot.press("C")
        await until(pilot, lambda: "each lane by itself" not in text(app) and "Loss" in text(app))
        app.source.stop()


@pytest.mark.parametrize("key", ["M", "A", "C"])
async def test_with_one_lane_there_is_nothing_to_leave_out(key: str) -> None:
    app = fake_lab(FakeExperiment("sgd"), theme=Theme())
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press(key)
        await until(pilot, lambda: "There is one lane only: a makes another beside it." in text(app))
        app.source.stop()
