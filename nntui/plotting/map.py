"""The map: the surface in half blocks, the trails over it, heads, minima and start, inside a frame with ticks."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nntui.looks.projection import Point, Projection, Window
from nntui.looks.surface import SampledSurface, SurfaceRequest, surface_of
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .grid import Grid
from .heat import Heat, heat, palette
from .map_frame import SMALLEST, Canvas, canvas_of, draw_frame
from .numbers import setting
from .theme import ACCENT, BACKGROUND, DIM, TEXT, Theme, mix
from .trails import FADES, Exit, exit_of, trail

Floats = NDArray[np.float64]
ARROWS = {
    (-1, -1): "↖", (0, -1): "↑", (1, -1): "↗",
    (-1, 0): "←", (0, 0): "×", (1, 0): "→",
    (-1, 1): "↙", (0, 1): "↓", (1, 1): "↘",
}  # fmt: skip
ARROWS_ASCII = {
    (-1, -1): "\\", (0, -1): "^", (1, -1): "/",
    (-1, 0): "<", (0, 0): "!", (1, 0): ">",
    (-1, 1): "/", (0, 1): "v", (1, 1): "\\",
}  # fmt: skip
_MARK_EVERY = 11  # cells between two markers along a trail, in grey


@dataclass(slots=True)
class MapPainter:
    """Draws maps of one place on screen. It keeps the drawn surface and one table of styles from frame to frame, so
    that rows that did not change compare equal."""

    theme: Theme
    _styles: list[str] = field(default_factory=lambda: [""])
    _inks: dict[str, int] = field(default_factory=lambda: {"": 0})
    _heat_of: SampledSurface | None = None
    _heat: Heat | None = None
    _base_of: tuple[object, ...] = ()
    _base: Grid | None = None
    _shade: NDArray[np.int16] = field(default_factory=lambda: np.zeros((0, 0), np.int16))
    _trail_inks: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def draw(
        self,
        race: Snapshot,
        sampled: SampledSurface | None,
        window: Window,
        chosen: int,
        crosshair: Point | None,
        width: int,
        height: int,
    ) -> Grid:
        """The map with its frame; ``crosshair`` is the new start being chosen."""
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return Grid.blank(width, height)
        canvas = canvas_of(window, width, height)
        projection = Projection(window, canvas.width, canvas.height)
        grid = self._surface(sampled, projection, canvas, width, height)
        surface = surface_of(race.lanes[chosen].surface.settings)
        lanes = [lane for lane in race.lanes if surface_of(lane.surface.settings) == surface]
        lanes.sort(key=lambda lane: lane.index == chosen)  # the chosen lane on top
        for lane in lanes:
            self._draw_trail(grid, lane, projection, canvas, thick=lane.index == chosen and len(lanes) > 1)
        for x, y in race.lanes[chosen].surface.minima:
            self._point(grid, projection, canvas, (float(x), float(y)), self._minimum, f"bold {TEXT}")
        self._point(grid, projection, canvas, race.lanes[chosen].surface.settings.start, "S", f"bold {TEXT}")
        self._draw_heads(grid, lanes, chosen, projection, canvas)
        if crosshair is not None:
            self._point(grid, projection, canvas, crosshair, "+", f"bold {BACKGROUND}", TEXT)
        self._draw_titles(grid, race, lanes, chosen, canvas, crosshair)
        return grid

    @property
    def _minimum(self) -> str:
        return "O" if self.theme.ascii_only else "◎"

    def _ink(self, style: str) -> int:
        found = self._inks.get(style)
        if found is None:
            found = self._inks[style] = len(self._styles)
            self._styles.append(style)
        return found

    # -- the surface ------------------------------------------------------------------------------------------------

    def _surface(
        self, sampled: SampledSurface | None, projection: Projection, canvas: Canvas, width: int, height: int
    ) -> Grid:
        """The frame and the shaded surface; drawn anew only when one of them changed."""
        key = (id(sampled), projection, width, height)
        if self._base is None or self._base_of != key:
            grid = Grid.blank(width, height)
            grid.styles = self._styles
            draw_frame(grid, projection.window, canvas, self.theme)
            self._shade = np.full((canvas.height, canvas.width), -1, np.int16)
            if sampled is not None:
                self._shade_cells(grid, sampled, projection, canvas)
            self._base, self._base_of = grid, key
        base = self._base
        return Grid(base.chars.copy(), base.inks.copy(), self._styles)

    def _shade_cells(self, grid: Grid, sampled: SampledSurface, projection: Projection, canvas: Canvas) -> None:
        if self._heat_of is not sampled or self._heat is None:
            self._heat_of, self._heat = sampled, heat(sampled.values)
        shades, lines = resampled(self._heat, sampled, projection)
        colours, line_colours, nowhere = palette(self.theme)
        # one number a colour: the shade, + 100 on a contour line, −1 not finite, −2 not known yet
        pixels = np.where(lines & (shades >= 0), shades + 100, shades)
        names = {-2: BACKGROUND, -1: nowhere}
        names |= dict(enumerate(colours)) | {100 + i: colour for i, colour in enumerate(line_colours)}
        upper, lower = pixels[0::2], pixels[1::2]
        self._shade = np.maximum((shades[0::2] + shades[1::2]) // 2, -1).astype(np.int16)
        rows = slice(canvas.top, canvas.top + canvas.height)
        columns = slice(canvas.left, canvas.left + canvas.width)
        if self.theme.ascii_only:  # one colour a cell; a contour line is a lighter cell
            upper = lower = np.where(lower >= 100, lower, upper)
        grid.chars[rows, columns] = np.where(upper == lower, " ", "▀")
        pairs, place = np.unique((upper.astype(np.int64) + 2) * 1000 + lower + 2, return_inverse=True)
        inks = [
            self._ink(
                f"{DIM} on {names[low - 2]}" if high == low else f"{names[high - 2]} on {names[low - 2]}",
            )
            for high, low in (divmod(int(pair), 1000) for pair in pairs)
        ]
        grid.inks[rows, columns] = np.array(inks, dtype=np.int16)[place.reshape(upper.shape)]

    # -- what moves -------------------------------------------------------------------------------------------------

    def _draw_trail(self, grid: Grid, lane: LaneSnapshot, projection: Projection, canvas: Canvas, thick: bool) -> None:
        found = trail(lane.surface.path, lane.surface.steps, projection, thick)
        rows, columns = np.nonzero(found.codes)
        if len(rows) == 0:
            return
        ages = found.ages[rows, columns].astype(np.int64)
        keys, place = np.unique(ages * 1000 + self._shade[rows, columns] + 1, return_inverse=True)
        inks = np.array([self._trail_ink(lane.index, *divmod(int(key), 1000)) for key in keys], dtype=np.int16)
        at = (rows + canvas.top, columns + canvas.left)
        if self.theme.ascii_only:
            grid.chars[at] = "."
        else:
            grid.chars[at] = found.codes[rows, columns].view("<U1")
        grid.inks[at] = inks[place]
        if self.theme.colour == "grey" or self.theme.ascii_only:  # colour alone would not tell the lanes apart
            along = (rows * 3 + columns + 4 * lane.index) % _MARK_EVERY == 0
            grid.chars[at[0][along], at[1][along]] = self.theme.lane_marker(lane.index)

    def _trail_ink(self, lane: int, age: int, shade: int) -> int:
        key = (lane, age, shade)
        if key not in self._trail_inks:
            behind = self._behind(shade - 1)
            colour = self.theme.lane(lane)
            shown = colour if self.theme.colour == "16" else mix(behind, colour, FADES[age])
            self._trail_inks[key] = self._ink(f"{shown} on {behind}")
        return self._trail_inks[key]

    def _behind(self, shade: int) -> str:
        return palette(self.theme)[0][shade] if shade >= 0 else BACKGROUND

    def _point(
        self,
        grid: Grid,
        projection: Projection,
        canvas: Canvas,
        point: Point,
        character: str,
        style: str,
        behind: str = "",
    ) -> None:
        cell = projection.cell(point)
        if cell is not None:
            column, row = cell
            colour = behind or self._behind(int(self._shade[row, column]))
            self._put(grid, canvas, column, row, character, f"{style} on {colour}")

    def _put(self, grid: Grid, canvas: Canvas, column: int, row: int, character: str, style: str) -> None:
        grid.chars[canvas.top + row, canvas.left + column] = character
        grid.inks[canvas.top + row, canvas.left + column] = self._ink(style)

    def _draw_heads(
        self, grid: Grid, lanes: list[LaneSnapshot], chosen: int, projection: Projection, canvas: Canvas
    ) -> None:
        taken: set[tuple[int, int]] = set()
        for lane in reversed(lanes):  # the chosen lane gets the cell it wants
            colour = self.theme.lane(lane.index)
            left = exit_of(lane.surface.path, projection) if len(lane.surface.path) else None
            if left is not None:
                self._draw_exit(grid, canvas, lane, left, taken)
                continue
            cell = projection.cell(lane.surface.position)
            if cell is None:
                continue
            column, row = free_cell(cell, taken, canvas)
            behind = self._behind(int(self._shade[row, column]))
            style = f"bold {BACKGROUND} on {colour}" if lane.index == chosen else f"bold {colour} on {behind}"
            self._put(grid, canvas, column, row, self.theme.lane_marker(lane.index), style)

    def _draw_exit(
        self, grid: Grid, canvas: Canvas, lane: LaneSnapshot, left: Exit, taken: set[tuple[int, int]]
    ) -> None:
        """An arrow on the border, the lane's marker beside it."""
        inward = 1 if left.column < canvas.width // 2 else -1
        column, row = left.column, left.row
        step = 1 if row < canvas.height // 2 else -1
        while (column, row) in taken and 0 <= row + step < canvas.height:
            row += step
        taken |= {(column, row), (column + inward, row)}
        arrows = ARROWS_ASCII if self.theme.ascii_only else ARROWS
        style = f"bold {BACKGROUND} on {self.theme.lane(lane.index)}"
        self._put(grid, canvas, column, row, arrows[left.right, left.down], style)
        self._put(grid, canvas, column + inward, row, self.theme.lane_marker(lane.index), style)

    def _draw_titles(
        self,
        grid: Grid,
        race: Snapshot,
        lanes: list[LaneSnapshot],
        chosen: int,
        canvas: Canvas,
        crosshair: Point | None,
    ) -> None:
        theme, top = self.theme, canvas.top - 1
        settings = race.lanes[chosen].surface.settings
        title = f" {settings.surface.replace('_', ' ')} "
        column = grid.write(top, canvas.left + 1, title, f"bold {TEXT}")
        end = canvas.left + canvas.width - 1
        if crosshair is not None:
            x, y = crosshair
            words = f" new start {setting(x)}, {setting(y)} "
            grid.write_right(top, end, words, f"bold {ACCENT}")
            return
        elsewhere = len(race.lanes) - len(lanes)
        notes = [f"{elsewhere} on another surface"] if elsewhere else []
        for words in (f" log shades  {self._minimum} minimum  S start ", f" {self._minimum} minimum  S start ", ""):
            room = end - column - sum(len(note) + 3 for note in notes)
            if len(words) <= room:
                break
        for note in notes:
            column = grid.write(top, column, f"{theme.glyphs.dot} {note} ", DIM)
        if words:
            grid.write_right(top, end, words, DIM)


