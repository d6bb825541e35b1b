"""The weights into one unit, of one lane and of all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .request import LookRequest
from .samples import Floats

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment


@dataclass(frozen=True, slots=True, eq=False)
class UnitWeights:
    """The weights (inputs,) into unit ``unit`` (0-based, of ``units``) of layer ``layer`` (1-based, of ``layers``)."""

    layer: int
    layers: int
    unit: int
    units: int
    weights: Floats
    bias: float
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """The weights (inputs,) into one unit of a layer, of each lane by its name; ``names`` of the inputs, if known."""

    layer: int
    layers: int
    unit: int
    weights: Mapping[str, Floats]
    names: tuple[str, ...]


def unit_weights(experiment: "Experiment", request: LookRequest) -> UnitWeights:
    """The weights into one unit."""
    lane = experiment.network.lanes[request.lane]
    layer = min(max(1, request.layer), len(lane.settings.layers))
    values = experiment.parameters(request.lane)
    weights = np.asarray(values[f"{layer}.weights"], dtype=np.float64)
    unit = min(request.unit, weights.shape[1] - 1)
    names = tuple(lane.data.features) if layer == 1 else ()
    bias = float(values[f"{layer}.biases"][unit])
    return UnitWeights(layer, len(lane.settings.layers), unit, weights.shape[1], weights[:, unit], bias, names)


def coefficient_paths(experiment: "Experiment", request: LookRequest) -> Paths:
    """The weights into the chosen unit, in every lane that has such a unit."""
    chosen = unit_weights(experiment, request)
    found = {}
    for index, lane in enumerate(experiment.network.lanes):
        weights = experiment.parameters(index).get(f"{chosen.layer}.weights")
        if weights is not None and weights.shape[0] == len(chosen.weights) and weights.shape[1] > chosen.unit:
            found[lane.name] = np.asarray(weights[:, chosen.unit], dtype=np.float64)
    return Paths(chosen.layer, chosen.layers, chosen.unit, found, chosen.names)
