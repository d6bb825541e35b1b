"""The thin frame around a panel of text."""

from .grid import Grid
from .theme import FAINT, TEXT, Theme


def draw_box(grid: Grid, theme: Theme, title: str = "", colour: str = FAINT) -> None:
    """A frame around the whole grid, with a title in its upper line."""
    g, width, bottom = theme.glyphs, grid.width, grid.height - 1
    if width < 2 or bottom < 1:
        return
    grid.write(0, 0, g.corners[0] + g.line * (width - 2) + g.corners[1], colour)
    for row in range(1, bottom):
        grid.write(row, 0, g.side, colour)
        grid.write(row, width - 1, g.side, colour)
    grid.write(bottom, 0, g.corners[2] + g.line * (width - 2) + g.corners[3], colour)
    if title and len(title) + 4 <= width:
        grid.write(0, 2, f" {title} ", f"bold {TEXT}")
