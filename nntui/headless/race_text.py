"""The result of a race, and of a search for fair rates, as reports for people (``--format text``)."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nntui.headless.sparkline import NOT_FINITE, sparkline
from nntui.headless.text import number, timing_line
from nntui.headless.training import Timing
from nntui_engine.snapshot import RacerSnapshot, RaceSnapshot

if TYPE_CHECKING:
    from nntui_engine.race import Race
    from nntui_engine.sweeps import Sensitivity

CURVE_WIDTH = 40
RATES_WIDTH = 40
LONGEST_LANE_NAME = 24


def print_race(console: Console, race: RaceSnapshot, timing: Timing | None = None) -> None:
    """The report on ``console``: the lanes in numbers, the value over time, what diverged, changes."""
    console.print(_heading(race.title, race.scenario, race.seed, f"step {race.step:,} of {race.steps:,}"))
    surface = race.lanes[0].settings
    x, y = surface.start
    console.print(Text(f"{surface.surface.replace('_', ' ')} from ({x:g}, {y:g})"))
    console.print()
    console.print(_summary(race))
    console.print()
    console.print(_curves(race))
    lost = [lane for lane in race.lanes if lane.diverged_at is not None]
    if lost:
        console.print()
        for lane in lost:
            console.print(Text(f"{lane.name or lane.optimizer} diverged at step {lane.diverged_at}."))
    if race.marks:
        console.print()
        for mark in race.marks:
            console.print(Text(f"step {mark.step}  {mark.lane or 'all lanes'}: {mark.text}"))
    if timing is not None:
        console.print()
        console.print(Text(timing_line(timing)))


def print_fair(console: Console, race: "Race", found: Iterable["Sensitivity"]) -> None:
    """Each lane's best learning rate and the curve of the value reached with every rate."""
    scenario = race.scenario
    console.print(_heading(f"{scenario.title}: fair rates", scenario.name, race.seed, f"{race.steps:,} steps"))
    found = list(found)
    rates = found[0].rates
    console.print(
        Text(
            f"Value after {race.steps} steps with each of {len(rates)} learning rates from {rates[0]:g} to "
            f"{rates[-1]:g}. {NOT_FINITE} diverged."
        )
    )
    x, y = race.lanes[0].settings.start
    floor = min(race.lowest(index) for index in range(len(race.lanes)))
    around = [(one.best, float(np.min(one.values)), one.values) for one in found]
    alone = [(one.best_from_start, one.value_from_start, one.values_from_start) for one in found]
    for where, results in (
        ("median of five starts, the scenario's and four around it", around),
        (f"from ({x:g}, {y:g}), the scenario's start, alone", alone),
    ):
        console.print()
        console.print(Text(where))
        table = _table()
        table.add_column("Lane", no_wrap=True, max_width=LONGEST_LANE_NAME)
        table.add_column("Best lr", justify="right", no_wrap=True)
        table.add_column("Value", justify="right", no_wrap=True)
        table.add_column(f"{rates[0]:g} … {rates[-1]:g}", no_wrap=True)
        for one, (best, lowest, values) in zip(found, results, strict=True):
            curve = sparkline([float(v) for v in values - floor], RATES_WIDTH, log=True)
            shown = number(lowest) if math.isfinite(lowest) else "diverged"
            table.add_row(Text(one.lane or one.optimizer), f"{best:.3g}", shown, curve)
        console.print(table)


def _heading(title: str, scenario: str, seed: int, rest: str) -> Text:
    text = Text(title, style="bold")
    if scenario != title:
        text.append(f"  {scenario}", style="not bold")
    text.append(f"  seed {seed}  {rest}".replace(",", " "), "not bold")
    return text


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))


def _summary(race: RaceSnapshot) -> Table:
    table = _table()
    table.add_column("Lane", no_wrap=True, max_width=LONGEST_LANE_NAME)
    table.add_column("Optimizer", no_wrap=True)
    for name in ("lr", "Step", "Value", "Gradient", "Distance", "Position"):
        table.add_column(name, justify="right", no_wrap=True)
    for lane in race.lanes:
        x, y = lane.position
        table.add_row(
            Text(lane.name or lane.optimizer),
            lane.optimizer,
            f"{lane.settings.optimizer_parameters['lr']:g}",
            str(lane.step),
            number(lane.value),
            number(lane.gradient_norm),
            number(lane.distance) if len(lane.minima) else "",
            f"{number(x)}, {number(y)}",
        )
    return table


def _curves(race: RaceSnapshot) -> Table:
    table = _table()
    table.add_column("Value over time", no_wrap=True, max_width=LONGEST_LANE_NAME)
    table.add_column("first", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("last", justify="right", no_wrap=True)
    for lane in race.lanes:
        table.add_row(
            Text(lane.name or lane.optimizer),
            number(float(lane.values[0])),
            _curve(lane),
            number(float(lane.values[-1])),
        )
    return table


def _curve(lane: RacerSnapshot) -> str:
    """Logarithmic, above the lowest value of the surface."""
    values = np.maximum(lane.values - lane.lowest, 0.0)
    return sparkline([float(value) for value in values], CURVE_WIDTH, log=True)
