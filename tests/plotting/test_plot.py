"""Whole plots: what is drawn where, gaps, marks, empty panels, ASCII and grey."""

import dataclasses

import numpy as np
import pytest

from nntui.plotting.grid import Grid
from nntui.plotting.plot import Curve, Key, PlotSpec, TimeMark
from nntui.plotting.plot_box import PlotBox
from nntui.plotting.plot_drawing import _draw_note, draw_plot
from nntui.plotting.scales import SteadyAxis
from nntui.plotting.theme import ASCII, Theme

THEME = Theme()


def curve(label: str, values: np.ndarray, index: int = 0, theme: Theme = THEME, **changes: np.ndarray) -> Curve:
    steps = np.arange(1.0, len(values) + 1)
    bad = ~np.isfinite(values)
    made = Curve(label, theme.lane(index), theme.lane_marker(index), steps, values, values, values, bad)
    return dataclasses.replace(made, **changes)


def spec(*curves: Curve, **changes: object) -> PlotSpec:
    legend = tuple(Key(c.marker, c.label, c.colour) for c in curves)
    made = PlotSpec("Loss", curves, legend, step=100, steps=100, memory=SteadyAxis())
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def test_a_plot_has_exactly_its_size_and_its_legend() -> None:
    grid = draw_plot(spec(curve("sgd", np.linspace(1, 0, 100)), curve("adam", np.zeros(100), 1)), 60, 14, THEME)
    assert (grid.width, grid.height) == (60, 14)
    assert "Loss" in grid.lines()[0]
    assert "● sgd  ■ adam" in grid.lines()[0]


def ends(lines: list[str]) -> str:
    """The margin beside the frame, from the top down."""
    return "".join(line[-1] for line in lines[1:-2])


def test_newest_points_have_their_markers_beside_the_plot_one_a_row() -> None:
    same = np.ones(100)
    lines = draw_plot(spec(curve("a", same), curve("b", same, 1), curve("c", same, 2)), 60, 14, THEME).lines()
    assert "●■▲" in ends(lines)
    assert not set("●■▲").intersection("".join(line[6:-1] for line in lines[1:-2]))
    row = next(i for i, line in enumerate(lines) if "⠤" in line or "⠒" in line or "⠉" in line or "⣀" in line)
    assert lines[row][-1] == "■"  # the middle one at the value, the others around it


def test_an_only_curve_needs_no_marker() -> None:
    assert set(ends(draw_plot(spec(curve("a", np.ones(100))), 60, 14, THEME).lines())) <= set("│╮╯")


@pytest.mark.parametrize("count", [3, 8, 9, 60])
def test_more_markers_than_rows_stay_beside_the_plot(count: int) -> None:
    flat = [dataclasses.replace(curve(str(i), np.full(50, i / count)), marker="x") for i in range(count)]
    lines = draw_plot(spec(*flat), 40, 10, THEME).lines()
    assert ends(lines).count("x") == min(count, 7)
    assert all("x" not in line[:-1] for line in lines[1:-2])


