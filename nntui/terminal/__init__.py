"""The lab's terminal: what is read from it, what is written to it, and that it is left as it was found."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.driver import Driver

SETTLED_SECONDS = (0.1, 0.5)  # after a change of size or a pause: a terminal has its own way with what it showed before


def driver_class() -> "type[Driver] | None":
    """The driver of a POSIX terminal; None, Textual's choice, elsewhere and where the environment names another."""
    if os.name != "posix" or "TEXTUAL_DRIVER" in os.environ:
        return None
    from .driver import LabDriver

    return LabDriver
