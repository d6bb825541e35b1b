"""What is to be looked at, what was seen, and when it is looked at again while the network trains."""

import math
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

SHORTEST_WAIT = 0.25  # seconds between two looks while it trains
SHARE = 0.1  # of the time at most for looking
BUSY_SHARE = 0.5  # while what was begun is not complete

Found = TypeVar("Found")
Look = Callable[["Experiment", "LookRequest"], Any]  # what it finds; None where it does not apply


@dataclass(frozen=True, slots=True)
class LookRequest:
    """The looks that panels on screen need, the chosen lane, and a unit (0-based) of a layer (1-based).

    ``plane``: which one through the weights, 0 along their path, from 1 on random ones. ``again`` counts how often the
    same was asked for anew.
    """

    looks: tuple[Look, ...] = ()
    lane: int = 0
    layer: int = 1
    unit: int = 0
    plane: int = 0
    again: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """What was seen at ``step``, by look; taking them took ``seconds``."""

    request: LookRequest
    step: int
    seconds: float = 0.0
    found: Mapping[Look, Any] = field(default_factory=dict)

    def of(self, look: "Callable[[Experiment, LookRequest], Found]") -> "Found | None":
        """What ``look`` found; None where that is nothing, or it was not asked for."""
        return self.found.get(look)


_TOGETHER: ContextVar[dict[Any, Any] | None] = ContextVar("together", default=None)


def shared(part: Callable[["Experiment", int], Found]) -> Callable[["Experiment", int], Found]:
    """A part of several looks at a lane, worked out once for all that are taken together."""

    @wraps(part)
    def once(experiment: "Experiment", lane: int) -> Found:
        known = _TOGETHER.get()
        if known is None:
            return part(experiment, lane)
        if (part, lane) not in known:
            known[part, lane] = part(experiment, lane)
        found: Found = known[part, lane]
        return found

    return once


def take_looks(experiment: "Experiment", request: LookRequest) -> Looks:
    """Everything requested, now."""
    began = time.perf_counter()
    request = replace(request, lane=min(request.lane, len(experiment.lanes) - 1))
    together = _TOGETHER.set({})
    try:
        found = {look: look(experiment, request) for look in request.looks}
    finally:
        _TOGETHER.reset(together)
    return Looks(request, int(experiment.step), time.perf_counter() - began, found)


class LookSchedule:
    """Takes looks: at once for a new request, else now and then while the network changes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.request = LookRequest()
        self.newest: Looks | None = None
        self._clock = clock
        self._taken_at = -math.inf
        self._stale = True

    def ask(self, request: LookRequest) -> None:
        """Look for this from now on, and at once."""
        self.request, self._stale = request, True
        self._taken_at = -math.inf

    def changed(self) -> None:
        """The network is no longer what it was."""
        self._stale = True

    @property
    def due(self) -> bool:
        """Whether to look again now."""
        if not self.request.looks or not (self._stale or self._unfinished):
            return False
        cost = 0.0 if self.newest is None else self.newest.seconds
        if self._unfinished:
            return self._clock() - self._taken_at >= cost / BUSY_SHARE
        return self._clock() - self._taken_at >= max(SHORTEST_WAIT, cost / SHARE)

    @property
    def _unfinished(self) -> bool:
        """Whether something that was seen last says that there is more to come."""
        return self.newest is not None and not all(getattr(one, "complete", True) for one in self.newest.found.values())

    def take(self, experiment: "Experiment") -> None:
        """Take the looks requested, whether they are due or not."""
        self.newest = take_looks(experiment, self.request)
        self._stale, self._taken_at = False, self._clock()
