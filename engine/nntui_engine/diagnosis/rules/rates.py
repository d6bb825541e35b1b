"""Steps that are too long, too short, or too few."""

import math

import numpy as np

from ...registry.activation import ACTIVATIONS
from ...run.finding import Finding, Fix
from ..case import Array, Case
from ..fixes import ADAM
from .through_time import gates_for_long

FIRST_SAMPLES = 20
LONG_STEP = 0.3  # ‖ΔW‖ / ‖W‖; around 0.001 is usual
STILL_LONG = 0.05  # later on …
LATER = 100  # … from so many steps on
FADED_STEP = 1e-2  # of the longest layer's step, in the shortest one
FEW_WEIGHTS = 16  # in a layer: it changes much at every step
LONG_FIRST_STEP = 1.0
SHORT_STEP = 1e-4
ENOUGH_LONGER = 3.0  # times the length or the number of steps that lacks: beyond that, ten times the rate
USUAL_BATCH = 32
USUAL_STEP = 1e-3  # a healthy update ratio (Karpathy, CS231n)
USEFUL_STEP = 5e-3  # what a fix aims at: a run of a few hundred steps has to get somewhere
EVER_SHORT = 10.0  # times that is what no step may have been longer than
JUMPED = 3.0  # times the first loss
FELL = 0.98  # of the first loss: less than that has fallen
FALLING = 0.995  # of a loss a quarter of the run before: less than that is falling
FEWEST = 20  # samples of the loss that say whether it falls
FEW_STEPS = 100  # of a whole run: after so few hardly any network has learned
MOST_MOMENTUM = 0.95  # with it steps add up to 1 / (1 − momentum) = 20 times their length (Goh 2017)
AIMED_STEP = 0.03  # a tenth of LONG_STEP: what steps too long are to be brought down to
SCHEDULED = 0.01  # of the rate that was set: there a schedule has ended the training, or not begun it


