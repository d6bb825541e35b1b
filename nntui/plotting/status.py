"""The lines around the plots: the row of keys, messages, and the progress of the first start."""

from typing import NamedTuple

from rich.cells import cell_len

from .grid import Grid, Spot, wrap
from .theme import ACCENT, DIM, ERROR, TEXT, WARNING, Theme


class KeyHint(NamedTuple):
    """A key and what it does. A click on it calls the action ``call``, on its first ``first`` cells ``other``."""

    rank: int
    keys: str
    label: str
    call: str = ""
    other: str = ""
    first: int = 0


def draw_keys(items: list[KeyHint], width: int) -> Grid:
    """One row of keys: as many whole entries as fit, the lowest ranks last to go.

    Entries of rank 0 stand at the right end and are always there; where even they do not fit, the first and the last.
    """
    grid = Grid.blank(width, 1)
    fixed = [item for item in items if item.rank == 0]
    free = [item for item in items if item.rank != 0]
    while len(fixed) > 2 and sum(map(_entry_width, fixed)) > width:
        del fixed[1]
    right = sum(_entry_width(item) for item in fixed)
    column = max(0, width - right)
    for item in fixed:
        column = _write_entry(grid, column, item)
    column = 1
    for item in sorted(free, key=lambda item: item.rank):
        if column + _entry_width(item) > width - right:
            continue
        column = _write_entry(grid, column, item)
    return grid


def _entry_width(item: KeyHint) -> int:
    return cell_len(item.keys) + cell_len(item.label) + 3


def _write_entry(grid: Grid, column: int, item: KeyHint) -> int:
    if item.call:
        grid.spots.append(Spot("call", item.call, 0, column, _entry_width(item) - 1))
    if item.other:
        grid.spots.append(Spot("call", item.other, 0, column, item.first))
    column = grid.write(0, column, item.keys, f"bold {ACCENT}")
    return grid.write(0, column, f" {item.label}  ", DIM)


def message_lines(text: str, width: int) -> list[str]:
    """A message wrapped to ``width`` columns, in at most four lines."""
    return wrap(text, max(10, width - 4))[:4]


def draw_message(text: str, error: bool, width: int, height: int, theme: Theme) -> Grid:
    """A message over the lowest rows of the plots, a bar of its colour at the left."""
    grid = Grid.blank(width, height)
    colour = ERROR if error else WARNING
    for row, line in enumerate(message_lines(text, width)[:height]):
        grid.write(row, 0, "!" if theme.ascii_only else "▌", f"bold {colour}")
        grid.write(row, 2, line, f"bold {TEXT}" if error else TEXT)
    return grid


def draw_progress(progress: tuple[int, int, str], width: int, height: int, theme: Theme) -> Grid:
    """What is being prepared: a bar while the number of stages (done, total) is known, else words."""
    grid = Grid.blank(width, height)
    done, total, words = progress
    lines: list[tuple[str, str]] = []
    room = max(10, min(width - 4, 60))
    if total:
        lines += [(line, TEXT) for line in wrap("Compiling the engine for this machine.", room)]
        lines += [(line, DIM) for line in wrap("This happens once; later starts take a moment.", room)]
        if grid.height > len(lines) + 1:
            lines.append(("", DIM))
        bar = min(40, room - 10)
        filled = round(bar * done / total)
        lines.append((f"{theme.glyphs.full * filled}{theme.glyphs.empty * (bar - filled)} {done} / {total}", ACCENT))
    else:
        words = words or "starting"
        lines += [(line, TEXT) for line in wrap(f"{words[:1].upper()}{words[1:]} {theme.glyphs.waiting}", room)]
    _centre(grid, lines)
    return grid


def draw_failure(error: str, width: int, height: int, theme: Theme) -> Grid:
    """Why there is nothing to see, when an experiment could not be made."""
    grid = Grid.blank(width, height)
    room = max(10, min(width - 4, 72))
    lines = [(f"{theme.glyphs.bad} This could not be started", f"bold {ERROR}"), ("", DIM)]
    lines += [(line, TEXT) for line in wrap(error, room)]
    lines += [("", DIM), ("r tries again, o opens another, q leaves.", DIM)]
    _centre(grid, lines)
    return grid


def _centre(grid: Grid, lines: list[tuple[str, str]]) -> None:
    top = max(0, (grid.height - len(lines)) // 2)
    for row, (text, style) in enumerate(lines):
        grid.write(top + row, max(0, (grid.width - cell_len(text)) // 2), text, style)
