"""The part "kinds" of ``nntui bench``: its contestants do the same work, whatever it takes them."""

import dataclasses
import json
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from cli.conftest import Invoke, run_apart

from nntui.bench import parts
from nntui.bench.bench import Bench
from nntui.bench.families import FAMILIES, FAMILY_KINDS
from nntui.bench.kind_nets import KIND_NETS, ROWS, KindNet, batches, random_data, random_weights, scenario_of
from nntui.bench.parts import all_sheets
from nntui.bench.tables import sheet_text
from nntui.headless.schemas import schema_document
from nntui_engine import Experiment
from nntui_engine.scenario import scenario_from_dict

Array = np.ndarray
STEPS = 3
STATISTICS = ("activation_mean", "activation_variance", "gradient_norm", "weight_norm")
WEIGHTS = {
    "conv8": [(9, 16), (144, 32), (512, 64), (64, 10)],
    "lenet28": [(25, 6), (150, 16), (400, 120), (120, 84), (84, 10)],
    "rnn50": [(66, 64), (64, 1)],
    "lstm50": [(66, 256), (64, 1)],
    "gru50": [(66, 192), (64, 1)],
    "residual48": [(64, 64)] * 96 + [(64, 10)],
}
BATCHES = {"conv8": 32, "lenet28": 64, "rnn50": 32, "lstm50": 32, "gru50": 32, "residual48": 64}


def test_the_nets_have_these_sizes() -> None:
    assert {name: [w.shape for w, _ in random_weights(net)] for name, net in KIND_NETS.items()} == WEIGHTS
    assert {name: net.batch for name, net in KIND_NETS.items()} == BATCHES


