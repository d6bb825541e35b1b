"""Whole networks trained step by step beside PyTorch in float64: relative 1e-9 over 100 steps."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip(
    "torch", reason="PyTorch is no dependency; tests/golden holds its numbers for runs without it"
)

from engine.build import Build  # noqa: E402
from engine.cases import MOVING_SCHEDULES, NOT_IN_TORCH, OPTIMIZER_CASES  # noqa: E402
from engine.torch_names import ACTIVATIONS, LOSSES, make_optimizer  # noqa: E402
from engine.twin_network import TwinLane  # noqa: E402
from engine.twin_update import SCHEDULES  # noqa: E402
from torch import nn  # noqa: E402

from nntui_engine.experiment import Experiment  # noqa: E402

STEPS = 100
ALLOWED = 1e-9


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    """NAdam keeps its product of momenta in torch's default type."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


class Twin(nn.Module):  # type: ignore[misc]
    """The lane's network in torch, with the lane's first parameters."""

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        lane = experiment.lanes[0]
        self.settings = lane.settings
        values = {name: torch.tensor(value) for name, value in experiment.parameters().items()}
        names = [name for name in values if "running" not in name]
        self.values = nn.ParameterDict({name.replace(".", "_"): nn.Parameter(values[name].clone()) for name in names})
        self.running = {name: value.clone() for name, value in values.items() if "running" in name}

    def named(self, name: str) -> Any:
        return self.values[name.replace(".", "_")]

    def normalise(self, name: str, x: Any) -> Any:
        mean, variance = self.running[f"{name}.running_mean"], self.running[f"{name}.running_variance"]
        gamma, beta, share = self.named(f"{name}.gamma"), self.named(f"{name}.beta"), self.settings.batch_norm_momentum
        return nn.functional.batch_norm(x, mean, variance, gamma, beta, self.training, share, 1e-5)

    def forward(self, x: Any, masks: list[Any] | None = None) -> Any:
        """The outputs' pre-activation."""
        if self.settings.batch_norm_inputs:
            x = self.normalise("inputs", x)
        for layer in self.settings.layers:
            z = x @ self.named(f"{layer.index}.weights") + self.named(f"{layer.index}.biases")
            if layer.batch_norm == "before":
                z = self.normalise(str(layer.index), z)
            if layer is self.settings.layers[-1]:
                return z
            alpha = self.named(f"{layer.index}.alpha") if layer.activation == "prelu" else layer.alpha
            x = ACTIVATIONS[layer.activation](z, alpha)
            if layer.batch_norm == "after":
                x = self.normalise(str(layer.index), x)
            if masks is not None:
                x = x * masks[layer.index - 1]
        return x


def penalty(net: Twin) -> Any:
    weights = [(layer, net.named(f"{layer.index}.weights")) for layer in net.settings.layers]
    return sum(0.5 * layer.l2 * (w**2).sum() + layer.l1 * w.abs().sum() for layer, w in weights)


def assert_lockstep(experiment: Experiment, options: dict[str, Any], steps: int = STEPS) -> None:
    """Train both by full batches and compare every parameter after each step."""
    lane = experiment.lanes[0]
    s, net = lane.settings, Twin(experiment)
    optimizer = make_optimizer(s.optimizer, net.parameters(), options)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, partial(SCHEDULES[s.schedule], s.schedule_parameters))
    x, t = torch.tensor(lane.data.x_train), torch.tensor(lane.data.t_train)
    numpy_twin = TwinLane(s, lane.data, experiment.parameters())
    for step in range(steps):
        numpy_twin.steps_done = step
        masks = None
        if any(layer.dropout for layer in s.layers):
            masks = [torch.tensor(mask) for mask in numpy_twin.forward(lane.data.x_train, training=True).masks]
        optimizer.zero_grad()
        loss = LOSSES[s.loss](net(x, masks), t, s.layers[-1].activation, s.huber_delta)
        (loss + penalty(net)).backward()
        if s.clip_value:
            nn.utils.clip_grad_value_(net.parameters(), s.clip_value)
        if s.clip_norm:
            nn.utils.clip_grad_norm_(net.parameters(), s.clip_norm)
        optimizer.step()
        scheduler.step()
        experiment.advance(1)
        assert lane.latest["loss"] == pytest.approx(loss.item(), rel=ALLOWED), f"loss at step {step + 1}"
        for name, value in experiment.parameters().items():
            expected = net.running[name] if "running" in name else net.named(name).detach()
            # a bias in front of batch norm has gradient 0 but for rounding: nothing to be relative to
            size = float(expected.abs().max()) + 1e-3
            error = np.abs(value - expected.numpy()).max() / size
            assert error <= ALLOWED, f"{name} after step {step + 1}: {error}"
    net.eval()
    with torch.no_grad():
        loss = LOSSES[s.loss](net(x), t, s.layers[-1].activation, s.huber_delta)
    assert lane.latest["train_loss"] == pytest.approx(loss.item(), rel=ALLOWED)


