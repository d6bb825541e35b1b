"""Axes: round limits that seldom move, ticks with short labels, and the place of a value between the limits."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .numbers import exponent_label, power, short

Floats = NDArray[np.float64]
SHRINK_BELOW = 0.4  # an axis closes in on its data only when less than this share of it is used
LABEL_WIDTH = 5
FEW_DECADES = 3  # on a log axis, whose limits are then closer than by a power of ten
_PARTS = (0.0, math.log10(2.0), math.log10(5.0))  # of a decade
TINIEST, FURTHEST = 1e-290, 1e300  # a step between ticks is a number, and so is the distance of the limits


@dataclass(frozen=True, slots=True)
class Axis:
    """Limits in the axis' own units (exponents of ten on a log axis) and the ticks between them."""

    low: float
    high: float
    log: bool = False
    percent: bool = False
    whole: bool = False
    step: float = 0.0

    def place(self, values: Floats) -> Floats:
        """Where values lie, in their shape: 0 at the lower limit, 1 at the upper, clipped to that range.

        NaN stays NaN; on a log axis everything at or below 0 lies on the lower limit.
        """
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                positive = np.where(values <= 0.0, -np.inf, np.log10(np.where(values <= 0.0, 1.0, values)))
            placed = (positive - self.low) / (self.high - self.low)
        else:
            placed = (values - self.low) / (self.high - self.low)
        return np.clip(placed, 0.0, 1.0)

    def ticks(self, at_most: int) -> tuple[tuple[float, str], ...]:
        """At most ``at_most`` ticks as (position between the limits' own units, label)."""
        if self.log:
            return _log_ticks(self.low, self.high, at_most)
        return _linear_ticks(self, max(2, at_most))


def round_step(span: float, parts: int) -> float:
    """The smallest of 1, 2, 5 × 10ᵏ of which at most ``parts`` cover ``span``."""
    rough = span / max(1, parts)
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in (1.0, 2.0, 5.0, 10.0):
        if rough <= factor * power * (1 + 1e-9):
            return factor * power
    return 10.0 * power


def round_up(value: float) -> float:
    """The smallest of 1, 2, 5 × 10ᵏ that is at least ``value`` (which is above 0)."""
    return round_step(value, 1)


def linear_axis(low: float, high: float, parts: int = 5, *, percent: bool = False, whole: bool = False) -> Axis:
    """Round limits around [low, high]; a flat range is opened by a round amount on both sides."""
    low, high = (min(max(end, -FURTHEST), FURTHEST) for end in (low, high))
    if not high - low > TINIEST:
        room = abs(low) * 0.1 if abs(low) > TINIEST else 1.0
        low, high = low - room, high + room
        if low < 0.0 <= low + room:
            low = 0.0
    step = round_step(high - low, parts)
    if whole:
        step = max(1.0, step)
    bottom = math.floor(low / step + 1e-9) * step
    top = math.ceil(high / step - 1e-9) * step
    if not top > bottom:  # differences lost in rounding, as for 1e16 + 0.5
        bottom, top = low - abs(low) * 0.1 - 1.0, high + abs(high) * 0.1 + 1.0
        step = top - bottom
    bottom, top = min(bottom, low), max(top, high)  # a limit may have been rounded to the wrong side of its value
    return Axis(bottom, top, percent=percent, whole=whole, step=step)


def log_axis(low: float, high: float) -> Axis:
    """Limits on whole powers of ten around the positive values low … high; of few, on 2 or 5 times one as well."""
    bottom = math.floor(math.log10(low) + 1e-9)
    top = math.ceil(math.log10(high) - 1e-9)
    if top <= bottom:
        top = bottom + 1
    low_end, high_end = float(bottom), float(top)
    if top - bottom <= FEW_DECADES:
        parts = [exponent + part for exponent in range(bottom, top) for part in _PARTS] + [high_end]
        low_end = max(part for part in parts[:-1] if part <= math.log10(low) + 1e-9)
        high_end = min((part for part in parts if part >= math.log10(high) - 1e-9), default=high_end)
        if high_end - low_end < _PARTS[2]:  # less than from 1 to 5: take the decade
            low_end, high_end = float(bottom), float(top)
    return Axis(low_end, high_end, log=True, step=1.0)


def step_axis(step: int, steps: int) -> Axis:
    """The time axis: from 0 to a round number of steps, past the end of the run only where that has fewer than ten."""
    end = max(10.0, round_up(max(step, 1)))
    if steps >= 10:
        end = min(end, float(steps))
    return Axis(0.0, end, whole=True, step=round_step(end, 5))


