"""A slow line is told from a good one by what writing waits for, and by when a terminal answers."""

import pytest
from lab.fakes import Clock

from nntui.terminal.line import ASK_EVERY, CALM_SECONDS, LATE_SECONDS, MOST_WAITED, Line


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line(clock: Clock) -> Line:
    return Line(clock)


def test_writing_that_waits_most_of_the_time_is_slow_until_it_is_calm(clock: Clock, line: Line) -> None:
    for _ in range(20):
        clock.now += 0.08
        line.wrote(0.001)
    assert not line.slow
    for _ in range(20):
        clock.now += 0.25
        line.wrote(0.2)
    assert line.slow
    clock.now += CALM_SECONDS - 0.1
    assert line.slow
    clock.now += 0.2
    assert not line.slow


def test_one_long_write_is_no_slow_line_and_a_very_long_one_is(clock: Clock, line: Line) -> None:
    clock.now += MOST_WAITED
    line.wrote(MOST_WAITED)
    assert not line.slow
    clock.now += 50.0
    line.wrote(50.0)
    assert line.slow


def test_an_answer_that_is_late_or_does_not_come_is_slow(clock: Clock, line: Line) -> None:
    line.answered()  # what Textual asked
    assert not line.wants_to_ask()
    clock.now += ASK_EVERY
    assert line.wants_to_ask()
    assert not line.wants_to_ask()  # one at a time
    clock.now += LATE_SECONDS / 2
    line.answered()
    assert not line.slow
    clock.now += ASK_EVERY
    assert line.wants_to_ask()
    clock.now += LATE_SECONDS * 1.1
    assert line.slow  # it has not come yet
    line.answered()
    assert line.slow
    clock.now += CALM_SECONDS
    assert not line.slow


def test_a_terminal_that_answers_nothing_is_asked_nothing(clock: Clock, line: Line) -> None:
    clock.now += 100.0
    assert not line.wants_to_ask()
    assert not line.slow
