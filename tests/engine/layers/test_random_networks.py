"""Random networks of all kinds of layer beside PyTorch: loss, gradients, and what is learned in two steps."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is no dependency")

from engine.compiled import JIT  # noqa: E402
from engine.layers.test_bad_layers import LISTS, SHAPES, tables_of  # noqa: E402
from engine.layers.torch_layers import Batches, Net  # noqa: E402
from hypothesis import HealthCheck, Phase, assume, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from nntui_engine.errors import InputError  # noqa: E402
from nntui_engine.experiment import Experiment  # noqa: E402
from nntui_engine.scenario import scenario_from_dict  # noqa: E402

pytestmark = pytest.mark.skipif(JIT, reason="plain Python: a network here is worked but twice")


@pytest.fixture(autouse=True, scope="module")
def _double() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


def close(found: Any, expected: Any, words: str) -> None:
    size = float(np.abs(expected).max()) + 1e-6
    assert np.abs(found - expected).max() <= 1e-7 * size, words


@settings(
    max_examples=30,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(layers=LISTS, shape=SHAPES, pieces=st.sampled_from([1, 3]))
def test_any_network(layers: Any, shape: tuple[int, ...], pieces: int, folder: Path) -> None:
    assume("threshold" not in repr(layers))  # its slope is not its derivative
    train = {"dtype": "float64", "batch_size": 3, "lr": 0.01}
    tables = tables_of(folder, layers, shape, train=train, model={"bias": "normal", "bias_scale": 0.1})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nntui_engine.layout.layout.PIECES", ((pieces, 0, 1),))
        try:
            run = Experiment(scenario_from_dict(tables, name="t"))
        except InputError:
            assume(False)
    lane = run.lanes[0]
    net, batches = Net(lane.settings, run.parameters()), Batches(lane.settings, lane.data)
    for step in range(4):
        net.step = step
        x, t = batches.next()
        net.zero_grad()
        loss = net.loss(x, t)
        (loss + net.penalty()).backward()
        assume(np.isfinite(loss.item()) and loss.item() < 1e6)
        for name, gradient in run.gradients().items():
            expected = net.named(name).grad
            close(gradient, np.zeros(gradient.shape) if expected is None else expected.numpy(), f"{name}, {step}")
        run.advance(1)
        close(np.array(lane.latest["loss"]), np.array(loss.item()), f"loss, {step}")
        with torch.no_grad():
            for name, value in run.parameters().items():
                if "running" not in name:
                    net.named(name).copy_(torch.tensor(value))
