"""One line of block characters."""

import math

from nntui.headless.sparkline import BLOCKS, sparkline


def test_a_rising_line_uses_every_block_once():
    assert sparkline(list(range(8)), 8) == BLOCKS


def test_more_values_than_columns_are_averaged():
    assert sparkline([0, 0, 7, 7], 2) == BLOCKS[0] + BLOCKS[-1]


def test_fewer_values_than_columns_take_fewer_columns():
    assert len(sparkline([1, 2], 10)) == 2
    assert sparkline([], 10) == ""


def test_nan_and_infinity_show_and_do_not_stretch_the_scale():
    assert sparkline([0, 1, math.nan, math.inf, -math.inf, 1], 6) == f"{BLOCKS[0]}{BLOCKS[-1]}×××{BLOCKS[-1]}"


def test_one_nan_among_many_still_shows():
    assert "×" in sparkline([1.0] * 99 + [math.nan], 5)


def test_a_log_scale_spaces_powers_of_ten_evenly():
    values = [10.0**-power for power in range(8)]
    assert sparkline(values, 8, log=True) == BLOCKS[::-1]


def test_zero_on_a_log_scale_sits_at_the_bottom():
    assert sparkline([0.0, 1e-5, 1.0], 3, log=True) == f"{BLOCKS[0]}{BLOCKS[0]}{BLOCKS[-1]}"


def test_a_constant_line_is_flat():
    assert sparkline([3.0] * 4, 4) == BLOCKS[0] * 4


def test_nothing_but_nan():
    assert sparkline([math.nan] * 3, 3) == "×××"
