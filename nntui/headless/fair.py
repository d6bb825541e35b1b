"""A search for fair learning rates, as a document (``--format json``) and as a report for people."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.text import Text

from nntui.headless.document import SCHEMA
from nntui.headless.numbers import number
from nntui.headless.sparkline import NOT_FINITE, sparkline
from nntui.headless.words import heading, plain_table

if TYPE_CHECKING:
    from nntui_engine.analysis.sweeps import Sensitivity
    from nntui_engine.experiment import Experiment

RATES_WIDTH = 40


def fair_document(run: "Experiment", found: Iterable["Sensitivity"]) -> dict[str, Any]:
    """Every lane's best learning rate, and the value reached with each rate tried."""
    return {
        "schema": SCHEMA,
        "scenario": run.scenario.name,
        "seed": run.seed,
        "steps": run.steps,
        "fair": [
            {
                "name": one.lane,
                "optimizer": one.optimizer,
                "best": one.best,
                "value": float(np.min(one.values)),
                "best_from_start": one.best_from_start,
                "value_from_start": one.value_from_start,
                "rates": one.rates,
                "values": one.values,
                "values_from_start": one.values_from_start,
            }
            for one in found
        ],
    }


def print_fair(console: Console, run: "Experiment", found: Iterable["Sensitivity"]) -> None:
    """Each lane's best learning rate and the curve of the value reached with every rate."""
    scenario = run.scenario
    console.print(heading(f"{scenario.title}: fair rates", scenario.name, run.seed, f"{run.steps:,} steps"))
    found = list(found)
    rates = found[0].rates
    console.print(
        Text(
            f"Value after {run.steps} steps with each of {len(rates)} learning rates from {rates[0]:g} to "
            f"{rates[-1]:g}. {NOT_FINITE} diverged."
        )
    )
    x, y = run.surface.lanes[0].settings.start
    floor = min(run.surface.lowest(index) for index in range(len(run.lanes)))
    around = [(one.best, float(np.min(one.values)), one.values) for one in found]
    alone = [(one.best_from_start, one.value_from_start, one.values_from_start) for one in found]
    for where, results in (
        ("median of five starts, the scenario's and four around it", around),
        (f"from ({x:g}, {y:g}), the scenario's start, alone", alone),
    ):
        console.print()
        console.print(Text(where))
        tried = f"{rates[0]:g} … {rates[-1]:g}"
        table = plain_table(("Lane", False), ("Best lr", True), ("Value", True), (tried, False))
        for one, (best, lowest, values) in zip(found, results, strict=True):
            curve = sparkline([float(v) for v in values - floor], RATES_WIDTH, log=True)
            shown = number(lowest) if math.isfinite(lowest) else "diverged"
            table.add_row(Text(one.lane or one.optimizer), f"{best:.3g}", shown, curve)
        console.print(table)
