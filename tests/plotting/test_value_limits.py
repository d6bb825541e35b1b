"""Which values an axis shows: a few that would flatten the rest are left out, and it is said; all others are seen."""

import dataclasses

import numpy as np
import pytest
from builders import snapshot

from nntui.plotting.panel import PanelView
from nntui.plotting.panels import PANELS
from nntui.plotting.plot import Curve, PlotSpec
from nntui.plotting.plot_drawing import draw_plot
from nntui.plotting.scales import SteadyAxis
from nntui.plotting.theme import ASCII, Theme
from nntui.plotting.value_axis import value_axis
from nntui.plotting.value_limits import spans_decades

THEME = Theme()
STEPS = np.arange(1.0, 301.0)


def curve(values: np.ndarray, index: int = 0, **changes: object) -> Curve:
    steps = np.arange(1.0, len(values) + 1)
    bad = ~np.isfinite(values)
    made = Curve(f"lane {index}", THEME.lane(index), THEME.lane_marker(index), steps, values, values, values, bad)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def spec(*values: np.ndarray, **changes: object) -> PlotSpec:
    made = PlotSpec("Loss", tuple(curve(v, i) for i, v in enumerate(values)), step=300, steps=300, curves_are="lanes")
    return dataclasses.replace(made, memory=SteadyAxis(), **changes)  # type: ignore[arg-type]


def shown(made: PlotSpec) -> tuple[float, float, str, str]:
    found = value_axis(made)
    assert found is not None
    return found.axis.low, found.axis.high, found.above, found.below


FALLING = 2.0 * np.exp(-STEPS / 100)
OUTLIER = np.where(STEPS == 1, -41.0, 1.0 - 1.0 / STEPS)
DIVERGING = np.where(STEPS < 150, FALLING, 1e4 * STEPS)


def test_a_first_value_far_off_does_not_flatten_the_rest_and_is_named() -> None:
    assert shown(spec(OUTLIER)) == (0.5, 1.0, "", "min -41.0")


def test_a_single_outlier_on_the_way_is_left_out_however_few_points_there_are() -> None:
    values = np.array([0.5, 0.6, 0.7, 500.0, 0.8, 0.9])
    low, high, above, _ = shown(spec(values, floor=0.0))
    assert (low, high, above) == (0.0, 1.0, "max 500")


def test_a_lane_that_diverged_leaves_the_plot_to_the_others() -> None:
    low, high, above, _ = shown(spec(FALLING, DIVERGING, floor=0.0))
    assert (low, high, above) == (0.0, 2.0, "1 lane above")
    assert shown(spec(FALLING, DIVERGING, DIVERGING * 2, floor=0.0))[2] == "2 lanes above"


def test_a_lane_that_diverged_takes_no_decades_of_a_log_axis() -> None:
    diverging = np.where(STEPS < 100, FALLING, 10.0 ** (STEPS / 10))
    low, high, above, _ = shown(spec(FALLING, diverging, scale="log"))
    assert above == "1 lane above"
    assert high - low <= 3.0


def test_an_ordinary_fall_is_seen_whole() -> None:
    assert shown(spec(FALLING, floor=0.0))[1:] == (2.0, "", "")
    quick = 2.3 * np.exp(-STEPS / 10) + 0.2
    assert shown(spec(quick, floor=0.0))[1:] == (2.5, "", "")


def test_of_two_lanes_far_apart_from_the_start_none_is_left_out() -> None:
    assert shown(spec(FALLING, np.full(300, 80.0), floor=0.0))[2:] == ("", "")
    assert shown(spec(FALLING, np.full(300, 1e9), scale="log"))[2:] == ("", "")


def test_layers_many_decades_apart_are_what_a_plot_is_about() -> None:
    layers = [np.full(300, 10.0**-k) for k in range(0, 18, 2)]
    assert shown(spec(*layers, scale="log")) == (-16.0, 0.0, "", "")
    healthy = [np.full(300, v) for v in (1.0, 0.1, 0.05, 0.02, 0.01, 1e-6, 1e-6, 1e-7, 1e-7)]
    assert shown(spec(*healthy, scale="log"))[2:] == ("", "")


def test_one_layer_of_rounding_errors_is_said_instead_of_drawn() -> None:
    made = spec(np.full(300, 3.0), np.full(300, 0.5), np.full(300, 1e-17), scale="log", curves_are="layers")
    low, high, _, below = shown(made)
    assert below == "1 layer below"
    assert (10**low, 10**high) == pytest.approx((0.5, 5.0))


def test_a_lane_that_learned_best_is_never_left_out() -> None:
    best = np.maximum(10.0 ** (-STEPS / 20), 1e-14)
    assert shown(spec(best, FALLING, FALLING * 1.1, scale="log"))[3] == ""


def test_what_was_cut_stays_cut_on_the_border() -> None:
    memory = SteadyAxis()

    def high(outlier: float) -> float:
        values = np.where(STEPS == 150, outlier, FALLING)
        found = value_axis(dataclasses.replace(spec(values, floor=0.0), memory=memory))
        assert found is not None
        return found.axis.high

    assert high(20.0) == 20.0
    assert high(30.0) == 2.0
    assert high(20.0) == 2.0  # as before, though it began otherwise


