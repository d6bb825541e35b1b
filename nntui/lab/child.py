"""A script that runs in a process of its own while the lab shows what it records; its output goes into a file."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from nntui.watching.orders import RECORD, TOLD
from nntui_engine.errors import InputError

BY_SIGNAL = 128
LONGEST_LINE = 2000  # characters; the rest is not shown


def command_of(script: Path, arguments: tuple[str, ...]) -> list[str]:
    """What runs a script as Python itself does: its folder first in sys.path, its arguments in sys.argv."""
    return [sys.executable, str(script), *arguments]


def status_of(code: int) -> int:
    """A process' return code as a shell's exit status."""
    return BY_SIGNAL - code if code < 0 else code


class Child:
    """A script that has begun to run. It outlives the lab unless it is told to stop. Raises InputError where it cannot
    be started."""

    def __init__(self, script: Path, arguments: tuple[str, ...], record: Path) -> None:
        self.script = script
        self._folder = Path(tempfile.mkdtemp(prefix="nntui-exec-"))
        self.output = self._folder / "output.txt"
        self._told = self._folder / "record"
        environment = {**os.environ, RECORD: str(record), TOLD: str(self._told), "PYTHONUNBUFFERED": "1"}
        try:
            with self.output.open("wb") as stream:
                self._process = subprocess.Popen(
                    command_of(script, arguments), stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
                    env=environment, start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise InputError(f"{script}: cannot be run: {error.strerror or error}") from None
        self._reading = self.output.open("rb")
        self._rest = b""
        self.stopping = False  # whether it was asked to

    @property
    def number(self) -> int:
        """That of its process."""
        return self._process.pid

    @property
    def record(self) -> Path | None:
        """The file that it records into, None before it has called nntui.watch."""
        return told_in(self._told)

    def status(self) -> int | None:
        """Its exit status, None while it runs."""
        code = self._process.poll()
        return None if code is None else status_of(code)

    def wait(self, seconds: float) -> int | None:
        """The same, waiting so long at most."""
        try:
            return status_of(self._process.wait(seconds))
        except subprocess.TimeoutExpired:
            return None

    def interrupt(self) -> None:
        """Asks it to stop, as Ctrl-C does."""
        if self.status() is None:
            self.stopping = True
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Ends it at once."""
        if self.status() is None:
            self._process.kill()

    def new_output(self) -> bytes:
        """What it has written since the last call of this or of :meth:`new_lines`."""
        found, self._rest = self._rest + self._reading.read(), b""
        return found

    def new_lines(self) -> list[str]:
        """The same as whole lines; of one that is written over again and again what stands there last."""
        *lines, self._rest = (self._rest + self._reading.read()).split(b"\n")
        if self.status() is not None and self._rest:
            lines, self._rest = [*lines, self._rest], b""
        shown = (line.rstrip(b"\r").rpartition(b"\r")[2].decode(errors="replace") for line in lines)
        return ["".join(c if c.isprintable() else " " for c in line.expandtabs())[:LONGEST_LINE] for line in shown]

    def tail(self, count: int) -> tuple[list[str], bool]:
        """Its last lines, and whether there are more before them."""
        lines = self.output.read_bytes().decode(errors="replace").splitlines()
        return lines[-count:], len(lines) > count

    def put_away(self) -> None:
        """Removes what it has written beside its record."""
        self._reading.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def told_in(path: Path) -> Path | None:
    """The record that a script has told of in a file."""
    try:
        return Path(path.read_text()) if path.stat().st_size else None
    except OSError:
        return None
