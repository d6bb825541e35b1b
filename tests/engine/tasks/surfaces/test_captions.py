"""What Alec Radford's animations show, for a range of learning rates each; sources and formulas in the scenarios."""

from typing import Any

import numpy as np
import pytest
from engine.tasks.surfaces.builders import past, race, seen

from nntui_engine.run.snapshot import LaneSnapshot

MOMENTUM: dict[str, Any] = {"momentum": 0.9}
NAG: dict[str, Any] = {"momentum": 0.9, "nesterov": True}
ADAGRAD: dict[str, Any] = {"optimizer": "adagrad"}
ADADELTA: dict[str, Any] = {"optimizer": "adadelta"}
RMSPROP: dict[str, Any] = {"optimizer": "rmsprop"}
SGD: dict[str, Any] = {}


def cases(*rows: tuple[dict[str, Any], list[float]]) -> list[tuple[dict[str, Any], float]]:
    return [(optimizer, lr) for optimizer, rates in rows for lr in rates]


def run(surface: str, start: tuple[float, float], optimizer: dict[str, Any], lr: float, steps: int) -> LaneSnapshot:
    one = race({"name": surface, "start": list(start)}, {**optimizer, "lr": lr, "steps": steps})
    one.advance(steps)
    return seen(one).lanes[0]


def largest_rise(values: np.ndarray) -> float:
    """How many times a value is exceeded by a later one, at the worst, before the walk is near its end."""
    early = values[values > 0.01]
    return float((early / np.minimum.accumulate(early)).max())


BEALE = ("beale", (1.0, 1.5))


@pytest.mark.parametrize(
    ("optimizer", "lr"),
    cases((MOMENTUM, [0.002, 0.003, 0.0034, 0.004, 0.006]), (NAG, [0.0026, 0.003, 0.0034, 0.005, 0.006])),
)
def test_beale_velocity_methods_shoot_off_bounce_and_return(optimizer: dict[str, Any], lr: float) -> None:
    lane = run(*BEALE, optimizer, lr, 300)
    assert largest_rise(past(lane, "value")[:30]) > 1.2
    assert lane.whole["distance"] < 0.2
    assert lane.whole["value"] < 0.005


@pytest.mark.parametrize(
    ("optimizer", "lr"),
    cases((SGD, [0.002, 0.004, 0.008, 0.016, 0.03]), (RMSPROP, [0.01, 0.05, 0.1, 0.2]), (ADADELTA, [2.0, 5.0, 15.0])),
)
def test_beale_others_do_not(optimizer: dict[str, Any], lr: float) -> None:
    assert largest_rise(past(run(*BEALE, optimizer, lr, 300), "value")[:30]) < 1.01


@pytest.mark.parametrize("lr", [2.35, 2.5, 2.8, 3.0])
def test_beale_adagrad_nearly_becomes_unstable(lr: float) -> None:
    lane = run(*BEALE, ADAGRAD, lr, 300)
    assert past(lane, "value").max() > 1.1 * past(lane, "value")[0]
    assert lane.whole["value"] < 0.01


@pytest.mark.parametrize("lr", [0.5, 1.0, 2.0])
def test_beale_adagrad_does_not_at_lower_rates(lr: float) -> None:
    assert past(run(*BEALE, ADAGRAD, lr, 300), "value").max() == pytest.approx(41.25, abs=0.1)


@pytest.mark.parametrize("lr", [0.05, 0.1, 0.15, 0.2])
@pytest.mark.parametrize("sgd", [0.004, 0.008, 0.016])
def test_beale_rmsprop_goes_like_a_faster_sgd(lr: float, sgd: float) -> None:
    """Never uphill, as SGD; and lower than SGD from step 20 on, at every rate up to half of the highest that bears."""
    fast, slow = run(*BEALE, RMSPROP, lr, 150), run(*BEALE, SGD, sgd, 150)
    if lr >= 0.1:
        assert (past(fast, "value")[20:] < past(slow, "value")[20:]).all()
    assert fast.whole["value"] < slow.whole["value"] or (lr < 0.1 and sgd == 0.016)
    assert (np.diff(past(fast, "value")) < 0).all()