def test_the_corner_says_what_lies_beyond_and_arrows_when() -> None:
    lines = draw_plot(spec(FALLING, DIVERGING, floor=0.0), 60, 14, THEME).lines()
    assert lines[1].rstrip("│● ■").endswith("▴ 1 lane above")
    assert "▴" not in lines[1][: len(lines[1]) // 2 - 2]
    assert "▾ min -41.0" in draw_plot(spec(OUTLIER), 60, 14, THEME).lines()[11]
    ascii_theme = Theme(ascii_only=True, glyphs=ASCII)
    assert "^ 1 lane above" in draw_plot(spec(FALLING, DIVERGING, floor=0.0), 60, 14, ascii_theme).lines()[1]


def test_nan_leaves_a_gap() -> None:
    values = np.where((STEPS > 100) & (STEPS < 200), np.nan, 1.0)
    lines = draw_plot(spec(values), 66, 14, THEME).lines()[2:-2]
    row = next(line for line in lines if any("⠀" < c <= "⣿" for c in line))[6:-2]
    drawn = [i / len(row) for i, c in enumerate(row) if "⠀" < c <= "⣿"]
    assert drawn[0] < 0.1
    assert drawn[-1] > 0.9
    assert not [place for place in drawn if 0.36 < place < 0.64]


def test_a_spike_in_one_of_many_curves_is_seen_and_their_noise_is_not() -> None:
    noise = 1.0 + 0.001 * np.sin(STEPS * 7)
    high = np.where(STEPS == 150, 2.0, noise * 1.02)
    curves = tuple(curve(noise, i, high=high if i == 2 else noise * 1.02, band=False) for i in range(6))
    lines = draw_plot(dataclasses.replace(spec(), curves=curves, floor=0.0), 66, 16, THEME).lines()[1:-2]
    top = next(line for line in lines if any("⠀" < c <= "⣿" for c in line))
    places = [i for i, c in enumerate(top[6:-2]) if "⠀" < c <= "⣿"]
    assert len(places) == 1
    assert places[0] / len(top[6:-2]) == pytest.approx(0.5, abs=0.04)


def test_whole_numbers_are_drawn_as_steps() -> None:
    values, steps = np.array([0.0, 4.0]), np.array([0.0, 300.0])
    plain = Curve("", "#ffffff", "", steps, values, values, values, np.zeros(2, bool), band=False)

    def rows_between(one: Curve) -> int:
        made = PlotSpec("Dead", (one,), step=300, steps=300, whole=True, memory=SteadyAxis())
        lines = draw_plot(made, 66, 14, THEME).lines()[2:-4]
        return max(sum("⠀" < c <= "⣿" for c in line[6:-1]) for line in lines)

    assert rows_between(dataclasses.replace(plain, stepped=True)) == 1  # the riser alone
    assert rows_between(plain) > 1


@pytest.mark.parametrize(
    ("lows", "highs", "already", "log"),
    [
        ([0.01], [2.0], False, True),
        ([0.03], [2.0], False, False),
        ([0.03], [2.0], True, True),
        ([0.1], [2.0], True, False),
    ],
)
def test_losses_open_on_a_log_axis_from_two_decades_on(
    lows: list[float], highs: list[float], already: bool, log: bool
) -> None:
    assert spans_decades(lows, highs, already) is log


def test_curves_that_reached_zero_are_counted_on_a_log_axis() -> None:
    zero = np.where(STEPS > 100, 0.0, FALLING)
    assert shown(spec(FALLING, zero, scale="log"))[3] == "1 lane below"
    assert shown(spec(FALLING, zero, floor=0.0))[3] == ""


def test_grey_curves_of_a_former_run_are_not_counted_as_lanes() -> None:
    made = spec(FALLING, DIVERGING, floor=0.0)
    ghosts = tuple(c.faded(0) for c in made.curves)
    assert shown(dataclasses.replace(made, curves=(*ghosts, *made.curves)))[2] == "1 lane above"


def test_units_that_died_are_whole_numbers_and_a_loss_is_not() -> None:
    built = [PANELS[name].build(snapshot("sgd", "adam"), PanelView(), THEME) for name in ("dead_units", "loss")]
    dead, loss = (made for made in built if isinstance(made, PlotSpec))
    assert all(one.stepped for one in dead.curves)
    assert not any(one.stepped for one in loss.curves)


def test_of_units_that_are_counted_every_one_is_in_sight() -> None:
    counts = [np.zeros(300), np.ones(300), np.full(300, 24.0)]
    assert shown(spec(*counts[:2], counts[2], floor=0.0))[2] != ""  # of other values the far ones are named
    low, high, above, below = shown(spec(*counts, whole=True, floor=0.0))
    assert (low, above, below) == (0.0, "", "")
    assert high >= 24.0
