"""Make the golden vectors beside this file: reference numbers from PyTorch, in float64.

    PYTHONPATH=.:engine:tests python tests/golden/make_golden.py        (torch 2.13.0, CPU)

What PyTorch lacks comes from the NumPy twin, with the paper it is written from. The tests read the files without torch.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from engine.torch_names import ACTIVATIONS, LOSSES, make_optimizer
from torch.nn import functional

from engine import cases, twin_update
from nntui_engine.registry.initializer import INITIALIZERS, draw_weights
from nntui_engine.registry.optimizer import OPTIMIZERS

HERE = Path(__file__).parent
Z = [-800.0, -30.0, -5.0, -1.5, -1.0, -0.3, -1e-3, 1e-3, 0.3, 1.0, 1.5, 5.0, 30.0, 800.0]
ALPHAS = {"leaky_relu": 0.01, "prelu": 0.25, "elu": 0.7}


def write(name: str, source: str, values: dict[str, Any]) -> None:
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in values.items())
    (HERE / f"{name}.json").write_text(f'{{\n  "source": {json.dumps(source)},\n{lines}\n}}\n')


def tensor(values: Any, gradient: bool = False) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=gradient)


def activations() -> dict[str, Any]:
    rows = {}
    for name, function in ACTIVATIONS.items():
        if name == "softmax":
            continue
        z, alpha = tensor(Z, True), ALPHAS.get(name, 0.0)
        a = function(z, tensor([alpha]) if name == "prelu" else alpha)
        (slopes,) = torch.autograd.grad(a.sum(), z)
        rows[name] = {"alpha": alpha, "z": Z, "a": a.tolist(), "slope": slopes.tolist()}
    z = tensor([[1.0, 2.0, -1.0], [800.0, -800.0, 0.0], [0.1, 0.1, 0.1]])
    rows["softmax"] = {"alpha": 0.0, "z": z.tolist(), "a": torch.softmax(z, 1).tolist()}
    return rows


def losses() -> dict[str, Any]:
    """Values and ∂L/∂z, with the output activation that PyTorch builds into the loss, or a linear one."""
    z = [[0.5, -1.2, 2.0], [-0.3, 0.7, 0.1], [40.0, -40.0, 3.0]]
    one_hot = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    soft = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.6, 0.4]]
    several = [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    kinds = {id(one_hot): "one-hot", id(soft): "soft", id(several): "several-hot"}
    rows = {}
    for name, output, t in (
        ("cross_entropy", "softmax", several),
        ("cross_entropy", "softmax", one_hot),
        ("cross_entropy", "softmax", soft),
        ("binary_cross_entropy", "sigmoid", one_hot),
        ("binary_cross_entropy", "sigmoid", soft),
        ("mse", "linear", soft),
        ("mae", "linear", soft),
        ("huber", "linear", soft),
        ("mse", "softmax", one_hot),
        ("mae", "sigmoid", soft),
        ("huber", "tanh", one_hot),
        ("hinge", "linear", one_hot),
    ):
        at = tensor(z, True)
        loss = LOSSES[name](at, tensor(t), output, 0.7)
        (pull,) = torch.autograd.grad(loss, at)
        rows[f"{name} on {output}, {kinds[id(t)]} targets"] = {
            "loss": name, "output": output, "huber_delta": 0.7, "z": z, "t": t, "value": loss.item(),
            "delta": pull.tolist(),
        }  # fmt: skip
    return rows


def trajectory(step: Callable[[np.ndarray, int], np.ndarray]) -> list[list[float]]:
    kept, w = [], np.array(cases.TRAJECTORY_START)
    for t in range(1, cases.TRAJECTORY_STEPS + 1):
        w = step(w, t)
        if t % cases.KEPT_EVERY == 0:
            kept.append(w.tolist())
    return kept


def torch_trajectory(optimizer: str, parameters: dict[str, Any]) -> list[list[float]]:
    weights = torch.nn.Parameter(tensor(cases.TRAJECTORY_START))
    chosen = make_optimizer(optimizer, [weights], parameters)

    def step(w: np.ndarray, _: int) -> np.ndarray:
        weights.grad = tensor(cases.trajectory_gradient(w))
        chosen.step()
        return weights.detach().numpy().copy()

    return trajectory(step)


def twin_trajectory(optimizer: str, parameters: dict[str, Any]) -> list[list[float]]:
    hyper = {p.name: float(parameters.get(p.name, p.default)) for p in OPTIMIZERS[optimizer].parameters}
    memory: dict[str, np.ndarray] = {}
    rule = twin_update.OPTIMIZERS[optimizer]
    return trajectory(lambda w, t: w - rule(w, cases.trajectory_gradient(w), hyper, t, memory))


def optimizers() -> dict[str, Any]:
    rows = {}
    for name, (optimizer, parameters) in cases.OPTIMIZER_CASES.items():
        own = name in cases.NOT_IN_TORCH
        source = "twin: " + ("Chen et al. 2023" if optimizer == "lion" else "Kingma & Ba 2015, section 3 left out")
        rows[name] = {
            "source": source if own else "torch.optim",
            "optimizer": optimizer,
            "parameters": parameters,
            "kept": (twin_trajectory if own else torch_trajectory)(optimizer, parameters),
        }
    return rows


def batch_norm() -> dict[str, Any]:
    x = tensor([[1.0, -2.0], [0.5, 3.0], [2.5, 0.1], [-1.0, 0.2]], True)
    gamma, beta = tensor([1.5, -0.7], True), tensor([0.1, 0.4], True)
    mean, variance = tensor([0.2, -0.1]), tensor([1.3, 0.8])
    pull = tensor([[0.3, -1.0], [0.2, 0.5], [-0.7, 0.1], [0.4, 0.9]])
    fixed = functional.batch_norm(x, mean, variance, gamma, beta, False, 0.1, 1e-5)
    y = functional.batch_norm(x, mean, variance, gamma, beta, True, 0.1, 1e-5)
    gradients = torch.autograd.grad((y * pull).sum(), (x, gamma, beta))
    values = {"x": x, "gamma": gamma, "beta": beta, "pull": pull, "y": y, "fixed": fixed}
    values |= dict(zip(("to_x", "to_gamma", "to_beta"), gradients, strict=True))
    values |= {"running_mean_after": mean, "running_variance_after": variance}
    rows: dict[str, Any] = {name: value.tolist() for name, value in values.items()}
    return {**rows, "running_mean": [0.2, -0.1], "running_variance": [1.3, 0.8], "momentum": 0.1}


def initializers() -> dict[str, Any]:
    """Draws of (3, 2) and (2, 3) with seed 0, layer 1: so that a seed keeps its meaning."""
    rows = {}
    for name in INITIALIZERS:
        for shape in ((3, 2), (2, 3)):
            generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((0, 1))))
            rows[f"{name} {shape[0]}x{shape[1]}"] = draw_weights(name, generator, shape, None).tolist()
    return rows


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)  # else NAdam keeps its product of momenta in float32
    torch_source = f"torch {torch.__version__.partition('+')[0]}, float64"
    write("activations", torch_source, activations())
    write("losses", torch_source, losses())
    write("optimizers", torch_source, optimizers())
    write("batch_norm", torch_source, batch_norm())
    write("initializers", "nntui's own draws (NumPy's Philox); formulas are tested elsewhere", initializers())
