"""Every interruption in every state, on a real pseudo-terminal: the exit status, the terminal afterwards, the records,
nobody left, and soon. ``TABLE`` says which there are.

``NNTUI_MOMENTS=200`` sends that many signals at random moments (and prints how many of what, with ``-s``); without it
there are a few.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from cli.conftest import SMALL, command
from pseudo_terminal import PseudoTerminal, allowed, environment, wait_until

from nntui_engine.errors import InputError
from nntui_engine.record.outcome import summary_of
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.source import RecordSource

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
MOMENTS = int(os.environ.get("NNTUI_MOMENTS", "6"))
ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]
SECONDS = 1.0  # from the interruption to the end; 0.2 is usual

TABLE = """
                    INT   TERM  HUP   QUIT  stop  app   worker engine child
paused              x     x     x     x     x     x     x      x      x
compiling           x     x     x     x     x     x     x      q      x
training            x     x     x     x     x     x     x      x      x
looking             x     x     x     x     x     x     x      x      x
recording           x     x     x     x     x     x     x      x      x
saving numbers      x     x     x     x     x     x     x      x      x
dialog              l     l     l     l     x     l     l      l      l
help                l     l     l     l     x     l     l      l      l
lesson              l     l     l     l     x     l     l      l      l
map                 l     l     l     l     x     l     l      l      l
the end             l     l     l     l     x     l     l      l      l
headless            x     x     x     x     k     s     s      s      s
headless recording  x     x     x     x     k     s     s      s      s
rows                x     x     x     x     k     s     s      s      s
exporting           x     x     x     x     k     s     s      s      s
verify              x     x     x     x     k     s     s      s      s
warmup              x     x     x     x     k     s     s      s      s
bench               x     x     x     x     k     s     s      s      s
"""
LEFT_OUT = {
    "q": "the thread that trains is what waits for the compiler: it has begun nothing that could raise",
    "l": "the lab is left by the same way from each of its screens: the one cell of the row ends with TERM",
    "k": "without a screen there is nothing to put back: the kernel's own stop holds",
    "s": "no screen, and no thread beside the command's: what is raised is the command's own traceback",
}

ENDLESS = SMALL.replace("steps = 30", "steps = 100000000")
DEEP = ENDLESS.replace("hidden = [4]", f"hidden = {[8] * 12}")
SCENARIOS = {
    "small": SMALL,
    "endless": ENDLESS,
    "deep": DEEP,
    "claim": ENDLESS + 'expect = [{ statistic = "loss", above = 0 }]\n',
}
FULL_SPEED = "]" * 20


@dataclass(frozen=True)
class State:
    """``arguments`` with {name} for the file of a scenario, or {record} for one that is made, {long} for one that is
    there; then, in turn, words to wait for and keys to press; ``until`` the files in the folder are so."""

    name: str
    arguments: str
    steps: tuple[tuple[str, str], ...]
    words: str = ""  # a lab's: what is written whenever the whole screen is drawn
    cold: bool = False  # with an empty cache of compiled code
    until: Callable[[Path], object] = lambda _: True

    @property
    def lab(self) -> bool:
        return bool(self.words)


def steps_in(folder: Path) -> int:
    """How far the record that is made says to be."""
    try:
        return summary_of(folder / "made.nntui").position
    except InputError:  # nothing is committed yet
        return 0


def parts_of_files(folder: Path) -> list[Path]:
    return list(folder.glob(".out.csv.*"))


STATES = [
    State("paused", "run {endless}", (("running", " "), ("paused", "")), "? help"),
    State("compiling", "run {endless}", (("ompil", ""),), "? help", cold=True),
    State("training", "run {endless}", (("running", FULL_SPEED),), "? help"),
    State("looking", "run {deep}", (("running", FULL_SPEED + "5"), ("Loss around", "")), "? help"),
    State(
        "recording",
        "run {endless} --record {record}",
        (("running", FULL_SPEED),),
        "? help",
        until=lambda folder: steps_in(folder) > 1000,
    ),
    State("saving numbers", "run {deep}", (("running", FULL_SPEED), ("steps/s", "e" * 6), ("Saved", "")), "? help"),
    State("dialog", "run {endless}", (("running", "\r"), ("Enter sets it", "")), "Enter sets it"),
    State("help", "run {endless}", (("running", "?"), ("Help (Esc closes)", "")), "Help (Esc closes)"),
    State("lesson", "run {endless}", (("running", "6"), ("Watch the", "")), "? help"),
    State("map", "run beale", (("Knobs", ""),), "? help"),
    State("the end", "run {small}", (("running", FULL_SPEED), ("finished", "")), "? help"),
    State("headless", "run {endless} --headless", (("training", ""),)),
    State(
        "headless recording",
        "run {endless} --headless --record {record}",
        (("training", ""),),
        until=lambda folder: steps_in(folder) > 1000,
    ),
    State("rows", "run {endless} --headless --format jsonl --every 1000", (("loss", ""),)),
    State("exporting", "export {long} --out {out}", (), until=parts_of_files),
    State("verify", "verify {claim} --seeds 2 --jobs 2", (("claim (seed", ""),)),
    State("warmup", "warmup", (("━", ""),), cold=True),
    State("bench", "bench", (("nets:", ""),)),
]


def cells(*columns: str) -> list[object]:
    """(state, column) of each cell of TABLE that is there."""
    states = {state.name: state for state in STATES}
    head, *rows = TABLE.strip("\n").splitlines()
    found, listed = [], []
    for row in rows:
        name, letters = row[:20].strip(), row[20:].split()
        assert set(letters) <= {"x", *LEFT_OUT}
        listed.append(name)
        for column, letter in zip(head.split(), letters, strict=True):
            if letter == "x" and column in columns:
                found.append(pytest.param(states[name], column, id=f"{name}-{column}"))
    assert listed == [state.name for state in STATES]
    return found


@pytest.fixture(scope="module")
def long_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record that takes seconds to export: of a run without an end in sight, which has ended soon."""
    from nntui_engine import Experiment
    from nntui_engine.scenario import parse_scenario

    path = tmp_path_factory.mktemp("records") / "long.nntui"
    recorder = Recorder(path)
    Experiment(parse_scenario(ENDLESS, name="endless"), listener=recorder).advance(50_000)
    recorder.close()
    return path


