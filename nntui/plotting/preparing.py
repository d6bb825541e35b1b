"""The screen while a run is made ready: what will be trained, over how far the work is."""

from .grid import Grid
from .launcher import Preview, draw_preview
from .status import draw_progress
from .theme import Theme

LEAST = 14  # rows, from which on there is room for both
WORK = 5  # rows of the work

Progress = tuple[int, int, str]


def draw_preparing(preview: Preview | None, progress: Progress, width: int, height: int, theme: Theme) -> Grid:
    """Both; the work alone where there is no more room, or nothing is known."""
    if preview is None or height < LEAST:
        return draw_progress(progress, width, height, theme)
    grid = Grid.blank(width, height)
    grid.paste(draw_preview(preview, width, height - WORK, theme), 0, 0)
    grid.paste(draw_progress(progress, width, WORK, theme), height - WORK, 0)
    return grid
