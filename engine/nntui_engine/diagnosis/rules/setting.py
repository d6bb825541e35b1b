"""A network, data or settings with which there is not much to learn."""

import numpy as np

from ...run.finding import Finding, Fix
from ..case import HARDLY, NEARLY, Case
from ..fixes import ADAM
from .rates import FALLING, FELL, FEWEST, USUAL_STEP, late_ratio
from .through_time import gates_for_long

MOST_DROPOUT = 0.5
SHRUNK = 0.2  # of a layer's first weights, under a penalty that is … (chosen half: sick runs 0.17 and less)
STRONG = 0.01  # … at least this
HEAVY = 0.5  # of the error: a penalty that is no longer a side issue
SMALLEST_BATCH = 4  # that batch norm takes a mean of
LOPSIDED = 0.8  # the commonest class's share
SETTLED = 0.9  # of a loss before: a loss that falls faster has not settled
FEWEST_HELD_OUT = 50  # rows, to tell guessing from answering
NARROW = 4  # units of the widest hidden layer
ROSE = 1.3  # times its lowest value
BY_HEART = 0.25  # the same gap, where more than half of what it shows is by heart
SORTED = 0.5  # of what rows sorted by their targets would show; drawn at random they show 0
RESCALED = 3.0  # times the size of what it learns from, or a third
DECOUPLED = 1.0  # a decay apart from the gradient: under Adam no weight can stay above 1 / decay (Xie & Li 2024)
HELD_UP = 1.5  # times the loss without dropout is the loss with it
SOME_DROPOUT = 0.2
APART = 0.25  # of the rows held out are of other classes than those learned from
GAP = 0.15  # between the score on what it learns from and on what it never saw


def one_class(case: Case) -> Finding | None:
    """Training rows of one class only, or with one and the same number to be learned."""
    facts, task = case.facts, case.lane.network.task
    if not facts.rows:  # nothing is known of them
        return None
    if task == "regression":
        low, high = facts.target_range
        if low < high:
            return None
        what, evidence = "have the same target", {"target_spread": 0.0, "above": 0.0}
    elif task == "multilabel" or facts.classes > 1:
        return None
    else:
        what, evidence = "are of one class", {"classes": float(facts.classes), "at_least": 2.0}
    return case.finding(
        "one_class",
        f"All {facts.rows} training rows {what}: there is nothing to tell apart, and any network that says the same "
        "each time is right. Rows with another one are needed; or see whether the target is the right column.",
        evidence,
        (),
    )


def constant_inputs(case: Case) -> Finding | None:
    """Inputs of which none varies."""
    facts = case.facts
    if not 0 < facts.features == facts.constant_features:
        return None
    inputs = "The only input does not vary" if facts.features == 1 else f"None of the {facts.features} inputs varies"
    return case.finding(
        "constant_inputs",
        f"{inputs} over the training rows: to the network all rows are the same, and it can only guess. See whether "
        "the right columns are read, and whether their numbers were lost on the way.",
        {"constant": float(facts.constant_features), "inputs": float(facts.features)},
        (),
    )


def class_imbalance(case: Case) -> Finding | None:
    """A commonest class that the network always guesses."""
    if case.is_numbers or case.facts.chance < LOPSIDED or not case.guesses or case.facts.classes < 2:
        return None
    longer = Fix({"train.lr": case.lr * 3}, "longer steps may leave the guess behind")
    evidence = {"chance": case.facts.chance, "above": LOPSIDED}
    how = "a network may not get beyond that"
    if not case.is_ahead:
        evidence["score"], how = case.score, f"the network does hardly better ({case.score:.1%})"
    return case.finding(
        "class_imbalance",
        f"{case.facts.chance:.0%} of the rows are of one class, the rarest has {case.facts.rarest:.1%}: "
        f"always guessing the same is right that often, and {how}.",
        evidence,
        (ADAM, longer) if case.settings.optimizer == "sgd" else (longer, ADAM),
    )