@dataclass
class Place:
    """Where a command works, and what it leaves there."""

    folder: Path
    long: Path

    def start(self, state: State, broken: str = "") -> PseudoTerminal:
        """Starts the command of a state; ``broken``: what will raise in it."""
        paths = {"record": "made.nntui", "long": str(self.long), "out": "out.csv"}
        for name, text in SCENARIOS.items():
            path = self.folder / f"{name}.toml"
            path.write_text(text, encoding="utf-8")
            paths[name] = str(path)
        changes = {"XDG_CONFIG_HOME": str(self.folder / "config"), "XDG_STATE_HOME": str(self.folder / "state")}
        changes["NNTUI_TEST_BROKE"] = str(self.folder / "broke")
        if state.cold and not broken.endswith("child"):
            changes["NUMBA_CACHE_DIR"] = str(self.folder / "cache")
        words = state.arguments.format(**paths).split()
        program = [sys.executable, "-m", "cli.breaking", broken, *words] if broken else command(*words)
        return PseudoTerminal(program, cwd=self.folder, **changes)

    def records(self) -> list[Path]:
        """Those that were made here, by the person or the history."""
        return sorted(self.folder.rglob("*.nntui"))

    def assert_whole(self, least: int = 0) -> None:
        """No file is half written, and every record is closed, sound, and complete up to where its run stood, which is
        step ``least`` or a later one."""
        left = [path.name for path in self.folder.rglob("*") if path.name.startswith(".")]
        assert left == [], "half of a file"
        for path in self.records():
            assert list(path.parent.glob(f"{path.name}-*")) == [], "not closed"
            with closing(sqlite3.connect(path)) as file:
                assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                rewound = file.execute("SELECT COUNT(*) FROM arrangement").fetchone()[0] > 1
            source, said = RecordSource(path), summary_of(path)
            assert said.outcome is not None
            assert [lane.step for lane in said.outcome.lanes] == [source.step] * len(source.lanes)
            assert source.step >= least
            if path.name == "made.nntui" and not rewound:
                for lane in range(len(source.lanes)):
                    tables = list(source.measured(lane, "step"))
                    assert np.array_equal(np.concatenate(tables)[:, 0], np.arange(1, source.step + 1))
            source.close()


@pytest.fixture
def place(tmp_path: Path, long_record: Path) -> Iterator[Place]:
    before = long_record.read_bytes()
    yield Place(tmp_path, long_record)
    assert long_record.read_bytes() == before


def reach(terminal: PseudoTerminal, state: State, place: Place) -> int:
    """The record's steps by then."""
    for words, keys in state.steps:
        terminal.wait_for(words)
        terminal.send(keys)
    wait_until(lambda: state.until(place.folder) or terminal.process.poll() is not None)
    assert terminal.process.poll() is None, terminal.text[-2000:]
    return steps_in(place.folder)


