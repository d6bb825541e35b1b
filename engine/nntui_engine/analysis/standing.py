"""How a scenario's expectations stand while its run goes on, by the same reading and the same bounds as ``verify.py``.

What is expected of a step is read when the lane is there, and stays; what is expected of the end is read again and
again until the lane's run has ended. What costs more than a step is worked out at its moment alone.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from ..errors import InputError
from ..experiment import Experiment
from ..run.lanes import short_key
from ..scenario import Expectation, Scenario
from .judging import Measured, Moment, moment_of, outcome, over_in, ratio, value_in
from .of_layers import LAYER_MEASURES
from .on_demand import MEASURES, SURFACE_MEASURES

# held, missed: at its moment, for good; true, false: by the numbers of now, with the end still to come; ahead: its
# moment is still to come; unseen: its moment went by without a look; gone: a lane of it is
State = Literal["held", "missed", "true", "false", "ahead", "unseen", "gone"]
SECONDS = 0.5  # between two looks, at least
SHARE = 0.02  # of the time at most is spent looking
_COSTLY = frozenset({*MEASURES, *LAYER_MEASURES, *SURFACE_MEASURES})
_NOT_WORKED_OUT = (ArithmeticError, ValueError, RuntimeError, InputError)  # of networks that diverged


@dataclass(frozen=True, slots=True)
class Standing:
    """How one expectation stands: what was measured (None: nothing), and what of its lanes was not as in the scenario
    then ("lr", "seed"): what was measured is of another run."""

    expectation: Expectation
    state: State
    measured: Measured = None
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Side:
    """What is read for an expectation (``over``: what it is held over): of these lanes, at a step or (None) the end."""

    index: int
    over: bool
    lanes: tuple[str, ...]
    step: int | None


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read for good when the run stood at ``position``."""

    position: int
    value: Measured
    changed: tuple[str, ...]


