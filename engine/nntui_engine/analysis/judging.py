"""An expectation held against a run as it stands: what is read of its lanes, whether it is as expected, and in words.

``verify.py`` does so at the steps that a scenario names, ``standing.py`` while a run goes on.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..experiment import Experiment
from ..registry.recurrence import GATES
from ..registry.statistic import SEQUENCE_BY_NAME
from ..run.snapshot import LaneSnapshot
from ..scenario import Expectation
from .of_layers import LAYER_MEASURES
from .on_demand import MEASURES, SURFACE_MEASURES

Number = float | tuple[float, float]
Measured = Number | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Moment:
    """The lanes at one step, and what is wrong with them (None unless asked for)."""

    lanes: Mapping[str, LaneSnapshot]
    findings: tuple[tuple[str, str], ...]  # (lane, rule)
    asked: Mapping[tuple[str, str], float]  # (lane, statistic): see on_demand.py
    of_layers: Mapping[tuple[str, str, int], NDArray[np.float64]]  # (lane, statistic, column): see of_layers.py


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation and what was measured.

    ``measured`` is the number (with ``over``, the ratio), the position (x, y), or the names of the rules that
    found something; None where there was nothing to measure. ``text`` says it all in one line. What was measured on
    several seeds has the outcome of each in ``by_seed``, and None in ``measured``.
    """

    expectation: Expectation
    measured: Measured
    passed: bool
    text: str
    by_seed: Mapping[int, "Outcome"] = field(default_factory=dict)

    @property
    def missed(self) -> tuple[int, ...]:
        """The seeds on which it did not hold, of those it was measured on."""
        return tuple(seed for seed, outcome in self.by_seed.items() if not outcome.passed)


def moment_of(run: Experiment, judged: bool, expectations: Sequence[Expectation]) -> Moment:
    """The run as it stands, with all that the expectations read of it; ``judged``: and what is wrong with it."""
    averaged = [expectation for expectation in expectations if expectation.average_over > 1]
    findings = tuple((finding.lane, finding.rule) for finding in run.findings()) if judged else ()
    whole = {e.statistic for e in averaged if e.statistic and e.layer is None}
    layers = {e.statistic for e in averaged if e.statistic and e.layer is not None}
    asked, names = {}, [lane.name for lane in run.lanes]
    measures = SURFACE_MEASURES if run.scenario.is_surface else MEASURES
    for expectation in expectations:
        over = expectation.over.lane if expectation.over is not None else None
        for name in {expectation.lane or names[0], over or expectation.lane or names[0]}:
            if expectation.statistic in measures:
                asked[name, expectation.statistic] = measures[expectation.statistic](run, names.index(name))
    snapshot = run.snapshot(layer_history=layers, whole_history=whole, points=None)
    lanes = {lane.name: lane for lane in snapshot.lanes}
    return Moment(lanes, findings, asked, _of_layers(run, lanes, expectations))


def _of_layers(
    run: Experiment, lanes: Mapping[str, LaneSnapshot], expectations: Sequence[Expectation]
) -> dict[tuple[str, str, int], NDArray[np.float64]]:
    """What must be worked out of single layers."""
    found: dict[tuple[str, str, int], NDArray[np.float64]] = {}
    for expectation in expectations:
        name, over = expectation.statistic or "", expectation.over
        if name not in LAYER_MEASURES or run.scenario.is_surface:
            continue
        lane, layer = expectation.lane or next(iter(lanes)), expectation.layer
        places = {(lane, layer)}
        if over is not None:
            places.add((over.lane or lane, layer if over.layer is None else over.layer))
        for whose, which in places:
            assert which is not None
            column = _column(lanes[whose], which)
            if column >= len(lanes[whose].layers):  # a changed lane may have no such layer
                continue
            found[whose, name, column] = LAYER_MEASURES[name](
                run, lanes[whose].index, lanes[whose].layers[column].index
            )
    return found


