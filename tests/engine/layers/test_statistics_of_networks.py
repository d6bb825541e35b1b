"""Every statistic of every kind of layer, against what NumPy makes of z, a and their gradients as PyTorch has them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is no dependency")

from engine.build import write_npz  # noqa: E402
from engine.compiled import JIT  # noqa: E402
from engine.layers.nets import NETS, conv, experiment, rnn  # noqa: E402
from engine.layers.torch_layers import GATES, Batches, Net  # noqa: E402
from engine.twin import FALLS_SILENT, largest_slope, slope  # noqa: E402
from engine.twin_network import similarity  # noqa: E402

from nntui_engine.experiment import Experiment  # noqa: E402
from nntui_engine.registry.statistic import LAYER_STATISTICS  # noqa: E402
from nntui_engine.scenario.settings import LayerSettings  # noqa: E402

Array = np.ndarray
STEPS = 4 if JIT else 3
MEASURED = [row.name for row in LAYER_STATISTICS if row.cadence == "step"]


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def flat_share(activation: str, alpha: float, z: Array) -> Array:
    return np.abs(slope(activation, z, alpha)) < 0.05 * largest_slope(activation, alpha)


def activation_of(layer: LayerSettings, gate: int) -> tuple[str, float]:
    """Of one block of z, gate by gate."""
    is_own = {"lstm": gate == 2, "gru": gate == 2}.get(layer.kind, True)
    if is_own:
        return layer.activation, layer.alpha
    return layer.options["recurrent_activation"], 0.01


def silent(layer: LayerSettings, a: Any) -> int:
    if layer.activation not in FALLS_SILENT:
        return 0
    return int((a.detach().numpy().reshape(-1, a.shape[-1]) == 0.0).all(axis=0).sum())


def of_layer(net: Net, layer: LayerSettings, before: dict[str, Array], after: dict[str, Array]) -> dict[str, float]:
    """Every statistic of a step, after torch's backward pass."""
    parts = [z.detach().numpy() for z in net.tape.z[layer.index]]
    deltas = [np.zeros(z.shape) if z.grad is None else z.grad.numpy() for z in net.tape.z[layer.index]]
    gates, found = GATES.get(layer.kind, 1), {}
    alpha = float(before[f"{layer.label}.alpha"][0]) if layer.activation == "prelu" else None
    flat = []
    for i, part in enumerate(parts):
        name, own = activation_of(layer, i % gates)
        flat.append(flat_share(name, own if alpha is None else alpha, part).ravel())
    z, a = np.concatenate([part.ravel() for part in parts]), net.tape.a[layer.index].detach().numpy()
    delta = np.concatenate([part.ravel() for part in deltas])
    found |= {
        "pre_activation_mean": z.mean(),
        "pre_activation_variance": z.var(),
        "activation_mean": a.mean(),
        "activation_variance": a.var(),
        "backprop_variance": delta.var(),
        "inactive_units": silent(layer, net.tape.a[layer.index]),
        "saturated_fraction": np.concatenate(flat).mean(),
        "non_finite": 0.0,
    }
    key = f"{layer.label}.weights"
    if key not in before:
        return found | {name: np.nan for name in MEASURED if name not in found}
    named = [name for name in (key, f"{layer.label}.biases") if name in before]
    g, w = np.concatenate([net.named(name).grad.numpy().ravel() for name in named]), before[key]
    return found | {
        "gradient_norm": np.linalg.norm(g),
        "gradient_max": np.abs(g).max(),
        "gradient_mean_abs": np.abs(g).mean(),
        "gradient_zero_fraction": (g == 0.0).mean(),
        "weight_norm": np.linalg.norm(w),
        "weight_mean": w.mean(),
        "weight_variance": w.var(),
        "update_ratio": np.linalg.norm(after[key] - w) / np.linalg.norm(w),
    }


def close(found: Any, expected: Any, words: str) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-13, err_msg=words)


