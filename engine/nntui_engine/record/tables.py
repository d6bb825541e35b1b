"""A record's rows, checked as they are read: what does not fit together is refused, in one line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..run.timeline import Tweaked
from .blocks import BrokenBlockError, Flags, checksum, decoded, rounded_columns, unpacked
from .noticed import FINDING, FIX, MISTAKE, FindingEvent, FixEvent, Happened, Mistake
from .plain import from_text
from .recorder import Coming, Now
from .schema import FOLDS, UNREADABLE, check_integrity, opened

Array = NDArray[np.float64]
T = TypeVar("T")
LANE = "id, place, name, origin, step, tables, settings, about"
MOST_EVENTS = 100_000  # that a line of arrangements may have


@dataclass(frozen=True, slots=True)
class ArrangementRow:
    """The lanes from position ``at`` on; ``event`` is what brought them about."""

    id: int
    parent: int | None
    at: int
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A lane between two events: it goes on with the past of the lane ``origin`` from its ``step``."""

    id: int
    place: int
    name: str
    origin: int | None
    step: int
    tables: dict[str, Any]
    settings: str
    about: str


@dataclass(frozen=True, slots=True)
class MomentRow:
    """A moment at position ``at``, and what was ``coming`` then."""

    id: int
    arrangement: int
    at: int
    coming: tuple[Coming, ...]

    @property
    def planned(self) -> list[Tweaked]:
        """The changes that were planned for later then, at their positions."""
        return [Tweaked(self.at + one.after, one.set, one.lane) for one in self.coming]


class Told(NamedTuple):
    """An event at position ``at``: ``what`` names its kind."""

    id: int
    at: int
    what: str
    detail: dict[str, Any]


class Piece(NamedTuple):
    """Samples (m, 1 + width) of a block; ``merged``: how many have become three, 1 where they stand one by one;
    ``rounded`` (1 + width,): the columns that were rounded to float32."""

    merged: int
    table: Array
    rounded: Flags


