"""Optimizers: what a scenario can name. The update rules are in ``kernels/optimizer.py``.

Defaults are PyTorch's, except that ``lr`` has one default for all (a scenario nearly always states it).
"""

from .row import Parameter, Registry, Row

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
        Row(
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
        Row(
            "adagrad",
            "Divides each step by the root of all squared gradients so far: rarely used weights step further.",
            (LR, _epsilon(1e-10), _WEIGHT_DECAY),
            "Duchi et al. 2011",
        ),
        Row(
            "adadelta",
            "Scales steps by the ratio of recent steps to recent gradients; lr is a mere factor (1 in the paper).",
            (LR, _RHO, _epsilon(1e-6), _WEIGHT_DECAY),
            "Zeiler 2012",
        ),
        Row(
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
        ),
        Row(
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
        ),
        Row(
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
        ),
        Row(
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
        ),
        Row(
            "adamax",
            "Adam with the largest recent gradient in place of the root of the mean square.",
            (LR, _BETA1, _BETA2, _epsilon(1e-8), _WEIGHT_DECAY),
            "Kingma & Ba 2015",
        ),
        Row(
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