VALLEY = ("long_valley", (1.0, 0.001))
SADDLE = ("saddle", (1.5, 0.001))


@pytest.mark.parametrize("lr", [0.02, 0.05, 0.1, 0.15, 0.2, 0.24])
def test_valley_sgd_barely_moves(lr: float) -> None:
    lane = run(*VALLEY, SGD, lr, 40)
    assert abs(lane.surface.path[:, 1]).max() < 0.05
    assert lane.whole["distance"] > 2.9


@pytest.mark.parametrize(("optimizer", "lr"), cases((MOMENTUM, [0.06, 0.1, 0.19, 0.25, 0.3]), (NAG, [0.05, 0.1, 0.14])))
def test_valley_velocity_methods_oscillate_until_they_have_speed(optimizer: dict[str, Any], lr: float) -> None:
    lane = run(*VALLEY, optimizer, lr, 150)
    before = lane.surface.path[:11]
    assert abs(before[:, 1]).max() < 0.05  # still on the ridge …
    assert (np.diff(np.sign(before[:, 0])) != 0).sum() >= 2  # … and swinging across it
    assert lane.whole["distance"] < 0.7  # then down


@pytest.mark.parametrize(
    ("optimizer", "lr"),
    cases((ADAGRAD, [0.1, 0.3, 0.9, 2.0]), (RMSPROP, [0.01, 0.03, 0.076, 0.1]), (ADADELTA, [10.0, 15.0, 20.0])),
)
def test_valley_scaled_steps_break_the_symmetry_and_descend(optimizer: dict[str, Any], lr: float) -> None:
    lane = run(*VALLEY, optimizer, lr, 300)
    assert abs(lane.surface.path[10, 1]) > 0.4
    assert np.hypot(lane.surface.path[:, 0], np.abs(lane.surface.path[:, 1]) - 3.0).min() < 0.1
    assert lane.whole["distance"] < 0.2  # the largest rates never come to rest


@pytest.mark.parametrize(
    ("optimizer", "lr"),
    cases((SGD, [0.02, 0.05, 0.1, 0.14, 0.2]), (MOMENTUM, [0.01, 0.03, 0.056, 0.08]), (NAG, [0.01, 0.05, 0.1])),
)
def test_saddle_sgd_and_velocity_methods_linger(optimizer: dict[str, Any], lr: float) -> None:
    lane = run(*SADDLE, optimizer, lr, 200)
    assert abs(lane.surface.path[:9, 1]).max() < 0.1
    if optimizer is SGD:
        near = np.hypot(*lane.surface.path.T) < 0.15
        assert near.sum() >= 8  # of steps that SGD takes where there is next to no slope and no minimum
        assert past(lane, "gradient_norm")[near].max() < 0.31


@pytest.mark.parametrize(("optimizer", "lr"), cases((MOMENTUM, [0.03, 0.056, 0.08]), (NAG, [0.02, 0.05])))
def test_saddle_velocity_methods_oscillate(optimizer: dict[str, Any], lr: float) -> None:
    lane, sgd = run(*SADDLE, optimizer, lr, 200), run(*SADDLE, SGD, 0.14, 200)
    assert (np.diff(np.sign(lane.surface.path[:60, 0])) != 0).sum() >= 2
    assert (np.diff(np.sign(sgd.surface.path[:60, 0])) != 0).sum() == 0
    assert lane.whole["path_length"] > 1.4 * sgd.whole["path_length"]


@pytest.mark.parametrize(
    ("optimizer", "lr"),
    cases((ADAGRAD, [0.1, 0.3, 0.68, 1.1]), (RMSPROP, [0.01, 0.03, 0.056, 0.1]), (ADADELTA, [10.0, 15.0, 25.0])),
)
def test_saddle_scaled_steps_leave_at_once(optimizer: dict[str, Any], lr: float) -> None:
    lane = run(*SADDLE, optimizer, lr, 100)
    assert abs(lane.surface.path[8, 1]) > 0.45
    assert lane.whole["value"] < -1.9