def left_in(terminal: PseudoTerminal, begun: float) -> tuple[int, float]:
    """The exit status of a program that ends now, with the terminal given back and nobody left; and the seconds."""
    status = terminal.wait_for_end()
    seconds = time.monotonic() - begun
    terminal.assert_restored()
    if terminal.offspring():
        wait_until(lambda: not terminal.offspring(), allowed(5.0), lambda: f"left: {terminal.offspring()}")
    return status, seconds


def assert_soon(seconds: float) -> None:
    assert seconds < SECONDS or seconds < allowed(SECONDS), f"{seconds:.2f} s"


def end(terminal: PseudoTerminal, number: signal.Signals) -> float:
    """Sends the signal; the seconds until the program ended, as it should."""
    shown = bool(terminal.output)  # Python cannot be interrupted quietly before it has begun with the program
    begun = time.monotonic()
    terminal.signal(number)
    status, seconds = left_in(terminal, begun)
    if not shown and "Fatal Python error: init_" in terminal.text:
        return seconds  # Python itself, before the program's first line
    assert status == 128 + number, terminal.text[-2000:]
    assert not shown or "Traceback" not in terminal.text, terminal.plain()[-3000:]
    return seconds


@pytest.mark.parametrize(("state", "name"), cells("INT", "TERM", "HUP", "QUIT"))
def test_a_signal(place: Place, state: State, name: str, record_property) -> None:
    with place.start(state) as terminal:
        reached = reach(terminal, state, place)
        seconds = end(terminal, getattr(signal, f"SIG{name}"))
    record_property("seconds", seconds)
    print(f"{state.name} {name}: {seconds:.2f} s")
    place.assert_whole(reached)
    assert_soon(seconds)


@pytest.mark.parametrize(("state", "name"), cells("stop"))
def test_a_stop_and_a_new_size(place: Place, state: State, name: str) -> None:  # noqa: ARG001
    with place.start(state) as terminal:
        reached = reach(terminal, state, place)
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
        seconds = end(terminal, signal.SIGTERM)
    place.assert_whole(reached)
    assert_soon(seconds)


@pytest.mark.parametrize(("state", "name"), cells("app", "worker"))
def test_an_exception_that_ends_the_lab(place: Place, state: State, name: str) -> None:
    with place.start(state, name) as terminal:
        reached = reach(terminal, state, place)
        begun = time.monotonic()
        terminal.signal(signal.SIGUSR1)
        status, seconds = left_in(terminal, begun)
        assert status == 1, terminal.text[-2000:]
        assert f"the {name} broke" in terminal.plain()
    place.assert_whole(reached)
    assert_soon(seconds)


@pytest.mark.parametrize(("state", "name"), cells("engine", "child"))
def test_an_exception_that_the_lab_survives(place: Place, state: State, name: str) -> None:
    first = "first " if state.cold else ""
    with place.start(state, first + name) as terminal:
        if first:
            terminal.wait_for("compiling ahead did not work")
            terminal.wait_for("running")
            reached = 0
        else:
            reached = reach(terminal, state, place)
            terminal.signal(signal.SIGUSR1)
        if name == "engine":
            terminal.wait_for("RuntimeError: the engine broke")
        elif not first:
            wait_until((place.folder / "broke").exists)
        written = len(terminal.output)
        terminal.send("?")
        terminal.wait_for("Help (Esc closes)", written)
        begun = time.monotonic()
        terminal.send("\x03")
        status, seconds = left_in(terminal, begun)
        assert status == 130, terminal.text[-2000:]
        assert "Traceback" not in terminal.text
    place.assert_whole(reached)
    assert_soon(seconds)


def test_signals_at_random_moments(place: Place) -> None:
    """From the first line of Python on."""
    chance = random.Random(MOMENTS)
    counts: Counter[str] = Counter()
    slowest = 0.0
    for _ in range(MOMENTS):
        state, number = chance.choice(STATES), chance.choice([*ENDING, signal.SIGTSTP])
        (place.folder / "made.nntui").unlink(missing_ok=True)
        with place.start(state) as terminal:
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
                print(f"{seconds:.2f} {state.name} {number.name} after {moment:.2f}", flush=True)
            counts[f"{state.name} {number.name}"] += 1
    print(f"{sum(counts.values())} moments, slowest {slowest:.2f} s: {dict(sorted(counts.items()))}")
    assert_soon(slowest)


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
