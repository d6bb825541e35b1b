"""What the screens above the lab have in common: each is closed once, however often that is asked."""

from typing import Any

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette


class DismissedOnce:
    """Mixed into a modal screen, before its base.

    Keys that came while a screen was closing still reach it, and Textual's ``dismiss`` closes whatever is on top: a
    second Enter would close the lab itself.
    """

    _dismissed = False

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Closes this screen, the first time."""
        if self._dismissed:
            return AwaitComplete()
        self._dismissed = True
        closed: AwaitComplete = super().dismiss(result)  # type: ignore[misc]
        return closed


class Palette(DismissedOnce, CommandPalette):
    """Textual's command palette."""
