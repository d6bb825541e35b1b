"""One layer closely: how its outputs were spread from moment to moment, and how its weights are now."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .histograms import Histogram, histogram
from .layer_histograms import layer_histograms
from .request import LookRequest

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment


@dataclass(frozen=True, slots=True, eq=False)
class CloseLayer:
    """The chosen layer (1-based): its outputs' histograms, oldest first, and its weights' (None where it has none)."""

    layer: int
    outputs: tuple[Histogram, ...]
    weights: Histogram | None


def close_layer(experiment: "Experiment", request: LookRequest) -> CloseLayer:
    """The chosen layer of the chosen lane."""
    lane = experiment.network.lanes[request.lane]
    layer = min(max(1, request.layer), len(lane.settings.layers))
    spread = layer_histograms(experiment, request)
    weights = experiment.parameters(request.lane).get(f"{lane.settings.layers[layer - 1].label}.weights")
    step = int(experiment.network.step[request.lane])
    found = None if weights is None else histogram(step, np.asarray(weights, dtype=np.float64))
    return CloseLayer(layer, spread.histograms if spread is not None else (), found)
