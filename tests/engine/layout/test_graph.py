"""Networks that are no chain: nodes with several readers, nodes that read several, weights that are used twice."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nntui_engine.kernels import columns as c
from nntui_engine.kernels.tables import Written
from nntui_engine.kernels.team import LEAD, PROBER
from nntui_engine.kernels.train import train_lanes
from nntui_engine.layout import layout
from nntui_engine.layout.arena import Arena, parameter_views
from nntui_engine.layout.graph import Graph, NetworkNode, graph_of, multiply_adds, owned, shapes
from nntui_engine.scenario import scenario_from_dict
from nntui_engine.scenario.settings import LaneSettings
from nntui_engine.tasks.lane_state import start_lane
from nntui_engine.tasks.network_lane import output_shapes
from nntui_engine.tasks.resolve import resolve_lane

STEP = 1e-6
DENSE_4 = {"hidden": [4, 4, 4, 4], "activation": "tanh", "init": "xavier_normal", "bias": "normal"}


def lane(model: dict[str, Any], train: dict[str, Any] | None = None) -> Any:
    """Settings and data of a lane with three inputs, resolved from a scenario; the graph comes from the test."""
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "blobs", "samples": 60, "features": 3, "classes": 3},
        "model": {**DENSE_4, **model},
        "train": {"optimizer": "sgd", "lr": 0.5, "batch_size": 20, "steps": 3, "dtype": "float64", **(train or {})},
    }
    first = scenario_from_dict(tables).lanes[0]
    return resolve_lane(first.tables, first.name, where="t")


def diamond(settings: LaneSettings) -> Graph:
    """inputs → 1 → {2, 3} → 4 = 2 + 3 + 1 + 1 → 5, where 3 uses the weights of 2, and 5 is the output."""
    inputs, one, two, three, four, five = graph_of(settings)
    return [
        inputs,
        one,
        two,
        NetworkNode("dense", (1,), three.layer, weights_of=2),
        NetworkNode("add", (2, 3, 1, 1), four.layer),
        replace(five, sources=(4,)),
    ]


def two_readers_of_the_inputs(settings: LaneSettings) -> Graph:
    """1 and 2 read the inputs, 3 = 1 + 2, 4 reads 3, 5 reads 4; what the inputs learn is asked for twice."""
    inputs, one, two, three, four, five = graph_of(settings)
    return [inputs, one, replace(two, sources=(0,)), NetworkNode("add", (1, 2), three.layer), four, five]


class Net:
    """One lane of any graph, trained by the engine's kernels without a task around them."""

    def __init__(self, resolved: Any, graph: Graph) -> None:
        self.settings, self.graph = resolved.settings, graph
        places = layout.Layout("float64")
        places.add(resolved.settings, resolved.data, graph)
        self.arena: Arena = places.allocate()
        self.arena.ints[0, c.I_SAMPLE_EVERY] = 1
        self.arena.ints[0, c.I_EVALUATION_ROW] = -1
        start_lane(self.arena, 0, resolved.settings, graph)
        kinds = (np.int64, float, float, float, np.int64, float, float)
        shapes = output_shapes(1, len(graph) - 1)
        self.written = Written(*(np.zeros(s, k) for s, k in zip(shapes, kinds, strict=True)))  # type: ignore[arg-type]

    @property
    def parameters(self) -> dict[str, Any]:
        return parameter_views(self.arena, 0)

    def probe(self) -> float:
        """The loss and penalty of the next mini-batch; the gradient stays in the arena."""
        train_lanes(PROBER, self.arena.tables_of(0), self.written)
        ints = self.arena.ints[0]
        at = ints[c.I_PARTIALS] + ints[c.I_NODES] * c.PARTIALS + c.F_LOSS
        loss = sum(self.arena.sums[at + i * ints[c.I_PARTIAL_STEP]] for i in range(ints[c.I_ROW_PIECES]))
        l2 = {str(i): node.layer.l2 for i, node in enumerate(self.graph)}
        views = self.parameters.items()
        return float(loss) + sum(0.5 * l2[n[0]] * float((w * w).sum()) for n, w in views if n.endswith("weights"))

    def gradient(self) -> dict[str, Any]:
        self.probe()
        return {name: view.copy() for name, view in parameter_views(self.arena, 0, c.I_GRADIENT).items()}

    def train(self, steps: int) -> None:
        self.arena.goals[:] = steps, 10**9
        train_lanes(LEAD, self.arena.tables(), self.written)


