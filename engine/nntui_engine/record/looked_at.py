"""The lanes of a record that is looked at, and what each kind of run tells of its own."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from ..run.finding import Finding, Unchecked
from ..run.snapshot import LaneSnapshot, LaneState
from ..run.source import Capability
from ..run.task import Lane
from .recorder import LaneNow
from .tables import LaneRow

L = TypeVar("L", bound=Lane)


@dataclass(slots=True)
class RecordedLane(Generic[L]):
    """A lane as it stands where the record is looked at; ``read``: of each history the last step that was read."""

    row: LaneRow
    lane: L
    read: dict[str, float] = field(default_factory=dict, kw_only=True)
    step: int = field(default=0, kw_only=True)
    state: LaneState = field(default="running", kw_only=True)


R = TypeVar("R", bound="RecordedLane[Any]")


class Kind(ABC, Generic[R]):
    """What only a record of one kind of run can tell."""

    name: ClassVar[str]
    capabilities: ClassVar[frozenset[Capability]]
    layer_histories: ClassVar[Sequence[str]]
    whole_histories: ClassVar[Sequence[str]]

    @abstractmethod
    def begun(self, row: LaneRow) -> R:
        """A lane with an empty past. Raises ValueError or InputError where its row is none."""

    @abstractmethod
    def settle(self, one: R, step: int, last: int, now: LaneNow | None, at_end: bool) -> None:
        """A lane whose past was read up to ``step`` stands where it was then.

        ``last`` is the last step that the record has of it. ``now`` says where it stood at the end of the record, None
        of a lane that was another by then, and ``at_end`` whether that is looked at.
        """

    @abstractmethod
    def snapshot(
        self,
        lanes: Sequence[R],
        place: int,
        layer_history: Sequence[str],
        whole_history: Sequence[str],
        points: int | None,
    ) -> LaneSnapshot:
        """An immutable view of one of the lanes that are looked at."""

    @abstractmethod
    def findings(self, lanes: Sequence[R]) -> list[Finding]:
        """What was wrong then, lane by lane, causes before symptoms."""

    @abstractmethod
    def unchecked(self, lanes: Sequence[R]) -> list[Unchecked]:
        """What could not be looked at, lane by lane, and why."""
