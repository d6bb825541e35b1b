"""Data with next to nothing in them: the diagnosis looks at them, says what is so, and what cannot be known."""

import json
from pathlib import Path

import numpy as np
import pytest
from cli.conftest import Invoke


def written(path: Path, target: str, rows: list[tuple[float, float, object]]) -> Path:
    path.write_text(f"a,b,{target}\n" + "".join(f"{a:.4f},{b:.4f},{y}\n" for a, b, y in rows), encoding="utf-8")
    return path


def spread(count: int = 60) -> list[list[float]]:
    return np.random.default_rng(3).uniform(0.0, 1.0, (count, 2)).tolist()


def diagnosed(invoke: Invoke, path: Path, *options: object) -> dict:
    result = invoke("diagnose", path, "--lane", "network", "--json", *options)
    assert "Traceback" not in result.err
    return json.loads(result.out)


def lane_of(document: dict) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """(its findings as rule and what it follows from, what was not looked at)."""
    (lane,) = document["lanes"]
    unchecked = {rule: one["why"] for one in lane["unchecked"] for rule in one["rules"]}
    return [(one["rule"], one["because"]) for one in lane["findings"]], unchecked


@pytest.mark.parametrize("label", ["yes", "1"])
@pytest.mark.parametrize("task", ["auto", "binary", "classes"])
def test_one_class_is_a_finding(invoke: Invoke, tmp_path: Path, label: str, task: str) -> None:
    path = written(tmp_path / "one_class.csv", "kind", [(a, b, label) for a, b in spread()])
    document = diagnosed(invoke, path, "--set", f"data.task={task}")
    found, unchecked = lane_of(document)
    assert found[0] == ("one_class", "")
    assert {because for _, because in found[1:]} <= {"one_class"}
    assert not document["healthy"]
    assert "nothing to tell apart" in document["lanes"][0]["findings"][0]["message"]
    assert "one class" in unchecked["the outcome"]
    assert invoke("diagnose", path).out.startswith("Sick: one class · network · since step 0")
    assert "  may go wrong: one class\n" in invoke("validate", path).out
    assert invoke("run", path, "--headless", "--steps", 20).status == 0


def test_one_class_has_no_other_to_be_confused_with(invoke: Invoke, tmp_path: Path) -> None:
    path = written(tmp_path / "one_class.csv", "kind", [(a, b, "yes") for a, b in spread()])
    result = invoke("diagnose", path, "--set", "data.label_noise=0.1")
    assert (result.status, result.out) == (2, "")
    assert 'all are of one, "yes"' in result.err


@pytest.mark.parametrize("scaled", ["none", "standardize"])
def test_one_number_for_all_is_the_same_finding(invoke: Invoke, tmp_path: Path, scaled: str) -> None:
    path = written(tmp_path / "flat.csv", "price", [(a, b, 3.25) for a, b in spread()])
    found, unchecked = lane_of(diagnosed(invoke, path, "--set", f"data.target_scale={scaled}"))
    assert found == [("one_class", "")]
    assert "one value" in unchecked["the outcome"]


def test_inputs_of_which_none_varies_are_the_root(invoke: Invoke, tmp_path: Path) -> None:
    path = written(tmp_path / "constant.csv", "kind", [(1.0, 2.0, "yn"[i % 2]) for i in range(60)])
    document = diagnosed(invoke, path)
    found, unchecked = lane_of(document)
    assert found[0] == ("constant_inputs", "")
    assert all(because for _, because in found[1:])
    assert unchecked["the outcome"].endswith("no input varies")
    assert document["lanes"][0]["simple"] == "NaN"
    assert "what simpler methods reach is not known" in " ".join(invoke("diagnose", path).out.split())
    assert "  may go wrong: constant inputs\n" in invoke("validate", path).out


def test_one_constant_input_of_several_is_no_finding(invoke: Invoke, tmp_path: Path) -> None:
    path = written(tmp_path / "some.csv", "kind", [(a, 2.0, "yn"[a > 0.5]) for a, _ in spread()])
    assert lane_of(diagnosed(invoke, path))[0] == []


def test_three_rows_tell_nothing_and_the_verdict_says_so(invoke: Invoke, tmp_path: Path) -> None:
    for name, targets in (("kind", ("y", "n", "y")), ("price", (1.5, 2.5, 7.25))):
        path = written(tmp_path / f"{name}.csv", name, [(i, i * i, y) for i, y in enumerate(targets, 1)])
        document = diagnosed(invoke, path)
        found, unchecked = lane_of(document)
        assert found == []
        assert document["verdict"] == "Nothing wrong was found, but 1 row cannot tell whether anything was learned"
        assert unchecked["the outcome"].endswith("2 training rows are too few, 6 are needed")


def test_three_steps_tell_little(invoke: Invoke, tmp_path: Path) -> None:
    path = written(tmp_path / "some.csv", "kind", [(a, b, "yn"[a + b > 1.0]) for a, b in spread(80)])
    document = diagnosed(invoke, path, "--steps", 3)
    found, unchecked = lane_of(document)
    assert found == []
    for rule in ("lr_too_low", "slow_convergence", "underfitting", "loss_not_decreasing"):
        assert unchecked[rule].startswith("3 measured steps are too few")


def test_after_nan_nothing_else_is_judged(invoke: Invoke, tmp_path: Path) -> None:
    path = written(tmp_path / "some.csv", "kind", [(a, b, "yn"[a + b > 1.0]) for a, b in spread()])
    huge = ("--set", "model.init=normal", "--set", "model.init_scale=1e30")
    found, unchecked = lane_of(diagnosed(invoke, path, *huge))
    assert found == [("non_finite", "")]
    since = "since step 1 numbers are NaN or infinite"
    assert unchecked == {"all others": f"{since}: only data, settings and what was before can be judged"}
