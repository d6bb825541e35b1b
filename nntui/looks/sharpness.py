"""How strongly the loss curves at each lane's weights, worked out beside the training, one lane after another."""

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from .past import Past
from .request import LookRequest

if TYPE_CHECKING:
    from nntui_engine.analysis.spectrum import Spectrum
    from nntui_engine.experiment import Experiment

MOST_POINTS = 200  # of a lane
SHARE = 0.3  # of one core at most

Curvatures = tuple[NDArray[np.int64], NDArray[np.float64]]  # steps (points,), largest eigenvalues (points,)


@dataclass(frozen=True, slots=True, eq=False)
class SeenSharpness:
    """By lane name the steps at which the largest eigenvalue of the Hessian was worked out, and what it was.

    ``complete``: nothing is being worked out. ``why``: why there is none of the chosen lane.
    """

    lanes: Mapping[str, Curvatures]
    complete: bool
    why: str = ""


class _Work:
    """One eigenvalue on its way, in a thread of its own: the screen and the training go on meanwhile."""

    def __init__(self, lane: str, step: int, matrix: "Spectrum") -> None:
        self.lane, self.step, self.found, self.seconds = lane, step, math.nan, 0.0
        self._thread = threading.Thread(target=self._measure, args=(matrix,), daemon=True, name="sharpness")
        self._thread.start()

    def _measure(self, matrix: "Spectrum") -> None:
        from nntui_engine.analysis.curvature import largest_eigenvalue

        began = time.monotonic()
        self.found = largest_eigenvalue(matrix)
        self.seconds = time.monotonic() - began

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()


class _Meter:
    """What is known of one run."""

    def __init__(self) -> None:
        self._past: Past[float] = Past()
        self._asked: dict[str, int] = {}  # by lane: the step it was last worked out at
        self._work: _Work | None = None
        self._rest_until = 0.0

    def go_on(self, experiment: "Experiment") -> bool:
        """Takes in what is done and begins the next; returns whether something is being worked out."""
        steps = {lane.name: int(experiment.network.step[i]) for i, lane in enumerate(experiment.network.lanes)}
        for lane, step in steps.items():
            if step < self._asked.get(lane, 0):  # it went back, or began anew
                self._asked[lane] = -1
                self._past.back_to(lane, step)
        work = self._work
        if work is not None and work.done:
            if self._asked.get(work.lane) == work.step:
                self._past.note(work.lane, work.step, 1, MOST_POINTS, lambda: work.found)
            self._work, self._rest_until = None, time.monotonic() + work.seconds * (1.0 / SHARE - 1.0)
        if self._work is None and time.monotonic() >= self._rest_until:
            self._begin(experiment, steps)
        return self._work is not None

    def _begin(self, experiment: "Experiment", steps: Mapping[str, int]) -> None:
        """Begins with the lane that has waited longest, of those that have moved on."""
        from nntui_engine.analysis.curvature import hessian

        waiting = [
            (self._asked.get(lane.name, -1), index)
            for index, lane in enumerate(experiment.network.lanes)
            if lane.settings.is_chain and steps[lane.name] != self._asked.get(lane.name, -1)
        ]
        if waiting:
            index = min(waiting)[1]
            lane = experiment.network.lanes[index].name
            self._asked[lane] = steps[lane]
            self._work = _Work(lane, steps[lane], hessian(experiment, index))

    def of(self, lane: str) -> Curvatures:
        """What is known of a lane."""
        past = self._past.of(lane)
        return np.array([step for step, _ in past], np.int64), np.array([value for _, value in past], np.float64)


_METERS: "WeakKeyDictionary[Experiment, _Meter]" = WeakKeyDictionary()


def sharpness_past(experiment: "Experiment", request: LookRequest) -> SeenSharpness:
    """The sharpness of all lanes so far, while it is looked at."""
    meter = _METERS.setdefault(experiment, _Meter())
    busy = meter.go_on(experiment)
    chosen = experiment.network.lanes[request.lane]
    why = "" if chosen.settings.is_chain else "The sharpness is worked out for plain chains of dense layers only."
    return SeenSharpness({lane.name: meter.of(lane.name) for lane in experiment.network.lanes}, not busy, why)
