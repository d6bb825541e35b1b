"""The claims of a scenario: which words say which numbers, and what holds them true. README.md: how to write them."""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
from lessons.facts import Names, changed, evaluate, lane_facts, lanes_called, reads_only_a_name
from lessons.words import Number, bounds_in_words, find_numbers, find_places, one_line

from nntui_engine.errors import InputError
from nntui_engine.scenario import Scenario, scenario_paths

FOLDER = Path(__file__).parent
SEEDS = 10
KINDS = ("measure", "setting", "formula", "cited", "notation", "idiom")
_HEDGES = re.compile(r"\b(?:mostly|most|usually|often|as a rule|typically|nearly always|nearly all|by chance)\b", re.I)
_SHARE = re.compile(r"(?:of|in|out of) (?:ten|10)\b", re.I)
_OF_A_FORMULA = {0.0, 0.25, 1 / 3, 0.5, 1.0, 2.0, 3.0, 4.0}

Text = str | list[str]


class Claim(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """One ``[[claim]]``. ``says`` copies the words that hold the number or numbers."""

    says: Annotated[str, msgspec.Meta(min_length=1)]
    measure: dict[str, Any] | list[dict[str, Any]] | None = None
    setting: Text | None = None
    formula: Text | None = None
    cited: str | None = None
    notation: str | None = None
    idiom: str | None = None
    lane: Text | None = None
    try_: int | None = msgspec.field(default=None, name="try")
    value: Any = None
    within: float | None = None
    at_least: Annotated[int, msgspec.Meta(ge=1, le=SEEDS)] = SEEDS
    loose: str | None = None
    source: str | None = None

    @property
    def kind(self) -> str:
        """One of KINDS; a formula over measured numbers is a measurement."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def holds_always(self) -> bool:
        """Whether it is to hold on every seed."""
        return self.at_least == SEEDS


class ClaimsFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The whole file."""

    claim: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Matched:
    """A claim and the numbers that its words hold. ``where`` begins a message about it."""

    claim: Claim
    numbers: tuple[Number, ...]
    words: str
    where: str


def claims_path(name: str) -> Path:
    """The claims file of a built-in scenario, whether it exists or not."""
    return FOLDER / scenario_paths()[name].parent.name / f"{name}.toml"


def words_of(scenario: Scenario) -> str:
    """What a scenario says on screen: summary, lesson, then each try, one line each."""
    return "\n".join(map(one_line, (scenario.summary, scenario.lesson, *(attempt.say for attempt in scenario.tries))))


def load_claims(path: Path) -> tuple[Claim, ...]:
    """The claims of a file, each of exactly one kind; InputError for anything wrong."""
    try:
        claims = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), ClaimsFile).claim
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path.name}: not valid TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise InputError(f"{path.name}: {_counted_from_one(str(error))}") from None
    for number, claim in enumerate(claims, 1):
        where = f"{path.name}: claim {number} “{claim.says}”"
        given = [kind for kind in KINDS if getattr(claim, kind) is not None]
        over_measured = given == ["measure", "formula"] and _named(claim.measure)
        if len(given) != 1 and not over_measured:
            raise InputError(f"{where}: give one of {', '.join(KINDS)} (here: {', '.join(given) or 'none'})")
    return claims


def _counted_from_one(message: str) -> str:
    return re.sub(r"`\$\.claim\[(\d+)\]", lambda index: f"`claim {int(index[1]) + 1}", message)


def _named(measure: object) -> bool:
    """Whether ``measure`` holds several tables by name, for a formula."""
    return isinstance(measure, Mapping) and bool(measure) and all(isinstance(v, Mapping) for v in measure.values())


def match(scenario: Scenario, claims: Sequence[Claim]) -> tuple[list[Matched], list[str]]:
    """Claims and their numbers, and what is wrong: numbers without a claim, claims without their words.

    The claims stand in the order of the words, so each must hold the first number that is not claimed yet.
    """
    words = words_of(scenario)
    numbers = find_numbers(words)
    matched: list[Matched] = []
    problems = _wrong_places(scenario, words)
    at = 0
    for index, claim in enumerate(claims, 1):
        where = f"{scenario.name}: claim {index} “{claim.says}”"
        held = _held(words, numbers, at, claim.says)
        if held is None:
            ahead = next((i for i in range(at + 1, len(numbers)) if _held(words, numbers, i, claim.says)), None)
            if ahead is None:
                says = one_line(claim.says)
                why = "holds no number here" if says in words else "does not stand in the words"
                problems.append(f"{where}: {why}{_next(words, numbers, at)}")
                continue
            problems += [f"{scenario.name}: no claim for {_shown(words, number)}" for number in numbers[at:ahead]]
            at, held = ahead, _held(words, numbers, ahead, claim.says)
        assert held is not None
        matched.append(Matched(claim, held, words, where))
        at += len(held)
    problems += [f"{scenario.name}: no claim for {_shown(words, number)}" for number in numbers[at:]]
    return matched, problems


