"""Numbers that are none."""

from dataclasses import asdict

from ...registry.optimizer import OPTIMIZERS
from ...run.finding import Finding, Fix
from ...run.snapshot import NonFinite
from ...scenario.settings import LaneSettings
from ..case import Case

HUGE = 1e6  # inputs or targets that alone explain an overflow
OF_NON_FINITE = "that there are such numbers: nothing; that this is why: the same run with the fix, which overflows too"
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


def non_finite(case: Case) -> Finding | None:
    """A NaN or an infinity. The first one is named: from the inputs to the loss, back to the gradients, the update."""
    lane = case.lane
    first = lane.network.first_non_finite
    if first is None:
        return None
    cause, fixes = _overflow(first, lane.network.settings)
    place = _NODES[first.node].format(case.called(first.layer))
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
    recurrent = [layer for layer in settings.layers if layer.kind == "recurrent"]
    if recurrent:
        fixes = fixes[::-1]  # its gradient may grow from time step to time step at any rate
    radii = {layer.label: layer.options.get("spectral_radius") or 0.0 for layer in recurrent}
    grows = {f"model.layers.{label}.spectral_radius": 1.0 for label, radius in radii.items() if radius > 1.0}
    if grows:
        fixes = (Fix(grows, "a state that does not grow of itself"), *fixes)
    if first.largest_input > UNSCALED:
        fixes = (*fixes, scaled)
    if first.node == "update":
        size = f"a gradient as large as {first.largest_into:.1g}"
        return f"a step overflowed, at learning rate {first.lr:.2g} with {size}", fixes
    return f"steps at learning rate {first.lr:.2g} have led to {weights}, and numbers overflow on their way", fixes
