"""How the chosen layer's outputs were spread from moment to moment."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .histograms import Histogram
from .request import LookRequest
from .walk import walk_of

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment


@dataclass(frozen=True, slots=True)
class LayerHistograms:
    """The chosen layer's (1-based) histograms, oldest first."""

    layer: int
    histograms: tuple[Histogram, ...]


def layer_histograms(experiment: "Experiment", request: LookRequest) -> LayerHistograms | None:
    """The histograms of the chosen layer of the chosen lane."""
    lane = experiment.network.lanes[request.lane]
    layer = min(request.layer, len(lane.settings.layers))
    found = walk_of(experiment).histograms(lane.name, layer)
    return LayerHistograms(layer, found) if found else None
