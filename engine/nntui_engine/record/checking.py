"""Whether a run that is made again measures what its record holds, number by number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..compiling.ahead import Progress
from ..errors import InputError
from ..experiment import Experiment
from ..run.finding import Finding
from ..run.listener import News
from ..run.run import Run
from ..run.timeline import Event
from .about import columns_of
from .blocks import as_recorded
from .source import RecordSource
from .story import Chapter, chapters, first_lanes, recorded_from, spans, story
from .tables import Piece, Tables

Array = NDArray[np.float64]
Samples = Mapping[str, tuple[Array, Array]]
Place = tuple[int, int, str]  # a chapter, a lane of it, one of its histories
STRETCH_SECONDS = 0.1  # between two looks at how far it is
SHARES = ("accuracy", "fraction", "similarity")  # what the names of shares end with
SMALLEST = 1e-10
END = Piece(1, np.empty((0, 1)), np.zeros(1, bool))


@dataclass(frozen=True, slots=True)
class Difference:
    """A number that is another now, of ``lane`` at its ``step``; ``column`` says which: a statistic, and after a / the
    layer. One of ``recorded`` and ``measured`` is None where only the other has it. ``size``: relative to the number,
    or to the root mean square of its column, or to its ``floor``, whichever is largest."""

    lane: str
    step: int
    column: str
    recorded: float | None
    measured: float | None
    size: float


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it: ``compared`` so many numbers of so many ``steps``; ``first``: the first of them that differs by
    more than is allowed, ``largest`` the one that differs most. ``merged``: numbers that were kept as the smallest,
    mean and largest of several; ``given_up``: those of steps that the run went back behind. They are not compared."""

    compared: int
    steps: int
    merged: int
    given_up: int
    first: Difference | None
    largest: Difference | None


def check(source: RecordSource, tolerance: float, progress: Progress) -> Checked:
    """Run again what ``source`` has recorded, as far as it goes, and compare; ``tolerance``: the ``size`` of a
    difference that is allowed, 0 for none, to the bit. It ends with the first that is too large.

    Raises InputError where the record is damaged, or its run cannot be made again.
    """
    source.tables.check()
    run, checker = _made(source, tolerance, progress)
    while run.position < source.end and checker.first is None:
        progress("running again", run.position, source.end)
        if not run.advance_for(STRETCH_SECONDS, source.end):
            break
    checker.finish(len(checker.chapters))
    given_up = source.tables.numbers() - checker.compared - checker.merged
    return Checked(checker.compared, source.end, checker.merged, given_up, checker.first, checker.largest)


def _made(source: RecordSource, tolerance: float, compiling: Progress) -> tuple[Experiment, "Checker"]:
    """The run at its start, and who listens to it."""
    told = story(source.tables, source.line, source.end)
    if not told.whole:
        raise InputError(f"{source.path}: cannot be run again: its weights were set by hand, which no record holds")
    lanes = first_lanes(told)
    scenario = replace(source.scenario, lanes=lanes, tables=lanes[0].tables, changes=())
    checker = Checker(source, tolerance)
    try:
        run = Experiment(scenario, every=source.every, compiling=compiling, listener=checker)
    except InputError as error:
        raise InputError(f"{source.path}: cannot be run again: {error}") from None
    run.follow(told)
    return run, checker


