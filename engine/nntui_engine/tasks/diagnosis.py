"""Name what is wrong with a lane: rule, layers, since when, the numbers against the threshold, why, and what to set.

A rule is a function of one lane that returns a :class:`Finding` or None; adding one is a function and its row in
``RULES``. Rules are gated on the outcome: in a network that learns well the same sign is an "info", no alarm.
When numbers stop being numbers, nothing else is reported.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..data.dataset import LaneData
from ..registry.activation import ACTIVATIONS
from ..registry.optimizer import OPTIMIZERS
from ..run.finding import OUTPUT, Finding, Fix, layer_words
from ..run.snapshot import LaneSnapshot, NonFinite
from ..scenario.settings import LaneSettings

Array = NDArray[np.float64]

AT_LEAST = 5  # samples that must show a sign
HUGE = 1e6  # inputs or targets that alone explain an overflow
UNSCALED = 100.0  # inputs that make a network ask for a smaller learning rate
_NODES = {
    "inputs": "the inputs",
    "weights": "the weights of {}",
    "z": "z of {}",
    "a": "the activations of {}",
    "batch_norm": "the batch norm of {}",
    "targets": "the targets",
    "loss": "the loss",
    "delta": "δ of {}",
    "gradient": "the gradient of {}",
    "update": "the update of {}",
}
_NO_PROBABILITY = {"linear": "negative or above 1", "relu": "0 or above 1", "tanh": "negative"}


def learns_well(lane: LaneSnapshot, chance: float) -> bool:
    """Whether the lane is more than half way from ``chance`` (always guessing the commonest class) to perfect."""
    if lane.network.settings.accuracy == "none":
        return lane.whole.get("train_r2", 0.0) > 0.5
    return lane.whole.get("train_accuracy", 0.0) > chance + 0.5 * (1.0 - chance)


def _holds_since(steps: Array, condition: NDArray[np.bool_]) -> int | None:
    """The first step from which ``condition`` holds at least nine times in ten; None if it does not hold at the end.

    A mini-batch now and then may disagree, so an unbroken run would begin too late; and the last one alone proves
    nothing, so at least ``AT_LEAST`` samples must bear it out (all of them, if there are fewer).
    """
    count = len(condition)
    if count == 0:
        return None
    left = np.arange(count, 0, -1)
    later = np.cumsum(condition[::-1])[::-1] / left
    holds = np.flatnonzero(condition & (later >= 0.9) & (left >= min(AT_LEAST, count)))
    return int(steps[holds[0]]) if len(holds) else None


def _by_layer(
    lane: LaneSnapshot, statistic: str, bad: Callable[[Array], NDArray[np.bool_]], candidates: list[int]
) -> tuple[tuple[int, ...], int] | None:
    """The candidate layers (0-based) where ``bad`` holds now, 1-based, and since which step the first of them did."""
    series = lane.layer_history[statistic]
    found = {}
    for layer in candidates:
        since = _holds_since(series.steps, bad(series.mean[:, layer]))
        if since is not None:
            found[layer + 1] = since
    return (tuple(found), min(found.values())) if found else None


def _called(lane: LaneSnapshot, layer: int) -> str:
    """A layer (1-based) in a sentence: "layer 3", "the output layer"."""
    words = layer_words((layer,), lane.layer_names)
    return f"the {words}" if words.startswith(OUTPUT) else words


def non_finite(lane: LaneSnapshot) -> Finding | None:
    """A NaN or an infinity. The first one is named: from the inputs to the loss, back to the gradients, the update."""
    first = lane.network.first_non_finite
    if first is None:
        return None
    cause, fixes = _overflow(first, lane.network.settings)
    place = _NODES[first.node].format(_called(lane, first.layer))
    return Finding(
        "non_finite",
        "critical",
        lane.name,
        (first.layer,),
        first.step,
        asdict(first),
        f"NaN or infinity since step {first.step}, first in {place}: {cause}.",
        fixes,
    )


def _overflow(first: NonFinite, settings: LaneSettings) -> tuple[str, tuple[Fix, ...]]:
    """Why a node is not finite, in words, and what helps."""
    scaled = Fix({"data.preprocess": "standardize"}, "inputs of mean 0 and variance 1")
    scaled_target = Fix({"data.target_scale": "standardize"}, "targets of mean 0 and variance 1")
    small = (
        Fix({"model.init": "he_normal"}, "weights that keep the signal's size from layer to layer"),
        Fix({"model.batch_norm": "before"}, "normalised layers keep the signal's size"),
    )
    if first.node == "inputs":
        return f"the data hold numbers too large for {settings.dtype}", (scaled,)
    if first.node == "targets":
        return f"the targets hold numbers too large for {settings.dtype}", (scaled_target,)
    if first.node == "weights":
        return "they were not finite before the step", small
    if first.node == "update" and settings.optimizer_parameters.get("epsilon") == 0.0:
        usual = OPTIMIZERS[settings.optimizer].parameter("epsilon")
        assert usual is not None
        fix = Fix({"train.epsilon": usual.default}, "keeps the division away from 0")
        return f"{settings.optimizer} divided by 0, as epsilon = 0 lets it", (fix,)
    if first.largest_input > max(HUGE, first.largest_weight):
        return f"inputs as large as {first.largest_input:.1g} overflow on their way", (scaled,)
    if first.node in ("loss", "delta", "gradient") and first.largest_target > max(HUGE, first.largest_weight):
        return f"targets as large as {first.largest_target:.1g} overflow in the loss", (scaled_target,)
    weights = f"weights as large as {first.largest_weight:.1g}"
    if first.node != "update" and (first.step == 1 or first.lr == 0.0):
        return f"{weights}{' to start from' if first.step == 1 else ''} make numbers overflow on their way", small
    fixes: tuple[Fix, ...] = (
        Fix({"train.lr": (settings.optimizer_parameters["lr"] or first.lr) / 10}, "smaller steps do not overflow"),
        Fix({"train.clip_norm": 1.0}, "clipping bounds the length of a step"),
    )
    if first.largest_input > UNSCALED:
        fixes = (*fixes, scaled)
    if first.node == "update":
        size = f"a gradient as large as {first.largest_into:.1g}"
        return f"a step overflowed, at learning rate {first.lr:.2g} with {size}", fixes
    return f"steps at learning rate {first.lr:.2g} have led to {weights}, and numbers overflow on their way", fixes


def symmetric_units(lane: LaneSnapshot) -> Finding | None:
    """All units of a layer have the same or no weights."""
    similarity, norm = lane.per_layer["weight_similarity"], lane.per_layer["weight_norm"]
    # units with one input can differ in the sign and size of one weight only: their cosine is always ±1. The columns of
    # recurrent layers and embeddings are not what tells their units apart.
    judged = [(i, layer) for i, layer in enumerate(lane.layers[:-1]) if layer.kind in ("dense", "convolution")]
    hidden = [i for i, layer in judged if layer.units > 1 and layer.inputs > 1]
    # weights that training has made parallel are no fault: the units must have begun alike
    first = lane.layer_history["weight_similarity"].mean
    began = first[0] > 0.999 if len(first) else np.zeros(len(lane.layers), dtype=bool)
    same = tuple(i + 1 for i in hidden if (similarity[i] > 0.999 and began[i]) or norm[i] == 0.0)
    if not same:
        return None
    init = lane.network.settings.layers[same[0] - 1].init
    return Finding(
        "symmetric_units",
        "warning",
        lane.name,
        same,
        0,
        {"weight_similarity": float(similarity[same[0] - 1]), "above": 0.999},
        f"All units of {layer_words(same, lane.layer_names)} do the same: they began alike ({init}), get the same "
        "gradient and stay alike.",
        (Fix({"model.init": "he_normal"}, "random weights make units different"),),
    )


def dead_relu(lane: LaneSnapshot) -> Finding | None:
    """At least half the units of a ReLU layer fire on no probe row."""
    units = np.array([layer.units for layer in lane.layers])
    candidates = [i for i, layer in enumerate(lane.layers[:-1]) if ACTIVATIONS[layer.activation].rectifies]
    series = lane.layer_history["dead_units"]
    found = {}
    for i in candidates:
        since = _holds_since(series.steps, series.mean[:, i] >= 0.5 * units[i])
        if since is not None:
            found[i + 1] = since
    if not found:
        return None
    layers = tuple(found)
    shares = {i: lane.per_layer["dead_units"][i - 1] / units[i - 1] for i in layers}
    worst = max(shares, key=lambda i: shares[i])
    lr = lane.settings.optimizer_parameters["lr"]
    return Finding(
        "dead_relu",
        "warning",
        lane.name,
        layers,
        min(found.values()),
        {"dead_share": float(shares[worst]), "at_least": 0.5},
        f"{100 * shares[worst]:.0f} % of the units of {_called(lane, worst)} are dead: their input is above 0 "
        "on no row, so they put out 0, get no gradient and cannot come back.",
        (
            Fix({"train.lr": lr / 10}, "smaller steps kill fewer"),
            Fix({"model.activation": "leaky_relu"}, "a small slope below 0 keeps the gradient alive"),
            Fix({"model.init": "he_normal", "model.bias": 0.0}, "weights made for ReLU and no negative bias"),
        ),
    )


def saturation(lane: LaneSnapshot) -> Finding | None:
    """More than half the entries of a sigmoid or tanh layer sit where the slope is below 5 % of its largest."""
    candidates = [i for i, layer in enumerate(lane.layers[:-1]) if ACTIVATIONS[layer.activation].squashes]
    found = _by_layer(lane, "saturated_fraction", lambda v: v > 0.5, candidates)
    if found is None:
        return None
    layers, since = found
    share = float(lane.per_layer["saturated_fraction"][layers[0] - 1])
    return Finding(
        "saturation",
        "warning",
        lane.name,
        layers,
        since,
        {"saturated_fraction": share, "above": 0.5},
        f"{100 * share:.0f} % of the outputs of {_called(lane, layers[0])} sit on a flat part of the "
        "activation: the slope there is nearly 0, and so is what a layer below learns from.",
        (
            Fix({"model.init": "xavier_uniform"}, "smaller weights keep inputs on the steep part"),
            Fix({"model.batch_norm": "before"}, "normalised inputs stay on the steep part"),
        ),
    )


def _lowest(lane: LaneSnapshot) -> int:
    """The first layer (0-based) that has weights, and so a gradient."""
    return next(i for i, layer in enumerate(lane.layers) if layer.has_weights)


def vanishing_gradient(lane: LaneSnapshot) -> Finding | None:
    """The first layer's gradient is below 1e-4 and below 1/1000 of the last one's."""
    series, lowest = lane.layer_history["gradient_norm"], _lowest(lane)
    first, last = series.mean[:, lowest], series.mean[:, -1]
    since = _holds_since(series.steps, (first < 1e-4) & (first < 1e-3 * last))
    if since is None or len(lane.layers) < 3:
        return None
    now = lane.per_layer["gradient_norm"]
    weak = tuple(i + 1 for i in range(len(now) - 1) if now[i] < 1e-2 * now[-1])
    activation = lane.layers[lowest].activation
    swap = Fix({"model.activation": "relu", "model.init": "he_normal"}, "ReLU's slope is 1 where it fires")
    if ACTIVATIONS[activation].rectifies:
        swap = Fix({"model.init": "he_normal"}, "weights that keep the signal's size from layer to layer")
    return Finding(
        "vanishing_gradient",
        "warning",
        lane.name,
        weak or (lowest + 1,),
        since,
        {"ratio": float(now[lowest] / now[-1]), "ratio_below": 1e-3, "first": float(now[lowest]), "first_below": 1e-4},
        f"The gradient shrinks on its way back: {_called(lane, lowest + 1)} gets "
        f"{now[lowest] / now[-1]:.1g} of what the output layer gets, "
        f"because every {activation} layer multiplies it by small slopes and weights.",
        (swap, Fix({"model.batch_norm": "before"}, "normalised layers keep the signal's size")),
    )


def exploding_gradient(lane: LaneSnapshot) -> Finding | None:
    """The first layer's gradient is over 70 times the last one's, and large."""
    series, lowest = lane.layer_history["gradient_norm"], _lowest(lane)
    if not lane.network.settings.layers[lowest].trainable:
        return None
    first, last = series.mean[:, lowest], series.mean[:, -1]
    since = _holds_since(series.steps, (first > 70.0 * last) & (first > 10.0))
    if since is None:
        return None
    now = lane.per_layer["gradient_norm"]
    return Finding(
        "exploding_gradient",
        "warning",
        lane.name,
        (lowest + 1,),
        since,
        {"ratio": float(now[lowest] / now[-1]), "ratio_above": 70.0, "first": float(now[lowest]), "first_above": 10.0},
        f"The gradient grows on its way back: {_called(lane, lowest + 1)} gets "
        f"{now[lowest] / now[-1]:.0f} times what the output layer gets.",
        (
            Fix({"model.init": "he_normal"}, "weights that keep the signal's size"),
            Fix({"train.clip_norm": 1.0}, "clipping bounds the length of a step"),
        ),
    )


def output_mismatch(lane: LaneSnapshot) -> Finding | None:
    """A softmax over one unit, or an output that is no probability under a cross-entropy."""
    output, loss = lane.layers[-1], lane.network.settings.loss
    if output.activation == "softmax" and output.units == 1:
        message = (
            "A softmax over one unit is 1 whatever the network computes: its gradient is 0, and nothing is learned."
        )
    elif loss in ("cross_entropy", "binary_cross_entropy") and output.activation in _NO_PROBABILITY:
        message = (
            f"The loss {loss} takes the outputs as probabilities, but a {output.activation} output may be "
            f"{_NO_PROBABILITY[output.activation]}: it is clipped there, and its gradient is 0."
        )
    else:
        return None
    right = "softmax" if output.units > 1 and lane.network.task == "classes" else "sigmoid"
    return Finding(
        "output_mismatch",
        "warning",
        lane.name,
        (len(lane.layers),),
        0,
        {"outputs": float(output.units)},
        message,
        (Fix({"model.output": right}, "its values are probabilities"),),
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, and the layer histories that it reads; beside a finding that it is a symptom of it is not reported.

    ``looks_for`` says in words what it would find.
    """

    find: Callable[[LaneSnapshot], Finding | None]
    looks_for: str
    watches: tuple[str, ...] = ()
    symptom_of: tuple[str, ...] = ()