def make(build: Build, model: dict[str, Any], train: dict[str, Any], kind: str = "real") -> Experiment:
    more = {"evaluate_every": 10, **train}
    return build(model, more, n=12, inputs=3, outputs=3, kind=kind, data={"task": "regression"})


@pytest.mark.parametrize("name", [name for name in OPTIMIZER_CASES if name not in NOT_IN_TORCH])
def test_every_optimizer(name: str, build: Build) -> None:
    optimizer, options = OPTIMIZER_CASES[name]
    train = {"loss": "cross_entropy", "optimizer": optimizer, **options}
    experiment = make(build, {"hidden": [5, 4], "activation": "tanh", "output": "softmax"}, train, "one_hot")
    assert_lockstep(experiment, options)


LOSS_HEADS = [
    ("cross_entropy", "softmax", "one_hot"),
    ("binary_cross_entropy", "sigmoid", "labels"),
    ("mse", "linear", "real"),
    ("mse", "softmax", "one_hot"),
    ("mae", "linear", "real"),
    ("huber", "tanh", "real"),
    ("hinge", "linear", "labels"),
]


@pytest.mark.parametrize(("loss", "output", "kind"), LOSS_HEADS)
def test_every_loss(loss: str, output: str, kind: str, build: Build) -> None:
    experiment = make(build, {"hidden": [5], "output": output}, {"loss": loss, "lr": 0.05}, kind)
    assert_lockstep(experiment, {"lr": 0.05})


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "softmax"])
def test_every_activation(activation: str, build: Build) -> None:
    experiment = make(build, {"hidden": [6, 5], "activation": activation}, {"loss": "mse", "lr": 0.05})
    assert_lockstep(experiment, {"lr": 0.05})


REGULARISED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "batch norm before": ({"batch_norm": "before", "batch_norm_momentum": 0.3}, {}),
    "batch norm after": ({"batch_norm": "after"}, {}),
    "batch norm of inputs": ({"batch_norm_inputs": True}, {}),
    "l2": ({}, {"l2": 0.05}),
    "clip by norm": ({}, {"clip_norm": 0.05}),
    "clip by value": ({}, {"clip_value": 0.01}),
    "clip by value, then norm": ({}, {"clip_value": 0.02, "clip_norm": 0.05}),
    "batch norm of inputs, clipped": ({"batch_norm_inputs": True}, {"clip_value": 0.02, "clip_norm": 0.05}),
    "dropout": ({"dropout": [0.5, 0.25]}, {}),
    "dropout after batch norm": ({"dropout": 0.3, "batch_norm": "after"}, {"clip_norm": 0.1}),
}


@pytest.mark.parametrize("name", REGULARISED)
def test_regularisation(name: str, build: Build) -> None:
    model, train = REGULARISED[name]
    # sigmoid: with a kink, or a large rate, rounding errors grow a billionfold in 100 steps, in torch as here
    model = {"hidden": [6, 5], "activation": "sigmoid", "output": "softmax", **model}
    assert_lockstep(make(build, model, {"loss": "cross_entropy", "lr": 0.1, **train}, "one_hot"), {"lr": 0.1})


