"""A program in a pseudo-terminal: what it wrote, which modes the terminal is in, and what it left behind.

The terminal's own end stays open here, so that its settings can be read before, while and after the program runs.
"""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

MARK = "NNTUI_TEST_MARK"  # in the environment of the program and of all its children
ROOT = Path(__file__).parents[1]
OVERLAP = 2000  # bytes that a few words with their colours may take
TIMEOUT = 60.0  # for what must happen at all; how soon is asserted apart

# Modes the lab turns on, with what turns them off again.
MODES = {
    "other screen": "1049",
    "mouse": "1000",
    "any mouse": "1003",
    "mouse in decimals": "1006",
    "focus reports": "1004",
    "bracketed paste": "2004",
}

LEADER = """
import os, signal, subprocess, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
def in_the_child():
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    for number in (signal.SIGTTOU, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
child = subprocess.Popen(sys.argv[1:], preexec_fn=in_the_child)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
signal.signal(signal.SIGUSR1, lambda *_: os.tcsetpgrp(0, os.getpgrp()))
status = child.wait()
sys.exit(status if status >= 0 else 128 - status)
"""


class PseudoTerminal:
    """A child with a terminal of its own. ``command`` gets it as its controlling terminal and standard streams, and
    works in ``cwd``.

    With ``leader`` another process leads its session, as a shell does; this one keeps a hangup to itself, and takes
    the terminal back on SIGUSR1.
    """

    def __init__(
        self,
        command: Sequence[str],
        columns: int = 100,
        rows: int = 30,
        *,
        leader: bool = False,
        cwd: Path | None = None,
        **changes: str,
    ) -> None:
        self._master, self._slave = os.openpty()
        self.resize(columns, rows)
        self.settings_before = termios.tcgetattr(self._slave)
        self.pid = 0
        self.output = bytearray()
        self._closed, self._reading = False, True
        self._mark = uuid4().hex

        def in_the_child() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [*(python(LEADER) if leader else ()), *command],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            cwd=cwd,
            env={**environment(**changes), MARK: self._mark, "PYTHONFAULTHANDLER": "1"},
            preexec_fn=in_the_child,
        )
        self.pid = self.process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # -- what goes in -----------------------------------------------------------------------------------------

    def send(self, keys: str | bytes) -> None:
        """Types. Keys that the program does not read in time wait in the terminal, as they do for a person."""
        data = keys.encode() if isinstance(keys, str) else keys
        while data:
            data = data[os.write(self._master, data[:1024]) :]

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def stop_reading(self) -> None:
        """From now on the terminal takes no more than its buffer holds."""
        self._reading = False
        self._reader.join(2)

    def close(self) -> None:
        """Closes the window: the program's terminal is gone."""
        self._closed = True
        self.stop_reading()
        os.close(self._slave)
        os.close(self._master)

    # -- what comes out -----------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """All that was written so far."""
        return self.output.decode(errors="replace")

    def plain(self, since: int = 0) -> str:
        """What was written since, without escape sequences; a rough reading, for words that stand in one run."""
        return re.sub(r"\x1b\[[0-9;?<>=]*[ -/]*[@-~]", "", self.output[since:].decode(errors="replace"))

    def wait_for(self, words: str, since: int = 0, timeout: float = TIMEOUT) -> None:
        """Until ``words`` were written after the first ``since`` bytes."""
        seen = since

        def written() -> bool:
            nonlocal seen
            length = len(self.output)
            there = words in self.plain(max(since, seen - OVERLAP))
            seen = length
            return there or self.process.poll() is not None

        wait_until(written, timeout, self._story)
        assert words in self.plain(since), self._story()

    def wait_for_end(self, timeout: float = TIMEOUT) -> int:
        """The exit status, as a shell would say it."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            story = self._story()
            written = len(self.output)
            self.signal(signal.SIGABRT)  # faulthandler writes where each thread is
            self.process.wait()
            self._drain()
            threads = self.output[written:].decode(errors="replace")
            raise AssertionError(f"still there after {timeout} s: {story}\n{threads}") from None
        self._drain()
        return status if status >= 0 else 128 - status

    @property
    def modes(self) -> set[str]:
        """Which of ``MODES`` are on, and "hidden cursor"."""
        written = self.text
        on = {
            name for name, code in MODES.items() if _last(written, f"\x1b[?{code}h") > _last(written, f"\x1b[?{code}l")
        }
        if _last(written, "\x1b[?25l") > _last(written, "\x1b[?25h"):
            on.add("hidden cursor")
        if written.count("\x1b[>25u") > written.count("\x1b[<u"):
            on.add("key protocol")
        return on

    @property
    def settings(self) -> list[Any]:
        """The terminal's settings now (termios)."""
        return termios.tcgetattr(self._slave)

    @settings.setter
    def settings(self, wanted: list[Any]) -> None:
        termios.tcsetattr(self._slave, termios.TCSANOW, wanted)

    @property
    def raw(self) -> bool:
        """Whether keys go to the program one by one and without an echo."""
        return not self.settings[3] & (termios.ICANON | termios.ECHO)

    def assert_restored(self) -> None:
        """The terminal is as it was before the program came."""
        self._drain()
        assert self.settings == self.settings_before, self._story()
        assert self.modes == set(), self._story()

    # -- the process --------------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """The process' state as in /proc: R, S, D run, T is stopped, Z has ended, "" is gone."""
        return state_of(self.pid)

    def offspring(self) -> list[int]:
        """The program's children, and theirs, that still run, whoever their parent is by now."""
        mark = f"{MARK}={self._mark}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                if mark in (entry / "environ").read_bytes().split(b"\0") and state_of(int(entry.name)) not in ("", "Z"):
                    found.append(int(entry.name))
        return [pid for pid in found if pid != self.pid]

    def __enter__(self) -> "PseudoTerminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.offspring():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not self._closed:
            self.close()

    def _read(self) -> None:
        while self._reading:
            with suppress(OSError, ValueError):
                if select.select([self._master], [], [], 0.02)[0]:
                    self.output += os.read(self._master, 1 << 16)

    def _drain(self) -> None:
        """Until all that the program wrote has been read."""
        while self._reading and select.select([self._master], [], [], 0.05)[0]:
            time.sleep(0.01)

    def _story(self) -> str:
        return f"status {self.process.poll()}, state {self.state!r}, modes {self.modes}, wrote …{self.text[-2000:]!r}"


def environment(**changes: str) -> dict[str, str]:
    """This process' environment with the source tree importable and a terminal of 256 colours."""
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TEXTUAL", "COLUMNS", "LINES")}
    env["PYTHONPATH"] = os.pathsep.join(str(path) for path in (ROOT, ROOT / "engine", ROOT / "tests"))
    return {**env, "TERM": "xterm-256color", **changes}


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def wait_until(holds: Callable[[], object], timeout: float = TIMEOUT, story: Callable[[], str] = str) -> None:
    end = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < end, story()
        time.sleep(0.01)


USUAL_START = 0.1  # seconds that Python takes to start and to load asyncio where nothing else runs


def allowed(seconds: float) -> float:
    """So many seconds, on a slow or busy machine as many times more as starting Python takes there now."""
    begun = time.monotonic()
    for _ in range(3):
        subprocess.run([sys.executable, "-S", "-c", "import asyncio"], check=True)
    return seconds * max(1.0, (time.monotonic() - begun) / 3 / USUAL_START)


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _last(text: str, part: str) -> int:
    return text.rfind(part)
