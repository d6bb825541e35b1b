"""A search looks at some of a sweep's cells, and is the same for any number of processes and after any end."""

import math
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sweep.test_cells import moons

from nntui.sweep.batch import Result
from nntui.sweep.crew import Done, work
from nntui.sweep.plan import Plan, Search, plan_of
from nntui.sweep.results import Results
from nntui.sweep.search import TOGETHER, is_complete, search_of, waves
from nntui.sweep.workers import LocalCrew
from nntui_engine.errors import InputError

pytest.importorskip("optuna", reason='needs Optuna: pip install "nntui[search]"')


def plan(search: Search, seeds: int = 1) -> Plan:
    from dataclasses import replace

    over = ["train.lr=log:1e-6:10:50", "model.width=1..40", "train.optimizer=sgd,adam,rmsprop"]
    return replace(plan_of(moons(), over, measure="validation_loss", seeds=seeds), search=search)


def value_of(one: Plan, number: int) -> float:
    """A bowl with its bottom at lr place 30, width 11 and adam in the second lane."""
    cell = one.cell(number)
    lr, width, optimizer = cell.places
    if lr > 44:
        return math.nan
    return ((lr - 30) / 10) ** 2 + ((width - 10) / 10) ** 2 + (optimizer != 1) + (cell.lane != "relu") + cell.seed / 1e4


class Formula(LocalCrew):
    """Whose cells are worth the bowl's value, in threads."""

    handed_out = 0

    def start(self) -> Executor:
        return ThreadPoolExecutor(self.size)

    def end(self, executor: Executor) -> None:
        executor.shutdown()

    def submit(self, executor: Executor, plan: Plan, cells: Sequence[int]) -> "Future[Done]":
        self.handed_out += len(cells)
        found = [Result(number, value_of(plan, number), "finished", 20) for number in cells]
        return executor.submit(lambda: Done(found, "here", 0.01))


def searched(one: Plan, size: int = 1, results: Results | None = None, at_most: int = 10**6) -> Results:
    results = results or Results(one, {})
    for done in work(one, waves(results), Formula(size)):
        results.add(done.results)
        if len(results.found) >= at_most:
            break
    return results


@pytest.mark.parametrize("kind", ["random", "tpe"])
def test_any_number_of_processes_finds_the_same(kind: str) -> None:
    one = plan(Search(kind, 40, largest=False), seeds=2)
    alone, three = searched(one), searched(one, 3)
    assert sorted(alone.found) == sorted(three.found)
    assert 40 < len(alone.found) <= one.wanted == 80
    assert is_complete(alone)


@pytest.mark.parametrize("kind", ["random", "tpe"])
@pytest.mark.parametrize("stop", [1, 7, 8, 9, 30])
def test_it_goes_on_after_any_end_as_if_there_had_been_none(tmp_path: Path, kind: str, stop: int) -> None:
    one = plan(Search(kind, 40, largest=False))
    whole = searched(one)
    results = Results.begin(tmp_path / "a.jsonl", one, {})
    searched(one, 2, results, at_most=stop)
    results.close()
    results = Results.resume(tmp_path / "a.jsonl")
    assert results.plan == one
    assert not is_complete(results)
    searched(one, 1, results)
    results.close()
    assert sorted(results.found) == sorted(whole.found)


def test_tpe_comes_nearer_than_chance() -> None:
    best = {
        kind: [
            min(value for value in searched(_seeded(kind, seed)).values if math.isfinite(value)) for seed in range(4)
        ]
        for kind in ("random", "tpe")
    }
    assert sum(best["tpe"]) < 0.5 * sum(best["random"])


def _seeded(kind: str, seed: int) -> Plan:
    from dataclasses import replace

    return replace(plan(Search(kind, 64, largest=False)), seeds=(seed,))


def test_the_largest_is_looked_for_where_that_is_good() -> None:
    small, large = (searched(plan(Search("tpe", 64, largest))) for largest in (False, True))
    means = [sum(v for v in found.values if math.isfinite(v)) / found.done.sum() for found in (small, large)]
    assert means[0] < means[1]


def test_trials_are_handed_out_in_groups_of_a_fixed_size() -> None:
    results = Results(plan(Search("random", 20, largest=False)), {})
    sizes = []
    for group in waves(results):
        sizes.append(len(group))
        results.add(Result(number, value_of(results.plan, number), "finished", 20) for number in group)
    assert sizes == [TOGETHER, TOGETHER, 20 - 2 * TOGETHER]  # of 12 000 cells none came twice


def test_what_is_good_is_known_or_asked_for() -> None:
    one = plan_of(moons(), ["train.lr=0.1,0.2"], measure="validation_loss")
    assert search_of("tpe", 5, None, one) == Search("tpe", 5, largest=False)
    assert search_of("tpe", 5, "largest", one) == Search("tpe", 5, largest=True)
    accuracy = plan_of(moons(), ["train.lr=0.1,0.2"], measure="train_accuracy")
    assert search_of("random", 5, None, accuracy).largest
    norm = plan_of(moons(), ["train.lr=0.1,0.2"], measure="gradient_norm:1")
    with pytest.raises(InputError, match=r"--search: is a small or a large gradient_norm:1 good\?"):
        search_of("random", 5, None, norm)
