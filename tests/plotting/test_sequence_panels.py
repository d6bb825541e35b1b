"""Panels of recurrent layers, drawn from pasts made by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.style import Style

from nntui.looks.inside import hidden_over_time
from nntui.looks.request import LookRequest, take_looks
from nntui.plotting.grid import Grid
from nntui.plotting.panel import PanelView, draw_panel
from nntui.plotting.panels import PANELS, build_panel, panel_order
from nntui.plotting.plot import PlotSpec
from nntui.plotting.sequence_panels import SEQUENCE_PANELS
from nntui.plotting.shades import rising, signed
from nntui.plotting.theme import ASCII, BACKGROUND, ERROR, Theme, luminance
from nntui.scenario import LAYER_PANELS
from nntui_engine import Experiment
from nntui_engine.analysis.inside import hidden_states, probe_set
from nntui_engine.run.snapshot import Series, Snapshot
from nntui_engine.scenario import scenario_from_dict

TIME, UNITS = 6, 4
NAMES = tuple(panel.name for panel in SEQUENCE_PANELS)
THEMES = [Theme(), Theme("16"), Theme("grey"), Theme("full", True, ASCII)]


def experiment(kind: str = "lstm", **more: Any) -> Experiment:
    return Experiment(
        scenario_from_dict(
            {
                "schema": 1,
                "scenario": {"title": "Sequences"},
                "data": {"name": "adding", "samples": 60, "length": TIME},
                "model": {"layers": [{"kind": kind, "name": "cells", "units": UNITS}]},
                "train": {"steps": 100, "batch_size": 10, "lr": 0.1, "dtype": "float64"},
                **more,
            }
        )
    )


def shot(run: Experiment) -> Snapshot:
    return run.full_snapshot(64)


def with_past(values: np.ndarray, steps: list[float], statistic: str = "time_gradient_norm") -> Snapshot:
    """A snapshot whose recurrent layer had ``values`` (samples, …) at ``steps``."""
    run = experiment()
    run.advance(3)
    snapshot = shot(run)
    (lane,) = snapshot.lanes
    series = Series(np.array(steps), values, values, values)
    past = {**lane.sequence_history, statistic: {1: series}}
    return replace(snapshot, step=100, lanes=(replace(lane, step=100, sequence_history=past),))


def drawn(name: str, snapshot: Snapshot, size: tuple[int, int] = (80, 20), theme: Theme = THEMES[0]) -> Grid:
    return draw_panel(build_panel(name, snapshot, PanelView(), theme), *size, theme)


def colours(grid: Grid, row: int, column: int) -> tuple[str, str]:
    """Upper and lower colour of a cell."""
    style = Style.parse(grid.styles[grid.inks[row, column]])
    assert style.bgcolor is not None
    assert style.color is not None
    lower = style.bgcolor.name
    return (style.color.name if grid.chars[row, column] == "▀" else lower), lower


def test_every_panel_may_be_asked_for() -> None:
    assert set(LAYER_PANELS) <= set(PANELS)


def test_the_map_has_time_upwards_and_training_to_the_right() -> None:
    """Two samples of six time steps: the first rises from 1e-5 to 1, the second is 1 throughout."""
    values = np.stack([10.0 ** np.arange(-5.0, 1.0), np.ones(TIME)])
    grid = drawn("gradient_through_time", with_past(values, [50.0, 100.0]))
    lines = grid.lines()
    assert "Gradient through time" in lines[0]
    assert "█ 1e-5 █ 1 ╮" in lines[0]
    palette = rising(THEMES[0])
    left, right = 10, 60  # columns below step 50, and behind
    tops = [colours(grid, 1, column)[0] for column in (left, right)]
    bottoms = [colours(grid, 17, column)[1] for column in (left, right)]
    assert tops == [palette.colours[palette.levels - 1]] * 2
    assert bottoms == [palette.colours[0], palette.colours[palette.levels - 1]]
    column = [colours(grid, row, left)[0] for row in range(1, 17)]
    assert len(set(column)) == TIME
    assert [luminance(c) for c in column] == sorted((luminance(c) for c in column), reverse=True)


def test_after_the_newest_sample_nothing_is_drawn_and_nan_is_seen() -> None:
    values = np.ones((2, TIME))
    values[1, 0], values[1, 1], values[0, 0] = np.nan, np.inf, 0.0
    grid = drawn("gradient_through_time", with_past(values, [20.0, 40.0]))
    assert colours(grid, 9, 70) == (BACKGROUND, BACKGROUND)
    assert colours(grid, 17, 30)[1] == ERROR
    assert colours(grid, 15, 30)[1] == ERROR
    assert colours(grid, 17, 12)[1] == BACKGROUND  # no gradient at all


def test_the_curves_are_those_of_the_first_the_middle_and_the_newest_sample() -> None:
    values = np.stack([np.full(TIME, 10.0**-k) for k in range(5)])
    spec = build_panel("gradient_by_time", with_past(values, [10.0, 20.0, 30.0, 40.0, 50.0]), PanelView(), Theme())
    assert isinstance(spec, PlotSpec)
    assert [key.label for key in spec.legend] == ["step 10", "30", "50"]
    assert [curve.mean[0] for curve in spec.curves] == [1.0, 1e-2, 1e-4]
    np.testing.assert_array_equal(spec.curves[0].steps, np.arange(1, TIME + 1))
    assert len({key.colour for key in spec.legend}) == 3
    one = build_panel("gradient_by_time", with_past(values[:1], [10.0]), PanelView(), Theme())
    assert isinstance(one, PlotSpec)
    assert len(one.curves) == 1


def test_each_gate_has_its_mean_and_dim_its_saturated_share() -> None:
    means = np.linspace(0.1, 0.4, 4)[None] + np.zeros((3, 1))
    spec = build_panel("gates", with_past(means, [1.0, 2.0, 3.0], "gate_mean"), PanelView(), Theme())
    assert isinstance(spec, PlotSpec)
    assert [key.label for key in spec.legend] == ["input", "forget", "cell", "output"]
    named = [curve for curve in spec.curves if curve.marker]
    assert [curve.mean[-1] for curve in named] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    dim = [curve for curve in spec.curves if not curve.marker]
    assert [curve.colour for curve in dim] == [Theme().faded(curve.colour) for curve in named]


def test_no_sign_of_a_gate_or_a_moment_means_a_lane() -> None:
    lanes = {Theme().lane_marker(place) for place in range(8)}
    for name, statistic in (("gates", "gate_mean"), ("gradient_by_time", "time_gradient_norm")):
        spec = build_panel(name, with_past(np.full((3, 4), 0.5), [1.0, 2.0, 3.0], statistic), PanelView(), Theme())
        assert isinstance(spec, PlotSpec)
        markers = [key.marker for key in spec.legend]
        assert len(markers) == len(set(markers)) > 2
        assert not lanes & set(markers)


def test_hidden_units_are_those_of_the_first_probe_sequence() -> None:
    run = experiment("gru")
    run.advance(20)
    view = PanelView(looks=take_looks(run, LookRequest((hidden_over_time,))))
    grid = draw_panel(build_panel("hidden_over_time", shot(run), view, Theme()), 80, 20, Theme())
    states = hidden_states(run, 0, 1, probe_set(run, 0, 1))[0]
    palette, largest = signed(Theme()), np.abs(states).max()
    for row, column, unit, time in ((17, 8, 0, 0), (1, 8, UNITS - 1, 0), (17, 77, 0, TIME - 1), (1, 77, 3, TIME - 1)):
        middle = palette.levels // 2
        shade = round(middle + middle * float(states[time, unit] / largest))
        assert colours(grid, row, column)[row > 9] == palette.colours[shade]
    assert "█ positive █ negative" in grid.lines()[0]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", [(20, 6), (39, 10), (80, 20), (3, 2)])
@pytest.mark.parametrize("name", NAMES)
def test_they_fit_every_size_in_every_theme(name: str, size: tuple[int, int], theme: Theme) -> None:
    run = experiment()
    run.advance(5)
    look = PANELS[name].look
    view = PanelView(looks=take_looks(run, LookRequest((look,) if look else ())))
    grid = draw_panel(build_panel(name, shot(run), view, theme), *size, theme)
    assert (grid.width, grid.height) == size
    assert not theme.ascii_only or all(line.isascii() for line in grid.lines())


def test_they_open_by_themselves_where_there_is_something_to_show() -> None:
    gated, plain = experiment("gru"), experiment("recurrent")
    sequences = ("gradient_through_time", "gradient_by_time", "hidden_over_time")
    assert set(panel_order((), shot(gated), PanelView())) >= {*sequences, "gates"}
    assert set(panel_order((), shot(plain), PanelView())) & set(LAYER_PANELS) == set(sequences)
    dense = Experiment("xor")
    assert not set(panel_order((), shot(dense), PanelView())) & set(LAYER_PANELS)


def test_an_empty_one_says_why() -> None:
    dense = {"name": "dense", "set": {"model.layers": [{"kind": "flatten"}]}}
    run = experiment(lane=[{"name": "cells", "set": {}}, dense])
    for name in NAMES:
        spec = build_panel(name, shot(run), PanelView(lane=1), Theme())
        assert isinstance(spec, PlotSpec)
        assert spec.empty.startswith("Lane dense has no ")
        started = build_panel(name, shot(run), PanelView(), Theme())
        assert isinstance(started, PlotSpec)
        assert started.empty in ("No step has been trained yet.", "One moment.")
