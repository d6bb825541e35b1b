"""What a person can ask of a run that a script makes, beside turning it: a checkpoint, an end."""

from collections import deque
from typing import TYPE_CHECKING, Any, cast

from .actions import LabActions
from .screens.choice import Answer, ChoiceScreen
from .watched_training import WatchedTraining

if TYPE_CHECKING:
    from .child import Child

MOST_LINES = 2000  # of a script's output that can be gone through


class WatchedActions(LabActions):
    """The app as far as the run of a script is concerned."""

    _ended = False  # whether it was said that the script has

    child: "Child | None" = None  # the script, where it runs under the lab

    def show_output_of(self, child: "Child | None") -> None:
        """The script that runs under the lab."""
        self.child = child
        if child is not None:
            self.model.output, self.model.output_of = deque(maxlen=MOST_LINES), child.script.name

    def read_output(self) -> None:
        """Takes what the script has written since the last time."""
        child = self.child
        if child is None or self.model.output is None:
            return
        ended = child.status()
        lines = child.new_lines()
        self.model.output.extend(lines)
        if ended is not None and not self._ended:
            self._ended = True
            self.say(f"{child.script.name} has ended with status {ended}.", error=ended != 0)
        elif lines and self.model.view_name == "lesson":
            self.redraw()

    def asks_before_leaving(self) -> bool:
        """Asks what is to become of a script that runs under the lab; whether there is one."""
        child = self.child
        if child is None or child.status() is not None:
            return False

        def done(answer: Any) -> None:
            if answer == "stop":
                child.interrupt()
            if answer:
                self.exit(return_code=0)

        answers = [
            Answer("s", "stop it: in the script this is a Ctrl-C", "stop"),
            Answer("g", "let it go on without the lab", "go"),
        ]
        self._open(ChoiceScreen(f"{child.script.name} is still training", answers), done)
        return True

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
