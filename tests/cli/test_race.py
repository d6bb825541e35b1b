"""``nntui`` and [surface] scenarios: run, --fair, show, validate, list, snapshot."""

import json

import jsonschema
import pytest

from nntui.headless.schemas import schema_document

BOWL = """
schema = 1
[scenario]
title = "Three on a bowl"
summary = "A small race."
[surface]
name = "bowl"
[train]
lr = 0.1
steps = 20
[[lane]]
name = "plain"
[[lane]]
name = "Adam"
set = { "train.optimizer" = "adam" }
[[lane]]
name = "too fast"
set = { "train.lr" = 1000.0 }
"""
RUN_SCHEMA, ROW_SCHEMA, FAIR_SCHEMA = (schema_document(name) for name in ("run", "jsonl", "fair"))


@pytest.fixture
def bowl(tmp_path):
    path = tmp_path / "bowl.toml"
    path.write_text(BOWL, encoding="utf-8")
    return str(path)


def test_json_has_the_promised_shape(invoke, bowl):
    result = invoke("run", bowl, "--headless", "--format", "json")
    assert result.status == 0, result.err
    document = json.loads(result.out)
    jsonschema.validate(document, RUN_SCHEMA)
    plain, adam, fast = document["lanes"]
    assert plain["path"][0] == plain["start"] == [-1.5, 1.0]
    assert plain["path"][-1] == plain["position"]
    assert plain["path"][1] == [-1.5 * 0.9, 0.9]
    assert plain["path_steps"] == list(range(21))
    assert adam["optimizer"] == adam["settings"]["train"]["optimizer"] == "adam"
    assert (fast["state"], fast["diverged_at"], fast["step"]) == ("diverged", 2, 2)


def test_two_runs_print_the_same_bytes(invoke, bowl):
    runs = [invoke("run", bowl, "--headless", "--format", "json", "--set", "surface.noise=0.3").out for _ in range(2)]
    assert runs[0] == runs[1]
    other = invoke("run", bowl, "--headless", "--format", "json", "--set", "surface.noise=0.3", "--seed", "5").out
    assert other != runs[0]


def test_jsonl_has_a_row_for_each_lane_and_step(invoke, bowl):
    rows = [json.loads(line) for line in invoke("run", bowl, "--headless", "--format", "jsonl").out.splitlines()]
    for row in rows:
        jsonschema.validate(row, ROW_SCHEMA)
    assert [row["step"] for row in rows if row["lane"] == "Adam"] == list(range(21))
    assert [row["step"] for row in rows if row["lane"] == "too fast"] == [0, 1, 2]
    assert [row["step"] for row in rows] == sorted(row["step"] for row in rows)


def test_long_runs_lose_no_row_and_every_thins_them(invoke, bowl):
    out = invoke("run", bowl, "--headless", "--format", "jsonl", "--steps", "9000", "--set", "train.lr=1e-5").out
    steps = [row["step"] for row in map(json.loads, out.splitlines()) if row["lane"] == "plain"]
    assert steps == list(range(9001))
    out = invoke("run", bowl, "--headless", "--format", "jsonl", "--every", "7").out
    assert [row["step"] for row in map(json.loads, out.splitlines()) if row["lane"] == "plain"] == [0, 7, 14, 20]


def test_the_report_names_lanes_values_and_what_diverged(invoke, bowl):
    out = invoke("run", bowl, "--headless").out
    for words in ("Three on a bowl", "plain", "Adam", "Distance", "too fast diverged at step 2.", "█"):
        assert words in out


def test_fair_rates_as_json_and_as_text(invoke, bowl):
    document = json.loads(invoke("run", bowl, "--fair", "--headless", "--format", "json").out)
    jsonschema.validate(document, FAIR_SCHEMA)
    plain = document["fair"][0]
    assert plain["best"] == plain["rates"][plain["values"].index(plain["value"])]
    assert 0.5 < plain["best"] < 1.5
    assert plain["values"][-1] == "Infinity"
    own = plain["values_from_start"]
    assert plain["value_from_start"] <= min(value for value in own if value != "Infinity")
    out = invoke("run", bowl, "--fair", "--headless").out
    assert "median of five starts" in out
    assert "from (" in out
    assert "▁" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fair", "--headless", "--format", "jsonl"], "--fair prints text or json only"),
        (["--headless", "--set", "surface.start=[nan, 0]"], "surface.start"),
        (["--headless", "--set", "surface.start=[1e308, 0]"], "surface.start"),
        (["--headless", "--set", "surface.window=[[1, 1], [0, 1]]"], "x must run from a smaller to a larger number"),
        (["--headless", "--set", 'surface.name="hill"'], 'unknown surface "hill"'),
        (["--headless", "--set", "train.lr=-1"], "train.lr"),
    ],
)
def test_bad_input_is_one_line(invoke, bowl, arguments, words):
    result = invoke("run", bowl, *arguments)
    assert result.status == 2
    assert words in result.err
    assert len(result.err.strip().splitlines()) == 1


def test_fair_needs_a_surface(invoke, small):
    result = invoke("run", small, "--fair", "--headless")
    assert result.status == 2
    assert "--fair is for optimizers on a surface" in result.err


@pytest.mark.parametrize("change", ["train.lr=0", "train.lr=1e6", "surface.start=[1e5, 1e5]"])
@pytest.mark.parametrize("form", ["json", "text"])
def test_wild_settings_still_give_a_result(invoke, bowl, change, form):
    result = invoke("run", bowl, "--headless", "--format", form, "--set", change)
    assert result.status == 0, result.err
    if form == "json":
        jsonschema.validate(json.loads(result.out), RUN_SCHEMA)


def test_show_validate_and_list_know_surfaces(invoke, bowl):
    out = invoke("show", bowl).out
    for words in ("plain: sgd on bowl, ½ (x² + y²)", "surface.start", "-1.5, 1", "as plain, except:"):
        assert words in out
    shown = json.loads(invoke("show", bowl, "--json").out)
    assert shown["lanes"][1]["settings"]["train"]["optimizer"] == "adam"
    assert "valid (3 lanes)" in invoke("validate", bowl).out
    assert "beale" in invoke("list").out


def test_a_wrong_surface_is_not_valid(invoke, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(BOWL.replace("lr = 0.1", 'optimizer = "sgdd"'), encoding="utf-8")
    result = invoke("validate", str(path))
    assert result.status == 2
    assert 'did you mean "sgd"?' in result.err


def test_pictures_and_snapshots(invoke, bowl, tmp_path):
    picture = tmp_path / "race.txt"
    assert invoke("run", bowl, "--headless", "--screenshot", str(picture), "--size", "100x30").status == 0
    text = picture.read_text(encoding="utf-8")
    for words in ("Three on a bowl", "▀", "diverged at step 2", "◎"):
        assert words in text
    out = tmp_path / "reference"
    assert invoke("snapshot", bowl, "--out", str(out)).status == 0
    assert invoke("snapshot", bowl, "--out", str(out), "--check").status == 0
    numbers = out / "bowl.json"
    numbers.write_text(
        numbers.read_text(encoding="utf-8").replace('"distance": 0.', '"distance": 1.'), encoding="utf-8"
    )
    assert invoke("snapshot", bowl, "--out", str(out), "--check", "--diff", str(tmp_path / "diff")).status == 1
