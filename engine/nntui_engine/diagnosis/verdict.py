"""All rules on one lane: gated on the outcome, roots before what follows from them, and what could not be looked at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..run.finding import Finding, Fix
from ..run.snapshot import LaneSnapshot
from .case import Case
from .rules.losses import initial_loss, oscillating_loss
from .rules.numbers import OF_NON_FINITE, non_finite
from .rules.outputs import output_mismatch
from .rules.rates import (
    loss_not_decreasing,
    lr_too_high,
    lr_too_low,
    slow_convergence,
    too_few_steps,
    unchanged_weights,
)
from .rules.scales import feature_scale_spread, input_scale, target_scale
from .rules.setting import (
    batch_norm_small_batch,
    class_imbalance,
    constant_inputs,
    dropout_too_high,
    is_narrow,
    label_problem,
    no_nonlinearity,
    one_class,
    overfitting,
    penalty_too_strong,
    split_problem,
    underfitting,
    unshuffled_rows,
)
from .rules.signal import (
    dead_relu,
    exploding_gradient,
    poor_initialization,
    saturation,
    symmetric_units,
    vanishing_gradient,
)
from .rules.through_time import exploding_through_time


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, the layer histories that it reads, and what its finding may follow from.

    ``looks_for`` says in words what it would find, ``disproof`` what would show that it is not so. ``alone``: only
    told where nothing else was found, or of a case that ``beside`` takes. ``learned``: what it is told as of a
    network that has learned: an "info", "nothing", or "as it is". ``from_share``: of a run that goes on, the share of
    its steps before which nothing can be said; 1 waits for its end. ``static``: data and settings alone let it say
    what may go wrong, before anything is trained.
    """

    find: Callable[[Case], Finding | None]
    looks_for: str
    disproof: str
    watches: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    alone: bool = False
    beside: Callable[[Case], bool] | None = None
    learned: Literal["info", "nothing", "as it is"] = "info"
    from_share: float = 0.0
    static: bool = False

    @property
    def name(self) -> str:
        """What its findings are called."""
        return self.find.__name__


