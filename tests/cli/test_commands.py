"""The small commands: list, show, validate, info, warmup."""

import json
import re

import pytest

BUILT_IN = {"digits", "vanishing-gradients", "dying-relu", "init"}


def test_list_names_every_scenario(invoke):
    result = invoke("list")
    assert result.status == 0
    names = {line.split()[0] for line in result.out.splitlines() if line.startswith("  ") and line.strip()}
    assert names >= BUILT_IN


def test_list_as_json(invoke):
    found = json.loads(invoke("list", "--json").out)
    assert {scenario["name"] for scenario in found} >= BUILT_IN
    assert all(set(scenario) == {"name", "topic", "title", "summary"} for scenario in found)


def test_show_has_the_lesson_and_the_settings(invoke, small):
    result = invoke("show", small)
    assert result.status == 0
    assert "Watch the loss fall." in result.out
    assert "train.lr" in result.out
    assert "0.05" in result.out
    assert "ReLU: quick: 2 → 4 relu → 1 sigmoid" in result.out


def test_show_tells_only_what_differs_in_a_further_lane(invoke, small):
    out = invoke("show", small).out.partition("ReLU: quick:")[2]
    assert "as tanh, except:" in out
    assert "model.layers.1" in out
    assert "train.lr" not in out


def test_show_as_json_leaves_no_auto(invoke, small):
    document = json.loads(invoke("show", small, "--json").out)
    assert document["scenario"] == "small"
    model_and_train = [(lane["settings"]["model"], lane["settings"]["train"]) for lane in document["lanes"]]
    assert "auto" not in json.dumps(model_and_train)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_built_in_scenario_can_be_shown(invoke, name):
    assert invoke("show", name).status == 0


def test_validate(invoke, small):
    out = invoke("validate", small).out
    assert re.fullmatch(rf"{re.escape(small)}: valid \(2 lanes; needs \d+ MB of memory, a run may take 8 GB\)\n", out)


RAW = """\
schema = 1
[scenario]
title = "Raw"
[data]
name = "wine"
[[lane]]
name = "raw"
[[lane]]
name = "raw, ReLU"
set = { "model.activation" = "relu" }
[[lane]]
name = "scaled"
set = { "data.preprocess" = "standardize" }
"""


def test_what_may_go_wrong_is_said_before_training_and_is_no_mistake(invoke, tmp_path):
    path = tmp_path / "raw.toml"
    path.write_text(RAW, encoding="utf-8")
    checked = invoke("validate", path)
    assert (checked.status, checked.err) == (0, "")
    lines = checked.out.splitlines()
    assert lines[0].startswith(f"{path}: valid (3 lanes; ")
    assert lines[1] == "  may go wrong: input scale · raw; raw, ReLU · layer 1"
    assert lines[2].startswith("    cause The inputs are as large as ")
    assert "    fix   data.preprocess = standardize: inputs of mean 0 and variance 1" in lines
    shown = invoke("show", path).out.splitlines()
    assert shown[-len(lines) + 1 :] == lines[1:]
    document = json.loads(invoke("show", path, "--json").out)
    told = [(one["rule"], one["lanes"], one["severity"]) for one in document["may_go_wrong"]]
    assert told == [(rule, ["raw", "raw, ReLU"], "info") for rule in ("input_scale", "feature_scale_spread")]


def test_of_data_of_ones_own_too(invoke, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("a,b,kind\n" + "".join(f"{i},{i * i},{'yes' if i < 56 else 'no'}\n" for i in range(60)))
    checked = invoke("validate", path)
    assert checked.status == 0
    assert checked.out.splitlines()[1] == "  may go wrong: class imbalance"
    assert "  may go wrong: class imbalance\n" in invoke("show", path).out


def test_info(invoke):
    facts = json.loads(invoke("info", "--json").out)
    assert set(facts) == {"versions", "processor", "cache", "settings", "terminal"}
    assert facts["processor"]["threads"] >= 1
    assert facts["versions"]["numba"][0].isdigit()
    assert isinstance(facts["cache"]["compiled"], bool)
    text = invoke("info").out
    assert "numba" in text
    assert "\n  cores" in text


def test_warmup_compiles_once(invoke, monkeypatch):
    from nntui_engine import warmup
    from nntui_engine.compiling import ahead, parts

    warm = []
    monkeypatch.setattr(warmup, "is_warm", lambda: bool(warm))
    monkeypatch.setattr(ahead, "compile_ahead", lambda parts, _: warm.append(parts) or "")
    first = invoke("warmup")
    assert (first.status, first.out, first.err) == (0, "Compiled.\n", "")
    assert invoke("warmup").out == "Already compiled.\n"
    assert warm == [parts.USUAL_PARTS]


def test_warmup_says_what_went_wrong(invoke, monkeypatch):
    from nntui_engine import warmup
    from nntui_engine.compiling import ahead

    monkeypatch.setattr(warmup, "is_warm", lambda: False)
    monkeypatch.setattr(ahead, "compile_ahead", lambda parts, progress: "no compiler")  # noqa: ARG005
    result = invoke("warmup")
    assert (result.status, result.out, result.err) == (1, "", "nntui: no compiler\n")
