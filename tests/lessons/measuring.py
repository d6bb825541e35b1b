"""Measured claims: which runs they need, and what the runs must show."""

import copy
import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lessons.claims import SEEDS, Claim, Matched, as_many, share_of_seeds, tried
from lessons.facts import changed, evaluate
from lessons.measures import MEASURES
from lessons.words import Number, bounds_in_words

from nntui_engine.analysis.judging import Measured
from nntui_engine.analysis.verify import verify
from nntui_engine.errors import InputError, allowed_names
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import Expectation, LaneTables, Scenario
from nntui_engine.scenario.expectations import check_expectation, layer_names
from nntui_engine.scenario.problems import read

BOUNDS = ("below", "above", "between", "equals")
_ANYTHING = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of measures.py and its arguments, at one step (None: at the end), against bounds."""

    name: str
    lane: str | None
    step: int | None
    arguments: Mapping[str, Any]
    bounds: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """One value to read: an expectation or a call, in the scenario with ``settings`` laid over the lane ``only``."""

    what: Expectation | Call
    settings: str = "{}"  # JSON, so that equal ones are one run
    only: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What a claim asks of one value: of its only reading, or of ``formula`` over its named ones."""

    readings: Mapping[str, Reading]
    text: str
    formula: str | None = None
    bounds: tuple[float, float] | None = None  # None: the reading's own


@dataclass(frozen=True, slots=True)
class Found:
    """What a check measured on one seed, and whether it holds."""

    value: Measured
    passed: bool


@dataclass(frozen=True, slots=True)
class Work:
    """One run: a variant of the scenario with what to measure in it."""

    scenario: Scenario
    calls: tuple[Call, ...]
    seed: int


def checks_of(matched: Matched, scenario: Scenario) -> list[Check]:
    """What a measured claim asks for; InputError if it is not written right."""
    claim = matched.claim
    assert claim.measure is not None
    try:
        if claim.formula is not None:
            return _over_named(matched, scenario)
        written = [claim.measure] if isinstance(claim.measure, Mapping) else claim.measure
        tables = [{"lane": claim.lane, **table} if claim.lane else table for table in written]
        bounded = [any(key in table for key in (*BOUNDS, "finding", "no_finding")) for table in tables]
        if any(bounded) and not all(bounded):
            raise InputError("give bounds in every table of measure, or in none")
        numbers = _measured_numbers(matched, tables, scenario)
        if any(bounded):
            _check_tied(claim, numbers, tables)
            return [check for table in tables for check in _checks(table, scenario, None)]
        return [
            check
            for table, number in zip(tables, _paired(numbers, len(tables)), strict=True)
            for check in _checks(table, scenario, _bounds(number, claim))
        ]
    except InputError as error:
        raise InputError(f"{matched.where}: {error}") from None


def _over_named(matched: Matched, scenario: Scenario) -> list[Check]:
    """A formula over several measured values: ``measure = { a = { … }, b = { … } }``, ``formula = "a - b"``."""
    claim = matched.claim
    assert isinstance(claim.measure, Mapping)
    assert isinstance(claim.formula, str)
    readings = {}
    for name, table in claim.measure.items():
        found = list(_readings({"lane": claim.lane, **table} if claim.lane else table, scenario, _ANYTHING))
        if len(found) != 1:
            raise InputError(f"{name}: a formula's measures are single values, not lists")
        readings[name] = found[0][0]
    numbers = _measured_numbers(matched, list(claim.measure.values()), scenario)
    return [Check(readings, claim.formula, claim.formula, _bounds(_paired(numbers, 1)[0], claim))]


def _bounds(number: Number, claim: Claim) -> tuple[float, float]:
    bounds = bounds_in_words(number, claim.within)
    if isinstance(bounds, str):
        raise InputError(bounds)
    return bounds


def _paired(numbers: Sequence[Number], count: int) -> list[Number]:
    """A number for each of ``count`` tables: each its own, or all the only one."""
    if len(numbers) == 1:
        return [numbers[0]] * count
    paired = as_many(numbers, count)
    if paired is None:
        texts = ", ".join(number.text for number in numbers)
        raise InputError(f"{count} measures for {len(numbers)} numbers ({texts}): one for each, or split the claim")
    return paired


def _measured_numbers(matched: Matched, tables: Sequence[Mapping[str, Any]], scenario: Scenario) -> list[Number]:
    """The words' numbers without the steps at which they are measured, and without the share of seeds."""
    steps = {step for table in tables for step in _steps_of(table)}
    if None in steps:
        steps |= {lane.tables["train"].get("steps") for lane in scenario.lanes}
    share = share_of_seeds(matched)
    return [n for n in matched.numbers if n not in share and not (_is_step(n, matched.words) and n.low in steps)]


