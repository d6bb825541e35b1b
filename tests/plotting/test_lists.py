"""Lists and small parts of the screen: what is left out, and what says so."""

from dataclasses import replace

import numpy as np
import pytest
from builders import changed_lane, snapshot

from nntui.looks.spread import Spread
from nntui.plotting.boxes import draw_box
from nntui.plotting.grid import Grid
from nntui.plotting.history_plots import all_marks, lane_marks
from nntui.plotting.map import free_cell
from nntui.plotting.map_frame import Canvas
from nntui.plotting.panel import PanelView
from nntui.plotting.panels import PANELS
from nntui.plotting.plot import PlotSpec
from nntui.plotting.spread_list import draw_spread
from nntui.plotting.status import draw_progress
from nntui.plotting.theme import Theme
from nntui.plotting.tries import TryLine, draw_tries
from nntui_engine.run.snapshot import Mark, NonFinite
from nntui_engine.scenario.load import Sweep

THEME = Theme()


def test_heads_that_meet_stand_side_by_side_nearest_first() -> None:
    taken: set[tuple[int, int]] = set()
    found = [free_cell((10, 5), taken, Canvas(0, 0, 40, 20)) for _ in range(8)]
    assert found == [(10 + offset, 5) for offset in (0, 1, -1, 2, -2, 3, -3, 0)]
    at_the_edge: set[tuple[int, int]] = set()
    assert [free_cell((0, 5), at_the_edge, Canvas(0, 0, 3, 20)) for _ in range(3)] == [(0, 5), (1, 5), (2, 5)]


def test_tries_that_all_fit_begin_with_the_first_and_others_with_the_next_one() -> None:
    tries = [TryLine(f"suggestion {i}", "t" if i == 2 else "", i < 2) for i in range(4)]
    all_of_them = "\n".join(draw_tries(tries, 40, 6, THEME).lines())
    assert all(f"suggestion {i}" in all_of_them for i in range(4))
    few = "\n".join(draw_tries(tries, 40, 5, THEME).lines())
    assert [f"suggestion {i}" in few for i in range(4)] == [False, False, True, True]


def test_the_mark_that_restarted_a_lane_is_not_in_the_lane_s_own_time() -> None:
    marks = (Mark(4, "a", {}, "before"), Mark(10, "a", {}, "restarts", True), Mark(12, "a", {}, "after"))
    shown = snapshot("a", "b", step=30, marks=marks)
    restarted = replace(shown.lanes[0], step=20)
    assert [(mark.step, mark.text) for mark in lane_marks(shown, restarted)] == [(12, "after")]


def test_a_change_of_all_lanes_stands_at_each_lane_s_own_step() -> None:
    at = {"a": 5, "b": 25}
    marks = (
        Mark(3, None, {}, "old", at={"a": 3, "b": 3}),
        Mark(20, "a", {}, "again", True, at={"a": 20}),
        Mark(25, None, {}, "lr", at=at),
    )
    shown = snapshot("a", "b", step=30, marks=marks)
    shown = replace(shown, lanes=(replace(shown.lanes[0], step=10), shown.lanes[1]))
    found = {(mark.step, mark.text, mark.colour) for mark in all_marks(shown, THEME)}
    assert found == {(5, "lr", THEME.lane(0)), (25, "lr", THEME.lane(1)), (3, "old", THEME.lane(1))}


def test_one_change_of_lanes_that_stand_together_is_one_mark_of_no_lane() -> None:
    shown = snapshot("a", "b", step=30, marks=(Mark(7, None, {}, "lr", at={"a": 7, "b": 7}),))
    assert [(mark.step, mark.colour) for mark in all_marks(shown, THEME)] == [(7, "")]


def test_spreads_of_lanes_keep_their_names_apart_and_say_how_many_are_not_shown() -> None:
    spreads = [Spread(i, f"a dropout network of {i} layers", 0.1, 0.2) for i in range(4)]
    found = draw_spread(spreads, 30, 12, THEME).lines()
    names = [line.split()[2] for line in found if line.startswith(("│ ●", "│ ■", "│ ▲"))]
    assert names == ["0", "1", "2"]
    assert " 1 more ↓ " in found[-1]


def test_a_box_of_two_rows_is_a_box() -> None:
    grid = Grid.blank(8, 2)
    draw_box(grid, THEME, "a")
    assert [line.strip() for line in grid.lines()] == ["╭─ a ──╮", "╰──────╯"]


@pytest.mark.parametrize("width", [16, 30, 44, 100])
def test_the_bar_of_a_first_start_keeps_its_numbers_on_screen(width: int) -> None:
    text = "\n".join(draw_progress((30, 122, "forward"), width, 14, THEME).lines())
    assert " 30 / 122" in text


def test_sweeps_mark_what_diverged_and_not_what_is_still_to_be_measured() -> None:
    swept = snapshot("one", "two", "three", "four")
    broken = NonFinite(7, 1, "z", 1e30, 1e20, 2.0, 1.0, 0.1)
    lanes = (
        changed_lane(swept.lanes[0], whole={"train_loss": 0.5}),
        changed_lane(swept.lanes[1], whole={"train_loss": np.nan}),  # no evaluation yet
        changed_lane(swept.lanes[2], whole={"train_loss": np.nan}, first_non_finite=broken),
        changed_lane(swept.lanes[3], whole={"train_loss": 0.25}, first_non_finite=broken),  # measured before it broke
    )
    view = PanelView(sweep=Sweep("train.lr", (1.0, 2.0, 3.0, 4.0), {"": ("one", "two", "three", "four")}))
    spec = PANELS["sweep_loss"].build(replace(swept, lanes=lanes), view, THEME)
    assert isinstance(spec, PlotSpec)
    assert [curve.bad.tolist() for curve in spec.curves] == [[False, False, True, False]]
