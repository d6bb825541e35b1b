"""What could not be looked at, and why: so that finding nothing means something."""

import math
from collections.abc import Iterator

from ..registry.activation import ACTIVATIONS
from ..run.finding import Unchecked
from .case import Case
from .rules.rates import FEWEST


def unchecked(case: Case) -> list[Unchecked]:
    """The rules that could not judge a lane, with the reason. All of them, before the first step."""
    return [Unchecked(case.lane.name, rules, why) for rules, why in _reasons(case)]


def _reasons(case: Case) -> Iterator[tuple[tuple[str, ...], str]]:
    lane, settings = case.lane, case.settings
    if not lane.step:
        yield ("all",), "nothing was trained yet"
        return
    measured = len(case.losses()[0])
    if measured < FEWEST:
        rules = ("lr_too_low", "slow_convergence", "underfitting", "loss_not_decreasing")
        yield rules, f"{measured} measured steps are too few to tell where the loss goes: {FEWEST} are needed"
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
        yield ("one_class", "class_imbalance"), "the targets are numbers"
    elif lane.network.task == "multilabel":
        yield ("one_class", "class_imbalance"), "several labels may hold together"
    if lane.network.task != "regression":
        yield ("target_scale",), "the targets are classes"
    if len(settings.shape) > 1:
        yield ("feature_scale_spread",), "inputs are pixels or moments, and not features of their own"
    if any(layer.kind in ("recurrent", "gru", "lstm") for layer in lane.layers):
        yield ("exploding_gradient",), "gradients are compared from layer to layer, and not through time"
    if math.isnan(case.attainable):
        yield (
            ("the outcome",),
            "what simpler methods reach is not known: too few rows, too many inputs, or none that varies",
        )
