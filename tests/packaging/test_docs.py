"""The documents say what is true now."""

import math
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import click
import pytest

from nntui import cli
from nntui.lab import keys
from nntui.scenario import LOOK_PANELS
from nntui_engine.data.sets import DATASETS
from nntui_engine.registry.activation import ACTIVATIONS
from nntui_engine.registry.initializer import INITIALIZERS
from nntui_engine.registry.loss import LOSSES
from nntui_engine.registry.optimizer import OPTIMIZERS
from nntui_engine.registry.row import Parameter, limit_text
from nntui_engine.registry.schedule import SCHEDULES
from nntui_engine.registry.statistic import SURFACE_BY_NAME
from nntui_engine.registry.surface import SURFACES
from nntui_engine.scenario import list_scenarios, parse_scenario
from nntui_engine.scenario.expectations import MORE_SURFACE_STATISTICS
from nntui_engine.scenario.schema import Table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/scenario.md", "docs/machine-output.md"]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", document, re.DOTALL)


def anchors(document: str) -> list[str]:
    """What a link to a heading of ``document`` is called."""
    headings = re.findall(r"^#+ (.+)$", document, re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]


def table(heading: str) -> list[list[str]]:
    """The cells of the table under a README heading, without its two head rows."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


def nntui_lines() -> list[str]:
    found = []
    for document in DOCUMENTS:
        for block in blocks(text(document), "sh"):
            found += [line.partition("  #")[0] for line in block.splitlines() if line.startswith("nntui ")]
    return found


@pytest.mark.parametrize("line", nntui_lines())
def test_every_command_line_shown_is_one_that_parses(line):
    words = shlex.split(line)[1:]
    context = cli.cli.make_context("nntui", list(words))
    name, command, rest = cli.cli.resolve_command(context, words)
    assert command is not None
    command.make_context(name, rest, parent=click.Context(cli.cli))


def test_the_table_of_commands_is_complete():
    assert [re.match(r"`nntui (\w+)", row[0])[1] for row in table("Commands")] == list(cli.COMMANDS)


def test_the_scenarios_shown_exist_and_the_page_of_all_is_named():
    shown = [row[0].strip("`") for row in table("What it shows")]
    assert len(shown) >= 8
    assert set(shown) <= {one.name for one in list_scenarios()}
    assert "(docs/scenarios.md)" in README


def test_every_key_shown_is_a_key_of_the_lab():
    known = {keys.key_words(action).replace("^", "ctrl+") for action in keys.ACTIONS}
    shown = [key for row in table("Keys") for key in re.findall(r"`([^`]+)`", row[0])]
    assert len(shown) > 20
    assert set(shown) <= known


def test_the_test_command_is_what_ci_runs():
    assert README.count("bin/python -m pytest") == 1
    assert "grep -m 1 'bin/python -m pytest' README.md" in text(".ci/run")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_pictures_exist(document):
    for target in re.findall(r"\]\(([^)]+)\)", text(document)):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            page = ROOT / document if not path else (ROOT / document).parent / path
            assert page.exists(), target
            assert not anchor or anchor in anchors(page.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_named_in_the_text_exist(document):
    for path in re.findall(r"`((?:engine|nntui|tests|docs|scenarios)/[\w/.*-]+)`", text(document)):
        if path != "tests/engine/*/test_lockstep*.py":
            assert (ROOT / path).exists(), path


@pytest.mark.slow
def test_the_python_example_runs():
    (example,) = [
        block for block in blocks(README, "python") if "nntui.watch" not in block
    ]  # tests/watching has that one
    namespace: dict[str, object] = {}
    exec(example, namespace)
    assert "1.weights" in namespace["weights"]


def test_the_scenario_example_is_valid(tmp_path):
    (example,) = [block for block in blocks(README, "toml") if "[data]" in block]
    assert len(parse_scenario(example, base=tmp_path).lanes) == 2
    (small,) = [block for block in blocks(text("docs/scenario.md"), "toml") if "[data]" in block]
    assert parse_scenario(small).title == "Two moons"


def test_every_key_of_a_scenario_file_is_described():
    page = text("docs/scenario.md")
    for one in Table.__subclasses__():
        for name, annotation in get_type_hints(one, include_extras=True).items():
            (meaning,) = [meta.description for meta in get_args(annotation)[1:] if meta.description]
            row = rf"^\| `{name.removesuffix('_')}` \|.*\| {re.escape(meaning)} \|$"
            assert re.search(row, page, re.MULTILINE), name


def test_every_panel_and_every_statistic_of_a_surface_is_named():
    page = text("docs/scenario.md")
    names = [*LOOK_PANELS, *SURFACE_BY_NAME, *MORE_SURFACE_STATISTICS]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_what_is_allowed_stands_in_plain_words():
    page = text("docs/scenario.md")
    assert "| `test_fraction` | `0.3` | a number of at least 0 and below 1 |" in page
    assert '| `outputs` | `"auto"` | `"auto"` or a whole number from 1 to 1 000 000 |' in page
    assert '| `split` | `"random"` | `"random"` or `"last"` |' in page
    assert '| `bias` | `0` | a number from -10³⁰ to 10³⁰, `"normal"`, or a list of these |' in page
    assert "| `lr` | `0.01` | a number from 0 to 1 000 000 | learning rate: how far one step goes |" in page
    assert "| `init_scale` | `normal` | a number from 0 to 10³⁰ | standard deviation |" in page
    assert "| `weight_decay` | all | a number from 0 to 1 000 000 |" in page
    assert '| `l1_method` | `"subgradient"` | `"subgradient"` or `"proximal"` |' in page


REGISTRIES = {
    "data set": DATASETS,
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "surface": SURFACES,
}
PARAMETERS = [
    (kind, row.name, one) for kind, table in REGISTRIES.items() for row in table.rows for one in row.parameters
]


@pytest.mark.parametrize(("kind", "row", "one"), PARAMETERS, ids=[f"{row} {one.name}" for _, row, one in PARAMETERS])
def test_the_range_of_every_parameter_is_stated(kind: str, row: str, one: Parameter):
    """Both ends of it, in the row of the parameters' table that names its owner."""
    assert one.flag or (math.isfinite(one.low) and math.isfinite(one.high)), f"{kind} {row}: no limit on {one.name}"
    lines = [line for line in text("docs/scenario.md").splitlines() if line.startswith(f"| `{one.name}` |")]
    (line,) = (
        line for line in lines if line.endswith(f"| {one.summary} |") and (f"`{row}`" in line or "| all |" in line)
    )
    if one.flag:
        assert "| `true` or `false` |" in line
        return
    ends = [limit_text(one.low), limit_text(one.high)]
    said = [{"1 000 000 000 000": "10¹²", "1e30": "10³⁰", "-1e30": "-10³⁰"}.get(end, end) for end in ends]
    assert all(f" {end} " in line for end in said)
    assert ("above" in line, "below" in line.split("|")[3]) == (one.exclusive_low, one.exclusive_high)


@pytest.mark.parametrize("page", ["scenario", "scenarios", "settings"])
def test_the_pages_made_from_the_program_are_up_to_date(page):
    code = f"import sys; sys.path.insert(0, 'docs'); from make_reference import {page}; print({page}(), end='')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert text(f"docs/{page}.md") == done.stdout.decode(), "run: python docs/make_reference.py"


def test_the_changelog_counts_right():
    counts = {
        "activations": len(ACTIVATIONS),
        "initializers": len(INITIALIZERS),
        "losses": len(LOSSES),
        "optimizers": len(OPTIMIZERS),
        "learning-rate schedules": len(SCHEDULES),
    }
    changelog = " ".join(text("CHANGELOG.md").split())
    for what, count in counts.items():
        assert f"{count} {what}" in changelog


def test_dependencies_are_each_justified():
    project = text("pyproject.toml").partition("dependencies = [")[2].partition("]")[0]
    names = re.findall(r'"([\w-]+)', project)
    section = text("CONTRIBUTING.md").partition("## Dependencies")[2]
    assert [re.match(r"\| ([\w-]+) \|", line)[1] for line in section.splitlines() if line.startswith("| ")][1:] == names
