"""``nntui diagnose``: the verdict, its words, the fixes that it tries, and the file that it writes."""

import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from cli.conftest import Invoke, run_apart

from nntui_engine.experiment import Experiment

TOO_FAST = """\
schema = 1
[scenario]
title = "Two moons, too fast"
[data]
name = "moons"
samples = 400
noise = 0.15
[model]
hidden = [12, 12]
init = "he_normal"
[train]
lr = 50.0
steps = 600
"""
LANES = """\
[[lane]]
name = "fast"
[[lane]]
name = "right"
set = { "train.lr" = 0.5 }
"""


@pytest.fixture
def sick(tmp_path: Path) -> Path:
    path = tmp_path / "sick.toml"
    path.write_text(TOO_FAST, encoding="utf-8")
    return path


@pytest.fixture
def lanes(tmp_path: Path) -> Path:
    path = tmp_path / "lanes.toml"
    path.write_text(TOO_FAST + LANES, encoding="utf-8")
    return path


def test_the_verdict_stands_in_the_first_line_and_the_cause_below(invoke: Invoke, sick: Path) -> None:
    result = invoke("diagnose", sick)
    lines = result.out.splitlines()
    assert (result.status, result.err) == (1, "")
    assert re.fullmatch(r"Sick: lr too high · since step \d+", lines[0])
    assert lines[1] == "Two moons, too fast  sick  seed 0  600 steps"
    cause = lines[lines.index("Cause") + 1 :]
    assert [line.split()[0] for line in cause[:2]] == ["warning", "numbers"]
    assert any(re.match(r"  fix     train\.lr = \d", line) for line in cause)
    follows = lines[lines.index("What follows") + 1 :]
    assert follows[0].startswith("warning   dead relu · layer")
    assert any(line == "  from    lr too high" for line in follows)
    assert "Tried" not in result.out


def test_a_healthy_scenario(invoke: Invoke, sick: Path) -> None:
    result = invoke("diagnose", sick, "--set", "train.lr=0.5")
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines()[0] == "Healthy: nothing wrong was found after 600 steps"
    unchecked = result.out.partition("Not looked at\n")[2].splitlines()
    assert "  saturation: no hidden layer has an activation that is flat at both ends" in unchecked
    score = r"Validation accuracy \d\d\.\d %; always guessing the same gets 50\.0 %, the better of a linear model and"
    assert re.search(score, result.out)


def test_the_words_are_those_of_a_headless_run(invoke: Invoke, sick: Path) -> None:
    wanted = invoke("run", sick, "--headless").out.partition("Findings\n")[2].splitlines()
    said = invoke("diagnose", sick).out.splitlines()
    assert len(wanted) > 3
    assert [line for line in wanted if line and line not in said] == []


def test_one_lane_of_several(invoke: Invoke, lanes: Path) -> None:
    both = invoke("diagnose", lanes)
    assert both.status == 1
    assert both.out.splitlines()[0].startswith("Sick: lr too high · fast · ")
    assert {"Lane fast", "Lane right"} <= set(both.out.splitlines())
    one = invoke("diagnose", lanes, "--lane", "right")
    assert one.status == 0
    assert "Lane fast" not in one.out


def test_a_fix_is_tried_proved_and_written(invoke: Invoke, sick: Path, tmp_path: Path) -> None:
    out = tmp_path / "mended.toml"
    result = invoke("diagnose", sick, "--fix", "--out", out)
    assert result.status == 1
    assert result.err == f"{out}: written. Watch it: nntui run {out}\n"
    text = result.out
    change = re.search(r"^Fix proved on 3 seeds: train\.lr = (\S+)$", text, re.MULTILINE)
    assert change is not None
    assert re.search(r"^nothing +\d", text, re.MULTILINE)
    assert re.search(rf"^train\.lr = {change[1]} +\d+\.\d % +works", text, re.MULTILINE)
    assert len(re.findall(r"^  seed \d  \d+\.\d % → \d+\.\d %$", text, re.MULTILINE)) == 3
    (line,) = [line for line in out.read_text(encoding="utf-8").splitlines() if "#" in line]
    assert line.startswith(f"lr = {change[1]}  # was 50.0: ")
    assert invoke("diagnose", out).status == 0


def document(invoke: Invoke, *arguments: object) -> dict:
    return json.loads(invoke("diagnose", *arguments, "--json").out)


def test_what_is_written_gives_the_score_that_was_reported(invoke: Invoke, lanes: Path, tmp_path: Path) -> None:
    out = tmp_path / "mended.toml"
    found = document(invoke, lanes, "--seed", "4", "--fix", "--out", out)
    (trial,) = [lane["trial"] for lane in found["lanes"] if "trial" in lane]
    (proof,) = [proof for proof in trial["proofs"] if proof["set"] == trial["fix"]["set"]]
    assert proof["seeds"][0]["seed"] == 4
    run = Experiment(str(out))
    run.advance(10**6)
    fast, right = (lane.statistics["validation_accuracy"] for lane in run.lanes)
    assert fast == proof["seeds"][0]["after"]
    assert right == found["lanes"][1]["score"]


