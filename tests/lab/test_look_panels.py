"""The panels that look at the network itself, with the engine behind them, by keys and without a terminal."""

import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lab.driving import ROOMY, SMALL, ready, text, until
from lab.fakes import NoWarming
from looks.looking import experiment, taken

from nntui.lab.app import LabApp
from nntui.lab.session import Session
from nntui.lab.still import render_frame
from nntui.lab.widgets.grid_view import GridView
from nntui.looks.curve import prediction_curve
from nntui.looks.request import LookRequest, take_looks
from nntui.looks.responses import diagram
from nntui.looks.spread import prediction_spread
from nntui.looks.weights import coefficient_paths
from nntui.plotting.panel import PanelView
from nntui.plotting.panels import PANELS
from nntui.plotting.plot import PlotSpec
from nntui.plotting.theme import ASCII, Theme
from nntui.scenario import LAYER_PANELS, LOOK_PANELS
from nntui_engine import Experiment
from nntui_engine.scenario import scenario_from_dict


def lab(make: Callable[[], Any] = experiment, *, theme: Theme | None = None) -> LabApp:
    session = Session(make, warming=NoWarming(), paused=True)  # type: ignore[arg-type]
    return LabApp(session, "Close", theme=theme or Theme())


def map_of(app: LabApp) -> str:
    """What is beside the lanes and knobs."""
    left = 31 if app.size.width < 100 else app.screen.query_one("#side").size.width
    return "\n".join(line[left:] for line in text(app).splitlines())


def labelled() -> Experiment:
    """A network that gives several labels a row."""
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "signs", "samples": 80},
        "model": {"hidden": [3]},
    }
    return Experiment(scenario_from_dict(tables))


TWO = ({"name": "small", "set": {"model.hidden": [1]}}, {"name": "large"})


def picture(run: Experiment, view: str, size: tuple[int, int] = ROOMY, **options: Any) -> str:
    first = {lane.name: lane.settings for lane in run.lanes}
    shot = run.snapshot(points=64)
    return render_frame(shot, *size, scenario=run.scenario, first=first, view=view, run=run, **options).text


def test_every_panel_that_looks_closer_has_its_look_and_may_be_asked_for() -> None:
    assert (
        {name for name, panel in PANELS.items() if panel.look is not None}
        <= {*LOOK_PANELS, *LAYER_PANELS}
        <= set(PANELS)
    )


@pytest.mark.parametrize("size", [SMALL, (100, 30), ROOMY, (240, 60)])
async def test_key_4_shows_the_regions_of_the_chosen_lane(size: tuple[int, int]) -> None:
    app = lab(lambda: experiment(lanes=TWO))
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.press("4")
        await until(pilot, lambda: "▀" in text(app) and "▸● small" in map_of(app))
        seen = map_of(app)
        assert "Decision regions" in seen
        assert "■ large" in seen
        assert "more" not in seen
        await pilot.press("tab")
        await until(pilot, lambda: "▸■ large" in map_of(app))
        before = app.model.view.looks
        await pilot.press("s", "s")
        await until(pilot, lambda: app.model.view.looks is not before and app.model.view.looks.step == 2)  # type: ignore[union-attr]
        app.source.stop()


async def test_key_4_shows_what_a_network_with_more_inputs_answers() -> None:
    app = lab(lambda: experiment("digits"))
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("4")
        await until(pilot, lambda: "Most often: " in text(app))
        seen = text(app)
        for words in ("Rows by PCA, ", "Confusion matrix", "Rows: 540 held out", "held-out rows), the surest first"):
            assert words in seen
        app.source.stop()


async def test_key_4_says_why_there_is_no_map() -> None:
    app = lab(lambda: labelled())
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("4")
        await until(pilot, lambda: "this network gives several at once" in text(app))
        assert app.model.view_name == "overview"
        assert "4 map" not in text(app).splitlines()[-1]
        app.source.stop()


async def test_keys_choose_the_unit_that_is_shown() -> None:
    app = lab(lambda: experiment("digits"))
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("v")  # does nothing in the overview
        await pilot.press("3")
        await until(pilot, lambda: "Unit 1 of 3, layer 1" in text(app) and "3 units" in text(app))
        await pilot.press("v")
        await until(pilot, lambda: "Unit 2 of 3, layer 1" in text(app))
        await pilot.press("V", "V")
        await until(pilot, lambda: "Unit 3 of 3, layer 1" in text(app))
        await pilot.press("w")
        await until(pilot, lambda: "Unit 1 of 10, output" in text(app))
        app.source.stop()


