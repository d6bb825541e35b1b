"""Which values a plot's axis shows: all of them, unless a few would flatten the rest; then it says what lies beyond.

A curve that runs where no other ever was, and values that are there for a small share of the time, do not count where
the axis would be many times as long for them. Nothing else is ever cut.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .numbers import number

Floats = NDArray[np.float64]
LONGER = 12.0  # times as long, for a linear axis to be cut
LONGER_LOG = 3.0  # times as many decades, and
DECADES = 4.0  # so many more, for a log axis to be cut
STRANGE = 8.0  # decades that curves which never were in sight lie apart from the others
RARE = 0.03  # of a curve's time: what is there no longer may be cut
SEVERAL = 5  # points; of so many a single one may be cut whenever it is
KEPT_CUT = 0.6  # of these demands are enough for an axis that is cut already: it stays so
SAMPLES = 200  # times at which curves are looked at, evenly spaced
TWO_DECADES, BACK = 100.0, 30.0  # largest to smallest value: from here on a log axis by itself, below it no longer


@dataclass(frozen=True, slots=True)
class Trace:
    """One curve's values in the axis' own units: (m,) steps, the smallest and largest value at each, all finite."""

    steps: Floats
    low: Floats
    high: Floats

    def mirrored(self) -> "Trace":
        """Upside down."""
        return Trace(self.steps, -self.high, -self.low)


@dataclass(frozen=True, slots=True)
class Limits:
    """The range that is shown, in the axis' own units."""

    low: float
    high: float
    cut: tuple[bool, bool] = (False, False)


def trace(steps: Floats, low: Floats, mean: Floats, high: Floats, log: bool) -> Trace | None:
    """A curve for :func:`limits`; None where nothing of it is finite (and on a log axis positive)."""
    low, high = np.fmin(low, mean), np.fmax(high, mean)
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.log10(np.where(mean > 0.0, mean, np.nan))
            high = np.log10(np.where(high > 0.0, high, np.nan))
            low = np.where(low > 0.0, np.log10(np.where(low > 0.0, low, 1.0)), np.fmin(mean, high))
    here = np.isfinite(low) & np.isfinite(high)
    return Trace(steps[here], low[here], high[here]) if here.any() else None


def limits(
    traces: Sequence[Trace], log: bool, was_cut: tuple[bool, bool] = (False, False), floor: float | None = None
) -> Limits:
    """The range worth showing of at least one curve; ``was_cut``: below and above, the last time; ``floor``: a value
    that it holds in any case."""
    mirrored = [one.mirrored() for one in traces]
    top, bottom = (max(float(one.high.max()) for one in group) for group in (traces, mirrored))
    if floor is not None:
        top, bottom = max(top, floor), max(bottom, -floor)
    # an end is judged beside the other as that is shown, and the upper one once more when the lower is known
    rare = [_rare(one) for one in traces]
    high = _cut(traces, rare, top, -bottom, log, was_cut[1])
    low = -_cut(mirrored, [_rare(one) for one in mirrored], bottom, -high, log, was_cut[0], upwards=False)
    high = _cut(traces, rare, top, low, log, was_cut[1])
    if floor is not None:
        low, high = min(low, floor), max(high, floor)
    return Limits(low, high, (low > -bottom, high < top))


def _cut(
    traces: Sequence[Trace],
    rare: Sequence[tuple[float, ...]],
    top: float,
    low: float,
    log: bool,
    was_cut: bool,
    *,
    upwards: bool = True,
) -> float:
    """The highest value worth showing beside ``low``: ``top`` unless what lies above another value may be cut;
    ``rare``: of each curve what :func:`_rare` finds.

    Curves may leave the plot where others never were; as many as stay only if they were in sight before, and at the
    lower end of a log axis never: there it is no divergence, and may be what the plot is about.
    """
    ease = KEPT_CUT if was_cut else 1.0
    longer, more = (LONGER_LOG * ease, DECADES * ease) if log else (LONGER * ease, 0.0)
    usual = [values[0] for values in rare]
    highest, lowest = [float(one.high.max()) for one in traces], [float(one.low.min()) for one in traces]
    ends = [float(one.high[-1]) for one in traces]
    found = top
    for level in sorted({*highest, *(value for values in rare for value in values)}, reverse=True):
        if level >= found or not found - low >= max(longer * (level - low), level - low + more):
            continue
        away = [max(use, end) > level for use, end in zip(usual, ends, strict=True)]
        others = [value for value, gone in zip(highest, away, strict=True) if not gone]
        missing = [value for value, gone in zip(lowest, away, strict=True) if gone]
        if not others or (missing and max(others) > level):
            continue
        strangers = sum(value > level for value in missing)  # that never were in sight
        if log and not upwards and strangers < len(missing):
            continue
        if strangers and (len(missing) >= len(others) or (log and found - level < STRANGE)):
            continue
        found = level
    return found


def _rare(one: Trace) -> tuple[float, ...]:
    """Values, rising, that are passed for a ``RARE`` share of the time, half of that, or at a single point only."""
    times = np.linspace(one.steps[0], one.steps[-1], SAMPLES)
    values = np.sort(one.high[np.minimum(np.searchsorted(one.steps, times), len(one.steps) - 1)])
    found = [_quantile(values, share) for share in (1.0 - RARE, 1.0 - RARE / 2.0)]
    if len(one.high) >= SEVERAL:
        found.append(float(np.partition(one.high, -2)[-2]))
    return tuple(sorted(found))


def _quantile(values: Floats, share: float) -> float:
    """As np.quantile's, of values that are sorted; that takes ten times as long for so few."""
    at = share * (len(values) - 1)
    low, high = float(values[math.floor(at)]), float(values[math.ceil(at)])
    part = at - math.floor(at)
    return low + (high - low) * part if part < 0.5 else high - (high - low) * (1.0 - part)


def beyond(traces: Sequence[Trace], edge: float, log: bool, many: str) -> str:
    """What lies above ``edge``: "2 lanes above" of curves whose newest value does, else "max 41"; "" for nothing.

    ``many`` is what curves are ("lanes").
    """
    away = sum(float(one.high[-1]) > edge for one in traces)
    if away:
        return f"{away} {many if away > 1 else many.removesuffix('s')} above"
    largest = max(float(one.high.max()) for one in traces)
    return f"max {_value(largest, log)}" if largest > edge else ""


def below(traces: Sequence[Trace], edge: float, log: bool, many: str, gone: int = 0) -> str:
    """As :func:`beyond`, of what lies below, ``gone`` more curves among them."""
    away = gone + sum(float(one.low[-1]) < edge for one in traces)
    if away:
        return f"{away} {many if away > 1 else many.removesuffix('s')} below"
    smallest = min(float(one.low.min()) for one in traces)
    return f"min {_value(smallest, log)}" if smallest < edge else ""


def _value(value: float, log: bool) -> str:
    return number(10.0**value if log else value, 5).strip() if not log or value < 300 else f"1e{value:.0f}"


def spans_decades(lows: Sequence[float], highs: Sequence[float], already: bool) -> bool:
    """Whether positive values lie so far apart that they open on a log axis; ``already``: they are on one."""
    if not lows or min(lows) <= 0.0:
        return False
    return math.log10(max(highs)) - math.log10(min(lows)) > math.log10(BACK if already else TWO_DECADES)
