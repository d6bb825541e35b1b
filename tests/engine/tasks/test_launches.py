"""How many steps one launch of the kernel takes: as many as fit into the time aimed at, by the clock."""

import time

import pytest
from engine.build import Build

from nntui_engine.run.run import SURE_SECONDS
from nntui_engine.tasks.network import LAUNCH_SECONDS


class Clock:
    """A clock that goes on by ``tick`` whenever it is read."""

    def __init__(self) -> None:
        self.now, self.tick = 1000.0, 0.0

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(time, "perf_counter", found)
    return found


@pytest.mark.parametrize(
    ("share", "budgets"),
    [
        (1.0, [256, 256, 256]),
        (0.8, [320, 400, 500]),
        (0.1, [512, 1024, 2048]),  # at most doubled at once
        (1.6, [160, 100, 64]),  # never less than 64
        (10.0, [128, 64, 64]),  # at most halved at once
    ],
)
def test_a_launch_is_fitted_to_the_clock(share: float, budgets: list[int], build: Build, clock: Clock) -> None:
    experiment = build({}, {}, data={"task": "regression"})
    experiment.network._budget, clock.tick = 256, share * LAUNCH_SECONDS
    found = []
    for _ in budgets:
        experiment.advance(1)
        found.append(experiment.network._budget)
    assert found == pytest.approx(budgets, abs=1)


def test_the_time_of_a_step_is_a_running_mean(build: Build, clock: Clock) -> None:
    experiment = build({}, {}, data={"task": "regression"})
    expected = experiment._seconds_a_step
    for tick in (0.02, 0.005):
        clock.tick = tick
        experiment.advance(4)
        sure = min(1.0, 4 * expected / SURE_SECONDS)  # of few steps the clock tells less
        expected += 0.3 * sure * (3 * tick / 4 - expected)  # the launch itself reads the clock twice
        assert experiment._seconds_a_step == pytest.approx(expected, rel=1e-9)


def test_advance_for_stops_when_its_time_is_over(build: Build, clock: Clock) -> None:
    """With four readings of the clock for a launch and one before and after, ten ticks are over after two launches."""
    experiment = build({}, {}, data={"task": "regression"})
    clock.tick = 0.01
    assert 1 < experiment.advance_for(0.1) < 1000
    assert 1000.1 <= clock.now <= 1000.2
