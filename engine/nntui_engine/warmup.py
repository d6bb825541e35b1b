"""Compile the kernels into the cache, telling how far it is.

``python -m nntui_engine.warmup [float32|float64]`` prints a line for each kernel: "done COUNT TOTAL NAME". The app
runs it as a child process, because compiling holds the interpreter lock in bursts and would make a screen stutter.
"""

import sys
from collections.abc import Callable

from .kernels.cache import is_warm, mark_warm

Progress = Callable[[str, int, int], None]

KERNELS = 62  # compiled functions in a full build; only the progress bar depends on it

__all__ = ["is_warm", "warm_up"]

_SCENARIO = """
schema = 1
[scenario]
title = "Warm-up"
[data]
name = "xor"
samples = 16
[model]
hidden = [2]
[train]
batch_size = 4
steps = 2
dtype = "{dtype}"
[[lane]]
name = "a"
[[lane]]
name = "b"
"""


def warm_up(progress: Progress | None = None, dtype: str = "float32") -> None:
    """Compile (or load) every kernel by running a tiny experiment; ``progress(name, done, total)`` after each."""
    from numba.core import event

    from .experiment import Experiment
    from .scenario import parse_scenario

    done = 0

    class Listener(event.Listener):
        def on_start(self, event: object) -> None: ...

        def on_end(self, event: object) -> None:
            nonlocal done
            done += 1
            if progress is not None:
                dispatcher = event.data["dispatcher"]  # type: ignore[attr-defined]
                progress(dispatcher.py_func.__name__, min(done, KERNELS - 1), KERNELS)

    scenario = parse_scenario(_SCENARIO.format(dtype=dtype), name="warm-up")
    with event.install_listener("numba:compile", Listener()):
        two_lanes = Experiment(scenario)
        two_lanes.advance(2)
        two_lanes.gradients("a")
        one_lane = Experiment(parse_scenario(_SCENARIO.format(dtype=dtype).split("[[lane]]")[0], name="warm-up"))
        one_lane.advance(1)
    mark_warm(dtype)
    if progress is not None:
        progress("ready", KERNELS, KERNELS)


def main() -> int:
    """Warm up and print the progress, a line a kernel."""
    warm_up(lambda name, done, total: print(f"done {done} {total} {name}", flush=True), *sys.argv[1:2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
