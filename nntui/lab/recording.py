"""Recording a run: what its record says beside the numbers."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nntui import __version__
from nntui.processor import processor_name
from nntui_engine.errors import InputError
from nntui_engine.run.listener import Listener

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.record.recorder import Recorder

SUFFIX = ".nntui"
NO_LOG = "The record's file system takes no write-ahead log: who reads it meanwhile may have to wait."


class Recording(Listener, Protocol):
    """Who records a run that it listens to."""

    @property
    def name(self) -> str:
        """That of the file which a person asked for, "" where nobody did."""

    @property
    def trouble(self) -> str:
        """Why nothing is recorded any more, "" while all is well."""

    def close(self) -> None:
        """Writes what is left."""


def recorder_of(path: Path) -> "Recorder":
    """What writes a new record at ``path``. Raises InputError where none can be made."""
    from nntui_engine.record.recorder import Recorder

    return Recorder(path, words)


def new_record(text: str) -> "Recorder":
    """What writes a new record of a name that was typed, in the working folder unless that says another. Raises
    InputError where none can be made."""
    path = Path(text.strip()).expanduser()
    if not text.strip() or path.name in ("", "..") or path.is_dir():
        raise InputError("a record needs the name of a file")
    path = path if path.suffix else path.with_suffix(SUFFIX)
    if path.exists():
        raise InputError(f"{path} exists already: choose another name")
    try:
        return recorder_of(path)
    except InputError as error:
        raise InputError(str(error).removeprefix("--record: ")) from None


def known_words(run: "Experiment") -> str:
    """What a record that is begun now has of the steps before."""
    if run.position == 0:
        return "from the first step on"
    thinned = any(history.thinned for lane in run.lanes for history in lane.histories.values())
    return "with the steps so far, the older ones thinned" if thinned else "with all steps so far"


def words(run: "Experiment") -> dict[str, str]:
    """Keys and values of a record's table ``run`` that the engine does not know."""
    from .keeping import recipes_text

    try:
        text = recipes_text(run.scenario, run.recipes(planned=True), "as it was recorded")
    except InputError:
        text = ""  # lanes too different for one file; their tables stand beside them in any case
    return {"nntui": __version__, "processor": processor_name(), "scenario": text}


def versions() -> dict[str, str]:
    """What a run here is trained with, by the names that a record has for it."""
    from nntui_engine.record.about import versions as of_the_engine

    return {"nntui": __version__, **of_the_engine(), "processor": processor_name()}
