"""The list of records for people."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from nntui.headless.runs import RunRow, outcome_words, size_words, steps_words, time_words

WIDE = 130  # columns in which a record takes a single line
STYLES = {"critical": "red", "warning": "yellow", "info": ""}


def print_runs(console: Console, rows: Sequence[RunRow], now: float) -> None:
    """A line for each record, or two where the terminal is narrow; numbered as ``nntui replay`` takes them."""
    cells = [_cells(at, row, now) for at, row in enumerate(rows, start=1)]
    widths = [max(len(one[column]) for one in cells) for column in range(5)]
    for row, (at, name, when, steps, size) in zip(rows, cells, strict=True):
        line = Text(f"{at:>{widths[0]}}  ")
        line.append(f"{name:<{widths[1]}}", style="bold")
        line.append(f"  {when:<{widths[2]}}", style="green" if row.writing else "")
        line.append(f"  {steps:>{widths[3]}}  {size:>{widths[4]}}")
        detail = _detail(row)
        if console.width >= WIDE:
            _print(console, Text.assemble(line, "  ", detail))
            continue
        _print(console, line)
        if detail.plain:
            _print(console, Text.assemble(" " * (widths[0] + 2), detail))


def _cells(at: int, row: RunRow, now: float) -> tuple[str, str, str, str, str]:
    name, steps = row.name, ""
    if row.summary is not None:
        steps = steps_words(row.summary)
        if row.summary.scenario not in row.path.stem:
            name = f"{name} ({row.summary.scenario})"
    return str(at), name, "running" if row.writing else time_words(row.written, now), steps, size_words(row.size)


def _detail(row: RunRow) -> Text:
    """How it came out, and the first thing that was found."""
    if row.summary is None:
        return Text(row.trouble, style="red")
    outcome = row.summary.outcome
    if outcome is None:
        return Text("how it came out is not known", style="dim")
    lanes = f"{len(outcome.lanes)} lanes: " if len(outcome.lanes) > 1 else ""
    words = Text(f"{lanes}{outcome_words(outcome)}")
    if outcome.findings:
        first, more = outcome.findings[0], len(outcome.findings) - 1
        words.append("; ")
        words.append(first.words + (f" (and {more} more)" if more else ""), style=STYLES[first.severity])
    return words


def _print(console: Console, line: Text) -> None:
    line.truncate(console.width, overflow="ellipsis")
    console.print(line, no_wrap=True, soft_wrap=True)
