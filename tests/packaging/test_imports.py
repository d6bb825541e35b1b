"""Imports point one way: scenarios ← engine ← app. Read from the source, so nothing hides behind a function."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = sorted((ROOT / "engine" / "nntui_engine").rglob("*.py"))
APP = sorted((ROOT / "nntui").rglob("*.py"))

NOT_IN_THE_ENGINE = {"nntui", "textual", "rich", "plotext", "click"}


def imported(source: str) -> Iterator[str]:
    """The modules an absolute import names, wherever it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def packages(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path.read_text(encoding="utf-8"))}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_reader_sees_an_import_inside_a_function():
    assert list(imported("def f():\n    from textual.app import App\n    import rich.text")) == [
        "textual.app",
        "rich.text",
    ]


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_the_engine_knows_no_screen_and_no_app(path):
    assert packages(path).isdisjoint(NOT_IN_THE_ENGINE)


@pytest.mark.parametrize("path", APP, ids=name)
def test_the_app_compiles_nothing(path):
    assert "numba" not in packages(path)


def test_one_module_owns_plotext():
    owners = [name(path) for path in APP if "plotext" in packages(path)]
    assert len(owners) <= 1, owners


def test_scenarios_are_data_only():
    kinds = {path.suffix for path in (ROOT / "scenarios").rglob("*") if path.is_file()}
    assert kinds == {".toml"}


@pytest.mark.parametrize("path", [*ENGINE, *APP], ids=name)
def test_nothing_is_pickled(path):
    assert packages(path).isdisjoint({"pickle", "dill", "cloudpickle", "shelve", "marshal"})


def test_without_pytorch_a_watch_says_what_it_needs(monkeypatch):
    import sys

    import nntui

    monkeypatch.setitem(sys.modules, "torch", None)
    for module in [name for name in sys.modules if name.startswith("nntui.watching.")]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(ModuleNotFoundError, match="needs PyTorch: pip install torch"):
        _ = nntui.watch
