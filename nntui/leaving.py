"""The way out that does not depend on the terminal still being there."""

import os
import threading

PATIENCE_SECONDS = 3.0


def leave_in_any_case(status: int, after: float = PATIENCE_SECONDS) -> None:
    """End the process with ``status`` if it is still there ``after`` that many seconds.

    When a connection drops, Textual's last writes can wait for ever on a terminal nobody reads. A process in its own
    shutdown has long ended by then, and a daemon timer does not hold it up.
    """
    timer = threading.Timer(after, os._exit, (status,))
    timer.daemon = True
    timer.start()
