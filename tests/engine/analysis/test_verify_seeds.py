"""Expectations over several seeds: how many are run, and what share must hold."""

import math
from typing import Any

import pytest

from nntui_engine.analysis import verify as tool
from nntui_engine.analysis.judging import Outcome
from nntui_engine.analysis.verify import gather, judge_seeds, measure, runs, verify
from nntui_engine.errors import InputError
from nntui_engine.scenario import Scenario, scenario_from_dict

NOISY: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "A bowl"},
    "surface": {"name": "bowl", "start": [0.0, 0.0], "noise": 1.0},
    "train": {"lr": 0.5, "steps": 3, "seed": 4},
}
RIGHT = {"step": 3, "statistic": "x", "above": 0.0}  # about half the seeds end there
PLAIN = {"step": 0, "statistic": "value", "equals": 0.0}


def scenario(*expect: dict[str, Any]) -> Scenario:
    return scenario_from_dict({**NOISY, "expect": list(expect)}, name="test")


def held_by_hand(first: int, seeds: int) -> list[bool]:
    return [measure(scenario(RIGHT), seed)[0].passed for seed in range(first, first + seeds)]


def test_the_share_that_holds() -> None:
    by_hand = held_by_hand(4, 10)
    held = sum(by_hand)
    assert 0 < held < 10
    for least, passed in ((held, True), (held + 1, False), (1, True)):
        plain, shared = verify(scenario(PLAIN, {**RIGHT, "seeds": 10, "at_least": least}))
        assert (plain.passed, plain.by_seed) == (True, {})
        assert shared.passed == passed
        assert {seed: one.passed for seed, one in shared.by_seed.items()} == dict(enumerate(by_hand, 4))
        assert shared.missed == tuple(seed for seed, good in enumerate(by_hand, 4) if not good)
        assert shared.text.startswith(
            f"step 3: x, expected above 0: held on {held} of 10 seeds, expected {least} in 10; not on "
        )


def test_it_begins_at_the_seed_asked_for() -> None:
    (shared,) = verify(scenario({**RIGHT, "seeds": 5, "at_least": 1}), seed=100)
    assert list(shared.by_seed) == [100, 101, 102, 103, 104]


def test_the_further_seeds_are_run_for_these_expectations_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[int, int]] = []
    real = tool.measure

    def noted(part: Scenario, seed: int, *more: Any) -> list[Outcome]:
        ran.append((seed, len(part.expectations)))
        return real(part, seed, *more)

    monkeypatch.setattr(tool, "measure", noted)
    verify(scenario(PLAIN, {**RIGHT, "seeds": 3, "at_least": 1}, {**RIGHT, "seeds": 2, "at_least": 1}))
    assert ran == [(4, 3), (5, 2), (6, 1)]


def test_more_seeds_than_it_states() -> None:
    asked = scenario({**RIGHT, "seeds": 10, "at_least": 1}, PLAIN, {**RIGHT, "seeds": 3, "at_least": 3})
    parts = runs(asked, 4, 6)
    assert [(seed, len(part.expectations)) for part, seed in parts] == [
        *((seed, 3) for seed in range(4, 10)),
        *((seed, 1) for seed in range(10, 14)),
    ]
    gathered = gather(asked, 4, 6, [measure(part, seed) for part, seed in parts])
    assert [list(by_seed) for by_seed in gathered] == [list(range(4, 14)), list(range(4, 10)), list(range(4, 10))]
    assert [one.passed for one in gathered[0].values()] == held_by_hand(4, 10)
    assert gathered[2] == {
        seed: Outcome(asked.expectations[2], one.measured, one.passed, one.text)
        for seed, one in list(gathered[0].items())[:6]
    }


@pytest.mark.parametrize(("held", "of", "passed"), [(9, 10, True), (8, 10, False), (45, 50, True), (44, 50, False)])
def test_nine_in_ten(held: int, of: int, passed: bool) -> None:
    (expectation,) = scenario({**RIGHT, "seeds": 10, "at_least": 9}).expectations
    by_seed = {seed: Outcome(expectation, 1.0, seed < held, "") for seed in range(of)}
    found = judge_seeds(expectation, by_seed)
    assert found.passed == passed
    assert f"held on {held} of {of} seeds, expected 9 in 10; not on {held}" in found.text


def test_a_finding_over_seeds() -> None:
    (found,) = verify(scenario({"no_finding": "any", "seeds": 3, "at_least": 3}))
    assert found.passed
    assert found.text == "findings, expected none: held on 3 of 3 seeds, expected 3 in 3"


def test_many_misses_are_cut() -> None:
    (found,) = verify(scenario({**RIGHT, "above": math.inf, "seeds": 12, "at_least": 1}))
    assert not found.passed
    assert found.text.endswith("; not on 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, …")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"seeds": 10}, "at_least is missing"),
        ({"at_least": 3}, "seeds is missing"),
        ({"seeds": 10, "at_least": 11}, "at_least = 11: must be at most seeds = 10"),
        ({"seeds": 1001, "at_least": 11}, "must be at least 1 and at most 1000"),
        ({"seeds": 10, "at_least": 0}, "must be at least 1 and at most 1000"),
        ({"seeds": 2.5, "at_least": 1}, "must be a whole number"),
    ],
)
def test_bad_shares(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as error:
        scenario({**RIGHT, **keys})
    assert says in str(error.value)
    assert "\n" not in str(error.value)
