"""The drawn map: heads, minima, start and arrows in their cells; only changed rows differ."""

import numpy as np
import pytest
from builders import WINDOW, race, race_settings, racer

from nntui.looks.projection import Projection
from nntui.looks.surface import SampledSurface, SurfaceRequest, surface_of
from nntui.plotting.changes import Changes
from nntui.plotting.map import ARROWS, ARROWS_ASCII, MapPainter, surface_request
from nntui.plotting.map_frame import canvas_of
from nntui.plotting.theme import ASCII, Theme

SIZE = (60, 30)


def sampled(request: SurfaceRequest) -> SampledSurface:
    xs, ys = Projection(request.window, request.width, request.height).pixels()
    return SampledSurface(request, surface_of(race_settings()), xs, ys, xs[None, :] ** 2 + ys[:, None] ** 2)


def known(window: object = WINDOW) -> SampledSurface:
    request = surface_request(window, 0, *SIZE)  # type: ignore[arg-type]
    assert request is not None
    return sampled(request)


def at(painter_grid: object, point: tuple[float, float]) -> str:
    canvas = canvas_of(WINDOW, *SIZE)
    cell = Projection(WINDOW, canvas.width, canvas.height).cell(point)
    assert cell is not None
    return str(painter_grid.chars[canvas.top + cell[1], canvas.left + cell[0]])  # type: ignore[attr-defined]


def test_heads_minimum_and_start_are_in_their_cells() -> None:
    shown = race(racer(path=[[-1.5, 1.0], [1.0, 2.0]]))
    grid = MapPainter(Theme()).draw(shown, known(), WINDOW, 0, None, *SIZE)
    assert at(grid, (0.0, 0.0)) == "◎"
    assert at(grid, (-1.5, 1.0)) == "S"
    assert at(grid, (1.0, 2.0)) == "●"
    assert "0x28" in hex(ord(at(grid, (0.0, 1.6))))


def test_two_heads_on_one_cell_stand_side_by_side() -> None:
    lanes = [racer(i, path=[[-1.5, 1.0], [1.0, 2.0]]) for i in range(3)]
    grid = MapPainter(Theme()).draw(race(*lanes), known(), WINDOW, 1, None, *SIZE)
    assert at(grid, (1.0, 2.0)) == "■"
    assert {"●", "▲"} <= set("".join(grid.lines()))


def test_a_lane_that_is_not_drawn_has_neither_path_nor_head() -> None:
    lanes = [racer(0, path=[[-1.5, 1.0], [1.0, 2.0]]), racer(1, path=[[-1.5, 1.0], [1.5, -1.0]])]
    both, one, alone = (
        MapPainter(Theme()).draw(race(*some), known(), WINDOW, 0, None, *SIZE, frozenset(away))
        for some, away in ((lanes, ()), (lanes, {1}), (lanes[:1], ()))
    )
    assert "■" in "".join(both.lines())
    assert one.lines() == alone.lines()


@pytest.mark.parametrize(("to", "arrow"), [((9.0, 0.0), "→"), ((0.0, -9.0), "↓"), ((-9.0, 9.0), "↖")])
def test_a_lane_that_left_has_an_arrow_with_its_marker_beside_it(to: tuple[float, float], arrow: str) -> None:
    lane = racer(path=[[0.0, 1.0], to], state="diverged", diverged_at=1)
    lines = MapPainter(Theme()).draw(race(lane), known(), WINDOW, 0, None, *SIZE).lines()
    row = next(line for line in lines if arrow in line)
    place = row.index(arrow)
    assert "●" in (row[place - 1], row[place + 1])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e308, -1e308])
