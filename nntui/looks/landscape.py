"""The landscape around a lane's weights, worked out a little at a time while the screen lives."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from .projection import Window
from .request import LookRequest
from .walk import walk_of

if TYPE_CHECKING:
    from nntui_engine.analysis.landscape import Landscape, Plane
    from nntui_engine.experiment import Experiment

Floats = NDArray[np.float64]
GRIDS = (24, 48)  # places along each side, first and last
SECONDS = 0.1  # of work at a time
MARGIN = 0.3  # around a path, as a share of its reach


@dataclass(frozen=True, slots=True, eq=False)
class SeenLandscape:
    """The loss on a plane: ``values`` (side, side), the lowest row first, NaN where it is not known yet.

    ``path`` (points, 2) is the way of the lane in the plane, ``steps`` (points,) when it was there; ``share`` how much
    of the way lies in the plane. ``step``: whose weights the plane goes through.
    """

    window: Window
    values: Floats
    path: Floats
    steps: NDArray[np.int64]
    along_path: bool
    share: float
    step: int
    complete: bool


@dataclass(slots=True)
class _Survey:
    """One landscape on its way."""

    asked: tuple[object, ...]
    landscape: "Landscape"
    plane: "Plane"
    window: Window
    step: int
    along_path: bool
    values: Floats = field(default_factory=lambda: np.full((GRIDS[0], GRIDS[0]), np.nan))
    row: int = 0

    @property
    def complete(self) -> bool:
        return len(self.values) == GRIDS[-1] and self.row == GRIDS[-1]

    def go_on(self) -> None:
        """Works for about ``SECONDS``: whole rows, then a finer grid."""
        end = time.perf_counter() + SECONDS
        while not self.complete and time.perf_counter() < end:
            side = len(self.values)
            if self.row == side:  # twice as fine: the coarse values stay until there are better ones
                self.values, self.row = np.repeat(np.repeat(self.values, 2, axis=0), 2, axis=1), 0
                continue
            (x0, x1), (y0, y1) = self.window
            y = y0 + (y1 - y0) * (self.row + 0.5) / side
            xs = x0 + (x1 - x0) * (np.arange(side) + 0.5) / side
            losses = np.array([self.landscape.loss(float(x), y) for x in xs])
            self.values[self.row] = np.where(np.isnan(losses), np.inf, losses)  # NaN means: not known yet
            self.row += 1


_SURVEYS: "WeakKeyDictionary[Experiment, _Survey]" = WeakKeyDictionary()


def landscape(experiment: "Experiment", request: LookRequest) -> SeenLandscape | None:
    """The loss around the chosen lane's weights; anew where another lane, or another plane, is asked for, where it was
    asked for once more, and where the lane has left the window."""
    lane = experiment.network.lanes[request.lane]
    way = walk_of(experiment).of(lane.name)
    if way is None or not np.isfinite(way[1][-1]).all():
        return None
    steps, thetas = way
    asked = (lane.name, len(thetas[0]), request.plane, request.again)
    survey = _SURVEYS.get(experiment)
    if survey is None or survey.asked != asked or steps[-1] < survey.step or _outside(survey, thetas[-1:]):
        survey = _begun(experiment, request, asked, thetas, int(steps[-1]))
        _SURVEYS[experiment] = survey
    survey.go_on()
    path = survey.plane.coordinates(thetas.astype(np.float64))
    return SeenLandscape(
        survey.window,
        survey.values.copy(),
        path,
        steps,
        survey.along_path,
        survey.plane.share,
        survey.step,
        survey.complete,
    )


def _begun(
    experiment: "Experiment", request: LookRequest, asked: tuple[object, ...], thetas: Floats, step: int
) -> _Survey:
    from nntui_engine.analysis.landscape import Landscape, path_plane, random_plane

    along_path = request.plane == 0 and len(thetas) > 2
    if along_path:
        plane = path_plane(thetas)
        path = plane.coordinates(thetas.astype(np.float64))
        low, high = path.min(axis=0), path.max(axis=0)
        around = MARGIN * np.maximum(high - low, 1e-12)
        (x0, y0), (x1, y1) = low - around, high + around
        window = ((float(x0), float(x1)), (float(y0), float(y1)))
    else:
        plane = random_plane(experiment, request.lane, request.plane)
        window = ((-1.0, 1.0), (-1.0, 1.0))
    return _Survey(asked, Landscape(experiment, request.lane, plane), plane, window, step, along_path)


def _outside(survey: _Survey, theta: Floats) -> bool:
    """Whether a path has gone on out of its window; random planes stay where they are."""
    if not survey.along_path:
        return False
    place = survey.plane.coordinates(theta.astype(np.float64))[0]
    return any(not low <= at <= high for at, (low, high) in zip(place, survey.window, strict=True))
