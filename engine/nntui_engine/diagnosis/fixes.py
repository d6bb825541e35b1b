"""Settings that several rules propose."""

from ..registry.activation import ACTIVATIONS
from ..run.finding import Fix

STANDARD_INPUTS = Fix({"data.preprocess": "standardize"}, "inputs of mean 0 and variance 1")
STANDARD_TARGETS = Fix({"data.target_scale": "standardize"}, "targets of mean 0 and variance 1")
STANDARD_BOTH = Fix({**STANDARD_INPUTS.set, **STANDARD_TARGETS.set}, "inputs and targets of mean 0 and variance 1")
ADAM = Fix({"train.optimizer": "adam", "train.lr": 0.003}, "steps fitted to each weight")


def fitting_init(activation: str) -> str:
    """The initializer that keeps the signal's size through layers of this activation."""
    if activation == "selu":
        return "lecun_normal"
    return "xavier_normal" if activation == "linear" or ACTIVATIONS[activation].squashes else "he_normal"


def fitting_output(task: str, outputs: int) -> tuple[str, str]:
    """(activation, loss) of an output layer for a task."""
    if task == "regression":
        return "linear", "mse"
    if task == "classes" and outputs > 1:
        return "softmax", "cross_entropy"
    return "sigmoid", "binary_cross_entropy"
