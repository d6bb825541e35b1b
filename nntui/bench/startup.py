"""Seconds from a command to its answer."""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from nntui.bench.bench import Bench, MeasureError
from nntui.bench.children import LAB_SCENARIO, run
from nntui.bench.families import FAMILIES
from nntui.bench.tables import Sheet, spread_text
from nntui.bench.terminal import ScreenText, Terminal, available
from nntui.bench.timing import Spread, spread

COMMAND_RUNS = 7
LAB_RUNS = 3
PATIENCE_SECONDS = 180.0
ANSWERS = {"help": "--help", "list": "list"}


def measure(bench: Bench) -> dict[str, Any]:
    """Wall seconds of short commands; seconds to the lab's first frame and to its first training step on screen, with
    dense layers, images and sequences: warm, and, where this part is asked for by name, cold, with no compiled
    kernels at all."""
    found: dict[str, Any] = {}
    took: dict[str, list[float]] = {name: [] for name in ANSWERS}
    for number in range(COMMAND_RUNS + 1):
        bench.say("startup: commands")
        for name, argument in ANSWERS.items():
            seconds = _seconds_of(argument)
            if number:  # the first one reads the disk
                took[name].append(seconds)
    found |= {f"{name}_seconds": spread(values) for name, values in took.items()}
    if not available():
        return found
    found |= _temperatures(bench, "the lab", LAB_SCENARIO)
    with tempfile.TemporaryDirectory() as folder:
        for family, text in FAMILIES.items():
            file = Path(folder) / f"{family}.toml"
            file.write_text(text, encoding="utf-8")
            found[family] = _temperatures(bench, f"the lab, {family}", str(file))
    return found


def _temperatures(bench: Bench, what: str, scenario: str) -> dict[str, Any]:
    """The lab's starts with a scenario: "warm" and, where this part is asked for by name, "cold"."""
    bench.say(f"startup: {what}, warm")
    found = {"warm": _lab_starts(scenario, LAB_RUNS, {})}
    if "startup" in bench.parts:
        bench.say(f"startup: {what}, cold")
        with tempfile.TemporaryDirectory() as folder:
            found["cold"] = _lab_starts(scenario, 1, {"NUMBA_CACHE_DIR": folder})
    return found


def _seconds_of(argument: str) -> float:
    start = time.perf_counter()
    run([sys.executable, "-m", "nntui", argument])
    return time.perf_counter() - start


def _lab_starts(scenario: str, runs: int, changes: dict[str, str]) -> dict[str, Spread]:
    frames, numbers = [], []
    for _ in range(runs):
        with Terminal([sys.executable, "-m", "nntui", "run", scenario], **changes) as terminal:
            frame = terminal.wait(_shows_the_lab, PATIENCE_SECONDS)
            number = terminal.wait(_shows_a_step, PATIENCE_SECONDS)
            if frame is None or number is None:
                raise MeasureError("the lab did not start")
            frames.append(frame - terminal.started)
            numbers.append(number - terminal.started)
    return {"first_frame_seconds": spread(frames), "first_numbers_seconds": spread(numbers)}


def _shows_the_lab(screen: ScreenText) -> bool:
    return "nntui" in screen.lines[0]


def _shows_a_step(screen: ScreenText) -> bool:
    return bool(screen.step)


def sheets(found: dict[str, Any]) -> list[Sheet]:
    """One table: seconds of each command, and to the lab's first frame and first numbers where these were measured."""
    rows = [[f"nntui {argument}", spread_text(found[f"{name}_seconds"])] for name, argument in ANSWERS.items()]
    for lab, starts in {"lab": found, **{f"lab, {family}": found.get(family, {}) for family in FAMILIES}}.items():
        for name in ("warm", "cold"):
            if name in starts:
                rows.append([f"{lab}, {name}: first frame", spread_text(starts[name]["first_frame_seconds"])])
                rows.append([f"{lab}, {name}: first numbers", spread_text(starts[name]["first_numbers_seconds"])])
    return [Sheet("Seconds to start", ["", "seconds"], rows)]