class Tables:
    """A record that is only read. Every method raises InputError where the file is damaged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = opened(path)
        self._version = -1

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def damaged(self, why: object) -> InputError:
        """The error that says so."""
        return InputError(f"{self.path}: is damaged: {why}")

    def check(self) -> None:
        """Reads all of the file once, every block included."""
        check_integrity(self._connection, self.path)
        for lane, kind in self._rows("SELECT DISTINCT lane, kind FROM block ORDER BY lane, kind"):
            for _ in self.blocks(lane, kind, -2.0, np.inf):
                pass

    def changed(self) -> bool:
        """Whether somebody has written since the last call."""
        version = int(self._rows("PRAGMA data_version")[0][0])
        before, self._version = self._version, version
        return before != version

    def _rows(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(text, values).fetchall()
        except UNREADABLE as error:
            raise self.damaged(error) from None

    def text(self, key: str) -> str:
        """A value of the table ``run``."""
        rows = self._rows("SELECT value FROM run WHERE key = ?", key)
        if not rows or not isinstance(rows[0][0], str):
            raise self.damaged(f"it does not say its {key}")
        return str(rows[0][0])

    def texts(self) -> dict[str, str]:
        """All keys and values of the table ``run``."""
        return {str(key): str(value) for key, value in self._rows("SELECT key, value FROM run")}

    def every(self) -> int:
        """Steps from one sample to the next."""
        value = self._rows("SELECT COALESCE(MAX(value), '1') FROM run WHERE key = 'every'")[0][0]
        if not (isinstance(value, str) and value.isdecimal() and len(value) < 16 and int(value) >= 1):
            raise self.damaged("it does not say how often it was measured")
        return int(value)

    def now(self) -> Now:
        """Where the run stood when it was last heard of."""
        return self._parsed(self.text("now"), Now)

    def _parsed(self, text: object, kind: type[T]) -> T:
        try:
            return from_text(text, kind)
        except ValueError as error:
            raise self.damaged(error) from None

    def line(self, arrangement: int) -> list[ArrangementRow]:
        """The arrangements that led to one, the first of all first."""
        found: list[ArrangementRow] = []
        wanted: int | None = arrangement
        while wanted is not None:
            rows = self._rows("SELECT id, parent, at, event FROM arrangement WHERE id = ?", wanted)
            if not rows or len(found) > MOST_EVENTS:
                raise self.damaged(f"there is no arrangement {wanted}")
            number, parent, at, event = rows[0]
            if not isinstance(at, int) or not (parent is None or (isinstance(parent, int) and parent < number)):
                raise self.damaged(f"arrangement {wanted} follows from none")
            found.append(ArrangementRow(number, parent, at, self._parsed(event, dict[str, Any])))
            wanted = parent
        return found[::-1]

    def lanes(self, arrangement: int) -> list[LaneRow]:
        """The lanes of an arrangement in their order."""
        rows = self._rows(f"SELECT {LANE} FROM lane WHERE arrangement = ? ORDER BY place", arrangement)
        if not rows:
            raise self.damaged(f"arrangement {arrangement} has no lanes")
        return [self._lane(row) for row in rows]

    def whole_rows(self, table: str, arrangement: int) -> list[tuple[Any, ...]]:
        """The rows of ``table`` ("arrangement" or "lane") for an arrangement, with all their columns."""
        key = "id" if table == "arrangement" else "arrangement"
        return self._rows(f"SELECT * FROM {table} WHERE {key} = ? ORDER BY id", arrangement)

    def lane(self, number: int) -> LaneRow:
        """One lane."""
        rows = self._rows(f"SELECT {LANE} FROM lane WHERE id = ?", number)
        if not rows:
            raise self.damaged(f"there is no lane {number}")
        return self._lane(rows[0])

    def _lane(self, row: tuple[Any, ...]) -> LaneRow:
        number, place, name, origin, step, tables, settings, about = row
        sound = isinstance(name, str) and isinstance(step, int) and isinstance(place, int)
        if not sound or not (origin is None or (isinstance(origin, int) and origin < number)):
            raise self.damaged(f"lane {number} is none")
        return LaneRow(number, place, name, origin, step, self._parsed(tables, dict[str, Any]), settings, about)

    def last_step(self, lane: int) -> int:
        """The last step that a lane has a sample of; -1 if it has none."""
        found = self._rows("SELECT MAX(last_step) FROM block WHERE lane = ? AND kind IN ('step', 'path')", lane)[0][0]
        return found if isinstance(found, int) else -1

    def last_steps(self, lane: int) -> dict[str, int]:
        """The last step of each kind that a lane has samples of."""
        return dict(self._rows("SELECT kind, MAX(last_step) FROM block WHERE lane = ? GROUP BY kind", lane))

    def blocks(self, lane: int, kind: str, after: float, upto: float) -> Iterator[Array]:
        """Samples (m, 1 + width) of a lane's history, oldest first: those of steps in (after, upto]."""
        for piece in self.pieces(lane, kind, after, upto):
            yield piece.table

    def pieces(self, lane: int, kind: str, after: float, upto: float) -> Iterator[Piece]:
        """:meth:`blocks`, each with what has become of what was measured."""
        numbers = self._rows(
            "SELECT number FROM block WHERE lane = ? AND kind = ? AND last_step > ? AND first_step <= ? "
            "ORDER BY number",
            lane, kind, after, upto,
        )  # fmt: skip
        for (number,) in numbers:
            place = f"block {number} of lane {lane} ({kind})"
            merged, rows, columns, check, data = self._rows(
                "SELECT merged, rows, columns, checksum, data FROM block WHERE lane = ? AND kind = ? AND number = ?",
                lane, kind, number,
            )[0]  # fmt: skip
            table = self.table(place, rows, columns, check, data)
            steps = table[:, 0]
            if not np.all(np.diff(steps) >= 0):  # a lane that ends on its best weights is evaluated twice there
                raise self.damaged(f"{place}: its steps are out of order")
            if not isinstance(merged, int):
                raise self.damaged(f"{place}: is none")
            yield Piece(merged, table[(steps > after) & (steps <= upto)], rounded_columns(data, columns))

    def numbers(self) -> int:
        """How many numbers all blocks hold of what was measured, without their steps."""
        return int(self._rows("SELECT COALESCE(SUM(rows * (columns - 1)), 0) FROM block WHERE kind != ?", FOLDS)[0][0])

    def table(self, place: str, rows: object, columns: object, check: object, data: object) -> Array:
        """A block's table (rows, columns)."""
        if not (isinstance(rows, int) and isinstance(columns, int) and isinstance(data, bytes)):
            raise self.damaged(f"{place}: is none")
        if checksum(data) != check:
            raise self.damaged(f"{place}: its checksum is another")
        try:
            return decoded(data, rows, columns)
        except BrokenBlockError as error:
            raise self.damaged(f"{place}: {error}") from None

    def moments(self, with_numbers: bool = False) -> list[MomentRow]:
        """All moments that were kept, or those alone whose numbers are there, the newest first."""
        only = "WHERE id IN (SELECT checkpoint FROM state)" if with_numbers else ""
        found = self._rows(f"SELECT id, arrangement, at, detail FROM checkpoint {only} ORDER BY id DESC")
        return [self._moment(*row) for row in found]

    def _moment(self, number: int, arrangement: object, at: object, detail: object) -> MomentRow:
        if not (isinstance(arrangement, int) and isinstance(at, int)):
            raise self.damaged(f"moment {number} is none")
        coming = tuple(self._parsed(detail, list[Coming]))
        if any(one.after < 0 for one in coming):
            raise self.damaged(f"moment {number} has planned what was to come before it")
        return MomentRow(number, arrangement, at, coming)

    def state(self, moment: int, part: str, size: int) -> bytes:
        """The numbers of a moment, ``size`` bytes."""
        rows = self._rows("SELECT checksum, data FROM state WHERE checkpoint = ? AND part = ?", moment, part)
        if not rows or not isinstance(rows[0][1], bytes) or checksum(rows[0][1]) != rows[0][0]:
            raise self.damaged(f"moment {moment} has no whole {part}")
        try:
            return unpacked(rows[0][1], size)
        except BrokenBlockError as error:
            raise self.damaged(f"moment {moment} ({part}): {error}") from None

    def happened(self) -> list[Happened]:
        """What was found and which fixes were tried, oldest first. Events of other kinds are passed over."""
        found = self._rows(
            "SELECT id, at, what, detail FROM event WHERE what IN (?, ?) ORDER BY id LIMIT ?", FINDING, FIX, MOST_EVENTS
        )
        if not all(isinstance(at, int) for _, at, _, _ in found):
            raise self.damaged("an event is at no step")
        return [Happened(number, at, self._event(what, detail)) for number, at, what, detail in found]

    def told(self, after: int) -> list[Told]:
        """The events after the one of this number, oldest first, as they stand there."""
        found = self._rows(
            "SELECT id, at, what, detail FROM event WHERE id > ? ORDER BY id LIMIT ?", after, MOST_EVENTS
        )
        if not all(isinstance(at, int) and isinstance(what, str) for _, at, what, _ in found):
            raise self.damaged("an event is at no step")
        return [Told(number, at, what, self._parsed(detail, dict[str, Any])) for number, at, what, detail in found]

    def mistakes(self) -> list[Mistake]:
        """Those in the script of another framework's run, oldest first."""
        found = self._rows("SELECT detail FROM event WHERE what = ? ORDER BY id LIMIT ?", MISTAKE, MOST_EVENTS)
        return [self._parsed(detail, Mistake) for (detail,) in found]

    def _event(self, what: object, detail: object) -> FindingEvent | FixEvent:
        return self._parsed(detail, FindingEvent) if what == FINDING else self._parsed(detail, FixEvent)

    def ids(self) -> tuple[int, int, int, int]:
        """The largest number of a lane, an arrangement, a moment and an event."""
        names = ("lane", "arrangement", "checkpoint", "event")
        found = [self._rows(f"SELECT COALESCE(MAX(id), 0) FROM {name}")[0][0] for name in names]
        return found[0], found[1], found[2], found[3]

    def kept_past(self, lane: int, kind: str, upto: int) -> dict[str, Array] | None:
        """The newest state of a lane's history that a moment at or before its step ``upto`` has kept, in the shapes of
        ``History.state``."""
        found = self._moment_with_past(lane, kind, upto)
        if found is None:
            return None
        parts = self._rows(
            "SELECT part, rows, columns, checksum, data FROM history WHERE checkpoint = ? AND lane = ? AND kind = ?",
            found[0], lane, kind,
        )  # fmt: skip
        return {part: self._kept_part(f"a past of lane {lane}", *rest) for part, *rest in parts}

    def step_of_past(self, lane: int, kind: str, upto: int) -> int:
        """The lane's step that :meth:`kept_past` is of; -1 where there is none."""
        found = self._moment_with_past(lane, kind, upto)
        return -1 if found is None else found[1]

    def _moment_with_past(self, lane: int, kind: str, upto: int) -> tuple[int, int] | None:
        """That moment, and the step that the lane stood at then."""
        found = self._rows(
            "SELECT c.id, c.at - a.at + l.step AS reached FROM history h JOIN checkpoint c ON c.id = h.checkpoint "
            "JOIN lane l ON l.id = h.lane JOIN arrangement a ON a.id = l.arrangement "
            "WHERE h.lane = ? AND h.kind = ? AND h.part = 'sizes' AND reached <= ? ORDER BY reached DESC LIMIT 1",
            lane, kind, upto,
        )  # fmt: skip
        return None if not found else (int(found[0][0]), int(found[0][1]))

    def _kept_part(self, place: str, rows: Any, columns: Any, check: object, data: object) -> Array:
        if data == b"" and rows == 0 and isinstance(columns, int) and 0 < columns < 1_000_000:
            return np.empty((0, columns))
        return self.table(place, rows, columns, check, data)
