"""A network of listed layers from file to every kind of output: nothing that does not apply shows as NaN."""

import json
from pathlib import Path

import jsonschema
import pytest
from cli.conftest import Invoke

from nntui.headless.schemas import schema_document

RESIDUAL = """
schema = 1
[scenario]
title = "Residual"
[data]
name = "moons"
samples = 60
[model]
init = "he_normal"
[[model.layers]]
kind = "dense"
name = "stem"
units = 4
[[model.layers]]
repeat = 2
layers = [
    { kind = "dense", units = 4, name = "a" },
    { kind = "dense", units = 4, activation = "linear", name = "b" },
    { kind = "add", from = ["b", "block"] },
]
[train]
steps = 20
optimizer = "adam"
evaluate_every = 10
"""
SUMS = (3, 6)


@pytest.fixture
def residual(tmp_path: Path) -> str:
    path = tmp_path / "residual.toml"
    path.write_text(RESIDUAL, encoding="utf-8")
    return str(path)


def test_show_has_the_table_of_layers_before_the_settings(residual: str, invoke: Invoke) -> None:
    lines = [line.rstrip() for line in invoke("show", residual).out.splitlines()]
    assert lines[0] == "Residual"
    assert lines[2] == "Settings: 2 → stem 4 relu → 2 × (a 4 relu, b 4 linear, add) → 1 sigmoid"
    assert lines[3].split() == ["Layer", "Kind", "Shape", "Parameters", "Multiply-adds"]
    assert lines[4].split() == ["inputs", "inputs", "2", "0", "0"]
    assert lines[5].split() == ["stem", "dense", "4", "12", "8"]
    assert lines[8].split() == ["4", "add", "4", "0", "0"]
    assert lines[13].split() == ["total", "97", "76"]
    assert [line.strip() for line in lines if "model.layers.4" in line] == [
        "model.layers.4             add, from b.1 and stem"
    ]


def test_show_prints_the_table_again_only_where_a_lane_has_another(small: str, invoke: Invoke) -> None:
    assert invoke("show", small).out.count("Multiply-adds") == 1
    wider = Path(small)
    wider.write_text(
        wider.read_text().replace('set = { "model.activation" = "relu" }', 'set = { "model.hidden" = [5] }')
    )
    assert invoke("show", small).out.count("Multiply-adds") == 2


def test_show_as_json_adds_the_layers_and_keeps_the_rest(residual: str, small: str, invoke: Invoke) -> None:
    lane = json.loads(invoke("show", residual, "--json").out)["lanes"][0]
    assert set(lane) == {"name", "settings", "layers"}
    assert lane["layers"][4] == {"name": "4", "kind": "add", "shape": [4], "parameters": 0, "multiply_adds": 0}
    plain = json.loads(invoke("show", small, "--json").out)["lanes"][0]
    assert [layer["parameters"] for layer in plain["layers"]] == [0, 12, 5]
    assert set(plain["settings"]["model"]["layers"][0]) >= {"units", "activation", "trainable"}
    assert "kind" not in plain["settings"]["model"]["layers"][0]


def test_a_run_says_null_where_a_sum_has_no_weights(residual: str, invoke: Invoke) -> None:
    document = json.loads(invoke("run", residual, "--headless", "--format", "json").out)
    jsonschema.validate(document, schema_document("run"))
    lane = document["lanes"][0]
    assert [layer["gradient_norm"] is None for layer in lane["layers"]] == [at in SUMS for at in range(8)]
    assert "NaN" not in json.dumps(lane)
    assert sum(layer["parameters"] for layer in lane["layers"]) == lane["parameters"] == 97
    lines = invoke("run", residual, "--headless", "--format", "jsonl").out.splitlines()
    schema = schema_document("jsonl")
    assert len(lines) == 20
    for line in map(json.loads, lines):
        jsonschema.validate(line, schema)
        for name, values in line["layers"].items():
            assert [value is None for value in values] in ([False] * 8, [at in SUMS for at in range(8)]), name
        assert "NaN" not in json.dumps(line)


def test_neither_report_nor_picture_shows_a_nan(residual: str, tmp_path: Path, invoke: Invoke) -> None:
    picture = tmp_path / "picture.txt"
    result = invoke("run", residual, "--headless", "--screenshot", picture, "--size", "120x40")
    assert result.status == 0
    assert "NaN" not in result.out
    assert "—" in result.out
    shown = picture.read_text(encoding="utf-8")
    assert "NaN" not in shown.replace("and NaN: none", "")  # what was looked for may be named
    assert "×" not in shown
    assert "b.1" in shown


def test_sharpness_may_be_expected_of_any_network(residual: str, invoke: Invoke) -> None:
    path = Path(residual)
    for bound, status in (("above = 0.0", 0), ("below = 0.0", 1)):
        path.write_text(f'{RESIDUAL}[[expect]]\nstatistic = "sharpness"\n{bound}\n', encoding="utf-8")
        result = invoke("verify", residual)
        assert result.status == status
        assert "sharpness" in result.out


RECURRENT = """
schema = 1
[scenario]
title = "t"
[data]
name = "adding"
samples = 60
length = 5
[[model.layers]]
kind = "gru"
name = "memory"
units = 3
[train]
steps = 4
"""


def test_machine_output_has_what_recurrent_layers_measure(tmp_path: Path, invoke: Invoke) -> None:
    path = tmp_path / "gru.toml"
    path.write_text(RECURRENT)
    document = json.loads(invoke("run", str(path), "--headless", "--format", "json").out)
    jsonschema.validate(document, schema_document("run"))
    found = document["lanes"][0]["sequences"]
    assert len(found["time_gradient_norm"]["memory"]) == 5
    assert len(found["gate_mean"]["memory"]) == len(found["gate_saturated"]["memory"]) == 3
    assert all(0.0 < value < 1.0 for value in found["gate_mean"]["memory"][:2])
    lines = invoke("run", str(path), "--headless", "--format", "jsonl").out.splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        jsonschema.validate(row, schema_document("jsonl"))
    assert rows[-1]["sequences"] == found
