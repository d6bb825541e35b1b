"""Timing things that take turns, so that what slows the machine down meanwhile slows all of them."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

ROUNDS = 5
CALL_SECONDS = 0.05  # longest call that is timed, if a step is no longer
WARM_SECONDS = 0.3
PAUSE_SECONDS = 0.02  # between two turns, in which the threads of the one before go to sleep

Turn = Callable[[float], list[float]]
"""Runs for about so many seconds, at least one call; returns the microseconds a step of every call."""


class Spread(TypedDict):
    """A number measured several times: the median of the rounds, and the rounds' lowest and highest."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Median, lowest and highest of ``values``, of which there is one at least."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def per_second(took: Spread, steps: int = 1) -> Spread:
    """Steps a second, from microseconds that ``steps`` take together."""
    return {
        "median": steps * 1e6 / took["median"],
        "low": steps * 1e6 / took["high"],
        "high": steps * 1e6 / took["low"],
    }


def ratios(first: str, spreads: Mapping[str, Spread]) -> dict[str, float]:
    """The median of ``first`` divided by every other median, by "first/other"."""
    top = spreads[first]["median"]
    return {f"{first}/{name}": top / one["median"] for name, one in spreads.items() if name != first}


def timed_calls(call: Callable[[], int], seconds: float) -> list[float]:
    """A turn of calls that each return how many steps they made; the first call is not counted."""
    call()
    took: list[float] = []
    end = time.perf_counter() + seconds
    while not took or time.perf_counter() < end:
        start = time.perf_counter()
        steps = call()
        took.append((time.perf_counter() - start) / steps * 1e6)
    return took


class Repeated:
    """A :data:`Turn` of something that makes a given number of steps: so many a call that a clock can time them."""

    def __init__(self, advance: Callable[[int], object]) -> None:
        self._advance = advance
        self._steps = 0

    def __call__(self, seconds: float) -> list[float]:
        """The microseconds a step of each call; the first turn also finds how many steps a call makes."""
        if not self._steps:
            self._choose_steps(min(CALL_SECONDS, seconds / 4))
        return timed_calls(self._call, seconds)

    def _call(self) -> int:
        self._advance(self._steps)
        return self._steps

    def _choose_steps(self, seconds: float) -> None:
        self._advance(1)
        steps, took = 1, 0.0
        while took < seconds / 4:
            start = time.perf_counter()
            self._advance(steps)
            took = time.perf_counter() - start
            if took < seconds / 4:
                steps *= 2
        self._steps = max(1, round(steps * seconds / took))


def take_turns(turns: Mapping[str, Turn], seconds: float) -> dict[str, Spread]:
    """Microseconds a step of each, over ``ROUNDS`` rounds that take ``seconds`` for each in all.

    Every round begins with another one. A round's number is the median of its calls.
    """
    names = list(turns)
    for turn in turns.values():
        turn(min(WARM_SECONDS, seconds))
    medians: dict[str, list[float]] = {name: [] for name in names}
    for number in range(ROUNDS):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            time.sleep(PAUSE_SECONDS)
            medians[name].append(statistics.median(turns[name](seconds / ROUNDS)))
    return {name: spread(values) for name, values in medians.items()}