def _held(words: str, numbers: Sequence[Number], at: int, says: str) -> tuple[Number, ...] | None:
    """The numbers from ``at`` on that ``says`` holds, whole, where it stands around number ``at``."""
    if at >= len(numbers):
        return None
    says, first = one_line(says), numbers[at]
    for start in range(max(0, first.end - len(says)), first.start + 1):
        end = start + len(says)
        if words.startswith(says, start) and end >= first.end and not (at and numbers[at - 1].end > start):
            inside = tuple(number for number in numbers[at:] if number.start < end)
            return inside if inside[-1].end <= end else None
    return None


def _shown(words: str, number: Number) -> str:
    before, after = words[max(0, number.start - 40) : number.start], words[number.end : number.end + 40]
    return f"“{number.text}” in “{before}▸{number.text}◂{after}”".replace("\n", " ¶ ")


def _next(words: str, numbers: Sequence[Number], at: int) -> str:
    return f"; next is {_shown(words, numbers[at])}" if at < len(numbers) else "; every number has its claim already"


def _wrong_places(scenario: Scenario, words: str) -> list[str]:
    """Layers and units that the words name and no lane has."""
    hidden = [list(lane.tables.get("model", {}).get("hidden", ())) for lane in scenario.lanes]
    for attempt in scenario.tries:
        hidden.append(list(attempt.set.get("model.hidden", ())))
    most = {
        "layer": max(map(len, hidden)) + 1,
        "unit": max((width for layers in hidden for width in layers), default=1),
    }
    return [
        f"{scenario.name}: the words name “{words[place.start : place.end]}”; there are {most[place.what]}"
        for place in find_places(words)
        if max(place.numbers) > most[place.what]
    ]


def problem_of(matched: Matched, scenario: Scenario) -> str | None:
    """What is wrong with a claim that needs no run; None if it holds. (Measurements: see measuring.py.)"""
    claim = matched.claim
    if claim.kind == "measure":
        return _problem_of_share(matched)
    if claim.kind == "idiom":
        digits = [number.text for number in matched.numbers if not number.spelled]
        return f"an idiom is for words only, not for {', '.join(digits)}" if digits else _empty(claim.idiom)
    if claim.kind == "notation":
        return _problem_of_notation(matched)
    if claim.kind == "cited":
        return _problem_of_citation(matched, scenario)
    try:
        return _problem_of_arithmetic(matched, scenario)
    except InputError as error:
        return str(error)


def _empty(text: str | None) -> str | None:
    return None if (text or "").strip() else "say what the words mean"


def _problem_of_share(matched: Matched) -> str | None:
    claim = matched.claim
    if claim.at_least < SEEDS and not (_HEDGES.search(claim.says) or _SHARE.search(claim.says)):
        return f"at_least = {claim.at_least}: the words must say so (“in 9 of 10 seeds”, mostly, usually, often, …)"
    stated = share_of_seeds(matched)
    if stated and (stated[0].low, stated[1].low) != (claim.at_least, SEEDS):
        return f"the words say {stated[0].text} of {stated[1].text} seeds: at_least = {claim.at_least}"
    return None


def share_of_seeds(matched: Matched) -> tuple[Number, ...]:
    """The two numbers of "9 of 10 seeds", "nine in ten starts"; () if the words have none."""
    for first, second in zip(matched.numbers, matched.numbers[1:], strict=False):
        joined = matched.words[first.end : second.start] in (" of ", " in ", " out of ")
        if joined and re.match(r"\s(?:seeds|starts|runs)\b", matched.words[second.end :]):
            return first, second
    return ()


def _problem_of_notation(matched: Matched) -> str | None:
    odd = [number.text for number in matched.numbers if abs(number.low) not in _OF_A_FORMULA]
    if odd:
        return f"{', '.join(odd)} is more than a formula's small number: hold it by a setting, a formula or a measure"
    return None if len((matched.claim.notation or "").split()) > 1 else "say which formula or definition it belongs to"


def _problem_of_citation(matched: Matched, scenario: Scenario) -> str | None:
    cited = one_line(matched.claim.cited or "")
    named = one_line(f"{scenario.source}; {matched.claim.source or ''}")
    if not cited or cited not in named:
        return f"“{cited}” is named neither in the scenario's source nor in this claim's source"
    years = [number for number in matched.numbers if re.fullmatch(r"(?:18|19|20)\d\d", number.text)]
    wrong = [year.text for year in years if year.text not in cited]
    return f"{', '.join(wrong)} is not the year of “{cited}”" if wrong else None


