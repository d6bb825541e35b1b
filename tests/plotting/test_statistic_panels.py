"""The plain panel that every statistic has, and which panels are shown unasked."""

from typing import Any

import numpy as np
import pytest

from nntui.plotting.panel import PanelView
from nntui.plotting.panels import PANELS, histories, panel_order
from nntui.plotting.plot import PlotSpec
from nntui.plotting.theme import Theme
from nntui_engine import Experiment
from nntui_engine.registry.statistic import EVALUATION_BY_NAME, LAYER_BY_NAME, WHOLE_BY_NAME
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.scenario import scenario_from_dict

ON_REQUEST = [name for name, panel in PANELS.items() if panel.on_request and panel.look is None and not panel.view]


def run(*lanes: str, **train: Any) -> Experiment:
    tables: dict[str, Any] = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "moons", "samples": 80},
        "model": {"hidden": [4, 3], "activation": "sigmoid"},
        "train": {"steps": 40, "batch_size": 8, "l2": 0.01, "evaluate_every": 10, **train},
    }
    if lanes:
        tables["lane"] = [{"name": name, "set": {"train.lr": 0.1 * (i + 1)}} for i, name in enumerate(lanes)]
    experiment = Experiment(scenario_from_dict(tables))
    experiment.advance(40)
    return experiment


def shot(experiment: Experiment, name: str) -> Snapshot:
    whole, layer = histories((name,))
    return experiment.snapshot(whole_history=set(whole), layer_history=set(layer), points=64)


def test_every_statistic_over_time_has_a_panel() -> None:
    assert {*WHOLE_BY_NAME, *EVALUATION_BY_NAME, *LAYER_BY_NAME} <= set(PANELS)


@pytest.mark.parametrize("name", [name for name in ON_REQUEST if "r2" not in name])
def test_a_plain_panel_shows_the_values_measured(name: str) -> None:
    experiment = run("slow", "quick")
    snapshot = shot(experiment, name)
    spec = PANELS[name].build(snapshot, PanelView(lane=1), Theme())
    assert isinstance(spec, PlotSpec)
    assert spec.empty == ""
    last = [curve.mean[-1] for curve in spec.curves]
    statistics = [lane.statistics for lane in experiment.lanes]
    wanted = statistics[1]["layers"][name] if name in LAYER_BY_NAME else [one[name] for one in statistics]
    np.testing.assert_allclose(last, wanted, rtol=1e-6, equal_nan=True)


def test_one_lane_needs_no_legend_and_a_regression_has_its_own_measure() -> None:
    spec = PANELS["train_loss"].build(shot(run(), "train_loss"), PanelView(), Theme())
    assert isinstance(spec, PlotSpec)
    assert (len(spec.curves), spec.legend) == (1, ())


def test_what_is_measured_later_says_so_and_accuracy_has_its_fixed_axis() -> None:
    experiment = Experiment(run().scenario)
    spec = PANELS["train_accuracy"].build(shot(experiment, "train_accuracy"), PanelView(), Theme())
    assert isinstance(spec, PlotSpec)
    assert (spec.fixed, spec.percent) == ((0.0, 1.0), True)


@pytest.mark.parametrize(("name", "later"), [("train_accuracy", True), ("lr", False)])
def test_an_empty_panel_says_when_its_statistic_is_measured(name: str, later: bool) -> None:
    empty = Experiment(run().scenario).snapshot(points=64)  # without any history
    spec = PANELS[name].build(empty, PanelView(), Theme())
    assert isinstance(spec, PlotSpec)
    assert spec.empty
    assert ("first evaluation" in spec.empty) == later


def test_a_panel_for_one_lesson_is_shown_only_where_it_is_asked_for() -> None:
    snapshot, view = shot(run(), "loss"), PanelView()
    unasked = panel_order((), snapshot, view)
    assert not set(unasked) & set(ON_REQUEST)
    assert panel_order(("update_ratio", "lr"), snapshot, view) == ("update_ratio", "lr", *unasked)


def test_a_lane_that_runs_away_makes_the_axis_logarithmic() -> None:
    calm, lost = run("a", "b", loss="mse"), run("a", "b", loss="mse")
    lost.tweak({"train.lr": 1000.0, "model.output": "linear"}, "b")
    lost.restart()
    lost.advance(3)
    scales = []
    for experiment in (calm, lost):
        spec = PANELS["loss"].build(shot(experiment, "loss"), PanelView(), Theme())
        assert isinstance(spec, PlotSpec)
        scales.append(spec.scale)
    assert scales == ["linear", "log"]
