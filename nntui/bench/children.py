"""Processes of their own that do what this one measures.

python -m nntui.bench.children net NAME          a net, in turns asked for on standard input
python -m nntui.bench.children scenario NAME     a built-in scenario, the same way
python -m nntui.bench.children memory STEPS…     resident megabytes after so many steps of the smallest net
python -m nntui.bench.children lab SPEED         the lab, at so many steps a second ("inf": unlimited)
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import nntui_engine
from nntui.bench.bench import MeasureError
from nntui.bench.nets import ENDLESS, NETS, scenario_of

LAB_SCENARIO = "digits"


def environment(**changes: str) -> dict[str, str]:
    """This process's, in which a child finds the same nntui however this process found it."""
    paths = [str(Path(__file__).parents[2]), str(Path(nntui_engine.__file__).parents[1])]
    paths += filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), **changes}


def command(*arguments: str) -> list[str]:
    """This module, with arguments."""
    return [sys.executable, "-m", "nntui.bench.children", *arguments]


def run(arguments: Sequence[str]) -> str:
    """What a child process writes on standard output. A Ctrl-C is for this process, which then ends the child."""
    child = subprocess.Popen(
        arguments,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = child.communicate()
    finally:
        child.kill()
        child.wait()
    if child.returncode:
        raise MeasureError(f"a child process ended with status {child.returncode}")
    return output


class Child:
    """A :data:`~nntui.bench.timing.Turn` that a child process takes; it waits between its turns."""

    def __init__(self, arguments: list[str], changes: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            command(*arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(**(changes or {})),
            text=True,
            start_new_session=True,  # as in run
        )

    def __call__(self, seconds: float) -> list[float]:
        """The microseconds a step of each call in one turn. Raises MeasureError if the child has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{seconds}\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise MeasureError("a child process ended before its work was done")
        return [float(value) for value in json.loads(line)]

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._process.kill()
        self._process.communicate()


def resident_megabytes() -> float | None:
    """Memory that this process has in use now; None where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), None)


def cpu_seconds(process: int) -> float | None:
    """Processor time that a process has used, all its threads together; None where the system does not say."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _take_turns(name: str, built_in: bool) -> None:
    from nntui.bench.timing import Repeated
    from nntui_engine import Experiment

    with tempfile.TemporaryDirectory() as folder:
        scenario = name if built_in else scenario_of(NETS[name], Path(folder))
        turn = Repeated(Experiment(scenario, steps=ENDLESS).advance)
        for line in sys.stdin:
            print(json.dumps(turn(float(line))), flush=True)


def _measure_memory(stops: list[int]) -> None:
    from nntui_engine import Experiment

    with tempfile.TemporaryDirectory() as folder:
        experiment = Experiment(scenario_of(NETS["tiny"], Path(folder)))
        found = {}
        for stop in stops:
            while experiment.step < stop:
                experiment.advance(min(10_000, stop - experiment.step))
            found[stop] = resident_megabytes()
        print(json.dumps(found))


def _run_lab(speed: float) -> int:
    from nntui.lab.start import run_lab
    from nntui_engine.scenario import load_scenario

    return run_lab(load_scenario(LAB_SCENARIO), steps=ENDLESS, speed=speed, keep=False)


def main(arguments: list[str]) -> int:
    """Do what the arguments ask for; returns the exit status."""
    kind, *rest = arguments
    if kind == "lab":
        return _run_lab(float(rest[0]))
    if kind == "memory":
        _measure_memory([int(stop) for stop in rest])
    else:
        _take_turns(rest[0], kind == "scenario")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