def test_nan_is_shown_at_the_top_and_named() -> None:
    values = np.where(np.arange(100) >= 50, np.nan, 1.0)
    grid = draw_plot(spec(curve("a", values), note="NaN or Inf from step 51"), 60, 14, THEME)
    top = grid.lines()[1]
    assert top.count("×") > 20
    assert "×" not in top[: len(top) // 2 - 4]
    assert "NaN or Inf from step 51" in grid.lines()[2]


def test_all_nan_from_the_first_step_is_drawn_too() -> None:
    grid = draw_plot(spec(curve("a", np.full(100, np.nan))), 60, 14, THEME)
    assert "×" in grid.lines()[1]


def test_zero_on_a_log_axis_is_an_arrow_at_the_bottom() -> None:
    values = np.where(np.arange(100) < 30, 0.0, 0.5)
    lines = draw_plot(spec(curve("a", values), scale="log"), 60, 14, THEME).lines()
    assert "▾" in lines[11]
    assert "▾" not in "".join(lines[:11])


def test_a_spike_reaches_its_value() -> None:
    low = np.full(100, 0.1)
    high = low.copy()
    high[40] = 1.0
    grid = draw_plot(spec(curve("a", low, high=high), floor=0.0), 60, 14, THEME)
    row = next(i for i, line in enumerate(grid.lines()) if line.lstrip().startswith("1.0┤") or "  1┤" in line)
    column = 6 + round(40 / 100 * 52)
    assert any("⠀" < c <= "⣿" for c in grid.lines()[row][column - 2 : column + 3])


def test_a_change_is_a_dotted_line_down_the_plot() -> None:
    grid = draw_plot(spec(curve("a", np.ones(100)), marks=(TimeMark(50),)), 60, 14, THEME)
    column = next(i for i, c in enumerate(grid.lines()[2]) if c == "┊")
    assert sum(line[column] == "┊" for line in grid.lines()) >= 9
    assert abs(column - (6 + 0.5 * 52)) < 2


def test_an_empty_plot_says_why_in_whole_words() -> None:
    grid = draw_plot(spec(empty="No layer uses a ReLU: nothing can die here."), 40, 10, THEME)
    text = " ".join(line.strip("│╭╮╰╯─ ") for line in grid.lines())
    assert "No layer uses a ReLU: nothing can die here." in " ".join(text.split())


def test_a_plot_without_a_finite_value_or_a_step_is_not_a_blank() -> None:
    assert "Nothing measured yet." in "".join(draw_plot(spec(), 40, 10, THEME).lines())


@pytest.mark.parametrize("width", [11, 20, 34, 50, 120])
@pytest.mark.parametrize("height", [5, 8, 30])
def test_every_size_is_drawn(width: int, height: int) -> None:
    grid = draw_plot(spec(curve("a", np.linspace(0, 1, 100))), width, height, THEME)
    assert grid.chars.shape == (height, width)
    assert all(len(line) == width for line in grid.lines())


def test_the_title_is_never_cut() -> None:
    long = spec(curve("a", np.ones(9)), title="Activation variance by layer")
    assert " Activation variance ─" in draw_plot(long, 35, 9, THEME).lines()[0].replace("╮", "─")


def test_two_kinds_of_points_are_told_apart_before_the_title_says_against_what() -> None:
    legend = (Key("•", "none", "#ffffff"), Key("▴", "L2", "#ffffff"))
    long = dataclasses.replace(spec(curve("a", np.ones(9))), title="Validation loss against hidden", legend=legend)
    upper = {width: draw_plot(long, width, 9, THEME).lines()[0] for width in (44, 42, 60)}
    assert "Validation loss against hidden" in upper[60]
    assert " • none  ▴ L2 " in upper[60]
    for line in upper.values():
        assert "▴" in line
        assert "Validation loss" in line


def test_ascii_plots_are_ascii() -> None:
    theme = Theme(ascii_only=True, glyphs=ASCII)
    values = np.where(np.arange(100) >= 90, np.nan, np.linspace(1, 0, 100))
    curves = (curve("a", values, 0, theme), curve("b", np.ones(100), 1, theme))
    lines = draw_plot(spec(*curves, marks=(TimeMark(50),), scale="log"), 60, 14, theme).lines()
    assert "".join(lines).isascii()
    assert any("*" in line for line in lines[1:])
    assert any("+" in line[7:-2] for line in lines[1:-3])


def test_in_grey_each_line_is_marked_along_its_way() -> None:
    curves = (curve("a", np.ones(100)), curve("b", np.zeros(100), 1))
    coloured = "".join(draw_plot(spec(*curves), 80, 14, THEME).lines()[1:])
    grey = "".join(draw_plot(spec(*curves), 80, 14, Theme("grey")).lines()[1:])
    assert coloured.count("●") == 1
    assert grey.count("●") >= 4
    assert grey.count("■") >= 4


def test_a_long_note_fills_the_canvas_under_the_crosses_and_leaves_its_last_row() -> None:
    grid = Grid.blank(30, 12)
    _draw_note(grid, PlotBox(np.empty((0, 0), dtype="<U1"), left=2, top=3, width=20, height=6), "word " * 60)
    written = [row for row, line in enumerate(grid.lines()) if "word" in line]
    assert written == [4, 5, 6, 7]
