"""``nntui run --headless``: the three formats, their contract, and that they never change from run to run."""

import json
from dataclasses import replace

import jsonschema
import pytest
from builders import finding
from cli.conftest import run_apart

from nntui.headless.schemas import schema_document

RUN_SCHEMA = schema_document("run")
ROW_SCHEMA = schema_document("jsonl")

pytestmark = pytest.mark.slow


def parse(text: str):
    return json.loads(text, parse_constant=pytest.fail)


def rows(text: str):
    return [parse(line) for line in text.splitlines()]


def test_json_fits_the_schema(invoke, small):
    result = invoke("run", small, "--headless", "--format", "json")
    assert (result.status, result.err) == (0, "")
    document = parse(result.out)
    jsonschema.validate(document, RUN_SCHEMA)
    assert (document["scenario"], document["seed"], document["steps"]) == ("small", 0, 30)
    assert [lane["name"] for lane in document["lanes"]] == ["tanh", "ReLU: quick"]
    assert [layer["activation"] for layer in document["lanes"][1]["layers"]] == ["relu", "sigmoid"]
    assert document["lanes"][0]["parameters"] == 2 * 4 + 4 + 4 + 1


@pytest.mark.parametrize("form", ["text", "json", "jsonl"])
def test_the_output_is_the_same_bytes_in_every_process_and_thread_count(small, form):
    arguments = ("run", small, "--headless", "--format", form, "--steps", "300")
    first = run_apart(*arguments, NUMBA_NUM_THREADS="1")
    second = run_apart(*arguments, NUMBA_NUM_THREADS="2", PYTHONHASHSEED="5")
    assert first.status == 0, first.err
    assert first.out == second.out


def test_no_machine_path_or_clock_is_in_the_output(invoke, small, tmp_path):
    for form in ("json", "jsonl", "text"):
        out = invoke("run", small, "--headless", "--format", form).out
        assert str(tmp_path) not in out
        assert "second" not in out


