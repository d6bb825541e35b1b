"""A sweep as tables for people."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from nntui.headless.numbers import number, statistic
from nntui.sweep.axes import Axis
from nntui.sweep.plan import Plan
from nntui.sweep.results import Results
from nntui.sweep.table import ends_of, table_of, values_of

DIVERGED = "×"
BEST = 10  # cells of a search


def value_words(value: object) -> str:
    """A value of an axis."""
    return number(value) if isinstance(value, float) else str(value)


def print_sweep(console: Console, results: Results) -> None:
    """What was asked, the tables, and where the smallest and the largest value were."""
    for line in sweep_lines(results, console.width):
        console.print(line, soft_wrap=True)


def sweep_lines(results: Results, width: int) -> Iterator[Text]:
    """Tables of at most ``width`` columns: the second-last axis down, the last across, one table for each place of
    the others."""
    plan = results.plan
    seeds = f", mean of {len(plan.seeds)} seeds" if len(plan.seeds) > 1 else f", seed {plan.seeds[0]}"
    yield Text(f"{plan.title}  {plan.scenario}", style="bold")
    yield Text(f"{plan.measure.text}{seeds}; {len(results.found)} of {plan.wanted} runs")
    if plan.search is not None:
        yield from _best(results)
        return
    mean, spread, diverged = table_of(results)
    axes = plan.shown_axes
    if len(plan.lanes) == 1:
        mean, spread, diverged = mean[0], spread[0], diverged[0]
    cells = np.vectorize(lambda *of: _cell(plan, *of), otypes=[object])(mean, spread, diverged)
    if len(axes) == 1:
        yield Text("")
        yield from _column(axes[0], cells)
    else:
        for places in product(*(range(len(axis.values)) for axis in axes[:-2])):
            yield Text("")
            if places:
                of = (f"{axis.key} = {value_words(axis.values[at])}" for axis, at in zip(axes, places, strict=False))
                yield Text(", ".join(of), style="bold")
            yield from _table(axes[-2], axes[-1], cells[places], width)
    yield Text("")
    if diverged.any():
        yield Text(f"{DIVERGED} has diverged" + (" on a seed" if len(plan.seeds) > 1 else ""))
    yield from _ends(results)


def _cell(plan: Plan, mean: float, spread: float, diverged: bool) -> str:
    if diverged and (len(plan.seeds) == 1 or not np.isfinite(mean)):
        return DIVERGED  # its last number says nothing
    mark = DIVERGED if diverged else ""
    if np.isnan(mean):
        return "–"
    words = statistic(plan.measure.statistic, mean)
    if len(plan.seeds) > 1 and not np.isnan(spread):
        words += f" ±{statistic(plan.measure.statistic, spread).removesuffix(' %')}"
    return f"{words} {mark}".rstrip()


def _column(axis: Axis, cells: Any) -> Iterator[Text]:
    names = [value_words(value) for value in axis.values]
    size = max(len(axis.key), *map(len, names))
    yield Text(axis.key, style="dim")
    for name, cell in zip(names, cells, strict=True):
        yield Text(f"{name:>{size}}  {cell}")


def _table(down: Axis, across: Axis, cells: Any, width: int) -> Iterator[Text]:
    left = [value_words(value) for value in down.values]
    heads = [value_words(value) for value in across.values]
    size = max(len(down.key), *map(len, left))
    wide = max(map(len, [*heads, *cells.ravel()])) + 2
    at_once = max(1, (width - size) // wide)
    for begin in range(0, len(heads), at_once):
        part = slice(begin, begin + at_once)
        if begin:
            yield Text("")
        yield Text(f"{'':>{size}}  {across.key}", style="dim")
        yield Text(f"{down.key:<{size}}" + "".join(f"{head:>{wide}}" for head in heads[part]), style="dim")
        for name, row in zip(left, cells, strict=True):
            yield Text(f"{name:>{size}}" + "".join(f"{cell:>{wide}}" for cell in row[part]))


def _best(results: Results) -> Iterator[Text]:
    """What a search has found, the best first: a table would be mostly empty."""
    plan = results.plan
    assert plan.search is not None
    mean, spread, diverged = (table.ravel() for table in table_of(results))
    sign = -1.0 if plan.search.largest else 1.0
    order = [at for at in np.argsort(sign * mean, kind="stable") if np.isfinite(mean[at])][:BEST]
    if not order:
        yield Text("No run has a number to show.")
    yield Text("")
    for at in order:
        cell = plan.cell(int(at) * len(plan.seeds))
        of = ", ".join(f"{key} = {value_words(one)}" for key, one in values_of(plan, cell).items())
        yield Text(f"{_cell(plan, mean[at], spread[at], diverged[at]):<14}  {of}")


def _ends(results: Results) -> Iterator[Text]:
    """Where the smallest and the largest value were."""
    plan, ends = results.plan, ends_of(results)
    if not ends:
        yield Text("No run has a number to show.")
    for word, value, at in ends:
        cell = plan.cell(at)
        of = ", ".join(f"{key} = {value_words(one)}" for key, one in values_of(plan, cell).items())
        yield Text(f"{word.capitalize():<8}  {statistic(plan.measure.statistic, value)}  at {of}, seed {cell.seed}")
