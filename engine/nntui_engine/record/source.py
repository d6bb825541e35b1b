"""A record as a source: snapshots at its end or at any step before, and what was wrong then."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..run.history import History
from ..run.lanes import settings_words
from ..run.snapshot import Mark
from ..run.timeline import Descent, marks_after
from ..scenario import LaneTables, Scenario
from .about import scenario_of
from .looked_at import Kind, RecordedLane
from .looking import Looking
from .networks import Networks
from .noticed import FindingEvent, FixEvent, Happened
from .races import Races
from .recorder import LaneNow
from .schema import FOLDED, FOLDS
from .tables import ArrangementRow, LaneRow, Tables
from .watched import Watched

Array = NDArray[np.float64]
T = TypeVar("T")
FAR = 8192  # steps forward from which on a past may be read sooner from what was kept of it than step by step


class RecordSource(Looking):
    """A record that is looked at, at its end until it is told to :meth:`seek`. Raises InputError for a bad file.

    While it stands at the end of a record that still grows, :meth:`refresh` takes it along. ``called`` gives each lane
    another name, by its own and whether it is alone.
    """

    def __init__(self, path: Path, called: Callable[[str, bool], str] | None = None) -> None:
        self.path = path
        self._called = called
        self._tables = Tables(path)
        self._kind = self.new_kind()
        self._folds_of: dict[int, Array] = {}  # of each lane's path, as they were read
        self._happened: list[Happened] | None = None  # as it was read
        self._tables.changed()
        self._now = self._tables.now()
        self._line = self._tables.line(self._now.arrangement)
        self._here = self._line[-1]
        self._scenario = self._scenario_now()
        self.position = -1
        self.lanes_now: list[RecordedLane[Any]] = []
        self.seek(self.end)

    def new_kind(self) -> Kind[Any]:
        """What knows the kind of run that it is of."""
        name = self._tables.text("kind")
        kinds: tuple[type[Kind[Any]], ...] = (Networks, Races)
        kind = next((kind for kind in kinds if kind.name == name), None)
        if kind is not None:
            return kind()
        if name == Watched.name:
            return Watched(self._tables.mistakes)
        raise self._tables.damaged(f"it is of a run of no kind, {name[:40]!r}")

    def close(self) -> None:
        """Closes the file."""
        self._tables.close()

    # -- where it stands --------------------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Whether the record has grown; if it was looked at at its end, that is where it is looked at then."""
        if not self._tables.changed():
            return False
        self._folds_of.clear()
        self._happened = None
        at_end, before = self.position == self.end, self._now
        self._now = self._tables.now()
        if self._now == before:
            return False
        if self._now.arrangement != before.arrangement:
            self._line = self._tables.line(self._now.arrangement)
            self._scenario = self._scenario_now()
        if [lane.state for lane in self._now.lanes] != [lane.state for lane in before.lanes]:
            self.lanes_now = []  # a lane that ends is looked at once more there: read it anew
        self.position = min(self.position, self.end)
        if at_end or not self.lanes_now or self._here not in self._line:
            self.seek(self.end if at_end else self.position)
        return True

    def _scenario_now(self) -> Scenario:
        lanes = [(row.name, row.tables) for row in self._tables.lanes(self._line[0].id)]
        try:
            scenario = scenario_of(self._tables.text("head"), lanes)
        except ValueError as error:
            raise self._tables.damaged(error) from None
        if scenario.is_surface != self.is_race:
            raise self._tables.damaged("its scenario is of another kind")
        return scenario

    @property
    def end(self) -> int:
        """The furthest :attr:`position`."""
        return self._now.position

    def seek(self, position: int) -> int:
        """Look at the record as it stood at ``position``; returns where that is."""
        target = min(max(0, position), self.end)
        here = next((one for one in reversed(self._line) if one.at <= target), self._line[0])
        goes_on = self.lanes_now and here == self._here and target >= self.position
        if not goes_on or (target - self.position > FAR and self._is_nearer_anew(here, target)):
            self._here = here
            self.lanes_now = self._all_begun(here.id)
        for one in self.lanes_now:
            self._move(one, here, target)
        self.position = target
        return target

    def _is_nearer_anew(self, here: ArrangementRow, target: int) -> bool:
        """Whether a lane's past is read sooner from its folds, or from what a moment has kept, than from here on."""
        if any(map(len, self._folds_of.values())):
            return True
        steps = ((one, one.row.step + target - here.at) for one in self.lanes_now)
        return any(
            self._tables.step_of_past(one.row.id, kind, step) > read + FAR
            for one, step in steps
            for kind, read in one.read.items()
        )

    def _all_begun(self, arrangement: int) -> list[RecordedLane[Any]]:
        rows = self._tables.lanes(arrangement)
        found = [self._begun(replace(row, name=self._name(row.name, len(rows) == 1))) for row in rows]
        for one in found:
            one.lane.settings = replace(one.lane.settings, name=one.row.name)
        return found

    def _name(self, name: str, alone: bool) -> str:
        return name if self._called is None else self._called(name, alone)

    def _begun(self, row: LaneRow) -> RecordedLane[Any]:
        try:
            begun: RecordedLane[Any] = self._kind.begun(row)
        except (ValueError, InputError) as error:
            raise self._tables.damaged(error) from None
        return begun

    def _move(self, one: RecordedLane[Any], here: ArrangementRow, target: int) -> None:
        """A lane goes on to where it stood at ``target``."""
        row, lane = one.row, one.lane
        step = row.step + target - here.at
        at_end = target == self.end and here.id == self._now.arrangement
        now = self._lane_now(row, at_end)
        for kind, history in lane.histories.items():
            one.read[kind] = self._fill(history, kind, row, step, one.read.get(kind))
        try:
            self._kind.settle(one, step, max(row.step, self._tables.last_step(row.id)), now, at_end)
        except ValueError as error:
            raise self._tables.damaged(error) from None

    def _lane_now(self, row: LaneRow, needed: bool) -> LaneNow | None:
        """Where a lane stood at the end; None of one that was another by then."""
        lanes = self._now.lanes
        if self._here.id == self._now.arrangement and row.place < len(lanes):
            return lanes[row.place]
        if needed:
            raise self._tables.damaged("it does not say where its lanes stand")
        return None

    def _fill(self, history: History, kind: str, row: LaneRow, upto: float, read: float | None) -> float:
        """Adds what a lane measured up to a step; ``read`` is the last step of its own that was read before, None if it
        is empty still. Returns the last step now."""
        if read is None:
            read = self._fill_first(history, kind, row, int(upto))
        for table in self._tables.blocks(row.id, kind, read, upto):
            if table.shape[1] != 1 + history.width:
                raise self._tables.damaged(f"lane {row.id} ({kind}) has {table.shape[1]} columns")
            if len(table):
                history.append(table[:, 0], table[:, 1:])
                read = float(table[-1, 0])
        return read

    def _fill_first(self, history: History, kind: str, row: LaneRow, upto: int) -> float:
        """What its folds or a moment tell of the lane's past, or else the past of the lane that it goes on from."""
        if kind == FOLDED and self._fold_again(history, row, upto):
            self._read_on(history, row, history.folded_step, upto)
            return history.last_step
        kept = self._tables.kept_past(row.id, kind, upto)
        if kept is not None:
            try:
                history.restore(kept)
            except (ValueError, KeyError, IndexError, OverflowError):
                raise self._tables.damaged(f"a past of lane {row.id} does not fit") from None
            return float(kept["recent"][-1, 0]) if len(kept["recent"]) else -1.0
        if row.origin is not None:
            self._fill(history, kind, self._tables.lane(row.origin), row.step, None)
        return -1.0

    def _fold_again(self, history: History, row: LaneRow, upto: int) -> bool:
        """A path's older samples from its folds; whether there are any."""
        folds = history.whole_folds(self._folds(row, history.width, upto))
        try:
            history.fold_again(folds)
        except ValueError as error:
            raise self._tables.damaged(f"lane {row.id}: {error}") from None
        return len(folds) > 0

    def _folds(self, row: LaneRow, width: int, upto: float) -> Array:
        """Those of a lane's path up to a step, with those of the lanes that it goes on from."""
        before = np.empty((0, 2 + 3 * width))
        if row.origin is not None:
            before = self._folds(self._tables.lane(row.origin), width, min(upto, row.step))
        if row.id not in self._folds_of:
            tables = list(self._tables.blocks(row.id, FOLDS, -1.0, np.inf))
            if any(one.shape[1] != before.shape[1] for one in tables):
                raise self._tables.damaged(f"the folds of lane {row.id} have other columns")
            self._folds_of[row.id] = np.concatenate([before[:0], *tables])
        own, after = self._folds_of[row.id], before[-1, 0] if len(before) else -1.0
        return np.concatenate([before, own[(own[:, 0] > after) & (own[:, 0] <= upto)]])

    def _read_on(self, history: History, row: LaneRow, after: float, upto: float) -> None:
        """Adds what a lane's path has beyond the step ``after``, also in the lanes that it goes on from."""
        if row.origin is not None and after < row.step:
            self._read_on(history, self._tables.lane(row.origin), after, min(row.step, upto))
        self._fill(history, FOLDED, row, upto, after)

    # -- all that was measured --------------------------------------------------------------------------------------

    def measured(self, lane: int, kind: str) -> Iterator[Array]:
        """What a lane measured up to where it is looked at, a block at a time: (m, 1 + width), the step first.

        ``kind`` is one of its histories; ``columns_of`` names the columns.
        """
        one = self.lanes_now[lane]
        yield from self._measured(one.row, kind, one.step)

    def _measured(self, row: LaneRow, kind: str, upto: float) -> Iterator[Array]:
        if row.origin is not None:
            yield from self._measured(self._tables.lane(row.origin), kind, row.step)
        yield from self._tables.blocks(row.id, kind, -1.0, upto)

    # -- for who goes on from it ------------------------------------------------------------------------------------

    @property
    def tables(self) -> Tables:
        """Its rows."""
        return self._tables

    @property
    def line(self) -> list[ArrangementRow]:
        """The arrangements that it is looked at along, the first of all first."""
        return self._line

    def show(self, arrangement: int, position: int) -> None:
        """Look at it as it stood at ``position`` in one of its arrangements."""
        self._line = self._tables.line(arrangement)
        self._here = self._line[-1]
        self.lanes_now = self._all_begun(arrangement)
        for one in self.lanes_now:
            if FOLDED in one.lane.histories:
                one.lane.histories[FOLDED].note_folds()  # who goes on from here hands over those that come then
            self._move(one, self._here, position)
        self.position = position

    def lane_tables(self) -> list[LaneTables]:
        """The scenario tables of the lanes where it is looked at."""
        return [LaneTables(one.row.name, one.row.tables) for one in self.lanes_now]

    def state(self, moment: int, part: str, size: int) -> bytes:
        """The numbers of a moment, ``size`` bytes."""
        return self._tables.state(moment, part, size)

    def must_be_ours(self) -> None:
        """Raises InputError for a run of another framework, which cannot be made again here."""
        if isinstance(self._kind, Watched):
            raise InputError(f"{self.path}: a script made this run: it cannot be made again here; nntui watch shows it")

    def damaged(self, why: str) -> InputError:
        """The error that says so."""
        return self._tables.damaged(why)

    def happened(self) -> list[Happened]:
        """What was found and which fixes were tried until where it is looked at, oldest first."""
        if self._happened is None:
            self._happened = self._tables.happened()
        upto = dict(zip([row.id for row in self._line], [*(row.at for row in self._line[1:]), self.end], strict=True))
        found = [one for one in self._happened if one.at <= min(self.position, upto.get(one.event.arrangement, -1))]
        return found if self._called is None else [replace(one, event=self._called_so(one.event)) for one in found]

    def _called_so(self, event: FindingEvent | FixEvent) -> FindingEvent | FixEvent:
        alone = len(self.lanes_now) == 1
        if isinstance(event, FixEvent):
            return replace(event, lane=self._name(event.lane, alone), origin=self._name(event.origin, alone))
        return replace(event, lane=self._name(event.lane, alone))

    # -- a Source ---------------------------------------------------------------------------------------------------

    @property
    def scenario(self) -> Scenario:
        """What was run."""
        return self._scenario

    @property
    def every(self) -> int:
        """Steps from one sample to the next."""
        return self._tables.every()

    def _marks(self) -> list[Mark]:
        """The tweaks on the way, at the steps of the lanes that they were for."""
        marks: list[Mark] = []
        for row in self._line[1:]:
            event = row.event
            if row.at > self.position:
                continue
            if event.get("what") == "lanes":
                marks = marks_after(marks, self._descents(event), _table(event, "restarted", list))
            if event.get("what") != "tweak":
                continue
            settings, lane = _table(event, "set", dict), event.get("lane")
            at = {name: step for name, step in _table(event, "steps", dict).items() if isinstance(step, int)}
            at = {name: step for name, step in at.items() if lane in (None, name)}
            step = max(at.values(), default=row.at)
            marks.append(Mark(step, lane, settings, settings_words(settings), bool(event.get("restarted")), at))
        return marks if self._called is None else [self._renamed(mark) for mark in marks]

    def _renamed(self, mark: Mark) -> Mark:
        alone = len(self.lanes_now) == 1
        lane = None if mark.lane is None else self._name(mark.lane, alone)
        return replace(mark, lane=lane, at={self._name(name, alone): step for name, step in mark.at.items()})

    def _descents(self, event: Mapping[str, Any]) -> dict[str, Descent]:
        try:
            return msgspec.convert(event.get("lanes"), dict[str, Descent])
        except msgspec.ValidationError as error:
            raise self._tables.damaged(error) from None


def _table(event: Mapping[str, Any], key: str, kind: type[T]) -> T:
    value = event.get(key)
    return value if isinstance(value, kind) else kind()
