"""Words and numbers that the reports for people share."""

import math

from rich.table import Table
from rich.text import Text

from nntui.headless.training import Timing

LONGEST_LANE_NAME = 24


def number(value: float) -> str:
    """Four significant digits, in the form a person reads; "NaN" and "Inf" as such."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "−Inf"
    if value == 0:
        return "0"
    size = abs(value)
    if 1e-4 <= size < 1e5:
        return f"{value:.4g}" if size < 9999.5 else f"{value:.0f}"  # 9999.5 would be 1e+04
    return f"{value:.2e}"


def statistic(name: str, value: float) -> str:
    """A value as its statistic is read: shares as percentages, counts whole."""
    if math.isfinite(value):
        if name.endswith(("accuracy", "fraction")):
            return f"{100 * value:.1f} %"
        if name.endswith("_units") or name == "non_finite":
            return f"{value:.0f}"
    return number(value)


def heading(title: str, scenario: str, seed: int, rest: str) -> Text:
    """The first line of a report."""
    text = Text(title, style="bold")
    if scenario != title:
        text.append(f"  {scenario}", style="not bold")
    text.append(f"  seed {seed}  {rest}".replace(",", " "), "not bold")
    return text


def plain_table(*headers: tuple[str, bool], one_line: bool = False) -> Table:
    """A table without lines; a header says whether its column stands on the right. The first, and "Lane", may hold
    lanes' names. Numbers may be wrapped in a narrow terminal, unless every row is to be ``one_line``."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, (header, right) in enumerate(headers):
        width = LONGEST_LANE_NAME if place == 0 or header == "Lane" else None
        table.add_column(header, justify="right" if right else "left", no_wrap=one_line or not right, max_width=width)
    return table


def timing_line(timing: Timing) -> str:
    """How long the training took, in words."""
    return f"{timing.steps} steps in {timing.seconds:.2f} s ({timing.steps_per_second:,.0f} steps/s)"
