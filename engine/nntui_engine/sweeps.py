"""Many races at once: a fair learning rate for every optimizer, and a map of which start leads to which minimum."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .kernels import race as k
from .lanes import launching
from .race import Race, lay_out
from .settings import RaceSettings

Array = NDArray[np.float64]

RATES = 60
_LOWEST, _HIGHEST = 1e-6, 1e1
_LAUNCH_STEPS = 200_000  # updates of all lanes together in one launch: some milliseconds


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How far one lane's optimizer gets with each learning rate, on the same budget.

    ``values`` (RATES,) is the median over the starts of the value reached (infinite where it diverged), for ``rates``
    (RATES,); ``best`` the rate with the lowest.
    """

    lane: str
    optimizer: str
    rates: Array
    values: Array
    best: float


@dataclass(frozen=True, slots=True)
class Basins:
    """Which minimum each start leads to. ``minimum`` (rows, columns) is the index of the nearest minimum at the end, −1
    where the lane diverged or ended far from all; ``steps`` the updates until it was within ``near``."""

    xs: Array
    ys: Array
    minimum: NDArray[np.int64]
    steps: NDArray[np.int64]
    near: float


def nearby_starts(settings: RaceSettings) -> list[tuple[float, float]]:
    """The lane's start and four points around it, a twentieth of the window away."""
    (x0, x1), (y0, y1) = settings.window
    dx, dy = 0.05 * (x1 - x0), 0.05 * (y1 - y0)
    x, y = settings.start
    return [(x, y), (x + dx, y + dy), (x - dx, y + dy), (x + dx, y - dy), (x - dx, y - dy)]


def fair_rates(race: Race, steps: int | None = None) -> list[Sensitivity]:
    """For every lane the value reached after ``steps`` (default: the scenario's) with each of 60 rates from 1e-6 to 10.

    The rates are equally far apart on a log scale and the same for all; every lane starts from the same five points.
    """
    rates = np.geomspace(_LOWEST, _HIGHEST, RATES)
    found = []
    for lane in race.lanes:
        starts = nearby_starts(lane.settings)
        grid = [
            replace(
                lane.settings,
                start=start,
                steps=steps or lane.settings.steps,
                optimizer_parameters={**lane.settings.optimizer_parameters, "lr": float(rate)},
            )
            for rate in rates
            for start in starts
        ]
        reached, _ = _run(grid)
        values = np.median(reached.reshape(RATES, len(starts)), axis=1)
        best = float(rates[int(np.argmin(values))])
        found.append(Sensitivity(lane.name, lane.settings.optimizer, rates, values, best))
    return found


def basin_map(race: Race, lane: int, columns: int, rows: int, near: float = 0.05) -> Basins:
    """Start one lane's optimizer from every cell of a grid over the window."""
    settings = race.lanes[lane].settings
    (x0, x1), (y0, y1) = settings.window
    xs = x0 + (np.arange(columns) + 0.5) * (x1 - x0) / columns
    ys = y0 + (np.arange(rows) + 0.5) * (y1 - y0) / rows
    grid = [replace(settings, start=(float(x), float(y))) for y in ys for x in xs]
    minima = race.minima(lane)
    ends, first_near = _run(grid, minima, near)
    del ends
    index = np.where(first_near[0] >= 0, first_near[1], -1)
    return Basins(xs, ys, index.reshape(rows, columns), first_near[0].reshape(rows, columns), near)


def _run(
    lanes: Sequence[RaceSettings], minima: Array | None = None, near: float = 0.0
) -> tuple[Array, NDArray[np.int64]]:
    """Race all lanes to their end: values reached (infinite if diverged), and (2, lanes): the first checked step within
    ``near`` of a minimum (−1: never) and which minimum that was."""
    field = lay_out(lanes)
    steps = max(lane.steps for lane in lanes)
    field.ints[:, k.C_SAMPLE_EVERY] = steps + 1
    out_steps, out = np.zeros((len(lanes), 1), np.int64), np.zeros((len(lanes), 1, k.OUT))
    first = np.full((2, len(lanes)), -1)
    with launching():
        k.start_race(field.points, field.state, field.ints, field.reals)
    chunk = max(1, min(_LAUNCH_STEPS // len(lanes), steps if minima is None else max(1, steps // 50)))
    for until in range(chunk, steps + chunk, chunk):
        goals = np.minimum(until, field.ints[:, k.C_LIMIT])
        with launching():
            k.race_lanes(goals, field.points, field.state, field.ints, field.reals, out_steps, out)
        if minima is not None and len(minima):
            w = field.state[:, k.W : k.W + 2]
            with np.errstate(all="ignore"):
                distances = np.hypot(*(w[:, None, :] - minima[None]).transpose(2, 0, 1))
            arrived = (distances.min(axis=1) < near) & (first[0] < 0)
            first[0, arrived] = until
            first[1, arrived] = distances.argmin(axis=1)[arrived]
    values = field.reals[:, k.K_VALUE].copy()
    values[(field.ints[:, k.C_DIVERGED_AT] >= 0) | ~np.isfinite(values)] = np.inf
    return values, first
