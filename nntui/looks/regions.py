"""Networks' answers everywhere around their data, for two inputs."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nntui_engine.data.dataset import LaneData
from nntui_engine.scenario.settings import LaneSettings

from .projection import Window
from .request import LookRequest
from .samples import MOST_PRODUCTS, Floats, affordable, limits, products, some

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.tasks.network_lane import NetworkLane

REGION_COLUMNS, REGION_ROWS = 128, 96  # of answers over the data, of one lane; of several fewer each
MOST_LANES = 16
UNLIKE = 5.0  # axes whose spans differ by more cannot have one scale: the data would be a line
WIDER = 2.0  # answers are known over so many times the data's height to the sides, so that wide plots can be filled


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """One lane's answers over a ``window`` of two inputs: ``kind`` (rows, columns) the class, −1 where not finite, top
    row first, and ``sureness`` from 0 to 1; both are empty where only the rows are shown.

    Rows of data ``points`` (n, 2), their ``kinds``, whether they are ``held_out`` and answered ``wrong`` (n,); ``data``
    is the window that holds them, ``even`` whether both inputs can have one scale.
    """

    window: Window
    kind: NDArray[np.int64]
    sureness: Floats
    points: Floats
    kinds: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    names: tuple[str, ...]
    features: tuple[str, ...]
    wrong: NDArray[np.bool_]
    data: Window
    even: bool = True
    lane: int = 0
    name: str = ""


def decision_regions(experiment: "Experiment", request: LookRequest) -> tuple[Regions, ...] | None:
    """The answers of the chosen lane and of the others whose answers are a map, in their order, on grids."""
    if not is_plane(experiment.network.lanes[request.lane]):
        return None
    shown = shown_lanes(experiment, request.lane, is_plane)
    return tuple(_regions(experiment, index, len(shown)) for index in shown)


def is_plane(lane: "NetworkLane") -> bool:
    """Whether a lane's answer is a map: two inputs, and not several labels a row."""
    return lane.settings.inputs == 2 and lane.data.task != "multilabel"


def shown_lanes(experiment: "Experiment", chosen: int, applies: Callable[["NetworkLane"], bool]) -> list[int]:
    """The lanes that ``applies`` to in their order, at most ``MOST_LANES``, the chosen one among them."""
    found = [index for index, lane in enumerate(experiment.network.lanes) if applies(lane)]
    return sorted(sorted(found, key=lambda index: index != chosen)[:MOST_LANES])


def _regions(experiment: "Experiment", index: int, lanes: int) -> Regions:
    lane = experiment.network.lanes[index]
    settings, data = lane.settings, lane.data
    across, up = (limits(data.x_train[:, i], data.x_validation[:, i]) for i in (0, 1))
    even = 1.0 / UNLIKE <= (across[1] - across[0]) / (up[1] - up[0]) <= UNLIKE
    window = stretched((across, up)) if even else (across, up)
    room = [(new[1] - new[0]) / (old[1] - old[0]) for new, old in zip(window, (across, up), strict=True)]
    wanted = REGION_COLUMNS * REGION_ROWS * math.prod(room) * products(settings)
    coarse = math.sqrt(lanes * max(1.0, wanted / MOST_PRODUCTS))
    xs = np.linspace(*window[0], max(8, int(REGION_COLUMNS * room[0] / coarse)))
    ys = np.linspace(*window[1], max(8, int(REGION_ROWS * room[1] / coarse)))
    points = np.column_stack([np.tile(xs, len(ys)), np.repeat(ys, len(xs))])
    everything = np.concatenate([data.t_train, data.t_validation])
    kind, sureness = classified(experiment.predict(points, index), everything, settings)
    rows, kinds, held_out, wrong = judged_rows(experiment, index, lanes)
    shape = (len(ys), len(xs))
    return Regions(
        window=window,
        kind=kind.reshape(shape)[::-1],
        sureness=sureness.reshape(shape)[::-1],
        points=rows,
        kinds=kinds,
        held_out=held_out,
        names=kind_names(data, settings),
        features=tuple(data.features[:2]),
        wrong=wrong,
        data=(across, up),
        even=even,
        lane=index,
        name=lane.name,
    )


def stretched(data: Window) -> Window:
    """A window at least as high as it is wide, and ``WIDER`` times as wide as it is high, about the same middle."""
    (x0, x1), (y0, y1) = data
    wide, high = max(x1 - x0, WIDER * (y1 - y0)), max(y1 - y0, x1 - x0)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return (x - wide / 2, x + wide / 2), (y - high / 2, y + high / 2)


def judged_rows(
    experiment: "Experiment", index: int, lanes: int
) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """The rows (n, inputs) of one of ``lanes`` that are looked at, evenly taken where they are many: their kinds, which
    are held out, which answered wrong. Where nothing is classified no answer is wrong."""
    lane = experiment.network.lanes[index]
    data, settings = lane.data, lane.settings
    most = affordable(settings, 1 / lanes)
    train, held = some(len(data.x_train), most), some(len(data.x_validation), most)
    rows = np.concatenate([data.x_train[train], data.x_validation[held]])
    targets = np.concatenate([data.t_train[train], data.t_validation[held]])
    everything = np.concatenate([data.t_train, data.t_validation])
    kinds, _ = classified(targets, everything, settings)
    wrong = np.zeros(len(rows), dtype=np.bool_)
    if settings.accuracy != "none":
        answers, _ = classified(experiment.predict(rows, index), everything, settings)
        wrong = np.asarray(answers != kinds)
    return rows, kinds, np.arange(len(rows)) >= len(train), wrong


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


def kind_names(data: LaneData, settings: LaneSettings) -> tuple[str, ...]:
    """What the kinds are called: the classes, or "low" and "high" where nothing is classified."""
    if settings.accuracy == "none":
        return ("low", "high")
    count = max(2, data.t_train.shape[1])
    return tuple(data.classes) if len(data.classes) == count else tuple(str(i) for i in range(count))
