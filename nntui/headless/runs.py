"""Records as a list: what each says of itself, without its numbers and without the engine."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nntui.headless.numbers import measured, statistic
from nntui.headless.words import known_seed
from nntui.lab.history import SUFFIX, history_files, history_folder, newest_first, size_of, written_at
from nntui_engine.errors import InputError
from nntui_engine.record.outcome import Found, Outcome, Summary, summary_of
from nntui_engine.record.schema import being_written

ERRORS = ("loss", "train_loss", "value")  # what stands for how far off a lane is: the first of them that it has
ACCURACIES = ("validation_accuracy", "train_accuracy")


@dataclass(frozen=True, slots=True)
class RunRow:
    """A record in a list: ``written`` in seconds since 1970, ``size`` in bytes; ``trouble``: why it has no summary."""

    path: Path
    name: str
    written: float
    size: int
    writing: bool
    summary: Summary | None
    trouble: str = ""


def files_in(places: Sequence[Path]) -> list[Path]:
    """The records in folders and files, newest first; those of the history without any. Raises InputError."""
    if not places:
        return history_files(history_folder())
    found: dict[Path, None] = {}
    for place in places:
        if not place.exists():
            raise InputError(f"{place}: no such file or folder")
        try:
            inside = [one for one in place.iterdir() if one.suffix == SUFFIX] if place.is_dir() else [place]
        except OSError as error:
            raise InputError(f"{place}: cannot be read: {error.strerror or error}") from None
        found |= dict.fromkeys(inside)
    return newest_first(list(found))


def row_of(path: Path, name: str) -> RunRow:
    """What a record says of itself, or why it does not."""
    summary, trouble = None, ""
    writing = being_written(path)  # before it is opened: closing a file drops SQLite's locks on it
    try:
        summary = summary_of(path)
    except InputError as error:
        trouble = str(error).removeprefix(f"{path}: ")
    return RunRow(path, name, written_at(path), size_of(path), writing, summary, trouble)


def rows_of(places: Sequence[Path]) -> list[RunRow]:
    """The records in ``places``, or in the history, newest first. Raises InputError for a place that is none."""
    return [row_of(path, str(path) if places else path.stem) for path in files_in(places)]


def runs_document(rows: Sequence[RunRow]) -> dict[str, Any]:
    """``nntui runs --json``."""
    return {"schema": 1, "runs": [_document(row) for row in rows]}


def _document(row: RunRow) -> dict[str, Any]:
    said, outcome = row.summary, None if row.summary is None else row.summary.outcome
    written = datetime.fromtimestamp(row.written).astimezone().isoformat(timespec="seconds")
    head = {"name": row.name, "path": str(row.path.absolute()), "written": written, "bytes": row.size}
    of_run: dict[str, Any] = {
        name: None if said is None else getattr(said, name) for name in ("scenario", "title", "kind", "seed", "steps")
    }
    of_run["seed"] = None if said is None else known_seed(said.seed)
    lanes = None if outcome is None else [_lane(one) for one in outcome.lanes]
    found = None if outcome is None else [_found(one) for one in outcome.findings]
    step = None if said is None else said.position
    ends = {"writing": row.writing, "step": step, "lanes": lanes, "findings": found}
    goes_on = None if said is None else said.goes_on_in or None
    began = None if said is None else said.recorded_from
    return {**head, **of_run, **ends, "recorded_from": began, "goes_on_in": goes_on, "trouble": row.trouble or None}


def _lane(one: Any) -> dict[str, Any]:
    return {"name": one.name, "step": one.step, "state": one.state, "statistics": one.statistics}


def _found(one: Found) -> dict[str, Any]:
    return {"rule": one.rule, "severity": one.severity, "lane": one.lane, "words": one.words}


def outcome_words(outcome: Outcome) -> str:
    """The last loss and accuracy, of several lanes from the least to the largest: "loss 0.05 … 2.3, 11.0 … 97.1 %"."""
    parts = []
    for label, names in (("loss", ERRORS), ("", ACCURACIES)):
        name = next((name for name in names if any(name in lane.statistics for lane in outcome.lanes)), None)
        if name is not None:
            values = [lane.statistics[name] for lane in outcome.lanes if name in lane.statistics]
            parts.append(f"{'value' if name == 'value' else label} {_span(name, values)}".strip())
    return ", ".join(parts)


def _span(name: str, values: Sequence[float]) -> str:
    known = sorted(value for value in values if not math.isnan(value))
    shown = [statistic(name, value) for value in known[:1] + known[-1:]] + ["NaN"] * (len(known) < len(values))
    ends = list(dict.fromkeys(shown))
    if len(ends) > 1 and all(end.endswith(" %") for end in ends):
        ends = [end.removesuffix(" %") for end in ends[:-1]] + ends[-1:]
    return " … ".join(ends)


def size_words(size: float) -> str:
    """Bytes as a person reads them."""
    return f"{measured(size / 1e6)} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


def steps_words(summary: Summary) -> str:
    """How far a run came: "300 steps", or "120 of 300 steps" if not to its end."""
    on_the_way = summary.position < summary.steps
    return f"{summary.position} of {summary.steps} steps" if on_the_way else f"{summary.position} steps"


def time_words(written: float, now: float) -> str:
    """When it was: "today 20:30", "27 Nov 20:30", "27 Nov 2025"."""
    at, today = datetime.fromtimestamp(written), datetime.fromtimestamp(now)
    if at.date() == today.date():
        return f"today {at:%H:%M}"
    return f"{at.day} {at:%b %H:%M}" if at.year == today.year else f"{at.day} {at:%b %Y}"
