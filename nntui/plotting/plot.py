"""What a plot shows: curves with their bands, points, marks of changes, a legend and notes."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .scales import Axis, SteadyAxis
from .theme import FAINT

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line over time: (m,) steps and the smallest, mean and largest value at each.

    ``bad`` (m,) says where the value was NaN or infinite; ``marker`` stands beside the newest value. Without ``band``
    the smallest and largest are drawn only where they stand out; ``stepped``: a value holds until the next.
    """

    label: str
    colour: str
    marker: str
    steps: Floats
    low: Floats
    mean: Floats
    high: Floats
    bad: NDArray[np.bool_]
    band: bool = True
    stepped: bool = False

    def faded(self, step: int) -> "Curve":
        """The same from ``step`` on, in grey, without name, marker and band."""
        on = self.steps >= step
        low, mean, high = self.low[on], self.mean[on], self.high[on]
        return Curve("", FAINT, "", self.steps[on], low, mean, high, self.bad[on], band=False)


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the legend."""

    marker: str
    label: str
    colour: str


@dataclass(frozen=True, slots=True)
class TimeMark:
    """A change made at a step: what was changed, and the colour of the lane that it was for, "" for several.

    ``sign``: of what was found from there on; it has its sign at both ends of the plot in place of a line."""

    step: int
    restarted: bool = False
    text: str = ""
    colour: str = ""
    sign: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Single values (m,) at places (m,) along the plot, each drawn as ``marker``; ``held``: the axis holds them all."""

    places: Floats
    values: Floats
    marker: str
    style: str
    held: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PlotSpec:
    """Everything a plot shows. ``empty`` says why there is nothing to see; then no curve is drawn.

    ``whose``: the lane that it is of, where there are several. ``fixed`` are limits that never move, ``floor`` a value
    the axis always includes, ``widest`` limits that data beyond do not widen. ``x_axis`` stands in place of the steps,
    ``y_axis`` in place of the axis that its values ask for.
    ``curves_are``: what each curve is of. ``cursor`` is the step that values are read at; ``timed``:
    it is over the steps.
    """

    title: str
    curves: tuple[Curve, ...] = ()
    legend: tuple[Key, ...] = ()
    step: int = 0
    steps: int = 0
    scale: Literal["linear", "log"] = "linear"
    percent: bool = False
    whole: bool = False
    fixed: tuple[float, float] | None = None
    floor: float | None = None
    marks: tuple[TimeMark, ...] = ()
    note: str = ""
    empty: str = ""
    subtitle: str = ""
    memory: SteadyAxis = field(default_factory=SteadyAxis)
    points: tuple[Points, ...] = ()
    x_axis: Axis | None = None
    y_axis: Axis | None = None
    widest: tuple[float, float] | None = None
    curves_are: str = "curves"
    whose: str = ""
    cursor: float | None = None
    timed: bool = False

    def faded(self, step: int) -> tuple[Curve, ...]:
        """Its curves from ``step`` on, in grey and without a name."""
        return tuple(curve.faded(step) for curve in self.curves)