GRAPHS = {"diamond": diamond, "two readers of the inputs": two_readers_of_the_inputs}
MODELS: dict[str, dict[str, Any]] = {
    "plain": {},
    "batch norm before": {"batch_norm": "before", "batch_norm_inputs": True},
    "batch norm after, dropout": {"batch_norm": "after", "dropout": 0.3, "input_dropout": 0.2},
    "prelu": {"activation": "prelu"},
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("graph", GRAPHS)
def test_the_gradient_is_the_derivative_of_the_loss(graph: str, model: str) -> None:
    resolved = lane({**MODELS[model]}, {"l2": 0.1})
    net = Net(resolved, GRAPHS[graph](resolved.settings))
    found, checked = net.gradient(), 0
    assert set(found) == set(net.parameters)
    for name, view in net.parameters.items():
        for at in np.ndindex(view.shape):
            kept = view[at]
            ends = []
            for step in (STEP, -STEP):
                view[at] = kept + step
                ends.append(net.probe())
            view[at] = kept
            difference = (ends[0] - ends[1]) / (2.0 * STEP)
            assert found[name][at] == pytest.approx(difference, rel=1e-5, abs=1e-8), (name, at)
            checked += abs(difference) > 1e-6
    assert checked > 45  # the check sees gradients that are not 0


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_forward_pass_is_the_formula(graph: str) -> None:
    resolved = lane({})
    net = Net(resolved, GRAPHS[graph](resolved.settings))
    net.probe()
    p, ints, pool = net.parameters, net.arena.ints[0], net.arena.pool
    n = int(ints[c.I_BATCH_ROWS])

    def out(node: int) -> Any:
        row = net.arena.nodes[0, node]
        return pool[row[c.N_OUT] :][: n * row[c.N_UNITS]].reshape(n, -1)

    def dense(node: int, x: Any) -> Any:
        return np.tanh(x @ p[f"{node}.weights"] + p[f"{node}.biases"])

    x = out(0)
    if graph == "diamond":
        one = dense(1, x)
        both = dense(3, one)  # node 3 owns the weights that 2 uses, too
        expected = [one, both, both, np.tanh(2 * both + 2 * one)]
    else:
        one, two = dense(1, x), dense(2, x)
        three = np.tanh(one + two)
        expected = [one, two, three, dense(4, three)]
    for node, value in enumerate(expected, 1):
        np.testing.assert_allclose(out(node), value, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("clipped", [{}, {"clip_norm": 0.01}], ids=["plain", "clipped"])
@pytest.mark.parametrize("graph", GRAPHS)
def test_a_step_goes_down_the_gradient_and_statistics_are_of_it(graph: str, clipped: dict[str, float]) -> None:
    resolved = lane({}, clipped)
    net = Net(resolved, GRAPHS[graph](resolved.settings))
    gradient = net.gradient()
    before = {name: view.copy() for name, view in net.parameters.items()}
    whole = np.sqrt(sum((g**2).sum() for g in gradient.values()))
    factor = min(1.0, 0.01 / (whole + 1e-6)) if clipped else 1.0
    net.train(1)
    for name, view in net.parameters.items():
        np.testing.assert_allclose(view, before[name] - 0.5 * factor * gradient[name], rtol=1e-12, atol=1e-15)
    assert net.written.whole[0, 0, c.W_GRADIENT_NORM] == pytest.approx(whole, rel=1e-12)
    for node in range(1, len(net.graph)):
        row, own = net.written.layers[0, 0, node - 1], f"{node}.weights"
        if own in gradient:
            pair = np.concatenate([gradient[own].ravel(), gradient[f"{node}.biases"]])
            assert row[c.S_GRADIENT_NORM] == pytest.approx(np.linalg.norm(pair), rel=1e-12)
            assert row[c.S_WEIGHT_NORM] == pytest.approx(np.linalg.norm(before[own]), rel=1e-12)
        else:  # it learns nothing of its own
            assert np.isnan(row[[c.S_GRADIENT_NORM, c.S_WEIGHT_NORM, c.S_UPDATE_RATIO]]).all()
        assert np.isfinite(row[[c.S_ACTIVATION_VARIANCE, c.S_BACKPROP_VARIANCE]]).all()


@pytest.mark.parametrize("graph", GRAPHS)
def test_in_pieces_it_is_the_same(graph: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = lane({}, {"clip_norm": 0.5})
    whole = Net(resolved, GRAPHS[graph](resolved.settings))
    monkeypatch.setattr(layout, "PIECES", ((3, 0, 1),))
    cut = Net(resolved, GRAPHS[graph](resolved.settings))
    assert cut.arena.ints[0, c.I_ROW_PIECES] == 3
    whole.train(3)
    cut.train(3)
    for name, view in whole.parameters.items():
        np.testing.assert_allclose(cut.parameters[name], view, rtol=1e-10, atol=1e-14)


def test_what_a_graph_counts() -> None:
    settings = lane({}).settings
    graph = diamond(settings)
    assert [one.passed for one in shapes(graph)] == [(3,), (4,), (4,), (4,), (4,), (3,)]
    assert shapes(graph)[4].read == ((4,), (4,), (4,), (4,))
    assert multiply_adds(graph) == [0, 12, 16, 16, 0, 12]
    assert [sum(block.size for block in own) for own in owned(graph)] == [0, 16, 0, 20, 0, 15]


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        (2, {"sources": (3,)}, "node 2 must read earlier nodes"),
        (2, {"sources": ()}, "node 2 .dense. cannot read 0 nodes"),
        (2, {"sources": (0, 1)}, "node 2 .dense. cannot read 2 nodes"),
        (4, {"sources": (0, 3)}, "gets 3 and 4; it wants layers of one shape"),
        (4, {"sources": (3,)}, "nothing reads node 2"),
        (3, {"weights_of": 1}, "node 3 cannot use the weights of node 1: another kind or shape"),
        (3, {"weights_of": 0}, "node 3 cannot use the weights of node 0: another kind or shape"),
        (3, {"weights_of": 3}, "node 3 cannot use the weights of node 3: an earlier one"),
        (3, {"weights_of": 99}, "node 3 cannot use the weights of node 99: an earlier one"),
        (2, {"weights_of": 3}, "node 2 cannot use the weights of node 3: an earlier one"),
        (4, {"weights_of": 2}, "node 4 cannot use the weights of node 2: an earlier one"),
        (0, {"kind": "dense"}, "node 0 .dense.: the inputs are node 0, and no other"),
        (2, {"kind": "inputs"}, "node 2 .inputs.: the inputs are node 0, and no other"),
    ],
)
def test_a_graph_that_does_not_fit_is_refused(place: int, change: dict[str, Any], message: str) -> None:
    graph = list(diamond(lane({}).settings))
    graph[place] = replace(graph[place], **change)
    with pytest.raises(ValueError, match=message):
        owned(graph)


def test_shared_weights_are_trained_and_penalised_alike() -> None:
    for change in ({"trainable": False}, {"l1": 0.5}, {"l2": 0.5}):
        graph = list(diamond(lane({}).settings))
        graph[3] = replace(graph[3], layer=replace(graph[3].layer, **change))
        with pytest.raises(ValueError, match="nodes 2 and 3 share weights"):
            owned(graph)


def test_a_chain_of_borrowers_is_refused() -> None:
    inputs, one, two, three, four, five = graph_of(lane({}).settings)
    graph = [inputs, one, two, replace(three, weights_of=2), replace(four, weights_of=3), five]
    with pytest.raises(ValueError, match="node 4 cannot use the weights of node 3: an earlier one with its own"):
        owned(graph)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda graph: graph[:-1], "the layers of a graph must be those"),
        (lambda graph: [graph[0], *graph[2:]], "the layers of a graph must be those"),
        (
            lambda graph: [*graph[:1], replace(graph[1], layer=graph[2].layer), *graph[2:]],
            "the layers of a graph must be",
        ),
    ],
)
def test_a_graph_of_other_layers_is_refused(change: Any, message: str) -> None:
    resolved = lane({})
    with pytest.raises(ValueError, match=message):
        Net(resolved, change(graph_of(resolved.settings)))


def test_borrowed_weights_take_no_dropconnect() -> None:
    resolved = lane({"dropconnect": 0.3})
    with pytest.raises(ValueError, match="take no DropConnect"):
        Net(resolved, diamond(resolved.settings))


def test_what_the_inputs_learn_counts_where_the_first_layer_is_frozen() -> None:
    resolved = lane({"batch_norm_inputs": True, "trainable": [False, True, True, True, True]})
    net = Net(resolved, graph_of(resolved.settings))
    gradient = net.gradient()
    net.train(1)
    trained = sum((g**2).sum() for name, g in gradient.items() if not name.startswith("1."))
    assert gradient["inputs.gamma"].any()
    assert net.written.whole[0, 0, c.W_CLIPPED_GRADIENT_NORM] == pytest.approx(np.sqrt(trained), rel=1e-12)