async def test_enter_shows_a_unit_large_and_arrows_go_from_unit_to_unit() -> None:
    app = lab(lambda: experiment(model={"hidden": [4, 5]}))
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        before = app.model.rack.chosen
        await pilot.press("3", "enter")
        await until(pilot, lambda: "Unit 1 of 4, layer 1" in text(app) and "Its answer" in text(app))
        assert "Lanes" not in text(app)
        await pilot.press("right", "right")
        await until(pilot, lambda: "Unit 3 of 4, layer 1" in text(app))
        await pilot.press("right", "down")
        await until(pilot, lambda: "Unit 5 of 5, layer 2" in text(app))  # as far along as before
        await pilot.press("up", "up")
        await until(pilot, lambda: "Unit 1 of 1, output" in text(app))
        assert app.model.rack.chosen == before
        await pilot.press("enter")
        await until(pilot, lambda: "Knobs" in text(app) and "Unit 1 of 1, output" in text(app))
        await pilot.press("z")
        await until(pilot, lambda: "Knobs" not in text(app) and "Units: mean activation" in text(app))
        await pilot.press("up", "left", "enter")
        await until(pilot, lambda: "Unit 5 of 5, layer 2" in text(app) and "Its answer" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Knobs" in text(app))
        app.source.stop()


def test_the_network_view_has_what_the_chosen_lane_has() -> None:
    layers = [{"kind": "convolution", "filters": 2, "kernel": 3}, {"kind": "flatten"}]
    lanes = ({"name": "dense"}, {"name": "conv", "set": {"model.layers": layers}})
    run = experiment("digits", lanes=lanes)
    assert "Filters" not in picture(run, "network")
    assert "Weights of layer 1 as pictures" in picture(run, "network")
    assert "Filters of " in picture(run, "network", lane=1)
    assert "Weights of layer 1 as pictures" not in picture(run, "network", lane=1)


async def test_c_changes_what_the_shades_of_units_say() -> None:
    app = lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("c")
        await until(pilot, lambda: "Units are not shown: 3 shows them." in text(app))
        await pilot.press("3")
        for words in ("mean activation", "silent share", "saturated share", "gradient", "mean activation"):
            await until(pilot, lambda words=words: f"Units: {words}" in text(app))  # type: ignore[misc]
            await pilot.press("c")
        app.source.stop()


async def test_a_view_that_the_next_lane_does_not_have_is_left() -> None:
    lanes = ({"name": "one"}, {"name": "many", "set": {"data.name": "signs"}})
    app = lab(lambda: experiment(lanes=lanes))
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("4", "tab")
        await until(pilot, lambda: app.model.view_name == "overview")
        app.source.stop()


def test_the_curve_has_every_lane_and_a_band_where_dropout_is() -> None:
    lanes = ({"name": "sure"}, {"name": "unsure", "set": {"model.dropout": 0.4}})
    run = experiment("sine", lanes=lanes)
    run.advance(50)
    found = taken(run, prediction_curve)
    sure, unsure = found.bands
    np.testing.assert_allclose(sure.middle, run.predict(found.xs[:, None], 0)[:, 0])
    np.testing.assert_array_equal(sure.low, sure.high)
    assert (unsure.high - unsure.low).max() > 0.01
    seen = picture(run, "map")
    for words in ("Prediction · against", "● sure", "■ unsure", "• data", "◦ held out"):
        assert words in seen


def test_the_spread_is_shown_where_a_lane_has_dropout() -> None:
    assert "Prediction spread" not in picture(experiment("sine"), "network")
    lanes = ({"name": "sure"}, {"name": "unsure", "set": {"model.dropout": 0.4}})
    run = experiment("sine", lanes=lanes)
    run.advance(50)
    (spread,) = taken(run, prediction_spread)
    assert spread.name == "unsure"
    assert spread.at_data > 0.01
    assert "Prediction spread" not in picture(run, "network")
    seen = picture(run, "network", lane=1)
    assert "Prediction spread" in seen
    assert "at the data" in seen


@pytest.mark.parametrize(("size", "lines"), [(SMALL, 1), (ROOMY, 0)])
def test_the_backward_pass_of_a_tiny_network_stands_in_numbers(size: tuple[int, int], lines: int) -> None:
    run = experiment("xor", panels=("backward_pass",), model={"hidden": [2]})
    run.advance(3)
    seen = picture(run, "network", size, page=2 if size == SMALL else 0)
    for words in (
        "Backward pass",
        "δ = ∂L/∂z",
        "∂L/∂w",
        "1.2",
        "o1",
        "bias→1.1",
        "all 9 agree with centred differences",
    ):
        assert words in seen
    assert seen.count("in a larger window") <= lines
    assert "Backward pass" in picture(run, "overview", size)
    assert "Backward pass" not in picture(experiment(model={"hidden": [16]}), "network")


def test_a_sweep_is_drawn_against_its_setting() -> None:
    run = experiment(sweep={"key": "model.hidden", "values": [[1], [2], [4], [32]]})
    run.advance(100)
    seen = picture(run, "overview")
    assert "Loss against hidden" in seen
    assert "Accuracy against hidden" in seen
    assert seen.index("Loss against hidden") < seen.index("Gradient norm")
    assert "against" not in picture(experiment(), "overview")


@pytest.mark.parametrize("theme", [Theme(ascii_only=True, glyphs=ASCII), Theme("grey"), Theme("16")])
async def test_every_theme_can_draw_them(theme: Theme) -> None:
    names = ("decision_regions", "backward_pass", "unit_weights", "prediction_spread")
    app = lab(lambda: experiment(panels=names, model={"dropout": 0.2}), theme=theme)
    async with app.run_test(size=(200, 60)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: app.model.view.looks is not None and len(app.model.view.looks.found) == 4)
        await pilot.pause()
        seen = text(app)
        for words in ("Decision regions", "Backward pass", "Weights of unit 1", "Prediction spread"):
            assert words in seen
        if theme.ascii_only:
            assert seen.isascii()
        app.source.stop()


def test_nothing_is_looked_at_that_is_not_on_screen() -> None:
    session = Session(experiment, warming=NoWarming())  # type: ignore[arg-type]
    session.start()
    end = time.monotonic() + 20
    while time.monotonic() < end and (session.poll().snapshot is None or session.poll().snapshot.step < 50):  # type: ignore[union-attr]
        time.sleep(0.02)
    assert session.poll().looks is None
    session.stop()


def test_coefficient_paths_hold_every_weight_of_every_swept_lane() -> None:
    sweep = {"key": "train.l1", "values": [0.3, 0.001, 0.03]}
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "diabetes", "preprocess": "standardize", "target_scale": "standardize"},
        "model": {"hidden": []},
        "train": {"lr": 0.05, "steps": 60, "batch_size": "full"},
        "sweep": sweep,
    }
    run = Experiment(scenario_from_dict(tables))
    run.advance(60)
    view = PanelView(looks=take_looks(run, LookRequest((coefficient_paths,), 0, 1, 0)), sweep=run.scenario.sweep)
    shot = run.snapshot()
    assert PANELS["coefficient_paths"].applies(shot, view)
    spec = PANELS["coefficient_paths"].build(shot, view, Theme())
    assert isinstance(spec, PlotSpec)
    np.testing.assert_allclose(spec.curves[0].steps, [0.001, 0.03, 0.3])
    for rank, lane in enumerate((1, 2, 0)):
        found = [curve.mean[rank] for curve in spec.curves]
        np.testing.assert_array_equal(found, run.parameters(lane)["1.weights"][:, 0])
    assert {"bmi", "s5"} <= {key.label for key in spec.legend}
    assert not PANELS["coefficient_paths"].applies(experiment().snapshot(), PanelView())


