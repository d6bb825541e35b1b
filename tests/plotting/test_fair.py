"""The sensitivity curves: finite axes, best rates marked, diverged rates said."""

import numpy as np
import pytest

from nntui.plotting.fair import FairView, draw_fair
from nntui.plotting.plot_box import SMALLEST
from nntui.plotting.theme import ASCII, Theme
from nntui_engine.analysis.sweeps import Sensitivity

RATES = np.geomspace(1e-6, 100, 60)


def found(lane: str, values: np.ndarray) -> Sensitivity:
    return Sensitivity(lane, "sgd", RATES, values, values[::-1].copy(), 0.0123, 1.0)


def view(*values: np.ndarray) -> FairView:
    lanes = tuple(found(f"lane {i}", v) for i, v in enumerate(values))
    return FairView(len(lanes), len(lanes), 150, lanes)


GOOD = np.where(RATES < 0.1, np.exp(-30 * RATES), np.where(RATES < 1, 0.5, np.inf))


@pytest.mark.parametrize("theme", [Theme(), Theme("16"), Theme("grey"), Theme(ascii_only=True, glyphs=ASCII)])
@pytest.mark.parametrize("size", [(49, 22), (124, 46), (20, 6), (1, 1)])
def test_it_is_drawn_at_every_size_and_look(theme: Theme, size: tuple[int, int]) -> None:
    grid = draw_fair(view(GOOD, GOOD[::-1].copy()), 0, *size, theme)
    assert (grid.width, grid.height) == size
    if theme.ascii_only:
        assert "".join(grid.lines()).isascii()


def test_the_best_rate_is_named_and_diverged_rates_are_crosses() -> None:
    shown = view(GOOD)
    text = "\n".join(draw_fair(shown, 0, 100, 30, Theme()).lines())
    assert f"{shown.found[0].best:.3g}"[:4] in text
    assert "×" in text.splitlines()[1]
    assert "●" in text.splitlines()[10] + text
    assert "best from this start alone" in text
    assert "0.0123" in text


@pytest.mark.parametrize(
    "values",
    [np.full(60, np.inf), np.full(60, np.nan), np.zeros(60), np.geomspace(1e-300, 1e300, 60), np.full(60, -1e308)],
)
def test_no_value_breaks_it(values: np.ndarray) -> None:
    text = "\n".join(draw_fair(view(values, GOOD), 1, 80, 30, Theme()).lines())
    assert "Best learning rate" in text


def test_while_it_searches_it_says_how_far_it_is() -> None:
    text = "\n".join(draw_fair(FairView(1, 3), 0, 80, 20, Theme()).lines())
    assert "1 of 3 done" in text


def test_the_curves_need_the_room_of_a_plot() -> None:
    width, height = SMALLEST
    assert "Value reached" in draw_fair(view(GOOD), 0, width + 30, 40, Theme()).lines()[0]
    assert "Value" not in draw_fair(view(GOOD), 0, width - 1, 40, Theme()).lines()[0]
    assert width - 1 >= height
