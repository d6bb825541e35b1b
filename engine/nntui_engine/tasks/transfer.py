"""The weights that a network starts from where these were learned before: in a file, or by another scenario."""

import functools
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.weight_files import read_weights
from ..errors import InputError, allowed_names
from ..layout.graph import graph_of, owned
from ..scenario import load_scenario
from ..scenario.problems import prefix
from ..scenario.settings import LaneSettings

Values = dict[str, NDArray[Any]]


def first_values(settings: LaneSettings, where: str) -> Values:
    """What a lane starts from in place of what is drawn, by parameter name; empty without ``model.start``.

    Raises InputError for a file that is missing or damaged, a layer that is not there, and shapes that do not fit.
    """
    start = settings.start
    if start is None:
        return {}
    key = f"{prefix(where)}model.start"
    if start.weights:
        found, source = read_weights(start.weights, f"{key}.weights"), "the file"
    else:
        found, source = dict(_learned(start.scenario, start.seed, f"{key}.scenario")), f"scenario {start.scenario}"
    wanted = _shapes(settings)
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in wanted))
    chosen = {}
    for layer in start.layers or layers:
        if layer not in layers:
            raise InputError(f'{key}.layers: no layer "{layer}" has weights here; {allowed_names(layer, layers)}')
        for name in (name for name in wanted if name.rpartition(".")[0] == layer):
            if name not in found:
                raise InputError(f"{key}: {source} has no {name}; it has {', '.join(list(found)[:12])}")
            if found[name].shape != wanted[name]:
                raise InputError(
                    f"{key}: {name} of {source} has shape {found[name].shape}; this network wants {wanted[name]}"
                )
            chosen[name] = np.asarray(found[name], dtype=np.float64)
    return chosen


def _shapes(settings: LaneSettings) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter and running statistic, by its name."""
    shapes: dict[str, tuple[int, ...]] = {}
    labels = ["inputs", *(layer.label for layer in settings.layers)]
    graph = graph_of(settings)
    for label, node, blocks in zip(labels, graph, owned(graph), strict=True):
        shapes |= {f"{label}.{block.name}": tuple(block.shape) for block in blocks}
        if node.layer.batch_norm != "none":
            units = next(block.size for block in blocks if block.name == "gamma")
            shapes |= {f"{label}.running_mean": (units,), f"{label}.running_variance": (units,)}
    return shapes


def _learned(name: str, seed: int | None, where: str) -> Mapping[str, NDArray[Any]]:
    """The parameters that a scenario's first lane ends with. Trained once a process."""
    try:
        scenario = load_scenario(name)
    except InputError as problem:
        raise InputError(f"{where}: {problem}") from None
    if scenario.is_surface:
        raise InputError(f"{where}: {name} descends a surface; it has no weights")
    tables = {**scenario.lanes[0].tables}
    if "start" in tables["model"]:
        raise InputError(f"{where}: {name} itself starts from other weights; name a scenario that does not")
    if seed is not None:
        tables["train"] = {**tables["train"], "seed": seed}
    return _trained(name, json.dumps(tables, sort_keys=True))


@functools.lru_cache(maxsize=8)
def _trained(name: str, tables: str) -> Mapping[str, NDArray[Any]]:
    from .network import NetworkTask

    task = NetworkTask(name, every=1_000_000, keep_samples=0)
    task.begin({"": json.loads(tables)})
    while task.pending(task.limit):
        task.launch(task.limit)
    return task.parameters(0)
