"""Lanes that are muted, one alone, and each by itself: what plots draw of them, and with which axes."""

from dataclasses import replace

import numpy as np
import pytest
from builders import race, racer, snapshot

from nntui.plotting.drawn_lanes import undrawn
from nntui.plotting.lane_table import draw_lanes
from nntui.plotting.panel import Former, PanelView
from nntui.plotting.panels import build_panel
from nntui.plotting.plot import PlotSpec
from nntui.plotting.side_by_side import SMALLEST, apart, draw_apart
from nntui.plotting.surface_side import draw_race_table, draw_racers
from nntui.plotting.theme import FAINT, Theme

THEME = Theme()
THREE = snapshot("sgd", "adam", "rmsprop")


def plot(name: str, view: PanelView) -> PlotSpec:
    built = build_panel(name, THREE, view, THEME)
    assert isinstance(built, PlotSpec)
    return built


def test_a_muted_lane_has_no_curve_and_no_place_in_the_legend() -> None:
    assert [curve.label for curve in plot("loss", PanelView()).curves] == ["sgd", "adam", "rmsprop"]
    muted = plot("loss", PanelView(muted=frozenset({"adam"})))
    assert [curve.label for curve in muted.curves] == ["sgd", "rmsprop"]
    assert [key.label for key in muted.legend] == ["sgd", "rmsprop"]
    assert [curve.colour for curve in muted.curves] == [THEME.lane(0), THEME.lane(2)]  # others keep theirs


def test_a_muted_lane_stays_so_under_the_name_that_a_change_gives_it() -> None:
    lanes = tuple(replace(lane, name=f"{lane.name}, lr 0.5") for lane in THREE.lanes)
    built = build_panel("loss", replace(THREE, lanes=lanes), PanelView(muted=frozenset({"adam"})), THEME)
    assert isinstance(built, PlotSpec)
    assert [curve.label for curve in built.curves] == ["sgd, lr 0.5", "rmsprop, lr 0.5"]


def test_alone_is_the_chosen_lane_even_where_it_is_muted() -> None:
    view = PanelView(lane=1, alone=True, muted=frozenset({"adam"}))
    assert undrawn(THREE, view) == {0, 2}
    assert [curve.label for curve in plot("loss", view).curves] == ["adam"]


def test_layers_of_the_chosen_lane_are_drawn_in_any_case() -> None:
    view = PanelView(lane=1, muted=frozenset({"adam"}))
    assert len(plot("gradient_norm", view).curves) == len(plot("gradient_norm", PanelView(lane=1)).curves) > 0


def test_what_was_before_a_change_is_drawn_of_the_same_lanes() -> None:
    view = PanelView(muted=frozenset({"adam"}), former=Former(0, THREE))
    assert len(plot("loss", view).curves) == 4


@pytest.mark.parametrize("at", [0, 1])
def test_the_row_of_a_lane_that_is_not_drawn_is_dim_and_without_its_marker(at: int) -> None:
    grids = [
        draw_lanes(THREE, at, False, 40, 8, THEME, None, frozenset({1})),
        draw_racers(race(racer(0), racer(1)), 0, False, 40, 8, THEME, frozenset({1})),
        draw_race_table(race(racer(0), racer(1)), 0, False, 90, 8, THEME, frozenset({1})),
    ]
    for grid in grids:
        drawn, dim = grid.lines()[2], grid.lines()[3]
        assert drawn[2] == THEME.lane_marker(0)
        assert dim[2] == THEME.glyphs.dot
        assert {grid.styles[ink].removeprefix("bold ") for ink in grid.inks[3, 2:6]} <= {FAINT, ""}
    assert ("not drawn; it trains on" in "".join(grids[0].lines())) == (at == 1)


@pytest.mark.parametrize("name", ["loss", "gradient_norm"])
def test_each_by_itself_with_the_same_axes(name: str) -> None:
    lanes = tuple(
        replace(
            lane,
            whole_history={key: replace(one, mean=one.mean * 10.0**i) for key, one in lane.whole_history.items()},
            layer_history={key: replace(one, mean=one.mean * 10.0**i) for key, one in lane.layer_history.items()},
        )
        for i, lane in enumerate(THREE.lanes)
    )
    specs = apart(name, replace(THREE, lanes=lanes), PanelView(), THEME)
    assert [spec.title for spec in specs] == ["sgd", "adam", "rmsprop"]
    axes = {(spec.x_axis, spec.y_axis) for spec in specs}
    assert len(axes) == 1
    ((_, axis),) = axes
    assert axis is not None
    for spec in specs:  # all values of all lanes are in sight
        for curve in spec.curves:
            known = curve.mean[np.isfinite(curve.mean) & (curve.mean > 0.0)]
            places = axis.place(known)
            assert ((places > -0.01) & (places < 1.01)).all()


def test_muted_lanes_have_no_plot_of_their_own_and_one_lane_needs_none() -> None:
    view = PanelView(muted=frozenset({"adam"}))
    assert [spec.title for spec in apart("loss", THREE, view, THEME)] == ["sgd", "rmsprop"]
    assert apart("loss", THREE, PanelView(alone=True), THEME) == []
    assert apart("loss", snapshot("sgd"), PanelView(), THEME) == []


def test_all_that_fit_are_drawn_in_the_best_shape_and_the_others_are_counted() -> None:
    specs = apart("loss", THREE, PanelView(), THEME)
    wide = draw_apart(specs, "Loss", 0, None, 150, 24, THEME).lines()
    assert all(name in wide[1] for name in ("sgd", "adam", "rmsprop"))
    high = draw_apart(specs, "Loss", 0, None, 40, 40, THEME).lines()
    assert sum("┤" in row[:6] for row in high) > 6
    names = ("sgd", "adam", "rmsprop")
    assert [name for row in high for name in names if f" {name} " in row] == list(names)
    few = draw_apart(specs, "Loss", 2, None, 2 * SMALLEST[0], SMALLEST[1] + 1, THEME).lines()
    assert [name in few[1] for name in ("sgd", "adam", "rmsprop")] == [False, True, True]
    assert "1 more" in draw_apart(specs, "Loss", 2, None, 3 * SMALLEST[0] - 1, SMALLEST[1] + 1, THEME).lines()[0]


def test_the_cursor_reads_every_plot_at_its_step() -> None:
    specs = apart("loss", THREE, PanelView(), THEME)
    rows = draw_apart(specs, "Loss", 0, 100.0, 150, 24, THEME).lines()
    assert rows[0].rstrip().endswith("step 100")
    value = plot("loss", PanelView()).curves[0]
    at = int(np.searchsorted(value.steps, 100.0, side="right")) - 1
    assert f"sgd {value.mean[at]:.3g}"[:8] in rows[1]