class Standings:
    """The expectations of ``scenario``, and what was read of its run for them. One thread alone calls it."""

    def __init__(self, scenario: Scenario, clock: Callable[[], float] = time.perf_counter) -> None:
        self._scenario, self._clock = scenario, clock
        self._called = {lane.name: [lane.name] for lane in scenario.lanes}
        self._sides = [
            side for index, one in enumerate(scenario.expectations) for side in _sides(index, one, [*self._called])
        ]
        self._read: dict[_Side, _Reading] = {}
        self._newest: tuple[Standing, ...] = ()
        self._next_look = 0.0

    def renamed(self, old: str, new: str) -> None:
        """A lane has another name."""
        for names in self._called.values():
            if old in names:
                names.append(new)

    def forget(self, position: int = -1) -> None:
        """What was read further on than ``position`` is of no run any more."""
        self._read = {side: one for side, one in self._read.items() if one.position <= position}
        self._next_look = 0.0

    def until_read(self, run: Experiment) -> int | None:
        """Steps to the next moment that something is to be read at; None where none is known."""
        left = (
            side.step - run.step_of(name)
            for side in self._sides
            if side.step is not None
            for name in self._present(run, side.lanes)
        )
        return min((steps for steps in left if steps > 0), default=None)

    def note(self, run: Experiment) -> None:
        """Reads what is to be read where the run stands now."""
        due = []
        for side in self._sides:
            names = self._present(run, side.lanes)
            if len(names) < len(side.lanes):
                continue
            if side.step is None:
                now = side not in self._read and all(run.has_ended(name) for name in names)
            else:
                now = all(run.step_of(name) == side.step for name in names)
            if now:
                due.append(side)
        if not due:
            return
        moment, changed = self._moment(run, due), self._changes(run)
        for side in due:
            words = self._words(run, side, changed)
            self._read[side] = _Reading(run.position, self._value(run, side, moment), words)
        self._next_look = 0.0

    def look(self, run: Experiment, fresh: bool = False) -> tuple[Standing, ...]:
        """How all of them stand now, or unless ``fresh`` how they stood a moment ago."""
        began = self._clock()
        if self._newest and not fresh and began < self._next_look:
            return self._newest
        live = [side for side in self._sides if self._is_live(run, side)]
        moment, changed = self._moment(run, live), self._changes(run)
        self._newest = tuple(
            self._standing(run, [side for side in self._sides if side.index == index], moment, changed)
            for index in range(len(self._scenario.expectations))
        )
        self._next_look = began + max(SECONDS, (self._clock() - began) / SHARE)
        return self._newest

    # -- one of them ------------------------------------------------------------------------------------------------

    def _standing(
        self, run: Experiment, sides: Sequence[_Side], moment: Moment | None, changed: Mapping[str, Sequence[str]]
    ) -> Standing:
        expectation = self._scenario.expectations[sides[0].index]
        if any(len(self._present(run, side.lanes)) < len(side.lanes) for side in sides):
            return Standing(expectation, "gone")
        values: list[Measured] = []
        words: list[str] = []
        later = ahead = False
        for side in sides:
            reading = self._reading(run, side)
            values.append(reading.value if reading is not None else self._value(run, side, moment))
            words += reading.changed if reading is not None else self._words(run, side, changed)
            if reading is None and side.step is not None and self._is_past(run, side):
                return Standing(expectation, "unseen")
            later = later or reading is None
            ahead = ahead or (reading is None and (side.step is not None or expectation.statistic in _COSTLY))
        value = ratio(values[0], values[1]) if expectation.over is not None else values[0]
        left = tuple(dict.fromkeys(words))
        if ahead:
            return Standing(expectation, "ahead", value, left)
        passed = outcome(expectation, value).passed
        states: tuple[State, State] = ("true", "false") if later else ("held", "missed")
        return Standing(expectation, states[not passed], value, left)

    def _reading(self, run: Experiment, side: _Side) -> _Reading | None:
        """What was read for good; not of a step that the run has gone back behind."""
        reading = self._read.get(side)
        if reading is None or reading.position > run.position or not self._is_past(run, side):
            return None
        return reading

    def _is_past(self, run: Experiment, side: _Side) -> bool:
        return side.step is None or all(run.step_of(name) >= side.step for name in self._present(run, side.lanes))

    def _is_live(self, run: Experiment, side: _Side) -> bool:
        """Whether it is read as it is now."""
        costly = self._scenario.expectations[side.index].statistic in _COSTLY
        there = len(self._present(run, side.lanes)) == len(side.lanes)
        return there and not costly and self._reading(run, side) is None

    # -- the run ----------------------------------------------------------------------------------------------------

    def _present(self, run: Experiment, lanes: Sequence[str]) -> list[str]:
        """What those of the scenario's lanes that are there are called now."""
        there = {lane.name for lane in run.lanes}
        names = (next((name for name in reversed(self._called[lane]) if name in there), None) for lane in lanes)
        return [name for name in names if name is not None]

    def _as_called(self, run: Experiment, side: _Side) -> Expectation:
        """The expectation, its lanes as they are called now."""
        expectation = self._scenario.expectations[side.index]
        over = expectation.over
        if expectation.statistic is None and expectation.lane is None and len(self._called) > 1:
            return expectation
        if over is not None:
            whose = over.lane if over.lane is not None else side.lanes[0]
            over = msgspec.structs.replace(over, lane=self._one(run, whose))
        whose = expectation.lane if expectation.lane is not None else next(iter(self._called))
        return msgspec.structs.replace(expectation, lane=self._one(run, whose), over=over)

    def _one(self, run: Experiment, lane: str) -> str:
        return next(iter(self._present(run, [lane])), lane)

    def _moment(self, run: Experiment, sides: Sequence[_Side]) -> Moment | None:
        """The run as it stands, of the scenario's lanes alone; None where it cannot be worked out."""
        if not sides:
            return None
        asked = [self._as_called(run, side) for side in sides]
        try:
            moment = moment_of(run, any(one.statistic is None for one in asked), asked)
        except _NOT_WORKED_OUT:
            return None
        mine = self._present(run, list(self._called))
        return replace(moment, findings=tuple(one for one in moment.findings if one[0] in mine))

    def _value(self, run: Experiment, side: _Side, moment: Moment | None) -> Measured:
        expectation = self._as_called(run, side)
        if moment is None or (expectation.statistic in _COSTLY and not moment.asked and not moment.of_layers):
            return None
        return (over_in if side.over else value_in)(expectation, moment, next(iter(moment.lanes)))

    def _words(self, run: Experiment, side: _Side, changed: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        names = self._present(run, side.lanes)
        return tuple(dict.fromkeys(word for name in names for word in changed.get(name, ())))

    def _changes(self, run: Experiment) -> dict[str, list[str]]:
        """What is not as in the scenario, of each of its lanes that is there, by what it is called now."""
        recipes, found = {one.name: one for one in run.recipes()}, {}
        for lane in self._scenario.lanes:
            for name in self._present(run, [lane.name]):
                recipe = recipes[name]
                planned = [(one.step, one.set) for one in self._scenario.changes if one.lane in (None, lane.name)]
                made = [settings for step, settings in recipe.changes if (step, settings) not in planned]
                keys = [*_differences(lane.tables, recipe.tables), *(key for settings in made for key in settings)]
                found[name] = [*dict.fromkeys(map(short_key, keys)), *([] if recipe.exact else ["parameters"])]
        return found


def _sides(index: int, expectation: Expectation, lanes: Sequence[str]) -> Iterator[_Side]:
    lane, over = expectation.lane, expectation.over
    every = lane is None and expectation.statistic is None
    whose = lane if lane is not None else lanes[0]
    yield _Side(index, False, tuple(lanes) if every else (whose,), expectation.step)
    if over is not None:
        other = over.lane if over.lane is not None else whose
        yield _Side(index, True, (other,), over.step if over.step is not None else expectation.step)


def _differences(one: Mapping[str, Any], other: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """The dotted keys whose values are not the same."""
    for key in dict.fromkeys((*one, *other)):
        a, b = one.get(key), other.get(key)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            yield from _differences(a, b, f"{before}{key}.")
        elif a != b:
            yield f"{before}{key}"
