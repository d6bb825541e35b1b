"""Every number of a tiny network's next backward pass."""

from typing import TYPE_CHECKING

from .request import LookRequest

if TYPE_CHECKING:
    from nntui_engine.analysis.trace import Trace
    from nntui_engine.experiment import Experiment


def backward_pass(experiment: "Experiment", request: LookRequest) -> "Trace | None":
    """Every number of the next backward pass of a tiny network."""
    from nntui_engine.analysis.trace import can_trace, trace

    return trace(experiment, request.lane) if can_trace(experiment.network.lanes[request.lane].settings) else None
