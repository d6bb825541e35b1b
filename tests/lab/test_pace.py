"""How fast a run goes: what is owed, and what a change of speed forgets."""

import math

import pytest

from nntui.lab.pace import SPEEDS, Pace


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def begun(speed: float, clock: Clock) -> Pace:
    """A pace that has seen a machine fast enough for any speed, and owes nothing."""
    pace = Pace(speed, clock)
    pace.made(100_000, 0.001)
    pace.begin()
    return pace


@pytest.mark.parametrize(("direction", "speed"), [(1, 20.0), (-1, 5.0)])
def test_another_speed_owes_nothing_of_the_time_before(direction: int, speed: float) -> None:
    clock = Clock()
    pace = begun(10.0, clock)
    clock.now += 0.45  # 4 steps are owed
    pace.change(direction)
    assert pace.speed == speed
    assert pace.due() == 0
    assert pace.wait() == pytest.approx(1.0 / speed)
    clock.now += 0.41
    assert pace.due() == int(0.41 * speed)


def test_the_rate_after_a_change_is_of_the_time_since() -> None:
    clock = Clock()
    pace = begun(10.0, clock)
    clock.now += 1.0
    pace.made(10, 0.01)
    assert pace.rate() == pytest.approx(10.0)
    pace.change(1)
    assert pace.rate() == 0.0
    clock.now += 0.5
    pace.made(10, 0.01)
    assert pace.rate() == pytest.approx(20.0)


def test_speeds_end_where_the_list_ends() -> None:
    pace = Pace(SPEEDS[0], Clock())
    pace.change(-1)
    assert pace.speed == SPEEDS[0] == 1.0
    pace.speed = SPEEDS[-2]
    for _ in range(2):
        pace.change(1)
        assert pace.speed == math.inf
    pace.change(-1)
    assert pace.speed == SPEEDS[-2]
    pace.speed = 3.0  # between two levels: the nearest counts
    pace.change(1)
    assert pace.speed == 5.0
