"""A claims file to begin with: every number of a scenario's words, and guesses at what holds it."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lessons.claims import words_of
from lessons.facts import changed, lane_facts
from lessons.words import Number, find_numbers

from nntui_engine.scenario import Scenario

_MOST_GUESSES = 4
_UNLIKELY = (
    "data.fold",
    "model.bias_scale",
    "train.momentum_start",
    "train.huber_delta",
    "data.classes",
    "train.steps",
)


def draft(scenario: Scenario) -> str:
    """The skeleton, as TOML. What is in doubt is left for the writer: a claim of no kind is an error."""
    words = words_of(scenario)
    summary, _, rest = words.partition("\n")
    tries = len(summary) + 1 + len(rest.partition("\n")[0])
    facts = _facts(scenario)
    parts = [f"# {scenario.name}: lanes {', '.join(f'“{name}”' for name in facts)}\n"]
    numbers = find_numbers(words)
    for number, following in zip(numbers, [*numbers[1:], None], strict=True):
        start, end = _around(words, number)
        if following is not None and end > following.start:
            end = number.end
        before, after = words[max(0, start - 60) : start], words[end : end + 50]
        lines = [f"# … {before}▸{words[start:end]}◂{after} …".replace("\n", " ¶ "), "[[claim]]"]
        lines.append(f"says = {json.dumps(words[start:end], ensure_ascii=False)}")
        if number.start > tries:
            lines += _of_try(number, scenario, words.count("\n", 0, number.start) - 1)
        else:
            lines += _guesses(number, facts)
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _facts(scenario: Scenario) -> dict[str, Any]:
    return {lane.name: lane_facts(scenario, lane) for lane in scenario.lanes}


def _of_try(number: Number, scenario: Scenario, index: int) -> Iterator[str]:
    """Guesses about a number in the words of the try of this index, from 1."""
    attempt = scenario.tries[index - 1]
    yield f"try = {index}"
    ratios = [key for key, value in attempt.set.items() if isinstance(value, (int, float)) and key.startswith("train.")]
    if number.spelled and ratios:
        yield f'formula = "tried.{ratios[0]} / before.{ratios[0]}"'
        return
    after = replace(scenario, lanes=changed(scenario, attempt.set, attempt.lane, "try"))
    facts = _facts(after)
    yield from _guesses(number, {attempt.lane: facts[attempt.lane]} if attempt.lane else facts)


def _around(words: str, number: Number) -> tuple[int, int]:
    """The number with its qualifier and the word after it."""
    before = re.search(r"(?:(?:less|more|fewer|at|up|no) )?\S+ $", words[max(0, number.start - 30) : number.start])
    start = number.start - len(before.group()) if before and number.kind != "bare" else number.start
    after = re.match(r" [A-Za-z]+", words[number.end :])
    return start, number.end + (len(after.group()) if after else 0)


def _guesses(number: Number, facts: Mapping[str, Any]) -> Iterator[str]:
    """Settings and counts that equal the number, as lines to keep or delete."""
    by_key: dict[str, list[str]] = {}
    for lane, names in facts.items():
        for key, value in _leaves("", names):
            if key not in _UNLIKELY and math.isclose(value, number.low, rel_tol=1e-9):
                by_key.setdefault(key, []).append(lane)
    if number.is_range or number.kind != "bare":
        by_key = {}
    likely = sorted(by_key.items(), key=lambda item: "." in item[0])  # counts first
    for index, (key, lanes) in enumerate(likely[:_MOST_GUESSES]):
        mark = "# or: " if index else ""
        yield f"{mark}setting = {json.dumps(key)}"
        if len(lanes) < len(facts):
            shown = json.dumps(lanes[0] if len(lanes) == 1 else lanes, ensure_ascii=False)
            yield f"{mark}lane = {shown}"
    mark = "# or: " if by_key else ""
    lane = "" if len(facts) == 1 else 'lane = "", '
    wide = 0.02 if "%" in number.text else 0.1 * abs(number.low)
    open_ended = number.kind in ("below", "above")
    vague = number.kind == "about" or (number.low_half is None and not open_ended)
    within = f"within = {wide:.3g}" if vague else ""
    yield f'{mark}measure = {{ {lane}statistic = "" }}'
    if within and not number.is_range:
        yield f"{mark}{within}"
    if number.spelled:
        yield '# or: idiom = ""'


def _leaves(key: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{key}.{name}" if key else name, inner)
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _leaves(f"{key}[{index}]", inner)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and value != 0:
        yield key, float(value)
