"""What a record that is looked at tells of its lanes, and several records of theirs."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import InputError
from ..run.finding import Finding, Unchecked
from ..run.snapshot import Mark, Snapshot
from ..run.source import Capability
from ..run.task import Lane
from ..scenario import Scenario
from ..tasks.ground import Ground
from .looked_at import Kind, RecordedLane
from .noticed import Happened
from .races import Races


class Looking(ABC):
    """A Source whose lanes stand still: where they do is decided by who is one."""

    _kind: Kind[Any]
    lanes_now: Sequence[RecordedLane[Any]]

    @property
    @abstractmethod
    def scenario(self) -> Scenario:
        """What was run."""

    @abstractmethod
    def _marks(self) -> list[Mark]:
        """The changes on the way."""

    @abstractmethod
    def happened(self) -> list[Happened]:
        """What was found and which fixes were tried until where it is looked at, oldest first."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """It is looked at, at any step."""
        return self._kind.capabilities

    @property
    def is_race(self) -> bool:
        """Whether it is of a race on a surface; else it is of networks."""
        return isinstance(self._kind, Races)

    @property
    def surface(self) -> Ground:
        """What lies under the lanes of a race. Raises InputError for networks."""
        if not isinstance(self._kind, Races):
            raise InputError(f"{self.scenario.title}: is of networks, and of no surface")
        return self._kind.ground(self.lanes_now)

    @property
    def lanes(self) -> Sequence[Lane]:
        """The lanes where it is looked at."""
        return [one.lane for one in self.lanes_now]

    @property
    def seed(self) -> int:
        """The first lane's seed."""
        return int(self.lanes[0].settings.seed)

    @property
    def step(self) -> int:
        """Steps done by the lane furthest on."""
        return max(one.step for one in self.lanes_now)

    @property
    def steps(self) -> int:
        """The last step of the longest lane."""
        return max(lane.settings.steps for lane in self.lanes)

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
        names, lanes = (list(layer_history), list(whole_history)), self.lanes_now
        shown = tuple(self._kind.snapshot(lanes, place, *names, points) for place in range(len(lanes)))
        about = self.scenario
        return Snapshot(about.name, about.title, self.seed, self.step, self.steps, shown, tuple(self._marks()))

    def full_snapshot(self, points: int | None = 512) -> Snapshot:
        """A snapshot with the history of every statistic."""
        return self.snapshot(self._kind.layer_histories, self._kind.whole_histories, points)

    def findings(self) -> list[Finding]:
        """What was wrong then, lane by lane, causes before symptoms."""
        return self._kind.findings(self.lanes_now)

    def unchecked(self) -> list[Unchecked]:
        """What could not be looked at, lane by lane, and why."""
        return self._kind.unchecked(self.lanes_now)