class SteadyAxis:
    """Remembers an axis and changes it only when the data leave it or use too little of it, or its kind changes.

    ``logarithmic`` and ``cut`` (below, above) are what was last chosen for it, so that a choice is kept on a border.
    """

    def __init__(self) -> None:
        self._axis: Axis | None = None
        self.logarithmic = False
        self.cut = (False, False)

    def fit(
        self,
        low: float,
        high: float,
        *,
        log: bool = False,
        percent: bool = False,
        whole: bool = False,
    ) -> Axis:
        """The axis for data in [low, high] (finite; positive on a log axis)."""
        fresh = log_axis(low, high) if log else linear_axis(low, high, percent=percent, whole=whole)
        old = self._axis
        if old is not None and (old.log, old.percent, old.whole) == (fresh.log, fresh.percent, fresh.whole):
            inside = old.low <= fresh.low and fresh.high <= old.high
            used = (fresh.high - fresh.low) / (old.high - old.low)
            if inside and used >= SHRINK_BELOW:
                return old
        self._axis = fresh
        return fresh


def _linear_ticks(axis: Axis, at_most: int) -> tuple[tuple[float, str], ...]:
    span = axis.high - axis.low
    step = axis.step or round_step(span, at_most - 1)
    while math.floor(axis.high / step + 1e-9) - math.ceil(axis.low / step - 1e-9) >= at_most:
        step = round_step(step * 1.5, 1)
    first = math.ceil(axis.low / step - 1e-9)
    last = math.floor(axis.high / step + 1e-9)
    if last - first + 1 >= min(3, at_most):
        return tuple((k * step, number_label(k * step, step, axis)) for k in range(first, last + 1))
    # too few round values between the limits: the limits themselves, and one between them where there is room
    fine = axis.step or span
    ticks = [(value, number_label(value, fine, axis)) for value in (axis.low, axis.high)]
    if at_most >= 3:
        between = [k * step for k in range(first, last + 1) if 0.15 < (k * step - axis.low) / span < 0.85]
        middle = min(between, key=abs) if between else axis.low + span / 2.0
        label = number_label(middle, fine if between else fine / 10.0, axis)
        longest = max(LABEL_WIDTH, *(len(end) for _, end in ticks))
        if len(label) <= longest and (not axis.whole or middle == round(middle)):
            ticks.insert(1, (middle, label))
    return tuple(ticks)


def _log_ticks(low: float, high: float, at_most: int) -> tuple[tuple[float, str], ...]:
    """Powers of ten with 2 and 5 times them where there is room, or as many powers as there is room for."""
    parts = [float(k) + part for k in range(math.floor(low), math.ceil(high) + 1) for part in _PARTS]
    inside = [part for part in parts if low - 1e-9 <= part <= high + 1e-9]
    powers = [part for part in inside if part == math.floor(part)]
    if len(inside) <= at_most and len(powers) < 4:
        return tuple((part, _log_label(part)) for part in inside)
    every = max(1, math.ceil((len(powers) - 1) / max(1, at_most - 1)))
    chosen = powers[::every]
    if len(chosen) < 3 <= at_most:
        centre = (inside[0] + inside[-1]) / 2.0
        near = [part for part in powers if abs(part - centre) < 0.3 * (high - low)] or inside
        middle = min(near, key=lambda part: abs(part - centre))
        chosen = sorted({inside[0], middle, inside[-1]})
    return tuple((part, _log_label(part)) for part in chosen)


def _log_label(part: float) -> str:
    exponent = math.floor(part + 1e-9)
    factor = round(10.0 ** (part - exponent))
    return power(exponent, factor)


def number_label(value: float, step: float, axis: Axis) -> str:
    """A tick's label: as many decimals as ``step`` needs, short forms for large numbers."""
    if axis.percent:
        return f"{100 * value:.0f}%"
    if abs(value) < step * 1e-9:
        return "0"
    beyond = math.floor(math.log10(abs(value))) - math.floor(math.log10(step) + 1e-9)  # digits down to the step's
    if axis.whole:
        return short(value, max(3, beyond + 1))
    size = max(abs(axis.low), abs(axis.high))
    if size >= 1e4 or (size < 0.1 and step < 1e-3 * (1 - 1e-9)):
        return exponent_label(value, max(0, beyond))
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{decimals}f}"
