"""How fast a run goes: what is owed, and what a change of speed forgets."""

import math

import pytest
from lab.fakes import Clock

from nntui.lab.pace import SPEEDS, Pace, watchable_speed


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


def test_pace_owes_what_the_clock_says_and_no_more_than_half_a_second() -> None:
    clock = Clock()
    pace = Pace(100.0, clock)
    pace.made(1000, 0.001)
    pace.begin()
    clock.now += 0.1005
    assert pace.due() == 10
    pace.made(10, 0.01)
    assert pace.due() == 0
    assert pace.wait() == pytest.approx(0.0095)
    clock.now += 100.0
    pace.due()
    assert pace.due() <= 50


@pytest.mark.parametrize(("steps", "speed"), [(1500, 20), (4500, 100), (100, 2), (20, 1), (10**9, float("inf"))])
def test_a_run_is_slow_enough_to_watch(steps: int, speed: float) -> None:
    assert watchable_speed(steps) == speed
