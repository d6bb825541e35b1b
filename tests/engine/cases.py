"""Settings of optimizers and schedules that the golden vectors, the NumPy twin and the lockstep with torch share."""

import numpy as np

# id: (optimizer, its parameters as a scenario writes them)
OPTIMIZER_CASES: dict[str, tuple[str, dict[str, float | bool]]] = {
    "sgd": ("sgd", {"lr": 0.05}),
    "sgd weight_decay": ("sgd", {"lr": 0.05, "weight_decay": 0.1}),
    "sgd momentum": ("sgd", {"lr": 0.02, "momentum": 0.9}),
    "sgd momentum dampening": ("sgd", {"lr": 0.02, "momentum": 0.9, "dampening": 0.4, "weight_decay": 0.05}),
    "sgd nesterov": ("sgd", {"lr": 0.02, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}),
    "adagrad": ("adagrad", {"lr": 0.1}),
    "adagrad epsilon weight_decay": ("adagrad", {"lr": 0.1, "epsilon": 0.1, "weight_decay": 0.05}),
    "adadelta": ("adadelta", {"lr": 1.0}),
    "adadelta rho epsilon weight_decay": ("adadelta", {"lr": 0.5, "rho": 0.7, "epsilon": 1e-3, "weight_decay": 0.05}),
    "rmsprop": ("rmsprop", {"lr": 0.01}),
    "rmsprop momentum": ("rmsprop", {"lr": 0.01, "momentum": 0.8, "rho": 0.9, "epsilon": 1e-2, "weight_decay": 0.05}),
    "adam": ("adam", {"lr": 0.02}),
    "adam options": ("adam", {"lr": 0.02, "beta1": 0.7, "beta2": 0.9, "epsilon": 0.1, "weight_decay": 0.05}),
    "adam without bias correction": ("adam", {"lr": 0.02, "bias_correction": False}),
    "adamw": ("adamw", {"lr": 0.02}),
    "adamw options": ("adamw", {"lr": 0.02, "beta1": 0.7, "beta2": 0.9, "epsilon": 0.1, "weight_decay": 0.3}),
    "nadam": ("nadam", {"lr": 0.02}),
    "nadam options": ("nadam", {"lr": 0.02, "beta1": 0.8, "momentum_decay": 0.05, "weight_decay": 0.05}),
    "adamax": ("adamax", {"lr": 0.02}),
    "adamax options": ("adamax", {"lr": 0.02, "beta1": 0.7, "beta2": 0.9, "epsilon": 0.1, "weight_decay": 0.05}),
    "lion": ("lion", {"lr": 0.005}),
    "lion options": ("lion", {"lr": 0.005, "beta1": 0.7, "beta2": 0.9, "weight_decay": 0.3}),
}
# Schedules whose factor depends on the step and keeps changing in the first steps
MOVING_SCHEDULES: tuple[dict[str, float | str], ...] = (
    {"kind": "exponential", "decay": 0.05},
    {"kind": "inverse_time", "decay": 0.2},
    {"kind": "step", "every": 3, "factor": 0.8},
    {"kind": "cosine", "over": 60, "minimum": 0.1},
    {"kind": "warmup", "over": 40},
)
NOT_IN_TORCH = ("adam without bias correction", "lion", "lion options")

TRAJECTORY_START = (1.5, -2.0, 0.3, 0.0)
TRAJECTORY_STEPS = 100
KEPT_EVERY = 10


def trajectory_gradient(w: np.ndarray) -> np.ndarray:
    """The gradient of Σ cᵢ·wᵢ²/2 + cos(3·wᵢ)/3 with c = 1, 2, 3, 4; at the last entry's start it is 0."""
    return np.arange(1.0, 5.0) * w - np.sin(3.0 * w)
