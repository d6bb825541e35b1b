"""Learning-rate schedules: the factor at every update, and the rate that a run reports."""

from typing import Any

import numpy as np
import pytest
from engine.build import Build
from engine.compiled import compiled
from engine.twin_update import SCHEDULES as TWIN
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui_engine.kernels.schedule import schedule_factor
from nntui_engine.registry.schedule import SCHEDULES

CASES: dict[str, list[dict[str, Any]]] = {
    "constant": [{}],
    "exponential": [{}, {"decay": 0.3}, {"decay": 0.0}],
    "inverse_time": [{}, {"decay": 0.3}],
    "step": [{"every": 3, "factor": 0.5}, {"every": 1, "factor": 0.9}, {"every": 4, "factor": 0.0}],
    "cosine": [{"over": 7}, {"over": 20, "minimum": 0.2}],
    "warmup": [{"over": 5}, {"over": 1}],
}
TABLE = [(kind, given) for kind, cases in CASES.items() for given in cases]


def factors(kind: str, given: dict[str, Any], count: int) -> list[float]:
    parameters = np.zeros(3)
    for column, p in enumerate(SCHEDULES[kind].parameters):
        parameters[column] = given.get(p.name, p.default)
    return [compiled(schedule_factor)(SCHEDULES[kind].code, parameters, t) for t in range(count)]


@pytest.mark.parametrize(("kind", "given"), TABLE)
def test_factors_equal_the_twin_and_a_run_reports_them(kind: str, given: dict[str, Any], build: Build) -> None:
    everything = {p.name: given.get(p.name, p.default) for p in SCHEDULES[kind].parameters}
    expected = [TWIN[kind](everything, t) for t in range(30)]
    assert factors(kind, given, 30) == pytest.approx(expected, rel=1e-12)
    train = {"lr": 0.2, "schedule": {"kind": kind, **given}}
    experiment = build({"hidden": []}, train, keep_samples=True)
    experiment.advance(30)
    assert [row["lr"] for row in experiment.samples()] == pytest.approx([0.2 * f for f in expected], rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([kind for kind in CASES if kind != "warmup"]), st.floats(1e-6, 1.0), st.integers(1, 40))
def test_all_but_warmup_fall_from_1_and_stay_between_0_and_1(kind: str, share: float, length: int) -> None:
    given = {"decay": share, "factor": share, "every": length, "over": length, "minimum": share / 2}
    values = np.array(factors(kind, given, 60))
    assert values[0] == 1.0
    assert (np.diff(values) <= 1e-15).all()
    assert (values >= 0.0).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40))
def test_warmup_rises_to_1(over: int) -> None:
    values = np.array(factors("warmup", {"over": over}, 60))
    assert (np.diff(values) >= 0.0).all()
    assert values[0] == pytest.approx(1.0 / over)
    assert (values[over - 1 :] == 1.0).all()


def test_cosine_over_0_is_over_the_whole_run(build: Build) -> None:
    experiment = build({"hidden": []}, {"lr": 1e-3, "steps": 10, "schedule": {"kind": "cosine"}}, keep_samples=True)
    experiment.advance(10)
    rates = [row["lr"] for row in experiment.samples()]
    assert rates == pytest.approx([1e-3 * TWIN["cosine"]({"over": 10, "minimum": 0.0}, t) for t in range(10)])


def plateau(build: Build, **more: Any) -> Any:
    """A run whose loss cannot fall (lr 1 and no gradient: targets are met from the start)."""
    x, t = np.ones((4, 1)), np.zeros((4, 1))
    train = {"lr": 1.0, "evaluate_every": 1, "schedule": {"kind": "plateau", "factor": 0.5, "patience": 2}, **more}
    return build({"hidden": [], "init": "zeros"}, train, x=x, t=t, data={"task": "regression"}, keep_samples=True)


def test_plateau_lowers_the_rate_after_more_than_patience_bad_evaluations(build: Build) -> None:
    experiment = plateau(build)
    experiment.advance(10)
    # the evaluation at step 1 sets the best; 2, 3 and 4 are no better
    assert [row["lr"] for row in experiment.samples()] == [1.0] * 4 + [0.5] * 3 + [0.25] * 3


def test_plateaus_falls_end_with_plateau(build: Build) -> None:
    experiment = plateau(build)
    experiment.advance(10)
    experiment.tweak({"train.schedule": "constant"})
    experiment.advance(1)
    assert experiment.lanes[0].latest["lr"] == 1.0
