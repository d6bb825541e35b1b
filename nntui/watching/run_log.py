"""What is known of a run's steps, on its way into the record: handed over in groups, so that no step waits for it."""

import os
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui import __version__
from nntui.files import free_name
from nntui.processor import processor_name
from nntui.watching.orders import RECORD, name_of, tell_where
from nntui_engine.errors import InputError
from nntui_engine.record.noticed import Mistake
from nntui_engine.record.watched import Description, WatchedRecorder
from nntui_engine.registry.statistic import EVALUATION_STATISTICS, LAYER_STATISTICS
from nntui_engine.run.snapshot import LaneState, NonFinite
from nntui_engine.scenario.settings import TURNED

Array = NDArray[np.float64]
FLUSH_SECONDS = 0.1  # between two hand-overs to the thread that writes
FLUSH_STEPS = 64
DEAD_EVERY = 100  # measured steps between two counts of dead units
DEFAULT_RECORD = "run.nntui"
NAN = float("nan")
EVALUATED = [row.name for row in EVALUATION_STATISTICS]
_OF_LAYERS = [row.name for row in LAYER_STATISTICS if row.cadence == "evaluation"]


class NntuiWarning(UserWarning):
    """What nntui could not do. The training goes on."""


class RunLog:
    """Writes a run's steps into a new record. Raises InputError where none can be made.

    ``broken``: where numbers have stopped being numbers, None as long as they have not. What happens to the file later
    is one warning.
    """

    def __init__(self, path: Path) -> None:
        self.begun = False
        self.broken: NonFinite | None = None
        self._recorder = WatchedRecorder(path, {"nntui": __version__, "processor": processor_name()})
        self._rows: list[tuple[int, Sequence[float], Array]] = []
        self._mistakes: list[Mistake] = []
        self._evaluation: dict[str, float] = {}
        self._evaluations: dict[int, tuple[Array, Array]] = {}
        self._flushed = time.monotonic()
        self._told_trouble = False

    def begin(self, described: Description, every: int) -> None:
        """The run has layers now; it is measured at every so many steps."""
        self._recorder.begin(described, every)
        self.begun = True

    def add(self, step: int, whole: Sequence[float], layers: Array) -> None:
        """A step with its WHOLE statistics and those of layers (depth, STEP_STATISTICS)."""
        self._rows.append((step, whole, layers))

    def notice(self, mistakes: Sequence[Mistake]) -> None:
        """Mistakes in the script."""
        self._mistakes += mistakes

    def due(self) -> bool:
        """Whether it is time to hand over what there is."""
        return len(self._rows) >= FLUSH_STEPS or time.monotonic() - self._flushed > FLUSH_SECONDS

    def flush(self, step: int, state: LaneState) -> None:
        """Hands over what there is; the run has made so many steps."""
        self._flushed = time.monotonic()
        while self._mistakes:
            self._recorder.notice(self._mistakes.pop(0))
        if self._rows:
            steps, whole, layers = (np.array(column, dtype=float) for column in zip(*self._rows, strict=True))
            self._rows.clear()
            self._recorder.measured(steps, whole, layers)
        for at, evaluation in self._evaluations.items():
            self._recorder.evaluated(at, *evaluation)
        self._evaluations.clear()
        self._recorder.stands(step, state, self.broken)
        if self._recorder.trouble and not self._told_trouble:
            self._told_trouble = True
            warn(self._recorder.trouble)

    def note_evaluation(self, values: Mapping[str, float]) -> None:
        """What was measured on whole sets. Raises InputError for another statistic."""
        for name, value in values.items():
            if name not in EVALUATED:
                raise InputError(f'unknown statistic "{name}"; allowed: {", ".join(EVALUATED)}')
            self._evaluation[name] = float(value)

    def evaluated(self, step: int, dead: NDArray[np.int64]) -> None:
        """It is all that is known after this step, with the dead units of each layer (depth,)."""
        if not self.begun:
            return
        values = np.array([self._evaluation.get(name, NAN) for name in EVALUATED])
        layers = np.full((len(dead), len(_OF_LAYERS)), NAN)
        layers[:, _OF_LAYERS.index("dead_units")] = dead
        self._evaluations[step] = values, layers  # what is told bit by bit is one row

    def tell(self, step: int, what: str, detail: dict[str, Any]) -> None:
        """Something was done to the run: a change of a setting, or another order."""
        self.flush(step, "running")
        if what == "set":
            name = name_of(detail["what"], detail["group"])
            self._recorder.tweak(step, {TURNED: {name: detail["value"]}})
        self._recorder.note(step, what, detail)
        self._recorder.stands(step, "running", self.broken)

    def close(self, step: int) -> None:
        """Writes what is left, and closes the file; removes one in which there is nothing."""
        path = self._recorder.writer.path
        if self.begun and path.exists():
            with suppress(Exception):
                self.flush(step, "finished")
        self._recorder.close()
        if not self.begun:
            path.unlink(missing_ok=True)


def place_of_record(record: str | os.PathLike[str] | None) -> tuple[Path, Path]:
    """Where a record is wanted, by the script or else by the environment, and a free name there."""
    wanted = Path(record or os.environ.get(RECORD) or DEFAULT_RECORD)
    return wanted, free_name(wanted.parent, wanted.stem, wanted.suffix)


def announce(path: Path, wanted: Path) -> None:
    """Tells who has started the script where its record is, and the person where it is not where it was wanted."""
    tell_where(path)
    if path != wanted:
        print(f"nntui: {wanted} exists already: recording into {path}", file=sys.stderr)


def own_words(error: Exception) -> str:
    """What a mistake is, in one line."""
    what = "" if isinstance(error, InputError | OSError) else f"{type(error).__name__}: "
    said = str(error).removeprefix("--record: ").partition("\n")[0][:300]
    return f"{what}{said}"


def warn(text: str) -> None:
    """One visible line."""
    warnings.warn(f"nntui: {text}", NntuiWarning, stacklevel=3)
