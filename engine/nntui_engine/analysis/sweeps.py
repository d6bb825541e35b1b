"""Many runs at once: a fair learning rate for every optimizer, and what trains at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..compiling.ahead import compile_ahead
from ..data.dataset import LaneData
from ..errors import InputError
from ..kernels import columns as c
from ..kernels import race as k
from ..kernels.optimizer import LR
from ..kernels.tables import Written
from ..kernels.team import HELP, LEAD
from ..kernels.train import train_lanes
from ..layout.layout import Layout, assemble
from ..run.launch import launch, launching
from ..scenario import Scenario, load_scenario
from ..scenario.settings import LaneSettings, SurfaceSettings
from ..tasks.field import lay_out
from ..tasks.lane_state import start_lane
from ..tasks.memory import LARGEST_RUN, bytes_of_run
from ..tasks.resolve import resolve_lane

Array = NDArray[np.float64]

RATES = 60
FINER_RATES = 12  # between two of them, around the best
_LANES_AT_ONCE = 512  # copies of a small network that are in memory together
_ROWS_A_LAUNCH = 1 << 40
_LOWEST, _HIGHEST = 1e-6, 1e2
_LAUNCH_STEPS = 200_000  # updates of all lanes together in one launch: some milliseconds


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How far one lane's optimizer gets with each learning rate, on the same budget.

    ``values`` (RATES,) is the median over five starts of the value reached, infinite where the lane's own start or most
    of the others diverged, for ``rates`` (RATES,); ``values_from_start`` (RATES,) is the value reached from the lane's
    own start alone. ``best_from_start`` is found between those rates, FINER_RATES to each gap, and ``value_from_start``
    reached with it. The two can differ much: a start on a ridge has four neighbours that are on none.
    """

    lane: str
    optimizer: str
    rates: Array
    values: Array
    values_from_start: Array
    best_from_start: float
    value_from_start: float

    @property
    def best(self) -> float:
        """The rate with the lowest median."""
        return float(self.rates[int(np.argmin(self.values))])


def nearby_starts(settings: SurfaceSettings) -> list[tuple[float, float]]:
    """The lane's start and four points around it, a twentieth of the window away."""
    (x0, x1), (y0, y1) = settings.window
    dx, dy = 0.05 * (x1 - x0), 0.05 * (y1 - y0)
    x, y = settings.start
    return [(x, y), (x + dx, y + dy), (x - dx, y + dy), (x + dx, y - dy), (x - dx, y - dy)]


def fair_rate(name: str, settings: SurfaceSettings) -> Sensitivity:
    """The value that a lane reaches at its last step with 60 rates from 1e-6 to 100, equally far apart on a log scale.

    It starts from its start and four points around it. The median over the five says what an optimizer is good for
    near here, the value from the start alone what is best in this very race.
    """
    rates = np.geomspace(_LOWEST, _HIGHEST, RATES)
    reached = _reached(settings, rates, nearby_starts(settings))
    from_start = reached[:, 0].copy()
    values = np.where(np.isfinite(from_start), np.median(reached, axis=1), np.inf)
    at = int(np.argmin(from_start))
    around = rates[max(0, at - 1) : at + 2]
    finer = np.concatenate([rates[at : at + 1], np.geomspace(around[0], around[-1], 2 * FINER_RATES + 1)])
    finer_values = _reached(settings, finer, [settings.start])[:, 0]
    best = int(np.argmin(finer_values))
    return Sensitivity(
        name, settings.optimizer, rates, values, from_start, float(finer[best]), float(finer_values[best])
    )


