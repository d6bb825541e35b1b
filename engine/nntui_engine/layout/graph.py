"""A network as nodes, each after those it reads, and what each of them learns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..registry.layer_kind import Block, Drawn, Plan, Shape
from ..registry.layer_kinds import LAYER_KINDS
from ..scenario.settings import LaneSettings, LayerSettings


@dataclass(frozen=True, slots=True)
class NetworkNode:
    """One layer: its kind, the places of the nodes it reads, its settings.

    ``weights_of``: the place of an earlier node whose weights and biases it uses, too. Such weights are named, drawn
    and counted as those of the last node that uses them.
    """

    kind: str
    sources: tuple[int, ...]
    layer: LayerSettings
    weights_of: int | None = None


Graph = Sequence[NetworkNode]


class Shapes(NamedTuple):
    """The shapes of a row that a node reads, of each of its sources, and of what it passes on."""

    read: tuple[Shape, ...]
    passed: Shape


def graph_of(settings: LaneSettings) -> Graph:
    """The inputs and the layers of ``settings``."""
    inputs = LayerSettings(
        index=0,
        units=settings.inputs,
        activation="linear",
        alpha=0.0,
        init="",
        init_scale=None,
        bias=0.0,
        bias_scale=0.0,
        batch_norm="before" if settings.batch_norm_inputs else "none",
        dropout=settings.input_dropout,
        l1=0.0,
        l2=0.0,
        trainable=True,
        kind="inputs",
        options={"shape": settings.shape},
    )
    return [NetworkNode(layer.kind, layer.sources, layer) for layer in (inputs, *settings.layers)]


def shapes(graph: Graph) -> list[Shapes]:
    """What every node reads and passes on.

    Raises ValueError where a node reads a later one, too many, or what does not fit, or is itself read by none.
    """
    found: list[Shapes] = []
    for place, node in enumerate(graph):
        if (node.kind == "inputs") != (place == 0):
            raise ValueError(f"node {place} ({node.kind}): the inputs are node 0, and no other")
        if any(not 0 <= source < place for source in node.sources):
            raise ValueError(f"node {place} must read earlier nodes; got {node.sources}")
        kind, read = LAYER_KINDS[node.kind], tuple(found[source].passed for source in node.sources)
        if bool(read) == (place == 0) or 0 < kind.most_sources < len(read):
            raise ValueError(f"node {place} ({node.kind}) cannot read {len(read)} nodes")
        found.append(Shapes(read, kind.shape(read, node.layer)))
    unread = set(range(len(graph) - 1)) - {source for node in graph for source in node.sources}
    if unread:
        raise ValueError(f"nothing reads node {min(unread)}")
    if graph[0].layer.batch_norm == "after" or graph[-1].layer.batch_norm == "after" or graph[-1].layer.dropout > 0.0:
        raise ValueError("nothing follows the inputs' activation or the outputs: no batch norm after, no dropout there")
    return found


def own_blocks(node: NetworkNode, around: Shapes) -> tuple[Block, ...]:
    """What a node's kind learns."""
    return LAYER_KINDS[node.kind].blocks(around.read, node.layer)


def plan(node: NetworkNode, around: Shapes) -> Plan:
    """What a node's kind needs beside that."""
    return LAYER_KINDS[node.kind].plan(around.read, node.layer)


def users(graph: Graph) -> dict[int, list[int]]:
    """Of every node that has weights of its own: the places of the nodes that use them, in order, itself first.

    Raises ValueError where a node borrows what is not there, or under other terms than it is lent.
    """
    found: dict[int, list[int]] = {}
    around = shapes(graph)
    for place, node in enumerate(graph):
        lender = node.weights_of
        if lender is None:
            found[place] = [place]
            continue
        if lender not in found or lender >= place or not own_blocks(node, around[place]):
            raise ValueError(f"node {place} cannot use the weights of node {lender}: an earlier one with its own")
        one = graph[lender]
        if (one.kind, own_blocks(one, around[lender])) != (node.kind, own_blocks(node, around[place])):
            raise ValueError(f"node {place} cannot use the weights of node {lender}: another kind or shape")
        terms = [(layer.trainable, layer.l1, layer.l2) for layer in (one.layer, node.layer)]
        if terms[0] != terms[1]:
            raise ValueError(f"nodes {lender} and {place} share weights: they must be trained and penalised alike")
        found[lender].append(place)
    return found


def owned(graph: Graph) -> list[list[Block]]:
    """What each node owns of the parameters, in their order. Weights used several times are their last user's.

    Raises ValueError where they do not fit one of them.
    """
    around = shapes(graph)
    blocks: list[list[Block]] = [[] for _ in graph]
    for place, using in users(graph).items():
        blocks[using[-1]] += own_blocks(graph[place], around[place])
    for own, node, (_, passed) in zip(blocks, graph, around, strict=True):
        if node.layer.activation == "prelu":
            own.append(Block("alpha", (1,)))
        if node.layer.batch_norm != "none":
            units = node.layer.units if node.kind == "inputs" else passed[-1]
            own += [Block("gamma", (units,)), Block("beta", (units,))]
    return blocks


def multiply_adds(graph: Graph) -> list[int]:
    """Multiplications of one row's forward pass, by node."""
    pairs = zip(graph, shapes(graph), strict=True)
    return [LAYER_KINDS[node.kind].multiply_adds(around.read, node.layer) for node, around in pairs]


def drawn(graph: Graph) -> list[tuple[Drawn, ...]]:
    """How the weights of every node are drawn."""
    pairs = zip(graph, shapes(graph), strict=True)
    return [LAYER_KINDS[node.kind].drawn(around.read, node.layer) for node, around in pairs]