def surface_request(window: Window, lane: int, width: int, height: int) -> SurfaceRequest | None:
    """What a map of this size needs to know of the surface."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return None
    canvas = canvas_of(window, width, height)
    return SurfaceRequest(lane, window, canvas.width, canvas.height)


def resampled(
    found: Heat, sampled: SampledSurface, projection: Projection
) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Shades and contour lines, each (2·rows, columns): the nearest sample's, −2 outside the part requested."""
    xs, ys = projection.pixels()
    part = sampled.request
    columns, known_x = _nearest(sampled.xs, xs, part.window[0], part.width)
    rows, known_y = _nearest(sampled.ys[::-1], ys, part.window[1], part.height)
    rows = len(sampled.ys) - 1 - rows
    known = known_y[:, None] & known_x[None, :]
    shades = np.where(known, found.shades[np.ix_(rows, columns)], np.int16(-2)).astype(np.int16)
    return shades, found.lines[np.ix_(rows, columns)] & known


def _nearest(grid: Floats, wanted: Floats, limits: Point, cells: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each wanted value the index of the nearest in the ascending ``grid``, and whether it lies in the limits."""
    half = 0.5 * (limits[1] - limits[0]) / (cells - 1)
    known = (wanted >= limits[0] - half) & (wanted <= limits[1] + half)
    if len(grid) < 2:
        return np.zeros(len(wanted), np.int64), known
    place = (wanted - grid[0]) / float(grid[1] - grid[0])
    return np.clip(np.floor(place + 0.5), 0, len(grid) - 1).astype(np.int64), known


def free_cell(cell: tuple[int, int], taken: set[tuple[int, int]], canvas: Canvas) -> tuple[int, int]:
    """The cell, or the next free one beside it; it is taken from now on."""
    column, row = cell
    for offset in (0, 1, -1, 2, -2, 3, -3):
        if 0 <= column + offset < canvas.width and (column + offset, row) not in taken:
            taken.add((column + offset, row))
            return column + offset, row
    return cell


def changed_rows(old: Grid, new: Grid) -> list[tuple[int, int]]:
    """Runs of rows [start, end) in which two grids of one size and one style table differ."""
    differs = ((old.chars != new.chars) | (old.inks != new.inks)).any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], differs.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in list(pairwise(edges))[::2]]
