"""The lab with a race in it: the Map view by keys and mouse, knobs, rewinding, fair rates."""

from typing import Any

import numpy as np
import pytest
from lab.driving import ROOMY, SMALL, text, until
from lab.fakes import NoWarming
from textual.pilot import Pilot

from nntui.lab.app import LabApp
from nntui.lab.session import Session
from nntui.lab.still import render_frame
from nntui.lab.widgets.map_plot import MapPlot
from nntui.plotting.map_frame import canvas_of
from nntui.plotting.theme import ASCII, Theme
from nntui_engine.experiment import Experiment
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.scenario import parse_scenario

TOML = """
schema = 1
[scenario]
title = "Two on a bowl"
[surface]
name = "{surface}"
[train]
lr = 0.1
steps = 100
[[lane]]
name = "plain"
[[lane]]
name = "Adam"
set = {{ "train.optimizer" = "adam" }}
"""


def make_race(surface: str = "beale", **overrides: object) -> Experiment:
    scenario = parse_scenario(TOML.format(surface=surface), name="two")
    return Experiment(scenario, overrides=[({key.replace("__", "."): value}, None) for key, value in overrides.items()])


def lab(surface: str = "bowl", *, theme: Theme | None = None, fair: bool = False, **options: Any) -> LabApp:
    options.setdefault("paused", True)
    session = Session(lambda: make_race(surface), warming=NoWarming(), **options)  # type: ignore[arg-type]
    return LabApp(session, "Two", theme=theme or Theme(), fair=fair)


def race_of(app: LabApp) -> Snapshot:
    assert app.model.race is not None
    return app.model.race


async def ready(pilot: Pilot[Any]) -> None:
    app: Any = pilot.app
    await until(pilot, lambda: app.model.race is not None and app.model.view.surface is not None)
    await pilot.pause()


@pytest.mark.parametrize("size", [SMALL, (100, 30), (120, 40), ROOMY, (200, 60)])
async def test_a_race_opens_on_the_map_at_every_size(size: tuple[int, int]) -> None:
    app = lab()
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.press("s", "s")
        await until(pilot, lambda: "step 2 /" in text(app))
        seen = text(app)
        for words in ("Optimizers", "Knobs", "bowl", "S start", "▀", "▸● plain"):
            assert words in seen
        app.source.stop()


async def test_c_shades_the_map_by_the_minimum_that_is_reached_and_by_height_again() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        assert "c shades" in text(app).splitlines()[-1]
        await pilot.press("c")
        await until(pilot, lambda: "a shade: the minimum reached from there" in text(app))
        first = app.model.view.surface
        assert first is not None
        assert first.request.basins is not None
        assert not first.values.any()  # all of the bowl belongs to its only minimum
        await pilot.press("right")  # another rate: other ways
        await until(pilot, lambda: app.model.view.surface.request.basins.optimizer_parameters["lr"] > 0.1)  # type: ignore[union-attr]
        await pilot.press("c")
        await until(pilot, lambda: "log shades" in text(app))
        await pilot.press("1", "c")
        await until(pilot, lambda: "The map is not shown" in text(app))
        app.source.stop()


async def test_at_160_by_48_table_plots_and_curvature_stand_beside_the_map() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("S")
        await until(pilot, lambda: "step 10 /" in text(app))
        seen = text(app)
        for words in (
            "Race",
            "gradient",
            "Value · log",
            "Gradient norm",
            "Distance to minimum",
            "lr·λmax   0.100 < 2: stable",
        ):
            assert words in seen
        app.source.stop()


async def test_at_80_by_24_the_plots_are_on_the_second_page() -> None:
    app = lab()
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await until(pilot, lambda: "plots 1/2" in text(app))
        await pilot.press("s", "n")
        await until(pilot, lambda: "Value · log" in text(app) and "Gradient norm" in text(app))
        assert "Curvature" in text(app)
        app.source.stop()


