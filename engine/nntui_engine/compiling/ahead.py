"""Compile in a child process what this process is about to run, so that it only ever loads kernels from the cache.

Two reasons. Compiling holds the interpreter lock in bursts, which makes a screen stutter. And a process that compiles
may end up with other machine code than one that loads: its linker meets a function's first version, the cache holds
the last, and their sums differ in the last bit. Loading everywhere makes a first run equal to every later one.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock

from ..kernels.cache import COMPILING, cache_folder, compiling_ahead, is_warm
from .parts import PARTS, RACE

Progress = Callable[[str, int, int], None]
Started = Callable[["subprocess.Popen[str]"], None]


def compile_ahead(parts: Sequence[str], progress: Progress | None = None, started: Started | None = None) -> str:
    """Return when the kernels of ``parts`` (see ``warmup.py``) are in the cache; at once if they are.

    ``progress(name, done, total)`` is called after each compiled function, ``started`` with the child, so that it can
    be stopped. Returns "" or one line that says why it did not work; kernels are then compiled where they are called.
    """
    if _plain_python() or compiling_ahead() or cache_folder() is None:
        return ""
    needed = [part for part in parts if not is_warm(part)]
    groups = processes_of(needed, usable_cores() or 1)
    shared = _Shared(progress, sum(PARTS.get(part, 0) + 1 for part in needed), len(groups))
    children = _Children(started)
    with ThreadPoolExecutor(max(1, len(groups))) as pool:
        try:
            run = partial(_compile_apart, started=children.add)
            troubles = list(pool.map(run, groups, [shared.part(at) for at in range(len(groups))]))
        except BaseException:  # a signal: nobody waits any more for what they compile
            children.end()
            raise
    return next(filter(None, troubles), "")


def processes_of(parts: Sequence[str], cores: int) -> list[list[str]]:
    """Which parts to compile in which process: none waits for another, so there are as many processes as cores.

    The race is alone, since it is compiled otherwise (``warmup.py``).
    """
    alone = [[part] for part in parts if part == RACE]
    rest = sorted((part for part in parts if part != RACE), key=lambda part: -PARTS.get(part, 0))
    groups: list[list[str]] = [[] for _ in range(min(max(1, cores), len(rest)))]
    for part in rest:  # the longest first, to whom has the least to do
        min(groups, key=lambda group: sum(PARTS.get(one, 0) for one in group)).append(part)
    return groups + alone


def usable_cores() -> int | None:
    """The cores this process may use; None where the system does not say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


class _Children:
    """The processes that compile, to be ended together. ``started`` is told of each."""

    def __init__(self, started: Started | None) -> None:
        self._started, self._all, self._ended = started, list["subprocess.Popen[str]"](), False

    def add(self, child: "subprocess.Popen[str]") -> None:
        """One more."""
        self._all.append(child)
        if self._started is not None:
            self._started(child)
        if self._ended:  # meanwhile
            child.terminate()

    def end(self) -> None:
        """Ends them all, and whatever is added later."""
        self._ended = True
        for child in list(self._all):
            child.terminate()


class _Shared:
    """The progress of processes that compile side by side, as one."""

    def __init__(self, progress: Progress | None, total: int, groups: int) -> None:
        self._progress, self._total, self._done, self._lock = progress, total, [0] * groups, Lock()

    def part(self, at: int) -> Progress | None:
        """What the process at ``at`` tells."""
        if self._progress is None:
            return None
        return lambda name, done, _: self._tell(at, name, done)

    def _tell(self, at: int, name: str, done: int) -> None:
        with self._lock:
            assert self._progress is not None
            self._done[at] = done
            self._progress(name, min(sum(self._done), self._total), self._total)


def _compile_apart(parts: Sequence[str], progress: Progress | None, started: Started) -> str:
    """Compile some parts in a process of their own, so that their machine code does not depend on what came before."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "nntui_engine.warmup", *parts],  # -P: the folder a person is in may hold a re.py
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_child_environment(),
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # a Ctrl-C meant for this process must not reach it half way through a cache file
    )
    started(child)
    last = ""
    try:
        assert child.stdout is not None
        for line in child.stdout:
            last = line.strip() or last
            stage = read_stage(line)
            if stage is not None and progress is not None:
                progress(*stage)
        code = child.wait()
    finally:
        if child.poll() is None:
            child.terminate()
    if code:
        return f"compiling ahead did not work ({last or f'exit status {code}'}); it is done while training instead"
    return ""


def read_stage(line: str) -> tuple[str, int, int] | None:
    """(name, done, total) of a line "done COUNT TOTAL NAME"; None for anything else."""
    parts = line.split(maxsplit=3)
    if len(parts) < 4 or parts[0] != "done":
        return None
    try:
        return parts[3].strip(), int(parts[1]), int(parts[2])
    except ValueError:
        return None


def _plain_python() -> bool:
    return os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def _child_environment() -> dict[str, str]:
    """The child must find the same engine, however this process found it."""
    paths = [str(Path(__file__).parents[2]), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), COMPILING: "1"}
