"""The list of records for people."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from nntui.headless.runs import RunRow, outcome_words, size_words, steps_words, time_words

WIDE = 130  # columns in which a record takes a single line
STYLES = {"critical": "red", "warning": "yellow", "info": ""}


def print_runs(console: Console, rows: Sequence[RunRow], now: float) -> None:
    """A line for each record, or up to three where the terminal is narrow; numbered as ``nntui replay`` takes them."""
    cells = [_cells(at, row, now) for at, row in enumerate(rows, start=1)]
    widths = [max(len(one[column]) for one in cells) for column in range(4)]
    for row, (at, name, when, size) in zip(rows, cells, strict=True):
        line = Text(f"{at:>{widths[0]}}  ")
        line.append(f"{name:<{widths[1]}}", style="bold")
        line.append(f"  {when:<{widths[2]}}", style="green" if row.writing else "")
        line.append(f"  {size:>{widths[3]}}")
        came, found = _came(row), _found(row)
        if console.width >= WIDE:
            _print(console, Text.assemble(line, "  ", came, "; " if found.plain else "", found))
            continue
        _print(console, line)
        for detail in (came, found) if found.plain else (came,):
            _print(console, Text.assemble(" " * (widths[0] + 2), detail))


def _cells(at: int, row: RunRow, now: float) -> tuple[str, str, str, str]:
    other = row.summary is not None and row.summary.scenario not in row.path.stem
    name = f"{row.name} ({row.summary.scenario})" if other and row.summary is not None else row.name
    return str(at), name, "running" if row.writing else time_words(row.written, now), size_words(row.size)


def _came(row: RunRow) -> Text:
    """How far it came and how it stood there."""
    if row.summary is None:
        return Text(row.trouble, style="red")
    outcome = row.summary.outcome
    if outcome is None:
        return Text(f"{steps_words(row.summary)}; how it stood is not known", style="dim")
    began = f"recorded from step {row.summary.recorded_from} on" if row.summary.recorded_from else ""
    goes_on = f"goes on in {Path(row.summary.goes_on_in).name}" if row.summary.goes_on_in else ""
    lanes = f"{len(outcome.lanes)} lanes" if len(outcome.lanes) > 1 else ""
    return Text(", ".join(filter(None, (steps_words(row.summary), began, goes_on, lanes, outcome_words(outcome)))))


def _found(row: RunRow) -> Text:
    """The first thing that was found."""
    found = () if row.summary is None or row.summary.outcome is None else row.summary.outcome.findings
    if not found:
        return Text()
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return Text(f"{found[0].words}{more}", style=STYLES[found[0].severity])


def _print(console: Console, line: Text) -> None:
    line.truncate(console.width, overflow="ellipsis")
    console.print(line, no_wrap=True, soft_wrap=True)
