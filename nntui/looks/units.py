"""How every unit of every layer does: what it passes on, how often it is silent or saturated, how hard it is pulled."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nntui_engine.registry.activation import ACTIVATIONS

from .request import LookRequest, shared
from .samples import Floats, affordable

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

PROBED = 512  # rows


@dataclass(frozen=True, slots=True, eq=False)
class LayerUnits:
    """One number for each unit (units,) of a layer, NaN where it does not apply: mean and standard deviation of a, the
    share of rows on which a is 0 (of activations that can fall silent), or where the activation is flat (of those that
    squash), and the norm of its weights' gradient on the next mini-batch."""

    mean: Floats
    deviation: Floats
    silent: Floats
    saturated: Floats
    gradient: Floats


@dataclass(frozen=True, slots=True)
class Units:
    """All layers of the chosen lane, over so many ``rows`` of its probe set."""

    layers: tuple[LayerUnits, ...]
    rows: int


def units(experiment: "Experiment", request: LookRequest) -> Units:
    """How every unit of the chosen lane does."""
    return units_of(experiment, request.lane)


@shared
def units_of(experiment: "Experiment", index: int) -> Units:
    """How every unit of a lane does."""
    from nntui_engine.analysis.flatness import where_flat
    from nntui_engine.analysis.inside import activations_of_layers, probe_set

    lane = experiment.network.lanes[index]
    rows = probe_set(experiment, index, min(PROBED, affordable(lane.settings)))
    passed = activations_of_layers(experiment, index, rows)
    gradients = experiment.gradients(index)
    found = []
    for layer, info, (z, a) in zip(lane.settings.layers, lane.infos, passed, strict=True):
        last, slopes = info.index == len(lane.infos), gradients.get(f"{layer.label}.weights")
        nothing = np.full(info.units, np.nan)
        with np.errstate(all="ignore"):
            silent = (a == 0.0).mean(axis=0) if ACTIVATIONS[layer.activation].falls_silent and not last else nothing
            squashes = ACTIVATIONS[layer.activation].squashes and z.shape == a.shape and not last
            saturated = where_flat(layer, z).mean(axis=0) if squashes else nothing
            pull = nothing if slopes is None else _pull(slopes.astype(np.float64), info.units)
            found.append(LayerUnits(a.mean(axis=0), a.std(axis=0), silent, saturated, pull))
    return Units(tuple(found), len(rows))


def _pull(gradient: Floats, count: int) -> Floats:
    """The norm of each unit's part of a gradient (inputs, units); of gated units over all gates."""
    return np.asarray(np.sqrt((gradient.reshape(len(gradient), -1, count) ** 2).sum(axis=(0, 1))))
