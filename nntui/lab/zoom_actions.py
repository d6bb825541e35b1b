"""What a person can do with plots: one alone on the screen, a cursor in it, smoothing, the last steps alone."""

from nntui.plotting.layers_view import ONE_LAYER
from nntui.plotting.time_view import SMOOTHINGS, WINDOWS, next_of

from .map_actions import MapActions
from .reasons import OF_UNITS

PARTS = 100  # of what is seen, one of which the cursor moves by
FASTER = 10
ONE_UNIT = "unit"  # the panel that enter shows alone in the Network view


class ZoomActions(MapActions):
    """The app as far as single plots are concerned."""

    def action_zoom_panel(self) -> None:
        """Shows the first plot alone on the screen, or all of them again."""
        if self.model.zoom:
            self._leave_zoom()
        elif self.lab_screen is not None and self.lab_screen.panel_names:
            shown = self.lab_screen.shown_panels or self.lab_screen.panel_names
            self.model.zoom = shown[0]
            self.redraw()

    def action_smooth(self) -> None:
        """Draws means over more and more steps, then the values as they were measured."""
        view = self.model.panel_view
        view.smoothing = next_of(SMOOTHINGS, view.smoothing)
        words = f"means of {view.smoothing} steps, the values dim" if view.smoothing else "values as measured"
        self.say(f"Plots show {words}.", log=False)

    def action_window(self) -> None:
        """Draws the last steps alone, fewer and fewer, then all of them."""
        view = self.model.panel_view
        view.window = next_of(WINDOWS, view.window)
        self.say(f"Plots show {f'the last {view.window} steps' if view.window else 'all steps'}.", log=False)

    def action_cancel(self) -> None:
        """Gives up what was being chosen, or leaves a plot that stands alone or the step that plots are read at."""
        view, choosing = self.model.panel_view, self.model.map_view.crosshair is not None
        if not choosing and (self.model.zoom or view.cursor is not None):
            self._leave_zoom()
        else:
            super().action_cancel()

    def enter_confirms(self) -> bool:
        """Whether enter was for a plot that stands alone, a unit, a layer, a new start or the fair rates."""
        if self.model.view_name == "network" and self.model.zoom in ("", *OF_UNITS - {ONE_UNIT}):
            self.model.zoom = ONE_UNIT
            self.redraw()
            return True
        if self.model.zoom and self.model.map_view.crosshair is None:
            self._leave_zoom()
            return True
        if self.model.enter_shows_layer:
            self.show_layer()
            return True
        return super().enter_confirms()

    def show_layer(self) -> None:
        """Shows the chosen layer alone on the screen."""
        self.model.zoom = ONE_LAYER
        self.redraw()

    def arrow_moves_cursor(self, direction: int, faster: bool) -> bool:
        """Whether an arrow key was for the cursor of a plot that stands alone, which behind the last step is gone; or
        for the next unit, where units stand alone."""
        snapshot, view = self.model.view.snapshot, self.model.panel_view
        if not self.model.zoom or snapshot is None:
            return False
        if self.model.zoom in OF_UNITS:
            self.model.choose_unit(direction * (FASTER if faster else 1))
            self.redraw()
            return True
        seen = min(view.window or snapshot.step, snapshot.step)
        stride = max(1, seen // PARTS) * (FASTER if faster else 1)
        at = (snapshot.step if view.cursor is None else view.cursor) + direction * stride
        view.cursor = None if at >= snapshot.step else float(max(at, snapshot.step - seen, 0))
        self.redraw()
        return True

    def arrow_moves_layer(self, direction: int) -> bool:
        """Whether an arrow key was for the next layer, where units or a layer stand alone."""
        if self.model.zoom not in {*OF_UNITS, ONE_LAYER}:
            return False
        self.model.choose_layer(direction, beside=True)
        self.redraw()
        return True

    def next_zoomed(self, direction: int) -> bool:
        """Whether a key was for the next (1) or last (−1) plot while one stands alone."""
        if not self.model.zoom or self.lab_screen is None:
            return False
        names = self.lab_screen.panel_names
        at = names.index(self.model.zoom) if self.model.zoom in names else -1
        self.model.zoom = names[(at + direction) % len(names)] if names else ""
        self.redraw()
        return True

    def _leave_zoom(self) -> None:
        self.model.zoom, self.model.panel_view.cursor, self.model.panel_view.pointed = "", None, ""
        self.redraw()
