"""What a person has opened: which scenarios were seen, and the last few, kept in a small file between starts."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nntui_engine.scenario import scenario_paths

from .state_files import TROUBLES, read_state, state_file, why, write_state

if TYPE_CHECKING:
    from nntui_engine.scenario import Scenario

MOST_RECENT = 8
MOST_SEEN = 2000


def visits_file() -> Path:
    """Where it is kept: in the user's folder for a program's state."""
    return state_file("launcher.json")


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
    except TROUBLES as error:
        return Visits(), f"What was seen is not known: {path} cannot be read ({why(error)})."


def _read(path: Path) -> Visits:
    document = read_state(path)
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
    reason = write_state(path, {"seen": later.seen, "recent": later.recent})
    return f"What was opened cannot be kept: {reason} ({path})." if reason else ""
