"""One lane's answers everywhere around its data, in half blocks, with the data over them."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from nntui.looks.projection import Projection, Window
from nntui.looks.regions import Regions

from .grid import Grid, fit
from .heat_map import Entry
from .map_frame import SMALLEST, Canvas, canvas_of, draw_frame
from .theme import BACKGROUND, DIM, ERROR, TEXT, Theme, mix

SHADES = 6
FAINTEST, STRONGEST = 0.10, 0.42  # how much of a class's colour its region has
GREYS = (0.06, 0.42, 0.24, 0.52, 0.15, 0.33)  # how light a class's region is where there are no colours, and
LIGHTER = 0.08  # how much lighter where the network is sure
_DARK_16 = ("#aa00aa", "#aa5500", "#aa0000", "#00aaaa", "#555555", "#0000aa")
CELLS_A_POINT = 9  # fewer cells than that for each row of data would hide the regions
FADED = 0.55  # how much of its colour a row has that is trained on, where classes are letters


def draw_regions(
    found: Regions, titles: tuple[str, ...], width: int, height: int, theme: Theme, whose: str = ""
) -> Grid:
    """The map in a frame with ticks; its upper line says what it is (``titles``: the longest form first), ``whose``,
    and which class is which."""
    grid = Grid.blank(width, height)
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return grid
    canvas = canvas_of(found.data, width, height)
    window, columns, rows = seen(found, canvas.width, canvas.height)
    canvas = Canvas(canvas.left, canvas.top, columns, rows)
    framed = Grid.blank(canvas.left + columns + 1, rows + 3)
    draw_frame(framed, window, canvas, theme)
    drawn = draw_plane(framed, found, window, canvas, theme)
    grid.paste(framed, 0, 0)
    _draw_title(grid, found, titles, whose, canvas, drawn, theme)
    return grid


class Plane(Protocol):
    """What answers over two inputs have: the ``data``'s window, the larger ``window`` over which they are known, and
    whether both inputs can have one scale."""

    @property
    def data(self) -> Window:
        """The part that has to be seen."""

    @property
    def window(self) -> Window:
        """The part that can be seen."""

    @property
    def even(self) -> bool:
        """Whether one unit shall be as long across as up."""


def seen(found: Plane, columns: int, rows: int) -> tuple[Window, int, int]:
    """The window that ``columns`` × ``rows`` cells show, and how many of them: one unit is as long across as up."""
    if not found.even or columns < 2 or rows < 2:
        return found.data, columns, rows
    spans = [high - low for low, high in found.data]
    known = [high - low for low, high in found.window]
    unit = max(spans[0] / (columns - 1), spans[1] / (2 * rows - 2))  # of a column, and of half a row
    wide, high = min(known[0], unit * (columns - 1)), min(known[1], unit * (2 * rows - 2))
    (x, y) = ((low + high) / 2 for low, high in found.data)
    window = ((x - wide / 2, x + wide / 2), (y - high / 2, y + high / 2))
    return window, max(2, round(wide / unit) + 1), max(2, round(high / unit / 2) + 1)


def draw_plane(grid: Grid, found: Regions, window: Window, canvas: Canvas, theme: Theme) -> int:
    """The answers and the rows of data over them, in the canvas; returns how many rows those are."""
    projection = Projection(window, canvas.width, canvas.height)
    kind, colours = _shade(grid, found, projection, canvas, theme)
    return _draw_points(grid, found, projection, canvas, kind, colours, theme)


def _colour(kind: int, shade: int, theme: Theme) -> str:
    if theme.colour == "16":
        return BACKGROUND if kind < 0 else _DARK_16[kind % len(_DARK_16)]
    sure = shade / (SHADES - 1)
    if theme.colour == "grey":
        return theme.on_ground(TEXT, GREYS[kind % len(GREYS)] + LIGHTER * sure)
    return theme.on_ground(theme.kind(kind), FAINTEST + (STRONGEST - FAINTEST) * sure)


def _pattern(kind: int, theme: Theme) -> str:
    """What fills a class's region where colours do not tell it from others."""
    patterns = theme.glyphs.pattern
    return patterns[kind % len(patterns)] if theme.colour == "grey" or theme.ascii_only else " "


