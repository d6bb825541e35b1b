"""Layers that are not all dense, in reports and documents: what does not apply is said to be nothing, never NaN."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest
from builders import iris, iris_settings, layer, residual, residual_settings, with_every_statistic
from headless.test_text import report

from nntui.headless.document import row_documents, run_document
from nntui.headless.network_words import layer_line, layer_rows, layers_table, network_line
from nntui.headless.schemas import schema_document
from nntui.json_text import json_text
from nntui_engine.registry.statistic import LAYER_STATISTICS, OF_WEIGHTS

ADDS = (3, 6)  # places of the sums among the residual network's layers


def test_what_does_not_apply_to_a_layer_is_null_and_only_that() -> None:
    document = json.loads(json_text(run_document(residual())), parse_constant=pytest.fail)
    jsonschema.validate(document, schema_document("run"))
    for at, one in enumerate(document["lanes"][0]["layers"]):
        nulls = {row.name for row in LAYER_STATISTICS if one[row.name] is None}
        assert nulls == (set(OF_WEIGHTS) if at in ADDS else set())
        assert "NaN" not in one.values()


def test_a_real_nan_beside_what_does_not_apply_stays_a_nan() -> None:
    broken = with_every_statistic(residual_settings())
    broken.per_layer["gradient_norm"][0] = np.nan  # type: ignore[index]
    layers = json.loads(json_text(run_document(iris(broken))))["lanes"][0]["layers"]
    assert (layers[0]["gradient_norm"], layers[3]["gradient_norm"]) == ("NaN", None)


def test_the_document_says_of_every_layer_what_it_is() -> None:
    layers = run_document(residual())["lanes"][0]["layers"]
    keys = ("name", "kind", "shape", "parameters", "multiply_adds")
    assert [tuple(layers[at][key] for key in keys) for at in (0, 3, 7)] == [
        ("stem", "dense", [16], 80, 64),
        ("4", "add", [16], 0, 0),
        ("output", "dense", [3], 51, 48),
    ]


def test_rows_have_null_where_the_document_has() -> None:
    values = [1.0, 2.0, 3.0, float("nan"), 5.0, 6.0, float("nan"), float("nan")]
    row = {"lane": "", "step": 3, "loss": 0.5, "layers": {"gradient_norm": values, "activation_variance": values}}
    (found,) = row_documents([row], residual())
    line = json.loads(json_text(found, indent=None), parse_constant=pytest.fail)
    jsonschema.validate(line, schema_document("jsonl"))
    assert line["layers"]["gradient_norm"] == [1.0, 2.0, 3.0, None, 5.0, 6.0, None, "NaN"]
    assert line["layers"]["activation_variance"] == [1.0, 2.0, 3.0, "NaN", 5.0, 6.0, "NaN", "NaN"]
    assert line["loss"] == 0.5


def test_rows_of_a_chain_are_as_they_were_made() -> None:
    row: dict[str, Any] = {"lane": "relu", "step": 3, "layers": {"gradient_norm": [float("nan")] * 3}}
    (found,) = row_documents([row], iris())
    assert found is row


def test_the_report_has_a_dash_for_what_does_not_apply() -> None:
    text = report(residual())
    assert "NaN" not in text
    assert "×" not in text.replace("2 ×", "")
    lines = text.splitlines()
    header = next(i for i, line in enumerate(lines) if line.startswith("Layer"))
    rows = [line.split() for line in lines[header + 1 : header + 9]]
    assert [row[:4] for row in rows[:5]] == [
        ["stem", "dense", "16", "relu"],
        ["a.1", "dense", "16", "relu"],
        ["b.1", "dense", "16", "linear"],
        ["4", "add", "16", "linear"],
        ["a.2", "dense", "16", "relu"],
    ]
    assert rows[3][4] == "—"  # the gradient's norm, and no sparkline after it
    assert rows[3].count("—") == 2  # … and the update ratio
    assert all("—" not in rows[at] for at in range(8) if at not in ADDS)


def test_the_report_of_dense_layers_has_no_column_of_kinds() -> None:
    assert "Kind" not in report(iris())
    assert "Kind" in report(residual())
    named = replace(iris_settings(""), layers=tuple(replace(x, name=f"n{x.index}") for x in iris_settings().layers[:2]))
    named = replace(named, layers=(*named.layers, iris_settings().layers[2]))
    text = report(iris(with_every_statistic(named)))
    assert "Kind" not in text
    assert "\nn1 " in text


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_line_of_the_report_runs_over(width: int) -> None:
    lines = report(residual(blocks=16), width=width).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= width
    (at,) = (at for at, line in enumerate(lines) if line.startswith("Network:"))
    assert lines[at].rstrip() == "Network: 4 → stem 16 relu → 16 × (a 16 relu, b 16 linear, add) → 3 softmax"
    assert lines[at + 1].startswith("cross_entropy, adam")
    assert "…" not in "".join(lines[at + 2 : at + 54])


def test_the_first_nan_is_in_a_layer_by_its_name() -> None:
    from nntui_engine.run.snapshot import NonFinite

    lane = with_every_statistic(residual_settings())
    own = replace(lane.network, first_non_finite=NonFinite(7, 5, "z", 1e30, 1e20, 2.0, 1.0, 0.1))
    assert "First NaN or infinity at step 7, layer a.2." in report(iris(replace(lane, own=own)))


def test_a_network_that_is_no_chain_is_one_line_of_at_most_so_many_columns() -> None:
    settings = residual_settings(blocks=16)
    assert network_line(settings) == "4 → stem 16 relu → 16 × (a 16 relu, b 16 linear, add) → 3 softmax"
    assert network_line(settings, 60) == "4 → stem → 16 × (a, b, add) → 3 softmax"
    assert network_line(settings, 38) == "50 layers: dense, add; 8 835 parameters"


def test_a_chain_is_written_as_before_whatever_the_room() -> None:
    layers = (*(layer(i + 1, 24, "tanh") for i in range(5)), layer(6, 1, "sigmoid"))
    assert network_line(iris_settings(layers=layers), 10) == "4 → 5 × (24 tanh) → 1 sigmoid"


def test_a_listed_layer_is_written_without_what_goes_without_saying() -> None:
    settings = residual_settings()
    lines = [layer_line(settings, one) for one in settings.layers]
    assert lines[:4] == [
        "dense stem, units 16, relu, he_normal",
        "dense a.1, units 16, relu, he_normal",
        "dense b.1, units 16, linear, he_normal",
        "add, from b.1 and stem",
    ]
    frozen = replace(settings.layers[1], trainable=False, dropout=0.25, bias=0.1, l2=0.001, batch_norm="before")
    assert layer_line(settings, frozen) == (
        "dense a.1, units 16, relu, he_normal, bias 0.1, batch_norm before, dropout 0.25, l2 0.001, trainable false"
    )


def test_the_table_of_layers_adds_up() -> None:
    settings = replace(residual_settings(), batch_norm_inputs=True)
    rows = layer_rows(settings)
    assert [row["parameters"] for row in rows] == [8, 80, 272, 272, 0, 272, 272, 0, 51]
    assert [row["multiply_adds"] for row in rows] == [0, 64, 256, 256, 0, 256, 256, 0, 48]
    table = layers_table(settings)
    cells = [str(list(column.cells)[-1]) for column in table.columns]
    assert cells == ["total", "", "", "1 227", "1 136"]


def test_pictures_have_their_shape_where_a_layer_sees_it() -> None:
    dense = replace(iris_settings(), shape=(2, 2, 1))
    assert layer_rows(dense)[0]["shape"] == [4]
    flat = replace(layer(1, 4, "linear", ""), kind="flatten")
    seen = replace(dense, layers=(flat, *(replace(x, index=x.index + 1, sources=(x.index,)) for x in dense.layers)))
    assert layer_rows(seen)[0]["shape"] == [2, 2, 1]
    assert network_line(seen).startswith("2×2×1 → flatten → 16 relu")
