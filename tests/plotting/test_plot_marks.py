"""Changes in plots: a line at the step of the lane that it belongs to, and its words where there is room."""

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nntui.plotting.plot import Curve, PlotSpec, TimeMark
from nntui.plotting.plot_drawing import draw_plot
from nntui.plotting.plot_ends import apart
from nntui.plotting.scales import SteadyAxis
from nntui.plotting.theme import Theme

THEME = Theme()
STEPS = np.arange(1.0, 101.0)


def lines(*marks: TimeMark, width: int = 66, values: np.ndarray | None = None) -> list[str]:
    flat = np.ones(100) if values is None else values
    curve = Curve("", THEME.lane(0), "●", STEPS, flat, flat, flat, np.zeros(100, bool))
    spec = PlotSpec("Loss", (curve,), step=100, steps=100, marks=marks, floor=0.0, memory=SteadyAxis())
    return draw_plot(spec, width, 14, THEME).lines()


def test_words_stand_beside_their_line() -> None:
    drawn = lines(TimeMark(50, text="lr = 0.2"))
    assert drawn[11][6:-1].split("┊")[1].startswith("lr = 0.2")


def test_words_of_neighbours_take_rows_of_their_own_or_are_cut_to_something_readable() -> None:
    drawn = "\n".join(lines(TimeMark(50, text="optimizer = adam"), TimeMark(60, text="lr = 0.2")))
    assert "lr = 0.2" in drawn
    assert "optimizer = adam" not in drawn  # a line of another change stands there
    crowded = lines(*(TimeMark(step, text="optimizer = adam") for step in range(10, 100, 5)))
    assert not any("o…" in line for line in crowded)


def test_words_never_cover_a_curve() -> None:
    values = np.tile([0.0, 1.0], 50)
    assert lines(TimeMark(20, text="lr = 0.2"), values=values)[1:-2] == lines(TimeMark(20), values=values)[1:-2]


def test_a_mark_has_the_colour_of_its_lane() -> None:
    marks = (TimeMark(50, colour=THEME.lane(1)), TimeMark(70))
    flat = np.ones(100)
    curve = Curve("", THEME.lane(0), "●", STEPS, flat, flat, flat, np.zeros(100, bool))
    grid = draw_plot(PlotSpec("Loss", (curve,), step=100, steps=100, marks=marks, memory=SteadyAxis()), 66, 14, THEME)
    styles = [grid.styles[grid.inks[3, i]] for i, c in enumerate(grid.lines()[3]) if c == "┊"]
    assert styles[0] == THEME.faded(THEME.lane(1))
    assert len(set(styles)) == 2


def test_a_mark_beyond_the_plot_is_not_drawn_at_its_end() -> None:
    assert "┊" not in "".join(lines(dataclasses.replace(TimeMark(150), text="late")))


@given(st.lists(st.integers(3, 12), max_size=10))
def test_rows_moved_apart_stay_in_order_and_near(rows: list[int]) -> None:
    rows = sorted(rows)
    moved = apart(rows, 3, 12)
    assert len(set(moved)) == len(rows)
    assert moved == sorted(moved)
    assert all(3 <= row <= 12 for row in moved)
    if len(set(rows)) == len(rows):
        assert moved == rows


def test_a_group_stands_around_where_its_rows_meet() -> None:
    assert apart([6, 6, 6], 0, 12) == [5, 6, 7]
    assert apart([0, 0, 0], 0, 12) == [0, 1, 2]
    assert apart([12, 12, 12], 0, 12) == [10, 11, 12]
    assert apart([4, 6, 6], 0, 12) == [4, 6, 7]
