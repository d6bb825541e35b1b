"""The record of a run that a script makes with nntui.watch, while it is made: it takes orders, and may end any time."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from nntui.watching.orders import Attendance, Order, checked, give, name_of, named
from nntui_engine.errors import InputError
from nntui_engine.record.looked_at import RecordedLane
from nntui_engine.record.schema import WriterSeen
from nntui_engine.record.source import RecordSource
from nntui_engine.record.tables import ArrangementRow, Tables, Told
from nntui_engine.record.watched import Watched
from nntui_engine.run.lanes import settings_words
from nntui_engine.run.snapshot import Mark
from nntui_engine.run.source import Capability
from nntui_engine.scenario.settings import TURNED, Settings

Condition = Literal["", "running", "paused", "finished", "lost"]
LOST = "The run has ended without a word: its process was killed, or it crashed."
PAUSES = {"pause": True, "step": True, "go": False, "stop": False}  # what the run does after an order
_SAID = {
    "pause": "The run is paused: space goes on.",
    "go": "The run goes on.",
    "save": "The run has saved a checkpoint.",
    "stop": "The run was told to stop.",
}


def has_begun(path: Path) -> bool:
    """Whether the run of a record has made its first step. Raises InputError for what is no record."""
    tables = Tables(path)
    try:
        return "now" in tables.texts()
    finally:
        tables.close()


class WatchedSource(RecordSource):
    """Such a record. Raises InputError for a bad file and for the record of another kind of run.

    What was asked for stands in the lane's settings at once, and until the run has said what became of it.
    """

    def __init__(self, path: Path) -> None:
        self._asked: dict[str, tuple[float, int]] = {}  # values that no event tells yet, and how many are to come
        self._paused = False
        self._pausing: bool | None = None  # what was asked for last
        self._heard = 0  # the last event
        self._news: deque[tuple[str, bool]] = deque()
        self._writer = WriterSeen(path)
        self._attendance = Attendance(path)
        try:
            super().__init__(path)
            if not isinstance(self._kind, Watched):
                raise InputError(f"{path}: is no run that nntui.watch has recorded; nntui replay shows it")
        except InputError:
            self._leave()
            raise
        self._alive = True
        self._hear()
        self.refresh()
        self._news.clear()  # what was before

    def close(self) -> None:
        """Closes the file."""
        super().close()
        self._leave()

    def _leave(self) -> None:
        self._writer.close()
        self._attendance.close()

    @property
    def capabilities(self) -> frozenset[Capability]:
        """It is looked at, and ordered."""
        return super().capabilities | {"order"}

    @property
    def condition(self) -> Condition:
        """How the run is now."""
        if self._now.lanes[0].state != "running":
            return "finished"
        if not self._alive:
            return "lost"
        return "paused" if self._paused else "running"

    @property
    def no_orders(self) -> str:
        """Why it takes none, "" if it does."""
        if self.condition in ("finished", "lost"):
            return "This run has ended: it takes no orders."
        if not self.lanes_now[0].row.tables.get(TURNED):
            return "The script lets nobody turn this run: watch(…, controls=False), or a Recorder."
        return ""

    def begun_with(self) -> dict[str, Settings]:
        """What each lane began with, by name."""
        return {row.name: self._begun(row).lane.settings for row in self._tables.lanes(self._line[0].id)}

    # -- what becomes of it -----------------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Whether there is more, or something has happened; see :meth:`RecordSource.refresh`."""
        before, grown = self.condition, super().refresh()
        if self._alive and not self._writer.there():
            self._alive = False
            grown = super().refresh() or grown  # its last words came before it went
        heard = self._hear()
        changed = self.condition != before
        if changed and self.condition == "lost":
            self._news.append((LOST, True))
        elif changed and self.condition == "finished":
            self._news.append((f"The run has ended, at step {self.step}.", False))
        if heard or changed:
            self._lay_over_all()
        return grown or heard or changed

    def _hear(self) -> bool:
        """Takes the events since the last time; whether there were any."""
        events = self._tables.told(self._heard)
        for event in events:
            self._heard = event.id
            self._take(event)
        return bool(events)

    def _take(self, event: Told) -> None:
        if event.what in PAUSES:
            self._paused, self._pausing = PAUSES[event.what], None
        if event.what == "refused":
            self._news.append((f"The run has not done it: {event.detail.get('why', '')}.", True))
        elif event.what in _SAID:
            self._news.append((_SAID[event.what], False))
        name = name_of(event.detail.get("what", ""), event.detail.get("group"))
        if event.what in ("set", "refused") and name in self._asked:
            value, left = self._asked.pop(name)
            if left > 1:
                self._asked[name] = value, left - 1

    def news(self) -> list[tuple[str, bool]]:
        """(message, is it bad) since the last call, oldest first."""
        found = list(self._news)
        self._news.clear()
        return found

    # -- orders -----------------------------------------------------------------------------------------------------

    def order(self, do: str) -> None:
        """Asks the run to "pause", "go", "step", "save" or "stop". Raises InputError where it takes no orders."""
        self._give(Order(do))
        self._pausing = PAUSES.get(do, self._pausing)

    def toggle(self) -> None:
        """Asks it to pause, or to go on."""
        paused = self._paused if self._pausing is None else self._pausing
        self.order("go" if paused else "pause")

    def tweak(self, settings: Mapping[str, object], lane: str | None = None) -> Mark:
        """Asks for other settings: {"watch.lr": a factor, …}. Raises InputError for what cannot be, or not now."""
        if self.position < self.end:
            raise InputError(f"What you see is step {self.step}: . goes on to now, where the run can be turned")
        for key, value in settings.items():
            name = key.removeprefix(f"{TURNED}.")
            if isinstance(value, list):
                raise InputError(f"{name}: the model's own values differ, and the run takes one number for all")
            what, group = named(name)
            order = checked({"do": "set", "what": what, "value": value, "group": group})
            self._give(order)
            self._asked[name] = order.value, self._asked.get(name, (0.0, 0))[1] + 1
        self._lay_over_all()
        return Mark(self.step, lane, dict(settings), settings_words(settings), False)

    def _give(self, order: Order) -> None:
        if self._alive and not self._writer.there():
            self.refresh()
        if self.no_orders:
            raise InputError(self.no_orders)
        give(self.path, order)

    def _lay_over_all(self) -> None:
        for one in self.lanes_now:
            self._lay_over(one)

    def _lay_over(self, one: RecordedLane[Any]) -> None:
        """What was asked for, over the settings of the record."""
        asked = {name: value for name, (value, _) in self._asked.items()} if self.position == self.end else {}
        table = {**one.row.tables, TURNED: {**one.row.tables.get(TURNED, {}), **asked}}
        one.lane.settings = replace(one.lane.settings, table=table)

    def _move(self, one: RecordedLane[Any], here: ArrangementRow, target: int) -> None:
        super()._move(one, here, target)
        self._lay_over(one)


def wait_until_begun(path: Path, writer_gone: Callable[[], bool], wait: Callable[[], None]) -> bool:
    """Waits, as ``wait`` does, until the run of a record has made its first step; whether it has."""
    while not has_begun(path):
        if writer_gone():
            return has_begun(path)
        wait()
    return True
