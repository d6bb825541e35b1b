"""The Map view: the map over a table of the lanes, plots against the step beside it or on a page of their own."""

from dataclasses import replace
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size

from nntui.lab.state import LabState
from nntui.lab.widgets.grid_view import GridView
from nntui.lab.widgets.map_plot import MapPlot
from nntui.looks.projection import Point, Projection, Window
from nntui.looks.surface import SurfaceRequest
from nntui.plotting.drawn_lanes import undrawn
from nntui.plotting.map import MapPainter, surface_request
from nntui.plotting.map_frame import canvas_of
from nntui.plotting.panels import build_panel, meaning_of, panel_order
from nntui.plotting.reading import draw_read
from nntui.plotting.surface_side import draw_race_table, table_height
from nntui.plotting.theme import Theme

from .map_layout import MapLayout, lay_out_map

PLOTS = 3


class MapPart(Horizontal):
    """Shows a race."""

    def __init__(self, theme: Theme, *, id: str) -> None:
        super().__init__(id=id)
        self.theme = theme
        self._painter = MapPainter(theme)
        self._arranged: tuple[MapLayout, int, int] | None = None

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of this theme from now on."""
        self.theme, self._painter = theme, MapPainter(theme)

    def compose(self) -> ComposeResult:
        """The map over the lanes' table, and the plots, with a table for when they have a page of their own."""
        with Vertical(id="map-left"):
            yield MapPlot(id="map")
            yield GridView(id="race-table")
        with Vertical(id="map-plots"):
            for slot in range(PLOTS):
                yield GridView(id=f"map-plot{slot}")
            yield GridView(id="race-table-2")

    def window(self, state: LabState) -> Window:
        """The window shown."""
        assert state.race is not None
        return state.map_view.shown(state.race.lanes[state.panel_view.lane].surface.settings.window)

    def surface_request(self, state: LabState) -> SurfaceRequest | None:
        """The part of the surface the map shows now."""
        view = self.query_one("#map", MapPlot)
        if state.race is None or not view.size.width or not view.region.width:
            return None
        settings = state.race.lanes[state.panel_view.lane].surface.settings
        basins = replace(settings, start=(0.0, 0.0), name="") if state.map_view.basins else None
        return surface_request(self.window(state), state.panel_view.lane, *view.size, basins)

    def point(self, state: LabState, column: int, row: int) -> Point | None:
        """The point that a cell of the map widget shows, None on its frame."""
        projection, left, top = self.projection(state)
        column, row = column - left, row - top
        if not (0 <= column < projection.width and 0 <= row < projection.height):
            return None
        return projection.point(column, row)

    def projection(self, state: LabState) -> tuple[Projection, int, int]:
        """The map's projection and its upper left cell in the widget."""
        window = self.window(state)
        canvas = canvas_of(window, *self.query_one("#map", MapPlot).size)
        return Projection(window, max(2, canvas.width), max(2, canvas.height)), canvas.left, canvas.top

    def show(self, state: LabState, size: Size) -> None:
        """Draw this state."""
        race = state.race
        if race is None:
            return
        layout = map_layout(size, state)
        page = state.page % layout.pages
        wanted = len(state.arrangement.shown(panel_order(state.panels, race, state.panel_view)))
        if self._arranged != (layout, page, wanted):
            self._arrange(layout, page, wanted)
        theme, chosen, everything = self.theme, state.panel_view.lane, state.all_lanes
        away = undrawn(race, state.panel_view)
        if page == 0:
            window, crosshair, surface = self.window(state), state.map_view.crosshair, state.surface
            self.query_one("#map", MapPlot).show(
                lambda w, h: self._painter.draw(race, surface, window, chosen, crosshair, w, h, away)
            )
        for name in ("race-table", "race-table-2"):
            self.query_one(f"#{name}", GridView).show(
                lambda w, h: draw_race_table(race, chosen, everything, w, h, theme, away)
            )
        names = state.arrangement.shown(panel_order(state.panels, race, state.panel_view))[: layout.panels]
        for slot, name in enumerate(names):
            spec = build_panel(name, race, state.panel_view, theme)
            words = meaning_of(name, race, state.panel_view)
            cursor, told = state.panel_view.cursor, state.panel_view.pointed == name
            self.query_one(f"#map-plot{slot}", GridView).show(
                partial(draw_read, spec, cursor, told, theme=theme, meaning=words), name
            )

    def _arrange(self, layout: MapLayout, page: int, wanted: int) -> None:
        """``wanted``: plots that a person wants to see."""
        self._arranged = (layout, page, wanted)
        left, plots = self.query_one("#map-left"), self.query_one("#map-plots")
        left.display = page == 0
        plots.display = page == 1 or layout.plots > 0
        plots.styles.width = layout.plots or "1fr"
        table, second = self.query_one("#race-table"), self.query_one("#race-table-2")
        table.display = layout.table > 0
        table.styles.height = layout.table
        second.display = layout.second_table > 0
        second.styles.height = layout.second_table
        for slot in range(PLOTS):
            self.query_one(f"#map-plot{slot}").display = slot < min(layout.panels, wanted)


def map_layout(size: Size, state: LabState) -> MapLayout:
    """The layout on a screen of this size."""
    rows = table_height(state.race) if state.race is not None else 4
    return lay_out_map(size.width, size.height, rows)