LATE = 0.5  # of a run
_SCALES = ("input_scale", "target_scale")
_BARE = ("one_class", "constant_inputs")  # data with nothing in them
_SET = (
    *_SCALES,
    "output_mismatch",
    "penalty_too_strong",
    "dropout_too_high",
    "batch_norm_small_batch",
    "unshuffled_rows",
)
_AT_FIRST = (*_SCALES, "poor_initialization", "lr_too_high", "lr_too_low", "too_few_steps")
_EARLIER = (*_BARE, *_SET, *_AT_FIRST, "symmetric_units", "dead_relu", "saturation", "exploding_gradient")
# In the order of cause before symptom
RULES = (
    Rule(
        one_class,
        "a single class",
        "a training row of another class, or with another number",
        learned="as it is",
        static=True,
    ),
    Rule(
        constant_inputs,
        "inputs that do not vary",
        "an input that differs between two training rows",
        learned="as it is",
        static=True,
    ),
    Rule(
        output_mismatch,
        "outputs that cannot fit",
        "the same run with the fitting output, from the same seed, that learns no better",
        follows=("one_class",),
        static=True,
    ),
    Rule(
        symmetric_units,
        "units that stay alike",
        "two units of the layer whose weights come to differ: a weight similarity below the limit",
        ("weight_similarity",),
        static=True,
    ),
    Rule(
        input_scale,
        "inputs out of scale",
        "the same run with standardized inputs, from the same seed, that learns no better",
        learned="nothing",
        static=True,
    ),
    Rule(
        target_scale,
        "targets out of scale",
        "the same run with standardized targets, from the same seed, that learns no better",
        learned="nothing",
        static=True,
    ),
    Rule(
        feature_scale_spread,
        "inputs unlike each other",
        "the same run with standardized inputs, from the same seed, that learns no better",
        follows=("input_scale",),
        learned="nothing",
        static=True,
    ),
    Rule(
        no_nonlinearity,
        "layers that do not bend",
        "a network that bends and learns no better: then the data ask for no more than a line",
        learned="nothing",
        static=True,
    ),
    Rule(
        penalty_too_strong,
        "a penalty too strong",
        "the same run without the penalty that learns no better",
        ("weight_norm",),
        learned="nothing",
    ),
    Rule(
        dropout_too_high,
        "too much dropout",
        "the same run with less dropout that learns no better",
        learned="nothing",
        static=True,
    ),
    Rule(
        batch_norm_small_batch,
        "batch norm over a few rows",
        "the same run with larger batches that learns no better",
        learned="nothing",
        static=True,
    ),
    Rule(
        unshuffled_rows,
        "rows in the order of their targets",
        "the same run with shuffled rows that learns no better",
        learned="nothing",
        static=True,
    ),
    Rule(
        split_problem,
        "rows held out that are unlike the others",
        "rows held out in another way that are answered no better",
        learned="nothing",
        static=True,
    ),
    Rule(
        poor_initialization,
        "first weights that do not fit",
        "the same run from the fitting first weights that learns no better",
        ("pre_activation_variance",),
        follows=("input_scale",),
        learned="nothing",
    ),
    Rule(
        lr_too_high,
        "steps too long",
        "a tenth of the rate, from the same seed, that learns no better",
        ("update_ratio",),
        follows=(*_BARE, *_SET, "poor_initialization"),
        learned="nothing",
    ),
    Rule(
        lr_too_low,
        "steps too short",
        "ten times the rate, from the same seed, that learns no better",
        ("update_ratio",),
        follows=(*_BARE, *_SET, "symmetric_units", "poor_initialization"),
        learned="nothing",
    ),
    Rule(
        too_few_steps,
        "too few steps at all",
        "a longer run that learns no better",
        follows=_BARE,
        learned="nothing",
        from_share=1.0,
    ),
    Rule(
        dead_relu,
        "dead units",
        "a row on which the units fire: fewer than half of them dead in the plot of dead units",
        ("dead_units",),
        follows=(*_BARE, *_AT_FIRST, "symmetric_units"),
    ),
    Rule(
        saturation,
        "saturated units",
        "fewer than half of the outputs on a flat part, in the plot of the saturated share",
        ("saturated_fraction",),
        follows=(*_BARE, *_AT_FIRST),
    ),
    Rule(
        vanishing_gradient,
        "vanishing gradients",
        "a first layer, or time step, whose gradient comes back above the limit; or a run that learns all the same",
        ("gradient_norm", "time_gradient_norm"),
        follows=("dead_relu", *_BARE, "symmetric_units", *_AT_FIRST, "saturation", "output_mismatch"),
    ),
    Rule(
        exploding_gradient,
        "exploding gradients",
        "a first layer, or time step, whose gradient stays below the limit; or clipping that changes nothing",
        ("gradient_norm", "time_gradient_norm"),
        follows=(*_BARE, *_AT_FIRST),
    ),
    Rule(
        unchanged_weights,
        "weights that do not change",
        "an update ratio above 0 in any layer",
        ("update_ratio",),
        alone=True,
        learned="nothing",
        static=True,
    ),
    Rule(
        class_imbalance,
        "a class too common",
        "a score clearly above that of always guessing the commonest class",
        alone=True,
        learned="nothing",
        from_share=LATE,
        static=True,
    ),
    Rule(
        overfitting,
        "learning by heart",
        "a score on rows held out that comes near the one on the rows it learns from",
        alone=True,
        learned="as it is",
        from_share=LATE,
    ),
    Rule(
        label_problem,
        "targets that inputs do not tell",
        "any method that answers rows it never saw better than by guessing",
        alone=True,
        learned="nothing",
        from_share=LATE,
    ),
    Rule(
        underfitting,
        "a network too small",
        "a larger network that learns no better, or a loss that falls on in a longer run",
        alone=True,
        beside=is_narrow,
        learned="nothing",
        from_share=LATE,
    ),
    Rule(
        slow_convergence,
        "too few steps",
        "a longer run whose loss does not fall on",
        alone=True,
        learned="nothing",
        from_share=1.0,
    ),
    Rule(
        loss_not_decreasing,
        "a loss that does not fall",
        "a longer run whose loss falls",
        alone=True,
        learned="nothing",
        from_share=LATE,
    ),
    Rule(
        initial_loss,
        "a loss that begins far off",
        "a run that begins near the loss of a guess and learns no better",
        follows=_EARLIER,
        learned="nothing",
        from_share=LATE,
    ),
    Rule(
        oscillating_loss,
        "a loss that swings",
        "steps a tenth as long, from the same seed, under which the loss swings as much",
        follows=(*_EARLIER, "initial_loss", "underfitting", "overfitting", "label_problem"),
        learned="nothing",
        from_share=LATE,
    ),
)
RULE_NAMES = ("non_finite", *(rule.name for rule in RULES))
# What can make numbers overflow, and what then follows from the first of them
BEFORE_NON_FINITE = (input_scale, target_scale, poor_initialization, exploding_through_time, lr_too_high)
_OF_STEPS = ("exploding_gradient", "lr_too_high")
_AFTER_THE_END = ("unchanged_weights", "class_imbalance", "split_problem", "feature_scale_spread")
# Roots in data and settings: the fix of one leaves the others as they are
_SETTLED_BY_FIXES = (
    *_SET,
    "symmetric_units",
    "poor_initialization",
    "too_few_steps",
    "underfitting",
)
_BEST_KNOWN = (vanishing_gradient, exploding_gradient, dead_relu, saturation)


