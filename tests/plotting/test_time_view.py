"""Plots as a person looks at them: smoothed with the values behind, the last steps alone, read at a step."""

import dataclasses

import numpy as np
import pytest

from nntui.plotting.panel import PanelView
from nntui.plotting.plot import Curve, Key, PlotSpec
from nntui.plotting.plot_drawing import draw_plot
from nntui.plotting.scales import SteadyAxis, linear_axis
from nntui.plotting.theme import Theme
from nntui.plotting.time_view import MOST_ROWS, draw_zoomed, next_of, seen_in_time, values_at

THEME = Theme()
STEPS = np.arange(1.0, 301.0)


def curve(values: np.ndarray, index: int = 0, steps: np.ndarray = STEPS) -> Curve:
    name = f"lane {index}"
    marker = THEME.lane_marker(index)
    return Curve(name, THEME.lane(index), marker, steps, values, values, values, ~np.isfinite(values))


def spec(*curves: Curve) -> PlotSpec:
    legend = tuple(Key(c.marker, c.label, c.colour) for c in curves)
    return PlotSpec("Loss", curves, legend, step=300, steps=300, memory=SteadyAxis())


NOISY = 2.0 + np.sin(STEPS)


def test_smoothing_is_the_mean_of_the_last_steps_and_leaves_the_values_in_sight() -> None:
    made = seen_in_time(spec(curve(NOISY)), PanelView(smoothing=100), THEME)
    raw, smooth = made.curves
    assert (raw.marker, raw.colour) == ("", THEME.faded(THEME.lane(0)))
    np.testing.assert_array_equal(raw.mean, NOISY)
    wanted = [NOISY[max(0, i - 99) : i + 1].mean() for i in range(300)]
    np.testing.assert_allclose(smooth.mean, wanted)
    assert "mean of 100 steps" in draw_plot(made, 90, 14, THEME).lines()[0]


def test_smoothing_counts_steps_and_not_points() -> None:
    steps = np.array([1.0, 2.0, 100.0, 101.0])
    made = seen_in_time(spec(curve(np.array([8.0, 6.0, 4.0, 2.0]), steps=steps)), PanelView(smoothing=20), THEME)
    np.testing.assert_allclose(made.curves[1].mean, [8.0, 7.0, 4.0, 3.0])


def test_smoothing_hides_no_nan() -> None:
    values = np.where(STEPS > 200, np.nan, 1.0)
    smooth = seen_in_time(spec(curve(values)), PanelView(smoothing=500), THEME).curves[1]
    assert np.isnan(smooth.mean[200:]).all()
    assert smooth.bad[200:].all()
    np.testing.assert_allclose(smooth.mean[:200], 1.0)


def test_whole_numbers_are_not_smoothed() -> None:
    made = dataclasses.replace(spec(curve(NOISY)), whole=True)
    assert len(seen_in_time(made, PanelView(smoothing=100), THEME).curves) == 1


def test_a_window_has_the_last_steps_alone_and_their_limits() -> None:
    values = np.where(STEPS < 100, 50.0, NOISY)
    made = seen_in_time(spec(curve(values)), PanelView(window=200), THEME)
    assert made.x_axis is not None
    assert (made.x_axis.low, made.x_axis.high) == (100.0, 300.0)
    assert made.curves[0].steps.min() == 100.0
    lines = draw_plot(made, 66, 14, THEME).lines()
    assert "50" not in "".join(line[:6] for line in lines)
    assert lines[-1].split() == ["100", "150", "200", "250", "300"]


@pytest.mark.parametrize("made", [dataclasses.replace(spec(curve(NOISY)), x_axis=linear_axis(0, 1)), spec()])
def test_what_is_not_over_the_steps_stays_as_it_is(made: PlotSpec) -> None:
    assert seen_in_time(made, PanelView(smoothing=100, window=200), THEME) is made


def test_the_cursor_reads_every_curve_at_its_step() -> None:
    late = curve(np.array([5.0, 6.0]), 1, np.array([200.0, 250.0]))
    made = seen_in_time(spec(curve(STEPS / 100), late), PanelView(), THEME)
    assert [words.strip() for _, words in values_at(made, 150.0)] == ["1.50", "-"]
    assert [words.strip() for _, words in values_at(made, 225.0)] == ["2.25", "5.00"]
    grid = draw_zoomed(made, 150.0, 80, 20, THEME, ("What it is",))
    assert "step 150" in grid.lines()[-1]
    assert "● lane 0 1.50" in grid.lines()[-1]
    column = grid.lines()[5].index("│", 7)
    assert abs((column - 6) / 72 - 0.5) < 0.02
    assert all(line[column] in "│┊" for line in grid.lines()[2:-3])
    assert "What it is" in grid.lines()[1]


def test_without_a_cursor_the_newest_values_are_read() -> None:
    made = seen_in_time(spec(curve(STEPS / 100)), PanelView(), THEME)
    assert "step 300  ● lane 0 3.00" in draw_zoomed(made, None, 80, 20, THEME, ()).lines()[-1]
    assert "step 300" in draw_zoomed(made, 5000.0, 80, 20, THEME, ()).lines()[-1]


def test_many_values_take_a_few_rows_at_most() -> None:
    made = seen_in_time(spec(*(curve(NOISY + i, i) for i in range(30))), PanelView(), THEME)
    lines = draw_zoomed(made, None, 60, 20, THEME, ()).lines()
    assert len(lines) == 20
    assert all("lane" in line for line in lines[-MOST_ROWS:])
    assert "300" in lines[-MOST_ROWS - 1]


def test_choices_go_round() -> None:
    assert [next_of((0, 5, 9), one) for one in (0, 5, 9)] == [5, 9, 0]
