"""What a run does: the part that differs between kinds of run.

A :class:`Task` holds the lanes of one run and all numbers that a step changes. It knows how to resolve a lane's tables,
find room for the numbers, start a lane or carry it over to new settings, launch the kernels and take in what they
emit. When any of this happens is the business of a run (``run/run.py``).
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..compiling.ahead import Progress, compile_ahead
from ..errors import InputError
from ..scenario.settings import Settings
from .finding import Finding, Unchecked
from .history import History
from .listener import Sampled
from .snapshot import LaneSnapshot, LaneState

Steps = NDArray[np.int64]
Row = dict[str, Any]
NOT_DIAGNOSED = "a race on a surface is not diagnosed"


@dataclass
class Lane(ABC):
    """One variant of the scenario: ``tables`` are its scenario tables, ``settings`` what they resolve to."""

    name: str
    tables: Mapping[str, Any]
    settings: Settings

    @property
    @abstractmethod
    def statistics(self) -> dict[str, Any]:
        """The newest value of every statistic that applies, by name."""

    @property
    @abstractmethod
    def histories(self) -> dict[str, History]:
        """Its past: "step" or "path", and of a network "evaluation" and "sequence"."""

    @property
    def nbytes(self) -> int:
        """The memory that its past takes, in bytes."""
        return sum(history.nbytes for history in self.histories.values())

    @abstractmethod
    def copy(self) -> Self:
        """A lane whose past can grow without changing this one's."""

    @abstractmethod
    def with_past_of(self, other: Self) -> Self:
        """This lane's settings with what ``other`` emitted."""


class Numbers(Protocol):
    """All numbers that a step changes; ``nbytes``: their memory."""

    @property
    def nbytes(self) -> int:
        """The memory that a copy takes, in bytes."""

    def copy(self) -> Self:
        """A copy that no further step changes."""


L = TypeVar("L", bound=Lane)
N = TypeVar("N", bound=Numbers)
P = TypeVar("P")  # what resolving the lanes found out about the room that they need