# In the order of cause before symptom
RULES = (
    Rule(output_mismatch, "outputs that cannot fit"),
    Rule(symmetric_units, "units that stay alike", ("weight_similarity",)),
    Rule(dead_relu, "dead units", ("dead_units",)),
    Rule(saturation, "saturated units", ("saturated_fraction",)),
    Rule(vanishing_gradient, "vanishing gradients", ("gradient_norm",), symptom_of=("dead_relu", "symmetric_units")),
    Rule(exploding_gradient, "exploding gradients", ("gradient_norm",)),
)
LOOKED_FOR = (*(rule.looks_for for rule in reversed(RULES)), "NaN")
WATCHED = tuple(dict.fromkeys(name for rule in RULES for name in rule.watches))


def diagnose(lane: LaneSnapshot, chance: float) -> list[Finding]:
    """Findings of one lane, causes first. ``lane`` must carry the layer histories named in ``WATCHED``.

    ``chance`` is the accuracy of always guessing the commonest class.
    """
    broken = non_finite(lane)
    if broken is not None:
        return [_named(broken, lane)]
    if not lane.step:
        return []
    with np.errstate(all="ignore"):
        seen = [(rule, finding) for rule in RULES if (finding := rule.find(lane)) is not None]
    names = {finding.rule for _, finding in seen}
    found = [finding for rule, finding in seen if not names.intersection(rule.symptom_of)]
    if learns_well(lane, chance):
        found = [replace(finding, severity="info") for finding in found]
    return [_named(finding, lane) for finding in found]


def _named(finding: Finding, lane: LaneSnapshot) -> Finding:
    return replace(finding, names=lane.layer_names)


def chance(data: LaneData) -> float:
    """The accuracy of always guessing the commonest class (of the commonest value, entry by entry)."""
    if data.task == "regression":
        return 0.0
    t = data.t_train
    if t.shape[1] > 1 and data.task != "multilabel":
        return float(t.mean(axis=0).max())
    share = (t > t.mean()).mean(axis=0) if data.task != "multilabel" else (t > 0.5).mean(axis=0)
    return float(np.maximum(share, 1.0 - share).mean())
