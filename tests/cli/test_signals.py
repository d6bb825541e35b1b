"""Every signal in every state, on a real pseudo-terminal: the exit status, the terminal afterwards, nobody left.

The lab in each of its states and the commands without a screen. ``NNTUI_MOMENTS=200`` sends that many signals at
random moments (and prints how many of what, with ``-s``); without it there are a few.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli.conftest import SMALL, command
from pseudo_terminal import PseudoTerminal, allowed, environment, wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
MOMENTS = int(os.environ.get("NNTUI_MOMENTS", "6"))
ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]
SECONDS = 3.0  # 0.2 is the promise; a busy machine gets more

ENDLESS = SMALL.replace("steps = 30", "steps = 100000000")
SCENARIOS = {
    "small": SMALL,
    "endless": ENDLESS,
    "claim": ENDLESS + 'expect = [{ statistic = "loss", above = 0 }]\n',
}


@dataclass(frozen=True)
class State:
    """``arguments`` with {name} for the file of a scenario; then, in turn, words to wait for and keys to press."""

    name: str
    arguments: str
    steps: tuple[tuple[str, str], ...]
    words: str = ""  # a lab's: what is written whenever the whole screen is drawn
    cold: bool = False  # with an empty cache of compiled code

    @property
    def lab(self) -> bool:
        return bool(self.words)


STATES = [
    State("training", "run {endless}", (("running", ""),), "? help"),
    State("paused", "run {endless}", (("running", " "), ("paused", "")), "? help"),
    State("dialog", "run {endless}", (("running", "\r"), ("Enter sets it", "")), "Enter sets it"),
    State("help", "run {endless}", (("running", "?"), ("Help (Esc closes)", "")), "Help (Esc closes)"),
    State("lesson", "run {endless}", (("running", "6"), ("Watch the", "")), "? help"),
    State("map", "run beale", (("Knobs", ""),), "? help"),
    State("the end", "run {small}", (("running", "]" * 20), ("finished", "")), "? help"),
    State("compiling", "run {endless}", (("ompil", ""),), "? help", cold=True),
    State("headless", "run {endless} --headless", (("training", ""),)),
    State("rows", "run {endless} --headless --format jsonl --every 1000", (("loss", ""),)),
    State("verify", "verify {claim} --seeds 2 --jobs 2", (("claim (seed", ""),)),
    State("warmup", "warmup", (("━", ""),), cold=True),
    State("bench", "bench", (("nets:", ""),)),
]


@pytest.fixture
def start(tmp_path: Path) -> Callable[[State], PseudoTerminal]:
    """Starts the command of a state."""

    def start(state: State) -> PseudoTerminal:
        paths = {}
        for name, text in SCENARIOS.items():
            path = tmp_path / f"{name}.toml"
            path.write_text(text, encoding="utf-8")
            paths[name] = str(path)
        changes = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")} if state.cold else {}
        return PseudoTerminal(command(*state.arguments.format(**paths).split()), **changes)

    return start


def reach(terminal: PseudoTerminal, state: State) -> None:
    for words, keys in state.steps:
        terminal.wait_for(words)
        terminal.send(keys)


def end(terminal: PseudoTerminal, number: signal.Signals) -> float:
    """Sends the signal; the seconds until the program ended, as it should."""
    shown = bool(terminal.output)  # Python cannot be interrupted quietly before it has begun with the program
    begun = time.monotonic()
    terminal.signal(number)
    status = terminal.wait_for_end()
    seconds = time.monotonic() - begun
    if not shown and "Fatal Python error: init_" in terminal.text:
        return seconds  # Python itself, before the program's first line
    assert status == 128 + number, terminal.text[-2000:]
    terminal.assert_restored()
    assert not shown or "Traceback" not in terminal.text
    wait_until(lambda: not terminal.offspring(), 5, lambda: f"left: {terminal.offspring()}")
    return seconds


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_signal_in_a_state(
    start: Callable[[State], PseudoTerminal], state: State, number: signal.Signals, record_property
) -> None:
    with start(state) as terminal:
        reach(terminal, state)
        seconds = end(terminal, number)
    record_property("seconds", seconds)
    print(f"{state.name} {number.name}: {seconds:.2f} s")
    assert seconds < allowed(SECONDS)


@pytest.mark.parametrize("state", [state for state in STATES if state.lab], ids=lambda state: state.name)
def test_a_stop_and_a_new_size_in_a_state(start: Callable[[State], PseudoTerminal], state: State) -> None:
    with start(state) as terminal:
        reach(terminal, state)
        written = len(terminal.output)
        terminal.signal(signal.SIGTSTP)
        wait_until(lambda: terminal.state == "T")
        terminal.assert_restored()
        terminal.signal(signal.SIGCONT)
        terminal.wait_for(state.words, written)
        wait_until(lambda: terminal.raw)
        written = len(terminal.output)
        terminal.resize(110, 34)
        terminal.wait_for(state.words, written)
        wait_until(lambda: "\x1b[34;" in terminal.text[written:])  # the new last row
        end(terminal, signal.SIGTERM)


def test_signals_at_random_moments(start: Callable[[State], PseudoTerminal]) -> None:
    """From the first line of Python on."""
    chance = random.Random(MOMENTS)
    counts: Counter[str] = Counter()
    slowest = 0.0
    for _ in range(MOMENTS):
        state, number = chance.choice(STATES), chance.choice([*ENDING, signal.SIGTSTP])
        with start(state) as terminal:
            begun = time.monotonic()
            moment = chance.uniform(0, 2.0)
            while time.monotonic() < begun + moment and terminal.process.poll() is None:
                if terminal.raw:
                    terminal.send(chance.choice(["", "", " ", "\r", "?", "\x1b", "6", "t", "[", "\x1b[C"]))
                time.sleep(0.03)
            if number == signal.SIGTSTP:
                terminal.signal(number)
                time.sleep(chance.uniform(0, 0.3))
                terminal.signal(signal.SIGCONT)
                time.sleep(chance.uniform(0, 0.3))
            if terminal.process.poll() is None:
                seconds = end(terminal, signal.SIGTERM if number == signal.SIGTSTP else number)
                slowest = max(slowest, seconds)
            counts[f"{state.name} {number.name}"] += 1
    print(f"{sum(counts.values())} moments, slowest {slowest:.2f} s: {dict(sorted(counts.items()))}")
    assert slowest < allowed(SECONDS)


SWALLOWED = """
import os, signal, time
import click
from nntui.cli import cli, main

@click.command()
def careless():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
    except BaseException:
        pass  # as some libraries do while they are imported
    print("goes on")

cli.get_command = lambda context, name: careless
main(["list"])
"""


def test_ctrl_c_is_not_lost_in_an_import_that_catches_everything() -> None:
    done = subprocess.run([sys.executable, "-c", SWALLOWED], env=environment(), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
