"""The ticks of a map: round, told apart, and there for any data."""

import numpy as np
import pytest

from nntui.looks.samples import limits
from nntui.plotting.map_frame import ticks


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (-2.0, 2.0, ["-2", "-1", "0", "1", "2"]),
        (0.1, 0.35, ["0.10", "0.15", "0.20", "0.25", "0.30", "0.35"]),
        (2.9995, 3.0005, ["2.9996", "2.9998", "3.0000", "3.0002", "3.0004"]),
        (-3e6, 3e6, ["-2e6", "0", "2e6"]),
    ],
)
def test_ticks_are_round_and_told_apart(low: float, high: float, labels: list[str]) -> None:
    assert [label for _, label in ticks(low, high, 5)] == labels


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (0.0, 5e-324),
        (1e-310, 2e-310),
        (1e15, 1e15 + 0.125),
        (-1.7e308, 1.7e308),
        (3.0, 3.0),
        (0.0, 0.0),
        (-1e300, -1e299),
    ],
)
def test_a_window_around_any_data_has_ticks(low: float, high: float) -> None:
    bottom, top = limits(np.array([low, high]))
    assert bottom <= max(low, -1e30)
    assert top >= min(high, 1e30)
    assert ticks(bottom, top, 5)
