"""Which panels a person wants to see of a scenario, and in which order: kept in a small file between starts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .state_files import TROUBLES, read_state, state_file, why, write_state

MOST_KEPT = 500  # scenarios
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
    return state_file("panels.json")


def read_arrangements(path: Path, key: str) -> tuple[dict[str, Arrangement], str]:
    """Those of one scenario by view, and "" or one line on why the file is ignored."""
    try:
        return _of(_read(path).get(key, {})), ""
    except TROUBLES as error:
        return {}, f"The order of panels is not known: {path} cannot be read ({why(error)})."


def keep_arrangements(path: Path, key: str, found: Arrangements) -> str:
    """Writes those of one scenario; "" or one line on why that cannot be. A damaged file is begun anew."""
    try:
        kept = _read(path)
    except TROUBLES:
        kept = {}
    kept.pop(key, None)
    tables = {view: {"order": one.order, "hidden": sorted(one.hidden)} for view, one in found.items()}
    tables = {view: one for view, one in tables.items() if one["order"] or one["hidden"]}
    latest = dict([*kept.items(), *([(key, tables)] if tables else [])][-MOST_KEPT:])
    reason = write_state(path, {"scenarios": latest})
    return f"The order of panels cannot be kept: {reason} ({path})." if reason else ""


def _read(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    found = read_state(path).get("scenarios")
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
