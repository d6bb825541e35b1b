"""What the mouse does, and jump mode, which does the same by letters: everything they can is also done by keys."""

from nntui.plotting.grid import Spot
from nntui.plotting.reading import step_at

from . import reasons
from .launch_actions import LaunchActions
from .screens.explain import ExplainScreen
from .screens.jump import JumpScreen, targets
from .shown_words import explained
from .widgets.grid_view import GridView


class MouseActions(LaunchActions):
    """The app as far as the mouse is concerned."""

    _pinned: tuple[str, int] | None = None  # the plot and the column that were clicked

    async def on_grid_view_pressed(self, event: GridView.Pressed) -> None:
        """Does what is clicked; a layer that is clicked twice stands alone."""
        if event.spot.what == "step":
            self._press_plot(event)
            return
        await self.choose_spot(event.spot)
        if event.spot.what == "layer" and event.times == 2:
            self.show_layer()

    def action_jump(self) -> None:
        """Puts a letter on everything that can be chosen, and chooses what the next key names."""
        if self.lab_screen is not None:
            self._open(JumpScreen(targets(self.lab_screen)), self._jumped)

    async def _jumped(self, spot: Spot | None) -> None:
        if spot is None:
            return
        if spot.what == "panel":
            self.model.zoom = spot.which
            self.redraw()
        else:
            await self.choose_spot(spot)

    async def choose_spot(self, spot: Spot) -> None:
        """Chooses a lane, a layer, a knob or a finding's lane, turns it, does a suggestion, or what a key does."""
        what, which = spot.what, spot.which
        if what == "call":
            await self.run_call(which)
        elif what == "lane":
            self.model.choose_lane(which)
        elif what == "layer":
            self.model.go_to_layer(which)
        elif what in ("knob", "group"):
            self.choose_knob(which)
        elif what == "turn":
            self._turn(which)
        elif what == "try":
            if not self._refused("try"):
                self.do_try(which)
        elif what == "finding":
            self.explain(which)
        self.redraw()

    def _refused(self, action_id: str) -> bool:
        words = reasons.refused(self.model, action_id)
        if words:
            self.say(words, log=False)
        return bool(words)

    def _turn(self, direction: int) -> None:
        lanes = self.model.chosen_lanes
        if lanes and not self._refused("turn_up"):
            self._ask(self.model.rack.turned(lanes, direction, False))

    def action_explain(self) -> None:
        """Explains the first finding of the chosen lane, or else the first of all."""
        names = [lane.name for lane in self.model.chosen_lanes]
        findings = self.model.view.findings
        self.explain(next((at for at, one in enumerate(findings) if one.lane in names), 0))

    def explain(self, number: int) -> None:
        """Chooses a finding's lane, and shows the finding in full."""
        findings = self.model.view.findings
        if number < len(findings):
            lines = [explained(one, findings, self.plot_theme) for one in findings]
            self._open(ExplainScreen(lines, number, self._choose_lane_of), self._explained)

    def _explained(self, to_fix: bool | None) -> None:
        if to_fix:
            words = reasons.reason(self.model, "fix")
            if words:
                self.say(words, log=False)
            else:
                self.action_fix()
        self.redraw()

    def _choose_lane_of(self, finding: int) -> bool:
        """Whether a fix can be tried in the lane that is chosen then."""
        snapshot, findings = self.model.view.snapshot, self.model.view.findings
        names = [lane.name for lane in snapshot.lanes] if snapshot is not None else []
        if finding < len(findings) and findings[finding].lane in names:
            self.model.choose_lane(names.index(findings[finding].lane))
        found = None if reasons.reason(self.model, "fix") else self.model.next_fix
        return found is not None and found[0].name == findings[finding].lane

    def on_grid_view_wheeled(self, event: GridView.Wheeled) -> None:
        """Turns the chosen knob, where the wheel is turned over the knobs: up for more; over the layers chooses the
        next or the last."""
        if event.view.id == "knobs":
            self._turn(-event.direction)
        elif event.view.id == "layers":
            self.model.go_to_layer(self.model.panel_view.layer + event.direction)
            self.redraw()

    # -- plots ----------------------------------------------------------------------------------------------------

    def on_grid_view_pointed(self, event: GridView.Pointed) -> None:
        """Reads plots at the step that the mouse is over, unless one was clicked."""
        view = self.model.panel_view
        if self._pinned is not None and view.cursor is None:
            self._pinned = None  # it was left by a key
        if self._pinned is not None:
            return
        before = (view.cursor, view.pointed)
        if event.spot is not None and event.spot.what == "step":
            view.cursor, view.pointed = step_at(event.spot.which, event.column, event.spot.width), event.view.about
        elif view.pointed:
            view.cursor, view.pointed = None, ""
        if before != (view.cursor, view.pointed):
            self.redraw()

    def _press_plot(self, event: GridView.Pressed) -> None:
        """Holds the cursor there, or lets go of it; twice shows the plot alone, or all again."""
        view, here = self.model.panel_view, (event.view.about, event.column)
        if event.times == 2:
            self._pinned, view.cursor, view.pointed = None, None, ""
            self.model.zoom = "" if self.model.zoom else event.view.about
        elif self._pinned == here and view.cursor is not None:
            self._pinned = None
        else:
            self._pinned = here
            view.cursor, view.pointed = step_at(event.spot.which, event.column, event.spot.width), event.view.about
        self.redraw()
