"""Measures that no ``[[expect]]`` has: functions of (run, lane index, …), asked for as ``measure = { call = "name" }``.

``run`` is an Experiment or a Race that stands at the claim's ``step`` (left out: at the end). What else stands in the
claim's table is passed on by name. A new one: a function here with ``@measure``, a docstring that says what it is.
"""

import functools
import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from nntui_engine.analysis.sweeps import fair_rate, nearby_starts
from nntui_engine.analysis.verify import verify
from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import Expectation, LaneTables, load_scenario

Run = Experiment
MEASURES: dict[str, Callable[..., float]] = {}


def measure(function: Callable[..., float]) -> Callable[..., float]:
    MEASURES[function.__name__] = function
    return function


def history(run: Run, lane: int, statistic: str, layer: int | None = None) -> tuple[Any, Any, Any, Any]:
    """(steps, low, mean, high) of a statistic so far; beyond the newest 512 samples merged in buckets."""
    whole, layers = ([statistic], []) if layer is None else ([], [statistic])
    view = run.snapshot(layer_history=layers, whole_history=whole, points=None).lanes[lane]
    series = (view.whole_history if layer is None else view.layer_history).get(statistic)
    if series is None:
        raise InputError(f'no history of "{statistic}"{"" if layer is None else " by layer"}')
    column = 0 if layer is None else (layer if layer < 0 else layer - 1)
    return series.steps, series.low[:, column], series.mean[:, column], series.high[:, column]


@measure
def first_step(
    run: Run,
    lane: int,
    statistic: str,
    layer: int | None = None,
    rises_above: float | None = None,
    falls_below: float | None = None,
) -> float:
    """The first step at which the statistic is above (or below) the number; infinite if it never is."""
    steps, low, _, high = history(run, lane, statistic, layer)
    there = high > rises_above if rises_above is not None else low < falls_below
    return float(steps[np.argmax(there)]) if there.any() else math.inf


@measure
def highest(run: Run, lane: int, statistic: str, layer: int | None = None, since: int = 0) -> float:
    """The largest value so far, from step ``since`` on."""
    steps, _, mean, high = history(run, lane, statistic, layer)
    after = steps >= since
    return math.inf if np.isposinf(mean[after]).any() else float(np.nanmax(high[after]))


@measure
def lowest(run: Run, lane: int, statistic: str, layer: int | None = None, since: int = 0) -> float:
    """The smallest value so far, from step ``since`` on."""
    steps, low, _, _ = history(run, lane, statistic, layer)
    return float(np.nanmin(low[steps >= since]))


@measure
def step_of_highest(run: Run, lane: int, statistic: str, layer: int | None = None, since: int = 0) -> float:
    """The step at which the statistic was largest."""
    steps, _, _, high = history(run, lane, statistic, layer)
    return float(steps[np.nanargmax(np.where(steps >= since, high, np.nan))])


@measure
def step_of_lowest(run: Run, lane: int, statistic: str, layer: int | None = None, since: int = 0) -> float:
    """The step at which the statistic was smallest."""
    steps, low, _, _ = history(run, lane, statistic, layer)
    return float(steps[np.nanargmin(np.where(steps >= since, low, np.nan))])


@measure
def mean(run: Run, lane: int, statistic: str, layer: int | None = None, since: int = 0) -> float:
    """The mean over the steps from ``since`` on."""
    steps, _, values, _ = history(run, lane, statistic, layer)
    return float(values[steps >= since].mean())


@measure
def diverged_at(run: Run, lane: int) -> float:
    """The step of the first NaN or infinity; infinite if there was none."""
    view = run.snapshot().lanes[lane]
    if run.scenario.is_surface:
        at = view.surface.diverged_at
        return math.inf if at is None else float(at)
    found = view.network.first_non_finite
    return math.inf if found is None else float(found.step)


