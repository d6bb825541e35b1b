"""What a watch measures is what plain NumPy finds in the same step, and what the engine says of the same network."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is no dependency: without it there is nothing to watch")

from torch import nn  # noqa: E402
from watching.networks import CASES, STEP, made, measured_plainly  # noqa: E402
from watching.records import last  # noqa: E402

import nntui  # noqa: E402
from nntui_engine.run.snapshot import LaneSnapshot  # noqa: E402

LR = 0.1


def check(lane: LaneSnapshot, expected: dict[str, dict[str, float]], close: float = 1e-9) -> int:
    """Compares each number that the reference knows; returns how many."""
    place = {layer.name: layer.index - 1 for layer in lane.layers}
    count = 0
    for name in STEP:
        for layer, wanted in expected[name].items():
            got = lane.per_layer[name][place[layer]]
            assert got == pytest.approx(wanted, rel=close, abs=close * 1e-3), (name, layer)
            count += 1
    assert lane.whole["loss"] == pytest.approx(expected["loss"][""], rel=close)
    assert lane.whole["gradient_norm"] == pytest.approx(expected["norm"][""], rel=close)
    return count


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("pieces", [1, 2])
def test_every_statistic_of_a_step_is_what_numpy_finds(name, pieces, tmp_path):
    case = CASES[name]
    model, inputs, targets = made(case)
    batches = list(zip(inputs.chunk(pieces), targets.chunk(pieces), strict=True))
    expected = measured_plainly(case, model, LR, batches)
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)
    with nntui.watch(model, optimizer, record=tmp_path / "run.nntui") as watch:
        for x, y in batches:
            loss = nn.functional.cross_entropy(model(x), y)
            watch(loss)
            (loss / pieces).backward()
        optimizer.step()
    lane = last(tmp_path / "run.nntui")
    assert [layer.name for layer in lane.layers] == list(case.layers)
    assert check(lane, expected) > 10 * len(case.layers)
    assert lane.state == "finished"


def test_it_is_what_the_engine_says_of_the_same_network(tmp_path):
    from nntui_engine import Experiment
    from nntui_engine.scenario import scenario_from_dict

    run = Experiment(
        scenario_from_dict(
            {
                "schema": 1,
                "scenario": {"title": "t"},
                "data": {"name": "moons", "samples": 80},
                "model": {"hidden": [7, 6, 5], "activation": ["relu", "tanh", "sigmoid"], "output": "softmax"},
                "train": {
                    "lr": LR, "optimizer": "sgd", "dtype": "float64", "batch_size": "full", "loss": "cross_entropy",
                    "shuffle": False, "steps": 5,
                },
            }
        )
    )  # fmt: skip
    lane = run.lanes[0]
    model = nn.Sequential(
        nn.Linear(2, 7), nn.ReLU(), nn.Linear(7, 6), nn.Tanh(), nn.Linear(6, 5), nn.Sigmoid(), nn.Linear(5, 2)
    ).double()
    values = run.parameters(0)
    linear = [module for module in model if isinstance(module, nn.Linear)]
    with torch.no_grad():
        for number, module in enumerate(linear, 1):
            module.weight.copy_(torch.tensor(values[f"{number}.weights"].T))
            module.bias.copy_(torch.tensor(values[f"{number}.biases"]))
    x, t = torch.tensor(lane.data.x_train), torch.tensor(lane.data.t_train)
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)
    watch = nntui.watch(model, optimizer, record=tmp_path / "run.nntui")
    for _ in range(5):
        optimizer.zero_grad()
        watch(nn.functional.cross_entropy(model(x), t)).backward()
        optimizer.step()
    watch.close()
    run.advance(5)
    own, theirs = run.full_snapshot(None).lanes[0], last(tmp_path / "run.nntui")
    compared = 0
    for name in STEP:
        one, other = own.layer_history[name].mean, theirs.layer_history[name].mean
        if name.startswith(("activation", "saturated")):  # the outputs' softmax is inside torch's loss
            one, other = one[:, :3], other[:, :3]
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12, err_msg=name)
        compared += one.size
    assert compared > 5 * 60
    np.testing.assert_allclose(theirs.whole_history["loss"].mean, own.whole_history["loss"].mean, rtol=1e-9)


def test_a_channel_is_a_unit_also_of_an_activation_that_reads_a_sum(tmp_path):
    case = CASES["resnet"]
    model, x, y = made(case)
    with torch.no_grad():
        for norm in (model.bn3, model.downsample[1]):
            norm.bias[0] = -50.0
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)
    with nntui.watch(model, optimizer, record=tmp_path / "run.nntui") as watch:
        watch(nn.functional.cross_entropy(model(x), y)).backward()
        optimizer.step()
    lane = last(tmp_path / "run.nntui")
    (place,) = [number for number, layer in enumerate(lane.layers) if layer.name == "relu"]
    assert (lane.layers[place].units, lane.layers[place].shape) == (8, (8, 8, 8))
    assert lane.per_layer["inactive_units"][place] == 1
