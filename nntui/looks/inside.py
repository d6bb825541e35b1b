"""What stands inside a network: hidden states, filters, feature maps; and its data as it is augmented."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .request import LookRequest
from .samples import Floats

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.run.snapshot import LayerInfo


@dataclass(frozen=True, slots=True, eq=False)
class HiddenStates:
    """The states (time, units) of a recurrent layer over the first sequence of the probe set."""

    layer: "LayerInfo"
    states: Floats


def hidden_over_time(experiment: "Experiment", request: LookRequest) -> HiddenStates | None:
    """The hidden units of the chosen layer where it is recurrent, else of the first that is."""
    from nntui_engine.analysis.inside import hidden_states, probe_set
    from nntui_engine.registry.recurrence import RECURRENT_KINDS

    layer = _layer_of(experiment, request, RECURRENT_KINDS)
    if layer is None:
        return None
    states = hidden_states(experiment, request.lane, layer.index, probe_set(experiment, request.lane, 1))
    return HiddenStates(layer, states[0])


def _layer_of(experiment: "Experiment", request: LookRequest, kinds: tuple[str, ...]) -> "LayerInfo | None":
    """The chosen layer where it is of one of ``kinds``, else the first that is."""
    found = [info for info in experiment.network.lanes[request.lane].infos if info.kind in kinds]
    return next((info for info in found if info.index == request.layer), found[0] if found else None)


@dataclass(frozen=True, slots=True, eq=False)
class Filters:
    """A convolution's filters as pictures (filters, height, width): the mean over its ``channels``, or of a convolution
    along time one line for each of them."""

    layer: "LayerInfo"
    pictures: Floats
    channels: int


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMaps:
    """What every layer passes on of the first row of the probe set, the row itself first: (words, pictures).

    Pictures (channels, height, width); (1, units, time) of a sequence; (1, 1, units) of anything else.
    """

    maps: tuple[tuple[str, Floats], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Augmented:
    """The first row of the probe set, and how it would come in the first places of the next mini-batch:
    (1 + variants, …), in the shape of a row."""

    rows: Floats


VARIANTS = 8


def filters(experiment: "Experiment", request: LookRequest) -> Filters | None:
    """The filters of the chosen layer where it is a convolution, else of the first that is."""
    layer = _layer_of(experiment, request, ("convolution",))
    if layer is None:
        return None
    lane = experiment.network.lanes[request.lane]
    one = lane.settings.layers[layer.index - 1]
    weights = np.asarray(experiment.parameters(request.lane)[f"{one.label}.weights"], dtype=np.float64)
    kernel = one.options["kernel"]
    along_time = len(layer.shape) == 2
    sides = kernel if isinstance(kernel, (list, tuple)) else (kernel,) * (1 if along_time else 2)
    windows = weights.T.reshape(layer.units, *sides, -1)
    channels = windows.shape[-1]
    pictures = windows.transpose(0, 2, 1) if along_time else windows.mean(axis=3)
    return Filters(layer, pictures, channels)


def feature_maps(experiment: "Experiment", request: LookRequest) -> FeatureMaps | None:
    """One probe row on its way through the chosen lane's layers."""
    from nntui_engine.analysis.inside import outputs_of_layers, probe_set

    lane = experiment.network.lanes[request.lane]
    if not any(info.kind == "convolution" for info in lane.infos):
        return None
    passed = outputs_of_layers(experiment, request.lane, probe_set(experiment, request.lane, 1))
    maps = [("inputs", _pictures(passed[0][0]))]
    for info, one, rows in zip(lane.infos, lane.settings.layers, passed[1:], strict=True):
        words = info.name if info.name == "output" else one.name or info.kind.replace("_", " ")
        if info.kind != "flatten":
            maps.append((words, _pictures(rows[0])))
    return FeatureMaps(tuple(maps))


def augmented(experiment: "Experiment", request: LookRequest) -> Augmented | None:
    """A probe row and ``VARIANTS`` of what augmentation makes of it at this step."""
    from nntui_engine.analysis.inside import augmented_rows, probe_set, probed

    if experiment.network.lanes[request.lane].settings.augment is None:
        return None
    row = probe_set(experiment, request.lane, 1)
    number = int(probed(experiment, request.lane)[0])
    rows = np.concatenate([row, augmented_rows(experiment, request.lane, number, VARIANTS)])
    return Augmented(rows.reshape(len(rows), *experiment.network.lanes[request.lane].settings.shape))


def _pictures(row: Floats) -> Floats:
    if row.ndim == 3:
        return row.transpose(2, 0, 1)
    return row.T[None] if row.ndim == 2 else row.reshape(1, 1, -1)