L1_OPTIMIZERS = [
    "sgd", "sgd momentum", "sgd nesterov", "adam", "adamw options", "rmsprop momentum", "adagrad", "nadam", "adamax",
]  # fmt: skip


@pytest.mark.parametrize("name", L1_OPTIMIZERS)
def test_l1_is_what_pytorch_makes_of_the_sum_of_magnitudes(name: str, build: Build) -> None:
    """``loss + l1 * W.abs().sum()``: small weights cross 0 on the way, and no other rule is followed there."""
    optimizer, options = OPTIMIZER_CASES[name]
    model = {"hidden": [5, 4], "activation": "sigmoid", "output": "softmax", "init": "normal", "init_scale": 0.05}
    train = {"loss": "cross_entropy", "optimizer": optimizer, "l1": 0.01, **options}
    experiment = make(build, model, train, "one_hot")
    before = experiment.parameters()
    assert_lockstep(experiment, options)
    after = experiment.parameters()
    assert sum((before[key] * after[key] < 0.0).sum() for key in after if "weights" in key) > 0


L1_CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "from zero": ({"hidden": [], "init": "zeros"}, {"l1": 0.03}),
    "a list": ({}, {"l1": [0.01, 0.0, 0.03]}),
    "with l2": ({}, {"l1": 0.01, "l2": [0.0, 0.1, 0.05]}),
    "clipped by norm": ({}, {"l1": 0.02, "clip_norm": 0.05}),
    "clipped by value": ({}, {"l1": 0.02, "clip_value": 0.015}),
    "batch norm and dropout": ({"batch_norm": "after", "dropout": 0.3}, {"l1": 0.01}),
    "next to nothing": ({}, {"l1": 1e-12}),
}


@pytest.mark.parametrize("name", L1_CASES)
def test_l1(name: str, build: Build) -> None:
    model, train = L1_CASES[name]
    model = {"hidden": [6, 5], "activation": "sigmoid", "output": "softmax", **model}
    assert_lockstep(make(build, model, {"loss": "cross_entropy", "lr": 0.1, **train}, "one_hot"), {"lr": 0.1})


def test_plateau_is_reduce_lr_on_plateau(build: Build) -> None:
    schedule = {"kind": "plateau", "factor": 0.3, "patience": 2, "threshold": 0.05}
    experiment = make(build, {"hidden": []}, {"loss": "mse", "lr": 0.3, "evaluate_every": 1, "schedule": schedule})
    lane = experiment.lanes[0]
    holder = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.3)
    peer = torch.optim.lr_scheduler.ReduceLROnPlateau(holder, factor=0.3, patience=2, threshold=0.05, min_lr=0, eps=0)
    rates = []
    for _ in range(60):
        experiment.advance(1)
        rates.append(lane.latest["lr"])
        assert rates[-1] == pytest.approx(holder.param_groups[0]["lr"], rel=1e-12)
        peer.step(lane.latest["train_loss"])
    assert len(set(rates)) > 3


def test_the_lockstep_fails_on_another_rate(build: Build) -> None:
    experiment = make(build, {"hidden": [4]}, {"loss": "mse", "lr": 0.1})
    with pytest.raises(AssertionError, match="after step 1"):
        assert_lockstep(experiment, {"lr": 0.1000001})


@pytest.mark.parametrize("schedule", MOVING_SCHEDULES, ids=lambda schedule: schedule["kind"])
@pytest.mark.parametrize("name", [name for name in OPTIMIZER_CASES if name not in NOT_IN_TORCH])
def test_every_optimizer_under_a_schedule(name: str, schedule: dict[str, Any], build: Build) -> None:
    optimizer, options = OPTIMIZER_CASES[name]
    train = {"loss": "cross_entropy", "optimizer": optimizer, **options, "schedule": schedule}
    experiment = make(build, {"hidden": [4], "activation": "tanh", "output": "softmax"}, train, "one_hot")
    assert_lockstep(experiment, options, steps=30)
