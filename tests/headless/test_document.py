"""The JSON contract of ``nntui run --headless --format json`` and ``jsonl``."""

import json
from typing import Any

import jsonschema
import pytest
from builders import diverged, finding, iris, iris_lane, iris_settings, layer

from nntui.headless.document import run_document
from nntui.headless.schemas import schema_document
from nntui.headless.training import Timing
from nntui.json_text import json_text
from nntui_engine.run.snapshot import Mark
from nntui_engine.scenario.settings import EarlyStopping

RUN_SCHEMA = schema_document("run")


def document(*arguments, **keywords) -> dict[str, Any]:
    return json.loads(json_text(run_document(*arguments, **keywords)), parse_constant=pytest.fail)


def test_a_healthy_run_fits_the_schema():
    jsonschema.validate(document(iris()), RUN_SCHEMA)


def test_a_diverged_run_fits_the_schema_and_keeps_its_values():
    result = document(diverged())
    jsonschema.validate(result, RUN_SCHEMA)
    lane = result["lanes"][1]
    assert (lane["loss"], lane["gradient_norm"]) == ("NaN", "Infinity")
    assert [layer["gradient_norm"] for layer in lane["layers"]] == ["NaN", "Infinity", "-Infinity"]


def test_the_schema_notices_a_missing_key():
    result = document(iris())
    del result["lanes"][0]["layers"][0]["gradient_norm"]
    with pytest.raises(jsonschema.ValidationError, match="gradient_norm"):
        jsonschema.validate(result, RUN_SCHEMA)


def test_what_does_not_apply_is_null_and_never_nan():
    lane = iris_lane(iris_settings("fit", accuracy="none", loss="mse"), without=("accuracy", "validation_loss"))
    shown = document(iris(lane))["lanes"][0]
    assert shown["accuracy"] is None
    assert shown["validation_loss"] is None
    assert shown["r2"] == 0.5


def test_tweaks_belong_to_the_lane_they_changed():
    marks = (
        Mark(10, None, {"train.lr": 0.2}, "lr 0.1 → 0.2"),
        Mark(20, "b", {"model.activation": "tanh"}, "relu → tanh"),
    )
    lanes = document(iris(iris_lane(iris_settings("a")), iris_lane(iris_settings("b"), 1), marks=marks))["lanes"]
    assert lanes[0]["tweaks"] == [{"step": 10, "set": {"train.lr": 0.2}}]
    assert [tweak["step"] for tweak in lanes[1]["tweaks"]] == [10, 20]


def test_findings_belong_to_their_lane():
    two = iris(iris_lane(iris_settings("a")), iris_lane(iris_settings("b"), 1))
    result = document(two, [finding("b")])
    jsonschema.validate(result, RUN_SCHEMA)
    assert result["lanes"][0]["findings"] == []
    assert result["lanes"][1]["findings"] == [
        {
            "rule": "dead_relu",
            "severity": "warning",
            "because": "",
            "layers": [1, 2],
            "first_step": 40,
            "evidence": {"dead_units": 8.0},
            "message": "Half of the units are silent.",
            "fixes": [{"set": {"train.lr": 0.01}, "why": "smaller steps kill fewer units"}],
        }
    ]


def test_settings_are_shaped_like_a_scenario_file():
    layers = (layer(1, 5, "tanh"), layer(2, 1, "linear"))
    settings = iris_settings(
        "x", layers=layers, loss="huber", huber_delta=2.0, early_stopping=EarlyStopping(5, 0.0, True), schedule="step",
        schedule_parameters={"every": 10, "factor": 0.5}, l1_method="proximal",
    )  # fmt: skip
    shown = document(iris(iris_lane(iris_settings())))["lanes"][0]["settings"]
    assert set(shown) == {"data", "model", "train"}
    from nntui.headless.settings_document import settings_document

    train = settings_document(settings)["train"]
    assert train["huber_delta"] == 2.0
    assert train["l1_method"] == "proximal"
    assert shown["train"]["l1_method"] == "subgradient"
    assert train["schedule"] == {"kind": "step", "every": 10, "factor": 0.5}
    assert train["early_stopping"] == {"patience": 5, "min_delta": 0.0, "restore_best": True}


def test_timing_is_there_only_when_asked_for():
    assert "timing" not in document(iris())
    assert document(iris(), timing=Timing(2.0, 100))["timing"] == {"seconds": 2.0, "steps_per_second": 50.0}


def test_no_time_at_all_is_no_division_by_zero():
    assert Timing(0.0, 0).steps_per_second == 0.0