def _problem_of_arithmetic(matched: Matched, scenario: Scenario) -> str | None:
    claim = matched.claim
    written = claim.setting if claim.setting is not None else claim.formula
    assert written is not None
    expressions = [written] if isinstance(written, str) else written
    if claim.setting is not None and not all(map(reads_only_a_name, expressions)):
        return "a setting is a name such as train.lr; arithmetic is a formula"
    for name in lanes_called(scenario, claim.lane if claim.lane is not None else _lane_of_try(claim, scenario), ""):
        names = _names(matched, scenario, name)
        values = [evaluate(expression, names) for expression in expressions]
        if problem := _compare(matched, expressions, values):
            return f"lane {name}: {problem}" if name else problem
    return None


def _lane_of_try(claim: Claim, scenario: Scenario) -> str | None:
    return tried(scenario, claim.try_).lane if claim.try_ is not None else None


def tried(scenario: Scenario, number: int) -> Any:
    """The scenario's ``[[try]]`` of this number, from 1."""
    if not 1 <= number <= len(scenario.tries):
        raise InputError(f"try = {number}: the scenario has {len(scenario.tries)}")
    return scenario.tries[number - 1]


def _names(matched: Matched, scenario: Scenario, name: str) -> Names:
    """What an expression may use: the lane's facts, ``n``, ``lane("…")``, and with ``try`` ``before`` and ``tried``."""
    own = lane_facts(scenario, scenario.lane(name))
    names = Names({**own, "n": [number.low for number in matched.numbers]})
    names["lane"] = lambda other: lane_facts(scenario, scenario.lane(other))
    if matched.claim.try_ is not None:
        attempt = tried(scenario, matched.claim.try_)
        after = replace(scenario, lanes=changed(scenario, attempt.set, attempt.lane, "try"))
        names["tried"] = lane_facts(after, after.lane(name))
        names["before"] = own
        if matched.claim.setting is not None:
            names = Names({**names, **names["tried"]})
    return names


def _compare(matched: Matched, expressions: Sequence[str], values: Sequence[Any]) -> str | None:
    claim = matched.claim
    if claim.value is not None:
        wrong = [(e, v) for e, v in zip(expressions, values, strict=True) if not _same(v, claim.value)]
        return f"{wrong[0][0]} is {wrong[0][1]!r}, not {claim.value!r}" if wrong else None
    if all(isinstance(value, bool) for value in values):
        if claim.formula is not None and not all(re.search(r"\bn\b", expression) for expression in expressions):
            return "a formula that is true or false must use the words' numbers: n[0], n[1], …"
        false = [e for e, value in zip(expressions, values, strict=True) if not value]
        numbers = ", ".join(f"{number.low:g}" for number in matched.numbers)
        return f"{false[0]} is false (n = [{numbers}])" if false else None
    numbers = as_many(matched.numbers, len(expressions))
    if numbers is None:
        return f"{len(expressions)} expressions for {len(matched.numbers)} numbers: give a list, one for each"
    for number, expression, value in zip(numbers, expressions, values, strict=True):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"{expression} is {value!r}, no number: add value = … to say what it must be"
        bounds = _bounds_of_exact(number, claim)
        if isinstance(bounds, str):
            return bounds
        if not bounds[0] <= value <= bounds[1]:
            return f"{expression} is {value:.6g}; the words say {number.text}"
    return None


def _same(value: Any, goal: Any) -> bool:
    return value == goal or (
        isinstance(value, (int, float)) and isinstance(goal, (int, float)) and math.isclose(value, goal)
    )


def as_many(numbers: Sequence[Number], count: int) -> list[Number] | None:
    """The numbers one by one, or their ends one by one (a range has two), whichever are ``count``; else None."""
    if len(numbers) == count:
        return list(numbers)
    ends = []
    for number in numbers:
        ends.append(replace(number, high=number.low, high_half=number.low_half) if number.is_range else number)
        if number.is_range:
            ends.append(replace(number, low=number.high, low_half=number.high_half))
    return ends if len(ends) == count else None


def _bounds_of_exact(number: Number, claim: Claim) -> tuple[float, float] | str:
    """Where a value known exactly must lie: settings are what is written, formulas hold to the last digit."""
    exact = 1e-9 * abs(number.low)
    if claim.setting is not None and claim.within is None and number.kind != "about" and not number.is_range:
        return number.low - exact, number.low + exact
    if number.kind == "bare" and number.low_half is None and claim.within is None and not number.is_range:
        return number.low - exact, number.low + exact
    return bounds_in_words(number, claim.within)
