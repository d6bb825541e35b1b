"""Early stopping brings back the best weights however a run ends: by patience, by its last step, by a lowered limit."""

from typing import Any

import numpy as np
import pytest
from engine.build import Build

from nntui_engine.experiment import Experiment

REGRESSION = {"task": "regression", "test_fraction": 0.5}
LAST = 60
VALIDATION_LOSS = 3  # its column among the evaluations


def overfitting(build: Build, restore: bool = True, steps: int = LAST, **options: Any) -> Experiment:
    """A net that learns 12 noisy rows by heart: the loss on 12 held-out rows falls, then rises; patience is endless."""
    generator = np.random.default_rng(1)
    x = generator.standard_normal((24, 3))
    t = x @ np.array([[1.0], [-1.0], [0.5]]) + 0.7 * generator.standard_normal((24, 1))
    train = {"lr": 0.05, "optimizer": "adam", "evaluate_every": 5, "steps": steps}
    train["early_stopping"] = {"patience": 1000, "restore_best": restore}
    return build({"hidden": [20], "batch_norm": "before"}, train, x=x, t=t, data=REGRESSION, **options)


def losses(experiment: Experiment, lane: int = 0) -> tuple[list[float], list[float]]:
    """(steps, validation losses) of all evaluations."""
    series = experiment.lanes[lane].evaluation_history.series([VALIDATION_LOSS])
    return series.steps.tolist(), series.mean[:, 0].tolist()


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(value, other[name]) for name, value in one.items())


def best_of(experiment: Experiment) -> tuple[int, float, dict[str, np.ndarray]]:
    """Train to the end; (step, validation loss, parameters) of the lowest evaluation on the way."""
    seen = {}
    while not experiment.finished:
        seen[experiment.step] = (experiment.lanes[0].latest["validation_loss"], experiment.parameters())
        experiment.advance(5)
    step = min(seen, key=lambda at: seen[at][0])
    return step, *seen[step]


@pytest.mark.parametrize("restore", [True, False])
def test_a_run_whose_steps_run_out(restore: bool, build: Build) -> None:
    experiment = overfitting(build, restore, keep_samples=True)
    step, lowest, parameters = best_of(experiment)
    assert 0 < step < LAST
    assert experiment.step == LAST
    lane = experiment.lanes[0]
    assert experiment.snapshot().lanes[0].state == "finished"
    assert same(experiment.parameters(), parameters) == restore
    assert (lane.latest["validation_loss"] == lowest) == restore
    steps, values = losses(experiment)
    assert steps[-2:] == ([LAST, LAST] if restore else [LAST - 5, LAST])
    assert (values[-1] == min(values)) == restore
    *_, row = experiment.samples()
    assert (row["step"], row["validation_loss"]) == (LAST, values[-1])
    assert experiment.advance(5) == 0
    assert losses(experiment)[0] == steps  # and is not evaluated again


def test_a_run_that_ends_at_its_best_is_left_as_it_is(build: Build) -> None:
    train = {"lr": 0.01, "evaluate_every": 5, "steps": 20, "early_stopping": {"patience": 1000}}
    experiment = build({"hidden": []}, train, data={"task": "regression"})
    experiment.advance(20)
    assert experiment.lanes[0].evaluation_history.series([0]).steps.tolist() == [0, 5, 10, 15, 20]


def test_a_run_that_diverged_ends_on_finite_weights(build: Build) -> None:
    train = {"lr": 100.0, "evaluate_every": 1, "steps": 300, "loss": "mse", "early_stopping": {"patience": 1000}}
    experiment = build({"hidden": [3], "activation": "linear"}, train, data={"task": "regression"})
    start = experiment.parameters()
    experiment.advance(300)
    assert same(experiment.parameters(), start)
    assert np.isfinite(experiment.lanes[0].latest["train_loss"])
    assert experiment.lanes[0].first_non_finite is not None


