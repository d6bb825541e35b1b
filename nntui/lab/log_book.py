"""The log: what happened in a run, a line each; quick turns of one knob make one line, at the last one's step."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nntui.plotting.log_list import LogLine
from nntui.plotting.numbers import short_exponents
from nntui_engine.record.noticed import FixEvent, Happened
from nntui_engine.run.finding import SEPARATOR, layer_words
from nntui_engine.run.lanes import settings_words, short_key, shown
from nntui_engine.run.snapshot import LaneSnapshot, Mark, Snapshot

from .changes import earlier_settings

MERGE_SECONDS = 2.0  # between two turns that make one line


@dataclass(frozen=True, slots=True)
class _Turn:
    """The change that ``line`` tells: whose, which setting, from which value it began, and when it was told."""

    line: LogLine
    lane: str | None
    key: str
    first: object
    at: float


class LogBook:
    """``lines`` are the log, oldest first."""

    def __init__(self, arrow: str = "→", clock: Callable[[], float] = time.monotonic) -> None:
        self.lines: list[LogLine] = []
        self._recorded: list[LogLine] = []  # what a record says of findings and fixes
        self._arrow = arrow
        self._clock = clock
        self._marks: tuple[Mark, ...] = ()
        self._turn: _Turn | None = None

    @property
    def all_lines(self) -> list[LogLine]:
        """The log with what a record says of findings and fixes, those that have a step in the order of their steps."""
        if not self._recorded:
            return self.lines
        dated = [*(line for line in self.lines if line.step is not None), *self._recorded]
        dated.sort(key=lambda line: line.step or 0)
        return [*dated, *(line for line in self.lines if line.step is None)]

    def happened(self, events: Sequence[Happened]) -> None:
        """Takes what a record says of findings and fixes until where it is looked at; it said less or more before."""
        self._recorded = [event_line(one) for one in events]

    def note(self, text: str, error: bool = False) -> None:
        """Something to be read again later."""
        self.lines.append(LogLine(text, None, "error" if error else "note"))

    def read(self, before: Snapshot | None, after: Snapshot) -> None:
        """Tells the marks that are new in ``after``; ``before`` is the snapshot before it, with the old values.

        After a restart the list of marks begins again; going back shortens it.
        """
        old, new = self._marks, after.marks
        self._marks = new
        if new == old:
            return
        same = 0
        while same < min(len(old), len(new)) and old[same] == new[same]:
            same += 1
        values = _Values(before)
        for mark in new[same:]:
            if mark not in old[same:]:
                self._tell(mark, values, len(after.lanes) > 1)

    def _tell(self, mark: Mark, values: "_Values", several: bool) -> None:
        changed = dict(values.changed(mark))
        self._drop_note(mark)
        whose = f"{mark.lane or 'all lanes'}: " if several else ""
        again = ", started again" if mark.restarted else ""
        key = next(iter(changed)) if len(changed) == 1 and not again else ""
        turn = self._turn
        if turn is not None and self._goes_on(turn, mark.lane, key) and turn.first != mark.settings[key]:
            self.lines.pop()
            changed[key] = turn.first
        words = ", ".join(self._words(name, earlier, mark.settings[name]) for name, earlier in changed.items())
        line = LogLine(f"{whose}{short_exponents(words or mark.text)}{again}", mark.step)
        self.lines.append(line)
        self._turn = _Turn(line, mark.lane, key, changed[key], self._clock()) if key else None

    def _goes_on(self, turn: _Turn, lane: str | None, key: str) -> bool:
        """Whether a change is one more turn of the knob that the newest line tells of."""
        newest = bool(self.lines) and self.lines[-1] is turn.line
        return newest and (turn.lane, turn.key) == (lane, key) and self._clock() - turn.at <= MERGE_SECONDS

    def _words(self, key: str, earlier: object, value: object) -> str:
        """ "lr 0.03 → 0.1", or "lr = 0.1" where the value before is not known."""
        name, new = short_key(key), shown(value)
        return settings_words({key: value}) if earlier is None else f"{name} {shown(earlier)} {self._arrow} {new}"

    def _drop_note(self, mark: Mark) -> None:
        """What was said of this change while it was made need not stand there twice."""
        told = f"{settings_words(mark.settings)}: "
        self.lines = [line for line in self.lines if line.kind != "note" or not line.text.startswith(told)]


def event_line(one: Happened) -> LogLine:
    """An event of a record: "found: vanishing gradient · sigmoid · layers 1–5 · since step 4"."""
    event = one.event
    rule = event.rule.replace("_", " ")
    if isinstance(event, FixEvent):
        fix = f"fix of {rule} in {event.origin}"
        if event.state == "tried":
            return LogLine(f"{fix} tried: {event.lane} has {settings_words(event.set)}", one.at)
        return LogLine(f"{fix} has {event.state}: {event.lane}", one.at)
    what = {"began": "found", "changed": f"now {event.severity}", "ended": "gone"}[event.state]
    since = f"since step {event.since}" if event.state == "began" else ""
    where = filter(None, (rule, event.lane, layer_words(event.layers), since))
    return LogLine(f"{what}: {SEPARATOR.join(where)}", event.step)


class _Values:
    """What settings stood at in a snapshot, and then mark after mark."""

    def __init__(self, snapshot: Snapshot | None) -> None:
        self._lanes: Sequence[LaneSnapshot] = snapshot.lanes if snapshot is not None else ()
        self._later: dict[tuple[str, str], object] = {}

    def changed(self, mark: Mark) -> Mapping[str, object]:
        """The settings that the mark changed, and their values before, None where that is not known.

        Where an optimizer was changed, its own parameters come with it and are not told.
        """
        lanes = [lane for lane in self._lanes if mark.lane in (None, lane.name)]
        found: dict[str, object] = {}
        for key, value in mark.settings.items():
            earlier = [self._value(lane, key) for lane in lanes]
            one = earlier[0] if earlier and all(other == earlier[0] for other in earlier) else None
            if one != value or (None in earlier and one is None):
                found[key] = one
            for lane in lanes:
                self._later[lane.name, key] = value
        if found.get("train.optimizer") is not None:
            found = {key: one for key, one in found.items() if one is not None}
        return found

    def _value(self, lane: LaneSnapshot, key: str) -> object:
        if (lane.name, key) in self._later:
            return self._later[lane.name, key]
        return earlier_settings([key], lane.settings).get(key)
