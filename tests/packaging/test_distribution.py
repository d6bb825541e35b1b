"""What an installed nntui contains: built offline with the build backend itself, unpacked, and used."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
pytest.importorskip("hatchling")

ROOT = Path(__file__).parents[2]
SOURCE = ("nntui", "engine", "scenarios", "pyproject.toml", "README.md", "LICENSE")
SCENARIOS = {path.stem for path in (ROOT / "scenarios").glob("*/*.toml")}

USE = """
import nntui, nntui_engine
from nntui.cli import run
from nntui_engine.scenario import list_scenarios, load_scenario
for scenario in list_scenarios():
    print(scenario.name, load_scenario(scenario.name).title != "", scenario.path)
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source, so that a build leaves nothing in the tree."""
    folder = tmp_path_factory.mktemp("source")
    for part in SOURCE:
        path = ROOT / part
        if path.is_dir():
            shutil.copytree(path, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.nb?"))
        else:
            shutil.copy(path, folder)
    return folder


def build(source: Path, kind: str, into: Path) -> Path:
    """Call the backend's ``build_<kind>`` in a process of its own; the path of what it built."""
    into.mkdir(parents=True, exist_ok=True)
    code = f"from hatchling.build import build_{kind}; print(build_{kind}({str(into)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return into / done.stdout.splitlines()[-1]


def use(folder: Path, cwd: Path) -> dict[str, Path]:
    """List the scenarios with ``folder``, and what its .pth files name, first on the path; name → file."""
    paths = [str(folder)]
    for pth in folder.glob("*.pth"):
        paths += pth.read_text(encoding="utf-8").split()
    code = f"import sys; sys.path[:0] = {paths!r}\n{USE}"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = {}
    for line in done.stdout.splitlines():
        name, loaded, path = line.split(" ", 2)
        assert loaded == "True"
        found[name] = Path(path)
    return found


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(source, "wheel", tmp_path_factory.mktemp("wheel"))


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_only_our_names_reach_site_packages(wheel):
    top = {name.partition("/")[0] for name in names(wheel)}
    assert {name for name in top if not name.endswith(".dist-info")} == {"nntui", "nntui_engine"}


def test_the_wheel_has_types_styles_scenarios_and_the_command(wheel):
    inside = set(names(wheel))
    assert {"nntui/py.typed", "nntui_engine/py.typed", "nntui/lab/styles.tcss"} <= inside
    assert {Path(name).stem for name in inside if name.startswith("nntui/scenarios/")} == {*SCENARIOS, "course"}
    with zipfile.ZipFile(wheel) as archive:
        entry_points = next(name for name in inside if name.endswith("entry_points.txt"))
        assert "nntui = nntui.__main__:main" in archive.read(entry_points).decode()


def test_the_wheel_holds_every_module_and_nothing_else(wheel):
    inside = {name for name in names(wheel) if name.endswith(".py")}
    expected = {str(path.relative_to(ROOT)) for path in (ROOT / "nntui").rglob("*.py")}
    expected |= {str(path.relative_to(ROOT / "engine")) for path in (ROOT / "engine").rglob("*.py")}
    assert inside == expected


def test_an_installed_wheel_finds_its_scenarios(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    found = use(tmp_path / "site", tmp_path)
    assert set(found) == SCENARIOS
    assert all(path.is_relative_to(tmp_path / "site") for path in found.values())


def test_an_editable_install_finds_the_source_trees_scenarios(source, tmp_path):
    editable = build(source, "editable", tmp_path / "wheel")
    with zipfile.ZipFile(editable) as archive:
        archive.extractall(tmp_path / "site")
    found = use(tmp_path / "site", tmp_path)
    assert set(found) == SCENARIOS
    assert all(path.is_relative_to(source) for path in found.values())


def test_a_wheel_made_from_the_sdist_is_the_same(source, wheel, tmp_path):
    sdist = build(source, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    again = build(unpacked, "wheel", tmp_path / "wheel")
    assert sorted(names(again)) == sorted(names(wheel))
