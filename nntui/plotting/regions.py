"""Decision regions: what a network answers everywhere around its data, in half blocks, with the data over them."""

import numpy as np
from numpy.typing import NDArray

from nntui.looks.projection import Projection
from nntui.looks.regions import Regions

from .grid import Grid, fit
from .map_frame import SMALLEST, Canvas, canvas_of, draw_frame
from .theme import BACKGROUND, DIM, TEXT, Theme, mix

SHADES = 6
FAINTEST, STRONGEST = 0.10, 0.42  # how much of a class's colour its region has
GREYS = (0.06, 0.42, 0.24, 0.52, 0.15, 0.33)  # how light a class's region is where there are no colours, and
LIGHTER = 0.08  # how much lighter where the network is sure
_DARK_16 = ("#aa00aa", "#aa5500", "#aa0000", "#00aaaa", "#555555", "#0000aa")
CELLS_A_POINT = 9  # fewer cells than that for each row of data would hide the regions
NOWHERE = "#3a1018"  # where the answer is not finite


def draw_regions(found: Regions, lane: int, name: str, width: int, height: int, theme: Theme) -> Grid:
    """The regions in a frame with ticks; the title says whose they are, the legend which class is which."""
    grid = Grid.blank(width, height)
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return grid
    canvas = canvas_of(found.window, width, height)
    projection = Projection(found.window, canvas.width, canvas.height)
    draw_frame(grid, found.window, canvas, theme)
    kind, colours = _shade(grid, found, canvas, theme)
    drawn = _draw_points(grid, found, projection, canvas, kind, colours, theme)
    _draw_title(grid, found, lane, name, canvas, drawn, theme)
    return grid


def _colour(kind: int, shade: int, theme: Theme) -> str:
    if theme.colour == "16":
        return BACKGROUND if kind < 0 else _DARK_16[kind % len(_DARK_16)]
    sure = shade / (SHADES - 1)
    if theme.colour == "grey":
        return mix(BACKGROUND, TEXT, GREYS[kind % len(GREYS)] + LIGHTER * sure)
    return mix(BACKGROUND, theme.kind(kind), FAINTEST + (STRONGEST - FAINTEST) * sure)


def _pattern(kind: int, theme: Theme) -> str:
    """What fills a class's region where colours do not tell it from others."""
    patterns = theme.glyphs.pattern
    return patterns[kind % len(patterns)] if theme.colour == "grey" or theme.ascii_only else " "


def _shade(grid: Grid, found: Regions, canvas: Canvas, theme: Theme) -> tuple[NDArray[np.int64], dict[int, str]]:
    """Fills the canvas; returns each cell's lower colour number and the colours by number."""
    rows_known, columns_known = found.kind.shape
    row = np.minimum((np.arange(2 * canvas.height) + 0.5) * rows_known / (2 * canvas.height), rows_known - 1)
    column = np.minimum((np.arange(canvas.width) + 0.5) * columns_known / canvas.width, columns_known - 1)
    at = np.ix_(row.astype(np.int64), column.astype(np.int64))
    kind, sureness = found.kind[at], found.sureness[at]
    numbers = np.where(kind < 0, -1, kind * SHADES + np.rint(sureness * (SHADES - 1)).astype(np.int64))
    edge = np.zeros(kind.shape, dtype=np.bool_)
    edge[:, :-1] |= kind[:, :-1] != kind[:, 1:]
    edge[:-1] |= kind[:-1] != kind[1:]
    numbers = np.where(edge, -2, numbers)
    border = "#ffffff" if theme.colour == "16" else mix(BACKGROUND, TEXT, 0.75)
    colours = {-2: border, -1: NOWHERE}
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
        inks.append(grid.ink(f"{colours[high - 2] if high != low else mix(behind, TEXT, 0.4)} on {behind}"))
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
    """As many rows of data as leave the regions in sight, evenly taken; returns how many those are."""
    most = max(8, canvas.width * canvas.height // CELLS_A_POINT)
    count = len(found.points)
    chosen = np.unique(np.linspace(0, max(0, count - 1), min(count, most)).astype(np.int64))
    inks: dict[tuple[int, int], int] = {}
    places = projection.places(found.points[chosen])
    cells = np.floor(np.where(np.isfinite(places), places, -1.0) + 0.5).astype(np.int64)
    for index, (column, row) in zip(chosen.tolist(), cells.tolist(), strict=True):
        if not (0 <= column < canvas.width and 0 <= row < canvas.height):
            continue
        kind, behind = max(0, int(found.kinds[index])), int(numbers[row, column])
        marker = theme.kind_marker(kind, bool(found.held_out[index]))
        if (kind, behind) not in inks:
            under = colours[behind] if behind != -2 else BACKGROUND
            inks[kind, behind] = grid.ink(f"bold {theme.kind(kind)} on {under}")
        grid.chars[canvas.top + row, canvas.left + column] = marker
        grid.inks[canvas.top + row, canvas.left + column] = inks[kind, behind]
    return len(chosen)


def _draw_title(grid: Grid, found: Regions, lane: int, name: str, canvas: Canvas, drawn: int, theme: Theme) -> None:
    g, top, end = theme.glyphs, canvas.top - 1, canvas.left + canvas.width
    words = f" Decision regions {g.dot} {theme.lane_marker(lane)} {name} " if name else " Decision regions "
    if len(words) > canvas.width - 2:
        words = f" {name or 'Decision regions'} "
    column = grid.write(top, canvas.left, fit(words, canvas.width - 1, g.end), f"bold {TEXT}")
    entries = [
        (
            f"{_pattern(i, theme)}{theme.kind_marker(i)} ",
            f"bold {theme.kind(i)} on {_colour(i, SHADES - 1, theme)}",
            f" {words} ",
        )
        for i, words in enumerate(found.names)
    ]
    held = [("", DIM, f" {g.held_out[:2]} held out ")] if found.held_out.any() else []
    total = len(found.points)
    some = [("", DIM, f" {drawn} of {total} rows ")] if drawn < total else []
    for shown in (entries + held + some, entries + held, entries, []):
        if sum(len(marker) + len(label) for marker, _, label in shown) <= end - column:
            break
    column = end - sum(len(marker) + len(label) for marker, _, label in shown)
    for marker, colour, label in shown:
        column = grid.write(top, column, marker, colour)
        column = grid.write(top, column, label, DIM)
