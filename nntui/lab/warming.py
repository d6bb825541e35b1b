"""The first start: compiles the engine's kernels in a child process, so that the screen stays alive meanwhile."""

import subprocess
from collections.abc import Callable

Progress = Callable[[int, int, str], None]


class Warming:
    """Compiles the kernels of some parts (see ``nntui_engine.warmup``) into the cache unless they are there.

    None: the parts that most scenarios take. ``stop`` may be called from another thread.
    """

    def __init__(self, parts: tuple[str, ...] | None = None) -> None:
        self._parts = parts
        self._children: list[subprocess.Popen[str]] = []
        self._stopped = False

    def run(self, progress: Progress) -> str:
        """Returns when the cache is warm; "" or one line that says why it could not be warmed."""
        from nntui_engine.compiling.ahead import compile_ahead
        from nntui_engine.compiling.parts import USUAL_PARTS
        from nntui_engine.warmup import is_warm

        parts = USUAL_PARTS if self._parts is None else self._parts
        if is_warm(parts) or self._stopped:
            return ""
        progress(0, 0, "starting the compiler")
        trouble = compile_ahead(parts, lambda name, done, total: progress(done, total, name), self._started)
        return "" if self._stopped else trouble

    def _started(self, child: "subprocess.Popen[str]") -> None:
        self._children.append(child)
        if self._stopped:  # meanwhile
            child.terminate()

    def stop(self) -> None:
        """Ends the children, or keeps them from being started."""
        self._stopped = True
        for child in list(self._children):
            if child.poll() is None:
                child.terminate()