async def test_zoom_pan_and_the_whole_map_again() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        view, home = app.model.map_view, race_of(app).lanes[0].surface.settings.window

        def span() -> float:
            (x0, x1), _ = view.shown(home)
            return x1 - x0

        first = span()
        await pilot.press("plus", "plus")
        assert span() == pytest.approx(0.49 * first)
        wanted = view.window
        await until(pilot, lambda: app.model.view.surface.request.window == wanted)  # type: ignore[union-attr]
        before = view.shown(home)
        await pilot.press("L", "ctrl+up")
        after = view.shown(home)
        assert after[0][0] > before[0][0]
        assert after[1][0] > before[1][0]
        for _ in range(60):
            await pilot.press("plus")
        assert 0 < span() < 1e-3
        for _ in range(120):
            await pilot.press("minus")
        assert np.isfinite(view.shown(home)).all()
        await pilot.press("0")
        assert view.window is None
        app.source.stop()


async def test_the_start_is_moved_by_keys_and_the_race_begins_there() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("s", "s")
        await until(pilot, lambda: race_of(app).step == 2)
        old = race_of(app).lanes[0].surface.settings.start
        await pilot.press("m", "right", "right", "up")
        await until(pilot, lambda: "new start" in text(app) and "race from here" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "new start" not in text(app))
        await pilot.press("m", "right", "right", "up", "enter")
        await until(pilot, lambda: race_of(app).lanes[0].surface.settings.start != old and race_of(app).step == 0)
        start = race_of(app).lanes[1].settings.start
        assert start[0] == pytest.approx(old[0] + 0.2, abs=0.01)
        assert start[1] == pytest.approx(old[1] + 0.1, abs=0.01)
        await pilot.press("u")
        await until(pilot, lambda: race_of(app).lanes[0].surface.settings.start == old)
        app.source.stop()


