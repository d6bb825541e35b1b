"""Units as cells, as nodes with edges, and one unit large, from hand-made numbers."""

import re

import numpy as np
import pytest
from builders import lane_settings, lane_snapshot, layer

from nntui.looks.responses import CloseUnit, Column, Diagram, UnitResponse
from nntui.looks.units import LayerUnits, Units
from nntui.looks.weights import UnitWeights
from nntui.plotting.close_unit import draw_close_unit
from nntui.plotting.diagram import draw_diagram
from nntui.plotting.grid import Grid
from nntui.plotting.theme import ASCII, Theme
from nntui.plotting.units import MEASURES, draw_units
from nntui_engine.run.snapshot import LaneSnapshot

THEMES = [Theme(), Theme("16"), Theme("grey"), Theme("grey", True, ASCII)]
MEAN, SILENT, SATURATED, GRADIENT = MEASURES


def lane(*units: int) -> LaneSnapshot:
    layers = tuple(layer(i + 1, count, "relu" if i < len(units) - 1 else "sigmoid") for i, count in enumerate(units))
    return lane_snapshot(0, "net", settings=lane_settings("net", layers=layers))


def units(*counts: int, dead: tuple[int, ...] = (), flat: tuple[int, ...] = ()) -> Units:
    """Unit i of every layer answers i in the mean; in the first layer some are dead, some saturated."""
    layers = []
    for place, count in enumerate(counts):
        silent, saturated = np.full(count, 0.25), np.full(count, 0.1)
        if place == 0:
            silent[list(dead)], saturated[list(flat)] = 1.0, 0.95
        mean = np.arange(float(count)) - count // 2
        layers.append(LayerUnits(mean, np.ones(count), silent, saturated, 10.0 ** -np.arange(float(count))))
    return Units(tuple(layers), 512)


def cells(grid: Grid, row: int, left: int, count: int, wide: int) -> list[tuple[str, str]]:
    places = [left + i * wide for i in range(count)]
    return [(str(grid.chars[row, c]), grid.styles[grid.inks[row, c]]) for c in places]


@pytest.mark.parametrize("theme", THEMES)
def test_every_unit_is_a_cell_with_dead_and_saturated_ones_marked(theme: Theme) -> None:
    grid = draw_units(units(8, 4, 1, dead=(2, 5), flat=(6,)), lane(8, 4, 1), "Units", (2, 1), MEAN, 60, 16, theme)
    lines, g = grid.lines(), theme.glyphs
    assert "1 relu, 8 units, 2 dead, 1 saturated" in lines[1]
    assert "o sigmoid, 1 unit" in lines[5]
    row = "".join(lines[2])
    offset = int(theme.ascii_only)  # the shade comes first there
    assert [row[2 + offset + 3 * i] for i in (2, 5)] == [g.dead] * 2
    assert row[2 + offset + 3 * 6] == g.flat
    assert row.count(g.dead) == 2
    chosen = cells(grid, 4, 2, 4, 3)
    assert [mark for mark, _ in chosen].index(g.chosen) == 1
    styles = {style for mark, style in chosen if mark != g.chosen}
    assert all(style != chosen[1][1] for style in styles)
    assert f"{g.dead} dead" in lines[-2]
    assert "+4.00" in lines[-2]


def test_the_larger_the_mean_the_stronger_the_shade_and_its_sign_is_its_colour() -> None:
    grid = draw_units(units(9), lane(9), "Units", (5, 0), MEAN, 60, 8, Theme())
    behind = [style.split()[-1] for _, style in cells(grid, 2, 2, 9, 3)]
    assert len(set(behind)) == 9
    assert behind[0] == "#e69f00"  # the lowest
    assert behind[8] == "#56b4e9"


def test_another_measure_shades_otherwise_and_says_so() -> None:
    found = units(8, 2, dead=(2,))
    silent = draw_units(found, lane(8, 2), "Units", (9, 0), SILENT, 60, 10, Theme())
    behind = [style.split()[-1] for _, style in cells(silent, 2, 2, 8, 3)]
    assert behind[2] != behind[3]
    assert len(set(behind)) == 2
    assert "on every row" in silent.lines()[-2]
    gradient = draw_units(found, lane(8, 2), "Units", (9, 0), GRADIENT, 60, 10, Theme())
    behind = [style.split()[-1] for _, style in cells(gradient, 2, 2, 8, 3)]
    assert len(set(behind)) == 8
    assert "1e-7" in gradient.lines()[-2]


