"""Every lane's answer along its only input."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .request import LookRequest
from .samples import MOST_PRODUCTS, SAMPLES, Floats, limits, products, some
from .spread import is_unsure

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

CURVE_POINTS = 240


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """One lane's answers (m,); ``low`` and ``high`` lie a standard deviation off where dropout makes them vary."""

    lane: int
    name: str
    low: Floats
    middle: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Answers along one input ``xs`` (m,), and the rows (n, 2): input and target."""

    xs: Floats
    bands: tuple[Band, ...]
    train: Floats
    held_out: Floats
    feature: str


def prediction_curve(experiment: "Experiment", request: LookRequest) -> Curves | None:
    """Every lane's answer along its only input, and the data of the chosen lane."""
    chosen = experiment.network.lanes[request.lane]
    data = chosen.data
    if chosen.settings.inputs != 1:
        return None
    low, high = limits(data.x_train, data.x_validation)
    xs = np.linspace(low, high, CURVE_POINTS)
    bands = []
    for index, lane in enumerate(experiment.network.lanes):
        if lane.data.split_key != data.split_key:
            continue
        middle = experiment.predict(xs[:, None], index)[:, 0]
        bottom = top = middle
        if is_unsure(lane.settings) and products(lane.settings) * CURVE_POINTS * SAMPLES <= MOST_PRODUCTS:
            samples = np.stack([experiment.predict(xs[:, None], index, i)[:, 0] for i in range(SAMPLES)])
            spread = samples.std(axis=0)
            bottom, top = middle - spread, middle + spread
        bands.append(Band(index, lane.name, bottom, middle, top))
    train, held = some(len(data.x_train)), some(len(data.x_validation))
    return Curves(
        xs,
        tuple(bands),
        np.column_stack([data.x_train[train, 0], data.t_train[train, 0]]),
        np.column_stack([data.x_validation[held, 0], data.t_validation[held, 0]]),
        data.features[0] if data.features else "x",
    )
