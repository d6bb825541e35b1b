"""What ``nntui verify`` has found, as lines of text and as JSON (docs/machine-output.md)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from nntui_engine.analysis.judging import Outcome
from nntui_engine.analysis.sabotage import NOTHING_EXPECTED, Sabotage, Survivor
from nntui_engine.analysis.verify import gather, judge_seeds, runs
from nntui_engine.scenario import Expectation, Reason, Scenario

from .verifying import Run


@dataclass(frozen=True, slots=True)
class Block:
    """The outcomes of one scenario on ``seeds`` seeds from ``seed`` on: on one each expectation on its own; on several
    those that state a share of seeds."""

    scenario: str
    seed: int
    seeds: int
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        """Whether every expectation was met."""
        return all(outcome.passed for outcome in self.outcomes)

    @property
    def title(self) -> str:
        """The scenario and the seed or seeds, such as "digits (seeds 0 to 4)"."""
        last = self.seed + self.seeds - 1
        return f"{self.scenario} (seed {last})" if self.seeds == 1 else f"{self.scenario} (seeds {self.seed} to {last})"


@dataclass(frozen=True, slots=True)
class Plan:
    """One scenario to verify on ``seeds`` seeds from ``first`` on."""

    scenario: Scenario
    first: int
    seeds: int

    def jobs(self) -> list[Run]:
        """A run for each seed that something must be measured on, in order."""
        return [Run(part, seed) for part, seed in runs(self.scenario, self.first, self.seeds)]

    def blocks(self, results: Iterator[list[Outcome]]) -> Iterator[Block]:
        """A block for each seed as soon as it is there, and then one for each number of seeds that shares are of."""
        name, found = self.scenario.name, []
        alone = any(not e.at_least for e in self.scenario.expectations) or not self.scenario.expectations
        for number in range(len(self.jobs())):
            found.append(next(results))
            if number < self.seeds and alone:
                plain = tuple(outcome for outcome in found[-1] if not outcome.expectation.at_least)
                yield Block(name, self.first + number, 1, plain)
        shares: dict[int, list[Outcome]] = {}
        for expectation, by_seed in zip(
            self.scenario.expectations, gather(self.scenario, self.first, self.seeds, found), strict=True
        ):
            if expectation.at_least:
                shares.setdefault(len(by_seed), []).append(judge_seeds(expectation, by_seed))
        for seeds, outcomes in sorted(shares.items()):
            yield Block(name, self.first, seeds, tuple(outcomes))


def sum_of(blocks: Sequence[Block], done: int) -> str:
    """How many expectations were met in so many runs."""
    outcomes = [outcome for block in blocks for outcome in block.outcomes]
    met = sum(outcome.passed for outcome in outcomes)
    noun = "expectation" if len(outcomes) == 1 else "expectations"
    return f"{met} of {len(outcomes)} {noun} met in {done} {'run' if done == 1 else 'runs'}"


def verified_document(blocks: Sequence[Block]) -> dict[str, Any]:
    """The whole result of ``nntui verify --json``."""
    return {
        "schema": 1,
        "passed": all(block.passed for block in blocks),
        "scenarios": [
            {
                "scenario": block.scenario,
                "seed": block.seed,
                **({"seeds": block.seeds} if block.seeds > 1 else {}),
                "passed": block.passed,
                "outcomes": [_outcome(outcome) for outcome in block.outcomes],
            }
            for block in blocks
        ],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    of_seeds: dict[str, Any] = {}
    if outcome.by_seed:
        of_seeds = {
            "measured": [one.measured for one in outcome.by_seed.values()],
            "held": len(outcome.by_seed) - len(outcome.missed),
            "missed": list(outcome.missed),
        }
    return {
        "expect": _written(outcome.expectation),
        "measured": outcome.measured,
        **of_seeds,
        "passed": outcome.passed,
        "text": outcome.text,
    }


def _written(expectation: Expectation) -> dict[str, Any]:
    """The expectation as a file states it: without what is left at its default, but for the tolerance of an equals."""
    table: dict[str, Any] = msgspec.to_builtins(expectation)
    if expectation.over is not None:
        table["over"] = {key: value for key, value in table["over"].items() if value is not None}
    defaults = {field.encode_name: field.default for field in msgspec.structs.fields(expectation)}
    kept = {"rtol"} if expectation.equals is not None else set()
    return {key: value for key, value in table.items() if key in kept or value != defaults[key]}


def sabotage_lines(name: str, found: Sabotage) -> Iterator[tuple[str, bool]]:
    """(line, whether it is bad) for everything there is to say about one scenario."""
    for lane in found.unmet:
        yield f"FAILED  {name}{_of(lane)}: its expectations do not hold to begin with; run nntui verify {name}", True
    for survivor in found.survivors:
        line = f"{name}{_of(survivor.lane)} {_survives(survivor)}"
        yield (f"ok      {line}: {survivor.reason}", False) if survivor.reason else (f"FAILED  {line}", True)
    for reason in found.stale:
        yield f"FAILED  {name}, {_place(reason)}: nothing of the kind survives: delete the reason", True


def _of(lane: str) -> str:
    return f', lane "{lane}"' if lane else ""


def _survives(survivor: Survivor) -> str:
    if survivor.swap == NOTHING_EXPECTED:
        return "survives anything: nothing is expected of it"
    return (
        f"survives {survivor.text}" if survivor.text != survivor.swap else f'survives the settings of "{survivor.swap}"'
    )


def _place(reason: Reason) -> str:
    return f'{reason.place} "{reason.swap}"'


def sabotage_sum(results: Iterable[Sabotage]) -> str:
    """All of it in one line."""
    found = list(results)
    survivors = [survivor for one in found for survivor in one.survivors]
    bare = sum(not survivor.reason for survivor in survivors)
    stale, unmet = (sum(len(getattr(one, name)) for one in found) for name in ("stale", "unmet"))
    scenarios = "1 scenario" if len(found) == 1 else f"{len(found)} scenarios"
    swaps = sum(one.swaps for one in found)
    text = f"{swaps} {'swap' if swaps == 1 else 'swaps'} in {scenarios}: "
    text += f"{len(survivors)} {'survivor' if len(survivors) == 1 else 'survivors'}, {bare} without a reason"
    text += f"; {stale} stale {'reason' if stale == 1 else 'reasons'}" if stale else ""
    return text + (f"; {unmet} {'lane' if unmet == 1 else 'lanes'} unmet to begin with" if unmet else "")


def sabotage_document(results: Sequence[tuple[Scenario, int, Sabotage]]) -> dict[str, Any]:
    """The whole result of ``nntui verify --sabotage --json``."""
    return {
        "schema": 1,
        "passed": all(found.passed for _, _, found in results),
        "scenarios": [
            {
                "scenario": scenario.name,
                "seed": seed,
                "passed": found.passed,
                "swaps": found.swaps,
                "survivors": [
                    {"lane": one.lane, "swap": one.swap, "text": one.text, "reason": one.reason or None}
                    for one in found.survivors
                ],
                "stale": [
                    {"lanes": list(one.lanes), "swap": one.swap, "reason": one.why, "place": one.place}
                    for one in found.stale
                ],
                "unmet": list(found.unmet),
            }
            for scenario, seed, found in results
        ],
    }