async def test_the_mouse_zooms_drags_and_sets_the_start() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        view, home = app.model.map_view, race_of(app).lanes[0].surface.settings.window
        plot = app.screen.query_one("#map", MapPlot)
        canvas = canvas_of(home, *plot.size)
        at = (canvas.left + canvas.width // 4, canvas.top + canvas.height // 4)
        under = app.lab_screen.map_part.point(app.lab_screen.state, *at)  # type: ignore[union-attr]
        plot.post_message(MapPlot.Zoomed(1, *at))
        await until(pilot, lambda: view.window is not None)
        assert app.lab_screen.map_part.point(app.lab_screen.state, *at) == pytest.approx(under)  # type: ignore[union-attr]
        await pilot.press("0")
        await pilot.mouse_down("#map", offset=at)
        await pilot.hover("#map", offset=(at[0] + 6, at[1] + 3))
        await pilot.mouse_up("#map", offset=(at[0] + 6, at[1] + 3))
        moved = view.shown(home)
        assert moved[0][0] < home[0][0]
        assert moved[1][0] > home[1][0]
        assert race_of(app).lanes[0].surface.settings.start == (-1.5, 1.0)
        await pilot.press("0")
        await pilot.click("#map", offset=at)
        await until(pilot, lambda: race_of(app).lanes[0].surface.settings.start != (-1.5, 1.0))
        assert race_of(app).lanes[0].surface.settings.start == pytest.approx(under, abs=0.01)  # type: ignore[arg-type]
        app.source.stop()


async def test_knobs_turn_one_lane_or_all_and_what_a_lane_lacks_is_said() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("right")
        await until(pilot, lambda: race_of(app).lanes[0].whole["lr"] == 0.1 and "0.1 →" in text(app))
        assert race_of(app).lanes[0].settings.optimizer_parameters["lr"] == 0.2
        assert race_of(app).lanes[1].settings.optimizer_parameters["lr"] == 0.1
        await pilot.press("tab", "tab", "right")
        await until(pilot, lambda: race_of(app).lanes[1].settings.optimizer_parameters["lr"] == 0.2)
        await pilot.press("tab", *["down"] * 3, "right")
        await until(pilot, lambda: "sgd has no beta1" in text(app).lower())
        await pilot.press("up", "up", "right")
        await until(pilot, lambda: race_of(app).lanes[0].settings.optimizer == "adagrad")
        await pilot.press(*["down"] * 5, "right")
        await until(pilot, lambda: race_of(app).lanes[0].settings.noise > 0)
        app.source.stop()


async def test_rewinding_gives_the_same_run_again() -> None:
    app = lab("beale")
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("S", "S", "right", "S")
        await until(pilot, lambda: race_of(app).step == 30)
        there = race_of(app)
        await pilot.press("comma")
        await until(pilot, lambda: race_of(app).step == 28)
        for _ in range(6):
            await pilot.press("comma")
        await until(pilot, lambda: race_of(app).step == 16 and not race_of(app).marks)
        assert race_of(app).lanes[0].settings.optimizer_parameters["lr"] == 0.1
        for _ in range(7):
            await pilot.press("full_stop")
        await until(pilot, lambda: race_of(app).step == 30)
        for old, new in zip(there.lanes, race_of(app).lanes, strict=True):
            np.testing.assert_array_equal(old.surface.path, new.surface.path)
            assert old.settings == new.settings
        await pilot.press("full_stop")
        await until(pilot, lambda: "as far as it ran" in text(app))
        app.source.stop()


async def test_a_change_after_rewinding_replaces_the_former_future() -> None:
    app = lab("beale")
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("S", "right", "S", "comma", "comma", "comma", "comma", "comma", "comma")
        await until(pilot, lambda: race_of(app).step == 8 and not race_of(app).marks)
        await pilot.press("left", "S")
        await until(pilot, lambda: race_of(app).step == 18)
        lane = race_of(app).lanes[0]  # it had diverged: the mark is at its own last step
        assert [(mark.step, mark.text) for mark in race_of(app).marks] == [(3, "lr = 0.05")]
        assert (lane.step, lane.state) == (3, "diverged")
        await pilot.press("full_stop")
        await until(pilot, lambda: "as far as it ran" in text(app))
        app.source.stop()


async def test_fair_rates_are_shown_and_applied_as_one_change() -> None:
    app = lab("bowl", fair=True)
    async with app.run_test(size=ROOMY) as pilot:
        await until(pilot, lambda: "Value reached against learning rate" in text(app))
        assert "best lr" in text(app)
        fair = app.model.view.fair
        assert fair is not None
        best = [float(f"{one.best:.4g}") for one in fair.found]
        await pilot.press("enter")

        def rates() -> list[float]:
            return [lane.settings.optimizer_parameters["lr"] for lane in race_of(app).lanes]

        await until(pilot, lambda: rates() == best)
        assert app.model.view_name == "map"
        await pilot.press("u")
        await until(pilot, lambda: rates() == [0.1, 0.1])
        await pilot.press("F", "escape")
        await until(pilot, lambda: app.model.view_name == "map")
        app.source.stop()


async def test_the_overview_and_the_lesson_of_a_race() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("s", "1")
        await until(pilot, lambda: "Findings and log" in text(app) and "Value" in text(app))
        await pilot.press("6")
        await until(pilot, lambda: "no lesson" in text(app))
        await pilot.press("4")
        await until(pilot, lambda: "S start" in text(app))
        app.source.stop()


@pytest.mark.parametrize("theme", [Theme(), Theme("16"), Theme("grey"), Theme(ascii_only=True, glyphs=ASCII)])
async def test_diverging_lanes_leave_an_arrow_and_stay_in_the_lists(theme: Theme) -> None:
    app = lab("ravine", theme=theme)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        for _ in range(3):
            await pilot.press("right")
        await pilot.press(*["S"] * 10)
        await until(pilot, lambda: race_of(app).lanes[0].surface.diverged_at is not None)
        await until(pilot, lambda: text(app).count("diverged at step") >= 3)
        app.source.stop()


async def test_without_colour_the_map_is_grey_and_its_trails_are_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    session = Session(lambda: make_race("beale"), warming=NoWarming(), paused=True)  # type: ignore[arg-type]
    app = LabApp(session, "Two")
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press(*["S"] * 5)
        await until(pilot, lambda: "step 3–50 /" in text(app))
        styles = [segment.style for strip in app.screen._compositor.render_strips() for segment in strip]
        shown = [c.triplet for style in styles if style for c in (style.color, style.bgcolor) if c and c.triplet]
        assert len(set(shown)) > 20
        assert all(max(colour) - min(colour) <= 1 for colour in shown)
        map_lines = app.screen.query_one("#map", MapPlot).lines
        assert "".join(map_lines).count("■") > 2
        app.source.stop()


def test_a_still_picture_of_a_race_is_the_same_each_time() -> None:
    race = make_race()
    race.advance(50)
    first = render_frame(race.full_snapshot(None), 120, 40, run=race)
    assert first == render_frame(race.full_snapshot(None), 120, 40, run=race)
    assert "step 3–50 / 100" in first.text
    assert "▀" in first.text
    assert "◎" in first.text
