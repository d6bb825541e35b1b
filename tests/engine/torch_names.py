"""The engine's names in PyTorch: activations, losses, optimizers. Importing this needs torch."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

ACTIVATIONS: dict[str, Callable[[Tensor, Any], Tensor]] = {
    "linear": lambda z, _: z * 1.0,
    "sigmoid": lambda z, _: torch.sigmoid(z),
    "tanh": lambda z, _: torch.tanh(z),
    "relu": lambda z, _: torch.relu(z),
    "leaky_relu": lambda z, alpha: functional.leaky_relu(z, alpha),
    "prelu": lambda z, alpha: functional.prelu(z, alpha),
    "elu": lambda z, alpha: functional.elu(z, alpha),
    "selu": lambda z, _: functional.selu(z),
    "gelu": lambda z, _: functional.gelu(z),
    "silu": lambda z, _: functional.silu(z),
    "softplus": lambda z, _: functional.softplus(z, threshold=500.0),
    "softmax": lambda z, _: torch.softmax(z, 1),
}


def _probabilities(stable: str, on_logits: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    def loss(z: Tensor, t: Tensor, output: str, _: float) -> Tensor:
        assert output == stable
        return on_logits(z, t)

    return loss


def _distance(on_outputs: Callable[[Tensor, Tensor, float], Tensor]) -> Callable[..., Tensor]:
    def loss(z: Tensor, t: Tensor, output: str, huber_delta: float) -> Tensor:
        return on_outputs(ACTIVATIONS[output](z, 0.0), t, huber_delta)

    return loss


# name: (z, t, output activation, huber's delta) → the loss
LOSSES: dict[str, Callable[..., Tensor]] = {
    "cross_entropy": _probabilities("softmax", functional.cross_entropy),
    "binary_cross_entropy": _probabilities("sigmoid", functional.binary_cross_entropy_with_logits),
    "mse": _distance(lambda a, t, _: functional.mse_loss(a, t)),
    "mae": _distance(lambda a, t, _: functional.l1_loss(a, t)),
    "huber": _distance(lambda a, t, delta: functional.huber_loss(a, t, delta=delta)),
    "hinge": _distance(lambda a, t, _: torch.relu(1.0 - torch.where(t > 0, 1.0, -1.0) * a).mean()),
}

_OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adagrad": torch.optim.Adagrad,
    "adadelta": torch.optim.Adadelta,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "nadam": torch.optim.NAdam,
    "adamax": torch.optim.Adamax,
}


def make_optimizer(name: str, parameters: Iterable[nn.Parameter], options: dict[str, Any]) -> torch.optim.Optimizer:
    """torch's optimizer with a scenario's options; what is not among them keeps torch's own default."""
    given = {k: v for k, v in options.items() if k not in ("beta1", "beta2", "rho", "epsilon")}
    if "epsilon" in options:
        given["eps"] = options["epsilon"]
    if "rho" in options:
        given["rho" if name == "adadelta" else "alpha"] = options["rho"]
    if "beta1" in options or "beta2" in options:
        given["betas"] = (options.get("beta1", 0.9), options.get("beta2", 0.999))
    return _OPTIMIZERS[name](parameters, **given)
