"""What a person can do with the panels of a view: hide them, and put them into another order."""

from .arrangement import Arrangement, arrangements_file, keep_arrangements, read_arrangements
from .lane_actions import LaneActions
from .screens.panels import PanelsScreen


class PanelActions(LaneActions):
    """The app as far as the choice of panels is concerned; ``kept_as`` is what the scenario is remembered by."""

    kept_as = ""

    def recall_panels(self, key: str) -> None:
        """Shows the panels of what runs as they were arranged the last time."""
        self.kept_as = key
        if key:
            self.model.arrangements, trouble = read_arrangements(arrangements_file(), key)
            if trouble:
                self.say(trouble, error=True)

    def action_arrange(self) -> None:
        """Opens the list of this view's panels."""
        lab = self.lab_screen
        if lab is None or self.screen is not lab or not lab.all_panels:
            return
        view = self.model.arranged_view

        def changed(arrangement: Arrangement) -> None:
            self.model.arrangements = {**self.model.arrangements, view: arrangement}
            self.model.page = 0
            trouble = (
                keep_arrangements(arrangements_file(), self.kept_as, self.model.arrangements) if self.kept_as else ""
            )
            if trouble:
                self.say(trouble, error=True)
            self.redraw()

        screen = PanelsScreen(lab.panel_titles, self.model.arrangement, changed, self.plot_theme)
        screen.set_class(self.plot_theme.ascii_only, "ascii")
        self.push_screen(screen)
