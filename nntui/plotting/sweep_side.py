"""What stands beside the map of a sweep: how far it is, what is under the cursor, the processes."""

from collections.abc import Sequence
from dataclasses import dataclass

from .boxes import draw_box
from .grid import Grid, fit, wrap
from .theme import ACCENT, DIM, ERROR, GOOD, TEXT, WARNING, Theme

Line = tuple[str, str]  # words and their style


@dataclass(frozen=True, slots=True)
class SweepSide:
    """``cell`` are (name, value) pairs of the cell under the cursor, ``measured`` what came of it on each seed;
    ``ends`` (word, value, where); ``workers`` (name, cells, cells a second)."""

    done: int
    count: int
    state: str  # "running", "finished", "stopped", "compiling"
    rate: str
    left: str
    error: str
    lost: int
    cell: tuple[tuple[str, str], ...]
    measured: tuple[str, ...]
    ends: tuple[tuple[str, str, str], ...]
    workers: tuple[tuple[str, int, str], ...]


def draw_sweep_side(side: SweepSide, width: int, height: int, theme: Theme) -> Grid:
    """Three boxes, one above the other, of exactly ``width`` × ``height`` cells; the last ones go where there is no
    room."""
    grid = Grid.blank(width, height)
    room = width - 4
    row = 0
    for title, lines in (
        ("Progress", _progress(side, room, theme)),
        ("Under the cursor", _cell(side, room)),
        ("Of all runs", _ends(side, room)),
        ("Processes", _workers(side, room)),
    ):
        tall = min(len(lines) + 2, height - row)
        if not lines or tall < 3:
            continue
        box = Grid.blank(width, tall)
        draw_box(box, theme, title)
        for at, (words, style) in enumerate(lines[: tall - 2], start=1):
            box.write(at, 2, fit(words, room, theme.glyphs.end), style)
        grid.paste(box, row, 0)
        row += tall
    return grid


def _progress(side: SweepSide, room: int, theme: Theme) -> list[Line]:
    filled = round(room * side.done / side.count) if side.count else 0
    colour = GOOD if side.state == "finished" else ACCENT
    lines = [
        (theme.glyphs.full * filled + theme.glyphs.empty * (room - filled), colour),
        (f"{side.done} of {side.count} runs, {side.state}", TEXT),
    ]
    lines += [(f"{side.rate}{', ' if side.left else ''}{side.left}", DIM)] if side.rate else []
    if side.lost:
        lines += [(line, WARNING) for line in wrap(f"a process ended: {side.lost} batches done again", room)]
    lines += [(line, ERROR) for line in wrap(side.error, room)] if side.error else []
    return lines


def _cell(side: SweepSide, room: int) -> list[Line]:
    size = max((len(name) for name, _ in side.cell), default=0)
    lines = [(f"{name:<{size}}  {value}", TEXT) for name, value in side.cell]
    return lines + [(line, ACCENT) for one in side.measured for line in wrap(one, room)]


def _ends(side: SweepSide, room: int) -> list[Line]:
    lines: list[Line] = []
    for word, value, where in side.ends:
        lines.append((f"{word} {value}", TEXT))
        lines += [(f"  {line}", DIM) for line in wrap(where, max(10, room - 2))]
    return lines


def _workers(side: SweepSide, room: int) -> list[Line]:  # noqa: ARG001
    if not side.workers:
        return []
    size = max(len(name) for name, _, _ in side.workers)
    return [("process".ljust(size) + "   runs  runs/s", DIM)] + [
        (f"{name:<{size}}  {cells:>5}  {rate:>6}", TEXT) for name, cells, rate in side.workers
    ]


def header(title: str, name: str, width: int, theme: Theme, words: Sequence[str] = ()) -> Grid:
    """The line above: what is swept."""
    grid = Grid.blank(width, 1)
    column = grid.write(0, 1, "nntui sweep", f"bold {ACCENT}")
    room = max(0, width - column - 3 - sum(len(one) + 2 for one in words if one))
    column = grid.write(0, column + 2, fit(title, room, theme.glyphs.end), f"bold {TEXT}")
    rest = "  ".join(filter(None, (*words, name)))
    grid.write(0, column + 2, fit(rest, max(0, width - column - 3), theme.glyphs.end), DIM)
    return grid
