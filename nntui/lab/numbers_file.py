"""What was measured, a row for each lane and step: as CSV with a column for each statistic, or layer of one, and as the
JSON lines of ``nntui export``."""

import csv
import io
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

import numpy as np

from nntui.json_text import json_text
from nntui_engine.errors import InputError
from nntui_engine.run.snapshot import LaneSnapshot, Series, Snapshot
from nntui_engine.tasks.surface_lane import IN_ROWS

from .files import NUMBERS_BEGIN

Row = dict[str, Any]
Column = tuple[np.ndarray, np.ndarray]
ROWS_AT_ONCE = 64


def numbers_text(snapshot: Snapshot, stopped: Callable[[], bool] = lambda: False) -> str:
    """The CSV of a snapshot that carries its histories; what was not measured at a step is empty.

    Far back, where several samples were merged, a row holds their mean. Of a deep network that takes seconds: raises
    InputError as soon as ``stopped`` says that nobody waits for it any more.
    """
    tables = [(lane.name, _columns(lane)) for lane in snapshot.lanes]
    names = list(dict.fromkeys(name for _, columns in tables for name in columns))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*NUMBERS_BEGIN, *names])
    for lane, columns in tables:
        every = np.unique(np.concatenate([np.empty(0), *(steps for steps, _ in columns.values())]))
        for begin in range(0, len(every), ROWS_AT_ONCE):
            rows = every[begin : begin + ROWS_AT_ONCE]
            cells = []
            for name in names:
                _go_on_unless(stopped)
                cells.append(_cells(rows, *columns[name]) if name in columns else [""] * len(rows))
            writer.writerows(zip([lane] * len(rows), [f"{step:.12g}" for step in rows], *cells, strict=True))
    return text.getvalue()


def lines_text(snapshot: Snapshot, stopped: Callable[[], bool] = lambda: False) -> str:
    """The same as JSON lines, as ``nntui export`` writes them: what was not measured at a step is left out, and a race
    goes step by step. Raises InputError as :func:`numbers_text` does."""
    rows: list[Row] = []
    for lane in snapshot.lanes:
        _go_on_unless(stopped)
        of_lane = _race_rows(lane) if snapshot.on_surface else _rows(lane)
        rows += (of_lane[step] for step in sorted(of_lane))
    if snapshot.on_surface:
        rows.sort(key=itemgetter("step"))
    lines = []
    for row in rows:
        _go_on_unless(stopped)
        lines.append(json_text(row, indent=None))
    return "".join(lines)


WRITERS = {"csv": numbers_text, "jsonl": lines_text}


def _go_on_unless(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise InputError("The numbers were not saved: the lab was left.")


def _rows(lane: LaneSnapshot) -> dict[int, Row]:
    """By step: a row of JSON."""
    whole: dict[int, Row] = {}
    layers: dict[int, Row] = {}
    sequences: dict[int, Row] = {}
    for name, series in lane.whole_history.items():
        for step, values in _samples(series):
            whole.setdefault(step, {})[name] = values[0]
    for name, series in lane.layer_history.items():
        says = [layer.has(name) for layer in lane.layers]
        for step, values in _samples(series):
            said = [value if one else None for value, one in zip(values, says, strict=True)]
            layers.setdefault(step, {})[name] = said
    for name, of_layers in lane.sequence_history.items():
        for layer, series in of_layers.items():
            for step, values in _samples(series):
                named = sequences.setdefault(step, {}).setdefault(name, {})
                named[lane.layers[layer - 1].name] = values
    return {
        step: {
            "lane": lane.name,
            "step": step,
            **whole.get(step, {}),
            "layers": layers.get(step, {}),
            **({"sequences": sequences[step]} if step in sequences else {}),
        }
        for step in whole | layers | sequences
    }


def _race_rows(lane: LaneSnapshot) -> dict[int, Row]:
    """The same of a race."""
    found: dict[int, Row] = {}
    for name in IN_ROWS:
        for step, values in _samples(lane.whole_history[name]):
            found.setdefault(step, {"lane": lane.name, "step": step})[name] = values[0]
    return found


def _samples(series: Series) -> Iterator[tuple[int, list[float]]]:
    return zip(series.steps.astype(int).tolist(), series.mean.tolist(), strict=True)


def _columns(lane: LaneSnapshot) -> dict[str, Column]:
    """By name: the steps in their order, and the value at each. Without a column of which nothing was measured."""
    found = {name: (series.steps, series.mean[:, 0]) for name, series in lane.whole_history.items()}
    for name, series in lane.layer_history.items():
        for place, layer in enumerate(lane.layers[: series.mean.shape[1]]):
            found[f"{name} {layer.name}"] = (series.steps, series.mean[:, place])
    return {name: (steps, values) for name, (steps, values) in found.items() if not np.isnan(values).all()}


def _cells(rows: np.ndarray, steps: np.ndarray, values: np.ndarray) -> list[str]:
    """What stands in a column at these steps: NaN and infinity as what they are, nothing where it was not measured."""
    places = np.searchsorted(steps, rows)
    there = np.append(steps, np.nan)[places] == rows
    measured = iter(values[places[there]].astype(float).tolist())
    return [repr(next(measured)) if one else "" for one in there.tolist()]
