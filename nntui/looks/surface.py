"""The surface under the map: which part is wanted, and its values there."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nntui_engine.scenario.settings import SurfaceSettings

from .basins import basins, starts_of
from .projection import Projection, Window

if TYPE_CHECKING:
    from nntui_engine.tasks.surface import SurfaceTask

Floats = NDArray[np.float64]
MOST_TERMS = 4e6  # evaluations of a data point's loss in one sampling: some tens of milliseconds


@dataclass(frozen=True, slots=True)
class SurfaceRequest:
    """A wanted part of one lane's surface: the window and the cells it is shown on; with ``basins``, the lane's
    settings, where descents with these end in place of its values."""

    lane: int
    window: Window
    width: int
    height: int
    basins: SurfaceSettings | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SampledSurface:
    """One lane's surface: ``values`` (len(ys), len(xs)), ``ys`` from the top down; of basins the minima's numbers."""

    request: SurfaceRequest
    surface: tuple[object, ...]
    xs: Floats
    ys: Floats
    values: Floats


def surface_of(settings: SurfaceSettings) -> tuple[object, ...]:
    """What two lanes have in common when they race on the same surface."""
    parameters = tuple(sorted((k, v) for k, v in settings.surface_parameters.items() if k != "batch_size"))
    on_data = settings.surface == "noisy_moons"
    return (settings.surface, parameters, settings.seed if on_data else 0)


def sample_surface(surface: "SurfaceTask", request: SurfaceRequest) -> SampledSurface:
    """The values of a lane's surface; coarser where each one is a sum over many data points."""
    settings = surface.lanes[request.lane].settings
    xs, ys = Projection(request.window, request.width, request.height).pixels()
    if request.basins is not None:
        xs, ys = starts_of(xs, ys, settings.steps)
        found = basins(settings, surface.minima(request.lane), request.window, xs, ys)
        return SampledSurface(request, surface_of(settings), xs, ys, found)
    terms = len(xs) * len(ys) * settings.surface_parameters.get("samples", 1.0)
    coarse = max(1, math.ceil(math.sqrt(terms / MOST_TERMS)))
    xs, ys = xs[coarse // 2 :: coarse], ys[coarse // 2 :: coarse]
    return SampledSurface(request, surface_of(settings), xs, ys, surface.values(xs, ys, request.lane))
