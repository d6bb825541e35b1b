"""Deciding "auto" for the output layer, the loss and the target coding: what goes with the task and with each other."""

from dataclasses import dataclass

from ..data.dataset import Task
from ..errors import InputError
from ..scenario.problems import prefix

_ERRORS = ("mse", "mae", "huber")


@dataclass(frozen=True, slots=True)
class Head:
    """How the network ends: the output activation, its units, the loss, and how targets are coded."""

    output: str
    outputs: int
    loss: str
    coding: str


def decide_head(
    task: Task, columns: int, output: str, outputs: int | str, loss: str, coding: str, where: str = ""
) -> Head:
    """Decide whatever is "auto"; what is given stays as it is, however unwise.

    ``columns`` is the number of classes (binary: 2), of labels, or of regression targets.

    Regression ends in linear units under mse; binary in one sigmoid under binary_cross_entropy; classes in a softmax
    under cross_entropy; multilabel in sigmoids under binary_cross_entropy. A given loss pulls the output with it
    (cross_entropy: softmax, hinge: linear) and a given output the loss (softmax: cross_entropy, sigmoid:
    binary_cross_entropy, any other: mse). Binary becomes two one-hot classes where softmax, cross_entropy
    or two outputs are asked for.

    Raises InputError if the outputs do not fit the coding.
    """
    two_units = task == "binary" and (
        coding == "one_hot"
        or (coding == "auto" and outputs == 2)
        or (coding == "auto" and outputs == "auto" and (output == "softmax" or (loss == "cross_entropy")))
    )
    if output == "auto":
        output = _output_for(task, loss, two_units)
    if loss == "auto":
        loss = _loss_for(task, output)
    if coding == "auto":
        coding = _coding_for(task, output, outputs, loss, two_units)
    width = coded_width(task, columns, coding)
    if outputs == "auto":
        outputs = width
    if outputs != width:
        noun = "target column" if width == 1 else "target columns"
        raise InputError(
            f'{prefix(where)}model.outputs = {outputs}: target_coding "{coding}" makes {width} {noun} from this data; '
            f'allowed: {width}, or "auto"'
        )
    return Head(output, width, loss, coding)


def coded_width(task: Task, columns: int, coding: str) -> int:
    """The number of target columns that ``coding`` makes (an impossible coding is refused where targets are coded)."""
    if task in ("regression", "multilabel"):
        return columns
    if coding in ("label", "as_is") or (task == "binary" and coding == "plus_minus"):
        return 1
    return columns


def _output_for(task: Task, loss: str, two_units: bool) -> str:
    if loss == "cross_entropy":
        return "softmax"
    if loss == "binary_cross_entropy":
        return "sigmoid"
    if loss == "hinge" or task == "regression":
        return "linear"
    if loss in _ERRORS:
        return "sigmoid"
    return "softmax" if task == "classes" or two_units else "sigmoid"


def _loss_for(task: Task, output: str) -> str:
    if task == "regression":
        return "mse"
    return {"softmax": "cross_entropy", "sigmoid": "binary_cross_entropy"}.get(output, "mse")


def _coding_for(task: Task, output: str, outputs: int | str, loss: str, two_units: bool) -> str:
    around_zero = loss == "hinge" or (output == "tanh" and loss in _ERRORS)
    if task == "regression":
        return "as_is"
    if task == "multilabel":
        return "plus_minus" if around_zero else "as_is"
    if task == "classes" and outputs == 1:
        return "label"
    if around_zero and not (two_units and loss != "hinge"):
        return "one_hot" if two_units else "plus_minus"
    return "one_hot" if task == "classes" or two_units else "label"
