"""What may go wrong, said of data and settings alone."""

from typing import Any

import numpy as np
import pytest

from nntui_engine import Experiment
from nntui_engine.diagnosis.verdict import RULES
from nntui_engine.run.finding import Finding
from nntui_engine.scenario import scenario_from_dict
from nntui_engine.tasks.ahead import findings_ahead
from nntui_engine.tasks.resolve import resolve_lane

STATIC = {rule.name for rule in RULES if rule.static}
ALIKE = {"init": "constant", "init_scale": 0.1}


def scenario(data: Any = None, model: Any = None, **train: Any) -> Any:
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": data or {"name": "moons", "samples": 120, "preprocess": "standardize"},
        "model": {"hidden": [8, 8], "activation": "relu", "init": "he_normal", **(model or {})},
        "train": {"steps": 60, "lr": 0.1, "batch_size": 16, **train},
    }
    return scenario_from_dict(tables)


def ahead(data: Any = None, model: Any = None, **train: Any) -> list[Finding]:
    return findings_ahead(resolve_lane(scenario(data, model, **train).lanes[0].tables))


def test_a_healthy_scenario_has_nothing_ahead() -> None:
    assert ahead() == []


FAULTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # (rule, what is set, the same without it)
    ("output_mismatch", {"model": {"output": "softmax", "outputs": 1, "activation": "tanh"}}, {}),
    ("symmetric_units", {"model": ALIKE}, {"model": {"init": ["constant", "he_normal", "he_normal"]}}),
    ("symmetric_units", {"model": {"init": "zeros"}}, {"model": {"init": "zeros", "bias": "normal"}}),
    ("symmetric_units", {"model": ALIKE}, {"model": {**ALIKE, "dropout": 0.2}}),
    ("input_scale", {"data": {"name": "wine"}}, {"data": {"name": "wine", "preprocess": "standardize"}}),
    ("feature_scale_spread", {"data": {"name": "wine"}}, {"data": {"name": "wine", "preprocess": "minmax"}}),
    ("target_scale", {"data": {"name": "diabetes"}}, {"data": {"name": "diabetes", "target_scale": "standardize"}}),
    ("no_nonlinearity", {"model": {"activation": "linear"}}, {"model": {"activation": ["linear", "relu"]}}),
    ("dropout_too_high", {"model": {"dropout": 0.8}}, {"model": {"dropout": 0.5}}),
    ("batch_norm_small_batch", {"model": {"batch_norm": "before"}, "batch_size": 2}, {"batch_size": 2}),
    ("unshuffled_rows", {"data": {"name": "iris"}, "shuffle": False}, {"data": {"name": "iris"}}),
    ("split_problem", {"data": {"name": "iris", "split": "last"}}, {"data": {"name": "iris"}}),
    ("unchanged_weights", {"lr": 0.0}, {}),
    ("unchanged_weights", {"model": {"trainable": False}}, {"model": {"trainable": [False, False, True]}}),
]


@pytest.mark.parametrize(("rule", "fault", "control"), FAULTS)
def test_what_is_set_wrong_is_said_before_the_first_step(
    rule: str, fault: dict[str, Any], control: dict[str, Any]
) -> None:
    (found,) = [one for one in ahead(**fault) if one.rule == rule]
    assert (found.severity, found.first_step) == ("info", 0)
    assert found.fixes
    assert "nan" not in found.message
    assert rule not in [one.rule for one in ahead(**control)]


def test_a_common_class_is_said_without_a_score() -> None:
    (found,) = ahead({"name": "gauss", "samples": 400, "balance": 0.95})
    assert found.rule == "class_imbalance"
    assert set(found.evidence) == {"chance", "above"}
    assert found.message.endswith(
        "always guessing the same is right that often, and a network may not get beyond that."
    )


def test_every_static_rule_has_a_fault() -> None:
    tested = {rule for rule, *_ in FAULTS} | {
        "class_imbalance",
        "one_class",
        "constant_inputs",
    }  # cli/test_bare_data.py
    assert tested == STATIC


NEEDS_MORE = ("unchanged_weights", "split_problem")  # that nothing else is found, or rows that are known by heart


@pytest.mark.parametrize(("rule", "fault"), [(rule, fault) for rule, fault, _ in FAULTS if rule not in NEEDS_MORE])
def test_what_was_said_ahead_is_found_where_nothing_is_learned(rule: str, fault: dict[str, Any]) -> None:
    """With a rate that moves nothing far, the outcome is bad and no other cause hides it."""
    run = Experiment(scenario(**{"lr": 1e-9, **fault}))
    run.advance(run.steps)
    assert rule in [one.rule for one in run.findings()]


def test_units_that_begin_alike_end_alike_and_no_others() -> None:
    """What is foretold from settings is what training shows."""
    random_above = {"init": ["zeros", "he_normal", "he_normal"], "activation": "tanh"}
    for model in (ALIKE, random_above, {**random_above, "init": ["constant", "constant", "he_normal"]}):
        told = {layer for one in ahead(model=model) if one.rule == "symmetric_units" for layer in one.layers}
        run = Experiment(scenario(model=model))
        run.advance(run.steps)
        weights = [run.parameters(0)[f"{layer}.weights"] for layer in (1, 2)]
        alike = {i for i, w in enumerate(weights, 1) if np.array_equal(w, np.repeat(w[:, :1], w.shape[1], axis=1))}
        assert told == alike