def test_jsonl_has_one_row_a_lane_and_sampled_step(invoke, small):
    result = invoke("run", small, "--headless", "--format", "jsonl", "--every", "10")
    found = rows(result.out)
    for row in found:
        jsonschema.validate(row, ROW_SCHEMA)
    lanes = ["tanh", "ReLU: quick"]
    assert [row["lane"] for row in found] == lanes * (len(found) // 2)
    steps = [row["step"] for row in found[::2]]
    assert steps == sorted(set(steps))
    assert set(steps) >= {10, 20, 30} or set(steps) >= {0, 10, 20}
    assert all(len(values) == 2 for values in found[0]["layers"].values())


def test_every_decides_what_is_written_not_what_is_found(invoke):
    run = ("run", "vanishing-gradients", "--headless", "--steps", "100")
    for form in ("json", "text"):
        plain = invoke(*run, "--format", form)
        assert "vanishing" in plain.out
        for every in (2, 7, 40):
            assert invoke(*run, "--format", form, "--every", every) == plain
    (found,) = parse(invoke(*run, "--format", "json", "--every", "7").out)["lanes"][0]["findings"]
    assert found["first_step"] == 1  # no multiple of 7


def test_a_longer_run_does_not_move_when_a_finding_began(invoke):
    for steps in (100, 3000):
        result = invoke("run", "vanishing-gradients", "--headless", "--steps", steps, "--format", "json")
        (found,) = parse(result.out)["lanes"][0]["findings"]
        assert (found["rule"], found["first_step"]) == ("vanishing_gradient", 1)


def test_rows_of_every_seventh_step_are_those_of_every_step(invoke, small):
    run = ("run", small, "--headless", "--format", "jsonl")
    expected = [row for row in rows(invoke(*run).out) if row["step"] in (7, 14, 21, 28, 30)]
    assert rows(invoke(*run, "--every", "7").out) == expected
    assert len(expected) == 10


def test_the_last_row_is_the_end_of_the_run(invoke, small):
    row = rows(invoke("run", small, "--headless", "--format", "jsonl").out)[-1]
    lane = parse(invoke("run", small, "--headless", "--format", "json").out)["lanes"][-1]
    assert row["loss"] == lane["loss"]
    assert row["layers"]["gradient_norm"] == [layer["gradient_norm"] for layer in lane["layers"]]


def test_divergence_is_a_result_and_still_valid_json(invoke, small):
    arguments = ["run", small, "--headless", "--set", "train.optimizer=sgd", "--set", "train.loss=mse"]
    arguments += ["--set", "train.lr=1e6", "--set", "model.output=linear", "--set", "model.activation=relu"]
    result = invoke(*arguments, "--format", "json", "--steps", 200)
    assert result.status == 0, result.err
    document = parse(result.out)
    jsonschema.validate(document, RUN_SCHEMA)
    assert '"NaN"' in result.out or '"Infinity"' in result.out
    text = invoke(*arguments, "--steps", 200)
    assert "×" in text.out
    assert "First NaN or infinity at step" in text.out
    check_row = jsonschema.Draft202012Validator(ROW_SCHEMA).validate
    for row in rows(invoke(*arguments, "--format", "jsonl", "--steps", 40).out):
        check_row(row)


def test_text_is_a_plain_report(invoke, small):
    result = invoke("run", small, "--headless")
    assert (result.status, result.err) == (0, "")
    assert "Two moons" in result.out
    assert "\x1b" not in result.out
    for word in ("ReLU: quick", "Gradient", "Validation", "output"):
        assert word in result.out


def test_seed_steps_and_settings_reach_the_run(invoke, small):
    changes = ("--seed", 7, "--steps", 12, "--set", "train.lr=0.5", "--set", "ReLU: quick:model.hidden=[6, 6]")
    document = parse(invoke("run", small, "--headless", "--format", "json", *changes).out)
    assert (document["seed"], document["steps"]) == (7, 12)
    one, two = (lane["settings"] for lane in document["lanes"])
    assert (one["train"]["lr"], two["train"]["lr"]) == (0.5, 0.5)
    assert [len(settings["model"]["layers"]) for settings in (one, two)] == [2, 3]


def test_another_seed_gives_another_run(invoke, small):
    runs = [invoke("run", small, "--headless", "--format", "json", "--seed", seed).out for seed in (1, 2)]
    assert parse(runs[0])["lanes"][0]["loss"] != parse(runs[1])["lanes"][0]["loss"]


def test_timing_only_on_request(invoke, small):
    assert "timing" in parse(invoke("run", small, "--headless", "--format", "json", "--timing").out)
    assert "steps/s" in invoke("run", small, "--headless", "--timing").out
    rowwise = invoke("run", small, "--headless", "--format", "jsonl", "--timing")
    assert "steps/s" in rowwise.err
    assert "steps/s" not in rowwise.out


@pytest.mark.parametrize(
    ("severity", "threshold", "status"),
    [
        ("info", "info", 1),
        ("info", "warning", 0),
        ("warning", "warning", 1),
        ("critical", "info", 1),
        ("warning", "critical", 0),
    ],
)
def test_fail_on(invoke, small, monkeypatch, severity, threshold, status):
    from nntui_engine.experiment import Experiment

    monkeypatch.setattr(Experiment, "findings", lambda _: [replace(finding("tanh"), severity=severity)])
    assert invoke("run", small, "--headless", "--fail-on", threshold).status == status


@pytest.mark.parametrize("suffix", ["svg", "txt"])
def test_a_screenshot_of_the_lab(invoke, small, tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    assert invoke("run", small, "--headless", "--screenshot", path, "--size", "100x30").status == 0
    content = path.read_text(encoding="utf-8")
    if suffix == "txt":
        lines = content.splitlines()
        assert (len(lines), max(map(len, lines))) == (30, 100)
        assert "tanh" in content
    else:
        assert content.startswith("<svg")


def test_paused_is_for_the_lab(invoke, small):
    result = invoke("run", small, "--headless", "--paused")
    assert result.status == 2
    assert "--paused is for the lab, not with --headless" in result.err
    assert result.out == ""
