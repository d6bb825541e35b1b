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


def test_workers_in_a_folder_with_files_named_like_modules(
    invoke: Invoke, right: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "re.py").write_text("raise SystemExit('the wrong re')\n")
    monkeypatch.chdir(tmp_path)
    assert invoke("verify", right, right, "--jobs", 2).status == 0


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


SHARE = """\
[[expect]]
statistic = "x"
step = 10
above = 0.0
seeds = 6
at_least = 1
"""


@pytest.fixture
def share(tmp_path: Path) -> str:
    path = tmp_path / "share.toml"
    path.write_text(RACE + SHARE, encoding="utf-8")
    return str(path)


def test_a_share_of_seeds(invoke: Invoke, share: str) -> None:
    result = invoke("verify", share)
    lines = result.out.splitlines()
    assert lines[:3] == [
        "share (seed 4)",
        "  ok      step 0: value: 2.5, expected 2.5 within 1e-06",
        "share (seeds 4 to 9)",
    ]
    assert lines[3].startswith("  ok      step 10: x, expected above 0: held on ")
    assert "of 6 seeds, expected 1 in 6" in lines[3]
    assert lines[4:] == ["2 of 2 expectations met in 6 runs"]
    assert result.status == 0
    assert invoke("verify", share, "--jobs", 3).out == result.out


def test_a_share_is_judged_once_over_all_seeds(invoke: Invoke, share: str) -> None:
    document = json.loads(invoke("verify", share, "--seeds", 8, "--first-seed", 100, "--json").out)
    *plain, shared = document["scenarios"]
    assert [(run["seed"], len(run["outcomes"])) for run in plain] == [(seed, 1) for seed in range(100, 108)]
    assert all("seeds" not in run for run in plain)
    assert (shared["seed"], shared["seeds"], shared["passed"]) == (100, 8, True)
    (outcome,) = shared["outcomes"]
    assert outcome["expect"] == {"step": 10, "statistic": "x", "above": 0.0, "seeds": 6, "at_least": 1}
    missed = [seed for seed, x in enumerate(outcome["measured"], 100) if x <= 0.0]
    assert (outcome["held"], outcome["missed"]) == (8 - len(missed), missed)
    assert 0 < len(missed) < 8


def test_a_share_that_does_not_hold(invoke: Invoke, share: str) -> None:
    path = Path(share)
    path.write_text(RACE + SHARE.replace("at_least = 1", "at_least = 6"), encoding="utf-8")
    result = invoke("verify", share)
    assert result.status == 1
    assert any(line.startswith("  FAILED  step 10: x, expected above 0: held on ") for line in result.out.splitlines())


def test_first_seed(invoke: Invoke, right: str) -> None:
    result = invoke("verify", right, "--first-seed", 100, "--seeds", 2)
    assert [line for line in result.out.splitlines() if "(" in line] == ["right (seed 100)", "right (seed 101)"]
    assert invoke("verify", right, "--first-seed", "-1").status == 2


LANES = """\
[[lane]]
name = "half"
expect = [{ statistic = "value", step = 0, equals = 2.5 }, { statistic = "y", step = 1, below = 9.0 }]
[[lane]]
name = "small"
set = { "train.lr" = 0.1 }
"""


def lanes(tmp_path: Path, more: str = "") -> Path:
    path = tmp_path / "lanes.toml"
    path.write_text(RACE.partition("[[expect]]")[0] + LANES + more, encoding="utf-8")
    return path


def test_sabotage(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("verify", lanes(tmp_path), "--sabotage")
    assert result.status == 1
    assert result.out.splitlines() == [
        'FAILED  lanes, lane "half" survives the settings of "small"',
        'FAILED  lanes, lane "half" survives train.optimizer = "adam"',
        'FAILED  lanes, lane "half" survives train.lr = 5',
        'FAILED  lanes, lane "half" survives train.lr = 0.05',
        'FAILED  lanes, lane "half" survives train.momentum = 0.9',
        'FAILED  lanes, lane "half" survives surface.noise = 0',
        'FAILED  lanes, lane "small" survives anything: nothing is expected of it',
        "6 swaps in 1 scenario: 7 survivors, 7 without a reason",
    ]


REASONS = """\
survives = { any = "to compare" }
[survives]
"train.lr" = "it starts there"
"train.optimizer" = "it starts there"
"train.momentum" = "it starts there"
"surface.noise" = "it starts there"
"small" = "it starts there"
"""


def test_sabotage_with_reasons(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("verify", lanes(tmp_path, REASONS), "--sabotage")
    assert result.status == 0
    assert 'ok      lanes, lane "half" survives train.lr = 5: it starts there' in result.out.splitlines()
    assert result.out.splitlines()[-1] == "6 swaps in 1 scenario: 7 survivors, 0 without a reason"
    stale = invoke("verify", lanes(tmp_path, REASONS + '"train.steps" = "gone"\n'), "--sabotage")
    assert stale.status == 1
    assert stale.out.splitlines()[-2:] == [
        'FAILED  lanes, [survives] "train.steps": nothing of the kind survives: delete the reason',
        "6 swaps in 1 scenario: 7 survivors, 0 without a reason; 1 stale reason",
    ]


def test_sabotage_as_json(invoke: Invoke, tmp_path: Path, wrong: str) -> None:
    path = lanes(tmp_path, REASONS + '"train.steps" = "gone"\n')
    result = invoke("verify", path, wrong, "--sabotage", "--json")
    assert result.status == 1
    assert invoke("verify", path, wrong, "--sabotage", "--json", "--jobs", 2).out == result.out
    document = json.loads(result.out)
    assert (document["schema"], document["passed"]) == (1, False)
    reasoned, unmet = document["scenarios"]
    assert {key: reasoned[key] for key in ("scenario", "seed", "passed", "swaps", "unmet")} == {
        "scenario": "lanes",
        "seed": 4,
        "passed": False,
        "swaps": 6,
        "unmet": [],
    }
    assert reasoned["survivors"][0] == {"lane": "half", "swap": "small", "text": "small", "reason": "it starts there"}
    assert reasoned["survivors"][-1] == {"lane": "small", "swap": "any", "text": "any", "reason": "to compare"}
    assert reasoned["stale"] == [
        {"lanes": ["half", "small"], "swap": "train.steps", "reason": "gone", "place": "[survives]"}
    ]
    assert (unmet["unmet"], unmet["survivors"]) == ([""], [])


def test_sabotage_of_a_lane_that_fails_anyway(invoke: Invoke, wrong: str) -> None:
    result = invoke("verify", wrong, "--sabotage")
    assert result.status == 1
    assert result.out.splitlines() == [
        "FAILED  wrong: its expectations do not hold to begin with; run nntui verify wrong",
        "1 swap in 1 scenario: 0 survivors, 0 without a reason; 1 lane unmet to begin with",
    ]


def test_sabotage_takes_one_seed(invoke: Invoke, right: str) -> None:
    result = invoke("verify", right, "--sabotage", "--seeds", 2)
    assert result.status == 2
    assert "--first-seed" in result.err
    assert result.err.count("\n") == 1
