"""Lists and small parts of the screen: what is left out, and what says so."""

from dataclasses import replace

import pytest
from lab.fakes import snapshot

from nntui.plotting.history_plots import lane_marks
from nntui.plotting.look import Look
from nntui.plotting.map import Canvas, free_cell
from nntui.plotting.side import KnobRow, draw_knobs
from nntui.plotting.tries import TryLine, draw_tries
from nntui_engine.snapshot import Mark

LOOK = Look()


def test_heads_that_meet_stand_side_by_side_nearest_first() -> None:
    taken: set[tuple[int, int]] = set()
    found = [free_cell((10, 5), taken, Canvas(0, 0, 40, 20)) for _ in range(8)]
    assert found == [(10 + offset, 5) for offset in (0, 1, -1, 2, -2, 3, -3, 0)]
    at_the_edge: set[tuple[int, int]] = set()
    assert [free_cell((0, 5), at_the_edge, Canvas(0, 0, 3, 20)) for _ in range(3)] == [(0, 5), (1, 5), (2, 5)]


def test_tries_that_all_fit_begin_with_the_first_and_others_with_the_next_one() -> None:
    tries = [TryLine(f"suggestion {i}", "t" if i == 2 else "", i < 2) for i in range(4)]
    all_of_them = "\n".join(draw_tries(tries, 40, 6, LOOK).lines())
    assert all(f"suggestion {i}" in all_of_them for i in range(4))
    few = "\n".join(draw_tries(tries, 40, 5, LOOK).lines())
    assert [f"suggestion {i}" in few for i in range(4)] == [False, False, True, True]


@pytest.mark.parametrize(("chosen", "above", "below"), [(0, False, True), (3, True, True), (5, True, False)])
def test_arrows_say_that_there_are_more_knobs(chosen: int, above: bool, below: bool) -> None:
    rows = [KnobRow(f"knob {i}", "1", "", False, False) for i in range(6)]
    lines = draw_knobs(rows, chosen, "", "", 30, 6, LOOK).lines()
    assert [f"knob {i}" for i in range(6) if f"knob {i}" in "".join(lines)] == [
        f"knob {i}" for i in {0: range(4), 3: range(1, 5), 5: range(2, 6)}[chosen]
    ]
    assert ("↑" in lines[0]) == above
    assert ("↓" in lines[-1]) == below


def test_the_mark_that_restarted_a_lane_is_not_in_the_lane_s_own_time() -> None:
    marks = (Mark(4, "a", {}, "before"), Mark(10, "a", {}, "restarts", True), Mark(12, "a", {}, "after"))
    shown = snapshot("a", "b", step=30, marks=marks)
    restarted = replace(shown.lanes[0], step=20)
    assert [mark.step for mark in lane_marks(shown, restarted)] == [2]
