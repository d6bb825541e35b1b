"""The panel of findings and of what was done when."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len

from .boxes import draw_box
from .grid import Grid, Spot, fit, wrap
from .numbers import grouped
from .severity import severity_sign
from .theme import DIM, ERROR, FAINT, TEXT, Theme

LATEST = 3  # entries of the log that a box has room for unasked


@dataclass(frozen=True, slots=True)
class LogLine:
    """One thing that happened. ``kind`` is "change", "note" or "error"; ``step`` is None outside the run."""

    text: str
    step: int | None = None
    kind: str = "change"


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding: severity "info", "warning" or "critical"; what, where and since when; its cause and its fixes.

    ``follows``: it follows from another one; it is told in fewer words.
    """

    severity: str
    text: str
    details: tuple[str, ...] = ()
    follows: bool = False


Row = list[tuple[str, str]]


def draw_log(
    findings: list[FindingLine], health: tuple[str, ...], log: list[LogLine], width: int, height: int, theme: Theme
) -> Grid:
    """Findings first, then ``health``, sentences about what has none, then the newest entries of the log.

    Entries stand whole: one that would be cut is left out. The newest one has its room before anything else.
    """
    grid = Grid.blank(width, height)
    draw_box(grid, theme, "Findings and log")
    room, inner = height - 2, width - 4
    rows, body = _filled(findings, health, log, inner, room, theme)
    if not log and room - len(rows) > min(1, len(rows)):
        hint = _lines("Changes you make will be listed here.", inner, theme)
        body = [[(line, FAINT)] for line in hint][: room - len(rows)]
    for row, pieces in enumerate(rows + body):
        column = 2
        for text, style in pieces:
            column = grid.write(row + 1, column, text, style)
    grid.spots += _finding_spots(rows, width)
    return grid


def _finding_spots(rows: list[Row], width: int) -> Iterator[Spot]:
    """The rows of each finding: its first one begins with its sign, the others with a space as wide."""
    index = -1
    for row, pieces in enumerate(rows):
        if len(pieces) < 2:  # what has no finding
            return
        index += bool(pieces[0][0].strip())
        yield Spot("finding", index, row + 1, 1, width - 2)


def log_height(
    findings: list[FindingLine], health: tuple[str, ...], log: list[LogLine], width: int, most: int, theme: Theme
) -> int:
    """Rows, at most ``most``, in which a box of this width says what was found and what was done last."""
    rows, body = _filled(findings, health, log[-LATEST:], width - 4, most - 2, theme)
    return min(most, max(1, len(rows) + len(body)) + 2)


def _filled(
    findings: list[FindingLine], health: tuple[str, ...], log: list[LogLine], width: int, room: int, theme: Theme
) -> tuple[list[Row], list[Row]]:
    """What stands in ``room`` rows: of findings and health, and of the log."""
    entries = [log_rows([entry], width, theme) for entry in log]
    newest = min(len(entries[-1]), room - 1 if findings or health else room) if entries else 0
    wanted = min(sum(map(len, entries)), room // 2)
    rows = _cut(
        fitting_findings(findings, width, max(1, room - max(newest, wanted)), theme), room - newest, width, theme
    )
    notes: list[Row] = [[(line, DIM)] for text in health for line in _lines(text, width, theme)]
    if len(rows) + len(notes) <= room - newest or not rows:
        rows += _cut(notes, room - newest - len(rows), width, theme)
    return rows, _newest(entries, room - len(rows), width, theme)


def _newest(entries: list[list[Row]], room: int, width: int, theme: Theme) -> list[Row]:
    """As many of the newest entries as fit whole; of the very newest at least its beginning."""
    body: list[Row] = []
    for entry in reversed(entries):
        if len(body) + len(entry) > room:
            return body or _cut(entry, room, width, theme)
        body = entry + body
    return body


def _cut(rows: list[Row], room: int, width: int, theme: Theme) -> list[Row]:
    """The first rows; where some are left out, the last one says so after a whole word."""
    if len(rows) <= room:
        return rows
    kept = rows[: max(0, room)]
    if kept:
        *before, (text, style) = kept[-1]
        end, used = theme.glyphs.end, sum(cell_len(piece) for piece, _ in kept[-1])
        whole = text if used + 1 + cell_len(end) <= width else text.rpartition(" ")[0]
        kept[-1] = [*before, (f"{whole} {end}".strip(), style)]
    return kept


def _lines(text: str, width: int, theme: Theme) -> list[str]:
    """The text in lines of whole words; a longer word is shortened."""
    return [fit(line, width, theme.glyphs.end) for line in wrap(text, width)]


def fitting_findings(findings: list[FindingLine], width: int, most: int, theme: Theme) -> list[Row]:
    """The findings in rows; where they are more than ``most``, each goes without its last fix, any fix, its cause:
    first those that follow from others."""
    rows: list[Row] = []
    all_details = max((len(one.details) for one in findings), default=0)
    following = [(all_details, details) for details in range(all_details, 0, -1)]
    for of_roots, of_others in [*following, *((details, 0) for details in range(all_details, -1, -1))]:
        rows = finding_rows(findings, of_roots, of_others, width, theme)
        if len(rows) <= most:
            break
    return rows


def finding_rows(findings: list[FindingLine], of_roots: int, of_others: int, width: int, theme: Theme) -> list[Row]:
    """All findings in rows, each with at most so many of its details: of roots, and of those that follow from one."""
    rows: list[Row] = []
    for finding in findings:
        sign, colour = severity_sign(finding.severity, theme)
        if finding.follows:
            sign = theme.glyphs.corners[2]
        details = of_others if finding.follows else of_roots
        for number, line in enumerate(_lines(finding.text, width - 2, theme)):
            rows.append([(f"{sign} " if number == 0 else "  ", f"bold {colour}"), (line, TEXT)])
        rows += [
            [("  ", DIM), (line, DIM)] for one in finding.details[:details] for line in _lines(one, width - 2, theme)
        ]
    return rows


def log_rows(log: list[LogLine], width: int, theme: Theme) -> list[Row]:
    """The log in rows, each a list of (text, style) pieces; long entries are wrapped to ``width`` columns."""
    rows: list[Row] = []
    for entry in log:
        when = "" if entry.step is None else f"step {grouped(entry.step)}  "
        colour = {"error": ERROR, "note": DIM}.get(entry.kind, TEXT)
        for number, line in enumerate(_lines(entry.text, max(8, width - len(when)), theme)):
            rows.append([(when if number == 0 else " " * len(when), DIM), (line, colour)])
    return rows
