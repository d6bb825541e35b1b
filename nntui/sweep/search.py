"""Which cells of a large sweep are worth running: some of them by chance, or where earlier ones came out well.

A search walks over the same cells as a whole sweep would have. Trials are asked for in groups of a fixed size and told
of in their order, so that a search is the same for any number of processes and goes on after any end: cells that are
known are told of at once.
"""

import math
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from nntui_engine.errors import InputError

from .plan import Plan, Search

if TYPE_CHECKING:
    from .results import Results

TOGETHER = 8  # trials that are asked for before the first of them is told of
KINDS = ("random", "tpe")
LARGE_IS_GOOD = ("accuracy", "r2")


def search_of(kind: str, trials: int, best: str | None, plan: Plan) -> Search:
    """A search among the cells of a plan. Raises InputError where Optuna is not installed, and where nobody says what
    is good of a measure that can be either."""
    if find_spec("optuna") is None:
        raise InputError('--search needs Optuna: pip install "nntui[search]"')
    if best is None:
        name = plan.measure.statistic
        if not name.endswith(LARGE_IS_GOOD) and "loss" not in name:
            raise InputError(
                f"--search: is a small or a large {plan.measure.text} good? --best smallest or --best largest"
            )
        best = "largest" if name.endswith(LARGE_IS_GOOD) else "smallest"
    return Search(kind, trials, best == "largest")


def waves(results: "Results") -> Iterator[Sequence[int]]:
    """Groups of cells to be run one after another; what came of a group is known when the next is asked for."""
    search = results.plan.search
    if search is None:
        yield results.missing
        return
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    seed = results.plan.seeds[0] % 2**32
    samplers = optuna.samplers
    sampler: Any = samplers.RandomSampler(seed=seed)
    if search.kind == "tpe":
        sampler = samplers.TPESampler(seed=seed, n_startup_trials=2 * TOGETHER, multivariate=True, constant_liar=True)
    study = optuna.create_study(sampler=sampler, direction="maximize" if search.largest else "minimize")
    places = {str(axis): _distribution(optuna, values) for axis, values in enumerate(_axes(results.plan))}
    for begin in range(0, search.trials, TOGETHER):
        asked = [study.ask(places) for _ in range(min(TOGETHER, search.trials - begin))]
        cells = [_cells(results.plan, [trial.params[str(axis)] for axis in range(len(places))]) for trial in asked]
        wanted = dict.fromkeys(cell for group in cells for cell in group)
        new = [cell for cell in wanted if not results.done[cell]]
        if new:
            yield new
        for trial, group in zip(asked, cells, strict=True):
            value = float(np.mean(results.values[group]))
            failed = not math.isfinite(value) or bool(results.diverged[group].any())
            study.tell(trial, None if failed else value, state=optuna.trial.TrialState.FAIL if failed else None)


def _axes(plan: Plan) -> list[tuple[Any, ...]]:
    """The values of every axis: the lanes, those that are varied."""
    return [tuple(plan.lanes), *(axis.values for axis in plan.axes)]


def _distribution(optuna: Any, values: Sequence[Any]) -> Any:
    """Places on an axis: near to each other where values are numbers, else just different."""
    ordered = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    if ordered and list(values) in (sorted(values), sorted(values, reverse=True)):
        return optuna.distributions.IntDistribution(0, len(values) - 1)
    return optuna.distributions.CategoricalDistribution(range(len(values)))


def _cells(plan: Plan, places: Sequence[int]) -> list[int]:
    """The cells at a place of each axis, one for each seed."""
    return [plan.number_of((*places, seed)) for seed in range(len(plan.seeds))]


def is_complete(results: "Results") -> bool:
    """Whether nothing is left to be done."""
    return next(waves(results), []) == []
