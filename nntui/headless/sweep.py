"""A sweep as one JSON document, and as CSV."""

import csv
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.json_text import plain
from nntui.sweep.plan import LANE, Cell, Plan
from nntui.sweep.results import Results

SCHEMA = 1
NOT_YET = "not run"


def sweep_document(results: Results) -> dict[str, Any]:
    """All cells in the order of the axes; those that were not run have null as value and step."""
    plan = results.plan
    return {
        "schema": SCHEMA,
        "scenario": plan.scenario,
        "measure": plan.measure.text,
        "axes": {axis.key: list(axis.values) for axis in plan.shown_axes},
        "cells": [_cell(results, number) for number in range(plan.count)],
    }


def _cell(results: Results, number: int) -> dict[str, Any]:
    cell, found = results.plan.cell(number), results.found.get(number)
    return {
        "set": values_of(results.plan, cell),
        "seed": cell.seed,
        "value": None if found is None else found.value,
        "state": NOT_YET if found is None else found.state,
        "step": None if found is None else found.step,
    }


def sweep_csv(results: Results) -> str:
    """The same as a table: a column for each axis, then seed, value, state and step."""
    plan, text = results.plan, io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*(axis.key for axis in plan.shown_axes), "seed", plan.measure.text, "state", "step"])
    for number in range(plan.count):
        one = plain(_cell(results, number))
        writer.writerow(
            [*map(_word, one["set"].values()), *(_word(one[key]) for key in ("seed", "value", "state", "step"))]
        )
    return text.getvalue()


def _word(value: object) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def values_of(plan: Plan, cell: Cell) -> dict[str, Any]:
    """The values of a cell on the axes, by key."""
    lane = {LANE: cell.lane} if len(plan.lanes) > 1 else {}
    return lane | {axis.key: axis.values[place] for axis, place in zip(plan.axes, cell.places, strict=True)}


def table_of(results: Results) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Over the places of :attr:`Plan.shape` without seeds: the mean of a cell's seeds, their standard deviation, and
    whether one of them has diverged. NaN where none is known yet."""
    plan = results.plan
    values = np.full(plan.count, np.nan)
    diverged = np.zeros(plan.count, dtype=bool)
    for number, found in results.found.items():
        values[number] = np.nan if found.value is None else found.value
        diverged[number] = found.state == "diverged"
    by_seed = values.reshape(plan.shape)
    known = ~np.isnan(by_seed)
    count = known.sum(axis=-1)
    with np.errstate(all="ignore"):
        mean = np.where(known, by_seed, 0.0).sum(axis=-1) / np.where(count, count, np.nan)
        away = np.where(known, by_seed - mean[..., None], 0.0)
        spread = np.sqrt((away**2).sum(axis=-1) / np.where(count, count, np.nan))
    return mean, spread, np.asarray(diverged.reshape(plan.shape).any(axis=-1), dtype=np.bool_)
