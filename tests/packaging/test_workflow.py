"""The workflow that people copy (docs/ci/nntui.yml): its commands are run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import SMALL, environment

WORKFLOW = Path(__file__).parents[2] / "docs" / "ci" / "nntui.yml"
SICK = """
schema = 1
[scenario]
title = "Sick"
[data]
name = "moons"
samples = 100
[model]
hidden = [8, 8, 8, 8, 8]
activation = "sigmoid"
[train]
steps = 300
"""


def commands() -> list[str]:
    """Every command of the workflow, in its order; each is a line."""
    return re.findall(r"^ +(?:- )?run: (.+)$", WORKFLOW.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    """Runs a command in a folder with a scenario, as GitHub's shell does; returns its exit status."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "nntui"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nntui "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    summary = tmp_path / "summary.md"
    changes = {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(summary)}

    def run(line: str) -> int:
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", line]
        return subprocess.run(words, cwd=tmp_path, env=environment(**changes), check=False, timeout=300).returncode

    return run


def test_it_is_yaml_and_all_its_commands_are_found() -> None:
    yaml = pytest.importorskip("yaml")
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert [step["run"] for step in steps if "run" in step] == commands()
    assert all(("run" in step) != ("uses" in step) for step in steps)


def test_a_healthy_training_passes_and_a_sick_one_is_told(shell: Any, tmp_path: Path) -> None:
    install, *lines = commands()
    assert install == "pip install nntui"
    validate, run, snapshot, told = lines
    enough = SMALL.replace("steps = 30", "steps = 300").replace("hidden = [4]", "hidden = [16]")
    (tmp_path / "training.toml").write_text(enough, encoding="utf-8")
    assert shell("nntui snapshot training.toml --out snapshots") == 0  # what its head says comes first
    assert [shell(line) for line in (validate, run, snapshot)] == [0, 0, 0]
    (tmp_path / "training.nntui").unlink()
    (tmp_path / "training.toml").write_text(SICK, encoding="utf-8")
    assert [shell(line) for line in (validate, run, snapshot, told)] == [0, 1, 1, 0]
    assert "vanishing gradient" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert {one.suffix for one in (tmp_path / "differences").iterdir()} >= {".svg", ".txt"}
    assert shell("nntui snapshot training.toml --out snapshots --update") == 0
    assert shell(snapshot) == 0
