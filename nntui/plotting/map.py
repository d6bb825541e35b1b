"""The map: the surface in half blocks, the trails over it, heads, minima and start, inside a frame with ticks."""

from dataclasses import dataclass

from nntui.looks.projection import Point, Projection, Window
from nntui.looks.surface import SampledSurface, SurfaceRequest, surface_of
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot
from nntui_engine.scenario.settings import SurfaceSettings

from .grid import Grid
from .ground import Ground
from .map_frame import SMALLEST, Canvas, canvas_of
from .numbers import setting
from .theme import ACCENT, BACKGROUND, DIM, TEXT
from .trails import Exit, exit_of

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


@dataclass(slots=True)
class MapPainter(Ground):
    """Draws maps of races."""

    def draw(
        self,
        race: Snapshot,
        sampled: SampledSurface | None,
        window: Window,
        chosen: int,
        crosshair: Point | None,
        width: int,
        height: int,
        undrawn: frozenset[int] = frozenset(),
    ) -> Grid:
        """The map with its frame; ``crosshair`` is the new start being chosen, ``undrawn`` lanes have no path on it."""
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return Grid.blank(width, height)
        canvas = canvas_of(window, width, height)
        projection = Projection(window, canvas.width, canvas.height)
        grid = self.surface(sampled, projection, canvas, width, height)
        surface = surface_of(race.lanes[chosen].surface.settings)
        lanes = [lane for lane in race.lanes if surface_of(lane.surface.settings) == surface]
        elsewhere = len(race.lanes) - len(lanes)
        lanes = [lane for lane in lanes if lane.index not in undrawn]
        lanes.sort(key=lambda lane: lane.index == chosen)  # the chosen lane on top
        for lane in lanes:
            thick = lane.index == chosen and len(lanes) > 1
            self.trail(grid, lane.index, lane.surface.path, lane.surface.steps, projection, canvas, thick)
        for x, y in race.lanes[chosen].surface.minima:
            self.point(grid, projection, canvas, (float(x), float(y)), self._minimum, f"bold {TEXT}")
        self.point(grid, projection, canvas, race.lanes[chosen].surface.settings.start, "S", f"bold {TEXT}")
        self._draw_heads(grid, lanes, chosen, projection, canvas)
        if crosshair is not None:
            self.point(grid, projection, canvas, crosshair, "+", f"bold {BACKGROUND}", TEXT)
        of_basins = sampled is not None and sampled.request.basins is not None
        self._draw_titles(grid, race, elsewhere, chosen, canvas, crosshair, of_basins)
        return grid

    @property
    def _minimum(self) -> str:
        return "O" if self.theme.ascii_only else "◎"

    # -- what moves -------------------------------------------------------------------------------------------------

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
            behind = self.behind(int(self._shade[row, column]))
            style = f"bold {BACKGROUND} on {colour}" if lane.index == chosen else f"bold {colour} on {behind}"
            self.put(grid, canvas, column, row, self.theme.lane_marker(lane.index), style)

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
        self.put(grid, canvas, column, row, arrows[left.right, left.down], style)
        self.put(grid, canvas, column + inward, row, self.theme.lane_marker(lane.index), style)

    def _draw_titles(
        self,
        grid: Grid,
        race: Snapshot,
        elsewhere: int,
        chosen: int,
        canvas: Canvas,
        crosshair: Point | None,
        of_basins: bool,
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
        notes = [f"{elsewhere} on another surface"] if elsewhere else []
        marks = f" {self._minimum} minimum  S start "
        shades = " log shades " if not of_basins else " a shade: the minimum reached from there "
        for words in (f"{shades}{marks}", shades if of_basins else marks, " basins " if of_basins else ""):
            room = end - column - sum(len(note) + 3 for note in notes)
            if len(words) <= room:
                break
        for note in notes:
            column = grid.write(top, column, f"{theme.glyphs.dot} {note} ", DIM)
        if words:
            grid.write_right(top, end, words, DIM)


def surface_request(
    window: Window, lane: int, width: int, height: int, basins: SurfaceSettings | None = None
) -> SurfaceRequest | None:
    """What a map of this size needs to know of the surface, or of its ``basins`` for these settings."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return None
    canvas = canvas_of(window, width, height)
    return SurfaceRequest(lane, window, canvas.width, canvas.height, basins)


def free_cell(cell: tuple[int, int], taken: set[tuple[int, int]], canvas: Canvas) -> tuple[int, int]:
    """The cell, or the next free one beside it; it is taken from now on."""
    column, row = cell
    for offset in (0, 1, -1, 2, -2, 3, -3):
        if 0 <= column + offset < canvas.width and (column + offset, row) not in taken:
            taken.add((column + offset, row))
            return column + offset, row
    return cell
