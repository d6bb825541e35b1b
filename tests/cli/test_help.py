"""Help, unknown words, and what may be imported to answer quickly."""

import json
import subprocess
import sys

import pytest
from cli.conftest import ROOT, environment, run_apart

from nntui import __version__
from nntui.cli import COMMANDS

HEAVY = ("numba", "textual", "plotext", "sklearn", "scipy")

PROBE = """
import json, sys
from nntui import cli
sys.argv = ["nntui", *json.loads(sys.argv[1])]
status = cli.run(None)
print(json.dumps({"status": status, "modules": sorted(sys.modules)}), file=sys.stderr)
"""


def modules_after(*arguments: str) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(arguments)], env=environment(), capture_output=True, check=True
    )
    result = json.loads(done.stderr.splitlines()[-1])
    return result["status"], {name.partition(".")[0] for name in result["modules"]}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("list",),
        ("list", "--json"),
        ("run", "--help"),
        ("diagnose", "--help"),
        ("bench", "--help"),
        ("runs", "--help"),
        ("runs",),
        ("--version",),
    ],
)
def test_quick_answers_import_nothing_heavy(arguments):
    status, modules = modules_after(*arguments)
    assert status == 0
    assert modules.isdisjoint(HEAVY)


def test_validate_imports_no_compiler_and_no_screen(small):
    status, modules = modules_after("validate", small)
    assert status == 0
    assert modules.isdisjoint({"numba", "textual", "plotext"})


def test_the_probe_would_notice():
    status, modules = modules_after("info")
    assert status == 0
    assert "nntui_engine" in modules


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(invoke, name):
    result = invoke(name, "--help")
    assert result.status == 0
    examples = result.out.partition("Examples:")[2]
    assert f"nntui {name}" in examples


def test_the_help_lists_every_command_in_full(invoke):
    out = invoke("--help").out
    for name in COMMANDS:
        assert f"\n  {name} " in out
    assert "..." not in out.partition("Commands:")[2]


@pytest.mark.parametrize("name", ["train", "tune"])
def test_what_is_not_built_is_not_offered(invoke, name):
    assert name not in COMMANDS
    assert invoke(name).status == 2


def test_version(invoke):
    assert invoke("--version").out == f"nntui {__version__}\n"


def test_without_a_terminal_the_bare_command_prints_help_and_fails():
    result = run_apart()
    assert result.status == 2
    assert "Usage: nntui" in result.out


def test_an_unknown_command_names_the_nearest(invoke):
    result = invoke("rnu")
    assert result.status == 2
    assert result.err.startswith('nntui: unknown command "rnu"; did you mean "run"? allowed: list, ')
    assert result.err.count("\n") == 1


def test_the_version_is_the_packages():
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell):
    if shell == "bash":
        pytest.importorskip("shutil").which("bash") or pytest.skip("needs bash")
    result = run_apart(_NNTUI_COMPLETE=f"{shell}_source")
    assert result.status == 0
    assert "_NNTUI_COMPLETE" in result.out


def test_completion_offers_scenarios():
    result = run_apart(_NNTUI_COMPLETE="bash_complete", COMP_WORDS="nntui run dig", COMP_CWORD="2")
    assert "plain,digits" in result.out.splitlines()
