"""Writing to a terminal that may be slow, stuck or gone, without ever making the writer wait."""

import os
import select
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from .line import Line

FRAMES_BEHIND = 8  # a frame is one text, or three where the terminal is told its beginning and end


class Output:
    """Writes text to ``descriptor`` in a thread of its own.

    ``gone`` is called in that thread, once, when the terminal takes no more; whatever is written later is dropped.
    ``line`` is told how long each text took.
    """

    def __init__(
        self, descriptor: int, encode: Callable[[str], bytes], gone: Callable[[], None], line: Line | None = None
    ) -> None:
        self._descriptor, self._encode, self._gone = descriptor, encode, gone
        self._line = line or Line()
        self._texts: SimpleQueue[str | None] = SimpleQueue()  # without a limit: a full queue would stop the app
        self._thread = threading.Thread(target=self._run, name="nntui-output", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Returns at once."""
        self._texts.put(text)

    @property
    def behind(self) -> bool:
        """Whether the terminal is some frames behind what was written."""
        return self._texts.qsize() > FRAMES_BEHIND

    def close(self, wait: float) -> None:
        """Waits at most ``wait`` seconds for what was written to arrive."""
        self._texts.put(None)
        self._thread.join(wait)

    def _run(self) -> None:
        there = True
        while (text := self._texts.get()) is not None:
            try:
                if there:
                    began = time.monotonic()
                    write_all(self._descriptor, self._encode(text))
                    self._line.wrote(time.monotonic() - began)
            except OSError:  # EIO: the terminal was closed
                there = False
                self._gone()


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``, also where another program made the terminal non-blocking. Raises OSError."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
