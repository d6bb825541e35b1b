"""Axes: round limits that stay, ticks with labels of the right precision."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nntui.plotting.plot_box import ticks_wanted
from nntui.plotting.scales import (
    LABEL_WIDTH,
    Axis,
    SteadyAxis,
    linear_axis,
    log_axis,
    round_step,
    step_axis,
)


@pytest.mark.parametrize(("span", "parts", "step"), [(10, 5, 2), (1, 4, 0.5), (0.03, 3, 0.01), (7, 1, 10), (50, 5, 10)])
def test_round_step(span: float, parts: int, step: float) -> None:
    assert round_step(span, parts) == pytest.approx(step)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.0, 2.3, ["0", "0.5", "1.0", "1.5", "2.0", "2.5"]),
        (0.0, 0.028, ["0", "0.01", "0.02", "0.03"]),
        (0.1, 0.12, ["0.100", "0.105", "0.110", "0.115", "0.120"]),
        (0.0, 3e7, ["0", "1e7", "2e7", "3e7"]),
        (-1.0, 1.0, ["-1.0", "-0.5", "0", "0.5", "1.0"]),
    ],
)
def test_linear_labels_tell_the_ticks_apart(low: float, high: float, labels: list[str]) -> None:
    ticks = linear_axis(low, high).ticks(6)
    assert [label for _, label in ticks] == labels
    for position, label in ticks:
        assert float(label) == pytest.approx(position, abs=1e-12)


@given(st.floats(-1e12, 1e12), st.floats(1e-9, 1e12), st.integers(2, 9))
@example(1423118.0, 9.251572636262478e-05, 5)  # limits that rounding puts on the wrong side
@example(45035996274.55469, 6.423018861857418e-05, 5)
def test_a_linear_axis_holds_its_data_and_keeps_to_the_number_of_ticks(low: float, span: float, most: int) -> None:
    high = low + span
    axis = linear_axis(low, high)
    slack = 1e-6 * (axis.high - axis.low)
    assert axis.low - slack <= low
    assert axis.high + slack >= high
    assert axis.low < axis.high
    assert len(axis.ticks(most)) <= max(2, most)


@pytest.mark.parametrize("value", [0.0, 5.0, -3.0, 1e16])
def test_a_flat_range_is_opened(value: float) -> None:
    axis = linear_axis(value, value)
    assert axis.low <= value <= axis.high
    assert axis.low < axis.high


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_any_two_numbers_make_an_axis(one: float, other: float) -> None:
    """From the smallest a float can hold (5e-324, a thousandth of which is 0) to the largest."""
    axis = linear_axis(min(one, other), max(one, other))
    assert math.isfinite(axis.high - axis.low)
    assert axis.low < axis.high
    assert axis.ticks(6)


def test_log_limits_are_whole_powers_of_ten() -> None:
    axis = log_axis(3e-7, 0.2)
    assert (axis.low, axis.high) == (-7, 0)
    assert [label for _, label in axis.ticks(20)] == ["1e-7", "1e-6", "1e-5", "1e-4", "0.001", "0.01", "0.1", "1"]
    assert [label for _, label in axis.ticks(3)] == ["1e-7", "1e-4", "1"]


def test_a_single_decade_has_ticks_at_2_and_5() -> None:
    assert [label for _, label in log_axis(1.0, 9.0).ticks(6)] == ["1", "2", "5", "10"]


def test_log_places() -> None:
    axis = log_axis(1e-4, 1.0)
    places = axis.place(np.array([1e-4, 1e-2, 1.0, 0.0, -1.0, math.nan, math.inf]))
    np.testing.assert_allclose(places, [0.0, 0.5, 1.0, 0.0, 0.0, math.nan, 1.0])


def test_outliers_are_clipped_not_drawn_outside() -> None:
    np.testing.assert_array_equal(Axis(0.0, 1.0).place(np.array([-1e300, 1e300])), [0.0, 1.0])


@pytest.mark.parametrize(
    ("step", "steps", "end"), [(0, 3000, 10), (11, 3000, 20), (210, 3000, 500), (2500, 3000, 3000)]
)
def test_the_time_axis_grows_in_round_steps_and_ends_with_the_run(step: int, steps: int, end: float) -> None:
    assert step_axis(step, steps).high == end


def test_a_steady_axis_moves_only_when_it_must() -> None:
    memory = SteadyAxis()
    first = memory.fit(0.0, 2.3)
    assert memory.fit(0.0, 2.45) is first
    assert memory.fit(0.0, 1.4) is first
    assert memory.fit(0.0, 3.5).high == 4.0
    assert memory.fit(0.0, 0.2).high == pytest.approx(0.2)


def test_an_axis_changes_at_once_between_linear_and_log() -> None:
    memory = SteadyAxis()
    memory.fit(0.0, 2.0)
    assert memory.fit(0.1, 2.0, log=True).log


def test_steps_of_a_long_run_stay_apart_in_a_narrow_window() -> None:
    axis = linear_axis(100_000.0, 100_500.0, whole=True)
    labels = [label for _, label in axis.ticks(6)]
    assert labels == ["100k", "100.1k", "100.2k", "100.3k", "100.4k", "100.5k"]


def test_an_axis_never_has_a_single_label() -> None:
    assert [label for _, label in linear_axis(-0.37, 0.36).ticks(3)] == ["-0.4", "0", "0.4"]


@pytest.mark.parametrize("value", [4.7400586754815e207, -1.2268333358922021e42, -4.230905184079573e116])
def test_differences_that_rounding_swallows_leave_a_tenth_on_both_sides(value: float) -> None:
    above = float(np.nextafter(value, np.inf))
    axis = linear_axis(value, above)
    assert axis.low == pytest.approx(value - 0.1 * abs(value), rel=1e-12)
    assert axis.high == pytest.approx(above + 0.1 * abs(value), rel=1e-12)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(5, 40))
def test_five_rows_have_three_ticks(low: float, span: float, rows: int) -> None:
    axis = linear_axis(low, low + span)
    no_room = axis.step * 1e3 < max(abs(axis.low), abs(axis.high))  # for labels of so many digits
    assert no_room or len(axis.ticks(ticks_wanted(rows))) >= 3


@given(st.floats(-20, 20), st.floats(0.0, 20.0), st.integers(5, 40))
def test_five_rows_of_a_log_axis_have_three_ticks(low: float, decades: float, rows: int) -> None:
    ticks = log_axis(10.0**low, 10.0 ** (low + decades)).ticks(ticks_wanted(rows))
    assert 3 <= len(ticks) <= ticks_wanted(rows)
    assert all(len(label) <= LABEL_WIDTH for _, label in ticks)


@pytest.mark.parametrize(
    ("low", "high", "ends"), [(0.06, 1.5, (0.05, 2.0)), (0.3, 0.9, (0.1, 1.0)), (1e-4, 90, (1e-4, 100.0))]
)
def test_few_decades_end_near_their_data(low: float, high: float, ends: tuple[float, float]) -> None:
    axis = log_axis(low, high)
    assert (10.0**axis.low, 10.0**axis.high) == pytest.approx(ends)
