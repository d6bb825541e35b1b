"""A loss that begins far off or swings, and a gradient that grows through time: each beside a control."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui_engine import Experiment
from nntui_engine.diagnosis.case import Case
from nntui_engine.diagnosis.rules.losses import guess_loss
from nntui_engine.run.finding import Finding
from nntui_engine.scenario import parse_scenario, scenario_from_dict

pytestmark = pytest.mark.slow  # they train whole networks

DIGITS = {"name": "digits", "preprocess": "standardize"}
SPIRALS = {"name": "spirals", "samples": 200, "noise": 0.1}
CASES = Path(__file__).parents[2] / "cases" / "broken"


def trained(data: dict[str, Any], model: dict[str, Any], stop: int = 0, **train: Any) -> Experiment:
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": data,
        "model": {"hidden": [16], "activation": "tanh", "init": "xavier_normal", **model},
        "train": {"steps": 200, "batch_size": 16, "evaluate_every": 10, **train},
    }
    run = Experiment(scenario_from_dict(tables))
    run.advance(stop or run.steps)
    return run


def found(run: Experiment, rule: str) -> Finding | None:
    return next((one for one in run.findings() if one.rule == rule), None)


RARE = -0.95 * math.log(0.95) - 0.05 * math.log(0.05)
FAR_OFF = {"init": "normal", "init_scale": [0.1, 30.0]}


def test_a_loss_that_began_far_off_and_stayed_there_is_found() -> None:
    run = trained(DIGITS, FAR_OFF, lr=0.1)
    told = found(run, "initial_loss")
    assert told is not None
    first = run.snapshot(whole_history=["loss"]).lanes[0].whole_history["loss"].mean[0, 0]
    assert told.evidence["first"] == first > told.evidence["above"]
    assert told.evidence["guess"] == pytest.approx(math.log(10), rel=1e-3)
    assert told.evidence["now"] > told.evidence["guess"]
    assert (told.layers, told.first_step, told.severity, told.because) == ((2,), 1, "warning", "lr_too_high")


def test_one_that_began_near_a_guess_is_not() -> None:
    assert found(trained(DIGITS, {"init": "normal", "init_scale": 0.1}, lr=1e-5), "initial_loss") is None


def test_nor_one_that_has_come_down() -> None:
    run = trained(DIGITS, FAR_OFF, lr=0.01)
    assert run.snapshot(whole_history=["loss"]).lanes[0].whole_history["loss"].mean[0, 0] > 50.0
    assert [one for one in run.findings() if one.severity != "info"] == []
    assert found(run, "initial_loss") is None


def test_it_is_a_root_where_nothing_else_explains_it_and_its_fix_mends_it() -> None:
    line = {"hidden": [], "init": "normal", "init_scale": 3.0}
    run = trained(DIGITS, line, lr=0.0)
    told = found(run, "initial_loss")
    assert told is not None
    assert told.because == ""
    mended = trained(DIGITS, {"hidden": [], "init": told.fixes[0].set["model.init"]}, lr=0.0)
    assert found(mended, "initial_loss") is None


@pytest.mark.parametrize(
    ("data", "model", "loss", "guess"),
    [
        (
            {"name": "gauss", "samples": 400, "balance": 0.95},
            {},
            "auto",
            RARE,
        ),
        ({"name": "gauss", "samples": 400, "balance": 0.5}, {"output": "softmax"}, "auto", math.log(2)),
        ({"name": "diabetes", "target_scale": "standardize"}, {}, "auto", 1.0),
        ({"name": "diabetes"}, {}, "mae", math.nan),
        (DIGITS, {}, "mse", math.nan),
    ],
)
def test_what_guessing_costs(data: dict[str, Any], model: dict[str, Any], loss: str, guess: float) -> None:
    run = trained(data, model, stop=1, loss=loss)
    cost = guess_loss(Case(run.snapshot().lanes[0]))
    assert cost == pytest.approx(guess, rel=1e-6, nan_ok=True)
    assert ("initial_loss" in {rule for one in run.unchecked() for rule in one.rules}) == math.isnan(guess)


def test_a_loss_that_swings_follows_from_a_rate_too_high() -> None:
    told = found(trained(SPIRALS, {}, steps=300, lr=3.0, batch_size=8), "oscillating_loss")
    assert told is not None
    assert (told.severity, told.because) == ("warning", "lr_too_high")
    assert told.evidence["swing"] > told.evidence["above"]
    assert told.evidence["turns"] >= told.evidence["at_least"]
    assert [dict(fix.set) for fix in told.fixes] == [{"train.lr": 0.3}, {"train.batch_size": 32}]


def test_of_steps_of_one_row_these_are_the_cause() -> None:
    told = found(trained(SPIRALS, {}, steps=300, lr=3.0, batch_size=1), "oscillating_loss")
    assert told is not None
    assert "steps of 1 row each pull to and fro" in told.message
    assert dict(told.fixes[0].set) == {"train.batch_size": 32}


@pytest.mark.parametrize(("data", "lr"), [(SPIRALS, 0.1), (DIGITS, 0.1), (SPIRALS, 1e-6)])
def test_a_loss_that_falls_or_stays_does_not_swing(data: dict[str, Any], lr: float) -> None:
    assert found(trained(data, {}, lr=lr), "oscillating_loss") is None


def test_the_swing_is_what_was_measured() -> None:
    run = trained(SPIRALS, {}, steps=300, lr=3.0, batch_size=8)
    told = found(run, "oscillating_loss")
    series = run.snapshot(whole_history=["train_loss"]).lanes[0].whole_history["train_loss"]
    late = series.mean[len(series.steps) // 2 :, 0]
    assert told is not None
    assert told.evidence["swing"] == pytest.approx(np.abs(np.diff(late)).mean() / np.median(late))


def test_too_few_evaluations_tell_no_swing() -> None:
    run = trained(SPIRALS, {}, steps=300, lr=3.0, batch_size=8, evaluate_every=60)
    assert found(run, "oscillating_loss") is None
    assert {one.why for one in run.unchecked() if "oscillating_loss" in one.rules} == {
        "6 evaluations are too few to tell a swing: 8 are needed"
    }


def test_a_gradient_that_grows_through_time_is_found_before_numbers_overflow() -> None:
    run = Experiment("exploding-through-time")
    lane = next(lane.name for lane in run.lanes if lane.name == "no clipping")
    run.advance(run.steps)
    told = [one for one in run.findings() if one.lane == lane]
    root = "exploding_gradient"
    assert [(one.rule, one.because) for one in told] == [(root, ""), ("lr_too_high", root), ("non_finite", root)]
    assert told[0].first_step == told[2].first_step - 1
    assert told[0].evidence["first_time_step"] > told[0].evidence["first_time_step_above"]
    assert told[0].layers == (1,)
    assert "before numbers overflowed" in told[0].message
    assert [one.rule for one in run.findings() if one.lane == "clipped"] == []


def test_and_where_they_do_not_overflow_in_every_step_that_it_grows() -> None:
    run = Experiment("spectral-radius")
    run.advance(run.steps)
    told = {one.lane: one for one in run.findings() if one.rule == "exploding_gradient"}
    assert set(told) == {"grows, linear"}
    one = told["grows, linear"]
    assert one.evidence["ratio"] > one.evidence["ratio_above"]
    assert 3 <= one.evidence["spikes"] <= run.steps
    assert "train.clip_norm" in [key for fix in one.fixes for key in fix.set]
    assert "exploding_gradient" not in {rule for missing in run.unchecked() for rule in missing.rules}


def test_a_state_that_doubles_is_the_cause_of_its_overflow() -> None:
    run = Experiment(parse_scenario((CASES / "state-that-explodes.toml").read_text(encoding="utf-8")))
    run.advance(run.steps)
    first, *others = run.findings()
    assert (first.rule, others[-1].rule) == ("exploding_gradient", "non_finite")
    assert {one.because for one in others} == {"exploding_gradient"}
    assert dict(first.fixes[0].set) == {"model.layers.state.spectral_radius": 1.0}
