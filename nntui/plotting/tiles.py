"""Small pictures side by side: filters, feature maps, variants of one row."""

from collections.abc import Sequence

import numpy as np

from .boxes import draw_box
from .grid import Grid, fit
from .shades import Palette, Shades, paint
from .theme import DIM, Theme

MOST_ZOOM = 8
NOTHING = -2


def zoom_for(count: int, height: int, width: int, half_rows: int, columns: int) -> int:
    """How many half cells wide a pixel may be so that ``count`` pictures fit into this room; 0 where they do not."""
    for zoom in range(MOST_ZOOM, 0, -1):
        across = (columns + 1) // (width * zoom + 1)
        if across and -(-count // across) * (height * zoom + 1) <= half_rows + 1:
            return zoom
    return 0


def tiled(pictures: Sequence[Shades], half_rows: int, columns: int) -> tuple[Shades, int]:
    """Pictures (height, width), all of one shape, in rows; the shades of that room, and how many of them fit."""
    height, width = pictures[0].shape
    zoom = zoom_for(len(pictures), height, width, half_rows, columns) or 1
    room = np.full((half_rows, columns), NOTHING, dtype=np.int16)
    across = max(1, (columns + 1) // (width * zoom + 1))
    down = max(1, (half_rows + 1) // (height * zoom + 1))
    shown = list(pictures[: across * down])
    for place, picture in enumerate(shown):
        row, column = divmod(place, across)
        put(room, row * (height * zoom + 1), column * (width * zoom + 1), enlarged(picture, zoom, zoom))
    return room, len(shown)


def enlarged(picture: Shades, down: int, across: int) -> Shades:
    """Every pixel so many half rows high and columns wide."""
    return picture.repeat(down, axis=0).repeat(across, axis=1)


def put(room: Shades, top: int, left: int, picture: Shades) -> None:
    """A picture into a larger one, as far as there is room."""
    part = picture[: max(0, len(room) - top), : max(0, room.shape[1] - left)]
    room[top : top + len(part), left : left + part.shape[1]] = part


def draw_tiles(
    title: str, pictures: Sequence[Shades], palette: Palette, foot: str, width: int, height: int, theme: Theme
) -> Grid:
    """Pictures of one shape in a box, as many as fit, the largest that all fit; ``foot`` in its last line."""
    grid = Grid.blank(width, height)
    draw_box(grid, theme, fit(title, width - 6, theme.glyphs.end))
    if width < 8 or height < 4:
        return grid
    room, shown = tiled(pictures, 2 * (height - 3), width - 4)
    paint(grid, 1, 2, room, palette, theme)
    words = foot if shown == len(pictures) else f"{shown} of {len(pictures)} shown; {foot}"
    grid.write(height - 2, 2, fit(words, width - 4, theme.glyphs.end), DIM)
    return grid
