"""The first start: compiles the engine's kernels in a child process, so that the screen stays alive meanwhile."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Progress = Callable[[int, int, str], None]


class Warming:
    """Compiles the kernels of some parts (see ``nntui_engine.warmup``) into the cache unless they are there.

    ``stop`` may be called from another thread.
    """

    def __init__(self, parts: tuple[str, ...] = ()) -> None:
        self._parts = parts
        self._child: subprocess.Popen[str] | None = None
        self._stopped = False

    def run(self, progress: Progress) -> str:
        """Returns when the cache is warm; "" or one line that says why it could not be warmed."""
        from nntui_engine.warmup import USUAL_PARTS, is_warm

        parts = self._parts or USUAL_PARTS
        if is_warm(parts) or self._stopped:
            return ""
        progress(0, 0, "starting the compiler")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "nntui_engine.warmup", *parts],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_child_environment(),
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # a Ctrl-C meant for the lab must not reach it half way through a cache file
        )
        last = ""
        assert self._child.stdout is not None
        for line in self._child.stdout:
            last = line.strip() or last
            stage = read_stage(line)
            if stage is not None:
                progress(*stage)
        code = self._child.wait()
        if code and not self._stopped:
            return f"compiling ahead did not work ({last or f'exit status {code}'}); it is done while training instead"
        return ""

    def stop(self) -> None:
        self._stopped = True
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()


def read_stage(line: str) -> tuple[int, int, str] | None:
    """(done, total, name) of a line "done i n name"; None for anything else."""
    parts = line.split(maxsplit=3)
    if len(parts) < 4 or parts[0] != "done":
        return None
    try:
        return int(parts[1]), int(parts[2]), parts[3].strip()
    except ValueError:
        return None


def _child_environment() -> dict[str, str]:
    """The child must find the same engine, however this process found it."""
    import nntui_engine

    home = str(Path(nntui_engine.__path__[0]).parent)
    paths = [home, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
