"""Optimizers: what a scenario can name. The update rules are in ``kernels/optimizer.py``.

Defaults are PyTorch's, except that ``lr`` has one default for all (a scenario nearly always states it).
"""

from dataclasses import dataclass

from .row import Parameter, Registry, Row


@dataclass(frozen=True, slots=True)
class Optimizer(Row):
    """An optimizer; ``memories``: how many arrays of the parameters' size it keeps from step to step."""

    memories: int = 1


_MOMENTUM = Parameter("momentum", 0.0, "share of the last step kept", low=0.0, high=1.0, exclusive_high=True)
_WEIGHT_DECAY = Parameter("weight_decay", 0.0, "pull of every parameter towards 0", low=0.0, high=1e6)
_BETA1 = Parameter("beta1", 0.9, "memory of the gradient's running mean", low=0.0, high=1.0, exclusive_high=True)
_BETA2 = Parameter("beta2", 0.999, "memory of the squared gradient's mean", low=0.0, high=1.0, exclusive_high=True)
_RHO = Parameter("rho", 0.9, "memory of the squared gradient's mean", low=0.0, high=1.0, exclusive_high=True)


def _epsilon(default: float) -> Parameter:
    return Parameter("epsilon", default, "keeps the division away from 0", low=0.0, high=1.0)


LR = Parameter("lr", 0.01, "learning rate: how far one step goes", low=0.0, high=1e6)

OPTIMIZERS = Registry(
    "optimizer",
    (
        Optimizer(
            "sgd",
            "Steps straight down the gradient; with momentum it builds up speed, with nesterov it looks ahead.",
            (
                LR,
                _MOMENTUM,
                Parameter("dampening", 0.0, "share of the new gradient left out of the momentum", low=0.0, high=1.0),
                Parameter("nesterov", 0.0, "look ahead before measuring the slope", flag=True),
                _WEIGHT_DECAY,
                Parameter(
                    "momentum_start", 0.5, "momentum at first, if it rises", low=0.0, high=1.0, exclusive_high=True
                ),
                Parameter("momentum_over", 0, "steps over which it rises; 0: level", low=0, high=1e12, whole=True),
            ),
            "Sutskever et al. 2013",
        ),
        Optimizer(
            "adagrad",
            "Divides each step by the root of all squared gradients so far: rarely used weights step further.",
            (LR, _epsilon(1e-10), _WEIGHT_DECAY),
            "Duchi et al. 2011",
        ),
        Optimizer(
            "adadelta",
            "Scales steps by the ratio of recent steps to recent gradients; lr is a mere factor (1 in the paper).",
            (LR, _RHO, _epsilon(1e-6), _WEIGHT_DECAY),
            "Zeiler 2012",
            memories=2,
        ),
        Optimizer(
            "rmsprop",
            "Divides each step by the root of a running mean of squared gradients.",
            (
                LR,
                Parameter("rho", 0.99, _RHO.summary, low=0.0, high=1.0, exclusive_high=True),
                _epsilon(1e-8),
                _MOMENTUM,
                _WEIGHT_DECAY,
            ),
            "Tieleman & Hinton 2012",
            memories=2,
        ),
        Optimizer(
            "adam",
            "Momentum and RMSProp together, corrected for their start at 0.",
            (
                LR,
                _BETA1,
                _BETA2,
                _epsilon(1e-8),
                _WEIGHT_DECAY,
                Parameter("bias_correction", 1.0, "correct the running means for their start at 0", flag=True),
            ),
            "Kingma & Ba 2015",
            memories=2,
        ),
        Optimizer(
            "adamw",
            "Adam with weight decay kept apart from the gradient.",
            (
                LR,
                _BETA1,
                _BETA2,
                _epsilon(1e-8),
                Parameter("weight_decay", 0.01, _WEIGHT_DECAY.summary, low=0.0, high=1e6),
            ),
            "Loshchilov & Hutter 2019",
            memories=2,
        ),
        Optimizer(
            "nadam",
            "Adam with Nesterov's look-ahead.",
            (
                LR,
                _BETA1,
                _BETA2,
                _epsilon(1e-8),
                _WEIGHT_DECAY,
                Parameter("momentum_decay", 0.004, "how fast the momentum warms up", low=0.0, high=1.0),
            ),
            "Dozat 2016",
            memories=2,
        ),
        Optimizer(
            "adamax",
            "Adam with the largest recent gradient in place of the root of the mean square.",
            (LR, _BETA1, _BETA2, _epsilon(1e-8), _WEIGHT_DECAY),
            "Kingma & Ba 2015",
            memories=2,
        ),
        Optimizer(
            "lion",
            "Steps by the sign of the momentum alone: every weight moves by lr.",
            (
                LR,
                _BETA1,
                Parameter("beta2", 0.99, "memory of the momentum", low=0.0, high=1.0, exclusive_high=True),
                _WEIGHT_DECAY,
            ),
            "Chen et al. 2023",
        ),
    ),
)

# Every hyperparameter, in the order of its column in the kernels' tables
HYPERPARAMETERS = tuple(dict.fromkeys(p.name for row in OPTIMIZERS.rows for p in row.parameters))
MEMORIES = max(row.memories for row in OPTIMIZERS.rows)
