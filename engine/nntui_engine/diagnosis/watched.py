"""What is wrong with a network of another framework: the rules that need statistics alone, gated by its loss.

What its data are like, what simpler methods reach and how it answers nobody knows here, and no rule that needs to is
asked. Fixes are said as that framework's code.
"""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ..run.finding import Finding, Fix, Unchecked
from ..run.snapshot import LaneSnapshot
from .case import IMPROVED, Case
from .rules.numbers import non_finite
from .rules.rates import FEWEST, loss_not_decreasing, lr_too_high, lr_too_low, unchanged_weights
from .rules.signal import dead_relu, exploding_gradient, saturation, vanishing_gradient
from .verdict import RULES, looked_for

LEARNED = 0.5  # of its first loss: a network whose loss fell below that has learned
_ASKED = (
    dead_relu,
    saturation,
    vanishing_gradient,
    exploding_gradient,
    lr_too_high,
    lr_too_low,
    unchanged_weights,
    loss_not_decreasing,
)
WATCHED_RULES = tuple(rule for rule in RULES if rule.find in _ASKED)
WATCHED_LOOKED_FOR = looked_for(WATCHED_RULES)
_UNKNOWN = tuple(rule.name for rule in RULES if rule.find not in _ASKED)
# A setting of ours → what it is in PyTorch: the name that is given a value, and the value
_RATE = 'optimizer.param_groups[0]["lr"]'
_CODE: dict[str, tuple[str, str]] = {
    "train.clip_norm": ("norm", "torch.nn.utils.clip_grad_norm_(model.parameters(), {})"),
    "train.optimizer": ("optimizer", "torch.optim.Adam(model.parameters(), lr=0.001)"),
    "model.activation": ("layer", "nn.{}()"),
    "model.init": ("layer.weight", "nn.init.{}(layer.weight)"),
    "model.batch_norm": ("layer", "nn.BatchNorm1d(units)"),
    "data.preprocess": ("x", "(x - x.mean(0)) / x.std(0)"),
    "model.trainable": ("parameter.requires_grad", "True"),
}
_NAMES = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "he_normal": "kaiming_normal_",
    "xavier_uniform": "xavier_uniform_",
    "xavier_normal": "xavier_normal_",
}


class WatchedCase(Case):
    """How well it answers is told by its loss alone."""

    @property
    def score(self) -> float:
        """Nobody knows."""
        return math.nan

    @property
    def done(self) -> float:
        """Nobody knows how long it is to go on: what is seen is judged."""
        return 1.0

    @property
    def learned(self) -> bool:
        """Whether its loss has fallen to less than half of what it was before the first step, and stays there."""
        _, losses = self.losses()
        part = max(3, len(losses) // 10)
        return len(losses) >= FEWEST and bool(np.mean(losses[-part:]) < LEARNED * losses[0])

    @property
    def improves(self) -> bool:
        """Whether its loss has fallen from the first half of what it did to the second, and below where it began."""
        _, losses = self.losses()
        half = len(losses) // 2
        return bool(half) and bool(np.mean(losses[half:]) < IMPROVED * min(losses[0], np.mean(losses[:half])))


def watched_findings(lanes: Iterable[LaneSnapshot], in_pytorch: bool = True) -> list[Finding]:
    """What is wrong with each of some lanes that carry the histories of ``WATCHED`` and ``WATCHED_WHOLE``, with fixes
    as code of PyTorch or else as the settings of ours that they are."""
    cases = [WatchedCase(lane) for lane in lanes]
    found = [replace(finding, names=case.lane.layer_names) for case in cases for finding in _found(case)]
    known = [replace(finding, fixes=tuple(filter(_is_known, finding.fixes))) for finding in found]
    return [_as_code(finding) for finding in known] if in_pytorch else known


def _is_known(fix: Fix) -> bool:
    """Whether all that it sets is a value: not the tenth of a rate that nobody has told."""
    return not any(isinstance(value, float) and math.isnan(value) for value in fix.set.values())


def _found(case: Case) -> list[Finding]:
    lane = case.lane
    broken = non_finite(case)
    if broken is not None:
        first = lane.network.first_non_finite
        assert first is not None
        said = f"NaN or infinity since step {first.step}, first in {case.called(first.layer)}."
        fixes = (Fix({"train.lr": first.lr / 10}, "smaller steps do not overflow"), broken.fixes[-1])
        return [replace(broken, message=said, fixes=fixes)]
    if lane.step < FEWEST:
        return []
    found: list[Finding] = []
    spared = case.learned or case.improves
    with np.errstate(all="ignore"):
        for rule in WATCHED_RULES:
            if (case.learned and rule.learned == "nothing") or (rule.alone and found):
                continue
            finding = rule.find(case)
            if finding is None:
                continue
            root = next((other for name in rule.follows for other in found if other.rule == name), None)
            if spared and (root is None or root.severity == "info"):
                finding = replace(finding, severity="info")
            found.append(replace(finding, because="" if root is None else root.rule))
    return sorted(found, key=lambda finding: bool(finding.because))


def _as_code(finding: Finding) -> Finding:
    return replace(finding, fixes=tuple(replace(fix, set=dict(map(_code, fix.set.items()))) for fix in finding.fixes))


def _code(setting: tuple[str, object]) -> tuple[str, object]:
    key, value = setting
    if key == "train.lr":
        return _RATE, value
    name, text = _CODE.get(key, (key.rpartition(".")[2], "{}"))
    return name, text.format(_NAMES.get(str(value), value))


def watched_unchecked(lanes: Iterable[LaneSnapshot]) -> list[Unchecked]:
    """What could not be looked at, and why."""
    found = []
    for lane in lanes:
        if lane.step < FEWEST:
            found.append(Unchecked(lane.name, ("all",), f"{lane.step} steps are too few: {FEWEST} are needed"))
        if np.isnan(lane.whole.get("loss", math.nan)) and lane.network.first_non_finite is None:
            found.append(Unchecked(lane.name, ("loss_not_decreasing",), "the script says no loss: watch(loss)"))
        found.append(Unchecked(lane.name, _UNKNOWN, "another framework's data and settings are not known here"))
    return found