def _steps_of(table: Mapping[str, Any]) -> list[Any]:
    step = table.get("step")
    return [
        *(step if isinstance(step, list) else [step]),
        *([table["over"]["step"]] if "step" in table.get("over", {}) else []),
    ]


def _is_step(number: Number, words: str) -> bool:
    before, after = words[: number.start].rstrip().lower(), words[number.end :].lstrip().lower()
    return before.endswith(("step", "steps")) or after.startswith(("step", "steps"))


def _check_tied(claim: Claim, numbers: Sequence[Number], tables: Sequence[Mapping[str, Any]]) -> None:
    """Where the claim gives bounds itself, the words' numbers must be among them, or closely between them."""
    if claim.loose is not None:
        return
    ends = [end for number in numbers for end in ((number.low, number.low_half), (number.high, number.high_half))]
    for value, half in dict.fromkeys(ends):
        if not any(_ties(value, half or 0.0, table) for table in tables):
            raise InputError(f'no bound says {value:g}; correct one, or write loose = "why the words are meant so"')


def _ties(value: float, half: float, table: Mapping[str, Any]) -> bool:
    between = table.get("between")
    if between is not None and between[0] <= value <= between[1] and between[1] - between[0] <= 0.5 * abs(value):
        return True
    said = _steps_of(table)
    for key in BOUNDS:
        bound = table.get(key)
        said += bound if isinstance(bound, list) else [bound]
    return any(isinstance(x, (int, float)) and abs(x - value) <= half + 1e-9 * abs(value) for x in said)


def _checks(table: Mapping[str, Any], scenario: Scenario, bounds: tuple[float, float] | None) -> Iterator[Check]:
    for reading, text in _readings(table, scenario, bounds):
        yield Check({"value": reading}, text)


def _readings(
    table: Mapping[str, Any], scenario: Scenario, bounds: tuple[float, float] | None
) -> Iterator[tuple[Reading, str]]:
    """The readings of one table: one for each lane, layer and step where it lists several."""
    lists = {key: table[key] for key in ("lane", "layer", "step") if isinstance(table.get(key), list)}
    for chosen in itertools.product(*lists.values()):
        one = copy.deepcopy({**table, **dict(zip(lists, chosen, strict=True))})
        settings, only = _variant(one, scenario)
        varied = replace(scenario, lanes=changed(scenario, settings, only, "set")) if settings else scenario
        what = _call(one, varied, bounds) if "call" in one else _expectation(one, varied, bounds)
        yield Reading(what, json.dumps(settings, sort_keys=True), only), _text(one, settings)


def _variant(table: dict[str, Any], scenario: Scenario) -> tuple[dict[str, Any], str | None]:
    """Take ``try`` or ``set`` out of the table: (settings, the lane they are for; None for all)."""
    number, settings = table.pop("try", None), table.pop("set", {})
    if number is None:
        return settings, table.get("lane") if settings else None
    if settings:
        raise InputError("give try or set, not both")
    attempt = tried(scenario, number)
    return dict(attempt.set), attempt.lane


def _expectation(table: dict[str, Any], scenario: Scenario, bounds: tuple[float, float] | None) -> Expectation:
    for key in ("seeds", "at_least"):
        if key in table:
            raise InputError(f"{key} in a measure: write at_least = … beside says; it counts seeds 0 to {SEEDS - 1}")
    if bounds is not None:
        table = {**table, "between": list(bounds)}
    expectation = read(table, Expectation, "", "measure")
    depths = {lane.name: layer_names(lane.tables.get("model", {})) for lane in scenario.lanes}
    steps = {lane.name: lane.tables["train"].get("steps") for lane in scenario.lanes}
    check_expectation(expectation, depths, steps, scenario.is_surface, "measure")
    return expectation


def _call(table: dict[str, Any], scenario: Scenario, bounds: tuple[float, float] | None) -> Call:
    name, lane, step = table.pop("call"), table.pop("lane", None), table.pop("step", None)
    if name not in MEASURES:
        raise InputError(f'measure.call = "{name}": no such function; {allowed_names(name, list(MEASURES))}')
    if lane is None and len(scenario.lanes) > 1:
        raise InputError(f"lane is missing; allowed: {', '.join(lane.name for lane in scenario.lanes)}")
    if lane is not None:
        scenario.lane(lane, "measure")
    if bounds is None:
        bounds = _bounds_given(table)
    return Call(name, lane, step, table, bounds)


def _bounds_given(table: dict[str, Any]) -> tuple[float, float]:
    low, high = table.pop("between", _ANYTHING)
    low, high = table.pop("above", low), table.pop("below", high)
    if "equals" in table:
        goal, rtol = table.pop("equals"), table.pop("rtol", 1e-6)
        low, high = goal - rtol * abs(goal), goal + rtol * abs(goal)
    return float(low), float(high)


