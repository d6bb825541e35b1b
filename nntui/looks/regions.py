"""A network's answer everywhere around its data, for two inputs."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nntui_engine.data.dataset import LaneData
from nntui_engine.scenario.settings import LaneSettings

from .projection import Window
from .request import LookRequest
from .samples import MOST_PRODUCTS, Floats, limits, products, some

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

REGION_COLUMNS, REGION_ROWS = 128, 96


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Answers over a window of two inputs: ``kind`` (rows, columns) the class, −1 where not finite, top row first, and
    ``sureness`` from 0 to 1; rows of data ``points`` (n, 2), their ``kinds`` and whether they are ``held_out`` (n,)."""

    window: Window
    kind: NDArray[np.int64]
    sureness: Floats
    points: Floats
    kinds: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    names: tuple[str, ...]
    features: tuple[str, ...]


def decision_regions(experiment: "Experiment", request: LookRequest) -> Regions | None:
    """The network's answer on a grid around its data, for two inputs."""
    lane = experiment.network.lanes[request.lane]
    settings, data = lane.settings, lane.data
    if settings.inputs != 2 or data.task == "multilabel":
        return None
    window = tuple(limits(data.x_train[:, i], data.x_validation[:, i]) for i in (0, 1))
    coarse = max(1.0, math.sqrt(REGION_COLUMNS * REGION_ROWS * products(settings) / MOST_PRODUCTS))
    xs = np.linspace(*window[0], max(8, int(REGION_COLUMNS / coarse)))
    ys = np.linspace(*window[1], max(8, int(REGION_ROWS / coarse)))
    points = np.column_stack([np.tile(xs, len(ys)), np.repeat(ys, len(xs))])
    outputs = experiment.predict(points, request.lane)
    train, held = some(len(data.x_train)), some(len(data.x_validation))
    targets = np.concatenate([data.t_train[train], data.t_validation[held]])
    everything = np.concatenate([data.t_train, data.t_validation])
    kind, sureness = classified(outputs, everything, settings)
    kinds, _ = classified(targets, everything, settings)
    names = _class_names(data, everything.shape[1]) if settings.accuracy != "none" else ("low", "high")
    shape = (len(ys), len(xs))
    return Regions(
        window=(window[0], window[1]),
        kind=kind.reshape(shape)[::-1],
        sureness=sureness.reshape(shape)[::-1],
        points=np.concatenate([data.x_train[train], data.x_validation[held]]),
        kinds=kinds,
        held_out=np.arange(len(train) + len(held)) >= len(train),
        names=names,
        features=tuple(data.features[:2]),
    )


def classified(outputs: Floats, targets: Floats, settings: LaneSettings) -> tuple[NDArray[np.int64], Floats]:
    """The class that each row of ``outputs`` (n, k) stands for (−1 where not finite), and how sure it is, 0 to 1.

    A single output is compared with the lane's threshold; where nothing is classified, with the middle of the targets.
    """
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(outputs).all(axis=1))
    if outputs.shape[1] == 1:
        low, high = float(targets.min()), float(targets.max())
        threshold = settings.accuracy_threshold if settings.accuracy == "threshold" else (low + high) / 2
        value = np.where(finite, outputs[:, 0], threshold)
        kind = (value > threshold).astype(np.int64)
        room = np.where(kind == 1, high - threshold, threshold - low)
        sureness = np.abs(value - threshold) / np.maximum(room, 1e-12)
    else:
        value = np.where(finite[:, None], outputs, 0.0)
        kind = np.asarray(value.argmax(axis=1), dtype=np.int64)
        ordered = np.sort(value, axis=1)
        sureness = ordered[:, -1] - ordered[:, -2]
    return np.where(finite, kind, np.int64(-1)), np.clip(sureness, 0.0, 1.0)


def _class_names(data: LaneData, outputs: int) -> tuple[str, ...]:
    count = max(2, outputs)
    return tuple(data.classes) if len(data.classes) == count else tuple(str(i) for i in range(count))
