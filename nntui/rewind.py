"""Going back and forth in a race: it is made again from its start, with the changes made on the way.

A run is a pure function of its scenario, seed and changes, so nothing but these has to be kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NOTCHES = 50  # in the whole race


@dataclass(slots=True)
class _Tweak:
    at: int
    settings: Mapping[str, object]
    lane: str | None
    undo: tuple[Any, ...] = ()


class Rewind:
    """The timeline of one race since it last began. ``at`` counts the updates made since then."""

    def __init__(self, race: Any, undo: tuple[Any, ...] = ()) -> None:
        self._race = race
        self._start = race.save()
        self._first_undo = undo
        self._tweaks: list[_Tweak] = []
        self.at = 0
        self.end = 0

    @property
    def notch(self) -> int:
        """Updates between two stops."""
        return max(1, int(self._race.steps) // NOTCHES)

    def moved(self, made: int) -> None:
        """The race went on by ``made`` updates; changes that came later in a former future are gone."""
        self._tweaks = [tweak for tweak in self._tweaks if tweak.at <= self.at]
        self.at += made
        self.end = self.at

    def tweaked(self, settings: Mapping[str, object], lane: str | None) -> None:
        """Settings were changed now."""
        self._tweaks = [tweak for tweak in self._tweaks if tweak.at <= self.at]
        self._tweaks.append(_Tweak(self.at, dict(settings), lane, self.undo))
        self.end = self.at

    def note_undo(self, undo: tuple[Any, ...]) -> None:
        """What could be undone just after the newest change."""
        if self._tweaks:
            self._tweaks[-1].undo = undo
        else:
            self._first_undo = undo

    @property
    def undo(self) -> tuple[Any, ...]:
        """What can be undone at this moment."""
        past = [tweak for tweak in self._tweaks if tweak.at <= self.at]
        return past[-1].undo if past else self._first_undo

    def go(self, direction: int) -> bool:
        """One notch back (−1) or forward (1) within what was run; False where there is nothing that way."""
        notch = self.notch
        target = (-(-self.at // notch) - 1) * notch if direction < 0 else (self.at // notch + 1) * notch
        target = min(max(0, target), self.end)
        if target == self.at:
            return False
        race = self._race
        race.load(self._start)
        done = 0
        for tweak in self._tweaks:
            if tweak.at > target:
                break
            done += _advance(race, tweak.at - done)
            race.tweak(tweak.settings, tweak.lane)
        _advance(race, target - done)
        self.at = target
        return True


def _advance(race: Any, count: int) -> int:
    if count > 0:
        race.advance(count)
    return count
