"""Showing how a frame and its numbers differ from the reference: words for the log, a picture for the eye."""

import io
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from nntui.files import write_file
from nntui.headless.comparison import CellDifference, NumberDifference, RowDifference

SHOWN = 12


def describe_numbers(differences: Sequence[NumberDifference]) -> list[str]:
    """A line for each of the first differences, and how many more there are."""
    lines = [f"  {d.path}: expected {d.expected}, got {d.got}" for d in differences[:SHOWN]]
    return lines + _more(len(differences), "numbers")


def describe_cells(difference: CellDifference) -> list[str]:
    """A line for each of the first differing rows: where, what was expected, what is there."""
    lines = [_row_line(row) for row in difference.rows[:SHOWN]]
    return lines + _more(len(difference.rows), "rows")


def _more(count: int, what: str) -> list[str]:
    return [f"  … and {count - SHOWN} more {what}"] if count > SHOWN else []


def _row_line(row: RowDifference) -> str:
    start, end = row.columns[0], row.columns[-1] + 1
    panel = f" ({row.panel})" if row.panel else ""
    where = f"column {start + 1}" if end == start + 1 else f"columns {start + 1} to {end}"
    expected, got = row.expected[start:end], row.got[start:end]
    if expected == got:
        return f'  row {row.row + 1}, {where}{panel}: "{got}" has other colours'
    return f'  row {row.row + 1}, {where}{panel}: expected "{expected}", got "{got}"'


def write_picture(name: str, expected: str, got: str, difference: CellDifference, folder: Path) -> list[Path]:
    """``name``.diff.svg and .txt in ``folder``: what was expected, what is there, differing cells marked."""
    changed = {row.row: set(row.columns) for row in difference.rows}
    width = max((len(line) for line in (*expected.splitlines(), *got.splitlines())), default=1)
    console = Console(
        record=True,
        width=width,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    text: list[str] = []
    for title, frame in (("expected", expected), ("got", got)):
        console.print(Text(title, style="bold"))
        text.append(title)
        for index, line in enumerate(frame.splitlines()):
            columns = changed.get(index, set())
            styled = Text(line, no_wrap=True)
            for column in columns:
                styled.stylize("black on yellow", column, column + 1)
            console.print(styled, soft_wrap=True)
            text.append(line)
            if columns:
                text.append("".join("^" if c in columns else " " for c in range(max(columns) + 1)))
    svg, plain = folder / f"{name}.diff.svg", folder / f"{name}.diff.txt"
    write_file(svg, console.export_svg(title=f"{name}: what differs"))
    write_file(plain, "\n".join(text) + "\n")
    return [svg, plain]
