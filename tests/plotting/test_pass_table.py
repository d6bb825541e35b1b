"""The numbers of a backward pass: what counts as agreement, and two columns only where both fit."""

import pytest
from builders import iris_lane, iris_settings

from nntui.plotting.pass_table import draw_pass
from nntui.plotting.theme import Theme
from nntui_engine.analysis.trace import BIAS, Node, Trace, Weight

GOOD, BAD = "all 2 agree", "1 of 2 do not agree"


def pass_with(difference: float) -> Trace:
    weights = (Weight(1, BIAS, 0, 0.1, 1.0, 1.0), Weight(1, 0, 0, -0.1, 1.0, difference))
    return Trace(1, (0.5,), (1.0,), 0.25, (Node(1, 0, 0.1, 0.2, 0.3),), weights)


@pytest.mark.parametrize(
    ("dtype", "apart", "words"),
    [("float64", 5e-5, GOOD), ("float64", 3e-4, BAD), ("float32", 0.04, GOOD), ("float32", 0.1, BAD)],
)
def test_a_gradient_agrees_where_rounding_explains_the_difference(dtype: str, apart: float, words: str) -> None:
    lane = iris_lane(iris_settings(dtype=dtype))
    assert words in "\n".join(draw_pass(pass_with(1.0 + apart), lane, 120, 20, Theme()).lines())


def test_weights_stand_beside_the_nodes_only_where_their_last_mark_is_seen() -> None:
    mark = Theme().glyphs.bad
    beside = []
    for width in range(60, 130):
        lines = draw_pass(pass_with(2.0), iris_lane(iris_settings()), width, 8, Theme()).lines()
        if "Weights" in lines[1]:
            beside.append(width)
            assert any(mark in line for line in lines), width
    assert beside, "no width was wide enough"
    assert beside == list(range(beside[0], 130))
