"""Trying fixes: a sick lane is trained again with each change, from the same seed and data, and what works is proved.

First every single fix that the findings propose, then pairs of the best and what helps untold networks, then what the
rules propose for lanes that these did not yet mend, then a small search; what is best is repeated
on two more seeds, beside the sick lane, before it counts. Lanes are trained side by side, and only settings that these
data make worth it are: the first stage that holds something good enough ends the search.

A change **works on the first seed** if

- the score rises by at least half of the gap between the sick lane's score and what is within reach, and by more than
  chance explains (:meth:`Reach.noise`). Within reach is what a linear model, the five nearest neighbours or the best
  lane of the trial gets, among these one with everything at once that helps untold networks. No score counts as worse
  than guessing; and
- the cause is gone: the rule that was named first finds nothing above an info any more, no rule finds something above
  an info that did not before, and nothing is critical.

It **works on a further seed** if its lane there meets the same bar against the sick settings with that seed; where
these do as well as is within reach by luck of the draw, it must not fall behind them by more than chance.
A fix is **proved** if it works on the first seed and on both others. Of several that work, the first in order is
preferred that is within a twentieth of the best; another is looked for where the one that is proved leaves more than
a tenth of the gap with some seed.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...errors import InputError
from ...experiment import Experiment
from ...run.finding import Finding
from ...run.recipe import Recipe
from ...scenario import Change, Scenario, override
from ...scenario.load import LaneTables
from ...tasks.network_lane import NetworkLane
from ...tasks.resolve import resolve_lane
from .candidates import SEARCH, Candidate, candidates, extended, followed, pairs, together, usual_changes
from .reach import reach_of, score_of
from .results import OnSeed, Proof, Trial, Try

Progress = Callable[[str, int, int], None]

MORE_SEEDS = 2
HALF = 0.5  # of the gap, to work
ENOUGH = 0.9  # of the gap, to look no further
NEARLY = 0.05  # of the way from guessing to the best: as good
AT_ONCE = 8  # lanes of one experiment
MOST_PAIRED = 5  # singles that pairs are made of
ROUNDS = 2  # of fixes for what an earlier fix has left
MOST_FOLLOWED = 3  # lanes whose findings are followed in a round
MOST_PROVED = 4  # candidates that are repeated on more seeds, in all
PROVED_TOGETHER = 2  # and after a stage
_SEARCH_SHARE = 0.7  # of the budget; the rest is for the proof
_LOOK_SECONDS = 0.3  # of training, before its length is foreseen
_MODULUS = 2**63


def try_fixes(
    run: Experiment, lane: str, findings: Sequence[Finding], seconds: float = 30.0, progress: Progress | None = None
) -> Trial:
    """Look for a change that mends a lane of a run that has ended, for at most about ``seconds``.

    ``findings`` are those of the run. The result is the same every time where the budget does not end it.
    ``progress(what, done, total)`` hears how far each experiment is. Raises InputError where weights were set by hand.
    """
    return _Trial(run, lane, [one for one in findings if one.lane == lane], seconds, progress).result()


@dataclass(frozen=True, slots=True)
class _Outcome:
    score: float
    findings: tuple[Finding, ...]
    left: tuple[str, ...]
    clean: bool


class _Trial:
    def __init__(
        self, run: Experiment, lane: str, findings: Sequence[Finding], seconds: float, progress: Progress | None
    ) -> None:
        self._start = time.perf_counter()
        self._search_until = self._start + _SEARCH_SHARE * seconds
        self._until = self._start + seconds
        self._lane, self._findings, self._progress = lane, findings, progress
        index = run.index(lane)
        self._sick: NetworkLane = run.network.lanes[index]
        self._scenario = run.scenario
        self._recipe = next(one for one in run.recipes() if one.name == lane)
        if not self._recipe.exact:
            raise InputError(f"{run.scenario.name}: weights were set by hand, from which no new run can begin")
        self._reach = reach_of(self._sick.data, self._sick.facts)
        self._before = score_of(run, index)
        self._wrong = [one.rule for one in findings if one.severity != "info"]
        self._tried: list[Try] = []
        self._proofs: list[Proof] = []
        self._findings_of: dict[int, tuple[Finding, ...]] = {}
        self._best_level = self._reach.level(self._before)
        self._cut = False

    def result(self) -> Trial:
        if self._wrong:
            self._search()
        return Trial(
            self._lane,
            self._sick.settings.seed,
            self._before,
            tuple(self._wrong),
            self._reach,
            tuple(self._tried),
            tuple(self._proofs),
            self._cut,
            time.perf_counter() - self._start,
        )

    # -- looking ----------------------------------------------------------------------------------------------------

    def _search(self) -> None:
        usual = usual_changes(self._sick.settings)
        references = (together(usual, self._sick.settings) or usual)[-1:]  # with the optimizer that finds its own step
        for stage in self._stages():
            known = [one.candidate.set for one in self._tried]
            new: list[Candidate] = []
            for one in stage:
                if one.set not in known:
                    new.append(one)
                    known.append(one.set)
            for at in range(0, len(new), AT_ONCE):
                if not self._cut:
                    self._try(new[at : at + AT_ONCE], references)
                    references = []
            if (self._good_enough() and self._prove()) or self._cut:
                break
        if not any(proof.whole for proof in self._proofs):
            self._prove()

    def _stages(self) -> Iterator[list[Candidate]]:
        settings = self._sick.settings
        singles, usual = candidates(self._findings, settings), usual_changes(settings)
        yield singles
        yield [*pairs(self._leading(MOST_PAIRED), settings), *(one for one in usual if "train.lr" not in one.set)]
        for _ in range(ROUNDS):
            yield [
                more
                for one in self._leading(MOST_FOLLOWED, unmended=True)
                for more in followed(one, self._findings_of[self._place(one)], settings)
            ]
        yield usual
        yield together(usual, settings)
        for one in self._leading(2):
            yield extended(one, [*usual, *singles], settings)

    def _place(self, candidate: Candidate) -> int:
        return next(at for at, one in enumerate(self._tried) if one.candidate is candidate)

    def _leading(self, count: int, unmended: bool = False) -> list[Candidate]:
        """The best so far; ``unmended``: of those that rules above an info still speak of."""
        done = [one for one in self._tried if one.score is not None]
        if unmended:
            done = [one for one in done if not one.clean]
        done.sort(key=lambda one: -self._reach.level(one.score or 0.0))
        return [one.candidate for one in done[:count]]

    def _good_enough(self) -> bool:
        return any(
            one.works and one.score is not None and self._arrives(self._before, one.score, self._within_reach())
            for one in self._tried
        )

    def _try(self, stage: Sequence[Candidate], references: Sequence[Candidate]) -> None:
        """Train a stage, and beside it the references, which only show what is within reach."""
        seed = self._sick.settings.seed
        ready: list[Recipe] = []
        places: list[int | None] = []
        for one in stage:
            recipe, refused = self._recipe_of(one, seed)
            places.append(None if recipe is None else len(ready))
            if recipe is not None:
                ready.append(recipe)
            self._tried.append(Try(one, None, refused=refused))
        ready += [recipe for one in references if (recipe := self._recipe_of(one, seed)[0]) is not None]
        outcomes = self._train(ready, self._search_until, "trying fixes") if ready else []
        self._best_level = max([self._best_level, *(self._reach.level(o.score) for o in outcomes if o is not None)])
        first = len(self._tried) - len(stage)
        for at, place in enumerate(places):
            outcome = None if place is None else outcomes[place]
            if outcome is not None:
                self._findings_of[first + at] = outcome.findings
                self._tried[first + at] = Try(stage[at], outcome.score, outcome.left, outcome.clean)
        # again for all: what is within reach may have moved
        self._tried = [
            replace(one, works=one.score is not None and one.clean and self._rises(self._before, one.score))
            for one in self._tried
        ]

    # -- judging ----------------------------------------------------------------------------------------------------

    def _within_reach(self) -> float:
        return max(self._reach.simple, self._best_level)

    def _rises(self, before: float, after: float, first: bool = True) -> bool:
        """Whether the score rises far enough, on the first seed or a further one."""
        low, high = self._reach.level(before), self._reach.level(after)
        gap, noise = self._within_reach() - low, self._reach.noise(low)
        if not first and gap <= noise:
            return high - low >= -noise
        return high - low >= max(HALF * gap, noise if first else 0.0)

    def _arrives(self, before: float, after: float, best: float) -> bool:
        """Whether the score comes to ``best``, but for a tenth of the gap or what chance explains."""
        gap = best - self._reach.level(before)
        return self._reach.level(after) >= best - max((1.0 - ENOUGH) * gap, self._reach.noise(best))

    def _outcome(self, score: float, findings: Sequence[Finding]) -> _Outcome:
        left = tuple(one.rule for one in findings if one.severity != "info")
        critical = any(one.severity == "critical" for one in findings)
        clean = not critical and self._wrong[0] not in left and set(left) <= set(self._wrong)
        return _Outcome(score, tuple(findings), left, clean)

    # -- proving ----------------------------------------------------------------------------------------------------

    def _prove(self) -> bool:
        """Repeat what works so far, until something closes the gap; whether it did."""
        known = [proof.candidate for proof in self._proofs]
        for one in self._worth_proving():
            if one.candidate in known or len(self._proofs) >= MOST_PROVED or time.perf_counter() >= self._until:
                continue
            self._proofs.append(self._repeated(one))
            if self._proofs[-1].whole:
                return True
        return False

    def _worth_proving(self) -> list[Try]:
        working = [one for one in self._tried if one.works and one.score is not None]
        if not working:
            return []
        level = {id(one): self._reach.level(one.score or 0.0) for one in working}
        best = max(level.values())
        near = NEARLY * max(best - self._reach.guess, 0.0)
        as_good = [one for one in working if level[id(one)] >= best - near]
        as_good.sort(key=lambda one: len(one.candidate.set) if one.candidate.of == SEARCH else 0)
        others = sorted((one for one in working if one not in as_good), key=lambda one: -level[id(one)])
        return [*as_good, *others][:PROVED_TOGETHER]

    def _repeated(self, one: Try) -> Proof:
        assert one.score is not None
        seeds = [OnSeed(self._sick.settings.seed, self._before, one.score, True)]
        more = [(self._sick.settings.seed + number) % _MODULUS for number in range(1, MORE_SEEDS + 1)]
        nothing = Candidate({}, "", "")
        recipes = []
        for seed in more:
            for candidate in (nothing, one.candidate):
                recipe, _ = self._recipe_of(candidate, seed)
                if recipe is None:
                    return Proof(one.candidate, tuple(seeds), False, False)
                recipes.append(recipe)
        outcomes = self._train(recipes, self._until, "repeating it on two more seeds")
        for number, seed in enumerate(more):
            before, after = outcomes[2 * number], outcomes[2 * number + 1]
            if before is not None and after is not None:
                works = after.clean and self._rises(before.score, after.score, first=False)
                seeds.append(OnSeed(seed, before.score, after.score, works))
        holds = len(seeds) == 1 + MORE_SEEDS and all(found.works for found in seeds)
        whole = holds and all(self._arrives(found.before, found.after, self._within_reach()) for found in seeds)
        return Proof(one.candidate, tuple(seeds), holds, whole)

    # -- training ---------------------------------------------------------------------------------------------------

    def _recipe_of(self, candidate: Candidate, seed: int) -> tuple[Recipe | None, str]:
        """The sick lane's recipe with the candidate's settings from its start on, or why there is none."""
        try:
            recipe = mended(self._recipe, {**candidate.set, "train.seed": seed})
            resolved = resolve_lane(recipe.tables, where="fix")
        except InputError as error:
            return None, str(error).removeprefix("fix: ")
        if resolved.settings.dtype != self._sick.settings.dtype:
            return None, "another type of numbers: it cannot be trained beside the others"
        if resolved.data.task != self._sick.data.task:
            return None, f"another task ({resolved.data.task}): its scores cannot be compared"
        return recipe, ""

    def _train(self, recipes: Sequence[Recipe], until: float, what: str) -> list[_Outcome | None]:
        """What comes of each, all trained side by side; None where ``until`` came first."""
        try:
            run = Experiment(scenario_of(self._scenario, recipes))
        except InputError:  # too large together
            if len(recipes) == 1:
                return [None]
            half = len(recipes) // 2
            return [*self._train(recipes[:half], until, what), *self._train(recipes[half:], until, what)]
        begun, foreseen = time.perf_counter(), False
        while not run.finished:
            now = time.perf_counter()
            if now >= until:
                self._cut = True
                break
            if not foreseen and now - begun >= _LOOK_SECONDS and run.step:
                foreseen = True
                needed = (now - begun) * (run.steps - run.step) / run.step
                for lane in _too_many(len(run.lanes), needed, until - now):
                    run.drop_lane(str(lane))
                    self._cut = True
            run.advance_for(0.1)
            if self._progress is not None:
                self._progress(f"{what} ({len(run.lanes)} lanes)", run.step, run.steps)
        done = {lane.name: at for at, lane in enumerate(run.lanes) if _is_done(run, at)}
        findings = run.findings()
        outcomes: list[_Outcome | None] = []
        for number in range(len(recipes)):
            at = done.get(str(number))
            own = [found for found in findings if found.lane == str(number)]
            outcomes.append(None if at is None else self._outcome(score_of(run, at), own))
        return outcomes


def mended(recipe: Recipe, settings: Mapping[str, object]) -> Recipe:
    """The recipe with ``settings`` from its start on, which no later change touches. Raises InputError where a value is
    not allowed."""
    changes = tuple(
        (step, kept)
        for step, changed in recipe.changes
        if (kept := {key: value for key, value in changed.items() if key not in settings})
    )
    return replace(recipe, tables=override(recipe.tables, settings, where="fix"), changes=changes)


def scenario_of(scenario: Scenario, recipes: Sequence[Recipe]) -> Scenario:
    """The scenario with a lane for each recipe, called by its place, and nothing that names other lanes."""
    lanes = tuple(LaneTables(str(number), dict(recipe.tables)) for number, recipe in enumerate(recipes))
    changes = [
        Change(step=step, set=dict(settings), lane=str(number))
        for number, recipe in enumerate(recipes)
        for step, settings in recipe.changes
    ]
    in_order = tuple(sorted(changes, key=lambda one: one.step))
    return replace(scenario, lanes=lanes, changes=in_order, tries=(), expectations=(), sweep=None, reasons=())


def _is_done(run: Experiment, lane: int) -> bool:
    task = run.network
    return bool(task.ended[lane] or task.step[lane] >= task.limit[lane])


def _too_many(lanes: int, needed: float, left: float) -> range:
    """Which lanes must go, if all together need more than the seconds that are left."""
    fitting = lanes if needed <= left else max(1, int(lanes * left / needed))
    return range(fitting, lanes)
