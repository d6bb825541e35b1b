"""Many races at once: a fair learning rate for every optimizer, and a map of which start leads to which minimum."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .kernels import race as k
from .launch import launching
from .race import Race, lay_out
from .settings import RaceSettings

Array = NDArray[np.float64]

RATES = 60
_LOWEST, _HIGHEST = 1e-6, 1e2
_LAUNCH_STEPS = 200_000  # updates of all lanes together in one launch: some milliseconds


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How far one lane's optimizer gets with each learning rate, on the same budget.

    ``values`` (RATES,) is the median over the starts of the value reached, infinite where the lane's own start or most
    of the others diverged, for ``rates`` (RATES,); ``best`` the rate with the lowest.
    """

    lane: str
    optimizer: str
    rates: Array
    values: Array
    best: float


@dataclass(frozen=True, slots=True)
class Basins:
    """Which minimum each start leads to.

    ``minimum`` (rows, columns) is the index of the minimum that the lane is within ``near`` of at the end, −1 where it
    diverged or is near none; ``steps`` the updates until it first was (−1: never), looked at fifty times a run.
    """

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
    """For every lane the value reached after ``steps`` (default: the scenario's) with 60 rates from 1e-6 to 100.

    The rates are equally far apart on a log scale and the same for all; every lane starts from its start and four
    points around it.
    """
    return [fair_rate(lane.name, lane.settings, steps) for lane in race.lanes]


def fair_rate(name: str, settings: RaceSettings, steps: int | None = None) -> Sensitivity:
    """One lane's part of :func:`fair_rates`."""
    rates = np.geomspace(_LOWEST, _HIGHEST, RATES)
    starts = nearby_starts(settings)
    grid = [
        replace(
            settings,
            start=start,
            steps=steps or settings.steps,
            optimizer_parameters={**settings.optimizer_parameters, "lr": float(rate)},
        )
        for rate in rates
        for start in starts
    ]
    reached, _, _ = _run(grid)
    reached = reached.reshape(RATES, len(starts))
    values = np.where(np.isfinite(reached[:, 0]), np.median(reached, axis=1), np.inf)
    best = float(rates[int(np.argmin(values))])
    return Sensitivity(name, settings.optimizer, rates, values, best)


def basin_map(race: Race, lane: int, columns: int, rows: int, near: float = 0.05) -> Basins:
    """Start one lane's optimizer from every cell of a grid over the window."""
    settings = race.lanes[lane].settings
    (x0, x1), (y0, y1) = settings.window
    xs = x0 + (np.arange(columns) + 0.5) * (x1 - x0) / columns
    ys = y0 + (np.arange(rows) + 0.5) * (y1 - y0) / rows
    grid = [replace(settings, start=(float(x), float(y))) for y in ys for x in xs]
    minima = race.minima(lane)
    _, first, nearest = _run(grid, minima, near)
    steps = np.where(nearest >= 0, first[np.arange(len(grid)), nearest], -1)  # every surface has a minimum
    return Basins(xs, ys, nearest.reshape(rows, columns), steps.reshape(rows, columns), near)


def _run(
    lanes: Sequence[RaceSettings], minima: Array | None = None, near: float = 0.0
) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """Race all lanes to their end: values reached (infinite if diverged); (lanes, minima) the first step looked at
    within ``near`` of each minimum (−1: none); the minimum each lane is that near to at the end (−1: none)."""
    minima = np.zeros((0, 2)) if minima is None else minima
    field = lay_out(lanes)
    steps = max(lane.steps for lane in lanes)
    field.ints[:, k.C_SAMPLE_EVERY] = steps + 1
    out_steps, out = np.zeros((len(lanes), 1), np.int64), np.zeros((len(lanes), 1, k.OUT))
    first = np.full((len(lanes), len(minima)), -1)
    is_near = np.zeros((len(lanes), len(minima)), bool)
    with launching():
        k.start_race(field.points, field.state, field.ints, field.reals)
    chunk = max(1, min(_LAUNCH_STEPS // len(lanes), max(1, steps // 50) if len(minima) else steps))
    for until in range(chunk, steps + chunk, chunk):
        goals = np.minimum(until, field.ints[:, k.C_LIMIT])
        field.race(goals, out_steps, out)
        if len(minima):
            w = field.state[:, k.W : k.W + 2]
            with np.errstate(all="ignore"):
                distances = np.hypot(*(w[:, None, :] - minima[None]).transpose(2, 0, 1))
            is_near = distances < near
            first[is_near & (first < 0)] = until
    values = field.reals[:, k.K_VALUE].copy()
    values[(field.ints[:, k.C_DIVERGED_AT] >= 0) | ~np.isfinite(values)] = np.inf
    nearest = np.where(is_near.any(axis=1), is_near.argmax(axis=1), -1) if len(minima) else np.full(len(lanes), -1)
    return values, first, nearest
