"""A race in numbers and plots: ranges stay finite, the curvature says what is stable."""

import math

import numpy as np
import pytest
from builders import race, race_settings, racer

from nntui import scenario
from nntui.plotting.panel import PanelView
from nntui.plotting.panels import panel_order
from nntui.plotting.plot_drawing import draw_plot
from nntui.plotting.surface_panels import SURFACE_PANELS
from nntui.plotting.surface_side import (
    curvature_rows,
    draw_curvature,
    draw_race_table,
    draw_racers,
    stability_limit,
)
from nntui.plotting.theme import Theme


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308, 1e160])
@pytest.mark.parametrize("name", list(SURFACE_PANELS))
def test_the_range_stays_that_of_the_sound_lanes(bad: float, name: str) -> None:
    lost = racer(path=[[1.0, 1.0], [30.0, 1.0], [bad, bad], [bad, bad]], state="diverged", diverged_at=2)
    view = PanelView()
    spec = SURFACE_PANELS[name].build(race(lost, racer(1)), view, Theme())
    lines = draw_plot(spec, 60, 16, Theme()).lines()
    assert "lane 0 diverged at step 2" in "\n".join(lines)
    axis = view.memory[f"race/{name}"]._axis
    assert axis is not None
    assert axis.high <= 5


def test_values_far_below_the_start_do_not_stretch_the_axis() -> None:
    path = np.column_stack([np.logspace(0, -150, 60), np.zeros(60)])
    view = PanelView()
    draw_plot(SURFACE_PANELS["value"].build(race(racer(path=path)), view, Theme()), 60, 16, Theme())
    axis = view.memory["race/value"]._axis
    assert axis is not None
    assert axis.low >= -18


def test_the_scenario_orders_the_plots() -> None:
    found = race(racer())
    assert panel_order(("distance", "loss"), found, PanelView())[0] == "distance"
    assert set(panel_order((), found, PanelView())) == set(SURFACE_PANELS)


def test_a_diverged_lane_stays_in_the_table_with_its_step() -> None:
    lost = racer(state="diverged", diverged_at=17)
    for width in (49, 62, 74, 100):
        text = "\n".join(draw_race_table(race(lost, racer(1)), 0, False, width, 5, Theme()).lines())
        assert "diverged at step 17" in text
    assert "diverged at step 17" in "\n".join(draw_racers(race(lost), 0, False, 31, 8, Theme()).lines())


@pytest.mark.parametrize(
    ("optimizer", "changes", "limit"),
    [
        ("sgd", {}, 2.0),
        ("sgd", {"momentum": 0.9}, 3.8),
        ("sgd", {"momentum": 0.9, "nesterov": 1.0}, 3.8 / 2.8),
        ("adam", {}, None),
    ],
)
def test_the_limit_of_stability(optimizer: str, changes: dict[str, float], limit: float | None) -> None:
    parameters = {**race_settings(optimizer=optimizer).optimizer_parameters, **changes}
    found = stability_limit(optimizer, parameters)
    assert found == (limit if limit is None else pytest.approx(limit))


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("nesterov", [0.0, 1.0])
def test_the_limit_is_where_the_recurrence_on_a_parabola_starts_to_grow(momentum: float, nesterov: float) -> None:
    limit = stability_limit("sgd", {"momentum": momentum, "nesterov": nesterov})
    assert limit is not None

    def end(rate: float) -> float:
        x, v = 1.0, 0.0
        for _ in range(4000):
            v = momentum * v + x
            x -= rate * (x + momentum * v if nesterov else v)
            if not math.isfinite(x):
                return math.inf
        return abs(x)

    assert end(0.99 * limit) < 1e-3
    assert end(1.01 * limit) > 1e3


def test_the_curvature_says_stable_or_not() -> None:
    stable = racer(lr=0.4, curvatures=(1.0, 4.0))
    rows = {label: value for label, value, _ in curvature_rows(stable, Theme())}
    assert rows["condition"] == "4.00"
    assert rows["lr·λmax"] == "1.60 < 2: stable"
    assert "> 2: unstable" in str(curvature_rows(racer(lr=0.6, curvatures=(1.0, 4.0)), Theme()))
    assert "saddle" in str(curvature_rows(racer(curvatures=(-1.0, 4.0)), Theme()))
    for curvatures in ((math.nan, math.nan), (-math.inf, 1.0)):
        lost = racer(curvatures=curvatures)
        assert "no curvature" in " ".join("\n".join(draw_curvature(lost, True, 40, 8, Theme()).lines()).split())


def test_what_a_scenario_may_ask_for_is_what_there_is() -> None:
    assert tuple(SURFACE_PANELS) == scenario.SURFACE_PANELS
