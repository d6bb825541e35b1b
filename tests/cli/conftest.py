"""Running the command line, in this process or in one of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nntui import cli

ROOT = Path(__file__).parents[2]

SMALL = """\
schema = 1
[scenario]
title = "Two moons"
summary = "A small net on two moons."
lesson = "Watch the **loss** fall."
[data]
name = "moons"
samples = 100
[model]
hidden = [4]
activation = "tanh"
[train]
optimizer = "adam"
lr = 0.05
batch_size = 10
steps = 30
[[lane]]
name = "tanh"
[[lane]]
name = "ReLU: quick"
set = { "model.activation" = "relu" }
"""


@dataclass
class Result:
    """What a command left: its exit status, standard output and standard error."""

    status: int
    out: str
    err: str


Invoke = Callable[..., Result]


@pytest.fixture
def small(tmp_path: Path) -> str:
    """The path of a scenario that trains at once."""
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return str(path)


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Run nntui in this process."""

    def run(*arguments: object) -> Result:
        capsys.readouterr()
        status = cli.run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return run


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, with the source tree importable."""
    paths = [str(ROOT), str(ROOT / "engine")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **changes}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "nntui", *arguments]


def run_apart(*arguments: str, cwd: Path | None = None, timeout: float = 300, **changes: str) -> Result:
    """Run nntui in a process of its own, with standard streams piped."""
    done = subprocess.run(
        command(*arguments), cwd=cwd, env=environment(**changes), capture_output=True, timeout=timeout, check=False
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())
