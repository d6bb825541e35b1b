"""All rules on one lane: gated on the outcome, roots before what follows from them, and what could not be looked at."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..run.finding import Finding
from .case import Case
from .rules.losses import initial_loss, oscillating_loss
from .rules.numbers import non_finite
from .rules.outputs import output_mismatch
from .rules.rates import loss_not_decreasing, lr_too_high, lr_too_low, slow_convergence, unchanged_weights
from .rules.scales import feature_scale_spread, input_scale, target_scale
from .rules.setting import (
    batch_norm_small_batch,
    class_imbalance,
    constant_inputs,
    dropout_too_high,
    label_problem,
    no_nonlinearity,
    one_class,
    overfitting,
    penalty_too_strong,
    underfitting,
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

    ``looks_for`` says in words what it would find. ``alone``: only told where nothing else was found. ``learned``: what
    it is told as of a network that has learned: an "info", "nothing", or "as it is". ``from_share``: of a run that goes
    on, the share of its steps before which nothing can be said; 1 waits for its end. ``static``: data and settings
    alone let it say what may go wrong, before anything is trained.
    """

    find: Callable[[Case], Finding | None]
    looks_for: str
    watches: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    alone: bool = False
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
_SET = (*_SCALES, "output_mismatch", "penalty_too_strong", "dropout_too_high", "batch_norm_small_batch")
_AT_FIRST = (*_SCALES, "poor_initialization", "lr_too_high", "lr_too_low")
_EARLIER = (*_BARE, *_SET, *_AT_FIRST, "symmetric_units", "dead_relu", "saturation", "exploding_gradient")
# In the order of cause before symptom
RULES = (
    Rule(one_class, "a single class", learned="as it is", static=True),
    Rule(constant_inputs, "inputs that do not vary", learned="as it is", static=True),
    Rule(output_mismatch, "outputs that cannot fit", follows=("one_class",), static=True),
    Rule(symmetric_units, "units that stay alike", ("weight_similarity",), static=True),
    Rule(input_scale, "inputs out of scale", learned="nothing", static=True),
    Rule(target_scale, "targets out of scale", learned="nothing", static=True),
    Rule(feature_scale_spread, "inputs unlike each other", follows=("input_scale",), learned="nothing", static=True),
    Rule(no_nonlinearity, "layers that do not bend", learned="nothing", static=True),
    Rule(penalty_too_strong, "a penalty too strong", ("weight_norm",), learned="nothing"),
    Rule(dropout_too_high, "too much dropout", learned="nothing", static=True),
    Rule(batch_norm_small_batch, "batch norm over a few rows", learned="nothing", static=True),
    Rule(
        poor_initialization,
        "first weights that do not fit",
        ("pre_activation_variance",),
        follows=("input_scale",),
        learned="nothing",
    ),
    Rule(
        lr_too_high,
        "steps too long",
        ("update_ratio",),
        follows=(*_BARE, *_SET, "poor_initialization"),
        learned="nothing",
    ),
    Rule(
        lr_too_low,
        "steps too short",
        ("update_ratio",),
        follows=(*_BARE, *_SET, "symmetric_units", "poor_initialization"),
        learned="nothing",
    ),
    Rule(dead_relu, "dead units", ("dead_units",), follows=(*_BARE, *_AT_FIRST, "symmetric_units")),
    Rule(saturation, "saturated units", ("saturated_fraction",), follows=(*_BARE, *_AT_FIRST)),
    Rule(
        vanishing_gradient,
        "vanishing gradients",
        ("gradient_norm", "time_gradient_norm"),
        follows=("dead_relu", *_BARE, "symmetric_units", *_AT_FIRST, "saturation", "output_mismatch"),
    ),
    Rule(
        exploding_gradient, "exploding gradients", ("gradient_norm", "time_gradient_norm"), follows=(*_BARE, *_AT_FIRST)
    ),
    Rule(
        unchanged_weights, "weights that do not change", ("update_ratio",), alone=True, learned="nothing", static=True
    ),
    Rule(class_imbalance, "a class too common", alone=True, learned="nothing", from_share=LATE, static=True),
    Rule(overfitting, "learning by heart", alone=True, learned="nothing", from_share=LATE),
    Rule(label_problem, "targets that inputs do not tell", alone=True, learned="nothing", from_share=LATE),
    Rule(underfitting, "a network too small", alone=True, learned="nothing", from_share=LATE),
    Rule(slow_convergence, "too few steps", alone=True, learned="nothing", from_share=1.0),
    Rule(loss_not_decreasing, "a loss that does not fall", alone=True, learned="nothing", from_share=LATE),
    Rule(initial_loss, "a loss that begins far off", follows=_EARLIER, learned="nothing", from_share=LATE),
    Rule(
        oscillating_loss,
        "a loss that swings",
        follows=(*_EARLIER, "initial_loss", "underfitting", "overfitting", "label_problem"),
        learned="nothing",
        from_share=LATE,
    ),
)
RULE_NAMES = ("non_finite", *(rule.name for rule in RULES))
BEFORE_NON_FINITE = (input_scale, target_scale, exploding_through_time)
_BEST_KNOWN = (vanishing_gradient, exploding_gradient, dead_relu, saturation)
LOOKED_FOR = ("NaN", *(rule.looks_for for rule in sorted(RULES, key=lambda rule: rule.find not in _BEST_KNOWN)))
WATCHED = tuple(dict.fromkeys(name for rule in RULES for name in rule.watches))
WATCHED_WHOLE = ("loss", "train_accuracy", "train_r2", "validation_loss", "train_loss")


def diagnose(case: Case) -> list[Finding]:
    """Findings of one lane, causes first. ``case`` must carry the histories named in ``WATCHED`` and ``WATCHED_WHOLE``.

    In a network that has learned, or still gets better, the same signs are an "info", no alarm, unless they follow from
    one. When numbers stop being numbers, nothing else is reported but data out of scale and a gradient that had grown
    through time, which it then follows from.
    """
    broken = non_finite(case)
    if broken is not None:
        before = [finding for rule in BEFORE_NON_FINITE if (finding := rule(case)) is not None]
        first = before[0].rule if before else ""
        before = [replace(one, because=first if one.rule == "exploding_gradient" != first else "") for one in before]
        return [_named(finding, case) for finding in (*before, replace(broken, because=first))]
    if not case.lane.step:
        return []
    found: list[Finding] = []
    spared = case.learned or case.improves
    with np.errstate(all="ignore"):
        for rule in RULES:
            if (case.learned and rule.learned == "nothing") or (rule.alone and found) or case.done < rule.from_share:
                continue
            finding = rule.find(case)
            if finding is None:
                continue
            root = next((other for name in rule.follows for other in found if other.rule == name), None)
            if spared and rule.learned == "info" and (root is None or root.severity == "info"):
                finding = replace(finding, severity="info")
            found.append(replace(finding, because="" if root is None else root.rule))
    roots_first = sorted(found, key=lambda finding: bool(finding.because))
    return [_named(finding, case) for finding in roots_first]


def may_go_wrong(case: Case) -> list[Finding]:
    """What data and settings alone let one expect of a lane of which nothing is trained yet: all of it an "info", since
    only the outcome tells whether it hurts."""
    with np.errstate(all="ignore"):
        found = [rule.find(case) for rule in RULES if rule.static]
    return [_named(replace(finding, severity="info"), case) for finding in found if finding is not None]


def _named(finding: Finding, case: Case) -> Finding:
    return replace(finding, names=case.lane.layer_names)
