"""Which panels a person wants to see of a scenario, and in which order: kept in a small file between starts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nntui.files import write_file
from nntui_engine.errors import InputError

MOST_KEPT = 500  # scenarios
LARGEST_FILE = 1_000_000  # bytes
SCHEMA = 1
Arrangements = Mapping[str, "Arrangement"]  # by view


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Panels in the order of ``order``, those that it does not name behind them; without those in ``hidden``."""

    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()

    def sorted(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """All ``names`` in this order, the hidden ones too."""
        first = tuple(name for name in self.order if name in names)
        return first + tuple(name for name in names if name not in first)

    def shown(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """What is to be seen of ``names``; all of them where none would be left."""
        ordered = self.sorted(names)
        return tuple(name for name in ordered if name not in self.hidden) or ordered

    def moved(self, names: tuple[str, ...], name: str, direction: int) -> "Arrangement":
        """With one panel a place further down (1) or up (−1)."""
        order = list(self.sorted(names))
        at = order.index(name)
        to = min(max(at + direction, 0), len(order) - 1)
        order.insert(to, order.pop(at))
        return replace(self, order=tuple(order))

    def switched(self, names: tuple[str, ...], name: str) -> "Arrangement":
        """With one panel hidden, or shown again; one always stays."""
        hidden = self.hidden ^ {name}
        return self if hidden >= set(names) else replace(self, hidden=hidden)


def arrangements_file() -> Path:
    """Where they are kept: in the user's folder for a program's state."""
    import platformdirs

    return Path(platformdirs.user_state_dir("nntui", appauthor=False)) / "panels.json"


def read_arrangements(path: Path, key: str) -> tuple[dict[str, Arrangement], str]:
    """Those of one scenario by view, and "" or one line on why the file is ignored."""
    try:
        return _of(_read(path).get(key, {})), ""
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return {}, f"The order of panels is not known: {path} cannot be read ({reason})."


def keep_arrangements(path: Path, key: str, found: Arrangements) -> str:
    """Writes those of one scenario; "" or one line on why that cannot be. A damaged file is begun anew."""
    try:
        kept = _read(path)
    except (OSError, ValueError, RecursionError):
        kept = {}
    kept.pop(key, None)
    tables = {view: {"order": one.order, "hidden": sorted(one.hidden)} for view, one in found.items()}
    tables = {view: one for view, one in tables.items() if one["order"] or one["hidden"]}
    latest = dict([*kept.items(), *([(key, tables)] if tables else [])][-MOST_KEPT:])
    text = json.dumps({"schema": SCHEMA, "scenarios": latest}, indent=1, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, f"{text}\n")
    except (OSError, InputError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return f"The order of panels cannot be kept: {reason} ({path})."
    return ""


def _read(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError("it is too large")
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ValueError(f"it is not of schema {SCHEMA}")
    found = document.get("scenarios")
    if not isinstance(found, dict):
        raise ValueError("it has no scenarios")
    return found


def _of(tables: object) -> dict[str, Arrangement]:
    if not isinstance(tables, dict) or not all(isinstance(one, dict) for one in tables.values()):
        raise ValueError("it holds something else than orders of panels")
    return {view: Arrangement(_names(one, "order"), frozenset(_names(one, "hidden"))) for view, one in tables.items()}


def _names(table: Mapping[str, object], what: str) -> tuple[str, ...]:
    names = table.get(what, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{what} is no list of names")
    return tuple(names)
