"""``nntui compare``: what two records have otherwise, and where they part."""

import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def record(invoke, small, tmp_path):
    """Records a run of a small scenario under a name, with options of ``nntui run``; returns its path."""

    def make(name: str, *options: str) -> str:
        path = str(tmp_path / f"{name}.nntui")
        result = invoke("run", small, "--headless", "--record", path, *options)
        assert (result.status, result.err) == (0, "")
        return path

    return make


def rows_of(text: str, heading: str) -> list[list[str]]:
    """The rows of the first table with this heading."""
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(heading))
    end = next((number for number, line in enumerate(lines[at:], at) if not line.strip()), len(lines))
    return [re.split(r"\s{2,}", line.strip()) for line in lines[at + 1 : end]]


def test_equal_runs_are_equal_to_the_bit(invoke, record):
    result = invoke("compare", record("a"), record("b"))
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("a.nntui and b.nntui\n\nLane tanh\n")
    assert result.out.count("Every number of the 30 steps that both made is the same, to the bit.") == 2
    assert "Settings that differ" not in result.out
    assert "differ most" not in result.out


def test_what_is_set_otherwise_is_named_and_where_it_shows(invoke, record):
    text = invoke("compare", record("a"), record("b", "--set", "tanh:train.lr=0.06")).out
    tanh, relu = text.split("Lane ReLU: quick")
    assert "Their losses part at step 2.\n" in tanh  # the first loss is that of the weights before any step
    assert rows_of(tanh, "Settings that differ") == [["train.lr", "0.05", "0.06"]]
    outcome = {row[0]: row[1:] for row in rows_of(tanh, "Outcome")}
    assert outcome["step"] == ["30", "30"]
    assert outcome["lr"] == ["0.0500", "0.0600"]
    assert rows_of(tanh, "Layers differ most in")
    assert "is the same, to the bit" in relu


def test_a_change_on_the_way_is_found_at_its_step(invoke, record, small):
    first = record("a")
    with open(small, "a", encoding="utf-8") as file:
        file.write('[[change]]\nstep = 12\nlane = "tanh"\nset = { "train.lr" = 0.5 }\n')
    found = json.loads(invoke("compare", first, record("b"), "--json").out)["others"][0]
    tanh, relu = found["lanes"]
    assert (tanh["same_steps"], tanh["parts_at"], tanh["losses_part_at"]) == (12, 13, 14)
    assert (relu["same_steps"], relu["parts_at"], relu["losses_part_at"]) == (30, None, None)
    assert tanh["settings"] == [{"key": "train.lr", "first": 0.05, "second": 0.5}]
    assert relu["settings"] == relu["layers"] == []
    sizes = [one["size"] for one in tanh["layers"]]
    assert sizes == sorted(sizes, reverse=True)
    assert all(one["step"] >= 13 and one["first"] != one["second"] for one in tanh["layers"])


def test_the_largest_difference_is_the_largest_there_is(invoke, record):
    paths = record("a"), record("b", "--set", "tanh:train.lr=0.06")
    rows = []
    for path in paths:
        lines = map(json.loads, invoke("export", path, "--format", "jsonl").out.splitlines())
        rows.append([row for row in lines if row["lane"] == "tanh" and row["step"]])
    found = json.loads(invoke("compare", *paths, "--json").out)["others"][0]["lanes"][0]["layers"]
    norm = next(one for one in found if one["statistic"] == "gradient_norm")

    def size(layer: int) -> tuple[float, int]:
        pairs = [
            (a["layers"]["gradient_norm"][layer], b["layers"]["gradient_norm"][layer])
            for a, b in zip(*rows, strict=True)
        ]
        square = sum(a * a + b * b for a, b in pairs) / (2 * len(pairs))
        apart = [abs(a - b) for a, b in pairs]
        return max(apart) / square**0.5, rows[0][apart.index(max(apart))]["step"]

    largest = max((*size(layer), name) for layer, name in enumerate(("1", "output")))
    assert norm["size"] == pytest.approx(largest[0], rel=1e-12)
    assert (norm["step"], norm["layer"]) == largest[1:]


def test_runs_of_other_lengths_lanes_and_layers(invoke, record):
    first = record("a")
    longer = json.loads(invoke("compare", first, record("b", "--steps", "50"), "--json").out)["others"][0]["lanes"][0]
    assert (longer["same_steps"], longer["parts_at"]) == (30, None)
    assert next(one for one in longer["outcome"] if one["key"] == "step") == {"key": "step", "first": 30, "second": 50}
    deeper = invoke("compare", first, record("c", "--set", "model.hidden=[4, 4]"))
    assert (deeper.status, deeper.err) == (0, "")
    assert "model.layers.3.units" in deeper.out


def test_lanes_that_only_one_has_are_named(invoke, record, small, tmp_path):
    first = record("a")
    other = tmp_path / "other.toml"
    other.write_text(Path(small).read_text(encoding="utf-8").replace("ReLU: quick", "ReLU: slow"), encoding="utf-8")
    path = str(tmp_path / "other.nntui")
    assert invoke("run", str(other), "--headless", "--record", path).status == 0
    text = invoke("compare", first, path).out
    assert "Only in a.nntui: 'ReLU: quick'\n" in text
    assert "Only in other.nntui: 'ReLU: slow'\n" in text
    assert text.count("Outcome") == 1


def test_what_is_no_record_is_one_line(invoke, record, small):
    for arguments in ((small, record("a")), (record("b"), small)):
        result = invoke("compare", *arguments)
        assert (result.status, result.out, result.err) == (2, "", f"nntui: {small}: is no record of nntui\n")
