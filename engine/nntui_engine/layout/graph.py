"""A network as nodes, each after those it reads, and what each of them learns."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..registry.layer_kind import LAYER_KINDS, Block
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


def chain(settings: LaneSettings) -> Graph:
    """The inputs and the layers of ``settings``, each reading the one above."""
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
    )
    layers = [NetworkNode("dense", (layer.index - 1,), layer) for layer in settings.layers]
    return [NetworkNode("inputs", (), inputs), *layers]


def widths(graph: Graph) -> list[tuple[int, int]]:
    """(entries of a row that it reads, entries that it passes on) of every node.

    Raises ValueError where a node reads a later one, too many, or what does not fit, or is itself read by none.
    """
    found: list[tuple[int, int]] = []
    for place, node in enumerate(graph):
        if (node.kind == "inputs") != (place == 0):
            raise ValueError(f"node {place} ({node.kind}): the inputs are node 0, and no other")
        if any(not 0 <= source < place for source in node.sources):
            raise ValueError(f"node {place} must read earlier nodes; got {node.sources}")
        kind, read = LAYER_KINDS[node.kind], [found[source][1] for source in node.sources]
        if bool(read) == (place == 0) or 0 < kind.most_sources < len(read):
            raise ValueError(f"node {place} ({node.kind}) cannot read {len(read)} nodes")
        found.append((read[0] if read else node.layer.units, kind.width(read, node.layer.units)))
    unread = set(range(len(graph) - 1)) - {source for node in graph for source in node.sources}
    if unread:
        raise ValueError(f"nothing reads node {min(unread)}")
    if graph[0].layer.batch_norm == "after" or graph[-1].layer.batch_norm == "after" or graph[-1].layer.dropout > 0.0:
        raise ValueError("nothing follows the inputs' activation or the outputs: no batch norm after, no dropout there")
    return found


def users(graph: Graph) -> dict[int, list[int]]:
    """Of every node that has weights of its own: the places of the nodes that use them, in order, itself first.

    Raises ValueError where a node borrows what is not there, or under other terms than it is lent.
    """
    found: dict[int, list[int]] = {}
    sizes = widths(graph)
    for place, node in enumerate(graph):
        lender = node.weights_of
        if lender is None:
            found[place] = [place]
            continue
        if lender not in found or lender >= place or not LAYER_KINDS[node.kind].blocks(*sizes[place]):
            raise ValueError(f"node {place} cannot use the weights of node {lender}: an earlier one with its own")
        one = graph[lender]
        if (one.kind, sizes[lender]) != (node.kind, sizes[place]):
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
    sizes = widths(graph)
    blocks: list[list[Block]] = [[] for _ in graph]
    for place, using in users(graph).items():
        blocks[using[-1]] += LAYER_KINDS[graph[place].kind].blocks(*sizes[place])
    for own, node, (_, units) in zip(blocks, graph, sizes, strict=True):
        if node.layer.activation == "prelu":
            own.append(Block("alpha", (1,)))
        if node.layer.batch_norm != "none":
            own += [Block("gamma", (units,)), Block("beta", (units,))]
    return blocks


def multiply_adds(graph: Graph) -> list[int]:
    """Multiplications of one row's forward pass, by node."""
    sizes = widths(graph)
    return [LAYER_KINDS[node.kind].multiply_adds(*size) for node, size in zip(graph, sizes, strict=True)]
