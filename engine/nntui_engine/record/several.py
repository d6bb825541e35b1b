"""Several records side by side, as the lanes of one run."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..run.finding import Finding, Unchecked
from ..run.snapshot import Mark, Snapshot
from ..run.source import Capability
from ..run.task import Lane
from ..scenario import Scenario
from ..tasks.ground import Ground
from .looked_at import RecordedLane
from .races import Races
from .source import RecordSource

MOST_LANES = 64  # of all records together
BETWEEN = " · "  # the name of a lane and that of its record


class SeveralRecords:
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
    def capabilities(self) -> frozenset[Capability]:
        """They are looked at, at any step."""
        return self._kind.capabilities

    @property
    def lanes_now(self) -> list[RecordedLane[Any]]:
        """The lanes of all, where they are looked at."""
        return [lane for one in self.sources for lane in one.lanes_now]

    @property
    def lanes(self) -> Sequence[Lane]:
        """The lanes of all, where they are looked at."""
        return [one.lane for one in self.lanes_now]

    @property
    def is_race(self) -> bool:
        """Whether they are of races on a surface; else they are of networks."""
        return isinstance(self._kind, Races)

    @property
    def surface(self) -> Ground:
        """What lies under the lanes of races. Raises InputError for records of networks."""
        if not isinstance(self._kind, Races):
            raise InputError("these are records of networks, and of no surface")
        return self._kind.ground(self.lanes_now)

    @property
    def seed(self) -> int:
        """The first lane's seed."""
        return self.sources[0].seed

    @property
    def step(self) -> int:
        """Steps done by the lane furthest on."""
        return max(one.step for one in self.sources)

    @property
    def steps(self) -> int:
        """The last step of the longest lane."""
        return max(one.steps for one in self.sources)

    @property
    def finished(self) -> bool:
        """Whether nothing further is known: it never makes a step of its own."""
        return True

    def snapshot(
        self, layer_history: Iterable[str] = (), whole_history: Iterable[str] = (), points: int | None = 512
    ) -> Snapshot:
        """An immutable view, with the histories of the named statistics, merged to at most ``points``."""
        names, lanes = (list(layer_history), list(whole_history)), self.lanes_now
        shown = tuple(self._kind.snapshot(lanes, place, *names, points) for place in range(len(lanes)))
        about = self.scenario
        return Snapshot(about.name, about.title, self.seed, self.step, self.steps, shown, tuple(self._marks()))

    def full_snapshot(self, points: int | None = 512) -> Snapshot:
        """A snapshot with the history of every statistic."""
        return self.snapshot(self._kind.layer_histories, self._kind.whole_histories, points)

    def _marks(self) -> list[Mark]:
        """Those of each; a change for all lanes of a record is one for these lanes."""
        found = []
        for one in self.sources:
            for mark in one.snapshot().marks:
                names = list(mark.at) if mark.lane is None else [mark.lane]
                found += [replace(mark, lane=name, at={name: mark.at.get(name, mark.step)}) for name in names]
        return found

    def findings(self) -> list[Finding]:
        """What was wrong then, lane by lane, causes before symptoms."""
        return self._kind.findings(self.lanes_now)

    def unchecked(self) -> list[Unchecked]:
        """What could not be looked at, lane by lane, and why."""
        return self._kind.unchecked(self.lanes_now)


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
