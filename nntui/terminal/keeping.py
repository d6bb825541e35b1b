"""The terminal's settings, kept so that they can be put back on every way out."""

import os
import select
import termios
from contextlib import suppress
from typing import Any

# The mouse, focus reports, pastes in brackets, sizes in reports, no line wrap, the key protocol, the other screen, the
# hidden cursor: all of them back to what a shell expects.
LEAVE = (
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h"
)


class KeptTerminal:
    """The settings of a terminal as they were when it was last :meth:`remember`-ed."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.settings: list[Any] | None = None
        self.remember()

    def remember(self) -> None:
        """The settings as they are now; what was known before where there is no terminal any more."""
        with suppress(termios.error):
            self.settings = termios.tcgetattr(self._descriptor)

    def restore_all(self, output: int = 2) -> None:
        """Puts the settings back and leaves the lab's screen, where the lab had no chance to do it. Never waits."""
        if self.settings is None or not in_foreground(self._descriptor):
            return
        with suppress(termios.error, OSError):
            if termios.tcgetattr(self._descriptor) == self.settings:
                return
            termios.tcsetattr(self._descriptor, termios.TCSANOW, self.settings)
            if select.select([], [output], [], 0)[1]:
                os.write(output, LEAVE.encode())


def in_foreground(descriptor: int) -> bool:
    """Whether the terminal is this program's to change, and not the shell's that sent it into the background."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # not a terminal, not ours, or gone
        return True
