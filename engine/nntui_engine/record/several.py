"""Several records side by side, as the lanes of one run."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..run.snapshot import Mark
from ..scenario import Scenario
from .looked_at import RecordedLane
from .looking import Looking
from .noticed import Happened
from .source import RecordSource

MOST_LANES = 64  # of all records together
BETWEEN = " · "  # the name of a lane and that of its record


class SeveralRecords(Looking):
    """Records that are looked at together, each where it stood at :attr:`position` or at its end if that is before.

    A record of one lane gives that lane its own name, one of several puts its name behind theirs. Raises InputError for
    a bad file, records of different kinds, races on different surfaces, and too many lanes.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        names = different([path.stem for path in paths])
        self.sources: list[RecordSource] = []
        try:
            for path, name in zip(paths, names, strict=True):
                self.sources.append(RecordSource(path, partial(_called, name)))
            self._check()
        except InputError:
            self.close()
            raise
        self.position = self.end
        self._kind = self.sources[0].new_kind()

    def _check(self) -> None:
        first, *others = self.sources
        for one in others:
            if one.is_race != first.is_race:
                kinds = ["networks", "a race on a surface"]
                of_first, of_other = kinds[first.is_race], kinds[one.is_race]
                raise InputError(f"{first.path} is of {of_first} and {one.path} of {of_other}: no plot has both")
        count = sum(len(one.lanes) for one in self.sources)
        if count > MOST_LANES:
            raise InputError(f"these records have {count} lanes together; at most {MOST_LANES} are shown")
        if first.is_race:
            grounds = [_ground(lane) for one in self.sources for lane in one.lanes]
            if any(ground != grounds[0] for ground in grounds):
                raise InputError("these races are on different surfaces: no map has them all")

    def close(self) -> None:
        """Closes the files."""
        for one in self.sources:
            one.close()

    # -- where it stands --------------------------------------------------------------------------------------------

    @property
    def end(self) -> int:
        """The furthest :attr:`position`: where the longest record ends."""
        return max(one.end for one in self.sources)

    def refresh(self) -> bool:
        """Whether one of them has grown; if the end was looked at, it is looked at again."""
        at_end = self.position == self.end
        grown = [one.refresh() for one in self.sources]
        if not any(grown):
            return False
        self.seek(self.end if at_end else self.position)
        return True

    def seek(self, position: int) -> int:
        """Look at all as they stood at ``position``; returns where that is."""
        self.position = min(max(0, position), self.end)
        for one in self.sources:
            one.seek(self.position)
        return self.position

    # -- a Source ---------------------------------------------------------------------------------------------------

    @property
    def scenario(self) -> Scenario:
        """What was run, of the first; with the titles and the lanes of all."""
        scenarios = [one.scenario for one in self.sources]
        title = ", ".join(dict.fromkeys(one.title for one in scenarios))
        return replace(scenarios[0], title=title, changes=(), expectations=(), tries=())

    @property
    def lanes_now(self) -> list[RecordedLane[Any]]:  # type: ignore[override]
        """The lanes of all, where they are looked at."""
        return [lane for one in self.sources for lane in one.lanes_now]

    def happened(self) -> list[Happened]:
        """What was found and which fixes were tried in each."""
        return [happened for one in self.sources for happened in one.happened()]

    def _marks(self) -> list[Mark]:
        """Those of each; a change for all lanes of a record is one for these lanes."""
        found = []
        for one in self.sources:
            for mark in one.snapshot().marks:
                names = list(mark.at) if mark.lane is None else [mark.lane]
                found += [replace(mark, lane=name, at={name: mark.at.get(name, mark.step)}) for name in names]
        return found


def different(names: Sequence[str]) -> list[str]:
    """The same names; of equal ones the later are numbered from 2."""
    found: list[str] = []
    for name in names:
        one, number = name, 2
        while one in found:
            one, number = f"{name} {number}", number + 1
        found.append(one)
    return found


def _called(record: str, lane: str, alone: bool) -> str:
    return record if alone else f"{lane}{BETWEEN}{record}"


def _ground(lane: Any) -> tuple[object, ...]:
    settings = lane.settings
    return settings.surface, tuple(sorted(settings.surface_parameters.items()))
