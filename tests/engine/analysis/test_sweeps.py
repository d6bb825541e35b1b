"""Fair learning rates."""

import math

import numpy as np
import pytest
from engine.tasks.surfaces.builders import fair_rates, race

from nntui_engine.analysis.sweeps import RATES, nearby_starts
from nntui_engine.experiment import Experiment

OPTIMIZERS = [
    ("SGD", {}),
    ("momentum", {"train.momentum": 0.9}),
    ("Adagrad", {"train.optimizer": "adagrad"}),
    ("Adam", {"train.optimizer": "adam"}),
]


def reached(surface: str, changes: dict[str, object], rate: float, start: tuple[float, float], steps: int) -> float:
    """The value after ``steps``, by a race of its own; infinite if it diverged."""
    run = race(
        {"name": surface, "start": list(start)}, {"steps": steps}, overrides=[({**changes, "train.lr": rate}, None)]
    )
    with np.errstate(all="ignore"):
        run.advance(steps)
        lane = run.snapshot().lanes[0]
    return lane.whole["value"] if lane.state != "diverged" else math.inf


@pytest.mark.parametrize("surface", ["beale", "rosenbrock", "booth"])
def test_as_good_as_the_best_of_a_grid_tried_one_by_one(surface: str) -> None:
    steps = 80
    run = race({"name": surface}, {"steps": steps}, OPTIMIZERS)
    starts = nearby_starts(run.lanes[0].settings)
    assert len(set(starts)) == 5
    for (_, changes), found in zip(OPTIMIZERS, fair_rates(run), strict=True):
        by_hand = {}
        for rate in found.rates[::4]:
            values = [reached(surface, changes, float(rate), start, steps) for start in starts]
            by_hand[float(rate)] = float(np.median(values)) if math.isfinite(values[0]) else math.inf
        assert found.values.min() <= min(by_hand.values())
        assert found.values[::4].tolist() == list(by_hand.values())
        assert found.values.min() == found.values[found.rates == found.best][0]


def test_the_budget_is_the_same_for_all() -> None:
    run = race({"name": "beale"}, {"steps": 30}, OPTIMIZERS)
    found = fair_rates(run)
    assert [sweep.lane for sweep in found] == [name for name, _ in OPTIMIZERS]
    for sweep in found:
        assert sweep.rates.shape == sweep.values.shape == (RATES,)
        assert (sweep.rates == found[0].rates).all()
        assert np.diff(np.log(sweep.rates)) == pytest.approx(np.log(sweep.rates[1] / sweep.rates[0]))
    assert run.step == 0
    assert run.lanes[0].settings.optimizer_parameters["lr"] == 0.01


def test_the_best_rate_does_not_diverge_from_the_lanes_own_start() -> None:
    run = race({"name": "beale"}, {"steps": 100}, [("NAG", {"train.momentum": 0.9, "train.nesterov": True})])
    found = fair_rates(run)[0]
    again = race({"name": "beale"}, {"steps": 100, "momentum": 0.9, "nesterov": True, "lr": found.best})
    again.advance(100)
    assert again.snapshot().lanes[0].state == "finished"
    assert np.isinf(found.values).any()


def test_on_a_bowl_the_best_rate_is_near_1() -> None:
    found = fair_rates(race({"name": "bowl"}, {"steps": 20}))[0]
    assert found.best == pytest.approx(1.0, rel=0.2)
    assert found.values[0] == pytest.approx(found.values[1], rel=1e-3)  # a rate near 0 gets nowhere
    # the highest rates square the distance's growth: 99 a step is beyond every bound before step 20
    assert np.isinf(found.values[-5:]).all()


def test_from_the_start_alone_another_rate_may_be_best() -> None:
    """On the long valley the start is next to a ridge, its four neighbours are not."""
    run = Experiment("long-valley")
    sgd = fair_rates(run)[0]
    start = run.lanes[0].settings.start
    for rate, value in list(zip(sgd.rates, sgd.values_from_start, strict=True))[::6]:
        assert value == reached("long_valley", {}, float(rate), start, run.steps)
    assert sgd.value_from_start == reached("long_valley", {}, sgd.best_from_start, start, run.steps)
    assert sgd.value_from_start < 0.1 * sgd.values_from_start.min()
    assert sgd.best_from_start == pytest.approx(0.245, rel=0.02)
    assert sgd.best == pytest.approx(0.19, rel=0.05)


def test_the_five_starts_lie_a_twentieth_of_the_window_apart() -> None:
    settings = (
        race({"name": "bowl", "start": [1.5, -0.3], "window": [[-2.0, 2.0], [-4.0, 6.0]]}).surface.lanes[0].settings
    )
    expected = [(1.5, -0.3), (1.7, 0.2), (1.3, 0.2), (1.7, -0.8), (1.3, -0.8)]
    assert np.array(nearby_starts(settings)) == pytest.approx(np.array(expected), abs=1e-12)
