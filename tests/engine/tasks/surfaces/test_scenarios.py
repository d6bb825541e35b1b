"""The built-in races: fair rates, and claims that hold for other seeds too."""

import math

import numpy as np
import pytest
from engine.tasks.surfaces.builders import fair_rates, past, seen

from nntui_engine.analysis.verify import verify
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import list_scenarios, load_scenario

SURFACES = [summary.name for summary in list_scenarios() if summary.topic == "surfaces"]
RACES = [name for name in SURFACES if load_scenario(name).is_surface]


def test_what_must_exist() -> None:
    assert set(SURFACES) >= {
        *("beale", "long-valley", "saddle", "ravine", "rosenbrock", "local-minima", "lr-too-high", "momentum-rates"),
        *("annealing", "noisy-moons"),
    }


@pytest.mark.parametrize("name", SURFACES)
def test_a_lesson_a_source_and_things_to_try(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.lesson.startswith("# ")
    assert all(part in scenario.lesson for part in ("**What you see.**", "**Try it.**"))
    assert scenario.source
    assert len(scenario.tries) >= 2
    assert len(scenario.expectations) >= 5


@pytest.mark.parametrize("name", ["beale", "long-valley", "rosenbrock"])
def test_the_lanes_rates_are_near_their_best(name: str) -> None:
    """Within a factor of 1.6 of the rate that the search finds, or as good as that from the scenario's own start."""
    race = Experiment(name)
    by_lane = {sweep.lane: sweep for sweep in fair_rates(race)}
    race.advance(race.steps)
    for lane in seen(race).lanes:
        best = by_lane[lane.name].best
        assert abs(math.log(lane.settings.optimizer_parameters["lr"] / best)) < math.log(1.6), (lane.name, best)


def test_any_rate_of_the_saddle_is_as_good_as_its_best() -> None:
    race = Experiment("saddle")
    for lane, sweep in zip(race.lanes, fair_rates(race), strict=True):
        at = np.abs(np.log(sweep.rates / lane.settings.optimizer_parameters["lr"])).argmin()
        assert sweep.values[at] < sweep.values.min() + 0.1


@pytest.mark.parametrize("name", ["annealing", "local-minima", "noisy-moons"])
def test_chance_does_not_decide(name: str) -> None:
    """But where the file says on how many of ten seeds."""
    outcomes = [(seed, o) for seed in range(1, 11) for o in verify(name, seed) if not o.expectation.at_least]
    assert len(outcomes) >= 40
    assert not [(seed, o.text) for seed, o in outcomes if not o.passed]


def test_too_much_and_too_little_noise_in_local_minima() -> None:
    """The controls: without a rate that falls the lane never rests, with little noise it never leaves."""
    for seed in range(4):
        race = Experiment("local-minima", seed=seed)
        race.advance(race.steps)
        lanes = {lane.name: lane for lane in seen(race).lanes}
        assert np.median(past(lanes["noise"], "value")[-2000:]) < -0.5
        assert np.median(past(lanes["noise"], "value")[-2000:]) > -0.95
        assert past(lanes["little noise"], "value").min() > -0.22


@pytest.mark.parametrize("name", RACES)
def test_every_try_runs(name: str) -> None:
    scenario = load_scenario(name)
    for attempt in scenario.tries:
        race = Experiment(scenario, overrides=[(attempt.set, attempt.lane)])
        with np.errstate(all="ignore"):
            race.advance(race.steps)
        assert race.finished


def test_tries_that_promise_a_divergence_keep_it() -> None:
    for name, number, diverges in [("beale", 0, True), ("lr-too-high", 0, False), ("rosenbrock", 2, True)]:
        scenario = load_scenario(name)
        attempt = scenario.tries[number]
        race = Experiment(scenario, overrides=[(attempt.set, attempt.lane)])
        race.advance(race.steps)
        lanes = {lane.name: lane for lane in seen(race).lanes}
        assert (lanes[attempt.lane or ""].state == "diverged") == diverges, name


def test_the_ravines_condition_numbers() -> None:
    """The numbers of its lesson: 50 million raw, 76 000 centred, 470 standardized."""
    from sklearn.datasets import load_diabetes

    x, _ = load_diabetes(return_X_y=True, scaled=False)
    expected = {"raw": 5.2e7, "centred": 7.6e4, "standardized": 470.0}
    columns = {"raw": x, "centred": x - x.mean(axis=0), "standardized": (x - x.mean(axis=0)) / x.std(axis=0)}
    limits = {}
    for name, table in columns.items():
        rows = np.column_stack([table, np.ones(len(table))])
        curvatures = np.linalg.eigvalsh(2.0 * rows.T @ rows / len(rows))
        assert curvatures[-1] / curvatures[0] == pytest.approx(expected[name], rel=0.02)
        limits[name] = 2.0 / curvatures[-1]
    lanes = {lane.name: lane.settings for lane in Experiment("ravine").lanes}
    assert lanes["raw"].optimizer_parameters["lr"] < limits["raw"]
    assert lanes["raw, a little faster"].optimizer_parameters["lr"] > limits["raw"]
    assert lanes["standardized"].optimizer_parameters["lr"] < limits["standardized"]
