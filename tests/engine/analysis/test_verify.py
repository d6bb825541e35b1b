"""The evaluator of expectations: every built-in scenario keeps its word, and a wrong expectation is found out."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from engine.compiled import needs_jit

from nntui_engine.analysis.judging import Outcome
from nntui_engine.analysis.verify import verify
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import Scenario, list_scenarios, load_scenario, scenario_from_dict

RACE: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "A bowl"},
    "surface": {"name": "bowl", "start": [1.0, -2.0]},
    "train": {"lr": 0.5, "steps": 20},
    "lane": [{"name": "half"}, {"name": "all", "set": {"train.lr": 1.0}}, {"name": "wild", "set": {"train.lr": 9.0}}],
}
TRAINED: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "A small net"},
    "data": {"name": "plane", "samples": 60},
    "model": {"hidden": [4, 3], "activation": "tanh"},
    "train": {"lr": 0.05, "steps": 12, "batch_size": 10},
    "lane": [{"name": "a"}, {"name": "b", "set": {"train.lr": 0.5}}],
}


def scenario(tables: dict[str, Any], *expect: dict[str, Any]) -> Scenario:
    return scenario_from_dict({**tables, "expect": list(expect)}, name="test")


def outcome(tables: dict[str, Any], **expect: Any) -> Outcome:
    (found,) = verify(scenario(tables, expect))
    return found


@needs_jit
@pytest.mark.parametrize("name", [summary.name for summary in list_scenarios()])
def test_every_built_in_scenario_keeps_its_word(name: str) -> None:
    """On its own seed; what holds on a share of several seeds is measured by ``nntui verify``."""
    loaded = load_scenario(name)
    assert loaded.expectations, "a built-in scenario says what it shows"
    on_its_seed = tuple(e for e in loaded.expectations if not e.at_least)
    outcomes = verify(replace(loaded, expectations=on_its_seed))
    assert [o.text for o in outcomes if not o.passed] == []
    assert [o.expectation for o in outcomes] == list(on_its_seed)


# expectation of the bowl's lane "half" (the distance halves with every step), met or not
BOUNDS: list[tuple[dict[str, Any], bool]] = [
    ({"below": 1.0001}, True),
    ({"below": 1.0}, False),
    ({"above": 0.9999}, True),
    ({"above": 1.0}, False),
    ({"above": 0.5, "below": 1.5}, True),
    ({"above": 0.5, "below": 0.9}, False),
    ({"above": 1.1, "below": 1.5}, False),
    ({"between": [1.0, 2.0]}, True),
    ({"between": [0.0, 1.0]}, True),
    ({"between": [1.1, 2.0]}, False),
    ({"equals": 1.0}, True),
    ({"equals": 1.001}, False),
    ({"equals": 1.001, "rtol": 0.01}, True),
    ({"equals": 0.0}, False),
]


@pytest.mark.parametrize(("bounds", "passed"), BOUNDS)
def test_bounds(bounds: dict[str, Any], passed: bool) -> None:
    found = outcome(RACE, lane="half", step=1, statistic="y", over={"step": 1}, **bounds)
    assert found.measured == 1.0
    assert found.passed == passed


SURFACE: list[tuple[dict[str, Any], float | tuple[float, float]]] = [
    ({"statistic": "x", "step": 2}, 0.25),
    ({"statistic": "y", "step": 2}, -0.5),
    ({"statistic": "value", "step": 1}, 0.625),
    ({"statistic": "value", "step": 0}, 2.5),
    ({"statistic": "gradient_norm", "step": 1}, math.sqrt(1.25)),
    ({"statistic": "distance", "step": 1}, math.sqrt(1.25)),
    ({"statistic": "path_length", "step": 1}, math.sqrt(1.25)),
    ({"statistic": "highest_value", "step": 3}, 2.5),
    ({"statistic": "value"}, 2.5 * 0.25**20),
    ({"statistic": "value", "step": 2, "over": {"step": 1}}, 0.25),
    ({"statistic": "value", "step": 1, "over": {"lane": "wild", "step": 0}}, 0.25),
]


@pytest.mark.parametrize(("expect", "value"), SURFACE)
def test_what_is_read_of_a_race(expect: dict[str, Any], value: float) -> None:
    found = outcome(RACE, lane="half", equals=value, rtol=1e-9, **expect)
    assert found.measured == pytest.approx(value, rel=1e-9)
    assert found.passed
    wrong = outcome(RACE, lane="half", equals=value * 1.01 + 1e-9, rtol=1e-9, **expect)
    assert not wrong.passed


def test_a_position() -> None:
    met = outcome(RACE, lane="half", step=1, statistic="position", equals=[0.5, -1.0])
    assert (met.measured, met.passed) == ((0.5, -1.0), True)
    assert not outcome(RACE, lane="half", step=1, statistic="position", equals=[0.5, 1.0]).passed
    assert outcome(RACE, lane="half", step=1, statistic="position", equals=[0.5, -0.99], rtol=0.02).passed


def test_a_lane_that_diverged_keeps_its_last_values() -> None:
    found = outcome(RACE, lane="wild", step=20, statistic="distance", above=1e6)
    assert found.passed
    highest = outcome(RACE, lane="wild", statistic="highest_value", above=1e12)
    assert highest.passed


def test_the_same_numbers_as_by_hand() -> None:
    run = Experiment(scenario(TRAINED))
    run.advance(7)
    by_hand = {lane.name: lane for lane in run.snapshot().lanes}
    expect = [
        {"lane": "a", "step": 7, "statistic": "loss", "above": 0.0},
        {"lane": "b", "step": 7, "statistic": "gradient_norm", "layer": 2, "above": 0.0},
        {"lane": "b", "step": 7, "statistic": "weight_norm", "layer": -1, "above": 0.0},
        {"lane": "a", "step": 7, "statistic": "gradient_norm", "layer": 1, "over": {"layer": -1}, "above": 0.0},
        {"lane": "a", "step": 7, "statistic": "gradient_norm", "layer": 1, "over": {"lane": "b"}, "above": 0.0},
        {"lane": "a", "step": 7, "statistic": "gradient_norm", "above": 0.0},
    ]
    a, b = by_hand["a"], by_hand["b"]
    norms_a, norms_b = a.per_layer["gradient_norm"], b.per_layer["gradient_norm"]
    expected = [
        a.whole["loss"],
        norms_b[1],
        b.per_layer["weight_norm"][2],
        norms_a[0] / norms_a[2],
        norms_a[0] / norms_b[0],
        a.whole["gradient_norm"],
    ]
    found = verify(scenario(TRAINED, *expect))
    assert [o.measured for o in found] == expected
    assert len(set(expected)) == len(expected)
    assert all(o.passed for o in found)


def test_steps_are_taken_in_order_whatever_the_order_of_the_file() -> None:
    steps: list[int | None] = [12, 3, None, 7, 0]
    tables = [{"lane": "half", "statistic": "y", "below": 1.0, **({} if s is None else {"step": s})} for s in steps]
    found = verify(scenario(RACE, *tables))
    assert [o.measured for o in found] == [-2.0 * 0.5 ** (20 if s is None else s) for s in steps]


def test_the_run_ends_with_the_last_step_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[int] = []
    advance = Experiment.advance

    def noted(self: Experiment, n: int = 1) -> int:
        done = advance(self, n)
        reached.append(self.step)
        return done

    monkeypatch.setattr(Experiment, "advance", noted)
    outcome(RACE, lane="half", step=5, statistic="y", below=1.0)
    assert max(reached) == 5


def test_nothing_to_measure_is_a_failure() -> None:
    no_classes = outcome(TRAINED, lane="a", statistic="accuracy", above=-1.0)
    assert (no_classes.measured, no_classes.passed) == (None, False)
    assert "not measured" in no_classes.text
    short = {**TRAINED, "train": {"lr": 0.05, "epochs": 1, "batch_size": 10}}
    assert not outcome(short, lane="a", step=500, statistic="loss", above=-1.0).passed


def test_not_a_number_meets_nothing() -> None:
    zero_by_zero = {"lane": "all", "step": 2, "statistic": "value", "over": {"step": 1}}
    for bounds in ({"above": -1.0}, {"below": 1.0}, {"between": [-1e9, 1e9]}, {"equals": 0.0}):
        found = outcome(RACE, **zero_by_zero, **bounds)
        assert isinstance(found.measured, float)
        assert math.isnan(found.measured)
        assert not found.passed


def test_findings() -> None:
    model = {"hidden": [6, 6], "activation": "relu", "bias": [-9.0, -9.0, 0.0]}
    dead = {**TRAINED, "model": model, "train": {**TRAINED["train"], "lr": 0.001}}
    found = outcome(dead, lane="a", finding="dead_relu")
    assert found.passed
    assert "dead_relu" in found.measured  # type: ignore[operator]
    assert not outcome(dead, lane="a", no_finding="dead_relu").passed
    assert not outcome(dead, lane="a", no_finding="any").passed
    assert not outcome(dead, no_finding="any").passed  # no lane named: all of them
    assert not outcome(dead, lane="a", finding="no_such_rule").passed
    assert outcome(dead, lane="a", no_finding="no_such_rule").passed


def test_a_finding_of_another_lane_does_not_count() -> None:
    dead = {"model.bias": [-9.0, -9.0, 0.0], "model.activation": "relu", "train.lr": 0.001}
    tables = {**TRAINED, "lane": [{"name": "well"}, {"name": "dead", "set": dead}]}
    assert outcome(tables, lane="dead", finding="dead_relu").passed
    assert not outcome(tables, lane="well", finding="dead_relu").passed
    assert outcome(tables, lane="well", no_finding="dead_relu").passed


def test_a_race_has_no_findings() -> None:
    assert outcome(RACE, lane="half", no_finding="any").passed
    assert not outcome(RACE, lane="half", finding="non_finite").passed


def test_another_seed() -> None:
    noisy = {**RACE, "surface": {"name": "bowl", "noise": 1.0}}
    expect = {"lane": "half", "statistic": "value", "above": 0.0}
    values = [verify(scenario(noisy, expect), seed)[0].measured for seed in (1, 1, 2, None, 0)]
    assert values[0] == values[1] != values[2]
    assert values[3] == values[4]


def test_every_text_names_what_was_measured_and_what_was_expected() -> None:
    expect = {"lane": "half", "step": 2, "statistic": "value", "over": {"lane": "wild", "step": 0}, "below": 0.5}
    assert outcome(RACE, **expect).text == (
        "half, step 2: value over that of lane wild, step 0: 0.0625, expected below 0.5"
    )
    layer = {"lane": "a", "statistic": "weight_norm", "layer": 1, "over": {"layer": -1}, "between": [0, 99]}
    text = outcome(TRAINED, **layer).text
    assert text.startswith("a: weight_norm of layer 1 over that of the output layer: ")
    assert text.endswith(", expected between 0 and 99")


def test_no_expectations_and_progress() -> None:
    assert verify(scenario(RACE)) == []
    calls: list[tuple[int, int]] = []
    expect = {"lane": "half", "step": 15, "statistic": "y", "below": 1.0}
    verify(scenario(RACE, expect), progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (15, 15)
    assert np.all(np.diff([done for done, _ in calls]) >= 0)


# relative to equals, the distance is 0.000999 for the number and 0.00902 for the position
RTOL: list[tuple[dict[str, Any], float, bool]] = [
    ({"statistic": "y", "over": {"step": 1}, "equals": 1.001}, 0.001, True),
    ({"statistic": "y", "over": {"step": 1}, "equals": 1.001}, 0.0009, False),
    ({"statistic": "y", "equals": -1.001}, 0.001, True),
    ({"statistic": "y", "equals": -1.001}, 0.0009, False),
    ({"statistic": "position", "equals": [0.5, -0.99]}, 0.0091, True),
    ({"statistic": "position", "equals": [0.5, -0.99]}, 0.0089, False),
]


@pytest.mark.parametrize(("expect", "rtol", "passed"), RTOL)
def test_rtol_is_a_share_of_equals_and_no_more(expect: dict[str, Any], rtol: float, passed: bool) -> None:
    assert outcome(RACE, lane="half", step=1, rtol=rtol, **expect).passed == passed


def test_rtol_is_a_millionth_where_the_file_names_none() -> None:
    for share, passed in ((0.9e-6, True), (1.1e-6, False)):
        near = 1.0 + share
        assert outcome(RACE, lane="half", step=1, statistic="y", equals=-near).passed == passed
        at = [0.5 * near, -1.0 * near]
        assert outcome(RACE, lane="half", step=1, statistic="position", equals=at).passed == passed


@pytest.mark.parametrize("layer", [1, 2, 3, -1])
def test_a_mean_over_samples_is_of_the_layer_named(layer: int) -> None:
    named = {"lane": "a", "statistic": "gradient_norm", "layer": layer, "above": 0.0}
    each = [{**named, "step": step} for step in (9, 10, 11, 12)]
    *values, mean = (o.measured for o in verify(scenario(TRAINED, *each, {**named, "average_over": 4})))
    assert mean == pytest.approx(np.mean(values), rel=1e-12)


def test_a_mean_over_the_values_of_a_race() -> None:
    named = {"lane": "half", "statistic": "value", "above": -1.0}
    each = [{**named, "step": step} for step in (18, 19, 20)]
    *values, mean, norms = (
        o.measured
        for o in verify(
            scenario(
                RACE, *each, {**named, "average_over": 3}, {**named, "statistic": "gradient_norm", "average_over": 3}
            )
        )
    )
    assert mean == pytest.approx(np.mean(values), rel=1e-12)
    assert norms == pytest.approx(np.mean(np.sqrt(2.0 * np.array(values))), rel=1e-12)  # of (x² + y²) / 2


FINDING_TEXTS = [
    ({"lane": "dead", "finding": "dead_relu"}, "dead: findings: dead_relu, vanishing_gradient, expected dead_relu"),
    (
        {"lane": "dead", "no_finding": "saturation"},
        "dead: findings: dead_relu, vanishing_gradient, expected no saturation",
    ),
    ({"lane": "well", "step": 6, "no_finding": "any"}, "well, step 6: findings: none, expected none"),
    ({"lane": "well", "finding": "saturation"}, "well: findings: none, expected saturation"),
    ({"no_finding": "any"}, "findings: dead_relu, vanishing_gradient, expected none"),
]


def test_the_texts_of_findings() -> None:
    dead = {"model.bias": [-9.0, -9.0, 0.0], "model.activation": "relu", "train.lr": 0.001}
    tables = {**TRAINED, "lane": [{"name": "well"}, {"name": "dead", "set": dead}]}
    found = verify(scenario(tables, *(expect for expect, _ in FINDING_TEXTS)))
    assert [o.text for o in found] == [text for _, text in FINDING_TEXTS]


BOUND_TEXTS = [
    ({"above": 0.5}, "above 0.5"),
    ({"above": 0.5, "below": 2}, "above 0.5 and below 2"),
    ({"between": [0, 2]}, "between 0 and 2"),
    ({"equals": 1.0}, "1 within 1e-06"),
    ({"equals": 1.0, "rtol": 0.0}, "1 exactly"),
    ({"equals": 0.0}, "0 exactly"),
]


@pytest.mark.parametrize(("bounds", "words"), BOUND_TEXTS)
def test_the_texts_of_bounds(bounds: dict[str, Any], words: str) -> None:
    found = outcome(RACE, lane="half", step=1, statistic="y", over={"step": 1}, **bounds)
    assert found.text == f"half, step 1: y over that of step 1: 1, expected {words}"


def test_the_text_of_a_position() -> None:
    found = outcome(RACE, lane="half", step=1, statistic="position", equals=[0.5, -1.0], rtol=0.25)
    assert found.text == "half, step 1: position: (0.5, -1), expected (0.5, -1) within 0.25"
