"""A record as a source: snapshots at its end or at any step before, and what was wrong then."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..diagnosis.unchecked import unchecked_in
from ..diagnosis.verdict import WATCHED, WATCHED_WHOLE, found_in
from ..errors import InputError
from ..registry.statistic import LAYER_HISTORIES, WHOLE_HISTORIES
from ..run.finding import Finding, Unchecked
from ..run.history import History
from ..run.lanes import settings_words
from ..run.snapshot import LaneSnapshot, LaneState, Mark, NonFinite, Snapshot
from ..run.source import Capability
from ..run.task import Lane
from ..scenario import LaneTables, Scenario
from ..tasks.network_lane import NetworkLane
from .about import AboutNetwork, network_lane, scenario_of
from .recorder import LaneNow
from .tables import ArrangementRow, LaneRow, Tables

Array = NDArray[np.float64]


@dataclass(slots=True)
class RecordedLane:
    """A lane as it stands where the record is looked at."""

    row: LaneRow
    lane: NetworkLane
    about: AboutNetwork
    read: dict[str, float]  # of each history the last step that was read
    step: int = 0
    state: LaneState = "running"


class RecordSource:
    """A record that is looked at, at its end until it is told to :meth:`seek`. Raises InputError for a bad file.

    While it stands at the end of a record that still grows, :meth:`refresh` takes it along.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tables = Tables(path)
        if self._tables.text("kind") != "network":
            raise InputError(f"{path}: is the record of a race on a surface, which cannot be shown yet")
        self._tables.changed()
        self._now = self._tables.now()
        self._line = self._tables.line(self._now.arrangement)
        self._here = self._line[-1]
        self._scenario = self._scenario_now()
        self.position = -1
        self.lanes_now: list[RecordedLane] = []
        self.seek(self.end)

    def close(self) -> None:
        """Closes the file."""
        self._tables.close()

    # -- where it stands --------------------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Whether the record has grown; if it was looked at at its end, that is where it is looked at then."""
        if not self._tables.changed():
            return False
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
            return scenario_of(self._tables.text("head"), lanes)
        except ValueError as error:
            raise self._tables.damaged(error) from None

    @property
    def end(self) -> int:
        """The furthest :attr:`position`."""
        return self._now.position

    def seek(self, position: int) -> int:
        """Look at the record as it stood at ``position``; returns where that is."""
        target = min(max(0, position), self.end)
        here = next((one for one in reversed(self._line) if one.at <= target), self._line[0])
        if not (self.lanes_now and here == self._here and target >= self.position):
            self._here = here
            self.lanes_now = [self._begun(row) for row in self._tables.lanes(here.id)]
        for one in self.lanes_now:
            self._move(one, here, target)
        self.position = target
        return target

    def _begun(self, row: LaneRow) -> RecordedLane:
        try:
            lane, about = network_lane(row.name, row.tables, row.settings, row.about)
        except (ValueError, InputError) as error:
            raise self._tables.damaged(error) from None
        return RecordedLane(row, lane, about, {})

    def _move(self, one: RecordedLane, here: ArrangementRow, target: int) -> None:
        """A lane goes on to where it stood at ``target``."""
        row, lane = one.row, one.lane
        step = row.step + target - here.at
        now = self._lane_now(row) if target == self.end and here.id == self._now.arrangement else None
        for kind, history in lane.histories.items():
            one.read[kind] = self._fill(history, kind, row, step, one.read.get(kind))
        lane.renew_latest()
        reached = min(step, max(row.step, self._tables.last_step(row.id))) if now is None else now.step
        ended: LaneState = "finished" if reached >= lane.settings.steps else "stopped early"
        one.step, one.state = reached, "running" if reached == step and reached < lane.settings.steps else ended
        if now is not None:
            one.state = now.state
        lane.first_non_finite = self._broken(row, reached)

    def _lane_now(self, row: LaneRow) -> LaneNow:
        lanes = self._now.lanes
        if self._here.id != self._now.arrangement or row.place >= len(lanes):
            raise self._tables.damaged("it does not say where its lanes stand")
        return lanes[row.place]

    def _broken(self, row: LaneRow, step: int) -> NonFinite | None:
        lanes = self._now.lanes
        found = (
            lanes[row.place].non_finite if self._here.id == self._now.arrangement and row.place < len(lanes) else None
        )
        return found if found is not None and found.step <= step else None

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
        """What a moment has kept of the lane's past, or else the past of the lane that it goes on from."""
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
        self.lanes_now = [self._begun(row) for row in self._tables.lanes(arrangement)]
        for one in self.lanes_now:
            self._move(one, self._here, position)
        self.position = position

    def lane_tables(self) -> list[LaneTables]:
        """The scenario tables of the lanes where it is looked at."""
        return [LaneTables(one.row.name, one.row.tables) for one in self.lanes_now]

    def state(self, moment: int, part: str, size: int) -> bytes:
        """The numbers of a moment, ``size`` bytes."""
        return self._tables.state(moment, part, size)

    def damaged(self, why: str) -> InputError:
        """The error that says so."""
        return self._tables.damaged(why)

    # -- a Source ---------------------------------------------------------------------------------------------------

    @property
    def scenario(self) -> Scenario:
        """What was run."""
        return self._scenario

    @property
    def capabilities(self) -> frozenset[Capability]:
        """It is looked at, at any step."""
        return frozenset(("rewind", "diagnose", "follow"))

    @property
    def lanes(self) -> Sequence[Lane]:
        """The lanes where it is looked at."""
        return [one.lane for one in self.lanes_now]

    @property
    def seed(self) -> int:
        """The first lane's seed."""
        return self.lanes[0].settings.seed

    @property
    def step(self) -> int:
        """Steps done by the lane furthest on."""
        return max(one.step for one in self.lanes_now)

    @property
    def steps(self) -> int:
        """The last step of the longest lane."""
        return max(one.lane.settings.steps for one in self.lanes_now)

    @property
    def finished(self) -> bool:
        """Whether nothing further is known: it never makes a step of its own."""
        return True

    def step_of(self, lane: int) -> int:
        """Steps that a lane had done."""
        return self.lanes_now[lane].step

    def snapshot(
        self, layer_history: Iterable[str] = (), whole_history: Iterable[str] = (), points: int | None = 512
    ) -> Snapshot:
        """An immutable view, with the histories of the named statistics, merged to at most ``points``."""
        names = list(layer_history), list(whole_history)
        lanes = tuple(self._lane_snapshot(place, *names, points) for place in range(len(self.lanes_now)))
        scenario = self._scenario
        return Snapshot(scenario.name, scenario.title, self.seed, self.step, self.steps, lanes, tuple(self._marks()))

    def full_snapshot(self, points: int | None = 512) -> Snapshot:
        """A snapshot with the history of every statistic."""
        return self.snapshot(LAYER_HISTORIES, WHOLE_HISTORIES, points)

    def _lane_snapshot(
        self, place: int, layer_history: Sequence[str], whole_history: Sequence[str], points: int | None
    ) -> LaneSnapshot:
        one, about = self.lanes_now[place], self.lanes_now[place].about
        return one.lane.snapshot(
            place, one.step, one.state, about.parameters, about.own_data, layer_history, whole_history, points
        )

    def _marks(self) -> Iterable[Mark]:
        """The tweaks on the way, at the steps of the lanes that they were for."""
        names = {one.row.name for one in self.lanes_now}
        for row in self._line[1:]:
            event = row.event
            if row.at > self.position or event.get("what") != "tweak":
                continue
            settings, lane = _table(event.get("set")), event.get("lane")
            at = {name: step for name, step in _table(event.get("steps")).items() if isinstance(step, int)}
            if lane is None or lane in names:
                at = {name: step for name, step in at.items() if name in names and lane in (None, name)}
                step = max(at.values(), default=row.at)
                yield Mark(step, lane, settings, settings_words(settings), bool(event.get("restarted")), at)

    def findings(self) -> list[Finding]:
        """What was wrong then, lane by lane, causes before symptoms."""
        return found_in(self._watched())

    def unchecked(self) -> list[Unchecked]:
        """What could not be looked at, lane by lane, and why."""
        return unchecked_in(self._watched())

    def _watched(self) -> Iterable[LaneSnapshot]:
        return (self._lane_snapshot(i, WATCHED, WATCHED_WHOLE, None) for i in range(len(self.lanes_now)))


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
