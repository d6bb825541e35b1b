"""A finding in full: what was measured against which limit, its cause, what helps, and what would disprove it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .grid import Grid, wrap
from .numbers import short_exponents
from .theme import ACCENT, DIM, ERROR, TEXT, WARNING

INDENT, LABEL = 2, 20
_LIMITS = ("above", "below", "at_least")


@dataclass(frozen=True, slots=True)
class Explained:
    """``headline``: what, where and since when; ``measured``: (what, its value, the limit or ""); ``follows``: the
    finding that it follows from, ``leads_to``: those that follow from it; ``fixes`` in order."""

    severity: str
    headline: str
    measured: tuple[tuple[str, str, str], ...]
    cause: str
    follows: str
    leads_to: tuple[str, ...]
    fixes: tuple[str, ...]
    disproof: str


Row = list[tuple[int, str, str]]  # column, text, style


def measured_rows(evidence: Mapping[str, float | str]) -> tuple[tuple[str, str, str], ...]:
    """The numbers of a finding, each with the limit that stands after it."""
    rows: list[tuple[str, str, str]] = []
    for key, value in evidence.items():
        shown = value if isinstance(value, str) else short_exponents(f"{value:.3g}")
        limit = next((word for word in _LIMITS if key == word or key.endswith(f"_{word}")), "")
        if limit and rows:
            what, measured, _ = rows[-1]
            of = " of it" if key.startswith("fraction") else ""
            rows[-1] = what, measured, f"a sign {limit.replace('_', ' ')} {shown}{of}"
        else:
            rows.append((key.replace("_", " "), shown, ""))
    return tuple(rows)


def explanation_rows(one: Explained, width: int) -> list[Row]:
    """All of it in rows of at most ``width`` columns."""
    colour = {"critical": ERROR, "warning": WARNING}.get(one.severity, ACCENT)
    rows: list[Row] = [[(0, line, f"bold {colour}")] for line in wrap(one.headline, width)]
    rows += _part("Measured", [], width) if one.measured else []
    for what, value, limit in one.measured:
        beside = f"{value}, {limit}" if limit else value
        rows += [
            [(INDENT, what if place == 0 else "", DIM), (INDENT + LABEL, line, TEXT)]
            for place, line in enumerate(wrap(beside, max(8, width - INDENT - LABEL)))
        ]
    rows += _part("Cause", [one.cause], width)
    if one.follows:
        rows += _part("Follows from", [one.follows], width)
    if one.leads_to:
        rows += _part("What follows from it", one.leads_to, width)
    if one.fixes:
        numbered = [f"{place}. {fix}" for place, fix in enumerate(one.fixes, 1)]
        rows += _part("What helps", numbered, width)
    return rows + _part("What would disprove it", [one.disproof], width)


def _part(title: str, paragraphs: Sequence[str], width: int) -> list[Row]:
    head: list[Row] = [[], [(0, title, f"bold {DIM}")]]
    lines = [line for words in paragraphs for line in wrap(words, width - INDENT)]
    return head + [[(INDENT, line, TEXT)] for line in lines]


def draw_explanation(one: Explained, width: int, height: int) -> Grid:
    """The rows of :func:`explanation_rows`."""
    grid = Grid.blank(width, height)
    for row, pieces in enumerate(explanation_rows(one, width)[:height]):
        for column, text, style in pieces:
            grid.write(row, column, text, style)
    return grid
