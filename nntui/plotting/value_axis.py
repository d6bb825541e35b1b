"""The value axis of a plot, and what is said about values that it does not show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .plot import PlotSpec
from .scales import Axis
from .value_limits import Trace, below, beyond, limits, trace

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """``above`` and ``below`` say what lies beyond the axis, "" where nothing does."""

    axis: Axis
    above: str = ""
    below: str = ""


def value_axis(spec: PlotSpec) -> ValueAxis | None:
    """The axis for a plot's finite values; None when it has no value at all."""
    log = spec.scale == "log"
    made = [trace(c.steps, c.low, c.mean, c.high, log) for c in spec.curves]
    traces = [one for one in made if one is not None]
    held = _held(spec, log)
    if not traces and not len(held):
        known = any(len(c.steps) and (np.isfinite(c.mean).any() or c.bad.any()) for c in spec.curves)
        known = known or any(np.isfinite(points.values).any() for points in spec.points)
        return ValueAxis(_fit(spec, *((1e-3, 1.0) if log else (0.0, 1.0)))) if known else None
    if spec.fixed is not None:
        return ValueAxis(_fit(spec, *spec.fixed))
    if spec.y_axis is not None:
        return ValueAxis(spec.y_axis, *_said(traces, spec.y_axis, spec.curves_are, 0))
    floor = None if log else spec.floor
    ends = [float(held.min()), float(held.max())] if len(held) else []
    if traces and spec.whole:  # units are counted: every one of them is in sight
        ends += [min(float(one.low.min()) for one in traces), max(float(one.high.max()) for one in traces)]
        ends += [] if floor is None else [floor]
    elif traces:
        found = limits(traces, log, spec.memory.cut, floor)
        spec.memory.cut = found.cut
        ends += [found.low, found.high]
    elif floor is not None:
        ends.append(floor)
    low, high = min(ends), max(ends)
    if spec.widest is not None:
        low, high = (min(max(end, spec.widest[0]), spec.widest[1]) for end in (low, high))
    axis = _fit(spec, 10.0**low, 10.0**high) if log else _fit(spec, low, high)
    named = [one for one, curve in zip(made, spec.curves, strict=True) if one is not None and curve.marker]
    gone = sum(log and bool(len(c.mean)) and bool(c.mean[-1] <= 0.0) and not c.bad[-1] for c in spec.curves if c.marker)
    return ValueAxis(axis, *_said(named or traces, axis, spec.curves_are, gone))


def _held(spec: PlotSpec, log: bool) -> Floats:
    """Values of points that the axis is to hold, in its own units; of all points where there is no curve."""
    values = [points.values for points in spec.points if points.held or not spec.curves]
    joined = np.concatenate([*values, np.empty(0)])
    known = joined[np.isfinite(joined) & (joined > (0.0 if log else -np.inf))]
    return np.asarray(np.log10(known) if log else known, dtype=np.float64)


def _fit(spec: PlotSpec, low: float, high: float) -> Axis:
    log = spec.scale == "log"
    return spec.memory.fit(low, high, log=log, percent=spec.percent, whole=spec.whole)


def _said(traces: list[Trace], axis: Axis, many: str, gone: int) -> tuple[str, str]:
    """What lies above and below; ``gone`` curves are at 0 or below now, which no log axis has."""
    if not traces:
        return "", ""
    edge = 1e-9 * (axis.high - axis.low)
    return beyond(traces, axis.high + edge, axis.log, many), below(traces, axis.low - edge, axis.log, many, gone)
