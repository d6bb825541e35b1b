"""Maps of several lanes side by side, and the marks in them."""

from dataclasses import replace

import numpy as np
import pytest

from nntui.looks.projection import Projection
from nntui.looks.regions import Regions, stretched
from nntui.plotting.grid import Grid
from nntui.plotting.lane_maps import draw_lane_maps
from nntui.plotting.regions import seen
from nntui.plotting.theme import ASCII, Theme

SQUARE = ((-1.0, 1.0), (-1.0, 1.0))
TITLES = ("Decision regions",)
THEMES = [Theme(), Theme("16"), Theme("grey"), Theme("grey", True, ASCII)]


def maps(count: int, data: tuple[tuple[float, float], tuple[float, float]] = SQUARE) -> list[Regions]:
    """Class 0 left of 0, class 1 right of it; of the rows the last two are wrong, one of them held out."""
    xs = np.linspace(*stretched(data)[0], 128)
    kind = np.tile((xs > 0).astype(np.int64), (96, 1))
    points = np.array([(-0.5, 0.5), (0.5, 0.5), (0.5, -0.5), (-0.5, -0.5)])
    one = Regions(
        stretched(data), kind, np.ones(kind.shape), points, np.array([0, 1, 0, 1]),
        np.array([False, True, False, True]), ("a", "b"), ("x", "y"), np.array([False, False, True, True]), data,
    )  # fmt: skip
    return [replace(one, lane=i, name=f"lane {i}") for i in range(count)]


def marked(grid: Grid, marks: str) -> list[tuple[int, int]]:
    return [(r, c) for r, line in enumerate(grid.lines()[1:-2]) for c, mark in enumerate(line) if mark in marks]


@pytest.mark.parametrize("theme", THEMES)
def test_wrong_rows_have_a_mark_of_another_shape_for_those_trained_on_and_held_out(theme: Theme) -> None:
    grid = draw_lane_maps(maps(1), 0, 1, TITLES, 60, 24, theme)
    g = theme.glyphs
    assert len({g.kind[0], g.held_out[1], *g.wrong}) == 4
    for mark in (g.kind[0], g.held_out[1], *g.wrong):
        assert len(marked(grid, mark)) == 1, mark
    ((low, left),), ((down, right),) = marked(grid, g.wrong[1]), marked(grid, g.wrong[0])
    assert low == down
    assert left < right
    assert "2 wrong" in grid.lines()[0]


def test_one_unit_is_as_long_across_as_up() -> None:
    for data in (SQUARE, ((-3.0, 3.0), (-1.0, 1.0)), ((0.0, 1.0), (5.0, 9.0))):
        for columns, rows in ((40, 20), (80, 20), (30, 40)):
            window, wide, high = seen(maps(1, data)[0], columns, rows)
            assert wide <= columns
            assert high <= rows
            assert wide == columns or high == rows
            projection = Projection(window, wide, high)
            (x0, y0), (x1, y1) = projection.point(0, 0), projection.point(1, 1)
            assert x1 - x0 == pytest.approx((y0 - y1) / 2, rel=0.12)  # whole cells
            for (low, top), (first, last) in zip(window, data, strict=True):
                assert low <= first + 1e-9
                assert top >= last - 1e-9


def test_axes_that_cannot_have_one_scale_fill_the_room() -> None:
    uneven = replace(maps(1)[0], even=False)
    assert seen(uneven, 70, 10) == (uneven.data, 70, 10)


@pytest.mark.parametrize("theme", THEMES)
def test_all_lanes_stand_side_by_side_with_the_chosen_one_marked(theme: Theme) -> None:
    grid = draw_lane_maps(maps(4), 2, 4, TITLES, 90, 36, theme)
    words = "\n".join(grid.lines())
    assert [words.index(f"lane {i}") for i in range(4)] == sorted(words.index(f"lane {i}") for i in range(4))
    assert f"{theme.glyphs.chosen}{theme.lane_marker(2)} lane 2" in words
    assert f"{theme.glyphs.chosen}{theme.lane_marker(1)}" not in words
    assert words.count("2 of 4 wrong") == 4
    assert "more" not in words
    assert len(marked(grid, theme.glyphs.wrong[0])) == 4


def test_where_not_all_fit_the_chosen_lane_is_first_and_the_others_are_counted() -> None:
    words = "\n".join(draw_lane_maps(maps(9), 7, 12, TITLES, 60, 20, Theme()).lines())
    assert "lane 7" in words
    shown = [f"lane {i}" in words for i in range(9)]
    assert 2 <= sum(shown) < 9
    first = min(words.index(f"lane {i}") for i in range(9) if shown[i])
    assert words.index("lane 7") == first
    assert f"{12 - sum(shown)} more lanes" in words


def test_a_map_too_small_for_two_shows_the_chosen_lane_and_counts_the_others() -> None:
    lines = draw_lane_maps(maps(3), 1, 3, TITLES, 40, 12, Theme()).lines()
    assert "lane 1 (2 more: tab)" in lines[0]
    assert "lane 0" not in "".join(lines)


def test_few_wrong_rows_are_all_there_and_many_do_not_hide_the_rest() -> None:
    one = maps(1)[0]
    generator = np.random.default_rng(1)
    points = generator.uniform(-1, 1, (3000, 2))
    for wrongs, low, high in ((5, 4, 5), (1500, 30, 120)):
        wrong = np.arange(3000) < wrongs
        none = np.zeros(3000, dtype=bool)
        rows = replace(one, points=points, kinds=np.zeros(3000, dtype=int), held_out=none, wrong=wrong)
        grid = draw_lane_maps([rows], 0, 1, TITLES, 70, 24, Theme())
        assert low <= len(marked(grid, "╳")) <= high
        assert len(marked(grid, "•")) > 30


def test_classes_that_outnumber_the_markers_stand_as_their_letters() -> None:
    names = tuple("0123456789")
    one = replace(maps(1)[0], names=names, kind=np.zeros((0, 0), dtype=int), kinds=np.array([3, 8, 3, 8]))
    for theme in THEMES:
        grid = draw_lane_maps([one], 0, 1, TITLES, 80, 20, theme)
        assert len(marked(grid, "8")) >= 1
        assert "dim: trained on" in grid.lines()[0]
        styles = {grid.styles[grid.inks[r + 1, c]] for r, c in marked(grid, "3")}
        assert any("bold" not in style for style in styles)