def judge(expectation: Expectation, moments: Mapping[int | None, Moment], first: str) -> Outcome:
    """How an expectation comes out; ``moments`` are those at the steps that it names, ``first`` the first lane."""
    value, over = value_in(expectation, moments[expectation.step], first), expectation.over
    if over is not None:
        at = over.step if over.step is not None else expectation.step
        value = ratio(value, over_in(expectation, moments[at], first))
    return outcome(expectation, value)


def value_in(expectation: Expectation, moment: Moment, first: str) -> Measured:
    """What is measured, without what it is held ``over``; None where there is nothing to measure."""
    lane = expectation.lane
    if expectation.statistic is None:
        if lane is None and len(moment.lanes) == 1:
            lane = first
        return tuple(dict.fromkeys(rule for name, rule in moment.findings if lane in (None, name)))
    lane = lane if lane is not None else first
    return _read(expectation, lane, expectation.layer, expectation.step, moment, expectation.time)


def over_in(expectation: Expectation, moment: Moment, first: str) -> Measured:
    """What it is held ``over``."""
    over = expectation.over
    assert over is not None
    at = over.step if over.step is not None else expectation.step
    lane = over.lane if over.lane is not None else expectation.lane if expectation.lane is not None else first
    layer = over.layer if over.layer is not None else expectation.layer
    return _read(expectation, lane, layer, at, moment, over.time if over.time is not None else expectation.time)


def ratio(value: Measured, other: Measured) -> float | None:
    """One over the other; None where one of them is not there."""
    if not isinstance(value, float) or not isinstance(other, float):
        return None
    with np.errstate(all="ignore"):
        return float(np.float64(value) / np.float64(other))


def outcome(expectation: Expectation, value: Measured) -> Outcome:
    """The expectation against what was measured."""
    text = f"{subject(expectation)}: {_shown(value)}, {expected(expectation)}"
    return Outcome(expectation, value, value is not None and _holds(expectation, value), text)


def _read(
    expectation: Expectation,
    lane_name: str,
    layer: int | str | None,
    step: int | None,
    moment: Moment,
    time: int | None,
) -> float | tuple[float, float] | None:
    """The value, or None where there is none."""
    statistic = expectation.statistic or ""
    lane = moment.lanes[lane_name]
    if step is not None and lane.step < step and lane.state == "finished":
        return None
    if statistic == "position":
        return lane.surface.position
    if statistic in SEQUENCE_BY_NAME:
        return _read_sequence(expectation, lane, layer, time)
    if expectation.average_over > 1:
        series = (lane.whole_history if layer is None else lane.layer_history).get(statistic)
        column = 0 if layer is None else _column(lane, layer)
        if series is None or column >= series.mean.shape[1]:
            return None
        return float(series.mean[-expectation.average_over :, column].mean())
    if statistic in LAYER_MEASURES:
        assert layer is not None
        found = moment.of_layers.get((lane_name, statistic, _column(lane, layer)))
        return None if found is None else _at_time(found, -1 if time is None else time)
    if (lane_name, statistic) in moment.asked:
        return moment.asked[lane_name, statistic]
    if layer is None:
        return float(lane.whole[statistic]) if statistic in lane.whole else None
    column = _column(lane, layer)
    if statistic not in lane.per_layer or column >= len(lane.per_layer[statistic]):
        return None
    return float(lane.per_layer[statistic][column])


def _read_sequence(
    expectation: Expectation, lane: LaneSnapshot, layer: int | str | None, time: int | None
) -> float | None:
    """One of the numbers that a recurrent layer has for each time step, or for each gate."""
    assert layer is not None
    column = _column(lane, layer)
    if column >= len(lane.layers):
        return None
    info = lane.layers[column]
    values = lane.sequences.get(expectation.statistic or "", {}).get(info.index)
    if values is None:
        return None
    if expectation.gate is not None:
        gates = GATES[info.kind]
        return float(values[gates.index(expectation.gate)]) if expectation.gate in gates else None
    assert time is not None
    return _at_time(values, time)


def _at_time(values: NDArray[np.float64], time: int) -> float | None:
    """One of ``values`` (time steps,), counted from 1 or −1 for the last; None where there is none."""
    place = time if time < 0 else time - 1
    return float(values[place]) if place < len(values) and len(values) else None


