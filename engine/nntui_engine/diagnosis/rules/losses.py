"""A loss that begins far off, or swings."""

import math

import numpy as np

from ...run.finding import Finding, Fix
from ..case import Case
from ..fixes import fitting_init
from .rates import USUAL_BATCH

FAR = 3.0  # times what guessing by how common the classes are costs
FAR_OF_NUMBERS = 10.0  # times the variance of the targets
SWINGS = 0.2  # of its level, from one evaluation to the next on average
TURNS = 0.5  # of the evaluations: there it turns round
FEWEST_EVALUATIONS = 8  # that say whether it swings
SMALL_BATCH = 2
HELD = 0.8  # of the loss a quarter of the run before: less than that is falling


def guess_loss(case: Case) -> float:
    """The loss of always guessing the same: of classes the entropy of how common they are (ln of their number, where
    they are equally common), of numbers the variance; NaN where that cannot be said of this loss."""
    outputs, loss, task = case.lane.layers[-1].units, case.settings.loss, case.lane.network.task
    if task == "regression":
        return case.facts.target_spread**2 if loss == "mse" and outputs == 1 else math.nan
    if task == "classes" and loss == "cross_entropy" and outputs > 1:
        return case.facts.entropy
    if task == "binary" and (loss, outputs) in (("binary_cross_entropy", 1), ("cross_entropy", 2)):
        return case.facts.entropy
    return math.nan


def initial_loss(case: Case) -> Finding | None:
    """A loss that was far above that of a guess before the first step, and has not come down to it."""
    steps, losses = case.losses()
    guess, far = guess_loss(case), FAR_OF_NUMBERS if case.is_numbers else FAR
    if not len(losses) or steps[0] != 1 or not guess > 0.0 or case.improves:
        return None
    first, now = float(losses[0]), float(np.median(losses[-(len(losses) // 4 + 1) :]))
    if not (first > far * guess and now > guess):
        return None
    activations = case.hidden_activations
    init = fitting_init(activations[-1]) if activations else "xavier_normal"
    return case.finding(
        "initial_loss",
        f"Before the first step the loss was {first:.3g}, where always guessing the same costs {guess:.3g}, and it is "
        f"still {now:.3g}: first outputs are far too large, or sure of wrong answers.",
        {"first": first, "above": far * guess, "guess": guess, "now": now},
        (Fix({"model.init": init, "model.bias": 0.0}, "first outputs near 0: a guess that is not sure of itself"),),
        layers=(len(case.lane.layers),),
        since=1,
    )


def oscillating_loss(case: Case) -> Finding | None:
    """A loss on all training rows that swings around a level, and does not fall."""
    series = case.lane.whole_history.get("train_loss")
    if series is None or len(series.steps) < FEWEST_EVALUATIONS or case.improves:
        return None
    half = len(series.steps) // 2
    late = series.mean[half:, 0]
    changes, level = np.diff(late), float(np.median(late))
    swing = float(np.abs(changes).mean() / level) if level > 0.0 else 0.0
    turns = float((changes[1:] * changes[:-1] < 0.0).mean())
    middle = len(late) // 2
    if not (swing > SWINGS and turns >= TURNS and late[middle:].mean() > HELD * late[:middle].mean()):
        return None
    rows, batch = case.facts.rows, case.settings.batch_size
    wider = Fix({"train.batch_size": min(rows, max(USUAL_BATCH, 4 * batch))}, "the mean of more rows points one way")
    shorter = Fix({"train.lr": case.lr / 10}, "shorter steps do not leap over the low place")
    alone = batch <= SMALL_BATCH < rows
    count = "1 row" if batch == 1 else f"{batch} rows"
    why = f": steps of {count} each pull to and fro" if alone else ": steps leap to and fro over what is lower"
    return case.finding(
        "oscillating_loss",
        f"The loss swings by {swing:.0%} from one evaluation to the next around {level:.3g} and does not fall{why}.",
        {"swing": swing, "above": SWINGS, "turns": turns, "at_least": TURNS},
        (wider, shorter) if alone else (shorter, *((wider,) if batch < rows else ())),
        since=int(series.steps[half]),
        severity="info" if case.is_near else "warning",
    )
