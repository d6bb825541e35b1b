"""What happened in a run, and moments kept on the way, so that it can go back to any step.

A run is a pure function of its scenario, seed and changes. To go back is to take the nearest moment kept before, and to
do again what followed.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from .snapshot import Mark

if TYPE_CHECKING:
    from .run import Checkpoint, Run

KEEP_SECONDS = 0.5  # of work between two moments kept: about the longest that going back takes
MOST_KEPT = 32  # moments, however small


class Event(Protocol):
    """Something that was done to a run when it stood at ``at``."""

    @property
    def at(self) -> int:
        """The position of the run."""

    def redo(self, run: "Run") -> "Event":
        """Do it again; returns it as it happened."""


@dataclass(frozen=True, slots=True)
class Tweaked:
    """Settings were changed, of one lane or (None) of all.

    ``steps``: how many each of these lanes had made; those in ``restarted`` had to start again.
    """

    at: int
    settings: Mapping[str, object]
    lane: str | None
    steps: Mapping[str, int] = field(default_factory=dict)
    restarted: frozenset[str] = frozenset()

    def redo(self, run: "Run") -> "Event":
        """Change them again; not of a lane that is gone."""
        if self.lane is not None and self.lane not in [lane.name for lane in run.lanes]:
            return self
        steps = {lane.name: run.step_of(lane.name) for lane in run.lanes}
        _, restarted = run.apply_tweak(self.settings, self.lane)
        return replace(self, steps=steps, restarted=restarted)


@dataclass(frozen=True, slots=True)
class ParametersSet:
    """A lane's parameters were set by hand."""

    at: int
    values: Mapping[str, NDArray[Any]]
    lane: int

    def redo(self, run: "Run") -> "Event":
        """Set them again."""
        run.apply_parameters(self.lane, self.values)
        return self


@dataclass(frozen=True, slots=True)
class Descent:
    """Where a lane comes from: ``origin``'s tables with ``settings`` over them, at its start if ``fresh``."""

    origin: str
    settings: Mapping[str, object] = field(default_factory=dict)
    fresh: bool = False


def renamed_in(lanes: Mapping[str, Descent]) -> dict[str, str]:
    """The new names of lanes that have another now, by the old ones."""
    return {one.origin: name for name, one in lanes.items() if one.origin not in lanes}


def marks_after(marks: Iterable[Mark], lanes: Mapping[str, Descent], restarted: Collection[str]) -> list[Mark]:
    """What is left of marks where ``lanes`` have taken the place of the lanes before, those ``restarted`` from anew."""
    renamed = renamed_in(lanes)
    began = {name for name, one in lanes.items() if one.fresh or (restarted and one.settings)}
    return [
        replace(
            mark,
            lane=mark.lane if mark.lane is None else renamed.get(mark.lane, mark.lane),
            at={
                name: mark.at[one.origin] for name, one in lanes.items() if one.origin in mark.at and name not in began
            },
        )
        for mark in marks
        if mark.lane is None or mark.lane in lanes or mark.lane in renamed
    ]


@dataclass(frozen=True, slots=True)
class LanesArranged:
    """Lanes were added, dropped or renamed; ``lanes`` are those since then, by name. ``steps`` and ``restarted``: as of
    settings that were changed."""

    at: int
    lanes: Mapping[str, Descent]
    steps: Mapping[str, int] = field(default_factory=dict)
    restarted: frozenset[str] = frozenset()

    def redo(self, run: "Run") -> "Event":
        """Arrange them again."""
        run.apply_lanes(self.lanes)
        return self


@dataclass(frozen=True, slots=True)
class Kept:
    """A moment: how far the run was, how many of the events had happened, and everything else."""

    at: int
    events: int
    moment: "Checkpoint"


@dataclass(frozen=True, slots=True)
class Story:
    """What had happened to a run when it stood at ``at``: the tables that its lanes began with, by name, and its
    ``events`` since then. ``whole``: whether doing them again leads there."""

    first: Mapping[str, Mapping[str, Any]]
    events: tuple[Event, ...]
    at: int
    whole: bool = True

    @property
    def names(self) -> dict[str, list[str]]:
        """What the lanes that it began with have been called, oldest first."""
        found = {name: [name] for name in self.first}
        for event in self.events:
            for old, new in renamed_in(event.lanes).items() if isinstance(event, LanesArranged) else ():
                for called in found.values():
                    if old in called:
                        called.append(new)
        return found


@dataclass(slots=True)
class Timeline:
    """Events and kept moments since a run began; ``at`` counts the steps that it made since then.

    ``memory``: bytes that moments may take together. ``base``: the moment that it cannot go back beyond, if that is not
    its start.
    """

    memory: int
    base: Kept | None = None
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
        """Something new was done: what once came later no longer does, but for what has never come yet."""
        self.events[self.done :] = [event, *(one for one in self.events[self.done :] if one.at > self.end)]
        self.kept = [one for one in self.kept if one.at <= self.at]
        self.done += 1
        self.end = self.at

    def rename(self, lane: str, name: str) -> None:
        """What is still to come for a lane is for it under its new name."""
        self.events[self.done :] = [
            replace(one, lane=name) if isinstance(one, Tweaked) and one.lane == lane else one
            for one in self.events[self.done :]
        ]

    def keep(self, moment: "Checkpoint") -> None:
        """Keep the present moment, and of all moments ``MOST_KEPT`` or as many as the memory holds: the further back,
        the fewer."""
        found = Kept(self.at, self.done, moment)
        self.kept = sorted([*self.kept, found], key=lambda one: (one.at, one.events))
        while self.kept and (len(self.kept) > MOST_KEPT or sum(one.moment.nbytes for one in self.kept) > self.memory):
            places = [0, *(one.at for one in self.kept), self.at]

            def share(i: int, places: list[int] = places) -> float:
                """The gap that dropping a moment leaves, as a share of the way back to it."""
                return (places[i + 2] - places[i]) / (1 + self.at - places[i])

            del self.kept[min(range(len(self.kept)), key=share)]

    @property
    def first(self) -> int:
        """The first position that it can go back to."""
        return self.base.at if self.base is not None else 0

    def nearest(self, at: int) -> Kept | None:
        """The last moment kept that is not after ``at``; None for the start."""
        return next((one for one in reversed(self.kept) if one.at <= at), self.base)