@measure
def curvature(run: Run, lane: int, which: int = -1) -> float:
    """On a surface: the smallest (which = 0) or largest (−1) eigenvalue of the Hessian where the lane stands."""
    return float(run.snapshot().lanes[lane].surface.curvatures[which])


@measure
def parameter(run: Run, lane: int, name: str, at: list[int]) -> float:
    """One weight or bias: ``name`` as in Experiment.parameters ("1.weights", "1.biases"), ``at`` its indices from 0."""
    values = run.parameters(lane)
    if name not in values:
        raise InputError(f'no parameters "{name}"; allowed: {", ".join(values)}')
    return float(values[name][tuple(at)])


@measure
def in_data(
    run: Run, lane: int, which: str, column: int | None = None, targets: bool = False, training: bool = False
) -> float:
    """The smallest, the largest, the mean or the deviation (``which``) of the lane's inputs as it gets them, or of its
    targets: of one column (from 1) or all, of all rows or the training rows."""
    data = run.lanes[lane].data
    parts = (data.t_train, data.t_validation) if targets else (data.x_train, data.x_validation)
    values = np.concatenate(parts[:1] if training else parts)[:, slice(None) if column is None else column - 1]
    how = {"smallest": np.min, "largest": np.max, "mean": np.mean, "deviation": np.std}
    return float(how[which](values.astype(float)))


@measure
def prediction(run: Run, lane: int, at: list[float], output: int = 0) -> float:
    """The network's output for the (preprocessed) inputs ``at``."""
    return float(run.predict(np.array([at], dtype=float), lane)[0, output])


@measure
def share_of_starts(
    run: Run, lane: int, statistic: str, starts: int, ends_above: float | None = None, ends_below: float | None = None
) -> float:
    """The share of seeds 0 to ``starts`` − 1 on which the lane's statistic ends above (or below) the number."""
    asked = Expectation(statistic=statistic, above=ends_above, below=ends_below, seeds=starts, at_least=1)
    return _share_of_starts(json.dumps(run.scenario.lanes[lane].tables), run.scenario.name, asked)


@functools.cache
def _share_of_starts(tables: str, name: str, asked: Expectation) -> float:
    scenario = replace(load_scenario(name), lanes=(LaneTables("", json.loads(tables)),), expectations=(asked,))
    return 1 - len(verify(scenario, 0)[0].missed) / asked.seeds


@measure
def best_rate(run: Run, lane: int) -> float:
    """On a surface: the learning rate that gets the lane furthest from its own start."""
    return fair_rate(run.lanes[lane].name, run.lanes[lane].settings).best_from_start


@measure
def starts(run: Run, lane: int) -> float:
    """From how many starts the search for fair rates runs a lane: its own and those around it."""
    return float(len(nearby_starts(run.lanes[lane].settings)))


@measure
def root(run: Run, lane: int, statistic: str, layer: int | None = None) -> float:
    """The square root of the statistic's newest value: of a variance the spread."""
    return math.sqrt(history(run, lane, statistic, layer)[2][-1])


@measure
def edge_share(run: Run, lane: int, layer: str) -> float:
    """The share of a one-channel layer's filters, less their means, that a tilted plane explains; mean over filters.

    Of random weights: 2 / (kernel² − 1).
    """
    weights = run.parameters(lane)[f"{layer}.weights"].astype(float)
    side = math.isqrt(len(weights))
    across, down = (axis.ravel() - (side - 1) / 2 for axis in np.meshgrid(np.arange(side), np.arange(side)))
    centred = weights - weights.mean(axis=0)
    along = sum((plane @ centred) ** 2 / (plane @ plane) for plane in (across, down))
    return float((along / (centred**2).sum(axis=0)).mean())


@measure
def largest_weight(run: Run, lane: int, layer: str) -> float:
    """The largest weight of a layer by size, sign dropped."""
    return float(np.abs(run.parameters(lane)[f"{layer}.weights"]).max())
