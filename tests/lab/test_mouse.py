"""What the mouse can do, each target by a click where it stands on screen; all of it is there by keys, too."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from lab.driving import ROOMY, SMALL, fake_lab, ready, text, until
from lab.fakes import FakeExperiment
from lab.test_race import lab as race_lab
from textual import events
from textual.pilot import Pilot

from nntui.lab.app import LabApp
from nntui.lab.screens.explain import ExplainScreen
from nntui.lab.widgets.grid_view import GridView
from nntui.plotting.grid import Spot
from nntui.plotting.reading import draw_read, step_at
from nntui.plotting.scales import Axis
from nntui.plotting.theme import Theme
from nntui_engine.run.finding import Finding


@asynccontextmanager
async def trained(size: tuple[int, int] = ROOMY, *names: str) -> AsyncIterator[tuple[LabApp, Pilot[Any]]]:
    app = fake_lab(FakeExperiment(*(names or ("sgd", "adam"))))
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.press("S")
        await until(pilot, lambda: step_of(app) > 5)
        yield app, pilot
        app.source.stop()


def step_of(app: LabApp) -> int:
    snapshot = app.model.view.snapshot
    assert snapshot is not None
    return snapshot.step


def spots(app: LabApp, view: str, what: str) -> list[Spot]:
    return app.screen.query_one(f"#{view}", GridView).spots(what)


async def click_on(pilot: Pilot[Any], view: str, words: str) -> None:
    """Clicks where these words stand."""
    lines = pilot.app.screen.query_one(f"#{view}", GridView).lines
    row = next(row for row, line in enumerate(lines) if words in line)
    await pilot.click(f"#{view}", offset=(lines[row].index(words) + 1, row))
    await pilot.pause()


async def click(pilot: Pilot[Any], view: str, spot: Spot, column: int = 1, times: int = 1) -> None:
    await pilot.click(f"#{view}", offset=(spot.column + column, spot.row), times=times)
    await pilot.pause()


def rate(app: LabApp, lane: int) -> float:
    snapshot = app.model.view.snapshot
    assert snapshot is not None
    return float(snapshot.lanes[lane].settings.optimizer_parameters["lr"])


async def test_a_click_on_a_lane_chooses_it() -> None:
    async with trained() as (app, pilot):
        assert app.model.panel_view.lane == 0
        await click_on(pilot, "lanes", "adam")
        assert app.model.panel_view.lane == 1
        assert "Knobs · adam" in text(app)
        await pilot.press("tab")
        assert app.model.all_lanes
        await click(pilot, "lanes", spots(app, "lanes", "lane")[0])
        assert (app.model.panel_view.lane, app.model.all_lanes) == (0, False)


async def test_a_click_on_a_knob_chooses_it_and_one_on_its_value_turns_it() -> None:
    async with trained() as (app, pilot):
        await click_on(pilot, "knobs", "momentum")
        assert app.model.rack.knob.label == "momentum"
        await click_on(pilot, "knobs", "lr ")
        assert app.model.rack.knob.label == "lr"
        before = rate(app, 0)
        await click(pilot, "knobs", spots(app, "knobs", "turn")[0])
        await until(pilot, lambda: rate(app, 0) > before)
        assert rate(app, 1) == before
        higher = rate(app, 0)
        await click(pilot, "knobs", spots(app, "knobs", "turn")[1])
        await until(pilot, lambda: rate(app, 0) < higher)


async def test_a_click_on_a_group_opens_it() -> None:
    async with trained((120, 60)) as (app, pilot):
        group = spots(app, "knobs", "group")[-1]
        name = app.model.rack.knobs[group.which].group
        assert app.model.rack.knob.group != name
        await click(pilot, "knobs", group)
        assert app.model.rack.knob.group == name


async def test_the_wheel_turns_the_chosen_knob_up_and_down() -> None:
    async with trained() as (app, pilot):
        view, before = app.screen.query_one("#knobs", GridView), rate(app, 0)
        await pilot._post_mouse_events([_up()], "#knobs", offset=(5, 2))
        await until(pilot, lambda: rate(app, 0) > before)
        view.post_message(GridView.Wheeled(view, 1))
        await until(pilot, lambda: math.isclose(rate(app, 0), before))
        header = app.screen.query_one("#header", GridView)
        header.post_message(GridView.Wheeled(header, 1))
        await pilot.pause(0.1)
        assert math.isclose(rate(app, 0), before)


def _up() -> Any:
    return events.MouseScrollUp


def _down() -> Any:
    return events.MouseScrollDown


async def test_a_click_on_a_key_in_the_footer_does_what_it_does() -> None:
    async with trained() as (app, pilot):
        step = step_of(app)
        await click_on(pilot, "keys", "s step")
        await until(pilot, lambda: step_of(app) == step + 1)
        pair = [spot for spot in spots(app, "keys", "call") if spot.which in ("turn(-1, False)", "turn(1, False)")]
        lr = rate(app, 0)
        await click(pilot, "keys", pair[1], 0)  # the arrow to the left
        await until(pilot, lambda: rate(app, 0) < lr)
        await click(pilot, "keys", pair[0], 4)  # the word
        await until(pilot, lambda: math.isclose(rate(app, 0), lr))


async def test_a_click_on_a_view_in_the_header_shows_it() -> None:
    async with trained() as (app, pilot):
        assert " 1 overview  2" in text(app).splitlines()[0]
        last = spots(app, "header", "call")[-1]
        await click(pilot, "header", last)
        assert app.model.view_name == "lesson"
        await click(pilot, "header", spots(app, "header", "call")[0])
        assert app.model.view_name == "overview"
        await click(pilot, "header", spots(app, "header", "call")[1])
        assert app.model.view_name == "layers"
        app.source.stop()


@pytest.mark.parametrize("view", ["side-tries", "tries"])
async def test_a_click_on_a_suggestion_does_it(view: str) -> None:
    async with trained() as (app, pilot):
        if view == "tries":
            await pilot.press("6")
        await until(pilot, lambda: spots(app, view, "try"))
        await click_on(pilot, view, "Raise lr")
        await until(pilot, lambda: len(app.model.view.snapshot.lanes) == 3)  # type: ignore[union-attr]
        assert app.model.tries_done == {0}


async def test_a_click_on_a_finding_chooses_its_lane_and_explains_it() -> None:
    async with trained() as (app, pilot):
        found = (
            Finding("dead_relu", "warning", "sgd", (1,), 4, {}, "Some are dead.", ()),
            Finding("non_finite", "critical", "adam", (1,), 5, {}, "NaN.", ()),
        )
        view = replace(app.model.view, findings=found, version=app.model.view.version + 1)
        app.source.poll = lambda: view  # type: ignore[method-assign]
        await until(pilot, lambda: spots(app, "log", "finding"))
        rows = spots(app, "log", "finding")
        assert {spot.which for spot in rows} == {0, 1}
        await click(pilot, "log", next(spot for spot in rows if spot.which == 1))
        assert app.model.panel_view.lane == 1
        assert isinstance(app.screen, ExplainScreen)
        assert "NaN." in text(app)
        await pilot.press("escape")
        await click(pilot, "log", rows[0])
        assert app.model.panel_view.lane == 0
        assert "Some are dead." in text(app)


async def test_the_mouse_over_a_plot_shows_every_lanes_value_at_that_step() -> None:
    async with trained() as (app, pilot):
        canvas = spots(app, "slot0", "step")[0]
        await pilot.hover("#slot0", offset=(canvas.column, canvas.row + 3))
        await until(pilot, lambda: app.model.panel_view.cursor == 0.0)
        lines = app.screen.query_one("#slot0", GridView).lines
        assert "step 0" in lines[canvas.row]
        assert any("sgd" in line[canvas.column :] for line in lines[canvas.row + 1 : canvas.row + 4])
        assert any("adam" in line[canvas.column :] for line in lines[canvas.row + 1 : canvas.row + 4])
        other = spots(app, "slot1", "step")[0]  # the same step there, without the values
        assert all(
            app.screen.query_one("#slot1", GridView).lines[row][other.column] == "│"
            for row in range(other.row, other.row + other.height)
        )
        await pilot.hover("#lanes", offset=(5, 1))
        await until(pilot, lambda: app.model.panel_view.cursor is None)
        assert "step 0" not in "".join(app.screen.query_one("#slot0", GridView).lines)


@pytest.mark.parametrize("leave", ["again", "escape"])
async def test_a_click_on_a_plot_holds_the_step_until_it_is_let_go(leave: str) -> None:
    async with trained() as (app, pilot):
        canvas = spots(app, "slot0", "step")[0]
        await pilot.hover("#slot0", offset=(canvas.column, canvas.row))
        await click(pilot, "slot0", canvas, 0)
        await pilot.hover("#lanes", offset=(5, 1))
        await pilot.pause(0.05)
        assert app.model.panel_view.cursor == 0.0
        if leave == "escape":
            await pilot.press("escape")
        else:
            await pilot.pause(0.6)  # longer than between the clicks of a double click
            await click(pilot, "slot0", canvas, 0)
            await pilot.hover("#lanes", offset=(6, 1))
        await until(pilot, lambda: app.model.panel_view.cursor is None)
        await pilot.hover("#slot0", offset=(canvas.column, canvas.row))  # the mouse reads again
        await until(pilot, lambda: app.model.panel_view.cursor == 0.0)


async def test_a_double_click_shows_a_plot_alone_and_all_again() -> None:
    async with trained() as (app, pilot):
        names = app.lab_screen.shown_panels  # type: ignore[union-attr]
        await click(pilot, "slot1", spots(app, "slot1", "step")[0], 3, times=2)
        await until(pilot, lambda: app.model.zoom == names[1])
        await click(pilot, "zoom", spots(app, "zoom", "step")[0], 3, times=2)
        await until(pilot, lambda: app.model.zoom == "")


async def test_a_small_screen_has_the_same_targets() -> None:
    async with trained(SMALL) as (app, pilot):
        await click(pilot, "lanes", spots(app, "lanes", "lane")[1])
        assert app.model.panel_view.lane == 1
        assert spots(app, "slot0", "step")
        helps = next(spot for spot in spots(app, "keys", "call") if spot.which == "help")
        await click(pilot, "keys", helps)
        assert "Keys that work here" in text(app)


def test_columns_and_steps_are_each_others_inverse() -> None:
    axis = Axis(0.0, 30.0, whole=True, step=10.0)
    assert [step_at(axis, column, 31) for column in (0, 7, 30)] == [0.0, 7.0, 30.0]
    assert step_at(axis, 0, 1) == 0.0


async def test_values_of_many_lanes_stand_beside_each_other_in_the_plot() -> None:
    names = tuple(f"lane{i}" for i in range(14))
    async with trained((100, 30), *names) as (app, _):
        lab = app.lab_screen
        assert lab is not None
        built = lab._built("loss")
        grid = draw_read(built, 2.0, True, 62, 12, Theme(), ())
        told = "\n".join(grid.lines())
        assert all(theme_marker in told for theme_marker in Theme().glyphs.lane[:14])
        narrow = draw_read(built, 2.0, True, 34, 8, Theme(), ())
        assert narrow.width == 34


async def test_of_a_race_the_table_chooses_and_its_plots_are_read() -> None:
    app = race_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await until(pilot, lambda: app.model.race is not None and app.model.view.surface is not None)
        await pilot.press("s", "s", "s")
        await until(pilot, lambda: step_of(app) == 3)
        await click_on(pilot, "race-table", "Adam")
        assert app.model.panel_view.lane == 1
        await click_on(pilot, "lanes", "plain")
        assert app.model.panel_view.lane == 0
        canvas = spots(app, "map-plot0", "step")[0]
        await pilot.hover("#map-plot0", offset=(canvas.column, canvas.row + 2))
        await until(pilot, lambda: app.model.panel_view.cursor == 0.0)
        shown = "".join(app.screen.query_one("#map-plot0", GridView).lines)
        assert "step 0" in shown
        assert "plain" in shown
        app.source.stop()


def chosen_layers(app: LabApp) -> list[int]:
    """The layers with the mark of the chosen one, in the table of them."""
    lines = app.screen.query_one("#layers", GridView).lines
    return [spot.which for spot in spots(app, "layers", "layer") if "▸" in lines[spot.row]]


async def test_a_click_on_a_layer_chooses_it_and_the_wheel_the_next() -> None:
    async with trained() as (app, pilot):
        view = app.model.panel_view
        assert chosen_layers(app) == [view.layer] == [1]
        last = spots(app, "layers", "layer")[-1]
        view.unit = 1
        await click(pilot, "layers", last, 5)
        assert (view.layer, view.unit) == (last.which, 0) == (3, 0)
        await until(pilot, lambda: chosen_layers(app) == [3])
        for turned, layer in ((_down(), 3), (_up(), 2), (_up(), 1), (_up(), 1), (_down(), 2)):
            await pilot._post_mouse_events([turned], "#layers", offset=(5, 2))
            await pilot.pause()
            assert view.layer == layer
        await until(pilot, lambda: chosen_layers(app) == [2])
        assert "layer 2" in text(app)  # the knob of one layer
        await pilot.press("w")
        await until(pilot, lambda: chosen_layers(app) == [3])
        await pilot.press("2")
        await until(pilot, lambda: app.lab_screen.look_request.layer == 3)  # type: ignore[union-attr]


async def test_where_the_layers_are_not_listed_the_key_of_the_next_one_says_so() -> None:
    async with trained(SMALL) as (app, pilot):
        assert not spots(app, "layers", "layer")
        await pilot.press("w")
        await until(pilot, lambda: "Nothing here is of one layer" in text(app))
        assert app.model.panel_view.layer == 1


async def test_of_the_list_of_panels_a_click_chooses_a_second_hides_and_the_wheel_moves() -> None:
    async with trained() as (app, pilot):
        names = app.lab_screen.panel_names  # type: ignore[union-attr]
        await pilot.press("P")
        await until(pilot, lambda: spots(app, "panels-list", "panel"))
        await click(pilot, "panels-list", spots(app, "panels-list", "panel")[1], 6)
        assert app.lab_screen.panel_names == names  # type: ignore[union-attr]
        await pilot.pause(0.6)
        await click(pilot, "panels-list", spots(app, "panels-list", "panel")[1], 6)
        assert app.lab_screen.panel_names == (names[0], *names[2:])  # type: ignore[union-attr]
        await pilot._post_mouse_events([_down()], "#panels-list", offset=(5, 0))
        await pilot.press("space")
        await until(pilot, lambda: app.lab_screen.panel_names == (names[0], *names[3:]))  # type: ignore[union-attr]


@pytest.mark.parametrize(("key", "part"), [("question_mark", "#help-box"), ("6", "#lesson-text")])
async def test_the_wheel_scrolls_what_is_read(key: str, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nntui.lab.model.lesson_text", lambda _: "One line.\n\n" * 40)
    async with trained(SMALL) as (app, pilot):
        await pilot.press(key)
        await until(pilot, lambda: app.screen.query(part) and app.screen.query_one(part).max_scroll_y > 0)
        lr = rate(app, 0)
        await pilot._post_mouse_events([_down()], part, offset=(20, 4))
        await until(pilot, lambda: app.screen.query_one(part).scroll_y > 0)
        await pilot._post_mouse_events([_up()], part, offset=(20, 4))
        await until(pilot, lambda: app.screen.query_one(part).scroll_y == 0)
        assert rate(app, 0) == lr


async def test_the_wheel_over_a_map_comes_closer_and_goes_back() -> None:
    app = race_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await until(pilot, lambda: app.model.race is not None and app.model.view.surface is not None)
        assert app.model.race is not None
        home = app.model.race.lanes[0].surface.settings.window
        await pilot._post_mouse_events([_up()], "#map", offset=(30, 12))
        await until(pilot, lambda: _wide(app.model.map_view.shown(home)) < _wide(home))
        for _ in range(2):
            await pilot._post_mouse_events([_down()], "#map", offset=(30, 12))
        await until(pilot, lambda: _wide(app.model.map_view.shown(home)) > _wide(home))
        app.source.stop()


def _wide(window: tuple[tuple[float, float], tuple[float, float]]) -> float:
    return window[0][1] - window[0][0]
