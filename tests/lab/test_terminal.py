"""The lab in a real pseudo-terminal: however it ends, the terminal is as it was before."""

import os
import signal
import sys
import time
from pathlib import Path

import pexpect
import pyte
import pytest
from pseudo_terminal import allowed

ROOT = Path(__file__).parents[2]
LEAVES = ("\x1b[?1049l", "\x1b[?25h", "\x1b[?1000l")  # the other screen, the hidden cursor, the mouse


def start(*arguments: str, columns: int = 100, rows: int = 30, **variables: str) -> pexpect.spawn:
    paths = os.pathsep.join(str(path) for path in (ROOT, ROOT / "engine", ROOT / "tests"))
    env = {
        **{key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TEXTUAL")},
        "PYTHONPATH": paths,
        "TERM": "xterm-256color",
        **variables,
    }
    return pexpect.spawn(
        sys.executable,
        ["-m", "lab.fakes", *arguments],
        dimensions=(rows, columns),
        env=env,
        encoding="utf-8",
        codec_errors="replace",
        timeout=20,
    )


def end(child: pexpect.spawn) -> str:
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT"])
def test_a_signal_restores_the_terminal_and_is_the_exit_status(name: str) -> None:
    child = start()
    child.expect("running")
    number = getattr(signal, name)
    begun = time.monotonic()
    os.kill(child.pid, number)
    last = end(child)
    took = time.monotonic() - begun
    assert took < allowed(2.0)
    assert child.exitstatus == 128 + number
    for sequence in LEAVES:
        assert sequence in last
    assert "Traceback" not in last


@pytest.mark.parametrize(("key", "status"), [("q", 0), ("\x03", 130)])
def test_leaving_by_a_key(key: str, status: int) -> None:
    child = start()
    child.expect("running")
    child.send(key)
    last = end(child)
    assert child.exitstatus == status
    assert LEAVES[0] in last


def test_bad_input_is_one_line_after_the_terminal_is_restored() -> None:
    child = start("bad")
    last = end(child)
    assert child.exitstatus == 2
    assert last.rindex("nntui: data.csv: no such file") > last.rindex(LEAVES[0])
    assert "Traceback" not in last


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"TERM": "xterm"}, {"NNTUI_ASCII": "1"}])
def test_the_screen_as_a_terminal_draws_it(variables: dict[str, str]) -> None:
    child = start(columns=80, rows=24, **variables)
    screen = pyte.Screen(80, 24)
    stream = pyte.Stream(screen)
    limit = time.monotonic() + 15

    def complete() -> bool:
        shown = screen.display
        return "running" in shown[0] and "Loss" in "".join(shown) and "? help" in shown[23]

    while time.monotonic() < limit and not complete():
        try:
            stream.feed(child.read_nonblocking(65536, timeout=0.5))
        except pexpect.TIMEOUT:
            continue
    child.send("q")
    end(child)
    assert "In a terminal" in screen.display[0] or "A fake scenario" in screen.display[0]
    assert "? help" in screen.display[23]
    assert "Lanes" in screen.display[1]


def test_what_was_written_piece_by_piece_is_what_is_written_at_once() -> None:
    """Only changed cells are written; a screen that is written anew, as after a stop, must be the same."""
    child = start()
    screen = pyte.Screen(100, 30)
    stream = pyte.Stream(screen)
    child.expect("running")
    stream.feed(child.before + child.after)
    for key in ("\x1b[B", "\x1b[C", "?", "?", "6", "1", "\t", "z", "z", " "):
        child.send(key)
        feed_until_quiet(child, stream, 0.1)
    feed_until_quiet(child, stream, 1.5)
    assert "paused" in screen.display[0]
    before = [[screen.buffer[row][column] for column in range(100)] for row in range(30)]
    os.kill(child.pid, signal.SIGCONT)
    screen.reset()
    feed_until_quiet(child, stream, 1.5)
    assert "paused" in screen.display[0]
    for row in range(30):
        assert [screen.buffer[row][column] for column in range(100)] == before[row], screen.display[row]
    child.send("q")
    end(child)


def feed_until_quiet(child: pexpect.spawn, stream: pyte.Stream, seconds: float) -> None:
    """Shows what is written until nothing has come for so long, at most ten times as long."""
    until = time.monotonic() + 10 * seconds
    while time.monotonic() < until:
        try:
            stream.feed(child.read_nonblocking(65536, timeout=seconds))
        except pexpect.TIMEOUT:
            return
