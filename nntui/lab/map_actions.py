"""What a person can do on the Map view and with a race: zoom, pan, move the start, fair rates."""

from collections.abc import Mapping
from functools import partial

from textual.app import App

from nntui.looks.projection import Window
from nntui.plotting.numbers import setting
from nntui.plotting.theme import Theme

from . import reasons
from .any_session import AnySession
from .map_view import PAN, middle, rounded
from .model import LabModel
from .screens.lab import LabScreen
from .training import Training
from .widgets.map_plot import MapPlot


class MapActions(App[None]):
    """The app as far as maps and races are concerned; it has the model, the source and the screen that keys work on."""

    model: LabModel
    source: AnySession
    plot_theme: Theme
    lab_screen: LabScreen | None

    def redraw(self) -> None:
        """Draws what is known again."""
        raise NotImplementedError

    def say(self, text: str, error: bool = False, log: bool = True) -> None:
        """Shows a message for a few seconds."""
        raise NotImplementedError

    def tweak(self, settings: Mapping[str, object], lane: str | None) -> int:
        """Changes settings of a lane (None: of all); returns the number of this order."""
        return self.source.order(partial(Training.tweak, settings=settings, lane=lane))

    def _home(self) -> Window | None:
        race = self.model.race
        return None if race is None else race.lanes[self.model.panel_view.lane].surface.settings.window

    def action_zoom(self, direction: int) -> None:
        """Brings the map closer (1) or further (−1), about the start being chosen or else the middle."""
        home = self._home()
        if home is not None:
            self.model.map_view.zoom(home, direction, self.model.map_view.crosshair)
            self.redraw()

    def action_pan(self, right: int, up: int) -> None:
        """Moves the map's window by ``PAN`` of its size in each direction given (−1, 0 or 1)."""
        home = self._home()
        if home is not None:
            self.model.map_view.pan(home, right * PAN, up * PAN)
            self.redraw()

    def action_whole_map(self) -> None:
        """Shows the scenario's own window again."""
        self.model.map_view.reset()
        self.redraw()

    def action_move_start(self) -> None:
        """Begins to choose a start; a second time, or where the start is out of sight, in the middle of the map."""
        race, home = self.model.race, self._home()
        if race is None or home is None:
            return
        view = self.model.map_view
        window = view.shown(home)
        start = race.lanes[self.model.panel_view.lane].surface.settings.start
        seen = all(low <= value <= high for value, (low, high) in zip(start, window, strict=True))
        view.crosshair = start if seen and view.crosshair is None else middle(window)
        self.model.view_name, self.model.page = "map", 0
        self.redraw()

    def action_cancel(self) -> None:
        """Gives up choosing a start, or else leaves the fair rates for the map."""
        if self.model.map_view.crosshair is not None:
            self.model.map_view.crosshair = None
        elif self.model.view_name == "fair":
            self.model.view_name = "map"
        self.redraw()

    def action_fair(self) -> None:
        """Starts the search for every lane's best learning rate and shows it; only in a race."""
        if self.model.race is None:
            return
        self.source.order(Training.search_fair)
        self.model.view_name = "fair"
        self.redraw()

    def arrow_moves_start(self, right: int, up: int, fine: bool) -> bool:
        """Whether an arrow key was for the new start."""
        home, view = self._home(), self.model.map_view
        if home is None or view.crosshair is None:
            return False
        view.move_crosshair(home, right, up, fine)
        self.redraw()
        return True

    def enter_confirms(self) -> bool:
        """Whether enter was for the new start, for the landscape or for the fair rates."""
        home, view = self._home(), self.model.map_view
        if home is not None and view.crosshair is not None:
            start = rounded(view.crosshair, view.shown(home))
            view.crosshair = None
            self.tweak({"surface.start": start}, None)
            self.redraw()
            return True
        if self.model.view_name == "landscape":
            self.model.panel_view.again += 1
            self.redraw()
            return True
        if self.model.view_name == "fair":
            fair = self.model.view.fair
            if fair is not None and fair.complete:
                self.source.order(Training.apply_fair)
                rates = ", ".join(f"{one.lane or one.optimizer} {setting(one.best, 3)}" for one in fair.found)
                self.model.view_name = "map"
                self.say(f"Started again with the best rates: {rates}")
            return True
        return False

    # -- the mouse ------------------------------------------------------------------------------------------------

    def on_map_plot_zoomed(self, event: MapPlot.Zoomed) -> None:
        """Zooms about the point that the wheel was turned at."""
        home = self._home()
        if home is not None and self.lab_screen is not None:
            at = self.lab_screen.map_part.point(self.lab_screen.state, event.column, event.row)
            self.model.map_view.zoom(home, event.direction, at)
            self.redraw()

    def on_map_plot_dragged(self, event: MapPlot.Dragged) -> None:
        """Moves the window so that the map follows the mouse."""
        home = self._home()
        if home is not None and self.lab_screen is not None:
            projection, _, _ = self.lab_screen.map_part.projection(self.lab_screen.state)
            right, up = -event.right / (projection.width - 1), event.down / (projection.height - 1)
            self.model.map_view.pan(home, right, up)
            self.redraw()

    def on_map_plot_clicked(self, event: MapPlot.Clicked) -> None:
        """A click is a new start."""
        home, refused = self._home(), reasons.refused(self.model, "move_start")
        if home is None or self.lab_screen is None:
            return
        if refused:
            self.say(refused, log=False)
            return
        point = self.lab_screen.map_part.point(self.lab_screen.state, event.column, event.row)
        if point is not None:
            self.model.map_view.crosshair = None
            self.tweak({"surface.start": rounded(point, self.model.map_view.shown(home))}, None)
