"""The history: every run of the lab leaves a small record in the user's folder, and the oldest ones make room."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nntui.files import free_name
from nntui_engine.errors import InputError
from nntui_engine.files import expanded
from nntui_engine.record.schema import being_written

from .state_files import state_file

if TYPE_CHECKING:
    from nntui_engine.record.recorder import Recorder
    from nntui_engine.run.finding import Finding
    from nntui_engine.run.listener import News
    from nntui_engine.run.run import Run
    from nntui_engine.run.timeline import Event

MOST_FILES = 100
MOST_BYTES = 200_000_000  # of all together
MOST_BYTES_OF_ONE = 50_000_000
LONGEST_NAME = 40  # characters of a scenario's name in a file's
SUFFIX = ".nntui"
_OWN = re.compile(r"[\w-]+-\d{8}-\d{6}(-\d+)?\.nntui")
_BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file


def history_folder() -> Path:
    """Where the records are: in the user's folder for a program's state."""
    return state_file("runs")


def history_files(folder: Path) -> list[Path]:
    """The records of the history, the one that was written last first; no other file that may be there."""
    try:
        found = [one for one in folder.iterdir() if _OWN.fullmatch(one.name) and one.is_file() and not one.is_symlink()]
    except OSError:
        return []
    return newest_first(found)


def kept_record(name: str) -> Path:
    """The record that a person means: a file, or of the history "last", a number in the list of ``nntui runs``, or the
    newest whose name begins so. Raises InputError where there is none."""
    path = expanded(name)
    if path.exists() or path.suffix == SUFFIX or len(path.parts) != 1:
        return path  # what is wrong with it is said by who reads it
    files = history_files(history_folder())
    if name == "last" or name.isdecimal():
        number = 1 if name == "last" else int(name)
        if 1 <= number <= len(files):
            return files[number - 1]
    found = [one for one in files if one.stem.startswith(name)]
    if not found:
        raise InputError(f"{name}: no such file, and no run in the history begins so; nntui runs lists them")
    return found[0]


def newest_first(paths: Sequence[Path]) -> list[Path]:
    """Records in the order in which they were last written."""
    return sorted(paths, key=lambda path: (written_at(path), path.name), reverse=True)


def written_at(path: Path) -> float:
    """When a record was last written, in seconds since 1970; 0 for what is gone."""
    return max((found.st_mtime for found in _stats(path)), default=0.0)


def size_of(path: Path) -> int:
    """Bytes of a record, with what SQLite keeps beside it."""
    return sum(found.st_size for found in _stats(path))


def _stats(path: Path) -> list[Any]:
    found = []
    for one in (path, path.with_name(f"{path.name}-wal")):
        with suppress(OSError):
            found.append(one.stat())
    return found


def remove(path: Path) -> bool:
    """Takes a record away, with what SQLite keeps beside it; whether it is gone. One that is being written stays."""
    if being_written(path):
        return False
    with suppress(OSError):
        for end in _BESIDE:
            path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        return True
    return False


def make_room(folder: Path, own: Sequence[Path] = ()) -> None:
    """Takes the oldest records away until one more has its place. Those in ``own`` are this process': they stay."""
    files = history_files(folder)
    sizes = {path: size_of(path) for path in files}
    count, size = len(files), sum(sizes.values())
    for path in reversed(files):
        if count < MOST_FILES and size <= MOST_BYTES - MOST_BYTES_OF_ONE:
            return
        if path not in own and remove(path):
            count, size = count - 1, size - sizes[path]


class History:
    """The runs of one lab as the history keeps them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own: list[Path] = []

    def keep(self, name: str) -> "KeptRun":
        """What records the next run, of the scenario ``name``."""
        return KeptRun(lambda: self._begun(name))

    def _begun(self, name: str) -> "Recorder":
        from nntui_engine.record.recorder import Recorder

        from .recording import versions

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{error.strerror or error} ({self.folder})") from None
        make_room(self.folder, self.own)
        stem = re.sub(r"[^\w-]+", "-", name)[:LONGEST_NAME].strip("-") or "run"
        path = free_name(self.folder, f"{stem}-{time.strftime('%Y%m%d-%H%M%S')}", SUFFIX)
        self.own.append(path)
        return Recorder(path, lambda _: {**versions(), "scenario": ""}, most=MOST_BYTES_OF_ONE)


class KeptRun:
    """Listens to a run and records it, from its first moment on; what came to no step is not kept.

    ``trouble``: why it is not kept, "" while it is. That never ends a training. Nobody asked for it, so that it has no
    ``name``.
    """

    name = ""

    def __init__(self, make: "Callable[[], Recorder]") -> None:
        self._make = make
        self._recorder: Recorder | None = None
        self._refused = ""
        self._trained = False

    @property
    def trouble(self) -> str:
        """Why it is not kept, or not to its end."""
        return self._refused or ("" if self._recorder is None else self._recorder.trouble)

    @property
    def begun(self) -> bool:
        """Whether there is anything to be written."""
        return self._recorder is not None

    def sampled(self, lane: int, samples: "Mapping[str, tuple[Any, Any]]") -> None:
        """The newest samples of a lane."""
        recorder = self._there()
        if recorder is not None:
            recorder.sampled(lane, samples)

    def stands(self, run: "Run", events: "Sequence[Event]", news: "News" = "") -> None:
        """The run has moved, or something has happened to it."""
        self._trained = self._trained or run.position > 0
        recorder = self._there()
        if recorder is not None:
            recorder.stands(run, events, news)

    def found(self, run: "Run", findings: "Sequence[Finding]") -> None:
        """Somebody has looked for what is wrong with the run."""
        if self._recorder is not None:
            self._recorder.found(run, findings)

    def noted(self, run: "Run", what: str, detail: "Mapping[str, object]") -> None:
        """Something has happened that changes no number."""
        if self._recorder is not None:
            self._recorder.noted(run, what, detail)

    def close(self) -> None:
        """Writes what is left."""
        if self._recorder is None:
            return
        self._recorder.close()
        if not self._trained:
            remove(self._recorder.writer.path)

    def _there(self) -> "Recorder | None":
        if self._recorder is None and not self._refused:
            try:
                self._recorder = self._make()
            except InputError as error:
                why = str(error).removeprefix("--record: ")
                self._refused = f"This run is not kept in the history: {why}."
        return self._recorder
