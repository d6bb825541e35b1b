"""What a person can ask of a run that a script makes, beside turning it: a checkpoint, an end."""

from typing import Any, cast

from .actions import LabActions
from .screens.choice import Answer, ChoiceScreen
from .watched_training import WatchedTraining


class WatchedActions(LabActions):
    """The app as far as the run of a script is concerned."""

    def action_save_checkpoint(self) -> None:
        """Has the run save a checkpoint, in the way that the script has given."""
        self._order("save_checkpoint")

    def action_stop_run(self) -> None:
        """Has the run stop as by Ctrl-C, if that is really meant."""

        def done(answer: Any) -> None:
            if answer:
                self._order("stop_run")

        answers = [Answer("s", "stop it: in the script this is a Ctrl-C", "stop")]
        self._open(ChoiceScreen("Stop the training?", answers), done)

    def _order(self, what: str) -> None:
        self.source.order(lambda training: getattr(cast("WatchedTraining", training), what)())
