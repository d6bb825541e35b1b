"""The lab in a real tmux: it starts, lives through many sizes, stops and goes on, and leaves the shell as it was."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
PROMPT = "ready$ "
SIZES = [(100, 30), (20, 5), (160, 48), (1, 1), (80, 24), (40, 10), (39, 9), (200, 60), (20, 5), (120, 36)]


class Tmux:
    """A window of a tmux server of its own, with a shell in it."""

    def __init__(self, folder: Path) -> None:
        self.name = f"nntui-{os.getpid()}"
        paths = os.pathsep.join(str(path) for path in (ROOT, ROOT / "engine", ROOT / "tests"))
        self.env = {**os.environ, "PYTHONPATH": paths, "XDG_CONFIG_HOME": str(folder)}
        self.env.pop("TMUX", None)
        self.env["TMUX_TMPDIR"] = tempfile.mkdtemp(prefix="nntui-")  # a path that a socket's name has room in
        self(
            "new-session",
            "-d",
            "-s",
            "lab",
            "-x",
            "100",
            "-y",
            "30",
            "-c",
            str(folder),
            f"env PS1='{PROMPT}' bash --norc --noprofile -i",
        )

    def __call__(self, *words: str) -> str:
        command = ["tmux", "-f", "/dev/null", "-L", self.name, *words]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, check=True, timeout=30).stdout

    def send(self, *keys: str) -> None:
        self("send-keys", "-t", "lab", *keys)

    def size(self, width: int, height: int) -> None:
        self("resize-window", "-t", "lab", "-x", str(width), "-y", str(height))

    @property
    def shown(self) -> str:
        return self("capture-pane", "-p", "-t", "lab")

    def wait_for(self, reached: Callable[[str], object]) -> str:
        end = time.monotonic() + 60
        while not reached(shown := self.shown):
            assert time.monotonic() < end, shown
            time.sleep(0.1)
        return shown

    def settled(self) -> str:
        """What is shown once it stays as it is for a second."""
        shown, since, end = self.shown, time.monotonic(), time.monotonic() + 60
        while time.monotonic() - since < 1.0:
            time.sleep(0.1)
            if (now := self.shown) != shown:
                assert time.monotonic() < end, now
                shown, since = now, time.monotonic()
        return shown


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    window = Tmux(tmp_path)
    try:
        window.wait_for(lambda shown: PROMPT.strip() in shown)
        yield window
    finally:
        window("kill-server")
        shutil.rmtree(window.env["TMUX_TMPDIR"], ignore_errors=True)


def started(tmux: Tmux) -> None:
    tmux.send(f"COLUMNS=80 LINES=24 {sys.executable} -m lab.fakes", "Enter")  # old sizes: the terminal knows better
    tmux.wait_for(lambda shown: "running" in shown and "Lanes" in shown)


def step(shown: str) -> int:
    found = re.search(r"step ([\d ]+) /", shown)
    return int(found[1].replace(" ", "")) if found else -1


def prompts(shown: str) -> bool:
    """Whether the shell waits for a command."""
    return shown.rstrip().endswith(PROMPT.strip())


def leave(tmux: Tmux) -> None:
    """The shell is there again with the lab's exit status, and echoes what is typed."""
    tmux.send("q")
    tmux.wait_for(prompts)
    tmux.send("echo status $?; stty -a | tr ';' '\\n' | grep -c -e ' -echo ' -e ' -icanon '; echo e''nd", "Enter")
    shown = tmux.wait_for(lambda shown: "\nend" in shown)
    assert "Traceback" not in shown
    assert "stty -a" in shown  # echoed
    assert "\nstatus 0\n0\nend" in shown


def test_many_sizes_in_a_row_and_a_window_that_is_too_small_says_what_it_needs(tmux: Tmux) -> None:
    started(tmux)
    for width, height in SIZES * 3:
        tmux.size(width, height)
    tmux.size(20, 5)
    small = tmux.wait_for(lambda shown: "larger" in shown)
    assert "40×10" in " ".join(small.split())
    tmux.size(120, 36)
    shown = tmux.wait_for(lambda shown: "quit" in shown.splitlines()[-1] and "larger" not in shown)
    assert "Lanes" in shown
    assert len(shown.splitlines()) == 36
    tmux.wait_for(lambda later: step(later) > step(shown))  # it trains on
    leave(tmux)


def test_stopped_continued_in_another_size_and_left(tmux: Tmux) -> None:
    started(tmux)
    tmux.send("C-z")
    tmux.wait_for(lambda shown: "Stopped" in shown and prompts(shown))
    tmux.size(80, 24)
    tmux.send("echo typed", "Enter")
    tmux.wait_for(lambda shown: "\ntyped" in shown)
    tmux.send("fg", "Enter")
    shown = tmux.wait_for(lambda shown: "running" in shown and "Lanes" in shown)
    assert len(shown.splitlines()) == 24
    tmux.wait_for(lambda later: step(later) > step(shown))
    leave(tmux)


def test_every_cell_is_drawn_again_when_another_program_wrote_on_the_screen(tmux: Tmux) -> None:
    started(tmux)
    tmux.send("Space")
    tmux.wait_for(lambda shown: "paused" in shown)
    before = tmux.settled()
    terminal = Path(tmux("display-message", "-p", "-t", "lab", "#{pane_tty}").strip())
    places = [(row, 3) for row in range(2, 28, 5)]
    with terminal.open("w", encoding="ascii") as line:
        line.write("".join(f"\x1b[{row};{column}HBROADCAST" for row, column in places))
    tmux.wait_for(lambda shown: shown.count("BROADCAST") == len(places))
    tmux.send("C-l")
    tmux.wait_for(lambda shown: "BROADCAST" not in shown and shown.splitlines()[9:] == before.splitlines()[9:])
    tmux.send("o")
    tmux.wait_for(lambda shown: "What do you want to see?" in shown)
    with terminal.open("w", encoding="ascii") as line:
        line.write("\x1b[12;50HBROADCAST")
    tmux.wait_for(lambda shown: "BROADCAST" in shown)
    tmux.send("C-l")
    tmux.wait_for(lambda shown: "BROADCAST" not in shown)
