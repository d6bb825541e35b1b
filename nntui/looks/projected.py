"""Rows of data with more than two inputs, laid flat: where they lie along the two directions of most variation."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from nntui_engine.data.dataset import LaneData

from .regions import Regions, judged_rows, kind_names, shown_lanes
from .request import LookRequest
from .samples import Floats, limits, some

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.tasks.network_lane import NetworkLane

MOST_FITTED = 300  # rows that the directions are found from


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """The two directions (inputs, 2) of most variation about ``middle`` (inputs,), and their ``share`` of all of it."""

    middle: Floats
    directions: Floats
    share: float

    def of(self, rows: Floats) -> Floats:
        """Where rows (n, inputs) lie in the plane (n, 2)."""
        return np.asarray((rows - self.middle) @ self.directions)


@dataclass(frozen=True, slots=True, eq=False)
class ProjectedRows:
    """Every lane's rows in the plane of its data, and the chosen lane's plane's share of the variation."""

    lanes: tuple[Regions, ...]
    share: float


def projected_rows(experiment: "Experiment", request: LookRequest) -> ProjectedRows | None:
    """The rows of the chosen lane and of the others in the plane of most variation, and which are answered wrong."""
    if not can_project(experiment.network.lanes[request.lane]):
        return None
    shown = shown_lanes(experiment, request.lane, can_project)
    found = tuple(_projected(experiment, index, len(shown)) for index in shown)
    return ProjectedRows(found, _plane_of(experiment, request.lane).share)


def can_project(lane: "NetworkLane") -> bool:
    """Whether a lane's rows can be laid flat: more than two inputs, none the number of a word, one answer a row."""
    words = any(layer.kind == "embedding" for layer in lane.settings.layers)
    return lane.settings.inputs > 2 and lane.data.task != "multilabel" and not words


def _projected(experiment: "Experiment", index: int, lanes: int) -> Regions:
    lane, plane = experiment.network.lanes[index], _plane_of(experiment, index)
    rows, kinds, held_out, wrong = judged_rows(experiment, index, lanes)
    points = plane.of(rows)
    across, up = limits(points[:, 0]), limits(points[:, 1])
    return Regions(
        window=(across, up),
        kind=np.zeros((0, 0), dtype=np.int64),
        sureness=np.zeros((0, 0)),
        points=points,
        kinds=kinds,
        held_out=held_out,
        names=kind_names(lane.data, lane.settings),
        features=("direction 1", "direction 2"),
        wrong=wrong,
        data=(across, up),
        even=False,
        lane=index,
        name=lane.name,
    )


_PLANES: "WeakKeyDictionary[Experiment, dict[str, Plane]]" = WeakKeyDictionary()


def _plane_of(experiment: "Experiment", index: int) -> Plane:
    """The plane of a lane's data, found once."""
    data: LaneData = experiment.network.lanes[index].data
    known = _PLANES.setdefault(experiment, {})
    if data.split_key not in known:
        known[data.split_key] = principal_plane(data.x_train[some(len(data.x_train), MOST_FITTED)])
    return known[data.split_key]


def principal_plane(rows: Floats) -> Plane:
    """The first two principal components (PCA) of rows (n, inputs); the largest part of each direction is positive."""
    middle = rows.mean(axis=0)
    centred = rows - middle
    few = len(rows) < rows.shape[1]  # XXᵀ has the variances of XᵀX, with directions Xᵀu
    sizes, vectors = largest_two(centred @ centred.T if few else centred.T @ centred)
    two = (centred.T @ vectors if few else vectors).T
    for direction in two:
        length = float(np.linalg.norm(direction)) * math.copysign(1.0, direction[np.abs(direction).argmax()])
        direction /= length or 1.0
    total = float((centred**2).sum())
    return Plane(middle, two.T, float(sizes.sum()) / total if total > 0.0 else 1.0)


def largest_two(symmetric: Floats) -> tuple[Floats, Floats]:
    """The two largest eigenvalues of a symmetric matrix (n, n), the largest first, and their vectors (n, 2)."""
    from scipy.linalg import eigh

    size = len(symmetric)
    values, vectors = eigh(symmetric, subset_by_index=[max(0, size - 2), size - 1])
    return values[::-1], vectors[:, ::-1]
