"""What a person has opened: which scenarios were seen, and the last few, kept in a small file between starts."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nntui.files import write_file
from nntui_engine.errors import InputError
from nntui_engine.scenario import scenario_paths

if TYPE_CHECKING:
    from nntui_engine.scenario import Scenario

MOST_RECENT = 8
MOST_SEEN = 2000
LARGEST_FILE = 1_000_000  # bytes
SCHEMA = 1


def visits_file() -> Path:
    """Where it is kept: in the user's folder for a program's state."""
    import platformdirs

    return Path(platformdirs.user_state_dir("nntui", appauthor=False)) / "launcher.json"


def key_of(scenario: "Scenario") -> str:
    """What a scenario is remembered by: a built-in's name, the path of another file, "" for one of no file."""
    if scenario.path is None:
        return ""
    built_in = scenario_paths().get(scenario.name) == scenario.path
    return scenario.name if built_in else str(scenario.path.absolute())


@dataclass(frozen=True, slots=True)
class Visits:
    """``seen`` and ``recent`` (newest first) hold built-ins' names and the paths of other files."""

    seen: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()

    def with_visit(self, key: str) -> "Visits":
        """These, and ``key`` opened now."""
        recent = (key, *(other for other in self.recent if other != key))[:MOST_RECENT]
        seen = self.seen if key in self.seen else (*self.seen, key)[-MOST_SEEN:]
        return replace(self, seen=seen, recent=recent)


def read_visits(path: Path) -> tuple[Visits, str]:
    """What the file says, and "" or one line on why it is ignored; a file that is not there yet says nothing."""
    try:
        return (_read(path) if path.exists() else Visits()), ""
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Visits(), f"What was seen is not known: {path} cannot be read ({reason})."


def _read(path: Path) -> Visits:
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError("it is too large")
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ValueError(f"it is not of schema {SCHEMA}")
    return Visits(_texts(document, "seen")[-MOST_SEEN:], _texts(document, "recent")[:MOST_RECENT])


def _texts(document: dict[str, object], name: str) -> tuple[str, ...]:
    values = document.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{name} is no list of text")
    return tuple(value for value in values if value)


def note_visit(path: Path, key: str) -> str:
    """Adds a visit to the file; "" or one line on why that cannot be. A damaged file is begun anew."""
    visits, _ = read_visits(path)
    later = visits.with_visit(key)
    text = json.dumps({"schema": SCHEMA, "seen": later.seen, "recent": later.recent}, indent=1, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, f"{text}\n")
    except (OSError, InputError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return f"What was opened cannot be kept: {reason} ({path})."
    return ""
