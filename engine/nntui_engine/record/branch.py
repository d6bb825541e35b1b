"""A run that goes back to a step of a record and goes on otherwise, into a record of its own."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..experiment import Experiment
from ..run.history import History
from ..run.task import Lane
from ..run.timeline import Event, Story
from ..scenario import override
from .about import columns_of
from .blocks import as_recorded, checksum, encoded
from .plain import to_text
from .recorder import After, Recorder
from .resume import Options, at_moment, task_of
from .source import RecordSource
from .story import arranged, first_lanes, moments, planned, spans, story
from .tables import ArrangementRow, MomentRow, Tables
from .writer import Writer

Overrides = Sequence[tuple[Mapping[str, object], str | None]]


@dataclass(frozen=True, slots=True)
class Branch:
    """A run on its way to position ``at`` of its ``parent``, and what records it; there it is to be changed."""

    parent: RecordSource
    at: int
    run: Experiment
    recorder: Recorder

    @property
    def same(self) -> bool:
        """Whether its last step has the numbers that the parent has of it, to the bit: asked at position ``at``."""
        return all(map(_same_numbers, self.run.lanes, self.parent.lanes))

    def change(self, overrides: Overrides) -> None:
        """Change settings from here on. Raises InputError where that is not allowed, or would begin a lane anew."""
        for settings, lane in overrides:
            mark = self.run.tweak(settings, lane)
            if mark.restarted and self.at:
                raise InputError(f"--set: {mark.text} needs a fresh start, and cannot be changed at step {self.at}")

    def discard(self) -> None:
        """Leaves no record of it."""
        self.recorder.close()
        self.recorder.writer.path.unlink(missing_ok=True)


def branched(
    path: Path,
    at: int,
    into: Path,
    describe: Callable[[Any], Mapping[str, str]] = lambda _: {},
    options: Options | None = None,
    overrides: Callable[[Sequence[str]], Overrides] = lambda _: (),
) -> Branch:
    """The run of the record ``path`` on its way to position ``at``, from the nearest moment before it or from its
    start, recorded into the new file ``into``.

    Until there the same happens to it as was recorded; later what its scenario has planned. ``overrides``: what is to
    be changed then, of lanes with these names. Raises InputError where the record does not go so far, is damaged, or
    its run cannot be made again.
    """
    options = options or Options()
    source = RecordSource(path)
    source.must_be_ours()
    source.tables.check()
    if not 0 <= at <= source.end:
        raise InputError(f"--at: step {at} is not allowed; must be from 0 to {source.end}, as far as {path} goes")
    source.seek(at)
    for settings, lane in overrides([one.row.name for one in source.lanes_now]):
        for row in (one.row for one in source.lanes_now if lane in (None, one.row.name)):
            override(row.tables, settings, where="--set")
    parent = to_text({"name": path.name, "at": at, "fingerprint": fingerprint(source)})
    told = story(source.tables, source.line, at)
    coming = planned(source.tables, source.scenario, source.line, source.end, at)
    moment = next(iter(moments(source.tables, source.line, at, with_numbers=True)), None)
    make = partial(Recorder, into, lambda run: {**describe(run), "parent": parent})
    if moment is None:
        run, recorder = _from_the_start(source, told, coming, options, make)
    else:
        run, recorder = _from_a_moment(source, told, coming, options, moment, make)
    return Branch(source, at, run, recorder)


def _from_a_moment(
    source: RecordSource,
    told: Story,
    coming: Sequence[Event],
    options: Options,
    moment: MomentRow,
    make: Callable[[After], Recorder],
) -> tuple[Experiment, Recorder]:
    past = RecordSource(source.path)
    try:
        run, until, _ = at_moment(past, moment, options)
        count = len(until.events)
        if until.first != told.first or until.events != told.events[:count]:
            raise _by_hand(source)
        lanes, arrangements, _, events = past.tables.ids()
        line = arranged(past.tables, past.line, until, moment.at)
        recorder = make(After(line, True, lanes, arrangements, events=events))
        _copy(past.tables, past.line, moment.at, recorder.writer)
    finally:
        past.close()
    marks = list(past.snapshot().marks)
    run.continue_from(task_of(run), marks, [*told.events[count:], *coming], recorder, until)
    return run, recorder


def _from_the_start(
    source: RecordSource, told: Story, coming: Sequence[Event], options: Options, make: Callable[[], Recorder]
) -> tuple[Experiment, Recorder]:
    if not told.whole:
        raise _by_hand(source)
    lanes, recorder = first_lanes(told), make()
    try:
        scenario = replace(source.scenario, lanes=lanes, tables=lanes[0].tables)
        run = options.experiment(scenario, source.every, recorder)
    except InputError as error:
        recorder.close()
        raise InputError(f"{source.path}: cannot be run again: {error}") from None
    run.follow(told, coming)
    return run, recorder


def _by_hand(source: RecordSource) -> InputError:
    return InputError(f"{source.path}: cannot be run again: its weights were set by hand, which no record holds")


def _copy(tables: Tables, line: Sequence[ArrangementRow], end: int, writer: Writer) -> None:
    """What counts of a line of arrangements as far as ``end``, into another record under the same numbers."""
    counts = spans(line, end)
    ends = {row.id: row.at + counts[row.id] for row in line}

    def copy() -> None:
        for row in line:
            for table in ("arrangement", "lane"):
                for one in tables.whole_rows(table, row.id):
                    writer.insert(table, one)
            for lane in tables.lanes(row.id):
                for kind in tables.last_steps(lane.id):
                    pieces = tables.pieces(lane.id, kind, -np.inf, lane.step + counts[row.id])
                    for number, (merged, samples, rounded) in enumerate(pieces):
                        if len(samples):
                            steps, data = (int(samples[0, 0]), int(samples[-1, 0])), encoded(samples, rounded)
                            place = (lane.id, kind, number)
                            writer.insert("block", (*place, *steps, *samples.shape, merged, checksum(data), data))

        for past in tables.happened():
            if past.at <= ends.get(past.event.arrangement, -1):
                writer.insert("event", (past.number, past.at, past.kind, to_text(past.event)))

    writer.first(copy)


def fingerprint(source: RecordSource) -> str:
    """SHA-256 of all that was measured until where a record is looked at: of each lane its name and of each kind of
    measurement that and its rows, as float64."""
    found = hashlib.sha256()
    for place, lane in enumerate(source.lanes):
        found.update(lane.name.encode())
        for kind in columns_of(lane):
            found.update(kind.encode())
            for table in source.measured(place, kind):
                found.update(np.ascontiguousarray(table, "<f8").tobytes())
    return found.hexdigest()


def _same_numbers(lane: Lane, recorded: Lane) -> bool:
    """Whether the newest samples of two lanes are the same, of every kind; rounded to float32 where a large record
    has rounded them."""
    return all(
        history.last_step == recorded.histories[kind].last_step
        and _same(_newest(history), _newest(recorded.histories[kind]))
        for kind, history in lane.histories.items()
    )


def _newest(history: History) -> NDArray[np.float64]:
    newest = history.last()
    return np.empty((1, 0)) if newest is None else newest[None]


def _same(measured: NDArray[np.float64], recorded: NDArray[np.float64]) -> bool:
    """Of the shape (1, width)."""
    narrow = (as_recorded(recorded, np.ones(recorded.shape[1], bool)) == recorded)[0]
    return measured.shape == recorded.shape and np.array_equal(as_recorded(measured, narrow), recorded, equal_nan=True)