def _column(lane: LaneSnapshot, layer: int | str) -> int:
    """Where a layer's value stands among those of all layers; past them where the lane has no such layer, which is so
    when sabotage gives it another network."""
    if isinstance(layer, str):
        return next((at for at, info in enumerate(lane.layers) if info.name == layer), len(lane.layers))
    return layer if layer < 0 else layer - 1


def _holds(expectation: Expectation, value: Number | tuple[str, ...]) -> bool:
    """Whether the value meets the bounds, or the rules are those asked for; NaN meets none."""
    if expectation.finding is not None:
        return expectation.finding in _rules(value)
    if expectation.no_finding is not None:
        return not value if expectation.no_finding == "any" else expectation.no_finding not in _rules(value)
    if isinstance(value, tuple):
        assert isinstance(expectation.equals, tuple)
        x, y = (float(one) for one in value)
        goal = expectation.equals
        return math.dist((x, y), goal) <= expectation.rtol * math.hypot(*goal)
    if expectation.between is not None:
        return expectation.between[0] <= value <= expectation.between[1]
    if expectation.equals is not None:
        assert not isinstance(expectation.equals, tuple)
        return value == expectation.equals or abs(value - expectation.equals) <= expectation.rtol * abs(
            expectation.equals
        )
    above = expectation.above is None or value > expectation.above
    return above and (expectation.below is None or value < expectation.below)


def _place(expectation: Expectation) -> str:
    parts = [expectation.lane] if expectation.lane else []
    if expectation.step is not None:
        parts.append(f"step {expectation.step}")
    return f"{', '.join(parts)}: " if parts else ""


def _layer(layer: int | str | None) -> str:
    return "" if layer is None else " of the output layer" if layer == -1 else f" of layer {layer}"


def _time(time: int | None) -> str:
    return "" if time is None else " at the last time step" if time == -1 else f" at time step {time}"


def subject(expectation: Expectation) -> str:
    """What is measured, as the file calls it."""
    if expectation.statistic is None:
        return f"{_place(expectation)}findings"
    part = f" of the {expectation.gate} gate" if expectation.gate is not None else _time(expectation.time)
    text = f"{_place(expectation)}{expectation.statistic}{part}{_layer(expectation.layer)}"
    over = expectation.over
    if over is None:
        return text
    parts = [f"lane {over.lane}"] if over.lane is not None else []
    if over.layer is not None:
        parts.append("the output layer" if over.layer == -1 else f"layer {over.layer}")
    if over.step is not None:
        parts.append(f"step {over.step}")
    if over.time is not None:
        parts.append(_time(over.time).removeprefix(" at "))
    return f"{text} over that of {', '.join(parts)}"


def _rules(value: Number | tuple[str, ...]) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, tuple) else []


def _shown(value: Measured) -> str:
    if value is None:
        return "not measured"
    if isinstance(value, float):
        return f"{value:.6g}"
    if not value or isinstance(value[0], str):
        return ", ".join(_rules(value)) or "none"
    return f"({value[0]:.6g}, {value[1]:.6g})"


def expected(expectation: Expectation) -> str:
    """What it must be: "expected below 0.1"."""
    if expectation.finding is not None:
        return f"expected {expectation.finding}"
    if expectation.no_finding is not None:
        return "expected none" if expectation.no_finding == "any" else f"expected no {expectation.no_finding}"
    if expectation.between is not None:
        return f"expected between {expectation.between[0]:g} and {expectation.between[1]:g}"
    if isinstance(expectation.equals, tuple):
        return f"expected ({expectation.equals[0]:g}, {expectation.equals[1]:g}) within {expectation.rtol:g}"
    if expectation.equals is not None:
        exactly = expectation.equals == 0.0 or expectation.rtol == 0.0
        return f"expected {expectation.equals:.6g}{' exactly' if exactly else f' within {expectation.rtol:g}'}"
    bounds = [f"{word} {bound:g}" for word in ("above", "below") if (bound := getattr(expectation, word)) is not None]
    return "expected " + " and ".join(bounds)