def _shade(
    grid: Grid, found: Regions, projection: Projection, canvas: Canvas, theme: Theme
) -> tuple[NDArray[np.int64], dict[int, str]]:
    """Fills the canvas; returns each cell's lower colour number and the colours by number."""
    if not found.kind.size:
        return np.full((canvas.height, canvas.width), -2), {-2: BACKGROUND}
    rows_known, columns_known = found.kind.shape
    (x0, x1), (y0, y1) = found.window
    xs, ys = projection.pixels()
    column = np.clip(np.rint((xs - x0) / (x1 - x0) * (columns_known - 1)), 0, columns_known - 1)
    row = np.clip(np.rint((y1 - ys) / (y1 - y0) * (rows_known - 1)), 0, rows_known - 1)
    at = np.ix_(row.astype(np.int64), column.astype(np.int64))
    kind, sureness = found.kind[at], found.sureness[at]
    numbers = np.where(kind < 0, -1, kind * SHADES + np.rint(sureness * (SHADES - 1)).astype(np.int64))
    edge = np.zeros(kind.shape, dtype=np.bool_)
    edge[:, :-1] |= kind[:, :-1] != kind[:, 1:]
    edge[:-1] |= kind[:-1] != kind[1:]
    numbers = np.where(edge, -2, numbers)
    border = "#ffffff" if theme.colour == "16" else theme.on_ground(TEXT, 0.75)
    colours = {-2: border, -1: theme.nowhere}
    colours |= {int(n): _colour(int(n) // SHADES, int(n) % SHADES, theme) for n in np.unique(numbers) if n >= 0}
    upper, lower = numbers[0::2], numbers[1::2]
    if theme.ascii_only:  # one colour a cell
        upper = lower = np.minimum(upper, lower)
    area = (slice(canvas.top, canvas.top + canvas.height), slice(canvas.left, canvas.left + canvas.width))
    grid.chars[area] = np.where(upper == lower, " ", "▀")
    if theme.ascii_only:
        grid.chars[area] = np.where(lower == -2, ":", " ")
    flat = (upper == lower) & (lower >= 0)
    patterns = np.array([_pattern(i, theme) for i in range(len(theme.glyphs.pattern))])
    grid.chars[area][flat] = patterns[(lower[flat] // SHADES) % len(patterns)]
    base = SHADES * 1000
    pairs, place = np.unique((upper + 2) * base + lower + 2, return_inverse=True)
    inks = []
    for pair in pairs:
        high, low = divmod(int(pair), base)
        behind = colours[low - 2]
        inks.append(
            grid.ink(f"{colours[high - 2] if high != low else mix(behind, theme.colours.text, 0.4)} on {behind}")
        )
    grid.inks[area] = np.array(inks, dtype=np.int16)[place.reshape(upper.shape)]
    return lower, colours


def _draw_points(
    grid: Grid,
    found: Regions,
    projection: Projection,
    canvas: Canvas,
    numbers: NDArray[np.int64],
    colours: dict[int, str],
    theme: Theme,
) -> int:
    """As many rows of data as leave the regions in sight, evenly taken, the wrong ones on top and, where they are few,
    all of them; returns how many those are."""
    most = max(8, canvas.width * canvas.height // (CELLS_A_POINT if found.kind.size else 4))
    count = int(found.wrong.sum())
    wrongs = min(count, max(most // 4, round(most * count / max(1, len(found.wrong)))))
    wrong = _evenly(np.flatnonzero(found.wrong), wrongs)
    chosen = np.concatenate([_evenly(np.flatnonzero(~found.wrong), most - len(wrong)), wrong])
    places = projection.places(found.points[chosen])
    cells = np.floor(np.where(np.isfinite(places), places, -1.0) + 0.5).astype(np.int64)
    mark, inks = marks(found, theme), {}
    for index, (column, row) in zip(chosen.tolist(), cells.tolist(), strict=True):
        if not (0 <= column < canvas.width and 0 <= row < canvas.height):
            continue
        kind, behind = max(0, int(found.kinds[index])), int(numbers[row, column])
        sort = kind, bool(found.held_out[index]), bool(found.wrong[index]), behind
        if sort not in inks:
            character, style = mark(*sort[:3])
            under = colours[behind] if behind != -2 else BACKGROUND
            inks[sort] = character, grid.ink(f"{style} on {under}")
        place = canvas.top + row, canvas.left + column
        grid.chars[place], grid.inks[place] = inks[sort]
    return len(chosen)


def _evenly(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    count = len(rows)
    return rows[np.unique(np.linspace(0, max(0, count - 1), min(count, most)).astype(np.int64))]


def lettered(found: Regions, theme: Theme) -> bool:
    """Whether classes stand as the one letter of their names: there are more of them than markers."""
    return len(found.names) > len(theme.glyphs.kind) and all(cell_len(name) == 1 for name in found.names)


def marks(found: Regions, theme: Theme) -> Callable[[int, bool, bool], tuple[str, str]]:
    """The character and the style of a row of data by its kind, whether it is held out and answered wrong."""
    letters = found.names if lettered(found, theme) else ()

    def mark(kind: int, held_out: bool, wrong: bool) -> tuple[str, str]:
        colour = theme.kind(kind)
        if wrong:
            return theme.glyphs.wrong[held_out], f"bold {colour}"
        if not letters:
            return theme.kind_marker(kind, held_out), f"bold {colour}"
        faint = theme.on_ground(colour, FADED) if theme.colour != "16" else colour
        return letters[kind % len(letters)], f"bold {colour}" if held_out else faint

    return mark


def legend(found: Regions, theme: Theme, words: str = "wrong") -> list[list[Entry]]:
    """What the marks mean: the classes, what is held out, ``words`` for what is wrong; all of it, then ever less."""
    g = theme.glyphs
    classes: list[Entry] = []
    if not lettered(found, theme):
        classes = [
            (
                f"{_pattern(i, theme) if found.kind.size else ''}{theme.kind_marker(i)} ",
                f"bold {theme.kind(i)}{f' on {_colour(i, SHADES - 1, theme)}' if found.kind.size else ''}",
                f" {name} ",
            )
            for i, name in enumerate(found.names)
        ]
    held: list[Entry] = []
    if found.held_out.any():
        held = [("", DIM, " dim: trained on " if lettered(found, theme) else f" {g.held_out[:2]} held out ")]
    wrong: list[Entry] = [(g.wrong[0], f"bold {ERROR}", f" {words} ")] if found.wrong.any() else []
    return [classes + held + wrong, classes + wrong, wrong, []]


def wrong_words(found: Regions) -> list[str]:
    """How many rows are answered wrong, in many words and in few."""
    total, count = len(found.wrong), int(found.wrong.sum())
    unseen = int((found.wrong & found.held_out).sum())
    if not found.wrong.any():
        return ["none wrong"]
    forms = [f"{count} of {total} wrong", f"{count} wrong"]
    return [f"{count} of {total} wrong, {unseen} of them held out", *forms] if found.held_out.any() else forms


def write_entries(grid: Grid, row: int, column: int, entries: list[Entry]) -> int:
    """A legend from ``column`` on; returns the column after it."""
    for marker, style, label in entries:
        column = grid.write(row, column, marker, style)
        column = grid.write(row, column, label, DIM)
    return column


def width_of(entries: list[Entry]) -> int:
    """The columns of a legend."""
    return sum(cell_len(marker) + cell_len(label) for marker, _, label in entries)


def _draw_title(
    grid: Grid, found: Regions, titles: tuple[str, ...], whose: str, canvas: Canvas, drawn: int, theme: Theme
) -> None:
    """As much of title and legend as fits: the classes before long words for the title."""
    g, top, end = theme.glyphs, canvas.top - 1, canvas.left + canvas.width
    room, total = end - canvas.left - 2, len(found.points)
    rows: list[Entry] = [("", DIM, f" {drawn} of {total} rows ")] if drawn < total else []
    worded = [legend(found, theme, words) for words in wrong_words(found)]
    legends = [worded[0][0] + rows, *(forms[i] for i in (0, 1) for forms in worded), worded[-1][2], []]
    heads = [f" {title} {g.dot} {whose} " if whose else f" {title} " for title in titles]
    heads += [f" {whose} "] if whose else []
    head = next((head for head in heads if cell_len(head) + width_of(worded[-1][1]) <= room), heads[-1])
    head = next((head for head in heads if cell_len(head) <= room), head) if cell_len(head) > room else head
    column = grid.write(top, canvas.left, fit(head, room + 1, g.end), f"bold {TEXT}")
    shown = next(form for form in legends if width_of(form) <= end - column or not form)
    write_entries(grid, top, end - width_of(shown), shown)
