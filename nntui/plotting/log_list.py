"""The panel of findings and of what was done when."""

from dataclasses import dataclass

from .boxes import draw_box
from .grid import Grid, wrap
from .numbers import grouped
from .theme import ACCENT, DIM, ERROR, FAINT, TEXT, WARNING, Theme

Pieces = list[tuple[str, str]]  # of a row: text and style
LATEST = 3  # entries of the log that a box has room for unasked


@dataclass(frozen=True, slots=True)
class LogLine:
    """One thing that happened. ``kind`` is "change", "note" or "error"; ``step`` is None outside the run."""

    text: str
    step: int | None = None
    kind: str = "change"


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding: severity "info", "warning" or "critical"; what, where and since when; its cause and its fixes."""

    severity: str
    text: str
    details: tuple[str, ...] = ()


def draw_log(
    findings: list[FindingLine], log: list[LogLine], watching: bool, width: int, height: int, theme: Theme
) -> Grid:
    """Findings first, then the newest entries of the log, oldest of them on top."""
    grid = Grid.blank(width, height)
    draw_box(grid, theme, "Findings and log")
    room, inner = height - 2, width - 4
    rows, body = _rows(findings, log, watching, inner, room, theme)
    keep = room - len(rows)
    if not log and keep > min(1, len(rows)):
        body = [[(line, FAINT)] for line in wrap("Changes you make will be listed here.", inner)][:keep]
    for row, pieces in enumerate(rows + body):
        column = 2
        for text, style in pieces:
            column = grid.write(row + 1, column, text, style)
    return grid


def log_height(
    findings: list[FindingLine], log: list[LogLine], watching: bool, width: int, most: int, theme: Theme
) -> int:
    """Rows, at most ``most``, in which a box of this width says what was found and what was done last."""
    found, done = _rows(findings, log[-LATEST:], watching, width - 4, most - 2, theme)
    return min(most, max(1, len(found) + len(done)) + 2)


def _rows(
    findings: list[FindingLine], log: list[LogLine], watching: bool, width: int, room: int, theme: Theme
) -> tuple[list[Pieces], list[Pieces]]:
    """What stands in ``room`` rows of findings and of the log; the newest of the log have half of them at least."""
    body = log_rows(log, width)
    most = max(1, room - min(len(body), room // 2))
    rows = fitting_findings(findings, width, most, theme)[:most] if watching or findings else []
    keep = room - len(rows)
    return rows, body[-keep:] if keep > 0 else []


def fitting_findings(findings: list[FindingLine], width: int, most: int, theme: Theme) -> list[Pieces]:
    """The findings in rows; where they are more than ``most``, each goes without its last fix, any fix, its cause."""
    for details in range(max((len(one.details) for one in findings), default=0), -1, -1):
        rows = finding_rows(findings, details, width, theme)
        if len(rows) <= most:
            break
    return rows


def finding_rows(findings: list[FindingLine], details: int, width: int, theme: Theme) -> list[Pieces]:
    """All findings in rows, each with at most so many of its ``details``."""
    if not findings:
        return [[("Nothing found so far.", DIM)]]
    rows: list[Pieces] = []
    for finding in findings:
        colour = {"critical": ERROR, "warning": WARNING}.get(finding.severity, ACCENT)
        sign = {"critical": theme.glyphs.bad, "warning": "!"}.get(finding.severity, "i")
        for number, line in enumerate(wrap(finding.text, width - 2)):
            rows.append([(f"{sign} " if number == 0 else "  ", f"bold {colour}"), (line, TEXT)])
        rows += [[("  ", DIM), (line, DIM)] for one in finding.details[:details] for line in wrap(one, width - 2)]
    return rows


def log_rows(log: list[LogLine], width: int) -> list[Pieces]:
    """The log in rows, each a list of (text, style) pieces; long entries are wrapped to ``width`` columns."""
    rows: list[Pieces] = []
    for entry in log:
        when = "" if entry.step is None else f"step {grouped(entry.step)}  "
        colour = {"error": ERROR, "note": DIM}.get(entry.kind, TEXT)
        for number, line in enumerate(wrap(entry.text, max(8, width - len(when)))):
            rows.append([(when if number == 0 else " " * len(when), DIM), (line, colour)])
    return rows