@pytest.mark.parametrize("theme", [Theme(), Theme("16"), Theme("grey"), Theme(ascii_only=True, glyphs=ASCII)])
def test_no_position_breaks_the_map(bad: float, theme: Theme) -> None:
    lanes = (
        racer(path=[[0.0, 1.0], [1.0, 1.0], [bad, 1.0], [bad, bad]], state="diverged", diverged_at=2),
        racer(1, path=[[bad, bad]]),
        racer(2),
    )
    arrows, canvas = ARROWS_ASCII if theme.ascii_only else ARROWS, canvas_of(WINDOW, *SIZE)
    side = 0 if np.isnan(bad) else int(np.sign(bad))
    last = Projection(WINDOW, canvas.width, canvas.height).cell((1.0, 1.0))
    assert last is not None
    right = canvas.left + canvas.width - 1
    column = {0: canvas.left + last[0], 1: right, -1: canvas.left}[side]  # where the first lane was last, or left
    for chosen in range(3):
        grid = MapPainter(theme).draw(race(*lanes), known(), WINDOW, chosen, None, *SIZE)
        assert (grid.width, grid.height) == SIZE
        assert grid.chars[canvas.top + last[1], column] == arrows[side, 0]
        beside = grid.chars[canvas.top + last[1], [column - 1, column + 1]]
        assert theme.lane_marker(0) in beside
        if side:  # the second lane never was on the map: it stands at the corner it is nearest to
            corner = (canvas.top, right) if side > 0 else (canvas.top + canvas.height - 1, canvas.left)
            assert grid.chars[corner] == arrows[side, -side]
        assert at(grid, (0.0, 0.0)) == theme.lane_marker(2)
    if theme.ascii_only:
        assert "".join(grid.lines()).isascii()


def test_before_the_surface_is_known_the_paths_are_there() -> None:
    grid = MapPainter(Theme()).draw(race(racer()), None, WINDOW, 0, None, *SIZE)
    assert at(grid, (0.0, 0.0)) == "●"


def test_a_moved_window_shows_the_old_surface_until_the_new_one_comes() -> None:
    painter = MapPainter(Theme())
    moved = ((-1.0, 3.0), (-1.0, 3.0))
    shown = race(racer())
    old = painter.draw(shown, known(), moved, 0, None, *SIZE)
    new = painter.draw(shown, known(moved), moved, 0, None, *SIZE)
    canvas = canvas_of(moved, *SIZE)
    half = canvas.left + canvas.width // 2
    inside = (slice(canvas.top, canvas.top + canvas.height), slice(canvas.left, half))
    assert old.styles is new.styles
    assert (old.inks[inside] != 0).all()
    backgrounds = {old.styles[ink].rpartition(" on ")[2] for ink in old.inks[inside].ravel()}
    assert len(backgrounds) > 5
    right = {old.styles[ink] for ink in old.inks[5:20, canvas.left + canvas.width - 3].ravel()}
    assert len(right) == 1


def test_lanes_on_another_surface_are_named_and_not_drawn() -> None:
    other = racer(1, settings=race_settings("other", surface="ravine", surface_parameters={"condition": 10.0}))
    text = "\n".join(MapPainter(Theme()).draw(race(racer(), other), known(), WINDOW, 0, None, *SIZE).lines())
    assert "1 on another surface" in text
    assert "■" not in text


def test_only_rows_that_changed_differ_from_frame_to_frame() -> None:
    painter, ground, changes = MapPainter(Theme()), known(), Changes()
    first = racer(path=[[-1.5, 1.0], [-1.0, 1.0]])
    assert changes.spans(painter.draw(race(first), ground, WINDOW, 0, None, *SIZE)) is None
    assert changes.spans(painter.draw(race(first), ground, WINDOW, 0, None, *SIZE)) == []
    moved = racer(path=[[-1.5, 1.0], [-1.0, 1.0], [-0.5, 1.0]])
    spans = changes.spans(painter.draw(race(moved), ground, WINDOW, 0, None, *SIZE))
    assert spans is not None
    assert len({row for row, _, _ in spans}) == 1


def test_every_arrow_has_its_direction() -> None:
    assert len(set(ARROWS.values())) == 9


@pytest.mark.parametrize("size", [(1, 1), (10, 4), (16, 6), (200, 60)])
def test_every_size_can_be_drawn(size: tuple[int, int]) -> None:
    grid = MapPainter(Theme()).draw(race(racer()), None, WINDOW, 0, (0.0, 0.0), *size)
    assert (grid.width, grid.height) == size
