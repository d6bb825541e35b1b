"""The weights of a dense layer that reads images, a picture for each unit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nntui_engine.scenario.settings import LaneSettings

from .request import LookRequest
from .samples import Floats

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

MOST = 256  # units


@dataclass(frozen=True, slots=True, eq=False)
class WeightPictures:
    """``pictures`` (units, height, width) of the first ``MOST`` units, the mean over an image's channels."""

    pictures: Floats
    units: int


def reads_images(settings: LaneSettings) -> bool:
    """Whether the first layer is dense and its inputs are the pixels of an image."""
    first = settings.layers[0]
    sides = settings.shape[:2] if len(settings.shape) == 3 else ()
    return first.kind == "dense" and first.sources == (0,) and len(sides) == 2 and min(sides) > 1


def weight_pictures(experiment: "Experiment", request: LookRequest) -> WeightPictures | None:
    """What each unit of the chosen lane's first layer looks for in an image."""
    settings = experiment.network.lanes[request.lane].settings
    if not reads_images(settings):
        return None
    weights = experiment.parameters(request.lane)[f"{settings.layers[0].label}.weights"]
    pictures = np.asarray(weights[:, :MOST], dtype=np.float64).T.reshape(-1, *settings.shape)
    return WeightPictures(pictures.mean(axis=3), weights.shape[1])