def test_what_is_as_it_was_is_not_drawn_again() -> None:
    run, view, drawn = experiment(), PanelView(), []
    view.looks = take_looks(run, LookRequest((diagram,)))
    panel = PANELS["diagram"]

    def grid() -> Any:
        built = panel.build(run.snapshot(points=8), view, Theme())
        assert not isinstance(built, PlotSpec)
        drawn.append(built(80, 30))
        return drawn[-1]

    assert grid() is grid()
    view.unit = 1
    assert grid() is not drawn[0]
    view.looks = take_looks(run, LookRequest((diagram,)))
    assert grid() is not drawn[-2]


def footer(app: LabApp) -> str:
    return text(app).splitlines()[-1]


@pytest.mark.parametrize("view", ["1", "2"])
async def test_enter_on_a_layer_shows_it_large_and_escape_goes_back(view: str) -> None:
    app = lab(lambda: experiment(lanes=TWO))
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("S", view, "tab")
        await until(pilot, lambda: "Layers · large" in text(app))
        if view == "1":
            assert "enter type" in footer(app)
            app.model.go_to_layer(2)
            app.redraw()
        else:
            await pilot.press("w")
        await until(pilot, lambda: "enter one layer" in footer(app))
        await pilot.press("enter")
        await until(pilot, lambda: "Weights now" in text(app) and "Outputs from step to step" in text(app))
        assert re.search(r"─ (Output|Layer 2) · \w+ · large ─", text(app))
        assert "↑↓ layer" in footer(app)
        assert "enter back" in footer(app)
        await pilot.press("up")
        await until(pilot, lambda: "─ Layer 1 · " in text(app))
        await pilot.press("question_mark")
        words = ("The chosen layer: each statistic over the run", "click chooses one, enter shows it large")
        await until(pilot, lambda: all(one in text(app) for one in words))
        assert re.search(r"enter +Back ", text(app))
        assert re.search(r"↑ +Layer ", text(app))
        assert re.search(r"→ +Cursor ", text(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.lab_screen)
        await pilot.press("escape")
        await until(pilot, lambda: "Layers · large" in text(app) and "Weights now" not in text(app))
        assert app.model.view.snapshot.marks == ()  # type: ignore[union-attr]
        app.source.stop()


async def test_enter_is_for_the_knob_again_once_one_is_chosen() -> None:
    app = lab(lambda: experiment(lanes=TWO))
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        for leave in ("down", "right", "6"):
            app.model.go_to_layer(2)
            app.redraw()
            await until(pilot, lambda: "enter one layer" in footer(app))
            await pilot.press(leave)
            await until(pilot, lambda: "one layer" not in footer(app))
        app.source.stop()


async def test_a_layer_that_is_clicked_twice_stands_alone() -> None:
    app = lab(lambda: experiment(lanes=TWO))
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await until(pilot, lambda: "Layers · small" in text(app))
        spot = app.screen.query_one("#layers", GridView).spots("layer")[-1]
        await pilot.click("#layers", offset=(spot.column + 2, spot.row), times=2)
        await until(pilot, lambda: "Weights now" in text(app))
        app.source.stop()
