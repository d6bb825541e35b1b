"""The way out that does not depend on the terminal still being there."""

import os
import threading
from collections.abc import Callable

PATIENCE_SECONDS = 3.0


def leave_in_any_case(status: int, after: float = PATIENCE_SECONDS, first: Callable[[], object] | None = None) -> None:
    """End the process with ``status`` if it is still there ``after`` that many seconds; ``first`` is called before.

    When a connection drops, Textual's last writes can wait for ever on a terminal nobody reads. A process in its own
    shutdown has long ended by then, and a daemon timer does not hold it up.
    """

    def leave() -> None:
        try:
            if first is not None:
                first()
        finally:
            os._exit(status)

    timer = threading.Timer(after, leave)
    timer.daemon = True
    timer.start()
