"""What happened in a run, and moments kept on the way, so that it can go back to any step.

A run is a pure function of its scenario, seed and changes. To go back is to take the nearest moment kept before, and to
do again what followed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

if TYPE_CHECKING:
    from .run import Checkpoint, Run

KEEP_SECONDS = 0.5  # of work between two moments kept: about the longest that going back takes


class Event(Protocol):
    """Something that was done to a run when it stood at ``at``."""

    @property
    def at(self) -> int:
        """The position of the run."""

    def redo(self, run: "Run") -> None:
        """Do it again."""


@dataclass(frozen=True, slots=True)
class Tweaked:
    """Settings were changed, of one lane or (None) of all."""

    at: int
    settings: Mapping[str, object]
    lane: str | None

    def redo(self, run: "Run") -> None:
        """Change them again."""
        run.apply_tweak(self.settings, self.lane)


@dataclass(frozen=True, slots=True)
class ParametersSet:
    """A lane's parameters were set by hand."""

    at: int
    values: Mapping[str, NDArray[Any]]
    lane: int

    def redo(self, run: "Run") -> None:
        """Set them again."""
        run.apply_parameters(self.lane, self.values)


@dataclass(frozen=True, slots=True)
class Descent:
    """Where a lane comes from: ``origin``'s tables with ``settings`` over them, at its start if ``fresh``."""

    origin: str
    settings: Mapping[str, object] = field(default_factory=dict)
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class LanesArranged:
    """Lanes were added, dropped or renamed; ``lanes`` are those since then, by name."""

    at: int
    lanes: Mapping[str, Descent]

    def redo(self, run: "Run") -> None:
        """Arrange them again."""
        run.apply_lanes(self.lanes)


@dataclass(frozen=True, slots=True)
class Kept:
    """A moment: how far the run was, how many of the events had happened, and everything else."""

    at: int
    events: int
    moment: "Checkpoint"


@dataclass(slots=True)
class Timeline:
    """Events and kept moments since a run began; ``at`` counts the steps that it made since then.

    ``memory``: bytes that moments may take together. ``base``: a moment that it began with, if not at its start.
    """

    memory: int
    base: "Checkpoint | None" = None
    at: int = 0
    end: int = 0  # how far it has been
    done: int = 0  # how many of the events have happened
    events: list[Event] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    @property
    def next(self) -> Event | None:
        """The next event that happened when the run was here for the first time."""
        return self.events[self.done] if self.done < len(self.events) else None

    def moved(self, steps: int) -> None:
        """The run made steps."""
        self.at += steps
        self.end = max(self.end, self.at)

    def happened(self, event: Event) -> None:
        """Something new was done: what once came later no longer does."""
        self.events[self.done :] = [event]
        self.kept = [one for one in self.kept if one.at <= self.at]
        self.done += 1
        self.end = self.at

    def keep(self, moment: "Checkpoint") -> None:
        """Keep the present moment, and of all moments as many as the memory holds: the further back, the fewer."""
        found = Kept(self.at, self.done, moment)
        self.kept = sorted([*self.kept, found], key=lambda one: (one.at, one.events))
        while self.kept and sum(one.moment.nbytes for one in self.kept) > self.memory:
            places = [0, *(one.at for one in self.kept), self.at]

            def share(i: int, places: list[int] = places) -> float:
                """The gap that dropping a moment leaves, as a share of the way back to it."""
                return (places[i + 2] - places[i]) / (1 + self.at - places[i])

            del self.kept[min(range(len(self.kept)), key=share)]

    def nearest(self, at: int) -> Kept | None:
        """The last moment kept that is not after ``at``."""
        return next((one for one in reversed(self.kept) if one.at <= at), None)
