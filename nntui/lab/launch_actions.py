"""Opening the launcher, and another scenario in the same screen."""

import threading
from collections import deque
from collections.abc import Callable

from textual.driver import Driver

from nntui_engine.scenario import Scenario

from .any_session import AnySession
from .catalog import Entry
from .opening import kept_session
from .screens.launcher import LauncherScreen
from .visits import key_of, note_visit, visits_file
from .watched_actions import WatchedActions

Opener = Callable[[Scenario, AnySession], AnySession]


class LaunchActions(WatchedActions):
    """The app as far as choosing what it runs is concerned."""

    opener: Opener = staticmethod(kept_session)
    chosen_here = False  # whether what runs was chosen in the launcher
    _key = ""  # what runs, as it is remembered
    known: tuple[Entry, ...] = ()  # the scenarios that the launcher knew last

    def __init__(self, driver_class: type[Driver] | None) -> None:
        super().__init__(driver_class=driver_class)
        self.to_copy: deque[str] = deque()
        self.troubles: deque[str] = deque()  # to be said with the next frame, from any thread

    def switch(self, source: AnySession, title: str) -> None:
        """Shows another session in place of the present one."""
        raise NotImplementedError

    @property
    def anything_open(self) -> bool:
        """Whether there is a session behind the launcher."""
        raise NotImplementedError

    def action_open_launcher(self) -> None:
        """Lets a person choose another scenario; what runs goes on meanwhile."""
        notice = self.troubles.popleft() if self.troubles else ""
        launcher = LauncherScreen(self.plot_theme, self.known, self._key, self.anything_open, notice=notice)

        def done(scenario: Scenario | None) -> None:
            self.known = launcher.entries
            self._launched(scenario)

        self._open(launcher, done)

    def _launched(self, scenario: Scenario | None) -> None:
        if scenario is not None:
            self.open_scenario(scenario)
        elif not self.anything_open:
            self.exit(return_code=0)

    def open_scenario(self, scenario: Scenario) -> None:
        """Ends what runs and runs ``scenario`` instead."""
        former = self.source
        former.stop(0.0)
        self.chosen_here = True
        self.switch(self.opener(scenario, former), scenario.title)
        self.remember(key_of(scenario))

    def remember(self, key: str) -> None:
        """Keeps that a scenario was opened, in a thread of its own; says once where that cannot be kept."""
        self._key = key
        self.recall_panels(key)
        if key:
            threading.Thread(target=self._note, args=(key,), daemon=True).start()

    def _note(self, key: str) -> None:
        trouble = note_visit(visits_file(), key)
        if trouble:
            self.troubles.append(trouble)
