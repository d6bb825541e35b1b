"""A diagnosis as a report for people."""

import math
from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.text import Text

from nntui.headless.diagnosis import Diagnosis, LaneDiagnosis
from nntui.headless.findings_text import finding_lines, wrapped
from nntui.headless.numbers import measured, statistic
from nntui.headless.words import heading, plain_table
from nntui.lab.keeping import toml_value
from nntui_engine.analysis.fixing.candidates import Candidate
from nntui_engine.analysis.fixing.reach import Reach
from nntui_engine.analysis.fixing.results import Proof, Trial, Try
from nntui_engine.analysis.fixing.trial import MORE_SEEDS
from nntui_engine.registry.statistic import EVALUATION_BY_NAME
from nntui_engine.run.finding import Finding, Unchecked

MOST_SHOWN = 12  # tries; the rest are counted


def print_diagnosis(console: Console, found: Diagnosis) -> None:
    """The verdict in the first line, then lane by lane the cause, what follows from it, and what was tried."""
    console.print(Text(found.verdict, style="bold"), soft_wrap=True)
    scenario = found.scenario
    console.print(heading(scenario.title, scenario.name, found.seed, f"{found.steps:,} steps"))
    for lane in found.lanes:
        for block in _lane_blocks(lane, console.width):
            console.print()
            console.print(block)


def _lane_blocks(lane: LaneDiagnosis, width: int) -> Iterator[RenderableType]:
    name = [Text(f"Lane {lane.name}", style="bold")] if lane.name else []
    yield Group(*name, *wrapped("", _state(lane), width))
    if lane.wrong:
        roots = [one for one in lane.wrong if not one.because] or list(lane.wrong[:1])
        yield _findings("Cause" if len(roots) == 1 else "Causes", roots, width)
        if rest := [one for one in lane.wrong if one not in roots]:
            yield _findings("What follows", rest, width)
    if lane.remarks:
        yield _findings("Remarks", lane.remarks, width)
    if lane.unchecked:
        yield Group(Text("Not looked at", style="bold"), *_unchecked(lane.unchecked, width))
    if lane.trial is not None:
        yield from _trial_blocks(lane.trial, width)


def _findings(title: str, findings: Sequence[Finding], width: int) -> RenderableType:
    lines = [line for one in findings for line in finding_lines(one, width, evidence=True)]
    return Group(Text(title, style="bold"), *lines)


def _unchecked(missing: Sequence[Unchecked], width: int) -> Iterator[Text]:
    for one in missing:
        rules = ", ".join(rule.replace("_", " ") for rule in one.rules)
        yield from wrapped(f"  {rules}: ", one.why, width)


def _state(lane: LaneDiagnosis) -> str:
    reach = lane.reach
    name, score = EVALUATION_BY_NAME[reach.name].title, statistic(reach.name, lane.score)
    if math.isnan(lane.score) and not reach.rows:
        return f"{name} was not measured, and of the data nothing is known."
    guess = f"{name} {score}; always guessing the same gets {statistic(reach.name, reach.guess)}"
    if not reach.known:
        return f"{guess}; what simpler methods reach is not known."
    simple = statistic(reach.name, reach.simple)
    return f"{guess}, the better of a linear model and the nearest neighbours {simple}."


def _trial_blocks(trial: Trial, width: int) -> Iterator[RenderableType]:
    yield Group(Text(f"Tried in {measured(trial.seconds)} s", style="bold"), _tries(trial))
    yield Group(*_outcome(trial, width))


def _tries(trial: Trial) -> RenderableType:
    name = trial.reach.name
    table = plain_table(("Change", False), (EVALUATION_BY_NAME[name].title, True), ("Result", False))
    table.columns[0].max_width, table.columns[0].no_wrap = None, False
    table.add_row(Text("nothing"), statistic(name, trial.before), "")
    shown = _shown(trial)
    for one in shown:
        score = "" if one.score is None else statistic(name, one.score)
        table.add_row(Text(set_words(one.candidate)), score, Text(_result(one, trial.wrong)))
    if len(trial.tried) > len(shown):
        table.add_row(Text(f"and {len(trial.tried) - len(shown)} more"), "", "")
    return table


def _shown(trial: Trial) -> list[Try]:
    """The first ones, with the best and those that were repeated among them."""
    proved = [proof.candidate for proof in trial.proofs]
    kept = [one for one in trial.tried if one.candidate in proved or one is trial.best]
    more = [one for one in trial.tried if one not in kept][: MOST_SHOWN - len(kept)]
    return [one for one in trial.tried if one in kept or one in more]


def _result(one: Try, wrong: Sequence[str]) -> str:
    if one.score is None:
        return f"not possible: {one.refused}" if one.refused else "no time"
    if one.works:
        return "works"
    still = [rule.replace("_", " ") for rule in one.left if rule in wrong]
    new = [rule.replace("_", " ") for rule in one.left if rule not in wrong]
    words = [f"{when} {', '.join(rules)}" for when, rules in (("still", still), ("now", new)) if rules]
    return "; ".join(words) or "not enough"


def set_words(candidate: Candidate) -> str:
    """The settings as a file would say them: "train.lr = 0.5, model.activation = relu"."""
    return ", ".join(f"{key} = {toml_value(value)}" for key, value in candidate.set.items())


def _outcome(trial: Trial, width: int) -> Iterator[Text]:
    if trial.fix is not None:
        yield Text(f"Fix proved on {len(trial.fix.seeds)} seeds: {set_words(trial.fix.candidate)}", style="bold")
        yield from wrapped("  why     ", trial.fix.candidate.why, width)
        yield from _seeds(trial.fix, trial.reach)
        return
    ended = " before the budget ended" if trial.cut else ""
    count = sum(one.score is not None for one in trial.tried)
    yield Text(
        f"No fix is proved: {count} {'change was' if count == 1 else 'changes were'} trained{ended}.", style="bold"
    )
    for proof in trial.proofs:
        words = "works with the first seed, not with every other one"
        if len(proof.seeds) <= MORE_SEEDS:
            words = "works with the first seed; there was no time for the others"
        yield from wrapped("  ", f"{set_words(proof.candidate)} {words}:", width)
        yield from _seeds(proof, trial.reach)
    if not trial.proofs and trial.best is not None and trial.best.score is not None:
        score = statistic(trial.reach.name, trial.best.score)
        yield from wrapped("  ", f"The best, {set_words(trial.best.candidate)}, gets {score}.", width)
    if trial.reach.known and not trial.reach.learnable:
        words = "Simple models find no more in these data than guessing does: look at the inputs and the labels."
        yield from wrapped("  ", words, width)
    elif trial.cut:
        yield from wrapped("  ", "A larger --budget tries more.", width)


def _seeds(proof: Proof, reach: Reach) -> Iterator[Text]:
    for one in proof.seeds:
        before, after = statistic(reach.name, one.before), statistic(reach.name, one.after)
        yield Text(f"  seed {one.seed}  {before} → {after}{'' if one.works else '  does not work'}")
