"""The panels of a view as a list: in their order, hidden ones dim, one chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

from .grid import Grid, Spot, fit
from .lane_rows import draw_more, first_shown
from .theme import ACCENT, FAINT, GOOD, TEXT, Theme


@dataclass(frozen=True, slots=True)
class PanelLine:
    """A panel's title, and whether it is shown."""

    title: str
    shown: bool = True


def draw_panel_list(lines: Sequence[PanelLine], chosen: int, width: int, height: int, theme: Theme) -> Grid:
    """A line each, with a tick where the panel is shown."""
    grid = Grid.blank(width, height)
    rows = height - 1 if len(lines) > height else height  # the last one says how many are not in sight
    first = first_shown([at == chosen for at in range(len(lines))], rows)
    tick = "x" if theme.ascii_only else theme.glyphs.done
    for row, line in enumerate(lines[first : first + rows]):
        here = first + row == chosen
        grid.spots.append(Spot("panel", first + row, row, 0, width))
        if here:
            grid.write(row, 0, theme.glyphs.chosen, ACCENT)
        grid.write(row, 2, tick if line.shown else theme.glyphs.dot, GOOD if line.shown else FAINT)
        ink = TEXT if line.shown else FAINT
        words = line.title if line.shown else f"{line.title} (hidden)"
        grid.write(row, 4, fit(words, width - 4, theme.glyphs.end), f"bold {ink}" if here else ink)
    if rows < height:
        draw_more(grid, 0, len(lines) - rows, theme)
    return grid
