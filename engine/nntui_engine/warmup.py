"""Compile the kernels into the cache, telling how far it is.

``python -m nntui_engine.warmup [PART …]`` prints a line for each compiled function: "done COUNT TOTAL NAME". The
app runs it as a child process, because compiling holds the interpreter lock in bursts and would make a screen stutter.

A part is what one kind of scenario needs, so that a first start compiles no more than that.
"""

import gc
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .compiling.parts import PARTS, RACE, ROWS, USUAL_PARTS, parts_of
from .errors import InputError, allowed_names
from .kernels import cache
from .scenario.layers import kinds_of

if TYPE_CHECKING:
    from .scenario import Scenario

Progress = Callable[[str, int, int], None]

_RACE = """
schema = 1
[scenario]
title = "Warm-up"
[surface]
name = "bowl"
"""


def parts_for(scenario: "Scenario") -> tuple[str, ...]:
    """The parts that running this scenario takes."""
    if scenario.is_surface:
        return (RACE,)
    tables = [lane.tables for lane in scenario.lanes]
    kinds = {kind for one in tables for kind in kinds_of(one.get("model", {}))}
    augmented = any(one["data"].get("augment", "none") != "none" for one in tables)
    return parts_of(tables[0].get("train", {}).get("dtype", "float32"), kinds, augmented)


def is_warm(parts: Sequence[str] = USUAL_PARTS) -> bool:
    """Whether these parts stand in the cache. Imports no Numba."""
    return all(cache.is_warm(part) for part in parts)


def warm_up(progress: Progress | None = None, parts: Sequence[str] = USUAL_PARTS) -> None:
    """Compile (or load) the kernels of these parts by using them; ``progress(name, done, total)`` after each.

    Raises InputError for a part that is none.
    """
    for part in parts:
        if part not in PARTS:
            raise InputError(f'unknown part "{part}"; {allowed_names(part, list(PARTS))}')
    from numba.core import event

    total = sum(PARTS[part] for part in parts) + 1
    done = 0

    class Listener(event.Listener):
        def on_start(self, event: event.Event) -> None: ...

        def on_end(self, event: event.Event) -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(event.data["dispatcher"].py_func.__name__, min(done, total - 1), total)

    with event.install_listener("numba:compile", Listener()):
        for part in parts:
            _use(part)
            cache.mark_warm(part)
    if progress is not None:
        progress("ready", total, total)


def _use(part: str) -> None:
    """Compile, or load, every kernel that Python calls for this part, or calls by its address."""
    import numpy as np

    if part == RACE:
        from .experiment import Experiment
        from .scenario import parse_scenario

        race = Experiment(parse_scenario(_RACE, name="warm-up"), steps=2)
        race.advance(2)
        race.snapshot()
        race.surface.values(race.surface.minima()[:, 0], race.surface.minima()[:, 1])
        return
    dtype, _, kind = part.partition(" ")
    if kind == ROWS:
        from .kernels.layers.linked import rows_address

        rows_address(np.dtype(dtype))
    elif kind:
        from .kernels.layers.linked import addresses

        addresses(kind, np.dtype(dtype))
    else:
        from .kernels.entries import compile_entries

        compile_entries(np.dtype(dtype))


def main() -> int:
    """Warm up the parts named on the command line (default: the usual ones) and print the progress."""
    parts = sys.argv[1:] or USUAL_PARTS
    if not cache.compiling_ahead():
        warm_up(_tell, parts)
        return 0
    from .compiling import whole_program

    with cache.compiling_alone(parts[0], lambda: _tell("waiting for another nntui that compiles", 0, 1)):
        if not is_warm(parts):  # that other one may have done it
            if parts != [RACE]:  # a race's short steps need what optimising at every level of calls gives
                whole_program.enable()
            gc.set_threshold(100_000, 50, 50)  # a compiler makes many objects and keeps most: a sixth of its time
            warm_up(_tell, parts)
    return 0


def _tell(name: str, done: int, total: int) -> None:
    print(f"done {done} {total} {name}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