def test_lanes_end_each_at_its_own_last_step(build: Build) -> None:
    lanes = [("long", {}), ("short", {"train.steps": 40}), ("last weights", {"train.early_stopping": "none"})]
    experiment = overfitting(build, lanes=lanes)
    experiment.advance(45)
    _, values = losses(experiment, 1)
    assert values[-1] == min(values)
    experiment.advance(LAST)
    for lane in (0, 1):
        alone = overfitting(build, lanes=lanes[lane : lane + 1])
        alone.advance(LAST)
        assert same(experiment.parameters(lane), alone.parameters())
    last = overfitting(build, restore=False)
    last.advance(LAST)
    assert same(experiment.parameters(2), last.parameters())


@pytest.mark.parametrize("limit", [30, 33])
def test_a_limit_lowered_to_where_the_run_is_ends_it_there(limit: int, build: Build) -> None:
    """30 is a step of an evaluation and 33 is none: each ends as a run of that many steps."""
    planned = overfitting(build, steps=limit)
    planned.advance(limit)
    experiment = overfitting(build)
    experiment.advance(limit)
    assert not experiment.finished
    assert not experiment.tweak({"train.steps": 20}).restarted
    assert experiment.finished
    assert same(experiment.parameters(), planned.parameters())
    assert experiment.lanes[0].latest["validation_loss"] == planned.lanes[0].latest["validation_loss"]
    evaluated = losses(experiment)[0]
    experiment.tweak({"train.lr": 0.01})  # a change after the end evaluates nothing
    assert losses(experiment)[0] == evaluated


def test_a_raised_limit_goes_on_from_the_best_weights(build: Build) -> None:
    """They are what the lane shows; the step counter, Adam's memories and the schedule go on from the last step."""
    experiment = overfitting(build)
    step, lowest, parameters = best_of(experiment)
    assert step < LAST
    experiment.tweak({"train.steps": 2 * LAST, "train.lr": 0.0})
    assert not experiment.finished
    experiment.advance(1)
    assert experiment.step == LAST + 1
    weights = experiment.parameters()
    assert all(np.array_equal(weights[name], parameters[name]) for name in weights if "running" not in name)
    experiment.tweak({"train.lr": 0.05})
    experiment.advance(2 * LAST)
    assert experiment.lanes[0].latest["validation_loss"] == min(losses(experiment)[1])
    assert experiment.lanes[0].latest["validation_loss"] <= lowest


def test_the_count_of_bad_evaluations_starts_anew_with_the_best_weights(build: Build) -> None:
    train = {"lr": 0.0, "evaluate_every": 5, "steps": 20, "early_stopping": {"patience": 6}}
    experiment = build({}, train, data={"task": "regression"})
    experiment.advance(20)  # four evaluations after the first, none of them better
    assert experiment.snapshot().lanes[0].state == "finished"
    experiment.tweak({"train.steps": 1000})
    assert experiment.advance(1000) == 6 * 5


@pytest.mark.parametrize("cut", [1, 7, 60])
def test_bits_are_the_same_however_launches_are_cut(cut: int, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = overfitting(build, keep_samples=True)
    whole.advance(LAST)
    monkeypatch.setattr("nntui_engine.tasks.network.LAUNCH_SECONDS", 0.0)
    monkeypatch.setattr("nntui_engine.tasks.network_lane.EVALUATIONS_A_LAUNCH", 1)
    pieces = overfitting(build, keep_samples=True)
    while not pieces.finished:
        pieces.advance(cut)
    assert same(pieces.parameters(), whole.parameters())
    assert losses(pieces) == losses(whole)
    assert list(pieces.samples()) == list(whole.samples())


def test_a_moment_before_the_end_comes_back(build: Build) -> None:
    experiment = overfitting(build)
    experiment.advance(LAST - 3)
    moment = experiment.save()
    experiment.advance(3)
    ended, evaluations = experiment.parameters(), losses(experiment)
    experiment.load(moment)
    assert not experiment.finished
    assert not same(experiment.parameters(), ended)
    experiment.advance(3)
    assert same(experiment.parameters(), ended)
    assert losses(experiment) == evaluations
