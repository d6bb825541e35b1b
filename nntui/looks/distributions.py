"""How each layer's outputs are spread, kept while it trains: histograms over the probe set."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from .request import LookRequest

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

Floats = NDArray[np.float64]
BINS = 48
ROWS = 128  # of the probe set
MOST_POINTS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """What share of a layer's outputs lies in each of ``BINS`` equal parts from ``low`` to ``high``, at ``step``.

    What is not finite is left out.
    """

    step: int
    low: float
    high: float
    shares: Floats


@dataclass(frozen=True, slots=True)
class LayerHistograms:
    """The chosen layer's histograms, oldest first."""

    layer: int
    histograms: tuple[Histogram, ...]


class Distributions:
    """The histograms of every layer of every lane."""

    def __init__(self) -> None:
        self._kept: dict[str, list[tuple[Histogram, ...]]] = {}

    def note(self, experiment: "Experiment") -> None:
        """Keeps how the layers' outputs are spread, if a lane has moved on far enough; what it went back from goes."""
        from nntui_engine.analysis.inside import outputs_of_layers, probe_set

        for index, lane in enumerate(experiment.network.lanes):
            step = int(experiment.network.step[index])
            kept = [one for one in self._kept.get(lane.name, []) if one[0].step < step]
            apart = max(1, lane.settings.steps // MOST_POINTS)
            if not kept or step - kept[-1][0].step >= apart:
                passed = outputs_of_layers(experiment, index, probe_set(experiment, index, ROWS))[1:]
                now = tuple(_histogram(step, values) for values in passed)
                if kept and len(kept[-1]) != len(now):
                    kept = []
                kept.append(now)
                if len(kept) > MOST_POINTS:
                    del kept[1:-1:2]
            self._kept[lane.name] = kept

    def of(self, lane: str, layer: int) -> tuple[Histogram, ...]:
        """A layer's (1-based) histograms so far."""
        return tuple(one[layer - 1] for one in self._kept.get(lane, []))


def _histogram(step: int, values: Floats) -> Histogram:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Histogram(step, 0.0, 0.0, np.zeros(BINS))
    low, high = float(finite.min()), float(finite.max())
    if not high > low:
        return Histogram(step, low, high, np.concatenate([[1.0], np.zeros(BINS - 1)]))
    counts = np.histogram(finite, BINS, (low, high))[0]
    return Histogram(step, low, high, counts / finite.size)


_KEPT: "WeakKeyDictionary[Experiment, Distributions]" = WeakKeyDictionary()


def distributions_of(experiment: "Experiment") -> Distributions:
    """The histograms of a run, from when they were first asked for."""
    return _KEPT.setdefault(experiment, Distributions())


def layer_histograms(experiment: "Experiment", request: LookRequest) -> LayerHistograms | None:
    """The histograms of the chosen layer of the chosen lane."""
    lane = experiment.network.lanes[request.lane]
    layer = min(request.layer, len(lane.settings.layers))
    found = distributions_of(experiment).of(lane.name, layer)
    return LayerHistograms(layer, found) if found else None
