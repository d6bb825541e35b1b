"""Pictures of a network itself, drawn from hand-made numbers."""

import numpy as np
import pytest

from nntui.looks.regions import Regions
from nntui.looks.weights import UnitWeights
from nntui.plotting.look_panels import swept_values
from nntui.plotting.map_frame import canvas_of
from nntui.plotting.numbers import number
from nntui.plotting.plot import Curve, PlotSpec, Points
from nntui.plotting.plot_drawing import draw_plot
from nntui.plotting.regions import draw_regions
from nntui.plotting.scales import linear_axis
from nntui.plotting.theme import Theme
from nntui.plotting.unit_weights import draw_weights


def regions(points: list[tuple[float, float]], kinds: list[int], held_out: list[bool]) -> Regions:
    """Class 0 left of 0, class 1 right of it."""
    xs = np.linspace(-1.0, 1.0, 64)
    kind = np.tile((xs > 0).astype(np.int64), (48, 1))
    window = ((-1.0, 1.0), (-1.0, 1.0))
    return Regions(
        window, kind, np.ones(kind.shape), np.array(points), np.array(kinds), np.array(held_out), ("a", "b"),
        ("x", "y"), np.zeros(len(points), dtype=bool), window, even=False, name="net",
    )  # fmt: skip


def test_points_stand_where_they_belong_with_the_marker_of_their_class() -> None:
    found = regions([(-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (9.0, 9.0)], [0, 1, 1, 0], [False, False, True, False])
    grid = draw_regions(found, ("Decision regions",), 60, 20, Theme(), "net")
    canvas = canvas_of(found.window, 60, 20)
    right, bottom = canvas.left + canvas.width - 1, canvas.top + canvas.height - 1
    assert grid.chars[canvas.top, canvas.left] == "•"
    assert grid.chars[bottom, right] == "▴"
    assert grid.chars[bottom, canvas.left] == "▵"  # held out
    assert "•  a" in grid.lines()[0]
    assert "held out" in grid.lines()[0]


def test_the_border_between_classes_is_lighter_than_both() -> None:
    grid = draw_regions(regions([(0.9, 0.9)], [1], [False]), ("Decision regions",), 60, 20, Theme())
    canvas = canvas_of(((-1.0, 1.0), (-1.0, 1.0)), 60, 20)
    row = canvas.top + 10
    styles = [grid.styles[i] for i in grid.inks[row, canvas.left : canvas.left + canvas.width]]
    changes = [i for i in range(1, len(styles)) if styles[i] != styles[i - 1]]
    assert len(changes) == 2  # one class, the border, the other
    assert abs(changes[0] - canvas.width // 2) <= 2


def test_few_of_many_points_are_drawn_and_that_is_said() -> None:
    generator = np.random.default_rng(0)
    points = [tuple(p) for p in generator.uniform(-1, 1, (2000, 2))]
    grid = draw_regions(regions(points, [0] * 2000, [False] * 2000), ("Decision regions",), 100, 30, Theme())
    assert "of 2000 rows" in grid.lines()[0]
    canvas = canvas_of(((-1.0, 1.0), (-1.0, 1.0)), 100, 30)
    drawn = (grid.chars[canvas.top : canvas.top + canvas.height] == "•").sum()
    assert 50 < drawn <= canvas.width * canvas.height / 8


def test_weights_of_pixels_are_a_picture_the_right_way_up() -> None:
    weights = np.zeros(64)
    weights[0], weights[63] = 1.0, -1.0
    grid = draw_weights(UnitWeights(1, 2, 0, 5, weights, 0.25, ()), "", 60, 20, Theme())
    inked = [[grid.styles[i] for i in row] for row in grid.inks]
    blue = [(r, c) for r, row in enumerate(inked) for c, style in enumerate(row) if "on #56b4e9" in style]
    orange = [(r, c) for r, row in enumerate(inked) for c, style in enumerate(row) if "on #e69f00" in style]
    assert blue
    assert orange
    assert max(blue) < min(orange)
    assert max(c for _, c in blue) < min(c for _, c in orange)
    assert "bias 0.25" in "".join(grid.lines())


def test_other_weights_are_bars_to_both_sides() -> None:
    found = UnitWeights(1, 2, 0, 1, np.array([1.0, -0.5, 0.0]), 0.0, ("age", "size", "none"))
    lines = draw_weights(found, "", 60, 12, Theme()).lines()
    assert lines[1].index("│", 3) < lines[1].index("█")
    assert lines[2].index("█") < lines[2].index("│", 3)
    assert lines[1].count("█") == pytest.approx(2 * lines[2].count("█"), abs=1)
    assert "█" not in lines[3]
    assert "age" in lines[1]


def test_where_there_is_no_room_the_largest_weights_are_left() -> None:
    weights = np.full(40, 0.01)
    weights[[7, 30]] = 2.0, -3.0
    lines = draw_weights(UnitWeights(2, 3, 0, 1, weights, 0.0, ()), "", 40, 8, Theme()).lines()
    assert "largest 5 of 40" in lines[0]
    assert any("unit 8" in line for line in lines)
    assert any("unit 31" in line for line in lines)


def test_broken_weights_are_counted() -> None:
    lines = draw_weights(UnitWeights(1, 1, 0, 1, np.array([np.nan, np.inf]), 0.0, ()), "", 50, 10, Theme()).lines()
    assert any("2 not finite" in line for line in lines)


@pytest.mark.parametrize("value", [0.0, -1.5, 123.456, 99999.0, 1e-9, -1e-300, 1e300, np.nan, np.inf, -np.inf])
def test_numbers_of_a_pass_fill_their_column(value: float) -> None:
    assert len(number(value, 9, 5)) < 10


def test_points_of_a_plot_and_its_own_axis() -> None:
    places = np.array([-2.0, 0.0, 2.0])
    values = np.array([0.0, 1.0, np.nan])
    curve = Curve("c", "#ffffff", "x", places, values, values, values, np.zeros(3, dtype=bool), band=False)
    spec = PlotSpec("P", (curve,), points=(Points(places, values, "@", ""),), x_axis=linear_axis(-2.0, 2.0))
    lines = draw_plot(spec, 60, 16, Theme()).lines()
    assert sum(line.count("@") for line in lines) == 2
    assert "-2" in lines[-1]
    at = [line.index("@") for line in lines if "@" in line]
    assert at[0] > at[1]  # the higher one lies further right


def test_data_far_off_do_not_widen_a_plot_past_its_widest() -> None:
    places, values = np.array([0.0, 1.0]), np.array([0.0, 1e9])
    curve = Curve("c", "#ffffff", "x", places, values, values, values, np.zeros(2, dtype=bool), band=False)
    spec = PlotSpec("P", (curve,), x_axis=linear_axis(0.0, 1.0), widest=(-1.0, 2.0))
    assert "e+" not in "".join(draw_plot(spec, 60, 16, Theme()).lines())
    assert "2" in "".join(line[:5] for line in draw_plot(spec, 60, 16, Theme()).lines())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0.1, 0.2), ([0.1, 0.2], True)),
        (([4], [8]), ([4.0, 8.0], True)),
        (([4, 4], [8]), ([1.0, 2.0], False)),
        (("relu", "tanh", "selu"), ([1.0, 2.0, 3.0], False)),
        ((True, False), ([1.0, 2.0], False)),
    ],
)
def test_swept_values_stand_at_their_numbers_or_in_order(values: tuple[object, ...], expected: object) -> None:
    assert swept_values(values) == expected


def test_a_narrow_map_keeps_the_name_of_the_lane() -> None:
    found = regions([(0.9, 0.9)], [1], [False])
    for width in (40, 26, 20):
        assert "net" in draw_regions(found, ("Decision regions",), width, 12, Theme(), "net").lines()[0], width
    assert "Decision" in draw_regions(found, ("Decision regions",), 20, 12, Theme()).lines()[0]
