"""How much a network's answers vary from pass to pass while dropout stays on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nntui_engine.scenario.settings import LaneSettings

from .request import LookRequest
from .samples import SAMPLES

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

FAR = 3.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviation of a lane's outputs over passes with dropout: at its data, and three times as far out."""

    lane: int
    name: str
    at_data: float
    away: float


def is_unsure(settings: LaneSettings) -> bool:
    """Whether two passes with dropout on can differ."""
    layers = any(layer.dropout > 0.0 for layer in settings.layers)
    return layers or settings.input_dropout > 0.0 or settings.dropconnect > 0.0


def prediction_spread(experiment: "Experiment", request: LookRequest) -> tuple[Spread, ...]:  # noqa: ARG001
    """How far the outputs of each lane with dropout vary from pass to pass, at its data and far from them."""
    from nntui_engine.analysis.on_demand import prediction_spread

    found = []
    for index, lane in enumerate(experiment.network.lanes):
        if is_unsure(lane.settings):
            at, away = (prediction_spread(experiment, index, stretch, SAMPLES) for stretch in (1.0, FAR))
            found.append(Spread(index, lane.name, at, away))
    return tuple(found)
