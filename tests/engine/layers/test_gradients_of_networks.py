"""Gradients of networks of every kind of layer, against centred differences of the whole loss in float64."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.compiled import needs_jit
from engine.layers.nets import NETS, PICTURE, SEQUENCE, TOKENS, VOCABULARY, Layers, conv, experiment, rnn, scenario_of
from engine.layout.test_graph import Net

from nntui_engine.errors import InputError
from nntui_engine.layout import layout
from nntui_engine.layout.graph import Graph, NetworkNode, graph_of, owned
from nntui_engine.registry.activation import HIDDEN_ACTIVATIONS
from nntui_engine.tasks.resolve import resolve_lane

STEP = 1e-6
MOST = 150  # entries tried of a network
pytestmark = needs_jit


def assert_derivatives(loss: Callable[[], float], views: dict[str, Any], found: dict[str, Any]) -> int:
    """Every gradient (or that of some entries, drawn at random) is the derivative; returns how many are not 0."""
    entries = [(name, at) for name, view in views.items() for at in np.ndindex(view.shape)]
    if len(entries) > MOST:
        chosen = np.random.default_rng(0).permutation(len(entries))[:MOST]
        entries = [entries[i] for i in chosen]
    felt = 0
    for name, at in entries:
        kept, ends = views[name][at], []
        for step in (STEP, -STEP):
            views[name][at] = kept + step
            ends.append(loss())
        views[name][at] = kept
        difference = (ends[0] - ends[1]) / (2.0 * STEP)
        assert found[name][at] == pytest.approx(difference, rel=2e-5, abs=2e-8), (name, at)
        felt += abs(difference) > 1e-6
    return felt


def check(run: Any) -> int:
    """Of a run, before its next step."""
    task = run.network
    found = run.gradients()
    views = {name: view for name, view in task._views(0).items() if name in found}
    return assert_derivatives(lambda: run.loss() + run.penalty(in_gradient=True), views, found)


TERMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "l1, l2, clipped": {"l1": 0.01, "l2": 0.1, "clip_norm": 0.01, "clip_value": 0.001},
}


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("name", [name for name in NETS if "truncated" not in name and "cut" not in name])
def test_every_network(name: str, terms: str, tmp_path: Path) -> None:
    """At the first step, and after three: with a full mini-batch, and with the small one that ends an epoch."""
    run = experiment(tmp_path, name, TERMS[terms])
    assert check(run) > 5
    run.advance(2)
    assert check(run) > 5


FROM_A = {"from": "a"}
TWO_READERS: dict[str, tuple[tuple[int, ...], Layers]] = {
    "convolution": (PICTURE, [conv(name="a", padding="same")]),
    "max_pool": (PICTURE, [conv(), {"kind": "max_pool", "size": [1, 2], "name": "a", "stride": 1}]),
    "average_pool": (PICTURE, [conv(), {"kind": "average_pool", "size": [1, 2], "name": "a", "stride": 1}]),
    "layer_norm": (PICTURE, [conv(), {"kind": "layer_norm", "name": "a"}]),
    "add": (PICTURE, [conv(name="b"), {"kind": "add", "from": ["b", "b"], "name": "a"}]),
    "concatenate": (PICTURE, [conv(name="b"), {"kind": "concatenate", "from": ["b", "b"], "name": "a"}]),
    "recurrent": (SEQUENCE, [rnn("recurrent", name="a", return_sequence=True)]),
    "lstm": (SEQUENCE, [rnn("lstm", name="a", return_sequence=True)]),
    "gru": (SEQUENCE, [rnn("gru", name="a", return_sequence=True)]),
    "embedding": (TOKENS, [{"kind": "embedding", "units": 3, "tokens": VOCABULARY, "name": "a"}]),
    "flatten": (PICTURE, [conv(), {"kind": "flatten", "name": "a"}]),
    "dense": (PICTURE, [conv(), {"kind": "dense", "units": 4, "name": "a"}]),
}
READERS: dict[str, Layers] = {
    "convolution": [conv(name="x", **FROM_A), conv(name="y", kernel=3, **FROM_A)],
    "max_pool": [{"kind": "max_pool", "name": "x", **FROM_A}, {"kind": "max_pool", "name": "y", **FROM_A}],
    "average_pool": [{"kind": "average_pool", "name": "x", **FROM_A}, {"kind": "average_pool", "name": "y", **FROM_A}],
    "layer_norm": [{"kind": "layer_norm", "name": "x", **FROM_A}, {"kind": "layer_norm", "name": "y", **FROM_A}],
    "flatten": [{"kind": "flatten", "name": "x", **FROM_A}, {"kind": "flatten", "name": "y", **FROM_A}],
    "dense": [{"kind": "dense", "units": 3, "name": n, **FROM_A} for n in "xy"],
    "concatenate": [{"kind": "concatenate", "name": n, "from": ["a", "a"]} for n in "xy"],
    "recurrent": [rnn("recurrent", name="x", **FROM_A), rnn("recurrent", name="y", **FROM_A)],
    "lstm": [rnn("lstm", name="x", recurrent_dropout=0.3, **FROM_A), rnn("lstm", name="y", **FROM_A)],
    "gru": [rnn("gru", name="x", recurrent_dropout=0.3, **FROM_A), rnn("gru", name="y", **FROM_A)],
}
SUM: Layers = [{"kind": "add", "from": ["x", "y"], "activation": "tanh", "dropout": 0.2}]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("read", TWO_READERS)
def test_what_two_read(read: str, reader: str, tmp_path: Path) -> None:
    shape, layers = TWO_READERS[read]
    if (reader in ("recurrent", "lstm", "gru") and shape == PICTURE) or (
        read in ("flatten", "dense") and reader not in ("dense", "flatten", "layer_norm", "concatenate")
    ):
        pytest.skip("they do not fit together")
    assert check(experiment(tmp_path, [*layers, *READERS[reader], *SUM], {"l2": 0.1}, shape=shape)) > 5


@pytest.mark.parametrize("reader", [name for name in READERS if name not in ("recurrent", "lstm", "gru")])
def test_batch_normed_data_with_two_readers(reader: str, tmp_path: Path) -> None:
    readers = [
        {**layer, "from": ["inputs"] * len(layer["from"]) if reader == "concatenate" else "inputs"}
        for layer in READERS[reader]
    ]
    model = {"batch_norm_inputs": True, "input_dropout": 0.2}
    run = experiment(tmp_path, [*readers, *SUM], {}, model)
    assert "inputs.gamma" in run.gradients()
    assert check(run) > 5


@pytest.mark.parametrize("kind", ["recurrent", "lstm", "gru"])
def test_batch_normed_sequences_with_two_readers(kind: str, tmp_path: Path) -> None:
    readers = [{**layer, "from": "inputs"} for layer in READERS[kind]]
    assert check(experiment(tmp_path, [*readers, *SUM], {}, {"batch_norm_inputs": True}, shape=SEQUENCE)) > 5


def test_frozen_layers_have_a_gradient_and_pass_it_on(tmp_path: Path) -> None:
    layers = [
        conv(name="a", batch_norm="after"),
        conv(trainable=False, kernel=2, batch_norm="before"),
        {"kind": "layer_norm", "trainable": False},
        {"kind": "dense", "units": 4, "trainable": False, "activation": "prelu"},
    ]
    assert check(experiment(tmp_path, layers, {"l2": 0.1, "l1": 0.01})) > 20


@pytest.mark.parametrize("kind", ["convolution", "dense", "add", "layer_norm"])
def test_prelu_everywhere(kind: str, tmp_path: Path) -> None:
    one = {
        "convolution": conv(activation="prelu"),
        "dense": {"kind": "dense", "units": 4, "activation": "prelu"},
        "add": {"kind": "add", "from": ["a", "a"], "activation": "prelu"},
        "layer_norm": {"kind": "layer_norm", "activation": "prelu"},
    }[kind]
    run = experiment(tmp_path, [conv(name="a"), one])
    assert "2.alpha" in run.gradients()
    assert check(run) > 20


@pytest.mark.parametrize("kind", ["recurrent", "lstm", "gru"])
def test_every_activation_of_recurrent_layers(kind: str, tmp_path: Path) -> None:
    for activation in HIDDEN_ACTIVATIONS:
        for key in ("activation", "recurrent_activation")[: 1 if kind == "recurrent" else 2]:
            if activation == "prelu":  # its slope would have to be learned
                with pytest.raises(InputError, match=f"{key} = .prelu.: a recurrent layer"):
                    experiment(tmp_path, [rnn(kind, **{key: activation})], shape=SEQUENCE)
            elif activation != "threshold":  # its slope is not its derivative
                run = experiment(tmp_path, [rnn(kind, **{key: activation}, **SMALL)], shape=SEQUENCE)
                assert check(run) > 5, (key, activation)


SMALL = {"init": "normal", "init_scale": 0.2, "spectral_radius": 0.3}  # nothing else holds gates beyond 1


# -- weights that are used twice ------------------------------------------------------------------------------------


SHARED: dict[str, tuple[tuple[int, ...], Layers, int, int]] = {
    "convolution": (PICTURE, [conv(filters=2, padding="same"), conv(filters=2, padding="same")], 1, 2),
    "layer_norm": (PICTURE, [conv(), {"kind": "layer_norm", "activation": "tanh"}, {"kind": "layer_norm"}], 2, 3),
    "recurrent": (SEQUENCE, [rnn("recurrent", units=3, return_sequence=True), rnn("recurrent", units=3)], 1, 2),
    "lstm": (SEQUENCE, [rnn("lstm", units=3, return_sequence=True), rnn("lstm", units=3)], 1, 2),
    "gru": (
        SEQUENCE,
        [rnn("gru", units=3, return_sequence=True, recurrent_dropout=0.3), rnn("gru", units=3, recurrent_dropout=0.3)],
        1,
        2,
    ),
    "embedding": (
        TOKENS,
        [
            {"kind": "embedding", "units": 3, "tokens": VOCABULARY, "name": "a"},
            {"kind": "embedding", "units": 3, "tokens": VOCABULARY, "name": "b", "from": "inputs", "dropout": 0.3},
            {"kind": "concatenate", "from": ["a", "b"]},
        ],
        1,
        2,
    ),
    "dense": (PICTURE, [conv(), *[{"kind": "dense", "units": 4} for _ in range(3)]], 3, 4),
}


def shared_graph(tmp_path: Path, kind: str) -> tuple[Any, Graph]:
    shape, layers, lender, borrower = SHARED[kind]
    first = scenario_of(tmp_path, layers, {"l2": 0.1}, shape=shape).lanes[0]
    resolved = resolve_lane(first.tables, first.name, where="t")
    graph: list[NetworkNode] = list(graph_of(resolved.settings))
    graph[borrower] = replace(graph[borrower], weights_of=lender)
    return resolved, graph


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("kind", SHARED)
def test_weights_used_twice(kind: str, pieces: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "PIECES", ((pieces, 0, 1),))
    resolved, graph = shared_graph(tmp_path, kind)
    lender, borrower = SHARED[kind][2:]
    assert not owned(graph)[lender]
    net = Net(resolved, graph)
    assert assert_derivatives(net.probe, net.parameters, net.gradient()) > 5
    before = {name: view.copy() for name, view in net.parameters.items()}
    gradient = net.gradient()
    net.train(1)
    for name, view in net.parameters.items():
        np.testing.assert_allclose(view, before[name] - 0.05 * gradient[name], rtol=1e-12, atol=1e-15)
    assert any(name.startswith(f"{borrower}.") for name in net.parameters)