def no_nonlinearity(case: Case) -> Finding | None:
    """Hidden layers that are all linear."""
    hidden = case.hidden_activations
    if not hidden or set(hidden) != {"linear"} or any(layer.kind != "dense" for layer in case.lane.layers):
        return None
    return case.finding(
        "no_nonlinearity",
        f"No hidden layer has an activation that bends: {len(hidden) + 1} linear layers are one linear layer.",
        {"layers": float(len(hidden))},
        (Fix({"model.activation": "relu", "model.init": "he_normal"}, "ReLU bends at 0"),),
        layers=tuple(range(1, len(hidden) + 1)),
    )


def dropout_too_high(case: Case) -> Finding | None:
    """More than half of a layer left out at every step; or less, where the loss is far higher with it than without."""
    rates = [layer.dropout for layer in case.settings.layers]
    highest = max(*rates, case.settings.input_dropout)
    limit, evidence, without = MOST_DROPOUT, {"dropout": highest, "above": MOST_DROPOUT}, 0.1
    why = "too little is left to learn with"
    if highest <= MOST_DROPOUT:
        _, losses = case.losses()
        whole = case.lane.whole.get("train_loss", float("nan"))
        with_it = float(np.mean(losses[-(len(losses) // 4 + 1) :])) if len(losses) >= FEWEST else float("nan")
        if case.done < 1.0 or highest < SOME_DROPOUT or not with_it > HELD_UP * whole:
            return None
        limit, without = SOME_DROPOUT * (1.0 - 1e-12), 0.0
        why = (
            f"the loss is {with_it:.3g} with it and {whole:.3g} without, so that steps mostly follow what was left out"
        )
        evidence = {"dropout": highest, "with": with_it, "without": whole, "ratio_above": HELD_UP}
    layers = tuple(i + 1 for i, rate in enumerate(rates) if rate > limit)
    sets = {"model.dropout": without} if layers else {}
    if case.settings.input_dropout > limit:
        sets["model.input_dropout"] = 0.0
    return case.finding(
        "dropout_too_high",
        f"Dropout leaves out {highest:.0%} of a layer at every step: {why}.",
        evidence,
        (Fix(sets, "most of every layer takes part" if without else "every unit takes part"),),
        layers=layers,
    )


def unshuffled_rows(case: Case) -> Finding | None:
    """Batches in the order of rows that are sorted by their targets."""
    facts, settings = case.facts, case.settings
    if settings.shuffle or facts.in_order < SORTED or settings.batch_size >= facts.rows:
        return None
    return case.finding(
        "unshuffled_rows",
        "Rows stand in the order of their targets and are not shuffled: a step sees one kind of row alone, and what "
        "was learned of the others is unlearned.",
        {"in_order": facts.in_order, "at_least": SORTED},
        (Fix({"train.shuffle": True}, "every batch has rows of every kind"),),
    )


def split_problem(case: Case) -> Finding | None:
    """Rows held out that are not like those that are learned from: other classes, or inputs scaled in another way."""
    facts = case.facts
    ratio = facts.unseen_size / facts.input_size if facts.input_size else float("nan")
    told = not case.is_ahead
    if told and (not case.fits or not case.score - case.unseen > GAP):
        return None
    scores = f" It scores {case.score:.3g} on those it learns from and {case.unseen:.3g} on these." if told else ""
    evidence = {"train": case.score, "validation": case.unseen, "gap_above": GAP} if told else {}
    if ratio > RESCALED or ratio < 1.0 / RESCALED:
        return case.finding(
            "split_problem",
            f"The inputs of the rows held out are of size {facts.unseen_size:.3g}, those that it learns from of "
            f"{facts.input_size:.3g}: they must be scaled in the same way.{scores}",
            evidence | {"size_ratio": ratio, "ratio_above": RESCALED, "or_below": 1.0 / RESCALED},
            (),
        )
    if facts.apart <= APART:
        return None
    return case.finding(
        "split_problem",
        "Classes are not as common among the rows held out, as if rows stood in order when the last ones were held "
        f"out.{scores}",
        evidence | {"apart": facts.apart, "apart_above": APART},
        (Fix({"data.split": "random"}, "rows of every kind are learned from and held out"),),
    )


def penalty_too_strong(case: Case) -> Finding | None:
    """A penalty on the weights, or a decay of them, that costs half as much as the error, or has taken a layer's
    weights nearly to 0, or leaves them no room, in a network that has not learned."""
    layers = case.settings.layers
    decay = case.settings.optimizer_parameters.get("weight_decay", 0.0)
    decoupled = case.settings.optimizer == "adamw"
    held = [i for i, layer in enumerate(layers) if layer.l1 > 0.0 or layer.l2 > 0.0 or (decay and layer.trainable)]
    norms = case.lane.layer_history["weight_norm"].mean[:, held]
    if not held or not len(norms):
        return None
    penalty, loss = case.lane.whole.get("penalty", 0.0), case.lane.whole.get("train_loss", float("nan"))
    if not decoupled:
        penalty += 0.5 * decay * float(np.nansum(norms[-1] ** 2))
    strong = max(decay, *(max(layers[i].l1, layers[i].l2) for i in held)) >= STRONG
    left = float(np.nanmin(norms[-1] / np.maximum(norms[0], 1e-12)))
    no_room = decoupled and decay > DECOUPLED
    if not (penalty > HEAVY * loss or (strong and left < SHRUNK) or no_room):
        return None
    largest = {f"train.{kind}": max(getattr(layer, kind) for layer in layers) for kind in ("l1", "l2")}
    largest = {key: value for key, value in (largest | {"train.weight_decay": decay}).items() if value > 0.0}
    kinds = " and ".join({"l1": "L1", "l2": "L2"}.get(key[6:], "weight decay") for key in largest)
    if penalty > HEAVY * loss:
        how = f"costs {penalty:.3g}, the error {loss:.3g}"
    elif strong and left < SHRUNK:
        how = f"has left {left:.1%} of a layer"
    else:
        how = f"of {decay:.3g} lets no weight stay above {1.0 / decay:.2g}"
    evidence = {"penalty": penalty, "loss": loss, "fraction_above": HEAVY, "left": left, "left_below": SHRUNK}
    return case.finding(
        "penalty_too_strong",
        f"The penalty on the weights ({kinds}) {how}: weights are kept small rather than fitted.",
        evidence | ({"decay": decay, "decay_above": DECOUPLED} if no_room else {}),
        (
            Fix(dict.fromkeys(largest, 0.0), "weights are free to fit"),
            Fix({key: value / 100 for key, value in largest.items()}, "a light penalty"),
        ),
        layers=tuple(i + 1 for i in held),
    )


def batch_norm_small_batch(case: Case) -> Finding | None:
    """Batch norm over a handful of rows."""
    normalised = tuple(i + 1 for i, layer in enumerate(case.settings.layers) if layer.batch_norm != "none")
    size = case.settings.batch_size
    if size >= SMALLEST_BATCH or not (normalised or case.settings.batch_norm_inputs):
        return None
    rows = "1 row" if size == 1 else f"{size} rows"
    return case.finding(
        "batch_norm_small_batch",
        f"Batch norm takes mean and variance of {rows} a step: that is noise, and not what it uses afterwards.",
        {"batch_size": float(size), "at_least": float(SMALLEST_BATCH)},
        (
            Fix({"train.batch_size": 32}, "means of many rows are steady"),
            Fix({"model.batch_norm": "none"}, "no means of rows are needed"),
        ),
        layers=normalised,
    )


def overfitting(case: Case) -> Finding | None:
    """Rows that it learns from are answered far better than rows it never saw."""
    gap, unseen, limit = case.score - case.unseen, case.unseen, case.attainable
    guess = case.guess
    enough = case.facts.validation_rows >= FEWEST_HELD_OUT
    by_heart = enough and gap > BY_HEART and 2.0 * (unseen - guess) < case.score - guess
    beaten = not case.learned and gap > GAP and unseen < guess + NEARLY * (limit - guess)
    if not (by_heart or (beaten and case.fits and rising(case))):
        return None
    evidence = {"train": case.score, "validation": unseen, "gap_above": GAP}
    facts = case.facts
    sparse = (Fix({"train.l1": 0.01}, f"of {facts.features} inputs to {facts.rows} rows only a few are needed"),)
    return case.finding(
        "overfitting",
        f"It scores {case.score:.3g} on the rows it learns from and {unseen:.3g} on rows it never saw: it has learned "
        "them by heart.",
        evidence,
        (
            *gates_for_long(case),
            *(sparse if facts.features >= facts.rows and not gates_for_long(case) else ()),
            Fix({"model.dropout": 0.3}, "no unit can rely on another"),
            Fix({"train.l2": 0.01}, "small weights bend less"),
            Fix({"train.early_stopping": {"patience": 10}}, "stops where rows never seen are answered best"),
        ),
    )


def rising(case: Case) -> bool:
    """Whether the loss on the rows held out has risen from its lowest, and stays there."""
    series = case.lane.whole_history.get("validation_loss")
    if series is None or len(series.steps) < 4:
        return False
    means = series.mean[:, 0]
    return bool(np.median(means[-3:]) > ROSE * np.nanmin(means))


def label_problem(case: Case) -> Finding | None:
    """Targets that nothing in the inputs tells: rows never seen are answered no better than by guessing, by the network
    and by simpler methods alike."""
    facts, unseen = case.facts, case.unseen
    limit = facts.chance + HARDLY * (1.0 - facts.chance)
    if facts.validation_rows < FEWEST_HELD_OUT or len(case.settings.shape) > 1:
        return None
    if not (facts.attainable < limit and unseen < limit):
        return None
    return case.finding(
        "label_problem",
        f"On rows never seen neither the network ({unseen:.3g}) nor simpler methods ({facts.attainable:.3g}) do "
        f"better than always guessing the same ({facts.chance:.3g}): targets may belong to other rows, or the inputs "
        "do not hold what decides.",
        {"unseen": unseen, "attainable": facts.attainable, "below": limit},
        (),
    )


def is_narrow(case: Case) -> bool:
    """Whether no hidden layer has more than a handful of units. Of ReLU units so few may all be dead from the start
    (Lu et al. 2019, "Dying ReLU and initialization")."""
    widths = [layer.units for layer in case.lane.layers[:-1] if layer.has_weights]
    return bool(widths) and max(widths) <= NARROW


def underfitting(case: Case) -> Finding | None:
    """A loss that has settled though the network has not learned: it is too small, or its settings hold it."""
    steps, losses = case.losses()
    if len(losses) < FEWEST:
        return None
    widths = [layer.units for layer in case.lane.layers[:-1] if layer.has_weights]
    quarter = len(losses) // 4
    before, now = float(losses[-2 * quarter : -quarter].mean()), float(losses[-quarter:].mean())
    narrow = max(widths, default=0) <= NARROW
    if widths and now < FALLING * before and late_ratio(case) < USUAL_STEP:
        return None  # its steps are short: it may only need longer ones
    has_fallen = now < FELL * float(losses[: max(3, len(losses) // 10)].mean())
    if now < (SETTLED if narrow else FALLING) * before or not (narrow or (has_fallen and not case.is_near)):
        return None
    more = Fix({"model.hidden": [32, 32], "model.activation": "relu", "model.init": "he_normal"}, "more units")
    what = f"{max(widths)} units in its widest hidden layer" if widths else "no hidden layer"
    reach = f", where simpler methods reach {case.attainable:.3g}" if case.attainable > case.score else ""
    return case.finding(
        "underfitting",
        f"The network has {what}: the loss has settled at {now:.3g}, the score at {case.score:.3g}{reach}.",
        {"units": float(max(widths, default=0)), "score": case.score, "attainable": case.attainable},
        (more, ADAM) if narrow else (ADAM, Fix({"train.lr": case.lr * 3}, "longer steps"), more),
        since=int(steps[-quarter]),
    )
