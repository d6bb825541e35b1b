"""What a person can do with what is drawn of lanes: leave one out, draw one alone, draw them side by side."""

from nntui.plotting.side_by_side import apart

from .zoom_actions import ZoomActions


class LaneActions(ZoomActions):
    """The app as far as the drawing of lanes is concerned."""

    def action_mute_lane(self) -> None:
        """Draws the chosen lane's curves no longer, or again; it trains on."""
        model = self.model
        lane = model.chosen_lanes[0]
        muted = model.panel_view.muted ^ {lane.settings.name}
        snapshot = model.view.snapshot
        if snapshot is not None and all(one.settings.name in muted for one in snapshot.lanes):
            self.say("One lane at least stays drawn.", log=False)
            return
        model.panel_view.muted = muted
        again = lane.settings.name not in muted
        words = "is drawn again" if again else "trains on, but is not drawn: the same key draws it again"
        self.say(f"Lane {lane.name} {words}.", log=False)

    def action_solo(self) -> None:
        """Draws the chosen lane alone, whichever that is, or all of them again."""
        self.model.solo = not self.model.solo
        alone = "Only the chosen lane is drawn: tab chooses another." if self.model.solo else "All lanes are drawn."
        self.say(alone, log=False)

    def action_apart(self) -> None:
        """Draws the plot that stands alone for every lane by itself, side by side, or over one another again."""
        model, snapshot = self.model, self.model.view.snapshot
        view = model.panel_view
        if not view.apart and (snapshot is None or not apart(model.zoom, snapshot, view, self.plot_theme)):
            self.say("There are no curves of several lanes here: n shows the next plot.", log=False)
            return
        view.apart = not view.apart
        self.redraw()
