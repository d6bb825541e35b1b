"""Images with the wrong answers given to them: what is true, and what was answered, under each."""

import numpy as np
from rich.cells import cell_len

from nntui.looks.answers import AnsweredPictures

from .boxes import draw_box
from .grid import Grid, fit
from .numbers import grouped
from .shades import light, paint, resized, rising_shades
from .theme import DIM, ERROR, GOOD, Theme
from .tiles import NOTHING, enlarged, put

MOST_ZOOM = 4
MOST_SIDE = 28  # of a picture in half cells; larger images are made smaller
GAP = 2


def draw_answered(found: AnsweredPictures, title: str, width: int, height: int, theme: Theme) -> Grid:
    """As many pictures as fit, wrong answers first; the last line says of how many."""
    grid, g = Grid.blank(width, height), theme.glyphs
    draw_box(grid, theme, fit(title, width - 6, g.end))
    rows, columns = height - 3, width - 4
    if rows < 4 or columns < 8 or not len(found.pictures):
        return grid
    names = [_words(found, place, theme) for place in range(len(found.pictures))]
    small = min(1.0, MOST_SIDE / max(found.pictures.shape[1:]), (2 * rows - 2) / found.pictures.shape[1])
    high, wide = (max(1, round(side * small)) for side in found.pictures.shape[1:])
    words = min(12, max(cell_len(name) for name in names))
    wanted = max(1, min(found.wrong or 1, len(found.pictures)))
    zoom = next(
        (z for z in range(MOST_ZOOM, 1, -1) if _room(high * z, max(wide * z, words), rows, columns) >= wanted), 1
    )
    tall, across = -(-high * zoom // 2), max(wide * zoom, words)
    per_row = max(1, (columns + GAP) // (across + GAP))
    count = min(len(found.pictures), _room(high * zoom, across, rows, columns))
    finite = found.pictures[np.isfinite(found.pictures)]
    low, top = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    palette = light(theme)
    room = np.full((2 * rows, columns), NOTHING, dtype=np.int16)
    places = [(place // per_row * (tall + 1), place % per_row * (across + GAP)) for place in range(count)]
    shares = (resized(found.pictures[:count], high, wide) - low) / (top - low or 1.0)
    for picture, (row, column) in zip(rising_shades(shares, palette), places, strict=True):
        put(room, 2 * row, column, enlarged(picture, zoom, zoom))
    paint(grid, 1, 2, room, palette, theme)
    for place, (row, column) in enumerate(places):
        right = found.true[place] == found.answered[place]
        grid.write(1 + row + tall, 2 + column, fit(names[place], across, g.end), GOOD if right else ERROR)
    grid.write(height - 2, 2, fit(_foot(found, count), columns, g.end), DIM)
    return grid


def _room(high: int, wide: int, rows: int, columns: int) -> int:
    """How many pictures of so many half rows and columns fit, each with a line of words."""
    return ((columns + GAP) // (wide + GAP)) * (rows // (-(-high // 2) + 1))


def _words(found: AnsweredPictures, place: int, theme: Theme) -> str:
    true, answered = int(found.true[place]), int(found.answered[place])
    said = found.names[answered] if answered >= 0 else "?"
    return found.names[true] if true == answered else f"{found.names[true]}{theme.glyphs.arrow}{said}"


def _foot(found: AnsweredPictures, shown: int) -> str:
    few = f"{grouped(found.looked_at)} of " if found.looked_at < found.rows else ""
    kind = "held-out rows" if found.held_out else "training rows"
    if not found.wrong:
        return f"All {few}{grouped(found.rows)} {kind} right; the least sure first"
    some = f"{min(shown, found.wrong)} of {grouped(found.wrong)} wrong"
    return f"{some} ({few}{grouped(found.rows)} {kind}), the surest first: true, then answered"