def assert_sequences(run: Experiment, net: Net, words: str) -> int:
    lane, checked = run.lanes[0], 0
    for name, index, columns in lane.sequence_places:
        layer, found = lane.settings.layers[index - 1], lane.latest_sequence[columns]
        gates = GATES[layer.kind]
        if name == "time_gradient_norm":
            states = net.tape.states[index]
            grads = [np.zeros(h.shape) if h.grad is None else h.grad.numpy() for h in states]
            expected = [np.linalg.norm(g, axis=1).mean() for g in grads]
        elif name == "gate_mean":
            steps = net.tape.gates[index]
            expected = [np.mean([step[gate].detach().numpy() for step in steps]) for gate in range(gates)]
        else:
            parts = [z.detach().numpy() for z in net.tape.z[index]]
            expected = [
                np.mean([flat_share(*activation_of(layer, gate), z) for z in parts[gate::gates]])
                for gate in range(gates)
            ]
        close(found, expected, f"{name} of {index}, {words}")
        checked += 1
    return checked


MODELS: dict[str, dict[str, Any]] = {
    "tanh": {"activation": "tanh", "bias_scale": 2.0},
    "relu": {"activation": "relu", "bias_scale": 3.0},
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", NETS)
def test_every_statistic(name: str, model: str, tmp_path: Path) -> None:
    run = experiment(tmp_path, name, {"l2": 0.02, "l1": 0.001, "evaluate_every": 1, "lr": 0.01}, MODELS[model], rows=12)
    lane = run.lanes[0]
    s, before = lane.settings, run.parameters()
    net, batches = Net(s, before, own_cells=True), Batches(s, lane.data)
    for step in range(STEPS):
        net.step, words = step, f"step {step + 1}"
        x, t = batches.next()
        x.requires_grad_()  # so that layers in front of all that is learned have a δ, too
        net.zero_grad()
        loss = net.loss(x, t)
        penalty = net.penalty()
        (loss + penalty).backward()
        tape = net.tape
        run.advance(1)
        after = run.parameters()
        close(lane.latest["loss"], loss.item(), words)
        close(lane.latest["penalty"], penalty.item(), words)
        whole = sum((value.grad.numpy() ** 2).sum() for value in net.values.values() if value.grad is not None)
        close(lane.latest["gradient_norm"], np.sqrt(whole), words)
        for layer in s.layers:
            expected = of_layer(net, layer, before, after)
            assert set(expected) == set(MEASURED)
            for key, value in expected.items():
                if key == "gradient_zero_fraction" and layer.batch_norm == "before":
                    continue  # its biases have none but for rounding
                close(lane.latest_layers[key][layer.index - 1], value, f"{key} of {layer.index}, {words}")
        assert assert_sequences(run, net, words) == 3 * len(tape.states)
        with torch.no_grad():
            for key, value in net.values.items():
                value.copy_(torch.tensor(after[key.replace("#", ".")]))
        net.eval()
        net(torch.tensor(lane.data.x_train))
        for layer in s.layers:
            found = {key: lane.latest_layers[key][layer.index - 1] for key in lane.latest_layers}
            assert found["dead_units"] == silent(layer, net.tape.a[layer.index]), (layer.index, words)
            w = after.get(f"{layer.label}.weights")
            close(found["weight_similarity"], np.nan if w is None else similarity(w), f"{layer.index}, {words}")
            close(found["zero_weights"], np.nan if w is None else (w == 0.0).mean(), f"{layer.index}, {words}")
        net.train()
        before = after


def test_some_channels_are_dead_somewhere(tmp_path: Path) -> None:
    """Else the test above would not have seen any."""
    run = experiment(tmp_path, "convolution, more filters", {"evaluate_every": 1}, MODELS["relu"])
    run.advance(1)
    assert 0 < run.lanes[0].latest_layers["dead_units"][0] < 17
    assert 0 < run.lanes[0].latest_layers["inactive_units"][0] < 17


@pytest.mark.parametrize("rows", [600, 1100])
def test_evaluation_in_blocks(rows: int, tmp_path: Path) -> None:
    """More rows than are evaluated, or predicted, at a time; loss and answers are those of one forward pass."""
    for name in ("mixed", "lstm, dropout", "layer norm", "gru, carried", "embedding"):
        run = experiment(
            tmp_path, name, {"evaluate_every": 2, "batch_size": 32}, rows=rows, more={"test_fraction": 0.4}
        )
        run.advance(2)
        lane = run.lanes[0]
        net = Net(lane.settings, run.parameters())
        net.eval()
        for part in ("train", "validation"):
            x, t = torch.tensor(getattr(lane.data, f"x_{part}")), torch.tensor(getattr(lane.data, f"t_{part}"))
            with torch.no_grad():
                close(lane.latest[f"{part}_loss"], net.loss(x, t).item(), name)
                np.testing.assert_allclose(run.predict(x.numpy()), net(x).numpy(), rtol=1e-9, atol=1e-12)


# -- numbers that are no numbers --------------------------------------------------------------------------------------


EXPLODE = ("mixed", "residual", "lstm, relu", "gru, softplus", "recurrent, relu", "layer norm", "embedding, twice")
BROKEN = {
    "convolution": ([conv(), conv(name="b", kernel=2)], (5, 6, 2)),
    "layer_norm": ([conv(), {"kind": "layer_norm", "name": "b"}], (5, 6, 2)),
    "recurrent": ([rnn("gru", return_sequence=True), rnn("recurrent", name="b")], (7, 3)),
    "lstm": ([rnn("gru", return_sequence=True), rnn("lstm", name="b")], (7, 3)),
    "gru": ([rnn("lstm", return_sequence=True), rnn("gru", name="b")], (7, 3)),
    "embedding": ([{"kind": "embedding", "units": 2, "tokens": 5, "name": "b"}, rnn("gru")], (6,)),
    "add": ([conv(name="b"), {"kind": "add", "from": ["b", "b"], "batch_norm": "before"}, conv(kernel=1)], (5, 6, 2)),
}


@pytest.mark.parametrize("every", [1, 1000])
@pytest.mark.parametrize("kind", BROKEN)
def test_a_nan_among_what_is_learned_is_found(kind: str, every: int, tmp_path: Path) -> None:
    layers, shape = BROKEN[kind]
    run = experiment(tmp_path, layers, {}, shape=shape, every=every)
    names = [name for name in run.parameters() if name.startswith("b.")]
    assert names
    for name in names:
        run = experiment(tmp_path, layers, {}, shape=shape, every=every)
        run.advance(2)
        value = run.parameters()[name]
        value.flat[-1] = np.nan
        run.set_parameters(0, {name: value})
        run.advance(1)
        found = run.lanes[0].first_non_finite
        place = next(x.index for x in run.lanes[0].settings.layers if x.name == "b")
        assert found is not None, name
        assert (found.step, found.layer, found.node) == (3, place, "weights"), name
        if every == 1:
            assert run.lanes[0].latest_layers["non_finite"][place - 1] > 0, name


@pytest.mark.parametrize("every", [1, 1000])
@pytest.mark.parametrize(
    "name", ["mixed", "residual", "lstm, relu", "gru, softplus", "recurrent, relu", "layer norm", "embedding, twice"]
)
def test_what_explodes_is_dated(name: str, every: int, tmp_path: Path) -> None:
    run = experiment(tmp_path, name, {"lr": 1e6}, {"activation": "relu"}, every=every)
    lane = run.lanes[0]
    for step in range(1, 100):
        with np.errstate(all="ignore"):
            run.advance(1)
        finite = all(np.isfinite(value).all() for value in run.parameters().values())
        if lane.first_non_finite is not None:
            assert lane.first_non_finite.step == step
            return
        assert finite, step
    pytest.fail("nothing broke")


def test_shares_of_right_answers(tmp_path: Path) -> None:
    """Of a mini-batch with dropout, of the training rows and of those held out, without."""
    layers = [conv(name="a"), {"kind": "max_pool"}, {"kind": "dense", "units": 6, "dropout": 0.3}]
    generator = np.random.default_rng(1)
    path = write_npz(tmp_path / "classes.npz", generator.standard_normal((40, 60)), generator.integers(0, 3, (40, 1)))
    more = {"task": "classes", "path": str(path), "test_fraction": 0.4}
    run = experiment(tmp_path, layers, {"loss": "cross_entropy", "evaluate_every": 1, "batch_size": 7}, more=more)
    lane = run.lanes[0]
    s, before = lane.settings, run.parameters()
    net, batches = Net(s, before), Batches(s, lane.data)
    for step in range(5):
        net.step = step
        x, t = batches.next()
        right = (net(x).argmax(dim=1) == t.argmax(dim=1)).double().mean().item()
        run.advance(1)
        assert lane.latest["accuracy"] == pytest.approx(right)
        net = Net(s, run.parameters())
        net.eval()
        for part in ("train", "validation"):
            x, t = (torch.tensor(getattr(lane.data, f"{name}_{part}")) for name in "xt")
            right = (net(x).argmax(dim=1) == t.argmax(dim=1)).double().mean().item()
            assert lane.latest[f"{part}_accuracy"] == pytest.approx(right)
        net.train()
