"""How the outputs of a network's layers are spread over the probe set."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

Floats = NDArray[np.float64]
BINS = 48
ROWS = 128  # of the probe set


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """What share of a layer's outputs lies in each of ``BINS`` equal parts from ``low`` to ``high``, at ``step``.

    What is not finite is left out.
    """

    step: int
    low: float
    high: float
    shares: Floats


def histograms_of(experiment: "Experiment", lane: int) -> tuple[Histogram, ...]:
    """One for each layer of a lane as it stands."""
    from nntui_engine.analysis.inside import outputs_of_layers, probe_set

    step = int(experiment.network.step[lane])
    passed = outputs_of_layers(experiment, lane, probe_set(experiment, lane, ROWS))[1:]
    return tuple(histogram(step, values) for values in passed)


def histogram(step: int, values: Floats) -> Histogram:
    """The histogram of ``values`` (any shape)."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Histogram(step, 0.0, 0.0, np.zeros(BINS))
    low, high = float(finite.min()), float(finite.max())
    if not high > low:
        return Histogram(step, low, high, np.concatenate([[1.0], np.zeros(BINS - 1)]))
    counts = np.histogram(finite, BINS, (low, high))[0]
    return Histogram(step, low, high, counts / finite.size)