@pytest.mark.parametrize("net", KIND_NETS.values(), ids=lambda net: net.name)
def test_every_net_gets_its_data(net: KindNet) -> None:
    x, y = random_data(net)
    assert (x.shape, x.dtype, y.shape) == ((2048, *net.shape), np.float32, (2048,))
    if net.outputs > 1:
        assert set(np.unique(y)) == set(range(10))
    order = batches(net)
    epoch = [next(order) for _ in range(ROWS // net.batch)]
    assert all(len(rows) == net.batch for rows in epoch)
    assert sorted(np.concatenate(epoch)) == list(range(ROWS))


@dataclasses.dataclass
class Trained:
    """``losses`` (STEPS,) and of the first step ``statistics``, each (layers,), and silent units, for all but the
    output."""

    losses: Array
    statistics: dict[str, Array]
    silent: Array


def whole(net: KindNet) -> KindNet:
    """The same on all rows at once, whose order then does not matter."""
    return dataclasses.replace(net, batch=ROWS)


def by_engine(net: KindNet, folder: Path) -> Trained:
    experiment = Experiment(scenario_of(whole(net), folder), every=1)
    names = [name for name in experiment.parameters() if name.endswith((".weights", ".biases"))]
    values = [part for pair in random_weights(net) for part in pair]
    experiment.set_parameters(0, dict(zip(names, values, strict=True)))
    # of weights alone, as the peers measure it; the engine's own statistic has the biases in it
    gradients = [np.linalg.norm(g) for name, g in experiment.gradients().items() if name.endswith(".weights")]
    losses = []
    for number in range(STEPS):
        experiment.advance(1)
        lane = experiment.full_snapshot().lanes[0]
        losses.append(lane.whole["loss"])
        if not number:
            learning = [layer.has_weights for layer in lane.layers]
            first = {name: lane.per_layer[name][learning] for name in (*STATISTICS, "inactive_units")}
    silent = first.pop("inactive_units")[:-1]
    first["gradient_norm"] = np.array(gradients)
    return Trained(np.array(losses), first, silent)


def by_torch(net: KindNet) -> Trained:
    import torch

    from nntui.bench.kind_torch import torch_step

    step, modules = torch_step(whole(net))
    for module in modules:  # the engine has not these biases
        if isinstance(module, torch.nn.RNNBase):
            shared = torch.zeros_like(module.bias_hh_l0)
            if isinstance(module, torch.nn.GRU):
                shared[-module.hidden_size :] = 1
            module.bias_hh_l0.register_hook(lambda gradient, shared=shared: gradient * shared)
    found = [tuple(part.numpy() for part in step(np.arange(ROWS))) for _ in range(STEPS)]
    numbers, silent = found[0]
    rows = numbers[1:].reshape(len(STATISTICS), -1)
    return Trained(np.array([n[0] for n, _ in found]), dict(zip(STATISTICS, rows, strict=True)), silent)


def by_jax(net: KindNet) -> Trained:
    import jax

    from nntui.bench.kind_jax import jax_step

    step, state = jax_step(whole(net))
    rows = np.tile(np.arange(ROWS), (STEPS, 1))
    _, found = jax.jit(lambda state, rows: jax.lax.scan(step, state, rows))(state, rows)
    losses, *numbers, silent = (np.asarray(part) for part in found)
    return Trained(losses, {name: part[0] for name, part in zip(STATISTICS, numbers, strict=True)}, silent[0])


@pytest.mark.slow
@pytest.mark.parametrize("peer", ["torch", "jax"])
@pytest.mark.parametrize("net", KIND_NETS.values(), ids=lambda net: net.name)
def test_a_peer_does_the_same_work(net: KindNet, peer: str, tmp_path: Path) -> None:
    pytest.importorskip(peer)
    found = by_engine(net, tmp_path)
    wanted = {"torch": by_torch, "jax": by_jax}[peer](net)
    np.testing.assert_allclose(found.losses, wanted.losses, rtol=1e-4)
    assert abs(wanted.losses[-1] - wanted.losses[0]) > 1e-3, "it trains"
    assert not np.isnan(wanted.losses).any()
    for name in STATISTICS:
        # what the output passes on is a share of each class here, and there what that is made from
        layers = slice(-1 if net.outputs > 1 and name.startswith("activation") else None)
        ours, theirs = found.statistics[name][layers], wanted.statistics[name][layers]
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4 * np.abs(theirs).max(), err_msg=name)
    np.testing.assert_array_equal(found.silent, wanted.silent)


def run(invoke: Invoke, *arguments: str) -> dict[str, Any]:
    """The JSON of a quick call that must work."""
    result = invoke("bench", "--json", "--seconds", "0.05", *arguments)
    assert (result.status, result.err) == (0, "")
    document: dict[str, Any] = json.loads(result.out)
    jsonschema.validate(document, schema_document("bench"))
    return document


def test_the_part_by_itself(invoke: Invoke) -> None:
    document = run(invoke, "--part", "kinds", "--net", "residual48", "--against", "blas")  # which does nothing of it
    assert list(document["kinds"]) == ["residual48"]
    one = document["kinds"]["residual48"]
    assert set(one) == {"nntui", "nntui_off", "ratios", "threads"}
    assert one["ratios"] == {"nntui/nntui_off": one["nntui"]["median"] / one["nntui_off"]["median"]}
    title, names, row = sheet_text(all_sheets(document)[0]).splitlines()
    assert title.startswith("Other kinds of network")
    assert names.split() == ["net", "nntui", "nntui_off"]
    assert row.startswith("residual48 ")


def test_a_part_without_the_nets_named_says_so(invoke: Invoke) -> None:
    arguments = ("--part", "kinds", "--part", "nets", "--part", "lanes", "--net", "residual48")
    result = invoke("bench", "--json", "--seconds", "0.05", *arguments)
    wanted = [f"nntui: {part}: has none of the nets named" for part in ("nets", "lanes")]
    assert (result.status, result.err.splitlines()) == (1, wanted)
    document = json.loads(result.out)
    assert "kinds" in document
    assert not {"nets", "lanes"} & set(document)


def test_compiled_ahead_is_what_the_nets_take() -> None:
    usual = parts.kernels(Bench(nets=("tiny",)), ["nets", "kinds", "surfaces"])
    assert usual == ("float32", "float32 rows", "race")
    assert parts.kernels(Bench(nets=("lstm50",)), ["kinds"]) == ("float32", "float32 rows", "float32 lstm")
    everything = parts.kernels(Bench(), ["kinds"])
    assert {f"float32 {kind}" for kind in ("convolution", "recurrent", "lstm", "gru")} <= set(everything)
    for net in KIND_NETS.values():
        with tempfile.TemporaryDirectory() as folder:
            experiment = Experiment(scenario_of(net, Path(folder)))
        layers = experiment.full_snapshot().lanes[0].layers
        assert {layer.kind for layer in layers} == net.kinds | {
            layer.kind for layer in layers if layer.kind == "flatten"
        }


@pytest.mark.slow
@pytest.mark.parametrize("peer", ["torch", "jax"])
def test_a_peer_beside_it(peer: str) -> None:
    pytest.importorskip(peer)
    result = run_apart("bench", "--json", "--part", "kinds", "--net", "gru50", "--seconds", "0.05", "--against", peer)
    assert (result.status, result.err) == (0, "")
    document = json.loads(result.out)
    jsonschema.validate(document, schema_document("bench"))
    one = document["kinds"]["gru50"]
    assert one["ratios"][f"nntui/{peer}"] == one["nntui"]["median"] / one[peer]["median"]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_families_of_the_start_are_scenarios(family: str) -> None:
    scenario = scenario_from_dict(tomllib.loads(FAMILIES[family]), name=family)
    layers = Experiment(scenario).full_snapshot().lanes[0].layers
    assert {layer.kind for layer in layers} <= FAMILY_KINDS
