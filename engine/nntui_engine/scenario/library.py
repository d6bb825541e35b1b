"""The built-in scenarios: where their files are, and what they are called.

Kept free of NumPy, Numba and the registries: ``nntui list`` runs on this alone.
"""

import functools
import importlib.util
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError


@dataclass(frozen=True, slots=True)
class ScenarioSummary:
    """One line of the launcher. ``topic`` is the folder's name, ``name`` the file's without ``.toml``."""

    name: str
    topic: str
    title: str
    summary: str
    path: Path


@functools.cache
def scenario_folder() -> Path | None:
    """The folder of built-in scenarios, or None if there is none.

    A wheel has it inside the ``nntui`` package; a source tree (an editable install too) has it beside that package,
    and beside ``engine/``. The package is located, not imported: the engine does not depend on it.
    """
    candidates = []
    try:
        spec = importlib.util.find_spec("nntui")
    except (ImportError, ValueError):
        spec = None
    for location in (spec.submodule_search_locations or []) if spec else []:
        candidates += [Path(location) / "scenarios", Path(location).parent / "scenarios"]
    source_tree = Path(__file__).resolve().parents[3]
    if (source_tree / "engine" / "nntui_engine").is_dir():
        candidates.append(source_tree / "scenarios")
    return next((folder for folder in candidates if next(folder.glob("*/*.toml"), None)), None)


def scenario_paths() -> dict[str, Path]:
    """Built-in names and their files, by topic and then by name."""
    folder = scenario_folder()
    return {path.stem: path for path in sorted(folder.glob("*/*.toml"))} if folder else {}


def course() -> dict[str, tuple[str, ...]]:
    """The order in which the built-in scenarios teach, from easy to hard: topics, and the names in each.

    Raises InputError if ``course.toml`` cannot be read.
    """
    folder = scenario_folder()
    if folder is None:
        return {}
    path = folder / "course.toml"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return {topic: tuple(map(str, names)) for topic, names in tables.items()}
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not a course: {error}") from None


def list_scenarios() -> tuple[ScenarioSummary, ...]:
    """Every built-in scenario, by topic and then by name.

    Raises InputError if a file cannot be read as TOML with a title.
    """
    found = []
    for name, path in scenario_paths().items():
        try:
            head = tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]
            found.append(ScenarioSummary(name, path.parent.name, head["title"], head.get("summary", ""), path))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: not a scenario: {error}") from None
    return tuple(found)
