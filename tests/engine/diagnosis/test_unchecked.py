"""What a diagnosis says that it could not look at."""

from typing import Any

import pytest

from nntui_engine import Experiment
from nntui_engine.diagnosis.verdict import RULE_NAMES
from nntui_engine.scenario import scenario_from_dict


def reasons(steps: int = 30, data: Any = None, model: Any = None) -> dict[str, str]:
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": data or {"name": "moons", "samples": 60},
        "model": {"hidden": [4, 4], "activation": ["relu", "tanh"], **(model or {})},
        "train": {"steps": 30, "evaluate_every": 3},
    }
    run = Experiment(scenario_from_dict(tables))
    run.advance(steps)
    return {rule: one.why for one in run.unchecked() for rule in one.rules}


def test_before_the_first_step_nothing_is_known() -> None:
    assert reasons(steps=0) == {"all": "nothing was trained yet"}


def test_of_a_network_that_has_everything_only_what_is_not_for_classes() -> None:
    assert set(reasons()) == {"target_scale"}


@pytest.mark.parametrize(
    ("changed", "rule", "word"),
    [
        ({"steps": 3}, "slow_convergence", "3 measured steps"),
        ({"data": {"name": "moons", "samples": 60, "test_fraction": 0.0}}, "overfitting", "held out"),
        ({"model": {"activation": "tanh"}}, "dead_relu", "below 0"),
        ({"model": {"activation": "relu"}}, "saturation", "both ends"),
        ({"model": {"hidden": [4], "activation": "relu"}}, "vanishing_gradient", "fewer than two"),
        ({"data": {"name": "plane", "samples": 60}}, "class_imbalance", "numbers"),
    ],
)
def test_what_is_missing_is_named(changed: dict[str, Any], rule: str, word: str) -> None:
    assert word in reasons(**changed)[rule]


def test_rules_that_are_named_are_rules() -> None:
    named = {*reasons(steps=3), *reasons(data={"name": "plane", "samples": 60}), *reasons(model={"activation": "elu"})}
    assert named <= set(RULE_NAMES)


def test_a_race_on_a_surface_is_not_diagnosed() -> None:
    run = Experiment("beale")
    assert {one.rules for one in run.unchecked()} == {("all",)}
    assert len(run.unchecked()) == len(run.lanes)
