"""What a lab lives through, and how it ends where it must: held keys, strange bytes, stops, a closed window."""

import os
import random
import signal
import sys
import time

import pyte
import pytest
from pseudo_terminal import PseudoTerminal, allowed, cpu_seconds, state_of, wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
MOMENTS = int(os.environ.get("NNTUI_MOMENTS", "0"))  # a longer test, outside CI
FAKE_LAB = [sys.executable, "-m", "lab.fakes"]
HELP, DIALOG = "Help (Esc closes)", "Enter sets it"


def lab(*, leader: bool = False) -> PseudoTerminal:
    terminal = PseudoTerminal(FAKE_LAB, leader=leader)
    terminal.wait_for("running")
    return terminal


def assert_alive(terminal: PseudoTerminal) -> None:
    """It answers a key: another one each time, until it has answered all that came before."""
    written = len(terminal.output)
    end = time.monotonic() + 60
    while HELP not in terminal.plain(written):
        assert terminal.process.poll() is None, terminal.text[-2000:]
        assert time.monotonic() < end
        terminal.send("\x1b")
        time.sleep(0.3)
        terminal.send("?")
        time.sleep(0.3)


@pytest.mark.parametrize(
    ("opener", "gap", "count"),
    [("\r", 0.033, 40), ("\r", 0.005, 200), ("\r", 0.0, 200), ("?\r", 0.005, 200), ("\x10\r", 0.005, 200)],
    ids=["slow", "quick", "at once", "help", "palette"],
)
def test_enter_held_down(opener: str, gap: float, count: int) -> None:
    with lab() as terminal:
        for _ in range(count // len(opener)):
            terminal.send(opener)
            time.sleep(gap * len(opener))
        assert_alive(terminal)
        terminal.send("\x03")
        assert terminal.wait_for_end() == 130
        terminal.assert_restored()


@pytest.mark.parametrize(
    "data", [b"\x80", b"\xe9a", b"\x1b[M \xe9\xff", b"\x1b[99999999u", bytes(range(128, 256)) * 20]
)
def test_bytes_that_are_no_text(data: bytes) -> None:
    with lab() as terminal:
        terminal.send(data)
        time.sleep(0.3)
        assert_alive(terminal)
        terminal.send("\x03")
        assert terminal.wait_for_end() == 130


@pytest.mark.parametrize("paste", [False, True], ids=["typed", "pasted"])
def test_control_c_waits_for_no_flood(paste: bool) -> None:
    with lab() as terminal:
        terminal.send("\r")
        terminal.wait_for(DIALOG)
        flood = "1" * 10_000
        terminal.send(f"\x1b[200~{flood}\x1b[201~" if paste else flood)
        begun = time.monotonic()
        terminal.send("\x03")
        assert terminal.wait_for_end() == 130
        took = time.monotonic() - begun
        assert took < allowed(2.0)
        terminal.assert_restored()


@pytest.mark.parametrize("leader", [False, True], ids=["hangup", "no signal"])
def test_a_closed_window_ends_it(leader: bool) -> None:
    with lab(leader=leader) as terminal:
        terminal.close()
        begun = time.monotonic()
        assert terminal.wait_for_end() == 129
        took = time.monotonic() - begun
        assert took < allowed(2.0)  # the last resort would take 3


def test_a_terminal_that_takes_nothing_holds_nothing_up() -> None:
    with lab() as terminal:
        terminal.stop_reading()
        time.sleep(1.5)
        used = cpu_seconds(terminal.pid)
        time.sleep(1.0)
        assert cpu_seconds(terminal.pid) - used < 0.6  # no frames are drawn
        begun = time.monotonic()
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_for_end() == 143
        took = time.monotonic() - begun
        assert took < allowed(2.5)
        assert terminal.settings == terminal.settings_before


@pytest.mark.parametrize("milliseconds", [0, 1, 2, 3, 5, 8, 10, 15, 20])
def test_a_signal_while_the_screen_opens(milliseconds: int) -> None:
    number = random.Random(milliseconds).choice([signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT])
    with PseudoTerminal(FAKE_LAB) as terminal:
        wait_until(lambda: terminal.raw or terminal.output)
        time.sleep(milliseconds / 1000)
        terminal.signal(number)
        assert terminal.wait_for_end() == 128 + number
        terminal.assert_restored()
        assert "Traceback" not in terminal.text


@pytest.mark.parametrize("opener", ["\r", "?", "\x10"], ids=["value", "help", "palette"])
@pytest.mark.parametrize("milliseconds", [0, 15])
def test_a_signal_while_a_dialog_opens(opener: str, milliseconds: int) -> None:
    with lab() as terminal:
        terminal.send(opener)
        time.sleep(milliseconds / 1000)
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_for_end() == 143
        terminal.assert_restored()
        assert "Traceback" not in terminal.text


def test_stopped_and_continued_at_any_moment() -> None:
    """The terminal is the shell's while it is stopped, and the picture is whole afterwards."""
    moments = random.Random(MOMENTS)
    with lab() as terminal:
        for _ in range(max(10, MOMENTS)):
            time.sleep(moments.uniform(0, 0.15))
            terminal.signal(signal.SIGTSTP)
            wait_until(lambda: terminal.state == "T")
            terminal.assert_restored()
            written = len(terminal.output)
            terminal.signal(signal.SIGCONT)
            terminal.wait_for("? help", written)
            wait_until(lambda: terminal.raw)
            assert "other screen" in terminal.modes
        terminal.send("\x03")
        assert terminal.wait_for_end() == 130
        terminal.assert_restored()


def test_control_z_gives_the_terminal_back_to_the_shell() -> None:
    with lab() as terminal:
        terminal.send("\x1a")
        wait_until(lambda: terminal.state == "T")
        terminal.assert_restored()
        written = len(terminal.output)
        terminal.signal(signal.SIGCONT)
        terminal.wait_for("? help", written)
        terminal.send("q")
        assert terminal.wait_for_end() == 0


@pytest.mark.parametrize("gap", [0.0, 0.001, 0.005, 0.02, 0.1])
def test_a_stop_taken_back_at_once(gap: float) -> None:
    with lab() as terminal:
        for _ in range(5):
            terminal.signal(signal.SIGTSTP)
            time.sleep(gap)
            terminal.signal(signal.SIGCONT)
            time.sleep(0.1)
        wait_until(lambda: terminal.state != "T" and terminal.raw)
        assert_alive(terminal)


def test_the_picture_is_whole_after_a_stop() -> None:
    with lab() as terminal:
        terminal.signal(signal.SIGTSTP)
        wait_until(lambda: terminal.state == "T")
        written = len(terminal.output)
        terminal.signal(signal.SIGCONT)
        terminal.wait_for("? help", written)
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        screen = pyte.Screen(100, 30)
        pyte.ByteStream(screen).feed(bytes(terminal.output[written:]))
    assert "In a terminal" in screen.display[0] or "A fake scenario" in screen.display[0]
    assert "Lanes" in screen.display[1]
    assert "? help" in screen.display[29]


def test_the_screen_comes_back_after_a_stop_nobody_announced() -> None:
    """SIGSTOP reaches no program; the shell takes its terminal back, and "fg" does not bring the lab's settings."""
    with lab() as terminal:
        terminal.signal(signal.SIGSTOP)
        wait_until(lambda: terminal.state == "T")
        terminal.settings = terminal.settings_before
        written = len(terminal.output)
        terminal.signal(signal.SIGCONT)
        terminal.wait_for("? help", written)
        wait_until(lambda: terminal.raw)
        assert_alive(terminal)
        terminal.send("\x03")
        assert terminal.wait_for_end() == 130
        terminal.assert_restored()


def test_in_the_background_it_leaves_the_terminal_alone_and_can_be_ended() -> None:
    with lab(leader=True) as terminal:
        (pid,) = terminal.offspring()
        os.kill(pid, signal.SIGTSTP)
        wait_until(lambda: state_of(pid) == "T")
        terminal.signal(signal.SIGUSR1)  # the shell shows its prompt
        time.sleep(0.3)
        written = len(terminal.output)
        for _ in range(3):
            os.kill(pid, signal.SIGCONT)  # "bg"
            time.sleep(0.3)
            wait_until(lambda: state_of(pid) == "T")
        assert len(terminal.output) == written
        terminal.assert_restored()
        os.kill(pid, signal.SIGTERM)  # "kill %1"
        os.kill(pid, signal.SIGCONT)
        assert terminal.wait_for_end() == 143
        terminal.assert_restored()
