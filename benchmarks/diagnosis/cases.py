"""Healthy settings, and the faults that are put into them: each with its strengths and the roots that name it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STEPS = 800


@dataclass(frozen=True, slots=True)
class Base:
    """A setting that learns."""

    name: str
    model: Mapping[str, Any]
    train: Mapping[str, Any]


BASES = (
    Base("relu", {"hidden": [32, 32], "activation": "relu", "init": "he_normal"}, {"optimizer": "adam", "lr": 0.01}),
    Base(
        "tanh",
        {"hidden": [24, 24], "activation": "tanh", "init": "xavier_normal"},
        {"optimizer": "sgd", "momentum": 0.9, "lr": 0.05},
    ),
    Base("deep", {"hidden": [24] * 6, "activation": "relu", "init": "he_normal"}, {"optimizer": "adam", "lr": 0.003}),
    Base(
        "norm",
        {"hidden": [32, 32, 32], "activation": "relu", "init": "he_normal", "batch_norm": "before"},
        {"optimizer": "rmsprop", "lr": 0.003},
    ),
    Base("wide", {"hidden": [128], "activation": "elu", "init": "he_normal"}, {"optimizer": "nadam", "lr": 0.005}),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """``strengths``: settings from mild to strong; a number under "x" or "y" multiplies inputs or targets, one under
    "lr *" the learning rate. ``roots``: rules that name it. ``only``: tasks that it is a fault of, ``bases`` likewise.
    """

    name: str
    strengths: tuple[Mapping[str, Any], ...]
    roots: frozenset[str]
    only: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()


CLASSES = ("binary", "classes")
NUMBERS = ("regression",)


def _fault(name: str, roots: str, *strengths: Mapping[str, Any], **limits: Any) -> Fault:
    return Fault(name, strengths, frozenset(roots.split()), **limits)


FAULTS = (
    _fault("rate too high", "lr_too_high non_finite", *({"lr *": f} for f in (30.0, 100.0, 1000.0))),
    _fault("rate too low", "lr_too_low slow_convergence", *({"lr *": f} for f in (1e-2, 1e-3, 1e-5))),
    _fault("equal weights", "symmetric_units", {"model.init": "constant", "model.init_scale": 0.1}),
    _fault("no weights", "symmetric_units", {"model.init": "zeros"}),
    _fault(
        "large weights",
        "poor_initialization saturation exploding_gradient non_finite",
        *({"model.init": "normal", "model.init_scale": s} for s in (2.0, 5.0, 20.0)),
        bases=("tanh", "deep"),
    ),
    _fault(
        "small weights",
        "poor_initialization vanishing_gradient",
        *({"model.init": "normal", "model.init_scale": s} for s in (0.03, 0.01, 0.001)),
        bases=("deep",),
    ),
    _fault(
        "deep sigmoid",
        "vanishing_gradient poor_initialization saturation",
        *({"model.activation": "sigmoid", "model.init": "xavier_normal", "model.hidden": [16] * n} for n in (5, 8, 12)),
        bases=("relu", "deep"),
    ),
    _fault("negative biases", "dead_relu", *({"model.bias": b} for b in (-3.0, -10.0, -30.0)), bases=("relu", "deep")),
    _fault(
        "output without squashing",
        "output_mismatch",
        {"model.output": "linear"},
        {"model.output": "relu"},
        only=CLASSES,
    ),
    _fault(
        "softmax over one unit", "output_mismatch", {"model.output": "softmax", "model.outputs": 1}, only=("binary",)
    ),
    _fault(
        "bounded output",
        "output_mismatch",
        {"model.output": "tanh"},
        {"model.output": "sigmoid"},
        {"model.output": "relu"},
        only=NUMBERS,
    ),
    _fault(
        "large inputs",
        "input_scale",
        *({"x": s} for s in (30.0, 300.0, 3000.0)),
        bases=("relu", "tanh", "wide", "deep"),
    ),
    _fault("large targets", "target_scale non_finite", *({"y": s} for s in (30.0, 300.0, 3000.0)), only=NUMBERS),
    _fault(
        "no activation",
        "no_nonlinearity",
        {"model.activation": "linear", "model.init": "xavier_normal", "model.batch_norm": "none"},
    ),
    _fault("penalty too strong", "penalty_too_strong", *({"train.l2": s} for s in (0.1, 0.3, 1.0))),
    _fault("too much dropout", "dropout_too_high", *({"model.dropout": d} for d in (0.7, 0.85, 0.95))),
    _fault(
        "batch norm over few rows",
        "batch_norm_small_batch",
        {"train.batch_size": 2},
        {"train.batch_size": 1},
        bases=("norm",),
    ),
    _fault("too small", "underfitting", {"model.hidden": [2]}, {"model.hidden": [1]}),
    _fault("too few steps", "too_few_steps slow_convergence lr_too_low", {"train.steps": 40}, {"train.steps": 20}),
)
ODD_BUT_HEALTHY: tuple[Mapping[str, Any], ...] = (
    {"model.activation": "sigmoid", "model.init": "xavier_normal", "model.hidden": [32]},
    {"model.init": "normal", "model.init_scale": 0.3},
    {"train.batch_size": 8},
    {"model.dropout": 0.2},
    {"train.l2": 1e-4},
    {"train.clip_norm": 1.0},
    {"model.activation": "leaky_relu"},
    {"lr *": 0.3},
    {"train.steps": 3 * STEPS},
    {"model.hidden": [64, 16]},
)
