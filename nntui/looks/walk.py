"""What is kept of the networks while they train: where their weights have been, and how their outputs were spread."""

from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from .histograms import Histogram, histograms_of
from .past import Past

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

MOST_POINTS = 200
MOST_MOMENTS = 60  # of histograms
MOST_NUMBERS = 20_000_000  # of a lane's way; a larger network has fewer points

Points = tuple[NDArray[np.int64], NDArray[Any]]  # steps (points,), weights (points, parameters)


class Walk:
    """Where each lane has been, and what its layers passed on there."""

    def __init__(self) -> None:
        self._weights: Past[NDArray[Any]] = Past()
        self._histograms: Past[tuple[Histogram, ...]] = Past()

    def note(self, experiment: "Experiment") -> None:
        """Keeps how every lane stands, if it has moved on far enough."""
        from nntui_engine.analysis.landscape import parameters_of

        for index, lane in enumerate(experiment.network.lanes):
            step, steps = int(experiment.network.step[index]), lane.settings.steps
            numbers = sum(layer.parameters for layer in lane.infos)
            most = max(8, min(MOST_POINTS, MOST_NUMBERS // max(1, numbers)))
            weights, histograms = partial(parameters_of, experiment, index), partial(histograms_of, experiment, index)
            self._weights.note(lane.name, step, steps // MOST_POINTS, most, weights)
            self._histograms.note(lane.name, step, steps // MOST_MOMENTS, MOST_MOMENTS, histograms)

    def forget(self, lane: str | None = None) -> None:
        """Of a lane (None: of any) that begins anew nothing is kept."""
        self._weights.forget(lane)
        self._histograms.forget(lane)

    def of(self, lane: str) -> Points | None:
        """A lane's way so far; None where it has none."""
        way = self._weights.of(lane)
        return (np.array([step for step, _ in way]), np.stack([theta for _, theta in way])) if way else None

    def histograms(self, lane: str, layer: int) -> tuple[Histogram, ...]:
        """How a layer's (1-based) outputs were spread, oldest first."""
        return tuple(one[layer - 1] for _, one in self._histograms.of(lane))


_WALKS: "WeakKeyDictionary[Experiment, Walk]" = WeakKeyDictionary()


def walk_of(experiment: "Experiment") -> Walk:
    """The walk of a run, from when it was first asked for."""
    return _WALKS.setdefault(experiment, Walk())
