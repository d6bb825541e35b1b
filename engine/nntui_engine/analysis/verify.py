"""Whether a scenario shows what it says it shows: its ``[[expect]]`` tables, measured.

:func:`verify` does all of it. Its parts are for who runs the seeds elsewhere: :func:`runs` says what must run,
:func:`measure` measures one of them, :func:`gather` and :func:`judge_seeds` put the answers together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..compiling.ahead import Progress as Compiling
from ..experiment import Experiment
from ..scenario import Expectation, Scenario, load_scenario
from .judging import Moment, Outcome, expected, judge, moment_of, subject

Progress = Callable[[int, int], None]
_SHOWN_SEEDS = 10  # in a line of text
_LAUNCH_STEPS = 256  # between two calls of the progress callback


def verify(
    scenario: Scenario | str,
    seed: int | None = None,
    progress: Progress | None = None,
    compiling: Compiling | None = None,
) -> list[Outcome]:
    """Run a scenario's lanes as far as its expectations ask, and measure each of them, in the file's order.

    An expectation over ``seeds`` is measured on that many, from ``seed`` (left out, the scenario's own) on; it has
    passed if it held on ``at_least`` so many. The others are measured on ``seed`` alone. ``progress(done, total)`` is
    called with the steps of each run, ``compiling(name, done, total)`` on a first start. A lane that diverged or
    stopped early keeps its last values; one that ended before the step asked for has none. Raises InputError on bad
    input.

    >>> all(outcome.passed for outcome in verify("beale"))
    True
    """
    if isinstance(scenario, str):
        scenario = load_scenario(scenario)
    first = first_seed(scenario) if seed is None else seed
    found = [measure(part, at, progress, compiling) for part, at in runs(scenario, first)]
    return [
        judge_seeds(expectation, by_seed) if expectation.at_least else by_seed[first]
        for expectation, by_seed in zip(scenario.expectations, gather(scenario, first, 1, found), strict=True)
    ]


def first_seed(scenario: Scenario) -> int:
    """The seed in the scenario's file: its first lane's."""
    return int(scenario.lanes[0].tables["train"]["seed"])


def runs(scenario: Scenario, first: int, seeds: int = 1) -> list[tuple[Scenario, int]]:
    """What must run to measure every expectation on ``seeds`` seeds from ``first`` on, and on its own ``seeds`` if
    they are more: the scenario with only the expectations that ask for a seed, and that seed."""
    most = max([seeds, *(expectation.seeds for expectation in scenario.expectations)])
    return [(_asking(scenario, number, seeds), first + number) for number in range(most)]


def _asking(scenario: Scenario, number: int, seeds: int) -> Scenario:
    """``scenario`` with the expectations that are measured on the seed of this number, from 0."""
    asked = tuple(e for e in scenario.expectations if number < max(seeds, e.seeds))
    return replace(scenario, expectations=asked)


def gather(scenario: Scenario, first: int, seeds: int, found: Sequence[Sequence[Outcome]]) -> list[dict[int, Outcome]]:
    """For every expectation its outcomes by seed, out of what :func:`measure` ``found`` in each of :func:`runs`."""
    by_seed: list[dict[int, Outcome]] = [{} for _ in scenario.expectations]
    for number, outcomes in enumerate(found):
        left = iter(outcomes)
        for expectation, kept in zip(scenario.expectations, by_seed, strict=True):
            if number < max(seeds, expectation.seeds):
                kept[first + number] = next(left)
    return by_seed


def judge_seeds(expectation: Expectation, by_seed: Mapping[int, Outcome]) -> Outcome:
    """Whether the expectation held on the share of these seeds that it states (on all, if it states none)."""
    least = expectation.at_least if expectation.at_least is not None else expectation.seeds
    missed = [seed for seed, outcome in by_seed.items() if not outcome.passed]
    held, of = len(by_seed) - len(missed), len(by_seed)
    text = f"{subject(expectation)}, {expected(expectation)}: held on {held} of {of} seeds, expected "
    text += f"{least} in {expectation.seeds}" if expectation.seeds > 1 else "all"
    if missed:
        text += f"; not on {', '.join(map(str, missed[:_SHOWN_SEEDS]))}{', …' if len(missed) > _SHOWN_SEEDS else ''}"
    return Outcome(expectation, None, held * expectation.seeds >= least * of, text, dict(by_seed))


def measure(
    scenario: Scenario, seed: int, progress: Progress | None = None, compiling: Compiling | None = None
) -> list[Outcome]:
    """Measure every expectation on this one seed; arguments as for :func:`verify`."""
    if not scenario.expectations:
        return []
    run = Experiment(scenario, seed, compiling=compiling)
    moments = _run(run, scenario.expectations, progress)
    first = scenario.lanes[0].name
    return [judge(expectation, moments, first) for expectation in scenario.expectations]


def _run(run: Experiment, expectations: tuple[Expectation, ...], progress: Progress | None) -> dict[int | None, Moment]:
    """The moments at every step that an expectation names; None stands for each lane's end."""
    named: set[int | None] = set()
    judged: set[int | None] = set()
    for expectation in expectations:
        named.add(expectation.step)
        if expectation.over is not None and expectation.over.step is not None:
            named.add(expectation.over.step)
        if expectation.statistic is None:
            judged.add(expectation.step)
    last = run.steps if None in named else max(step for step in named if step is not None)
    moments = {}
    for step in [*sorted(step for step in named if step is not None), *([None] if None in named else [])]:
        goal = last if step is None else step
        while not run.finished and run.step < goal:
            run.advance(min(_LAUNCH_STEPS, goal - run.step))
            if progress is not None:
                progress(min(run.step, last), last)
        moments[step] = moment_of(run, step in judged, [e for e in expectations if _reads_at(e, step)])
    return moments


def _reads_at(expectation: Expectation, step: int | None) -> bool:
    """Whether the expectation reads a value at this moment."""
    return step == expectation.step or (expectation.over is not None and step == expectation.over.step)