def lr_too_high(case: Case) -> Finding | None:
    """Steps as long as the weights themselves, or a loss that jumped, in a network that does not learn."""
    ratios = update_ratios(case, FEW_WEIGHTS)
    steps, losses = case.losses()
    if not len(ratios) or not len(losses) or not case.lr:
        return None
    early = float(np.nanmedian(ratios[:FIRST_SAMPLES], axis=0).max())
    first, largest = max(float(losses[0]), 1e-12), float(np.nanmax(losses))
    jumped = largest > JUMPED * first and early > STILL_LONG
    longest = float(np.nanmax(ratios[: FIRST_SAMPLES // 4], initial=0.0))
    late = float(np.nanmedian(ratios[len(ratios) // 2 :], axis=0).max()) if case.lane.step > LATER else 0.0
    if not (early > LONG_STEP or late > STILL_LONG or longest > LONG_FIRST_STEP or jumped):
        return None
    squashes = any(ACTIVATIONS[name].squashes for name in case.hidden_activations)
    lowest = float(np.nanmedian(ratios[:FIRST_SAMPLES], axis=0).min())
    if squashes and 0.0 < lowest < FADED_STEP * early and not (longest > LONG_FIRST_STEP or jumped):
        return None  # the gradient fades on its way down, and the last layer alone runs to and fro
    if early > LONG_STEP or longest > LONG_FIRST_STEP:
        how = f"one step changed the weights of a layer by {max(longest, early):.0%} of their size"
    elif jumped:
        how = f"the loss jumped from {first:.3g} to {largest:.3g}"
    else:
        how = f"even later ones change the weights of a layer by {late:.0%} of their size"
    momentum = case.settings.optimizer_parameters.get("momentum", 0.0)
    adds_up = f"momentum makes steps {1.0 / (1.0 - min(momentum, 0.9999)):.0f} times as long"
    lighter = Fix({"train.momentum": 0.9, "train.lr": case.lr / 10}, adds_up)
    tens = min(3, max(1, round(math.log10(max(early, longest if longest > LONG_FIRST_STEP else 0.0) / AIMED_STEP))))
    evidence = {
        "update_ratio": early,
        "ratio_above": LONG_STEP,
        "longest": longest,
        "loss_jump": largest / first,
        "later_ratio": late,
        "later_above": STILL_LONG,
    }
    return case.finding(
        "lr_too_high",
        f"At learning rate {case.lr:.3g} steps are too long: {how}.",
        evidence,
        (
            *((lighter,) if momentum > MOST_MOMENTUM else ()),
            *(
                Fix({"train.lr": case.lr / 10.0**power}, f"steps a {'1' + '0' * power}th as long")
                for power in (tens, *(other for other in (1, 2, 3) if abs(other - tens) == 1))
            ),
            Fix({"train.clip_norm": 1.0}, "clipping bounds the length of a step"),
        ),
        since=int(steps[int(np.nanargmax(losses))]) if jumped else int(steps[0]),
    )


def lr_too_low(case: Case) -> Finding | None:
    """Every layer's steps are tiny against its weights, and always were, though there is a gradient; or a schedule has
    taken the rate away, or not yet given it."""
    scheduled = _rate_by_schedule(case)
    if scheduled is not None:
        return scheduled
    ratios = update_ratios(case)
    steps, losses = case.losses()
    if len(ratios) < FEWEST or not case.lr:
        return None
    late = float(np.nanmedian(ratios[len(ratios) // 2 :], axis=0).max())
    longest = float(np.nanmax(ratios))  # a rate far too high leaves dead layers behind, which hardly move either
    if not 0.0 < late < SHORT_STEP or longest > EVER_SHORT * SHORT_STEP:
        return None
    tens = min(5, max(1, round(math.log10(USEFUL_STEP / late))))
    return case.finding(
        "lr_too_low",
        f"At learning rate {case.lr:.3g} a step changes no layer's weights by more than {longest:.1g} of their size: "
        f"after {case.lane.step} steps they are nearly where they began.",
        {"update_ratio": late, "below": SHORT_STEP, "longest": longest, "loss": float(losses[-1])},
        tuple(
            Fix({"train.lr": case.lr * 10.0**power}, f"steps {10**power} times as long")
            for power in (tens, tens + 1, max(1, tens - 1))
        ),
        since=int(steps[0]),
    )


def _rate_by_schedule(case: Case) -> Finding | None:
    """A schedule under which most of the run has next to nothing of the rate that was set."""
    rates = case.lane.whole_history.get("lr")
    if case.settings.schedule == "constant" or not case.lr or rates is None or len(rates.steps) < FEWEST:
        return None
    small = rates.mean[:, 0] < SCHEDULED * case.lr
    if small.mean() < 0.5 or not small[-1]:
        return None
    before = rates.steps[~small]
    if len(before):
        how = f"had left less than {SCHEDULED:.0%} of the rate {case.lr:.3g} after step {before[-1]:.0f}"
    else:
        how = f"has not come beyond {SCHEDULED:.0%} of the rate {case.lr:.3g} in {case.lane.step} steps"
    slower = {"train.schedule": {"kind": "cosine"}}
    return case.finding(
        "lr_too_low",
        f"The schedule ({case.settings.schedule}) {how}: for {small.mean():.0%} of the run next to nothing is changed.",
        {"lr": float(rates.mean[-1, 0]), "below": SCHEDULED * case.lr, "share_of_run": float(small.mean())},
        (
            Fix({"train.schedule": "constant"}, "the rate stays as it is set"),
            Fix(slower, "the rate falls over the whole run"),
        ),
        since=int(before[-1]) if len(before) else 1,
    )


def too_few_steps(case: Case) -> Finding | None:
    """A run that is over before anything could be learned."""
    done, rows = case.lane.step, case.facts.rows
    if not FEWEST <= done < FEW_STEPS or not rows:  # of fewer nothing at all can be said
        return None
    longer = max(4 * done, 10 * FEW_STEPS)
    passes = done * case.settings.batch_size / rows
    fixes = [Fix({"train.steps": longer}, "more time")]
    stopped = case.settings.early_stopping
    if case.lane.state == "stopped early" and stopped is not None:
        patient = Fix({"train.early_stopping": "none"}, "it goes on to its last step")
        fixes = [patient]
    elif case.settings.batch_size > 2 * USUAL_BATCH:
        smaller = {"train.batch_size": USUAL_BATCH, "train.steps": longer}
        fixes.insert(0, Fix(smaller, "smaller batches give more steps for the same passes over the rows"))
    return case.finding(
        "too_few_steps",
        f"Training ended after {done} steps ({passes:.2g} passes over the rows): hardly any network has learned by "
        "then.",
        {"steps": float(done), "at_least": float(FEW_STEPS)},
        tuple(fixes),
        since=done,
    )


def unchanged_weights(case: Case) -> Finding | None:
    """Steps that change nothing."""
    steps, _ = case.losses()
    trained = any(layer.trainable for layer in case.settings.layers)
    if case.lr and trained:
        if case.is_ahead:
            return None
        ratios = update_ratios(case)
        if len(ratios) < FEWEST or np.nanmax(ratios[-FEWEST:], initial=0.0) > 0.0:
            return None
    fixes: tuple[Fix, ...] = ()
    if not case.lr:
        why, fixes = "the learning rate is 0", (Fix({"train.lr": 0.01}, "steps of a usual length"),)
    elif not trained:
        why = "every layer is frozen"
        fixes = (Fix({"model.trainable": True, "model.output_trainable": True}, "layers that learn"),)
    else:
        why = "no gradient reaches them, or steps are below the precision of their numbers"
    return case.finding(
        "unchanged_weights",
        f"The weights do not change: {why}.",
        {} if case.is_ahead else {"update_ratio": 0.0},
        fixes,
        since=0 if case.is_ahead else int(steps[-min(FEWEST, len(steps))]),
    )


def slow_convergence(case: Case) -> Finding | None:
    """The loss still falls when the run ends, and the network has not learned yet."""
    steps, losses = case.losses()
    if len(losses) < FEWEST:
        return None
    quarter = len(losses) // 4
    before, now = float(np.nanmean(losses[-2 * quarter : -quarter])), float(np.nanmean(losses[-quarter:]))
    if not now < FALLING * before:
        return None
    needed = projected_steps(case)
    lacking = max(USEFUL_STEP / max(late_ratio(case), SHORT_STEP), needed / case.lane.step)
    longer, longest = (10.0, 30.0) if lacking > ENOUGH_LONGER else (3.0, 10.0)
    words = f"about {needed:,} steps in all".replace(",", " ") if needed else "many more steps"
    return case.finding(
        "slow_convergence",
        f"It can still learn: the loss fell from {before:.3g} to {now:.3g} in the last quarter of the run. "
        f"At this pace it takes {words}.",
        {"loss_before": before, "loss": now, "projected_steps": float(needed or -1)},
        (
            *gates_for_long(case),
            Fix({"train.lr": case.lr * longer}, f"steps {longer:.0f} times as long"),
            Fix({"train.lr": case.lr * longest}, f"steps {longest:.0f} times as long"),
            ADAM,
            Fix({"train.steps": case.settings.steps * 4}, "more time"),
        ),
        since=int(steps[-quarter]),
        severity="info" if case.is_near else "warning",
    )


def projected_steps(case: Case) -> int:
    """The step at which the score reaches the bar if it goes on as in the second half of the run; else 0."""
    series = case.lane.whole_history.get("train_r2" if case.is_numbers else "train_accuracy")
    if series is None or len(series.steps) < 4:
        return 0
    half = len(series.steps) // 2
    gained = float(series.mean[-1, 0] - series.mean[half, 0])
    took = int(series.steps[-1] - series.steps[half])
    missing = case.bar - float(series.mean[-1, 0])
    if not (gained > 0.0 and missing > 0.0 and took > 0):
        return 0
    found = int(case.lane.step + missing / gained * took)
    digits = max(0, len(str(found)) - 2)
    return int(round(found, -digits)) if found < 10**9 else 0


def loss_not_decreasing(case: Case) -> Finding | None:
    """A loss that is no lower at the end than it was at first."""
    steps, losses = case.losses()
    if len(losses) < FEWEST:
        return None
    part = max(3, len(losses) // 10)
    first, now = float(np.nanmean(losses[:part])), float(np.nanmean(losses[-part:]))
    if not now >= FELL * first:
        return None
    return case.finding(
        "loss_not_decreasing",
        f"The loss does not fall: {first:.3g} at first, {now:.3g} now.",
        {"first": first, "now": now, "fraction_below": FELL},
        (
            Fix({"train.lr": case.lr / 10}, "shorter steps"),
            Fix({"train.lr": case.lr * 10}, "longer steps"),
            ADAM,
        ),
        since=int(steps[0]),
    )


def late_ratio(case: Case) -> float:
    """The median of ‖ΔW‖ / ‖W‖ in the second half of what was done, in the layer where it is largest; NaN where none
    is measured."""
    ratios = update_ratios(case)
    return float(np.nanmedian(ratios[len(ratios) // 2 :], axis=0).max()) if len(ratios) else math.nan


def update_ratios(case: Case, fewest: int = 0) -> Array:
    """‖ΔW‖ / ‖W‖ (samples, layers) so far of the layers that are trained and have at least so many weights."""
    series = case.lane.layer_history["update_ratio"]
    layers = [
        i
        for i, (layer, setting) in enumerate(zip(case.lane.layers, case.settings.layers, strict=True))
        if layer.has_weights and setting.trainable and layer.inputs * layer.units >= fewest
    ]
    found = np.asarray(series.mean)[:, layers]
    return found[np.isfinite(found).all(axis=1)] if len(layers) else np.zeros((0, 0))
