"""The weights into one unit, of one lane and of all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nntui_engine.registry.recurrence import GATES

from .request import LookRequest
from .samples import Floats

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment


@dataclass(frozen=True, slots=True, eq=False)
class UnitWeights:
    """The weights (inputs,) into unit ``unit`` (0-based, of ``units``) of layer ``layer`` (1-based, of ``layers``);
    its ``name`` is "" where it has a number only. ``part``: the gate that they lead to, "" where a unit has one set of
    weights. ``missing``: why there are none."""

    layer: int
    layers: int
    unit: int
    units: int
    weights: Floats
    bias: float
    names: tuple[str, ...]
    name: str = ""
    missing: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """The weights (inputs,) into one unit of a layer, of each lane by its name; ``names`` of the inputs, if known."""

    layer: int
    layers: int
    unit: int
    weights: Mapping[str, Floats]
    names: tuple[str, ...]


def unit_weights(experiment: "Experiment", request: LookRequest) -> UnitWeights:
    """The weights into one unit; of a kind of layer that has none, the reason."""
    lane = experiment.network.lanes[request.lane]
    layer = min(max(1, request.layer), len(lane.settings.layers))
    layers, one = len(lane.settings.layers), lane.settings.layers[layer - 1]
    values = experiment.parameters(request.lane)
    if f"{one.label}.weights" not in values:
        kind = one.kind.replace("_", " ")
        why = f"A layer of kind {kind} has no weights; w chooses the next layer."
        return UnitWeights(layer, layers, 0, one.units, np.zeros(0), 0.0, (), one.name, why)
    weights = np.asarray(values[f"{one.label}.weights"], dtype=np.float64)
    unit, gates = min(request.unit, one.units - 1), GATES.get(one.kind, ())
    part = gates[0] if len(gates) > 1 else ""
    reads_data = one.kind == "dense" and one.sources == (0,)
    names = tuple(lane.data.features) if reads_data else ()
    biases = values.get(f"{one.label}.biases")
    bias = 0.0 if biases is None else float(biases[unit])
    return UnitWeights(layer, layers, unit, one.units, weights[:, unit], bias, names, one.name, part=part)


def coefficient_paths(experiment: "Experiment", request: LookRequest) -> Paths:
    """The weights into the chosen unit, in every lane that has such a unit."""
    chosen = unit_weights(experiment, request)
    found = {}
    for index, lane in enumerate(experiment.network.lanes):
        layers = lane.settings.layers
        label = layers[chosen.layer - 1].label if chosen.layer <= len(layers) else ""
        weights = experiment.parameters(index).get(f"{label}.weights")
        if weights is not None and weights.shape[0] == len(chosen.weights) and weights.shape[1] > chosen.unit:
            found[lane.name] = np.asarray(weights[:, chosen.unit], dtype=np.float64)
    return Paths(chosen.layer, chosen.layers, chosen.unit, found, chosen.names)
