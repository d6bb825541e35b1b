"""What a scenario says will happen, a sentence each, and how it stands: ticked as it comes true."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .boxes import draw_box
from .grid import Grid, wrap
from .theme import DIM, ERROR, FAINT, GOOD, TEXT, WARNING, Theme

# true, false: as it is now or came out; open: not decided yet; other: measured of a changed run, or not at all
Sign = Literal["true", "false", "open", "other"]
_INDENT = 2  # of a sentence, behind its sign
_AROUND = 4  # cells of the frame and a space at each side


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """A sentence of what is expected, and one of how it stands; ``final``: the end will not change it."""

    sign: Sign
    text: str
    standing: str
    final: bool = False


def summary(lines: Sequence[ExpectedLine]) -> str:
    """How many are true, in few words: "3 of 9 true so far"."""
    far = "" if all(line.final for line in lines) else " so far"
    return f"{sum(line.sign == 'true' for line in lines)} of {len(lines)} true{far}"


def expected_height(lines: Sequence[ExpectedLine], width: int) -> int:
    """Rows that show all of them; 0 where nothing is expected."""
    return 2 + sum(len(_wrapped(line, width)) for line in lines) if lines else 0


def draw_expected(lines: Sequence[ExpectedLine], width: int, height: int, theme: Theme) -> Grid:
    """A box with them in the scenario's order; where not all fit, from the first one that is not decided on."""
    grid = Grid.blank(width, height)
    draw_box(grid, theme, f"Expected: {summary(lines)}")
    entries = [_wrapped(line, width) for line in lines]
    room, start = height - 2, 0
    if sum(map(len, entries)) > room:
        start = next((i for i, line in enumerate(lines) if line.sign in ("open", "other")), 0)
        while start and sum(map(len, entries[start - 1 :])) <= room:
            start -= 1
    row, shown = 1, start
    for line, entry in zip(lines[start:], entries[start:], strict=True):
        if row + len(entry) > height - 1 and shown > start:
            break
        sign, style = _sign(line, theme)
        grid.write(row, 2, sign, style)
        for words, dim in entry[: height - 1 - row]:
            grid.write(row, 2 + _INDENT, words, DIM if dim else TEXT)
            row += 1
        shown += 1
    for at, count, arrow in ((0, start, theme.glyphs.up), (height - 1, len(lines) - shown, theme.glyphs.down)):
        if count > 0:
            grid.write_right(at, width - 2, f" {count} more {arrow} ", TEXT)
    return grid


def _wrapped(line: ExpectedLine, width: int) -> list[tuple[str, bool]]:
    """Its rows, and for each whether it is of how it stands: behind the sentence where that leaves room."""
    room = max(10, width - _AROUND - _INDENT)
    text = [(words, False) for words in wrap(line.text, room)]
    together = wrap(f"{line.text}: {line.standing}", room)
    if len(together) == 1:
        return [(together[0], False)]
    return [*text, *((words, True) for words in wrap(line.standing, room))]


def _sign(line: ExpectedLine, theme: Theme) -> tuple[str, str]:
    g = theme.glyphs
    signs = {
        "true": ("x" if theme.ascii_only else g.done, f"bold {GOOD}"),
        "false": (g.bad, f"bold {ERROR}"),
        "open": (g.dot, FAINT),
        "other": ("~", WARNING),
    }
    return signs[line.sign]
