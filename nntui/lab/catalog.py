"""The scenarios a person can choose from: the built-in ones in the course's order, and files of the working folder.

Read as plain TOML, unchecked and without NumPy, so that a hundred of them take a tenth of a second.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nntui.own_data import is_data
from nntui_engine.errors import InputError
from nntui_engine.files import problem_with
from nntui_engine.scenario import course, scenario_paths

from .files import is_numbers

OWN_TOPIC = "your files"
DATA_SUMMARY = "A file of data: nntui makes a network for it, and says what it guessed."
MOST_OWN_FILES = 200
LONGEST_FILE = 1_000_000  # bytes; a scenario has some thousand
LARGEST_DATA = 20_000_000  # bytes of a file of data that is listed: the preview reads it
_SETTINGS = ("data", "surface", "model", "train", "lane", "try", "sweep")
# How much a word counts where it was found: a name says more than a lesson of five hundred words
_WEIGHTS = {"name": 12, "title": 10, "summary": 6, "settings": 4, "lesson": 2}


@dataclass(frozen=True, slots=True)
class Entry:
    """A scenario to choose. ``place`` counts from 1 in the course, 0 for a person's own; ``trouble`` says why a file
    cannot be read; ``texts`` are what a search looks through, in small letters."""

    name: str
    topic: str
    title: str
    summary: str
    path: Path
    place: int = 0
    trouble: str = ""
    texts: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """What it is remembered by: a built-in's name, the path of a person's own file."""
        return self.name if self.place else str(self.path)


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that a search found, and where: "" in its name or title, else "settings: model.dropout = 0.5"."""

    entry: Entry
    where: str = ""


def read_catalog(folder: Path) -> tuple[Entry, ...]:
    """Every built-in scenario, then the scenario files of ``folder``."""
    return (*_built_in(), *own_files(folder))


def _built_in() -> Iterator[Entry]:
    paths = scenario_paths()
    taught = [name for names in course().values() for name in names if name in paths]
    for place, name in enumerate(dict.fromkeys([*taught, *paths]), 1):
        path = paths[name]
        yield _entry(path, path.parent.name, place)


def own_files(folder: Path) -> tuple[Entry, ...]:
    """The files of ``folder`` that are scenarios, or would be if they could be read, and files of data; by name."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml" or _is_own_data(path))
    except OSError:
        return ()
    entries = (_entry(path.absolute(), OWN_TOPIC, 0) for path in paths[:MOST_OWN_FILES])
    return tuple(entry for entry in entries if entry.title)


def _is_own_data(path: Path) -> bool:
    """Whether it holds data to train on, and not the numbers of a run."""
    return is_data(path) and not is_numbers(path)


def _entry(path: Path, topic: str, place: int) -> Entry:
    """One file; without a title where it is no scenario."""
    trouble = problem_with(path)
    if is_data(path):
        title = path.name if trouble is None and path.stat().st_size <= LARGEST_DATA else ""
        return Entry(path.name, topic, title, DATA_SUMMARY, path, 0, "", (("name", path.name.lower()),))
    try:
        if trouble is None and path.stat().st_size > LONGEST_FILE:
            trouble = "is too large for a scenario"
        text = "" if trouble else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        trouble, text = f"cannot be read: {error}", ""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        if "[scenario]" not in text:
            return Entry(path.stem, topic, "", "", path)
        return Entry(path.stem, topic, path.stem, "", path, place, f"not valid TOML: {error}", _texts(path.stem, {}))
    head = tables.get("scenario")
    if trouble or not isinstance(head, dict) or "schema" not in tables:
        return Entry(path.stem, topic, "", "", path)
    title = str(head.get("title", "")) or path.stem
    summary = str(head.get("summary", ""))
    return Entry(path.stem, topic, title, summary, path, place, "", _texts(path.stem, tables))


def _texts(name: str, tables: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    head = tables.get("scenario", {})
    found = [("name", name), ("title", str(head.get("title", ""))), ("summary", str(head.get("summary", "")))]
    found += [("settings", line) for key in _SETTINGS for line in flattened(tables.get(key, {}), key)]
    found.append(("lesson", f"{head.get('lesson', '')} {head.get('source', '')}"))
    return tuple((where, text.lower()) for where, text in found)


def flattened(value: object, key: str) -> Iterator[str]:
    """A table as lines "model.activation = sigmoid"; what a lane or a try sets counts under the setting's own key."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if key in ("lane", "try") and name in ("expect", "survives"):
                continue
            own = name if name == "set" or key.endswith("set") else f"{key}.{name}"
            yield from flattened(inner, own)
    elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        for item in value:
            yield from flattened(item, key)
    elif isinstance(value, list):
        yield f"{key} = {', '.join(map(str, value))}"
    else:
        yield f"{key} = {value}"


def search(entries: tuple[Entry, ...], typed: str) -> list[Hit]:
    """The entries that hold every typed word, best first: those named so, then titled so, …; equals by the course."""
    words = typed.lower().split()
    if not words:
        return [Hit(entry) for entry in entries]
    found = []
    for position, entry in enumerate(entries):
        best = [_best(entry, word) for word in words]
        if all(best):
            score = sum(one[0] for one in best if one)
            least = min((one for one in best if one), key=lambda one: one[0])
            found.append((-score, position, Hit(entry, least[1])))
    return [hit for _, _, hit in sorted(found, key=lambda one: one[:2])]


def _best(entry: Entry, word: str) -> tuple[float, str] | None:
    """How much a word counts for an entry, and where it stands; None if nowhere."""
    best: tuple[float, str] | None = None
    for where, text in entry.texts:
        at = text.find(word)
        if at < 0:
            continue
        begins = at == 0 or not text[at - 1].isalnum()
        score = _WEIGHTS[where] * (1.0 if begins else 0.6)
        if best is None or score > best[0]:
            best = score, _place(where, text, at, len(word))
    return best


def _place(where: str, text: str, at: int, length: int) -> str:
    if where in ("name", "title", "summary"):
        return ""
    if where == "settings":
        return f"in its settings: {text}"
    words = text[max(0, at - 24) : at + length + 30].split()
    return f"in its lesson: … {' '.join(words[1:-1] or words)} …"


def find(entries: tuple[Entry, ...], key: str) -> Entry | None:
    """The entry remembered by ``key``, None if it is no longer there; a file elsewhere is read anew."""
    for entry in entries:
        if entry.key == key:
            return entry
    path = Path(key)
    if not path.is_absolute():
        return None
    try:
        entry = _entry(path, OWN_TOPIC, 0)
    except (OSError, ValueError, InputError):
        return None
    return entry if entry.title else None
