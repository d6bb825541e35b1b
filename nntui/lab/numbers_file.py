"""What was measured, as a CSV file: a row for each lane and step, a column for each statistic, or layer of one."""

import csv
import io
from collections.abc import Callable

import numpy as np

from nntui_engine.errors import InputError
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .files import NUMBERS_BEGIN


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
        for step in sorted({step for column in columns.values() for step in column}):
            if stopped():
                raise InputError("The numbers were not saved: the lab was left.")
            values = (columns[name].get(step) if name in columns else None for name in names)
            writer.writerow([lane, f"{step:g}", *("" if value is None else repr(value) for value in values)])
    return text.getvalue()


def _columns(lane: LaneSnapshot) -> dict[str, dict[float, float]]:
    """By column: the value at each step."""
    found: dict[str, dict[float, float]] = {}
    for name, series in lane.whole_history.items():
        found[name] = _values(series.steps, series.mean[:, 0])
    for name, series in lane.layer_history.items():
        for place, layer in enumerate(lane.layers[: series.mean.shape[1]]):
            found[f"{name} {layer.name}"] = _values(series.steps, series.mean[:, place])
    return {name: column for name, column in found.items() if column}


def _values(steps: np.ndarray, values: np.ndarray) -> dict[float, float]:
    """The values that were measured, NaN and infinity as what they are where others stand beside them."""
    if np.isnan(values).all():
        return {}
    return dict(zip(steps.tolist(), values.astype(float).tolist(), strict=True))
