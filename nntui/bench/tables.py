"""The results as plain tables."""

from dataclasses import dataclass

from nntui.bench.timing import Spread


@dataclass(frozen=True, slots=True)
class Sheet:
    """A title, the columns' names and rows of text, as long as the names."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def number(value: float) -> str:
    """A number of few digits, without an exponent."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def ratio(value: float) -> str:
    """A quotient with two decimals, with three below 0.1."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def spread_text(one: Spread) -> str:
    """The median, and in brackets the lowest and highest round."""
    return f"{number(one['median'])} ({number(one['low'])}–{number(one['high'])})"


def rate_spread_text(one: Spread) -> str:
    """The same for steps a second, in thousands or millions."""
    unit, letter = next(
        ((u, x) for u, x in ((1e6, "M"), (1e3, "k")) if one["median"] >= u),
        (1.0, ""),
    )
    low, high = one["low"] / unit, one["high"] / unit
    return f"{number(one['median'] / unit)}{letter} ({number(low)}–{number(high)})"


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