def test_what_does_not_apply_is_a_dot() -> None:
    found = units(3)
    nothing = LayerUnits(found.layers[0].mean, found.layers[0].deviation, np.full(3, np.nan), *[np.full(3, np.nan)] * 2)
    for measure in (SILENT, SATURATED, GRADIENT):
        grid = draw_units(Units((nothing,), 9), lane(3), "Units", (9, 0), measure, 40, 8, Theme())
        assert [mark for mark, _ in cells(grid, 2, 2, 3, 3)] == ["·"] * 3
        assert "dead" not in grid.lines()[1]


@pytest.mark.parametrize("theme", THEMES)
def test_where_a_layer_is_too_wide_the_rest_is_counted_and_the_chosen_unit_seen(theme: Theme) -> None:
    found, net = units(4000, 10, 1), lane(4000, 10, 1)
    lines = draw_units(found, net, "Units", (9, 0), MEAN, 50, 12, theme).lines()
    hidden = next(int(more[1]) for line in lines if (more := re.search(r"\+(\d+) ", line)))
    assert 3500 < hidden < 4000
    seen = draw_units(found, net, "Units", (1, 3999), MEAN, 50, 12, theme)
    assert any(theme.glyphs.chosen in line[19:] for line in seen.lines()[1:-2])


def test_of_more_layers_than_lines_some_are_shown_and_the_rest_counted() -> None:
    counts = (4,) * 40
    grid = draw_units(units(*counts), lane(*counts), "Units", (30, 2), MEAN, 50, 13, Theme())
    assert "30 more layers (w)" in grid.lines()[-2]
    assert "▸" in "".join(grid.lines()[1:-2])


def small_net(weights: np.ndarray | None = None) -> Diagram:
    """Two inputs, two units, one output; a unit answers above 0 in the right or in the upper half."""
    ramp = np.linspace(-1.0, 1.0, 24)
    right, up = np.tile(ramp, (24, 1)), np.tile(-ramp[:, None], (1, 24))
    both = np.stack([right, up])
    into = np.array([[1.0, 0.0], [0.0, -1.0]]) if weights is None else weights
    return Diagram((Column(both, None), Column(both, into), Column(right[None], np.ones((2, 1)))), ("x1", "x2"))


@pytest.mark.parametrize("theme", THEMES)
def test_a_diagram_draws_each_unit_as_its_answer_the_right_way_up(theme: Theme) -> None:
    grid = draw_diagram(small_net(), lane(2, 1), "Answers", (1, 1), 90, 26, theme)
    lines = grid.lines()
    assert lines[1].index("inputs") < lines[1].index("1 relu") < lines[1].index("o sigmoid")
    left = lines[1].index("1 relu")
    here = [[f"{grid.chars[r, c]}{grid.styles[grid.inks[r, c]]}" for c in (left + 1, left + 7)] for r in range(2, 24)]
    differ = [row for row, (one, other) in enumerate(here) if one != other]
    assert 4 <= len(differ) < 10  # the first unit's left differs from its right; not the second's, below it
    assert differ[-1] < 12
    assert any(theme.glyphs.chosen in line for line in lines[12:])  # the second is chosen


def test_edges_are_where_weights_are_and_dotted_below_0() -> None:
    def dots(weights: np.ndarray) -> list[int]:
        grid = draw_diagram(small_net(weights), lane(2, 1), "Answers", (9, 0), 90, 26, Theme())
        left, end = grid.lines()[1].index("inputs") + 17, grid.lines()[1].index("1 relu")
        codes = [[ord(c) - 0x2800 for c in line[left:end] if 0x2800 <= ord(c) < 0x2900] for line in grid.lines()]
        return [sum(bin(code).count("1") for code in row) for row in codes]

    straight = dots(np.array([[1.0, 0.0], [0.0, 0.0]]))
    assert sum(count > 0 for count in straight) == 1
    dotted = dots(np.array([[-1.0, 0.0], [0.0, 0.0]]))
    assert 0.5 < sum(dotted) / sum(straight) < 0.8
    assert sum(dots(np.zeros((2, 2)))) == 0
    assert sum(count > 0 for count in dots(np.array([[0.0, 1.0], [0.0, 0.0]]))) > 6  # from the upper to the lower