class Checker:
    """Listens to a run that is made again, and compares what it measures with its record."""

    def __init__(self, source: RecordSource, tolerance: float) -> None:
        self.chapters = chapters(source.tables, source.line)
        self.compared = self.merged = 0
        self.first: Difference | None = None
        self.largest: Difference | None = None
        self._tables, self._tolerance = source.tables, tolerance
        self._late = recorded_from(source.tables)
        self._spans = spans(source.line, source.end)
        self._pending: list[tuple[int, Samples]] = []
        self._streams: dict[Place, Stream] = {}
        self._chapter = 0
        self._names: list[str] = []
        self._columns: list[dict[str, list[str]]] = []

    # -- a Listener -------------------------------------------------------------------------------------------------

    def sampled(self, lane: int, samples: Samples) -> None:
        """The newest samples of a lane: by history the steps (m,) and the values (m, width)."""
        self._pending.append((lane, samples))

    def stands(self, run: Run, events: Sequence[Event], news: News = "") -> None:  # noqa: ARG002  # the shape of Listener
        """The run has moved, or one of its events has happened again."""
        if len(events) != self._chapter or not self._names:
            self.finish(len(events))
            self._chapter = len(events)
            self._names = [lane.name for lane in run.lanes]
            self._columns = [columns_of(lane) for lane in run.lanes]
            self._streams = self._begun(self.chapters[self._chapter])
        found: list[Difference] = []
        for place, samples in self._pending:
            for kind, columns in samples.items():
                found += self._compare((self._chapter, place, kind), np.column_stack(columns))
        self._pending.clear()
        self._take(found)

    def found(self, run: Run, findings: Sequence[Finding]) -> None:
        """It changes no number."""

    def noted(self, run: Run, what: str, detail: Mapping[str, object]) -> None:
        """It changes no number."""

    # -- inside -----------------------------------------------------------------------------------------------------

    def finish(self, chapters: int) -> None:
        """What the chapter has that the run did not measure again is a difference; ``chapters`` are over."""
        if self.first is None and chapters > self._chapter:
            self._take([one for place in self._streams for one in self._missing(place)])

    def _begun(self, chapter: Chapter) -> "dict[Place, Stream]":
        return {
            (self._chapter, place, kind): self._stream(chapter, place, kind, names)
            for place, columns in enumerate(self._columns)
            for kind, names in columns.items()
        }

    def _stream(self, chapter: Chapter, place: int, kind: str, names: Sequence[str]) -> "Stream":
        floors = np.array([floor(name) for name in names]) if self._tolerance else None
        stream = Stream(self._tables, self._bounds(chapter, place), kind, floors)
        stream.gaps = chapter.at <= self._late != 0
        return stream

    def _bounds(self, chapter: Chapter, place: int) -> list[tuple[int, int]]:
        """The rows of a lane in a chapter, and the last step that counts of each."""
        return [(lanes[place].id, lanes[place].step + self._spans[row.id]) for row, lanes in chapter.parts]

    def _compare(self, place: Place, samples: Array) -> Iterator[Difference]:
        stream = self._streams[place]
        while len(samples):
            piece = stream.next(len(samples))
            merged, expected, _ = piece
            if merged > 1:  # they stand for all until their last step
                inside = samples[:, 0] <= expected[-1, 0]
                if inside.all():
                    stream.put_back(piece)
                else:
                    self.merged += expected[:, 1:].size
                samples = samples[~inside]
                continue
            if stream.gaps:
                known = samples[:, 0] >= (expected[0, 0] if len(expected) else np.inf)
                if not known.all():
                    stream.put_back(piece)
                    samples = samples[known]
                    continue
            if not len(expected):
                yield self._difference(place, 1, int(samples[0, 0]), None, float(samples[0, 1]), np.inf)
                return
            new, samples = samples[: len(expected)], samples[len(expected) :]
            self.compared += new[:, 1:].size
            yield from self._differences(place, piece, new, stream.size)

    def _differences(self, place: Place, piece: Piece, new: Array, size: Array | float) -> Iterator[Difference]:
        """The one that is largest, and the first that is too large."""
        expected, new = piece.table, as_recorded(new, piece.rounded)
        other = (expected.view(np.uint64) != new.view(np.uint64)) & ~(np.isnan(expected) & np.isnan(new))
        if other[:, 0].any():  # measured at other steps
            row = int(other[:, 0].argmax())
            step = int(min(expected[row, 0], new[row, 0]))
            recorded, measured = (float(one[row, 1]) if one[row, 0] == step else None for one in (expected, new))
            yield self._difference(place, 1, step, recorded, measured, np.inf)
            return
        if self._tolerance:
            other &= expected != new  # 0 and −0 are one number
        if not other.any():
            return
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            scale = np.maximum(np.maximum(np.abs(expected), np.abs(new)), size)
            apart = np.where(other, np.nan_to_num(np.abs(expected - new) / scale, nan=np.inf, posinf=np.inf), 0.0)
        too_large = apart > self._tolerance if self._tolerance else other
        for where in (apart, too_large) if too_large.any() else (apart,):
            row, column = divmod(int(where.argmax()), where.shape[1])
            recorded, measured = float(expected[row, column]), float(new[row, column])
            yield self._difference(place, column, int(new[row, 0]), recorded, measured, float(apart[row, column]))

    def _difference(
        self, place: Place, column: int, step: int, recorded: float | None, measured: float | None, size: float
    ) -> Difference:
        _, lane, kind = place
        return Difference(self._names[lane], step, self._columns[lane][kind][column], recorded, measured, size)

    def _missing(self, place: Place) -> Iterator[Difference]:
        merged, left, _ = self._streams[place].next(1)
        if merged > 1:
            self.merged += left[:, 1:].size
        elif len(left):
            yield self._difference(place, 1, int(left[0, 0]), float(left[0, 1]), None, np.inf)

    def _take(self, found: Sequence[Difference]) -> None:
        """Keeps the first that is too large, by its step, and the largest."""
        for one in found:
            if self.largest is None or one.size > self.largest.size:
                self.largest = one
            if (one.size > self._tolerance or not self._tolerance) and (
                self.first is None or one.step < self.first.step
            ):
                self.first = one


