"""The report on a run on a surface: its lanes in numbers, the value over time, what diverged."""

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from nntui.headless.numbers import number
from nntui.headless.sparkline import sparkline
from nntui.headless.words import plain_table
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

CURVE_WIDTH = 40


def start_line(snapshot: Snapshot) -> Text:
    """Which surface, from where."""
    settings = snapshot.lanes[0].surface.settings
    x, y = settings.start
    return Text(f"{settings.surface.replace('_', ' ')} from ({x:g}, {y:g})")


def surface_blocks(snapshot: Snapshot) -> list[RenderableType | None]:
    """The lanes in numbers, the value over time, what diverged. The snapshot carries the history of the value."""
    return [_summary(snapshot), _curves(snapshot), _lost(snapshot)]


def _summary(race: Snapshot) -> Table:
    numbers = ("lr", "Step", "Value", "Gradient", "Distance", "Position")
    headers = [("Lane", False), ("Optimizer", False), *((name, True) for name in numbers)]
    table = plain_table(*headers, one_line=True)
    for lane in race.lanes:
        x, y = lane.surface.position
        table.add_row(
            _name(lane),
            lane.settings.optimizer,
            f"{lane.settings.optimizer_parameters['lr']:g}",
            str(lane.step),
            number(lane.whole["value"]),
            number(lane.whole["gradient_norm"]),
            number(lane.whole["distance"]) if len(lane.surface.minima) else "",
            f"{number(x)}, {number(y)}",
        )
    return table


def _curves(race: Snapshot) -> Table:
    table = plain_table(("Value over time", False), ("first", True), ("", False), ("last", True), one_line=True)
    for lane in race.lanes:
        values = lane.whole_history["value"].mean[:, 0]
        above = np.maximum(values - lane.surface.lowest, 0.0)  # the curve is logarithmic
        curve = sparkline([float(value) for value in above], CURVE_WIDTH, log=True)
        table.add_row(_name(lane), number(float(values[0])), curve, number(float(values[-1])))
    return table


def _lost(race: Snapshot) -> RenderableType | None:
    lost = [lane for lane in race.lanes if lane.surface.diverged_at is not None]
    lines = [Text(f"{_name(lane)} diverged at step {lane.surface.diverged_at}.") for lane in lost]
    return Group(*lines) if lines else None


def _name(lane: LaneSnapshot) -> Text:
    return Text(lane.name or lane.settings.optimizer)
