"""An output layer, a loss and targets that do not fit together."""

from ...run.finding import Finding, Fix
from ..case import Case
from ..fixes import fitting_output

_NO_PROBABILITY = {"linear": "negative or above 1", "relu": "0 or above 1", "tanh": "negative"}
# What an output can be, where that is bounded
RANGES = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, float("inf")),
    "softplus": (0.0, float("inf")),
}
OUTSIDE = 0.01  # of the targets' range that lies outside
_OF_CLASSES = ("cross_entropy", "binary_cross_entropy")
_OF_NUMBERS = ("mse", "mae", "huber")


def output_mismatch(case: Case) -> Finding | None:
    """A softmax over one unit, an output that is no probability under a cross-entropy, a softmax where several labels
    hold, an output that cannot reach the targets, classes as one number, or an error of numbers on classes."""
    output, loss, task = case.lane.layers[-1], case.settings.loss, case.lane.network.task
    right, fitting_loss = fitting_output(task, output.units)
    low, high = case.facts.target_range
    evidence: dict[str, float | str] = {"outputs": float(output.units)}
    sets = {"model.output": right} if loss == fitting_loss else {"model.output": right, "train.loss": fitting_loss}
    fixes: tuple[Fix, ...] = (Fix(sets, "its values are probabilities"),)
    if output.activation == "softmax" and output.units == 1:
        message = (
            "A softmax over one unit is 1 whatever the network computes: its gradient is 0, and nothing is learned."
        )
        if task == "regression":
            fixes = (Fix(sets, "it can be any number"),)
    elif loss in _OF_CLASSES and output.activation in _NO_PROBABILITY:
        message = (
            f"The loss {loss} takes the outputs as probabilities, but a {output.activation} output may be "
            f"{_NO_PROBABILITY[output.activation]}: it is clipped there, and its gradient is 0."
        )
    elif task in ("binary", "classes") and output.activation == "relu":
        message = "A relu output is 0 and flat below 0: a row that is put there gets no gradient, and cannot come back."
    elif task == "multilabel" and output.activation == "softmax":
        message = "A softmax's outputs sum to 1, but several labels hold together: only one of them can be near 1."
    elif task == "regression" and output.activation in RANGES:
        reach = RANGES[output.activation]
        outside = max(reach[0] - low, high - reach[1], 0.0) / ((high - low) or 1.0)
        if outside <= OUTSIDE:
            return None
        message = (
            f"A {output.activation} output lies {_between(*reach)}, but the targets go from {low:.3g} to {high:.3g}: "
            f"what lies outside cannot be reached."
        )
        evidence |= {"outside": outside, "above": OUTSIDE}
        fixes = (Fix({"model.output": "linear"}, "it can be any number"),)
        if len(case.lane.layers) == 1 and output.activation != "relu":  # else the only bend would be lost
            bent = {"model.output": "linear", "model.hidden": [16], "model.activation": "tanh"}
            fixes = (Fix(bent, "it can be any number, and what bends stands before it"), *fixes)
    elif task == "classes" and output.units == 1:
        message = (
            "One output stands for several classes as if they were amounts: a class is asked to lie between others, "
            "and whether the right one is answered cannot be said."
        )
        several = {"model.outputs": "auto", "model.output": "softmax"}
        several |= {"train.loss": "cross_entropy", "data.target_coding": "one_hot"}
        fixes = (Fix(several, "an output for each class"),)
    elif task == "classes" and output.units > 1 and loss in _OF_NUMBERS:
        message = (
            f"The loss {loss} measures distances between numbers, but the targets are {output.units} classes: with a "
            f"{output.activation} output its gradient fades where the network is wrong and sure."
        )
        fixes = (Fix(sets, "its gradient is large where it is wrong"),)
    else:
        return None
    return case.finding("output_mismatch", message, evidence, fixes, layers=(len(case.lane.layers),))


def _between(low: float, high: float) -> str:
    return f"above {low:g}" if high == float("inf") else f"between {low:g} and {high:g}"