class Task(ABC, Generic[L, N, P]):
    """The lanes of one run and their numbers.

    ``every``: sample statistics every that many steps. ``keep_samples``: keep every step divisible by it, and the last,
    as rows for :meth:`samples`; 0 keeps none.
    """

    lanes: list[L]
    emitted: Sampled | None = None  # is told of every sample
    _numbers: N

    def __init__(self, where: str, every: int, keep_samples: int) -> None:
        self.where, self.every = where, every
        self._keep_samples = keep_samples
        self._samples: list[Row] = []
        self._sorted: list[Row] = []  # of those, what was sampled before the lanes were arranged anew
        self._since: dict[str, int] = {}  # the step that each lane stood at then

    # -- what every kind does in its own way ------------------------------------------------------------------------

    @property
    @abstractmethod
    def step(self) -> Steps:
        """Steps done by each lane since it began: (lanes,)."""

    @property
    @abstractmethod
    def limit(self) -> Steps:
        """The last step of each lane: (lanes,)."""

    @property
    @abstractmethod
    def ended(self) -> NDArray[np.bool_]:
        """Which lanes take no further step, wherever they stand: (lanes,)."""

    @property
    @abstractmethod
    def cut_short(self) -> LaneState:
        """What is said of a lane that :attr:`ended`."""

    @abstractmethod
    def parts(self, lanes: Sequence[L]) -> tuple[str, ...]:
        """The parts of the kernels (see ``warmup.py``) that these lanes take."""

    @abstractmethod
    def pending(self, goals: Steps) -> bool:
        """Whether a launch is due before every lane is at its goal."""

    @abstractmethod
    def launch(self, goals: Steps) -> None:
        """One launch of the kernels towards ``goals`` (lanes,), and the folding of what they emitted."""

    @abstractmethod
    def resolve(self, tables: Mapping[str, Mapping[str, Any]], kept: Mapping[str, L]) -> tuple[list[L], P]:
        """A lane for each of ``tables``: that of ``kept``, or a new one with an empty past; and the room they need.

        Raises InputError where the settings do not fit, or need more memory than a run may take.
        """

    @abstractmethod
    def assemble(self, lanes: Sequence[L], room: P) -> N:
        """Numbers for these lanes, none of which has made a step. Raises InputError where memory is short."""

    @abstractmethod
    def must_restart(self, old: L, new: L) -> bool:
        """Whether only a fresh start can follow this change of settings."""

    @abstractmethod
    def start(self, index: int, lane: L) -> None:
        """Put a lane at its start."""

    @abstractmethod
    def carry(self, before: N, was: int, index: int, old: L, new: L) -> None:
        """Copy what lane ``was`` of ``before`` has reached into lane ``index`` of the present numbers."""

    @abstractmethod
    def lane_snapshot(
        self, index: int, layer_history: Sequence[str], whole_history: Sequence[str], points: int | None
    ) -> LaneSnapshot:
        """An immutable view of one lane."""

    def set_parameters(self, lane: int, values: Mapping[str, NDArray[Any]]) -> None:  # noqa: ARG002
        """Overwrite some of a lane's parameters, each in its shape. Raises InputError where a lane has none."""
        raise InputError(f"{self.where}: there are no parameters to set")

    def state_of(self, index: int) -> LaneState:
        """Whether a lane goes on, and else why not."""
        if self.ended[index]:
            return self.cut_short
        return "finished" if self.step[index] >= self.limit[index] else "running"

    def findings(self) -> list[Finding]:
        """What is wrong now, lane by lane, causes before symptoms."""
        return []

    def unchecked(self) -> list[Unchecked]:
        """What could not be looked at, lane by lane, and why."""
        return [Unchecked(lane.name, ("all",), NOT_DIAGNOSED) for lane in self.lanes]

    # -- what all do alike ------------------------------------------------------------------------------------------

    def begin(self, tables: Mapping[str, Mapping[str, Any]], compiling: Progress | None = None) -> None:
        """Start a new lane for each of ``tables``. Raises InputError (and changes nothing) on bad input."""
        lanes, room = self.resolve(tables, {})
        compile_ahead(self.parts(lanes), compiling)
        self._numbers, self.lanes, self._samples, self._sorted = self.assemble(lanes, room), lanes, [], []
        self._since = {}
        for i, lane in enumerate(lanes):
            self.start(i, lane)
        self._settle()

    def change(self, tables: Mapping[str, Mapping[str, Any]], chosen: Collection[str]) -> frozenset[str]:
        """Give the ``chosen`` lanes new settings, and each its past where it can go on; returns those that could not.

        Raises InputError (and changes nothing) where a value is not allowed.
        """
        return self.arrange(tables, {lane.name: lane.name for lane in self.lanes}, chosen)

    def arrange(
        self, tables: Mapping[str, Mapping[str, Any]], origins: Mapping[str, str | None], chosen: Collection[str]
    ) -> frozenset[str]:
        """Put a lane for each of ``tables`` in place of the present ones; returns those with an origin that had to
        start, since only a fresh start can follow their settings.

        ``origins`` says for each which present lane's past it goes on from, None for a start. Those that are not
        ``chosen`` stay as they are. Raises InputError (and changes nothing) where a value is not allowed.
        """
        old_lanes, before = self.lanes, self._numbers
        places = {lane.name: place for place, lane in enumerate(old_lanes)}
        new_lanes, room = self.resolve(tables, {lane.name: lane for lane in old_lanes if lane.name not in chosen})
        if set(self.parts(new_lanes)) - set(self.parts(old_lanes)):
            compile_ahead(self.parts(new_lanes), None)
        numbers = self.assemble(new_lanes, room)
        self._sort_samples()
        self._numbers, self.lanes = numbers, new_lanes
        restarted: set[str] = set()
        users = [origins[lane.name] for lane in new_lanes]
        for i, new in enumerate(new_lanes):
            origin = users[i]
            if origin is None:
                self.start(i, new)
            elif self.must_restart(old := old_lanes[places[origin]], new):
                restarted.add(new.name)
                self.start(i, new)
            else:
                self.carry(before, places[origin], i, old, new)
                # a lane that stays has its past; who goes on beside it needs one that grows apart
                shared = users.count(origin) > 1 and new.name != origin
                new_lanes[i] = new.with_past_of(old.copy() if shared else old)
        self.begin_rows()
        self._settle()
        return frozenset(restarted)

    def _settle(self) -> None:
        """Finish what is due without a step."""
        goals = self.step.copy()
        while self.pending(goals):
            self.launch(goals)

    def samples(self) -> Iterator[Row]:
        """Hand over, as the run came to them and then by lane, the sampled steps since the last call (needs
        ``keep_samples``)."""
        self._sort_samples()
        rows, self._sorted = self._sorted, []
        yield from rows

    def begin_rows(self) -> None:
        """From here on rows are in the order of the steps that lanes make from where they stand."""
        self._since = {lane.name: int(step) for lane, step in zip(self.lanes, self.step, strict=True)}

    def _sort_samples(self) -> None:
        order = {lane.name: i for i, lane in enumerate(self.lanes)}
        rows, self._samples = self._samples, []
        self._sorted += sorted(
            rows, key=lambda row: (row["step"] - self._since.get(row["lane"], 0), order[row["lane"]])
        )

    @property
    def numbers(self) -> N:
        """All numbers that a step changes, as they stand."""
        return self._numbers

    @property
    def nbytes(self) -> int:
        """The memory that a copy takes."""
        return self._numbers.nbytes + sum(lane.nbytes for lane in self.lanes)

    def copy(self) -> Self:
        """A moment of this task that no further step changes; without the rows that were not yet handed over."""
        other = copy(self)
        other._numbers, other.lanes = self._numbers.copy(), [lane.copy() for lane in self.lanes]
        other._samples, other._sorted = [], []
        other.emitted = None
        return other
