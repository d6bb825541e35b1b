"""The rack of knobs for the lanes chosen: what each shows, and the change that turning one asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nntui.plotting.kept import Kept
from nntui.plotting.knob_box import KnobRow
from nntui_engine.run.snapshot import LaneSnapshot
from nntui_engine.scenario.settings import Settings

from .knobs import MIXED, Knob, NumberKnob, Value
from .network_knobs import NETWORK_KNOBS


@dataclass(frozen=True, slots=True)
class Turn:
    """A change wanted on one lane; ``value`` is None when the layers are to differ."""

    lane: str
    value: Value | None
    settings: dict[str, object]


@dataclass(slots=True)
class KnobRack:
    """Which knob is chosen, and the values asked for that no snapshot shows yet."""

    chosen: int = 0
    knobs: tuple[Knob, ...] = NETWORK_KNOBS
    _waiting: dict[tuple[str, str], tuple[Value, int]] = field(default_factory=dict)
    _folded: Kept[tuple[list[KnobRow], int, str]] = field(default_factory=Kept)

    @property
    def knob(self) -> Knob:
        """The chosen knob; the last one where there are now fewer."""
        return self.knobs[min(self.chosen, len(self.knobs) - 1)]

    def choose(self, direction: int) -> None:
        """Chooses the knob above (−1) or below (1); past an end comes the other one."""
        self.chosen = (self.chosen + direction) % len(self.knobs)

    def settle(self, applied: int) -> None:
        """Forgets what was asked for by the commands done so far: the snapshot has it, or it was refused."""
        self._waiting = {key: entry for key, entry in self._waiting.items() if entry[1] > applied}

    def wait_for(self, turn: Turn, ticket: int) -> None:
        """Shows the value, if all layers are to have one, until the command ``ticket`` is done."""
        if turn.value is not None:
            self._waiting[self.knob.key, turn.lane] = (turn.value, ticket)

    def value(self, knob: Knob, lane: LaneSnapshot) -> Value | None:
        """What the knob stands at on this lane: the value asked for while that is under way, else the lane's own.

        None where the lane has no such setting, "mixed" where its layers differ.
        """
        waiting = self._waiting.get((knob.key, lane.name))
        return waiting[0] if waiting else knob.read(lane.settings)

    def turned(self, lanes: list[LaneSnapshot], direction: int, fine: bool) -> list[Turn]:
        """The changes that turn the chosen knob on these lanes; none where nothing would change."""
        return self._turns(lanes, lambda value: self.knob.turn(value, direction, fine))

    def set_to(self, lanes: list[LaneSnapshot], value: Value) -> list[Turn]:
        """The changes that set the chosen knob on these lanes."""
        return self._turns(lanes, lambda _: value)

    def back(self, lanes: list[LaneSnapshot], first: Mapping[str, Settings]) -> list[Turn]:
        """The changes that put the chosen knob to each lane's first value."""
        turns = []
        for lane in lanes:
            begun = first.get(lane.name)
            value = None if begun is None else self.knob.read(begun)
            if begun is not None and value is not None and (value == MIXED or value != self.value(self.knob, lane)):
                turns.append(Turn(lane.name, None if value == MIXED else value, self.knob.back(begun, lane.settings)))
        return turns

    def rows(self, lanes: list[LaneSnapshot], first: Mapping[str, Settings]) -> list[KnobRow]:
        """Every knob's row for these lanes (at least one)."""
        rows = []
        for place, knob in enumerate(self.knobs):
            values = [self.value(knob, lane) for lane in lanes]
            present = [value for value in values if value is not None]
            shown = knob.show(values[0]) if len(set(values)) == 1 else MIXED
            if shown == MIXED and len(lanes) == 1:
                shown = knob.show_lane(lanes[0].settings)
            begun = {knob.read(first[lane.name]) for lane in lanes if lane.name in first}
            was = ""
            if len(begun) == 1 and len(set(values)) == 1 and values[0] not in begun:
                was = knob.show(next(iter(begun)))
            waiting = any((knob.key, lane.name) in self._waiting for lane in lanes)
            rows.append(KnobRow(knob.shown_label, shown, was, not present, waiting, place=place))
        return rows

    def shown(self, lanes: list[LaneSnapshot], first: Mapping[str, Settings]) -> tuple[list[KnobRow], int, str]:
        """What :meth:`folded` gives for these lanes (at least one), and :meth:`explanation`."""
        of_lanes = [(lane.name, lane.settings, first.get(lane.name)) for lane in lanes]
        known = (self.knob, self.knobs, of_lanes, list(self._waiting.items()))
        return self._folded.of(known, lambda: (*self.folded(lanes, first), self.explanation(lanes)))

    def folded(self, lanes: list[LaneSnapshot], first: Mapping[str, Settings]) -> tuple[list[KnobRow], int]:
        """The rows to show, and which of them is the chosen knob's: of its own group all, of the others their names."""
        rows, found, at = self.rows(lanes, first), list[KnobRow](), 0
        opened = self.knob.group
        for group in dict.fromkeys(knob.group for knob in self.knobs):
            mine = [(row, knob) for row, knob in zip(rows, self.knobs, strict=True) if knob.group == group]
            changed = sum(bool(row.was) for row, _ in mine)
            if group != opened:
                words = f"{changed} changed" if changed else str(len(mine))
                found.append(KnobRow(group, words, "changed" if changed else "", heading=True, place=mine[0][0].place))
                continue
            if group != self.knobs[0].group:
                found.append(KnobRow(group, "", heading=True, place=mine[0][0].place))
            for row, knob in mine:
                at = len(found) if knob is self.knob else at
                found.append(row)
        return found, at

    def explanation(self, lanes: list[LaneSnapshot]) -> str:
        """A sentence about the chosen knob."""
        values = {self.value(self.knob, lane) for lane in lanes}
        if values == {None}:
            return self.missing(lanes)
        value = next(iter(values)) if len(values) == 1 else MIXED
        if value == MIXED and isinstance(self.knob, NumberKnob):
            return f"{self.knob.explain(value)} The lanes or layers differ."
        text = self.knob.explain(value)
        return f"{text} Turning it starts again." if self.knob.restarts else text

    def missing(self, lanes: list[LaneSnapshot]) -> str:
        """A sentence on why the first of these lanes has no such setting as the chosen knob's."""
        text = self.knob.missing(lanes[0].settings)
        return f"{text[:1].upper()}{text[1:]}."

    def _turns(self, lanes: list[LaneSnapshot], choose: Callable[[Value], Value]) -> list[Turn]:
        turns = []
        for lane in lanes:
            value = self.value(self.knob, lane)
            start = self.knob.values(lane.settings)[0] if value == MIXED or isinstance(value, tuple) else value
            chosen = None if start is None else choose(start)
            if chosen is not None and chosen != value:
                turns.append(Turn(lane.name, chosen, self.knob.change(chosen, lane.settings)))
        return turns
