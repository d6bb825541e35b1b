"""A sweep as one JSON document, and as CSV."""

import csv
import io
from typing import Any

from nntui.json_text import plain
from nntui.sweep.results import Results
from nntui.sweep.table import values_of

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
