"""Two records beside each other as text, and as a document."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nntui.headless.comparing import (
    Comparison,
    Difference,
    Farthest,
    LaneComparison,
    NetworkComparison,
    RaceComparison,
)
from nntui.plotting.numbers import number, setting

SCHEMA = 1
SETTINGS = "Settings that differ"
MOST_LAYERS = 6  # statistics of layers that the text names


def comparison_document(names: Sequence[str], found: Sequence[Comparison]) -> dict[str, Any]:
    """The first record of ``names`` beside each of the others."""
    others = [{"record": name, **asdict(one)} for name, one in zip(names[1:], found, strict=True)]
    return {"schema": SCHEMA, "first": names[0], "others": others}


def print_comparison(console: Console, first: str, second: str, found: Comparison) -> None:
    """One record beside another."""
    console.print(Text(f"{first} and {second}", "bold"))
    for lane in found.lanes:
        console.print()
        _print_lane(console, first, second, lane)
    for name, only in ((first, found.only_first), (second, found.only_second)):
        if only:
            console.print()
            console.print(f"Only in {name}: {', '.join(repr(one) for one in only)}", soft_wrap=True)


def _print_lane(console: Console, first: str, second: str, lane: LaneComparison) -> None:
    called = lane.first if lane.first == lane.second else f"{lane.first} and {lane.second}"
    if called:
        console.print(Text(f"Lane {called}", "bold"))
    console.print(_parting(lane), soft_wrap=True)
    if lane.settings:
        console.print()
        console.print(_table(SETTINGS, first, second, lane.settings))
    console.print()
    console.print(_table("Outcome", first, second, lane.outcome))
    if isinstance(lane, NetworkComparison) and lane.layers:
        console.print()
        console.print(_layers(first, second, lane))
    if isinstance(lane, RaceComparison) and lane.farthest is not None:
        console.print()
        console.print(_apart(lane.farthest), soft_wrap=True)


def _parting(lane: LaneComparison) -> str:
    if lane.parts_at is None:
        steps = f"{lane.same_steps} steps that both made"
        return f"Every number of the {steps} is the same, to the bit." if lane.same_steps else "They share no step."
    what, at = ("paths", lane.paths_part_at) if isinstance(lane, RaceComparison) else ("losses", None)
    at = lane.losses_part_at if isinstance(lane, NetworkComparison) else at
    if at is None:
        return f"Their {what} are the same at every step; other numbers part at step {lane.parts_at}."
    if at == 0:
        return "They start at two places."
    same = f" The {lane.same_steps} steps before are the same, to the bit." if lane.same_steps else ""
    return f"Their {what} part at step {at}.{same}"


def _apart(farthest: Farthest) -> str:
    (x, y), (u, v) = farthest.first, farthest.second
    places = f"({number(x)}, {number(y)}) and ({number(u)}, {number(v)})"
    return f"Farthest apart at step {farthest.step}: {number(farthest.distance)}, at {places}."


def _table(title: str, first: str, second: str, differences: Sequence[Difference]) -> Table:
    table = _plain_table(title)
    _add_columns(table, first, second)
    for one in differences:
        key, form = (one.key, setting) if title == SETTINGS else (one.key.replace("_", " "), number)
        table.add_row(key, _said(one.first, form), _said(one.second, form))
    return table


def _layers(first: str, second: str, lane: NetworkComparison) -> Table:
    table = _plain_table("Layers differ most in", "Layer")
    _add_columns(table, "Step", first, second)
    for one in lane.layers[:MOST_LAYERS]:
        words = (one.statistic.replace("_", " "), one.layer, str(one.step), number(one.first), number(one.second))
        table.add_row(*words)
    return table


def _plain_table(*headings: str) -> Table:
    return Table(*headings, box=None, pad_edge=False, padding=(0, 2, 0, 0))


def _add_columns(table: Table, *headings: str) -> None:
    for heading in headings:
        table.add_column(heading, justify="right")


def _said(value: Any, form: Callable[[float], str]) -> str:
    if value is None:
        return "-"
    return form(value) if isinstance(value, float) else str(value)
