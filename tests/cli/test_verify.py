"""``nntui verify``."""

import json
from pathlib import Path

import pytest
from cli.conftest import Invoke, run_apart

RACE = """\
schema = 1
[scenario]
title = "A bowl"
[surface]
name = "bowl"
start = [1.0, -2.0]
noise = 0.1
[train]
lr = 0.5
steps = 10
seed = 4
[[expect]]
statistic = "value"
step = 0
equals = 2.5
"""
WRONG = """\
[[expect]]
statistic = "value"
step = 0
below = 1.0
"""


@pytest.fixture
def right(tmp_path: Path) -> str:
    path = tmp_path / "right.toml"
    path.write_text(RACE, encoding="utf-8")
    return str(path)


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    path = tmp_path / "wrong.toml"
    path.write_text(RACE + WRONG, encoding="utf-8")
    return str(path)


def test_expectations_that_are_met(invoke: Invoke, right: str) -> None:
    result = invoke("verify", right)
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines() == [
        "right (seed 4)",
        "  ok      step 0: value: 2.5, expected 2.5 within 1e-06",
        "1 of 1 expectation met in 1 run",
    ]


def test_one_that_is_not_met(invoke: Invoke, right: str, wrong: str) -> None:
    result = invoke("verify", right, wrong)
    assert result.status == 1
    assert "  FAILED  step 0: value: 2.5, expected below 1" in result.out.splitlines()
    assert result.out.splitlines()[-1] == "2 of 3 expectations met in 2 runs"


def test_json(invoke: Invoke, wrong: str) -> None:
    result = invoke("verify", wrong, "--json")
    assert result.status == 1
    document = json.loads(result.out)
    assert document["passed"] is False
    (run,) = document["scenarios"]
    assert (run["scenario"], run["seed"], run["passed"]) == ("wrong", 4, False)
    first, second = run["outcomes"]
    assert first["expect"] == {"step": 0, "statistic": "value", "equals": 2.5, "rtol": 1e-6}
    assert second == {
        "expect": {"step": 0, "statistic": "value", "below": 1.0},
        "measured": 2.5,
        "passed": False,
        "text": "step 0: value: 2.5, expected below 1",
    }


def test_seeds(invoke: Invoke, right: str) -> None:
    result = invoke("verify", right, "--seeds", 3, "--json")
    assert [run["seed"] for run in json.loads(result.out)["scenarios"]] == [4, 5, 6]


@pytest.mark.parametrize("seeds", ["0", "-1", "two", "1e9"])
def test_bad_seeds(invoke: Invoke, right: str, seeds: str) -> None:
    result = invoke("verify", right, "--seeds", seeds)
    assert result.status == 2
    assert result.err.count("\n") == 1


def test_a_bad_file_ends_it_before_anything_runs(invoke: Invoke, right: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("schema = 1\n[scenario]\ntitle = 'x'\n[surface]\nname = 'beal'\n", encoding="utf-8")
    result = invoke("verify", right, broken)
    assert (result.status, result.out) == (2, "")
    assert 'did you mean "beale"?' in result.err
    assert result.err.count("\n") == 1
    assert invoke("verify", "no-such-scenario").status == 2


def test_without_expectations(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "plain.toml"
    path.write_text(RACE.partition("[[expect]]")[0], encoding="utf-8")
    result = invoke("verify", path)
    assert result.status == 0
    assert "  it states no expectations" in result.out


def test_the_same_bytes_each_time() -> None:
    first, second = (run_apart("verify", "beale", "lr-too-high", "--json") for _ in range(2))
    assert first.status == 0, first.err
    assert first.out == second.out
    assert "NaN" not in first.out


def test_several_at_once_say_the_same_as_one_after_another() -> None:
    arguments = ("verify", "beale", "lr-too-high", "ravine", "xor", "--seeds", "2")
    alone, together = (run_apart(*arguments, "--jobs", jobs) for jobs in ("1", "3"))
    assert alone.status == 0, alone.err
    assert together.out == alone.out
    alone, together = (run_apart(*arguments, "--json", "--jobs", jobs) for jobs in ("1", "2"))
    assert together.out == alone.out


def test_several_at_once_find_what_is_not_met(invoke: Invoke, right: str, wrong: str) -> None:
    result = invoke("verify", wrong, right, "--jobs", 2)
    assert result.status == 1
    assert result.out.splitlines()[-1] == "2 of 3 expectations met in 2 runs"


def test_data_that_cannot_be_read_by_a_worker(invoke: Invoke, right: str, tmp_path: Path) -> None:
    path = tmp_path / "no-data.toml"
    path.write_text(
        'schema = 1\n[scenario]\ntitle = "x"\n[data]\npath = "none.csv"\n[[expect]]\nstatistic = "loss"\nabove = 0\n',
        encoding="utf-8",
    )
    result = invoke("verify", right, path, "--jobs", 2)
    assert result.status == 2
    assert "none.csv" in result.err
    assert result.err.count("\n") == 1
