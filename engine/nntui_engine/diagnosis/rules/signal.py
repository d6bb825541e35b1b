"""The signal on its way forward, and the gradient on its way back."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from ...registry.activation import ACTIVATIONS
from ...run.finding import Finding, Fix, layer_words
from ..case import Case, holds_since
from ..fixes import fitting_init
from .through_time import exploding_through_time, vanishing_through_time

SHRINKS = 1e-3  # of the pre-activations' variance, from the first hidden layer to the last
FADED = 0.02  # of the last layer's gradient, in the first
FADED_SQUASHED = 0.1  # the same under activations that are flat at both ends
ONE_VALUE = ("zeros", "constant")  # initializers that give every weight of a layer the same
LARGE_Z = 100.0  # a variance of pre-activations before the first step


def symmetric_units(case: Case) -> Finding | None:
    """All units of a layer have the same or no weights."""
    lane = case.lane
    if case.is_ahead:
        layers = _set_alike(case)
        return _alike(case, layers, {}) if layers else None
    similarity, norm = lane.per_layer["weight_similarity"], lane.per_layer["weight_norm"]
    # units with one input can differ in the sign and size of one weight only: their cosine is always ±1. The columns of
    # recurrent layers and embeddings are not what tells their units apart.
    judged = [(i, layer) for i, layer in enumerate(lane.layers[:-1]) if layer.kind in ("dense", "convolution")]
    hidden = [i for i, layer in judged if layer.units > 1 and layer.inputs > 1]
    # weights that training has made parallel are no fault: the units must have begun alike
    first = lane.layer_history["weight_similarity"].mean
    began = first[0] > 0.999 if len(first) else np.zeros(len(lane.layers), dtype=bool)
    alike = {i for i in hidden if similarity[i] > 0.999 and began[i]}
    alike |= {i for i, layer in judged if layer.units > 1 and (norm[i] == 0.0 or _one_value(case, i))}
    same = tuple(i + 1 for i in sorted(alike))
    return _alike(case, same, {"weight_similarity": float(similarity[same[0] - 1]), "above": 0.999}) if same else None


def _alike(case: Case, layers: tuple[int, ...], evidence: Mapping[str, float | str]) -> Finding:
    """``layers`` (1-based) of units that do the same."""
    init = case.settings.layers[layers[0] - 1].init
    how = f"begin alike ({init})" if case.is_ahead else f"do the same: they began alike ({init})"
    return case.finding(
        "symmetric_units",
        f"All units of {layer_words(layers, case.lane.layer_names)} {how}, get the same gradient and stay alike.",
        evidence,
        (Fix({"model.init": "he_normal"}, "random weights make units different"),),
        layers=layers,
    )


def _set_alike(case: Case) -> tuple[int, ...]:
    """The layers (1-based) of a chain whose units begin alike and that nothing makes different: neither other biases,
    dropout or weights that were learned before, nor a layer above that tells them apart."""
    settings = case.settings
    noisy = settings.dropconnect > 0.0 or settings.noise_weights > 0.0 or settings.noise_gradients > 0.0
    if settings.start is not None or noisy or any(len(layer.sources) > 1 for layer in settings.layers):
        return ()
    weighty = [layer for layer in settings.layers if layer.init]
    return tuple(
        layer.index
        for layer, above in pairwise(weighty)
        if layer.kind in ("dense", "convolution")
        and layer.units > 1
        and layer.init in ONE_VALUE
        and above.init in ONE_VALUE
        and layer.bias != "normal"
        and not layer.dropout
    )


def _one_value(case: Case, layer: int) -> bool:
    """Whether all weights of a layer (0-based) with one input began with one value."""
    return case.lane.layers[layer].inputs == 1 and case.settings.layers[layer].init in ONE_VALUE


def dead_relu(case: Case) -> Finding | None:
    """At least half the units of a ReLU layer fire on no probe row."""
    lane = case.lane
    units = np.array([layer.units for layer in lane.layers])
    candidates = [i for i, layer in enumerate(lane.layers[:-1]) if ACTIVATIONS[layer.activation].rectifies]
    series = lane.layer_history["dead_units"]
    found = {}
    for i in candidates:
        since = holds_since(series.steps, series.mean[:, i] >= 0.5 * units[i])
        if since is not None:
            found[i + 1] = since
    if not found:
        return None
    layers = tuple(found)
    shares = {i: lane.per_layer["dead_units"][i - 1] / units[i - 1] for i in layers}
    worst = max(shares, key=lambda i: shares[i])
    shorter = Fix({"train.lr": lane.settings.optimizer_parameters["lr"] / 10}, "smaller steps kill fewer")
    leaky = Fix({"model.activation": "leaky_relu"}, "a small slope below 0 keeps the gradient alive")
    start = Fix({"model.init": "he_normal", "model.bias": 0.0}, "weights made for ReLU and no negative bias")
    if min(found.values()) > series.steps[0]:
        fixes = (shorter, leaky, start)
    else:  # no step has killed them
        biases = [case.settings.layers[i - 1].bias for i in layers]
        low = any(isinstance(bias, float) and bias < 0.0 for bias in biases)
        fixes = (start, leaky, shorter) if low else (leaky, start, shorter)
    return Finding(
        "dead_relu",
        "warning",
        lane.name,
        layers,
        min(found.values()),
        {"dead_share": float(shares[worst]), "at_least": 0.5},
        f"{100 * shares[worst]:.0f} % of the units of {case.called(worst)} are dead: their input is above 0 "
        "on no row, so they put out 0, get no gradient and cannot come back.",
        fixes,
    )


def saturation(case: Case) -> Finding | None:
    """More than half the entries of a sigmoid or tanh layer sit where the slope is below 5 % of its largest."""
    lane = case.lane
    candidates = [i for i, layer in enumerate(lane.layers[:-1]) if ACTIVATIONS[layer.activation].squashes]
    found = case.holds_by_layer("saturated_fraction", lambda v: v > 0.5, candidates)
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
        f"{100 * share:.0f} % of the outputs of {case.called(layers[0])} sit on a flat part of the "
        "activation: the slope there is nearly 0, and so is what a layer below learns from.",
        (
            Fix({"model.init": "xavier_uniform"}, "smaller weights keep inputs on the steep part"),
            Fix({"model.batch_norm": "before"}, "normalised inputs stay on the steep part"),
        ),
    )


def vanishing_gradient(case: Case) -> Finding | None:
    """The first layer's gradient is below 2 % (of flat activations 10 %) of the last one's; where the network has
    learned, below 1/1000 and below 1e-4; or it was below 2 % for a quarter of a run that did not learn. Or that of a
    plain recurrent layer's first time step is below 2 % of its last one's, in a network that learns nothing."""
    lane = case.lane
    through_time = vanishing_through_time(case)
    if through_time is not None:
        return through_time
    series, lowest = lane.layer_history["gradient_norm"], case.lowest
    first, last = series.mean[:, lowest], series.mean[:, -1]
    squashes = any(ACTIVATIONS[name].squashes for name in case.hidden_activations)
    limit = 1e-3 if case.learned else FADED_SQUASHED if squashes else FADED
    since = holds_since(series.steps, (first < limit * last) & ((first < 1e-4) | (limit > 1e-3)))
    if len(lane.layers) < 3:
        return None
    now = lane.per_layer["gradient_norm"]
    ratio, when = float(now[lowest] / now[-1]), ""
    if since is None and squashes and not case.learned and case.done == 1.0:
        quarter = len(first) // 4
        early = float(np.median(first[:quarter] / last[:quarter])) if quarter else 1.0
        if early < FADED:  # it has come through since, but the time is gone
            since, ratio, limit, when = int(series.steps[0]), early, FADED, ", for a quarter of the run,"
    if since is None:
        return None
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
        {"ratio": ratio, "ratio_below": limit, "first_layer": float(now[lowest])},
        f"The gradient shrinks on its way back: {case.called(lowest + 1)} gets{when} "
        f"{ratio:.1g} of what the output layer gets, "
        f"because every {activation} layer multiplies it by small slopes and weights.",
        (swap, Fix({"model.batch_norm": "before"}, "normalised layers keep the signal's size")),
    )


def exploding_gradient(case: Case) -> Finding | None:
    """The first layer's gradient is over 70 times the last one's, and large; or that of a recurrent layer's first time
    step is, again and again."""
    lane = case.lane
    through_time = exploding_through_time(case)
    if through_time is not None:
        return through_time
    series, lowest = lane.layer_history["gradient_norm"], case.lowest
    if not lane.network.settings.layers[lowest].trainable:
        return None
    first, last = series.mean[:, lowest], series.mean[:, -1]
    since = holds_since(series.steps, (first > 70.0 * last) & (first > 10.0))
    if since is None:
        return None
    now = lane.per_layer["gradient_norm"]
    return Finding(
        "exploding_gradient",
        "warning",
        lane.name,
        (lowest + 1,),
        since,
        {
            "ratio": float(now[lowest] / now[-1]),
            "ratio_above": 70.0,
            "first_layer": float(now[lowest]),
            "first_layer_above": 10.0,
        },
        f"The gradient grows on its way back: {case.called(lowest + 1)} gets "
        f"{now[lowest] / now[-1]:.0f} times what the output layer gets.",
        (
            Fix({"model.init": "he_normal"}, "weights that keep the signal's size"),
            Fix({"train.clip_norm": 1.0}, "clipping bounds the length of a step"),
        ),
    )


def poor_initialization(case: Case) -> Finding | None:
    """First weights with which the signal dies out or blows up on its way through the hidden layers."""
    lane = case.lane
    series = lane.layer_history["pre_activation_variance"]
    layers = case.settings.layers
    hidden = [i for i, layer in enumerate(layers[:-1]) if layer.kind == "dense" and layer.batch_norm == "none"]
    if not len(series.steps) or len(hidden) < 1 or case.settings.start is not None:
        return None
    at_first = series.mean[0, hidden]
    if not np.isfinite(at_first).all():
        return None
    ratio, largest = float(at_first[-1] / at_first[0]) if at_first[0] > 0.0 else 1.0, float(at_first.max())
    size = max(case.facts.input_size, 1.0) ** 2
    layer = layers[hidden[int(at_first.argmax())]]
    right = fitting_init(layer.activation)
    biased = any(layers[i].bias not in (0.0, "normal") for i in hidden)  # that may be what silences units
    if layer.init == right or biased or (ratio >= SHRINKS and largest <= LARGE_Z * size):
        return None
    how = (
        f"die out: their variance falls to {ratio:.1g} of the first layer's"
        if ratio < SHRINKS
        else f"are huge: their variance is up to {largest:.3g}"
    )
    return case.finding(
        "poor_initialization",
        f"With first weights by {layer.init} the signals {how}, before anything is learned.",
        {"ratio": ratio, "ratio_below": SHRINKS, "largest": largest, "largest_above": LARGE_Z * size},
        (Fix({"model.init": right}, "weights that keep the signal's size from layer to layer"),),
        layers=tuple(i + 1 for i in hidden),
    )