def floor(column: str) -> float:
    """What a difference in a column is measured against at least: a share against all there is; and what is smaller
    than the variance of numbers that float32 has rounded is noise."""
    return 1.0 if column.partition("/")[0].endswith(SHARES) else SMALLEST


class Stream:
    """What a record holds of one of a lane's histories, piece by piece: of each of ``rows`` (the lane's id in the
    record) as far as a step. ``size`` (1 + width,): with ``floors`` the root mean square of each column, at least its
    floor; else 0."""

    def __init__(self, tables: Tables, rows: Sequence[tuple[int, int]], kind: str, floors: Array | None) -> None:
        self._tables, self._rows, self._kind = tables, rows, kind
        self._pieces = self._read()
        self._left: Piece | None = None
        self.gaps = False  # whether the record need not have all
        self.size = 0.0 if floors is None else np.maximum(_root_mean_square(self._read()), floors)

    def _read(self) -> Iterator[Piece]:
        for lane, upto in self._rows:
            yield from (one for one in self._tables.pieces(lane, self._kind, -1.0, upto) if len(one.table))

    def next(self, most: int) -> Piece:
        """The next samples of a block, at most so many; or all of a block that were merged. No samples at the end."""
        piece = self._left or next(self._pieces, END)
        count = len(piece.table) if piece.merged > 1 else most
        self._left = piece._replace(table=piece.table[count:]) if len(piece.table) > count else None
        return piece._replace(table=piece.table[:count])

    def put_back(self, piece: Piece) -> None:
        """These, that :meth:`next` gave last, are still the next ones."""
        rest = self._left.table if self._left is not None else piece.table[:0]
        together = np.concatenate([piece.table, rest])
        self._left = piece._replace(table=together) if len(together) else None


def _root_mean_square(pieces: Iterator[Piece]) -> Array | float:
    squares: Array | float = 0.0
    count = 0
    for _, table, _ in pieces:
        with np.errstate(over="ignore"):
            squares = squares + (np.where(np.isfinite(table), table, 0.0) ** 2).sum(axis=0)
        count += len(table)
    return np.sqrt(squares / max(count, 1))
