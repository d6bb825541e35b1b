"""What stands inside a network: hidden states, filters, feature maps; and its data as it is augmented."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
