"""Networks of every kind of layer, trained step by step beside PyTorch in float64: relative 1e-9 over 50 steps."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is no dependency")

from engine.cases import OPTIMIZER_CASES  # noqa: E402
from engine.compiled import needs_jit  # noqa: E402
from engine.layers.nets import NETS, conv, experiment, rnn  # noqa: E402
from engine.layers.torch_layers import Batches, Net  # noqa: E402
from engine.torch_names import make_optimizer  # noqa: E402

from nntui_engine.experiment import Experiment  # noqa: E402

pytestmark = needs_jit
STEPS, ALLOWED = 50, 1e-9
# In front of batch norm a bias has gradient 0 but for rounding, which Adam scales up unless its epsilon is large
BIASES_WITHOUT_EFFECT = ("batch norm before", "residual", "dense of pictures")
OPTIMIZERS = ("sgd momentum", "adam", "rmsprop momentum")
# With 0.01 this one swings, and rounding grows ten thousandfold in 50 steps, on some processors beyond what is allowed
SMALLER_RATES = {("layer norm", "rmsprop momentum"): {"lr": 0.003}}


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def assert_lockstep(run: Experiment, options: dict[str, Any], steps: int = STEPS) -> None:
    """Train both by the same mini-batches; compare loss and every parameter after each step."""
    lane = run.lanes[0]
    s = lane.settings
    net, batches = Net(s, run.parameters()), Batches(s, lane.data)
    optimizer = make_optimizer(s.optimizer, net.trained, options)
    for step in range(steps):
        net.step = step
        x, t = batches.next()
        optimizer.zero_grad()
        loss = net.loss(x, t)
        (loss + net.penalty()).backward()
        if s.clip_value:
            torch.nn.utils.clip_grad_value_(net.trained, s.clip_value)
        if s.clip_norm:
            torch.nn.utils.clip_grad_norm_(net.trained, s.clip_norm)
        optimizer.step()
        run.advance(1)
        assert lane.latest["loss"] == pytest.approx(loss.item(), rel=ALLOWED), f"loss at step {step + 1}"
        for name, value in run.parameters().items():
            expected = (net.running[name] if "running" in name else net.named(name).detach()).numpy()
            error = np.abs(value - expected).max() / (np.abs(expected).max() + 1e-3)
            assert error <= ALLOWED, f"{name} after step {step + 1}: {error}"
    net.eval()
    with torch.no_grad():
        x, t = torch.tensor(lane.data.x_train), torch.tensor(lane.data.t_train)
        assert lane.latest["train_loss"] == pytest.approx(net.loss(x, t).item(), rel=ALLOWED)
        np.testing.assert_allclose(run.predict(lane.data.x_train), net(x).numpy(), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", NETS)
def test_every_network(name: str, optimizer: str, tmp_path: Path) -> None:
    if optimizer == "adam" and name in BIASES_WITHOUT_EFFECT:
        optimizer = "adam options"
    kind, options = OPTIMIZER_CASES[optimizer]
    options = {**options, **SMALLER_RATES.get((name, optimizer), {})}
    # smooth: at a kink, rounding errors grow, in torch as here
    assert_lockstep(experiment(tmp_path, name, {"optimizer": kind, "evaluate_every": 10, **options}), options)


TERMS: dict[str, dict[str, Any]] = {
    "l1": {"l1": 0.01},
    "l2": {"l2": 0.05},
    "clip by norm": {"clip_norm": 0.05},
    "clip by value and norm": {"clip_value": 0.02, "clip_norm": 0.05},
}


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("name", ["mixed", "residual", "branches of a sequence", "embedding, twice", "layer norm"])
def test_penalties_and_clipping(name: str, terms: str, tmp_path: Path) -> None:
    assert_lockstep(experiment(tmp_path, name, {**TERMS[terms], "evaluate_every": 10}), {"lr": 0.05})


def test_frozen_layers_stay(tmp_path: Path) -> None:
    layers = [
        conv(name="a", trainable=False, batch_norm="before"),
        conv(name="b", kernel=2),
        {"kind": "layer_norm", "name": "n", "trainable": False},
        {"kind": "dense", "units": 4, "l2": 0.1},
    ]
    run = experiment(tmp_path, layers, {"optimizer": "adam", "evaluate_every": 10, "clip_norm": 0.1})
    before = run.parameters()
    assert_lockstep(run, {"lr": 0.05})
    after = run.parameters()
    for name in before:
        if "running" not in name:
            assert np.array_equal(before[name], after[name]) == (name.split(".")[0] in ("a", "n")), name


def test_batch_norm_and_dropout_of_the_data(tmp_path: Path) -> None:
    layers = [rnn("lstm", name="a"), conv(**{"from": "inputs"}, name="b"), {"kind": "flatten"}]
    layers.append({"kind": "dense", "units": 3, "name": "c"})
    layers.append({"kind": "concatenate", "from": ["a", "c"]})
    run = experiment(
        tmp_path, layers, {"evaluate_every": 10}, {"batch_norm_inputs": True, "input_dropout": 0.2}, shape=(7, 3)
    )
    assert_lockstep(run, {"lr": 0.05})


def test_the_lockstep_sees_another_rate(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="after step 1"):
        assert_lockstep(experiment(tmp_path, "mixed", {"evaluate_every": 10}), {"lr": 0.0500001})
