"""One layer, large: its numbers at a step, their curves, what is not finite, and how outputs and weights are spread."""

from dataclasses import replace

import numpy as np
import pytest
from builders import changed_lane, lane_settings, residual, series, with_every_statistic

from nntui.looks.close_layer import CloseLayer
from nntui.looks.histograms import histogram
from nntui.plotting.close_layer import draw_close_layer
from nntui.plotting.theme import ASCII, Theme
from nntui_engine.run.snapshot import LaneSnapshot

THEME, PLAIN = Theme(), Theme(ascii_only=True, glyphs=ASCII)
SIZES = [(160, 45), (100, 26), (80, 20), (40, 8), (24, 5), (10, 3)]
STEPS = np.arange(1.0, 101.0)


def lane(values: np.ndarray = STEPS, name: str = "gradient_norm") -> LaneSnapshot:
    """A lane at step 100 whose layer 2 had ``values``, the others 1000 times as much."""
    found = with_every_statistic(lane_settings("net"))
    history = series(STEPS[: len(values)], np.stack([values * 1e3, values, values * 1e3], axis=1))
    return replace(found, step=100, layer_history={**found.layer_history, name: history})


def seen(weights: bool = True) -> CloseLayer:
    spread = np.linspace(-1.0, 3.0, 400)
    outputs = tuple(histogram(step, spread * (step + 1)) for step in (0, 50, 100))
    return CloseLayer(2, outputs, histogram(100, spread**3) if weights else None)


def drawn(size: tuple[int, int], theme: Theme = THEME, cursor: float | None = None, **of_lane: np.ndarray) -> list[str]:
    return draw_close_layer(seen(), lane(**of_lane), 2, cursor, "● net", *size, theme).lines()


def row(lines: list[str], name: str) -> list[str]:
    return next(line.strip("│").split(name)[1] for line in lines if name in line).split()


@pytest.mark.parametrize("theme", [THEME, Theme("16"), Theme("grey"), PLAIN])
@pytest.mark.parametrize("size", SIZES)
def test_it_can_be_drawn_at_any_size(size: tuple[int, int], theme: Theme) -> None:
    for found in (None, seen(), seen(weights=False)):
        for chosen in residual().lanes[0], lane():
            for number in range(1, len(chosen.layers) + 1):
                grid = draw_close_layer(found, chosen, number, 50.0, "", *size, theme)
                assert (grid.width, grid.height) == size
                assert not theme.ascii_only or "".join(grid.lines()).isascii()


def test_every_statistic_of_the_layer_has_its_number_now_and_at_the_cursor() -> None:
    lines = drawn((160, 45))
    assert lines[0].startswith("╭─ Layer 2 · relu · ● net ─")
    assert "2 16 inputs → 16, 272 parameters" in lines[1]
    assert "at 100" in lines[2]
    assert row(lines, "Gradient norm")[0] == "100"
    assert {"1.00", "100"} <= {*row(lines, "Gradient norm")[1:]}
    earlier = drawn((160, 45), cursor=37.0)
    assert "at 37" in earlier[2]
    assert row(earlier, "Gradient norm")[0] == "37.0"
    titles = ["Pre-activation variance", "Activation mean", "Update ratio", "Weight similarity", "Zero weights"]
    assert [title for title in titles if not any(title in line for line in lines)] == []


def test_the_column_of_the_cursor_stands_out() -> None:
    grid = draw_close_layer(None, lane(), 2, 100.0, "", 80, 20, THEME)
    inverse = [i for i, style in enumerate(grid.styles) if " on " in style]
    columns = {int(column) for column in np.argwhere(np.isin(grid.inks, inverse))[:, 1]}
    assert len(columns) == 1
    first = draw_close_layer(None, lane(), 2, 0.0, "", 80, 20, THEME)
    inverse = [i for i, style in enumerate(first.styles) if " on " in style]
    assert {int(column) for column in np.argwhere(np.isin(first.inks, inverse))[:, 1]} < set(range(min(columns)))


def test_a_curve_rises_with_its_values() -> None:
    curve = row(drawn((80, 20), values=STEPS), "Gradient norm")[1]
    assert curve == "".join(sorted(curve))
    assert curve[0] == "▁"
    assert curve[-1] == "█"
    falling = row(drawn((80, 20), values=STEPS[::-1]), "Gradient norm")[1]
    assert falling == curve[::-1]
    flat = row(drawn((80, 20), values=np.ones(100)), "Gradient norm")[1]
    assert set(flat) == {"▁"}


def test_a_curve_of_few_measures_holds_its_last_one() -> None:
    found = lane()
    history = series(np.array([1.0, 51.0]), np.array([[5.0] * 3, [9.0] * 3]))
    found = replace(found, layer_history={"dead_units": history})
    lines = draw_close_layer(None, found, 2, None, "", 80, 20, THEME).lines()
    curve = row(lines, "Dead units")[1]
    assert curve == "▁" * (len(curve) // 2) + "█" * (len(curve) - len(curve) // 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_marked_where_it_was(bad: float) -> None:
    values = np.where(STEPS > 50, bad, STEPS)
    words = row(drawn((80, 20), values=values), "Gradient norm")
    assert words[0] == ("NaN" if np.isnan(bad) else "Inf")
    bad_sign = THEME.glyphs.bad
    assert words[1].rstrip(bad_sign) == words[1].replace(bad_sign, "")
    assert abs(words[1].count(bad_sign) - len(words[1]) / 2) <= 1


def test_zero_stands_at_the_bottom_of_a_logarithmic_curve() -> None:
    values = np.where(STEPS <= 50, 0.0, 10.0 ** (STEPS - 100))
    curve = row(drawn((80, 20), values=values), "Gradient norm")[1]
    assert curve[: len(curve) // 2 - 1] == "▁" * (len(curve) // 2 - 1)
    assert curve[-1] == "█"
    assert row(drawn((80, 20), values=np.zeros(100)), "Gradient norm")[0] == "0"


def test_what_no_longer_fits_is_counted() -> None:
    lines = drawn((80, 12))
    assert "11 more in a larger window" in lines[-1]
    assert "more in" not in drawn((160, 45))[-1]


def test_outputs_and_weights_stand_beside_the_numbers_or_under_them() -> None:
    wide = drawn((160, 45))
    assert "Outputs from step to step" in wide[1]
    assert any("Weights now" in line for line in wide)
    assert any("-1.00" in line and "27.0" in line for line in wide)
    tall = drawn((80, 45))
    numbers = next(at for at, line in enumerate(tall) if "Zero weights" in line)
    assert numbers < next(at for at, line in enumerate(tall) if "Outputs from step" in line)


def test_a_layer_without_weights_shows_none() -> None:
    found = residual().lanes[0]
    lines = draw_close_layer(seen(weights=False), found, 4, None, "", 160, 45, THEME).lines()
    assert not any("Weights now" in line or "Gradient norm" in line for line in lines)
    assert any("Activation mean" in line for line in lines)


def test_before_the_first_step_it_says_so() -> None:
    empty = changed_lane(replace(lane(), layer_history={}))
    assert any(
        "Nothing was measured yet." in line
        for line in draw_close_layer(None, empty, 1, None, "", 80, 20, THEME).lines()
    )