def looked_for(rules: Iterable[Rule]) -> tuple[str, ...]:
    """What these rules and non_finite look for, the best known first."""
    return ("NaN", *(rule.looks_for for rule in sorted(rules, key=lambda rule: rule.find not in _BEST_KNOWN)))


LOOKED_FOR = looked_for(RULES)
WATCHED = tuple(dict.fromkeys(name for rule in RULES for name in rule.watches))
WATCHED_WHOLE = ("loss", "train_accuracy", "train_r2", "validation_loss", "train_loss", "lr")


def diagnose(case: Case) -> list[Finding]:
    """Findings of one lane, causes first. ``case`` must carry the histories named in ``WATCHED`` and ``WATCHED_WHOLE``.

    In a network that has learned, or still gets better, the same signs are an "info", no alarm, unless they follow from
    one. When numbers stop being numbers, what is said is what data and settings tell and what was measured before:
    first what can make numbers overflow, which they then follow from.
    """
    broken = non_finite(case)
    if broken is not None:
        return [_named(finding, case) for finding in _before(case, broken)]
    if case.is_ahead:
        return []
    found: list[Finding] = []
    spared = case.learned or case.improves
    with np.errstate(all="ignore"):
        for rule in RULES:
            told = not (rule.alone and found) or (rule.beside is not None and rule.beside(case))
            if (case.learned and rule.learned == "nothing") or not told or case.done < rule.from_share:
                continue
            finding = rule.find(case)
            if finding is None:
                continue
            root = next((other for name in rule.follows for other in found if other.rule == name), None)
            if spared and rule.learned == "info" and (root is None or root.severity == "info"):
                finding = replace(finding, severity="info")
            found.append(replace(finding, because="" if root is None else root.rule))
    roots_first = sorted(found, key=lambda finding: bool(finding.because))
    return [_named(finding, case) for finding in _mended_together(roots_first)]


def _before(case: Case, broken: Finding) -> list[Finding]:
    """What is found of a lane whose numbers overflowed, and what they follow from."""
    with np.errstate(all="ignore"):
        causes = [finding for rule in BEFORE_NON_FINITE if (finding := rule(case)) is not None]
        others = [rule.find(case) for rule in RULES if rule.static and rule.find not in BEFORE_NON_FINITE]
    first = causes[0].rule if causes else ""
    causes = [
        replace(one, because=first if number and one.rule in _OF_STEPS else "") for number, one in enumerate(causes)
    ]
    beside = [one for one in others if one is not None and one.rule not in _AFTER_THE_END]
    roots = [*(one for one in causes if not one.because), *beside]
    return [*_mended_together(roots), *(one for one in causes if one.because), replace(broken, because=first)]


def _mended_together(found: list[Finding]) -> list[Finding]:
    """With several roots, each with a fix of its own, the first one's first fix mends all of them."""
    roots = [one for one in found if not one.because and one.severity != "info" and one.rule in _SETTLED_BY_FIXES]
    if len(roots) < 2 or roots[0] is not found[0] or not all(root.fixes for root in roots):
        return found
    together: dict[str, object] = {}
    reasons: list[str] = []
    for root in roots:
        fix = root.fixes[0]
        if all(together.get(key, value) == value for key, value in fix.set.items()):
            if not fix.set.items() <= together.items():
                reasons.append(fix.why)
            together |= fix.set
    if together == dict(found[0].fixes[0].set):
        return found
    both = Fix(together, "; ".join(reasons))
    return [replace(found[0], fixes=(both, *found[0].fixes)), *found[1:]]


def found_in(lanes: Iterable[LaneSnapshot]) -> list[Finding]:
    """What is wrong with each of some lanes, in their order."""
    return [finding for lane in lanes for finding in diagnose(Case(lane))]


def disproof(finding: Finding) -> str:
    """What would show that a finding is wrong, or is not why the network does not learn."""
    return next((rule.disproof for rule in RULES if rule.name == finding.rule), OF_NON_FINITE)


def may_go_wrong(case: Case) -> list[Finding]:
    """What data and settings alone let one expect of a lane of which nothing is trained yet: all of it an "info", since
    only the outcome tells whether it hurts."""
    with np.errstate(all="ignore"):
        found = [rule.find(case) for rule in RULES if rule.static]
    return [_named(replace(finding, severity="info"), case) for finding in found if finding is not None]


def _named(finding: Finding, case: Case) -> Finding:
    return replace(finding, names=case.lane.layer_names)
