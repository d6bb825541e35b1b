"""What ``nntui diagnose`` found, lane by lane, and as JSON (docs/machine-output.md)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from nntui.headless.words import known_seed
from nntui_engine.analysis.fixing.reach import Reach, reach_of, score_of
from nntui_engine.analysis.fixing.results import Proof, Trial, Try
from nntui_engine.experiment import Experiment
from nntui_engine.record.source import RecordSource
from nntui_engine.run.finding import Finding, Unchecked, headline
from nntui_engine.scenario import Scenario
from nntui_engine.tasks.network_lane import NetworkLane

SCHEMA = 1
SIMPLE_FIND_NOTHING = ", and simple models find nothing in these data either"
NOTICEABLE = 0.05  # of a score: that much above a guess, and still by chance, needs a word


@dataclass(frozen=True, slots=True)
class LaneDiagnosis:
    """A lane at its end: how well it does, how well it might, what was found, what could not be looked at, and what was
    tried (None: nothing)."""

    name: str
    step: int
    score: float
    reach: Reach
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]
    trial: Trial | None = None

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The findings above an info, the cause first."""
        return tuple(one for one in self.findings if one.severity != "info")

    @property
    def guesses(self) -> bool:
        """Whether it is no better than always guessing the same, as far as its rows can tell."""
        return self.reach.level(self.score) - self.reach.guess <= self.reach.noise(self.reach.guess)

    @property
    def remarks(self) -> tuple[Finding, ...]:
        """The findings that are no more than an info."""
        return tuple(one for one in self.findings if one.severity == "info")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All lanes of one run."""

    scenario: Scenario
    seed: int
    steps: int
    lanes: tuple[LaneDiagnosis, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing above an info was found in any lane."""
        return not any(lane.wrong for lane in self.lanes)

    @property
    def verdict(self) -> str:
        """All of it in one line."""
        if not self.healthy:
            return f"Sick: {'; '.join(headline(lane.wrong[0]) for lane in self.lanes if lane.wrong)}"
        if not any(lane.reach.tells for lane in self.lanes):
            if math.isnan(max(lane.score for lane in self.lanes)):
                return "Nothing wrong was found; how well it answers was not measured"
            rows = _count(max(lane.reach.rows for lane in self.lanes), "row")
            return f"Nothing wrong was found, but {rows} cannot tell whether anything was learned"
        if all(lane.guesses for lane in self.lanes):
            found = any(lane.reach.learnable or not lane.reach.known for lane in self.lanes)
            return (
                "Nothing wrong was found, but nothing was learned: it is no better than always guessing the same"
                f"{self._by_chance()}{'' if found else SIMPLE_FIND_NOTHING}"
            )
        lanes = f" in {len(self.lanes)} lanes" if len(self.lanes) > 1 else ""
        remarks = sum(len(lane.remarks) for lane in self.lanes)
        more = f"; {_count(remarks, 'remark')}" if remarks else ""
        return f"Healthy: nothing wrong was found{lanes} after {_count(self.steps, 'step')}{more}"

    def _by_chance(self) -> str:
        """A word on scores above a guess, where all of them may be by chance."""
        best = max(self.lanes, key=lambda lane: lane.reach.level(lane.score) - lane.reach.guess)
        if best.reach.level(best.score) - best.reach.guess <= NOTICEABLE:
            return ""
        return f", as far as {_count(best.reach.rows, 'row')} can tell"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def only_lane(scenario: Scenario, name: str) -> Scenario:
    """The scenario with this lane alone. Raises InputError if there is none of the name."""
    lane = scenario.lane(name, "--lane")
    changes = tuple(change for change in scenario.changes if change.lane in (None, name))
    return replace(scenario, lanes=(lane,), changes=changes, tries=(), expectations=(), sweep=None, reasons=())


def diagnosis_of(run: Experiment | RecordSource) -> Diagnosis:
    """What is wrong in a run that has ended, or as far as it was recorded."""
    findings, unchecked = run.findings(), run.unchecked()
    lanes = [
        LaneDiagnosis(
            lane.name,
            run.step_of(index),
            score_of(run, index),
            reach_of(lane.data, lane.facts),
            tuple(one for one in findings if one.lane == lane.name),
            tuple(one for one in unchecked if one.lane == lane.name),
        )
        for index, lane in enumerate(run.lanes)
        if isinstance(lane, NetworkLane)
    ]
    goes_on = any(lane.state == "running" for lane in run.snapshot().lanes)
    return Diagnosis(run.scenario, run.seed, run.step if goes_on else run.steps, tuple(lanes))


def diagnosis_document(found: Diagnosis) -> dict[str, Any]:
    """The whole result of ``nntui diagnose --json``."""
    return {
        "schema": SCHEMA,
        "scenario": found.scenario.name,
        "seed": known_seed(found.seed),
        "steps": found.steps,
        "healthy": found.healthy,
        "verdict": found.verdict,
        "lanes": [_lane(lane) for lane in found.lanes],
    }


def _lane(lane: LaneDiagnosis) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": lane.name,
        "step": lane.step,
        "statistic": lane.reach.name,
        "score": lane.score,
        "guess": lane.reach.guess,
        "simple": lane.reach.simple if lane.reach.known else math.nan,
        "findings": [finding.as_dict() for finding in lane.findings],
        "unchecked": [{"rules": list(one.rules), "why": one.why} for one in lane.unchecked],
    }
    if lane.trial is not None:
        fix = lane.trial.fix
        document["trial"] = {
            "tried": [_try(one) for one in lane.trial.tried],
            "proofs": [_proof(one) for one in lane.trial.proofs],
            "fix": None if fix is None else {"set": dict(fix.candidate.set), "why": fix.candidate.why},
            "budget_reached": lane.trial.cut,
        }
    return document


def _try(one: Try) -> dict[str, Any]:
    return {
        "set": dict(one.candidate.set),
        "why": one.candidate.why,
        "of": one.candidate.of,
        "score": one.score,
        "left": list(one.left),
        "works": one.works,
        "refused": one.refused or None,
    }


def _proof(one: Proof) -> dict[str, Any]:
    seeds = [{"seed": s.seed, "before": s.before, "after": s.after, "works": s.works} for s in one.seeds]
    return {"set": dict(one.candidate.set), "seeds": seeds, "holds": one.holds}


def mended_lanes(found: Diagnosis) -> Sequence[tuple[str, Proof]]:
    """The lanes that a fix is proved for, by name, with it."""
    return [(one.name, one.trial.fix) for one in found.lanes if one.trial is not None and one.trial.fix is not None]
