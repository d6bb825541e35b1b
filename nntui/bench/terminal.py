"""A child in a pseudo-terminal: all it wrote with the time it came, and the text that then stood on the screen."""

import codecs
import os
import re
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import TracebackType

from nntui.bench.children import cpu_seconds, environment

COLUMNS, ROWS = 160, 48
POLL_SECONDS = 0.02

_TOKEN = re.compile(
    r"\x1b\[(?P<numbers>[0-9;?<>=:]*)[ -/]*(?P<command>[@-~])"  # moves, colours, modes
    r"|\x1b[\]P_^X].*?(?:\x07|\x1b\\)"  # titles and the like
    r"|\x1b[ -/]*[0-Z\\^-~]"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f])"
    r"|(?P<text>[^\x00-\x1f]+)",
    re.DOTALL,
)


class ScreenText:
    """The characters a terminal shows, without their colours: as much of a terminal as Textual needs."""

    def __init__(self, columns: int = COLUMNS, rows: int = ROWS) -> None:
        self._cells = [[" "] * columns for _ in range(rows)]
        self._row = self._column = 0
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, output: bytes) -> None:
        """Take what a program wrote; a sequence may be cut anywhere."""
        text = self._rest + self._decoder.decode(output)
        at = 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None:  # an escape sequence whose end is still to come
                break
            at = token.end()
            self._do(token)
        self._rest = text[at:]

    def _do(self, token: "re.Match[str]") -> None:
        if token["text"]:
            self._write(token["text"])
        elif token["control"] == "\r":
            self._column = 0
        elif token["control"] == "\n":
            self._row = min(self._row + 1, len(self._cells) - 1)
        elif token["command"] in ("H", "f"):
            row, _, column = token["numbers"].partition(";")
            self._row = min(int(row or 1), len(self._cells)) - 1
            self._column = min(int(column or 1), len(self._cells[0])) - 1
        elif token["command"] == "J":
            for cells in self._cells:
                cells[:] = [" "] * len(cells)

    def _write(self, text: str) -> None:
        cells = self._cells[self._row]
        text = text[: len(cells) - self._column]
        cells[self._column : self._column + len(text)] = text
        self._column += len(text)

    @property
    def lines(self) -> list[str]:
        """The rows of the screen."""
        return ["".join(cells) for cells in self._cells]

    @property
    def step(self) -> int | None:
        """The step that the lab's header names; None if there is no header yet."""
        found = re.search(r"step (\d[\d ]*) /", "".join(self._cells[0]))
        return int(found[1].replace(" ", "")) if found else None


def available() -> bool:
    """Whether this system has pseudo-terminals."""
    return os.name == "posix"


class Terminal:
    """A child process in a pseudo-terminal of ``COLUMNS`` times ``ROWS``. Times are those of ``time.perf_counter``."""

    def __init__(self, command: Sequence[str], **changes: str) -> None:
        import fcntl
        import pty
        import termios

        variables = environment(TERM="xterm-256color", COLORTERM="truecolor", **changes)
        for name in ("NO_COLOR", "NNTUI_ASCII", "COLUMNS", "LINES"):
            variables.pop(name, None)
        self._master, child_end = pty.openpty()
        fcntl.ioctl(child_end, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=child_end, stdout=child_end, stderr=child_end, env=variables, start_new_session=True
        )
        os.close(child_end)
        self._written: list[tuple[float, bytes]] = []
        self._seen = 0  # of these the screen has shown
        self.screen = ScreenText()
        self._reader = threading.Thread(target=self._read, name="nntui-terminal", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                output = os.read(self._master, 65536)
            except OSError:  # the child is gone
                return
            if not output:
                return
            self._written.append((time.perf_counter(), output))

    def send(self, keys: str) -> float:
        """Type; returns when."""
        now = time.perf_counter()
        os.write(self._master, keys.encode())
        return now

    def frames(self) -> Iterator[tuple[float, ScreenText]]:
        """What was written since the last call: when each piece came, and the screen with it."""
        while self._seen < len(self._written):
            when, output = self._written[self._seen]
            self._seen += 1
            self.screen.feed(output)
            yield when, self.screen

    def wait(self, shows: Callable[[ScreenText], bool], seconds: float) -> float | None:
        """When the screen first showed something; None if it did not within ``seconds``."""
        end = time.perf_counter() + seconds
        while True:
            for when, screen in self.frames():
                if shows(screen):
                    return when
            if time.perf_counter() > end or not self._reader.is_alive():
                return None
            time.sleep(POLL_SECONDS)

    def watch(self, seconds: float) -> list[tuple[float, int]]:
        """(when, step) of every new step that the header shows within ``seconds``. Reads the screen only afterwards,
        so that it takes no time from the child."""
        for _ in self.frames():
            pass
        time.sleep(seconds)
        steps: list[tuple[float, int]] = []
        for when, screen in self.frames():
            step = screen.step
            if step is not None and (not steps or step != steps[-1][1]):
                steps.append((when, step))
        return steps

    @property
    def written(self) -> int:
        """Bytes the child has written so far."""
        return sum(len(output) for _, output in list(self._written))

    def cpu_seconds(self) -> float | None:
        """Processor time the child has used so far."""
        return cpu_seconds(self._process.pid)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._process.poll() is None:
            with suppress(OSError, subprocess.TimeoutExpired):
                self.send("q")
                self._process.wait(3)
        if self._process.poll() is None:  # first in a way that lets it end its own children
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.1)
        self._process.kill()
        self._process.wait()
        self._reader.join(1)
        os.close(self._master)