def test_a_diagram_counts_the_units_that_it_cannot_show() -> None:
    tall = Column(np.zeros((40, 24, 24)), np.ones((2, 40)))
    found = Diagram((small_net().columns[0], tall, Column(np.zeros((1, 24, 24)), np.ones((40, 1)))), ("x1", "x2"))
    lines = draw_diagram(found, lane(60, 1), "Answers", (1, 39), 90, 26, Theme()).lines()
    assert "+49" in lines[-2]
    assert any("▸" in line for line in lines)
    assert "larger window" in "".join(draw_diagram(found, lane(60, 1), "Answers", (1, 0), 20, 5, Theme()).lines())


def deep(layers: int) -> tuple[Diagram, LaneSnapshot]:
    """Two inputs, as many layers of 24 units, one output."""
    inputs = small_net().columns[0]
    hidden = [Column(np.zeros((24, 24, 24)), np.ones((24 if i else 2, 24))) for i in range(layers)]
    output = Column(np.zeros((1, 24, 24)), np.ones((24, 1)))
    return Diagram((inputs, *hidden, output), ("x1", "x2")), lane(*[24] * layers, 1)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", [(71, 20), (49, 11), (34, 8)])
@pytest.mark.parametrize("chosen", range(1, 10))
def test_of_more_layers_than_columns_those_about_the_chosen_one_are_drawn(
    chosen: int, size: tuple[int, int], theme: Theme
) -> None:
    found, net = deep(8)
    unit = 0 if chosen == 9 else 20
    lines = draw_diagram(found, net, "Answers", (chosen, unit), *size, theme).lines()
    heads = re.findall(r"inputs|(?<= )(?:\d|o)(?= [rs])", lines[1])
    marker = "o" if chosen == 9 else str(chosen)
    assert marker in heads
    assert len(heads) >= 3
    before, after = (re.search(rf"(\d) {where}", lines[-1]) for where in ("before", "after"))
    assert sum(int(found[1]) for found in (before, after) if found) == 10 - len(heads) > 0
    assert "(w" in lines[-1]
    assert ("inputs" in heads) == (before is None)
    assert ("o" in heads) == (after is None)
    assert any(theme.glyphs.chosen in line for line in lines[2:])


def test_where_all_layers_have_room_nothing_is_said_of_others() -> None:
    assert "not drawn" not in draw_diagram(*deep(8), "Answers", (1, 0), 120, 30, Theme()).lines()[-1]


def test_inputs_of_many_features_are_numbers() -> None:
    means = Column(np.array([1.5, -2.0, 0.25])[:, None, None], None)
    found = Diagram((means, Column(np.full((1, 1, 1), 0.5), np.ones((3, 1)))), ("a", "b", "c"))
    words = "\n".join(draw_diagram(found, lane(1), "Answers", (9, 0), 60, 16, Theme()).lines())
    for value in ("1.50", "-2.00", "0.250", "0.500"):
        assert value in words


def close(dead: bool = False) -> CloseUnit:
    window = ((-1.0, 1.0), (-1.0, 1.0))
    picture = np.tile(np.linspace(-1.0, 1.0, 72), (72, 1))
    weights = UnitWeights(1, 2, 1, 4, np.array([0.5, -1.5]), 0.125, ("age", "size"))
    found = units(4, 1, dead=(1,) if dead else ())
    return CloseUnit(weights, UnitResponse(window, window, True, picture, ("age", "size")), found)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", [(120, 38), (60, 24), (44, 19), (49, 11)])
def test_one_unit_has_its_numbers_its_answer_and_its_weights(theme: Theme, size: tuple[int, int]) -> None:
    lines = draw_close_unit(close(), lane(4, 1), "* net", MEAN, *size, theme).lines()
    words = "\n".join(lines)
    assert "Unit 2 of 4, layer 1" in words
    assert "-1.00" in words  # its mean
    assert "25.0%" in words
    if size[0] > 50:
        assert "Its answer" in words
        assert "-1.50" in words
        assert "age" in words
    assert (" dead" in "\n".join(draw_close_unit(close(True), lane(4, 1), "", MEAN, *size, theme).lines())) is True


def test_a_large_unit_has_all_units_beside_it() -> None:
    assert "relu, 4 units" in "\n".join(draw_close_unit(close(), lane(4, 1), "", MEAN, 120, 38, Theme()).lines())