def test_every_changed_line_says_what_was_there(invoke: Invoke, tmp_path: Path) -> None:
    """Lanes that stand in one line each, and one that the fix makes equal to what it is laid over."""
    source, out = tmp_path / "dead.toml", tmp_path / "mended.toml"
    lanes = [
        '[[lane]]\nname = "well"\nset = { "train.lr" = 0.5 }',
        '[[lane]]\nname = "dead"\nset = { "train.lr" = 0.5, "model.bias" = [-9.0, -9.0, 0.0], "model.init" = "zeros" }',
    ]
    source.write_text("\n".join([TOO_FAST, *lanes]), encoding="utf-8")
    found = document(invoke, source, "--lane", "dead", "--fix")
    (fix,) = [lane["trial"]["fix"] for lane in found["lanes"]]
    assert invoke("diagnose", source, "--fix", "--out", out).status == 1
    text = out.read_text(encoding="utf-8")
    comments = " ".join(line.partition("  # ")[2] for line in text.splitlines())
    assert "was zeros" in comments
    assert fix["why"].partition("; ")[0] in comments
    assert tomllib.loads(text)["schema"] == 1
    assert invoke("validate", out).status == 0


def test_nothing_mends_labels_at_random(invoke: Invoke, tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    rows = np.hstack([generator.normal(size=(300, 3)), generator.integers(0, 2, (300, 1))])
    file, out = tmp_path / "random.csv", tmp_path / "mended.toml"
    np.savetxt(file, rows, delimiter=",", header="a,b,c,y", comments="", fmt="%.4g")
    result = invoke("diagnose", file, "--set", "train.lr=50", "--lane", "network", "--fix", "--out", out)
    assert result.status == 1
    assert "No fix is proved: " in result.out
    assert "Simple models find no more in these data than guessing does" in result.out
    guessed = 'random.csv: 300 rows, 3 inputs. Guessed: the class "y" (0, 1).'
    assert result.err.splitlines() == [guessed, f"{out}: not written: no fix is proved"]
    assert not out.exists()


def test_a_healthy_scenario_has_nothing_to_mend(invoke: Invoke, sick: Path, tmp_path: Path) -> None:
    out = tmp_path / "mended.toml"
    result = invoke("diagnose", sick, "--set", "train.lr=0.5", "--fix", "--out", out)
    assert (result.status, result.err) == (0, f"{out}: not written: nothing is wrong\n")
    assert "Tried" not in result.out


def test_the_same_document_twice(invoke: Invoke, sick: Path) -> None:
    first, second = (invoke("diagnose", sick, "--fix", "--json") for _ in range(2))
    assert first.out == second.out
    assert json.loads(first.out)["lanes"][0]["trial"]["budget_reached"] is False


BAD = {
    "a surface": (("beale",), "beale: a surface has no network to diagnose"),
    "no such lane": (("SICK", "--lane", "other"), '--lane: unknown lane "other"'),
    "budget of nothing": (("SICK", "--fix", "--budget", "0"), '"0" is not a number of seconds from 1 to 86400'),
    "budget in words": (("SICK", "--fix", "--budget", "soon"), '"soon" is not a number of seconds'),
    "budget without fix": (("SICK", "--budget", "9"), "--budget works with --fix only"),
    "out without fix": (("SICK", "--out", "x.toml"), "--out works with --fix only"),
    "out of another kind": (("SICK", "--fix", "--out", "x.json"), 'the name of a scenario file ends in ".toml"'),
    "out over the scenario": (("SICK", "--fix", "--out", "SICK"), "is the scenario itself"),
    "out nowhere": (("SICK", "--fix", "--out", "no/such/x.toml"), "there is no folder"),
    "no file": (("missing.toml",), "no such file"),
    "a wrong setting": (("SICK", "--set", "train.lr=fast"), "train.lr"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line(case: str, invoke: Invoke, sick: Path) -> None:
    words, said = BAD[case]
    result = invoke("diagnose", *(sick if word == "SICK" else word for word in words))
    assert (result.status, result.out) == (2, "")
    assert len(result.err.splitlines()) == 1
    assert said in result.err


def test_a_budget_that_is_too_short_is_named(invoke: Invoke, sick: Path) -> None:
    result = invoke("diagnose", sick, "--fix", "--budget", "1", "--steps", "300000", "--set", "train.batch_size=1")
    assert re.search(r"^No fix is proved: .* trained before the budget ended\.$", result.out, re.MULTILINE)
    assert "A larger --budget tries more." in result.out
    assert "no time" in result.out


def test_a_budget_may_have_its_unit(invoke: Invoke, sick: Path) -> None:
    assert invoke("diagnose", sick, "--set", "train.lr=0.5", "--fix", "--budget", "30s").status == 0


@pytest.mark.slow
def test_piped_it_is_plain_text(sick: Path) -> None:
    result = run_apart("diagnose", str(sick), "--fix", NO_COLOR="1", TERM="dumb")
    assert result.status == 1
    assert "\x1b" not in result.out + result.err
    assert result.out.startswith("Sick: ")
    assert max(map(len, result.out.splitlines()[1:])) <= 100
