"""The results as plain tables."""

from dataclasses import dataclass

from nntui.bench.timing import Spread
from nntui.headless.numbers import measured


@dataclass(frozen=True, slots=True)
class Sheet:
    """A title, the columns' names and rows of text, as long as the names."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def spread_text(one: Spread) -> str:
    """The median, and in brackets the lowest and highest round."""
    return f"{measured(one['median'])} ({measured(one['low'])}–{measured(one['high'])})"


def rate_spread_text(one: Spread) -> str:
    """The same for steps a second, in thousands or millions."""
    unit, letter = next(
        ((u, x) for u, x in ((1e6, "M"), (1e3, "k")) if one["median"] >= u),
        (1.0, ""),
    )
    low, high = one["low"] / unit, one["high"] / unit
    return f"{measured(one['median'] / unit)}{letter} ({measured(low)}–{measured(high)})"


def sheet_text(sheet: Sheet) -> str:
    """The title, the columns' names and the rows, the first column to the left. Nothing is cut."""
    table = [sheet.columns, *sheet.rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(sheet.columns))]
    lines = [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
    return "\n".join([sheet.title, *lines])