def _reached(settings: SurfaceSettings, rates: Array, starts: Sequence[tuple[float, float]]) -> Array:
    """The value reached with every rate from every start: (rates, starts), infinite where it diverged."""
    grid = [
        replace(settings, start=start, optimizer_parameters={**settings.optimizer_parameters, "lr": float(rate)})
        for rate in rates
        for start in starts
    ]
    field, steps = lay_out(grid), settings.steps
    field.ints[:, k.C_SAMPLE_EVERY] = steps + 1
    out_steps, out = np.zeros((len(grid), 1), np.int64), np.zeros((len(grid), 1, k.OUT))
    with launching():
        k.start_race(field.points, field.state, field.ints, field.reals)
    chunk = max(1, min(_LAUNCH_STEPS // len(grid), steps))
    for until in range(chunk, steps + chunk, chunk):
        field.race(np.minimum(until, field.ints[:, k.C_LIMIT]), out_steps, out)
    values = field.reals[:, k.K_VALUE].copy()
    values[(field.ints[:, k.C_DIVERGED_AT] >= 0) | ~np.isfinite(values)] = np.inf
    return values.reshape(len(rates), len(starts))


def trainability_map(scenario: Scenario | str, rates: Sequence[float], scales: Sequence[float]) -> Array:
    """The training loss (scales, rates) at the end of the first lane's run, for every learning rate and every factor
    that its first weights and biases are multiplied by; NaN or infinite where it diverged.

    The border between what trains and what does not is a fractal (Sohl-Dickstein 2024). Everything else is the
    lane's: the same data, mini-batches and draws for all. Raises InputError on bad input.
    """
    if isinstance(scenario, str):
        scenario = load_scenario(scenario)
    if scenario.is_surface:
        raise InputError(f"{scenario.name}: a surface has no weights to scale")
    first = resolve_lane(scenario.lanes[0].tables, scenario.lanes[0].name, where=scenario.name)
    compile_ahead((first.settings.dtype,))
    pairs = [(scale, rate) for scale in scales for rate in rates]
    losses = np.empty(len(pairs))
    size = Layout(first.settings.dtype)
    size.add(first.settings, first.data)
    at_once = max(1, min(len(pairs), _LANES_AT_ONCE, LARGEST_RUN // bytes_of_run(size)))
    many = _Copies(first.settings, first.data, at_once)
    for start in range(0, len(pairs), many.count):
        chosen = pairs[start : start + many.count]
        losses[start : start + len(chosen)] = many.run(chosen)
    return losses.reshape(len(scales), len(rates))


class _Copies:
    """An arena of ``count`` copies of one lane: laid out twice, and then repeated at the same distance."""

    def __init__(self, settings: LaneSettings, data: LaneData, count: int) -> None:
        self.count = count
        two = assemble([(settings, data)] * 2)
        start_lane(two, 0, settings)
        numbers = np.arange(count).reshape(-1, 1)
        self._ints = two.ints[0] + numbers * (two.ints[1] - two.ints[0])
        self._ints[:, c.I_SAMPLE_EVERY] = self._ints[:, c.I_EVALUATE_EVERY] = settings.steps + 1  # the last step only
        self._ints[:, c.I_EVALUATION_ROW] = -1
        self._nodes = two.nodes[0] + numbers[:, None] * (two.nodes[1] - two.nodes[0])
        self._lane = {name: getattr(two, name)[: len(getattr(two, name)) // 2] for name in ("pool", "order", "sums")}
        self._theta = slice(two.ints[0, c.I_THETA], two.ints[0, c.I_THETA] + two.ints[0, c.I_PARAMETERS])
        self._two, self._steps = two, settings.steps

    def run(self, pairs: Sequence[tuple[float, float]]) -> Array:
        """The final training losses of the first ``len(pairs)`` copies, each with its (scale, rate)."""
        n, two = len(pairs), self._two
        pool, order, sums = (np.tile(self._lane[name], n) for name in ("pool", "order", "sums"))
        pool.reshape(n, -1)[:, self._theta] *= np.array([[scale] for scale, _ in pairs], dtype=pool.dtype)
        ints, depth = self._ints[:n].copy(), self._nodes.shape[1] - 1
        same = ("links", "blocks", "node_reals", "block_reals", "reals")
        repeated = {name: np.repeat(getattr(two, name)[:1], n, axis=0) for name in same}
        repeated["reals"][:, LR] = [rate for _, rate in pairs]
        goals = np.full(n + 1, self._steps)
        goals[n] = _ROWS_A_LAUNCH
        tables = two.tables()._replace(
            goals=goals, pool=pool, order=order, sums=sums, nodes=self._nodes[:n].copy(), ints=ints, **repeated
        )
        evaluation = np.full((n, 1, c.EVALUATIONS), np.nan)
        written = Written(
            np.zeros((n, 1), np.int64), np.zeros((n, 1, depth, c.STEP_STATISTICS)), np.zeros((n, 1, c.WHOLE)),
            np.zeros((n, 1, 1)), np.zeros((n, 1), np.int64), evaluation, np.zeros((n, 1, depth, c.LAYER_EVALUATIONS)),
        )  # fmt: skip
        while ((ints[:, c.I_STEP] < self._steps) | (ints[:, c.I_EVALUATION_ROW] >= 0)).any():
            launch(lambda: train_lanes(LEAD, tables, written), lambda: train_lanes(HELP, tables, written))
        return evaluation[:, 0, c.V_TRAIN_LOSS].copy()
