"""Sharpness beside torch.autograd.functional.hessian in float64: every loss with every output, all activations."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is no dependency; test_curvature.py needs none")

from engine.build import Build  # noqa: E402
from engine.tasks.test_lockstep_torch import Twin, make  # noqa: E402
from engine.torch_names import ACTIVATIONS, LOSSES  # noqa: E402

from nntui_engine.analysis.curvature import hessian, second_eigenvalue, sharpness, smallest_eigenvalue  # noqa: E402
from nntui_engine.analysis.spectrum import WRITTEN_OUT  # noqa: E402
from nntui_engine.experiment import Experiment  # noqa: E402
from nntui_engine.registry.activation import ACTIVATIONS as ALL_ACTIVATIONS  # noqa: E402
from nntui_engine.registry.loss import LOSSES as ALL_LOSSES  # noqa: E402
from nntui_engine.scenario import scenario_from_dict  # noqa: E402

CLIP = 1e-7
TARGETS = {"cross_entropy": "one_hot", "binary_cross_entropy": "labels", "hinge": "labels"}
HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small are slower on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def loss_of(z: Any, a: Any, t: Any, loss: str, output: str, huber_delta: float) -> Any:
    """The loss of outputs a = φ(z); probabilities that are no softmax's or sigmoid's are clipped, as Keras does."""
    if (loss, output) in (("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid")):
        return LOSSES[loss](z, t, output, huber_delta)
    if (loss, output) == ("cross_entropy", "sigmoid"):
        return -(t * torch.log_softmax(torch.nn.functional.logsigmoid(z), 1)).sum(1).mean()
    if loss == "cross_entropy":
        return -(t * torch.log((a / a.sum(1, keepdim=True)).clamp(CLIP, 1.0 - CLIP))).sum(1).mean()
    if loss == "binary_cross_entropy":
        p = a.clamp(CLIP, 1.0 - CLIP)
        return -(t * torch.log(p) + (1.0 - t) * torch.log(1.0 - p)).mean()
    return LOSSES[loss](a, t, "linear", huber_delta)


def torch_eigenvalues(run: Experiment) -> np.ndarray:
    """All eigenvalues of ∂²(loss + L2)/∂θ² over the trainable θ, rising; batch norm in train mode."""
    settings, data = run.lanes[0].settings, run.lanes[0].data
    net, last = Twin(run).train(), settings.layers[-1]
    x, t = torch.tensor(data.x_train), torch.tensor(data.t_train)
    frozen = {f"values.{layer.index}" for layer in settings.layers if not layer.trainable}
    trained = {name: p.detach() for name, p in net.named_parameters() if name.partition("_")[0] not in frozen}

    def loss(theta: Any) -> Any:
        flat = theta.split([p.numel() for p in trained.values()])
        values = {name: part.view_as(p) for part, (name, p) in zip(flat, trained.items(), strict=True)}
        z = torch.func.functional_call(net, values, x)
        alpha = values[f"values.{last.index}_alpha"] if last.activation == "prelu" else last.alpha
        weights = [(layer.l2, values.get(f"values.{layer.index}_weights")) for layer in settings.layers]
        penalty = sum(0.5 * l2 * (w**2).sum() for l2, w in weights if w is not None)
        a = ACTIVATIONS[last.activation](z, alpha)
        return loss_of(z, a, t, settings.loss, last.activation, settings.huber_delta) + penalty

    theta = torch.cat([p.reshape(-1) for p in trained.values()])
    return np.linalg.eigvalsh(torch.autograd.functional.hessian(loss, theta, vectorize=True).numpy())


def assert_same(run: Experiment) -> None:
    expected = torch_eigenvalues(run)
    assert hessian(run).size == len(expected)
    small = 1e-6 * np.abs(expected).max()
    assert expected[-1] > 100.0 * small  # so that the largest is held to its own size
    assert sharpness(run) == pytest.approx(expected[-1], rel=1e-4)
    assert second_eigenvalue(run) == pytest.approx(expected[-2], rel=1e-4, abs=small)
    assert smallest_eigenvalue(run) == pytest.approx(expected[0], rel=1e-4, abs=small)


PAIRS = list(product(TARGETS | dict.fromkeys(["mse", "mae", "huber"], "real"), ACTIVATIONS))
CASES = [(loss, output, HIDDEN[i % len(HIDDEN)]) for i, (loss, output) in enumerate(PAIRS)]


def test_the_cases_are_all_losses_all_outputs_and_all_activations() -> None:
    losses, outputs, hidden = (set(names) for names in zip(*CASES, strict=True))
    assert losses == set(ALL_LOSSES)
    assert outputs == set(ALL_ACTIVATIONS) - {"threshold"}  # a step has no derivative
    assert hidden == outputs - {"softmax"}
    assert len(CASES) == len(losses) * len(outputs) == 72


@pytest.mark.parametrize(("loss", "output", "activation"), CASES)
def test_every_loss_output_and_activation(loss: str, output: str, activation: str, build: Build) -> None:
    model = {"hidden": [6, 5], "activation": activation, "output": output, "bias": "normal", "bias_scale": 0.5}
    train = {"loss": loss, "lr": 0.01, "l2": 0.01, **({"huber_delta": 0.5} if loss == "huber" else {})}
    run = make(build, model, train, TARGETS.get(loss, "real"))
    run.advance(3)
    assert hessian(run).size > WRITTEN_OUT  # by Lanczos
    assert_same(run)


OTHERS: dict[str, dict[str, Any]] = {
    "batch norm before": {"batch_norm": "before"},
    "batch norm after": {"batch_norm": "after", "activation": "relu"},
    "batch norm of the inputs": {"batch_norm_inputs": True},
    "batch norm everywhere": {"batch_norm": "before", "batch_norm_inputs": True, "hidden": [5, 4, 4]},
    "frozen layers": {"trainable": [False, True, False], "hidden": [7, 8]},
    "prelu and batch norm": {"batch_norm": "after", "activation": "prelu", "output": "prelu"},
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_batch_norm_in_train_mode_and_frozen_layers(name: str, loss: str, build: Build) -> None:
    model = {"hidden": [6, 5], "activation": "tanh", "bias": "normal", "bias_scale": 0.5, **OTHERS[name]}
    run = make(build, model, {"loss": loss, "lr": 0.1})
    run.advance(3)
    assert_same(run)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("loss", ["mae", "hinge"])
def test_pairs_of_eigenvalues(loss: str, seed: int) -> None:
    """Losses of straight pieces over ReLU: H has λ and −λ. Power iteration was more than 5 % off in 19 of these 40."""
    data = {"name": "sine" if loss == "mae" else "moons", "samples": 100}
    train = {"loss": loss, "seed": seed, "dtype": "float64", "batch_size": "full"}
    model = {"hidden": [8], "activation": "relu"}
    tables = {"schema": 1, "scenario": {"title": "t"}, "data": data, "model": model, "train": train}
    assert_same(Experiment(scenario_from_dict(tables)))


def test_the_comparison_notices_running_statistics(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make(build, {"hidden": [6, 5], "batch_norm": "before"}, {"loss": "mse", "lr": 0.1})
    run.advance(3)
    monkeypatch.setattr(Twin, "train", lambda net: torch.nn.Module.train(net, False))
    with pytest.raises(AssertionError):
        assert_same(run)
