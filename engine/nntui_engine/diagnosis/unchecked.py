"""What could not be looked at, and why: so that finding nothing means something."""

import math
from collections.abc import Iterable, Iterator

from ..data.facts import MOST_FEATURES, NEIGHBOURS
from ..registry.activation import ACTIVATIONS
from ..run.finding import Unchecked
from ..run.snapshot import LaneSnapshot
from .case import Case
from .rules.losses import FEWEST_EVALUATIONS, guess_loss
from .rules.rates import FEWEST
from .rules.setting import one_class


def unchecked(case: Case) -> list[Unchecked]:
    """The rules that could not judge a lane, with the reason. All of them, before the first step."""
    return [Unchecked(case.lane.name, rules, why) for rules, why in _reasons(case)]


def unchecked_in(lanes: Iterable[LaneSnapshot]) -> list[Unchecked]:
    """The same of each of some lanes, in their order."""
    return [one for lane in lanes for one in unchecked(Case(lane))]


def _reasons(case: Case) -> Iterator[tuple[tuple[str, ...], str]]:
    lane, settings = case.lane, case.settings
    if not lane.step:
        yield ("all",), "nothing was trained yet"
        return
    broken = lane.network.first_non_finite
    if broken is not None:
        since = f"since step {broken.step} numbers are NaN or infinite"
        yield ("all others",), f"{since}: only data, settings and what was before can be judged"
        return
    if case.is_ahead:
        yield ("all",), "no step was measured yet"
        return
    measured = len(case.losses()[0])
    if measured < FEWEST:
        rules = ("lr_too_low", "slow_convergence", "underfitting", "loss_not_decreasing")
        yield rules, f"{measured} measured steps are too few to tell where the loss goes: {FEWEST} are needed"
    if math.isnan(guess_loss(case)):
        yield ("initial_loss",), f"what guessing costs is not worked out for the loss {settings.loss} on such targets"
    evaluations = len(lane.whole_history["train_loss"].steps) if "train_loss" in lane.whole_history else 0
    if evaluations < FEWEST_EVALUATIONS:
        few = "1 evaluation is" if evaluations == 1 else f"{evaluations} evaluations are"
        yield ("oscillating_loss",), f"{few} too few to tell a swing: {FEWEST_EVALUATIONS} are needed"
    if not case.facts.validation_rows:
        yield ("overfitting",), "no rows are held out"
    hidden = [ACTIVATIONS[name] for name in case.hidden_activations]
    if not any(one.rectifies for one in hidden):
        yield ("dead_relu",), "no hidden layer has an activation that is 0 and flat below 0"
    if not any(one.squashes for one in hidden):
        yield ("saturation",), "no hidden layer has an activation that is flat at both ends"
    if len(lane.layers) < 3:
        yield ("vanishing_gradient",), "there are fewer than two hidden layers"
    if case.is_numbers:
        yield ("class_imbalance",), "the targets are numbers"
    elif lane.network.task == "multilabel":
        yield ("one_class", "class_imbalance"), "several labels may hold together"
    if lane.network.task != "regression":
        yield ("target_scale",), "the targets are classes"
    if len(settings.shape) > 1:
        yield ("feature_scale_spread",), "inputs are pixels or moments, and not features of their own"
    if one_class(case) is not None:
        yield ("the outcome",), "nothing can be learned from one class or one value, so that nothing tells what works"
    elif math.isnan(case.attainable):
        yield ("the outcome",), f"what simpler methods reach is not known: {_why_unknown(case)}"


def _why_unknown(case: Case) -> str:
    facts = case.facts
    if facts.constant_features == facts.features:
        return "no input varies"
    if facts.rows <= NEIGHBOURS:
        return f"{facts.rows} training rows are too few, {NEIGHBOURS + 1} are needed"
    if facts.features > MOST_FEATURES:
        return f"{facts.features} inputs are too many, it is worked out for at most {MOST_FEATURES}"
    return "it is worked out for another measure, or for numbers that are finite"
