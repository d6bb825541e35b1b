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

NO_LOG = "The record's file system takes no write-ahead log: who reads it meanwhile may have to wait."


class Recording(Listener, Protocol):
    """Who records a run that it listens to."""

    @property
    def trouble(self) -> str:
        """Why nothing is recorded any more, "" while all is well."""

    def close(self) -> None:
        """Writes what is left."""


def recorder_of(path: Path) -> "Recorder":
    """What writes a new record at ``path``. Raises InputError where none can be made."""
    from nntui_engine.record.recorder import Recorder

    return Recorder(path, words)


def words(run: "Experiment") -> dict[str, str]:
    """Keys and values of a record's table ``run`` that the engine does not know."""
    from .keeping import recipes_text

    try:
        text = recipes_text(run.scenario, run.recipes(), "as it was recorded")
    except InputError:
        text = ""  # lanes too different for one file; their tables stand beside them in any case
    return {**versions(), "scenario": text}


def versions() -> dict[str, str]:
    """What a record was made by."""
    return {"nntui": __version__, "processor": processor_name()}