def _text(table: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """One line: lane, step, what is read, and in which variant."""
    place = [str(table["lane"])] if table.get("lane") else []
    place += [f"step {table['step']}"] if table.get("step") is not None else []
    name = table.get("call") or table.get("statistic") or "findings"
    known = ("lane", "step", "statistic", "call", *BOUNDS, "rtol", "finding", "no_finding")
    rest = [f"{key} {_plain(value)}" for key, value in table.items() if key not in known]
    rest += [str(table["statistic"])] if "call" in table and "statistic" in table else []
    changes = [f"{key} = {value}" for key, value in settings.items()]
    details = f" ({', '.join(rest)})" if rest else ""
    varied = f" with {', '.join(changes)}" if changes else ""
    return ", ".join([*place, name]) + details + varied


def _plain(value: object) -> str:
    return " ".join(f"{key} {v}" for key, v in value.items()) if isinstance(value, Mapping) else str(value)


def works_of(scenario: Scenario, readings: Iterable[Reading], seed: int) -> list[tuple[Work, list[Reading]]]:
    """One run for each distinct variant, with the readings of it in the order of their values."""
    groups: dict[tuple[str, str | None], list[Reading]] = {}
    for reading in {repr(reading): reading for reading in readings}.values():
        groups.setdefault((reading.settings, reading.only), []).append(reading)
    works = []
    for (settings, only), group in groups.items():
        expected = [reading for reading in group if isinstance(reading.what, Expectation)]
        called = [reading for reading in group if isinstance(reading.what, Call)]
        written = json.loads(settings)
        lanes = changed(scenario, written, only, "set") if written else scenario.lanes
        lanes = _needed(lanes, [reading.what for reading in group])
        expectations = tuple(reading.what for reading in expected)
        varied = replace(scenario, lanes=lanes, expectations=expectations, sweep=None, tries=())
        works.append((Work(varied, tuple(reading.what for reading in called), seed), [*expected, *called]))
    return works


def _needed(lanes: Sequence[LaneTables], asked: Sequence[Expectation | Call]) -> tuple[LaneTables, ...]:
    """The lanes that are read; the others need not train."""
    names: set[str | None] = {what.lane for what in asked}
    names |= {what.over.lane for what in asked if isinstance(what, Expectation) and what.over and what.over.lane}
    return tuple(lanes) if None in names else tuple(lane for lane in lanes if lane.name in names)


def measure(work: Work) -> list[Found]:
    """Run it: what each of its expectations, then each of its calls found."""
    found = [Found(outcome.measured, outcome.passed) for outcome in verify(work.scenario, work.seed)]
    return found + _answer(work)


def _answer(work: Work) -> list[Found]:
    if not work.calls:
        return []
    run = Experiment(work.scenario, work.seed)
    names = [lane.name for lane in work.scenario.lanes]
    values: dict[int, float] = {}
    for index, call in sorted(enumerate(work.calls), key=lambda pair: (pair[1].step is None, pair[1].step or 0)):
        goal = run.steps if call.step is None else call.step
        while not run.finished and run.step < goal:
            run.advance(min(256, goal - run.step))
        values[index] = MEASURES[call.name](run, names.index(call.lane) if call.lane else 0, **call.arguments)
    return [
        Found(values[index], call.bounds[0] <= values[index] <= call.bounds[1]) for index, call in enumerate(work.calls)
    ]


def judge(check: Check, found: Mapping[str, Found]) -> Found:
    """A check, out of what its readings found (by their names)."""
    if check.formula is None:
        return found["value"]
    values = {name: one.value for name, one in found.items()}
    if any(not isinstance(value, float) or math.isnan(value) for value in values.values()):
        return Found(None, passed=False)
    value = float(evaluate(check.formula, values))
    assert check.bounds is not None
    return Found(value, check.bounds[0] <= value <= check.bounds[1])


def measure_checks(
    scenario: Scenario, checks: Sequence[Check], seeds: Sequence[int], run: Any = map
) -> list[list[Found]]:
    """What every check found on every seed. ``run`` maps :func:`measure` over the runs: ``map``, or a pool's."""
    readings = [reading for check in checks for reading in check.readings.values()]
    plans = [plan for seed in seeds for plan in works_of(scenario, readings, seed)]
    answers: dict[tuple[int, str], Found] = {}
    for (work, asked), found in zip(plans, run(measure, [work for work, _ in plans]), strict=True):
        answers |= {(work.seed, repr(reading)): one for reading, one in zip(asked, found, strict=True)}
    return [
        [judge(check, {name: answers[seed, repr(r)] for name, r in check.readings.items()}) for seed in seeds]
        for check in checks
    ]
