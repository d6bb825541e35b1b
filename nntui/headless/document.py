"""The result of a run as one JSON-ready document (``--format json``)."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from nntui.headless.settings_document import settings_document
from nntui.headless.training import Row, Timing
from nntui_engine.registry.statistic import EVALUATION_STATISTICS, OF_WEIGHTS, WHOLE_STATISTICS
from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import LaneSnapshot, Mark, Snapshot

SCHEMA = 1
WHOLE_NAMES = tuple(row.name for row in (*WHOLE_STATISTICS, *EVALUATION_STATISTICS))


def run_document(
    snapshot: Snapshot, findings: Iterable[Finding] = (), timing: Timing | None = None, points: int | None = None
) -> dict[str, Any]:
    """The whole result; ``timing`` adds wall times, which differ from run to run; ``points`` thins each path on a
    surface to at most that many, its ends kept."""
    by_lane: dict[str, list[Finding]] = {}
    for finding in findings:
        by_lane.setdefault(finding.lane, []).append(finding)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "scenario": snapshot.scenario,
        "seed": snapshot.seed,
        "steps": snapshot.steps,
        "lanes": [
            {
                **(_on_surface(lane, points) if snapshot.on_surface else _network(lane, by_lane.get(lane.name, []))),
                "tweaks": _tweaks(lane, snapshot.marks),
            }
            for lane in snapshot.lanes
        ],
    }
    if timing is not None:
        document["timing"] = {"seconds": timing.seconds, "steps_per_second": timing.steps_per_second}
    return document


def _network(lane: LaneSnapshot, findings: Iterable[Finding]) -> dict[str, Any]:
    return {
        "name": lane.name,
        "settings": settings_document(lane.settings),
        "step": lane.step,
        # Null is "does not apply" (accuracy of a regression), so that a NaN always is a real NaN.
        **{name: lane.whole.get(name) for name in WHOLE_NAMES},
        "parameters": lane.network.parameters,
        "layers": [_layer(lane, position) for position in range(len(lane.layers))],
        **_sequences(lane),
        "findings": [finding.as_dict() for finding in findings],
    }


def _layer(lane: LaneSnapshot, position: int) -> dict[str, Any]:
    layer = lane.layers[position]
    values = {name: float(column[position]) if layer.has(name) else None for name, column in lane.per_layer.items()}
    return {
        "index": layer.index,
        "name": layer.name,
        "kind": layer.kind,
        "shape": list(layer.shape),
        "units": layer.units,
        "activation": layer.activation,
        "parameters": layer.parameters,
        "multiply_adds": layer.multiply_adds,
        **values,
    }


def _sequences(lane: LaneSnapshot) -> dict[str, Any]:
    """Of recurrent layers, what they have several numbers of; nothing where no layer is recurrent."""
    if not lane.sequences:
        return {}
    named = {
        statistic: {lane.layers[layer - 1].name: values.tolist() for layer, values in found.items()}
        for statistic, found in lane.sequences.items()
    }
    return {"sequences": named}


def row_documents(rows: Iterable[Row], snapshot: Snapshot) -> Iterator[Row]:
    """The rows of ``--format jsonl``, with null where a statistic says nothing of a layer, as in the document."""
    gaps = {lane.name: _gaps(lane) for lane in snapshot.lanes}
    for row in rows:
        without = gaps[row["lane"]]
        if not without:
            yield row
            continue
        layers = {
            name: [None if at in without.get(name, ()) else value for at, value in enumerate(values)]
            for name, values in row["layers"].items()
        }
        yield {**row, "layers": layers}


def _gaps(lane: LaneSnapshot) -> dict[str, set[int]]:
    """Places (0-based) of the layers that a statistic says nothing of, by statistic; none for most networks."""
    without = {at for at, layer in enumerate(lane.layers) if not layer.has_weights}
    return dict.fromkeys(OF_WEIGHTS, without) if without else {}


def _on_surface(lane: LaneSnapshot, points: int | None) -> dict[str, Any]:
    surface, count = lane.surface, len(lane.surface.steps)
    kept = slice(None) if points is None or count <= points else np.linspace(0, count - 1, points).astype(int)
    return {
        "name": lane.name,
        "optimizer": lane.settings.optimizer,
        "settings": settings_document(lane.settings),
        "step": lane.step,
        "state": lane.state,
        "diverged_at": surface.diverged_at,
        "start": list(surface.settings.start),
        "position": list(surface.position),
        "value": lane.whole["value"],
        "gradient_norm": lane.whole["gradient_norm"],
        "distance": lane.whole["distance"] if len(surface.minima) else None,
        "path_length": lane.whole["path_length"],
        "curvatures": list(surface.curvatures),
        "path": surface.path[kept],
        "path_steps": surface.steps[kept].astype(int),
    }


def _tweaks(lane: LaneSnapshot, marks: Iterable[Mark]) -> list[dict[str, Any]]:
    return [{"step": mark.step, "set": dict(mark.settings)} for mark in marks if mark.lane in (None, lane.name)]
