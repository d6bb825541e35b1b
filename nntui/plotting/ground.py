"""The ground of a map: a surface in half blocks inside a frame with ticks, and paths and points over it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nntui.looks.projection import Point, Projection
from nntui.looks.surface import SampledSurface

from .grid import Grid
from .heat import Heat, basin_heat, heat, palette
from .map_frame import Canvas, draw_frame
from .theme import BACKGROUND, DIM, Theme, mix
from .trails import FADES, trail

Floats = NDArray[np.float64]
_MARK_EVERY = 11  # cells between two markers along a trail, in grey


@dataclass(slots=True)
class Ground:
    """Draws what lies under the lanes of one map on screen, and their paths.

    It keeps the drawn surface and one table of styles from frame to frame, so that rows that did not change compare
    equal.
    """

    theme: Theme
    _styles: list[str] = field(default_factory=lambda: [""])
    _inks: dict[str, int] = field(default_factory=lambda: {"": 0})
    _heat_of: SampledSurface | None = None
    _heat: Heat | None = None
    _base_of: tuple[object, ...] = ()
    _base: Grid | None = None
    _shade: NDArray[np.int16] = field(default_factory=lambda: np.zeros((0, 0), np.int16))
    _trail_inks: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def surface(
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
        of_basins = sampled.request.basins is not None
        if self._heat_of is not sampled or self._heat is None:
            self._heat_of, self._heat = sampled, basin_heat(sampled.values) if of_basins else heat(sampled.values)
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

    def trail(
        self, grid: Grid, lane: int, path: Floats, steps: Floats, projection: Projection, canvas: Canvas, thick: bool
    ) -> None:
        """Draws where a lane has been: the path (m, 2) at ``steps`` (m,)."""
        found = trail(path, steps, projection, thick)
        rows, columns = np.nonzero(found.codes)
        if len(rows) == 0:
            return
        ages = found.ages[rows, columns].astype(np.int64)
        keys, place = np.unique(ages * 1000 + self._shade[rows, columns] + 1, return_inverse=True)
        inks = np.array([self._trail_ink(lane, *divmod(int(key), 1000)) for key in keys], dtype=np.int16)
        at = (rows + canvas.top, columns + canvas.left)
        if self.theme.ascii_only:
            grid.chars[at] = "."
        else:
            grid.chars[at] = found.codes[rows, columns].view("<U1")
        grid.inks[at] = inks[place]
        if self.theme.colour == "grey" or self.theme.ascii_only:  # colour alone would not tell the lanes apart
            along = (rows * 3 + columns + 4 * lane) % _MARK_EVERY == 0
            grid.chars[at[0][along], at[1][along]] = self.theme.lane_marker(lane)

    def _trail_ink(self, lane: int, age: int, shade: int) -> int:
        key = (lane, age, shade)
        if key not in self._trail_inks:
            behind = self.behind(shade - 1)
            colour = self.theme.lane(lane)
            shown = colour if self.theme.colour == "16" else mix(self.theme.colours.restyle(behind), colour, FADES[age])
            self._trail_inks[key] = self._ink(f"{shown} on {behind}")
        return self._trail_inks[key]

    def behind(self, shade: int) -> str:
        """The colour of a shade of the surface, −1 where there is none."""
        return palette(self.theme)[0][shade] if shade >= 0 else BACKGROUND

    def point(
        self,
        grid: Grid,
        projection: Projection,
        canvas: Canvas,
        point: Point,
        character: str,
        style: str,
        behind: str = "",
    ) -> None:
        """Writes a character where a point lies, if it lies on the map; ``behind`` is its background, left out the
        surface's."""
        cell = projection.cell(point)
        if cell is not None:
            column, row = cell
            colour = behind or self.behind(int(self._shade[row, column]))
            self.put(grid, canvas, column, row, character, f"{style} on {colour}")

    def put(self, grid: Grid, canvas: Canvas, column: int, row: int, character: str, style: str) -> None:
        """Writes a character into a cell of the canvas."""
        grid.chars[canvas.top + row, canvas.left + column] = character
        grid.inks[canvas.top + row, canvas.left + column] = self._ink(style)

    def _ink(self, style: str) -> int:
        found = self._inks.get(style)
        if found is None:
            found = self._inks[style] = len(self._styles)
            self._styles.append(style)
        return found

    # -- the surface ------------------------------------------------------------------------------------------------


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
