"""Who does the work of a sweep, and how it is shared: the same for processes of this machine and for a cluster."""

import gc
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from nntui_engine.errors import InputError

from .batch import Result, run_batch
from .plan import Plan

LANES_AT_ONCE = 8  # more do not fit into a core's cache: 23 ms a run of digits became 36 with 32 of them
FIRST_LANES = 4
BATCHES_FOR_EACH = 4  # worker, at least: the last of them end at about the same time
WAITING = 2  # batches for each worker that are handed out ahead
LOOKING_SECONDS = 0.1  # between two looks at whether it is to stop
MOST_FAILURES = 3  # of a batch whose worker ended


@dataclass(frozen=True, slots=True)
class Done:
    """A batch that has ended: what came of it, which process did it, and how long that took in seconds."""

    results: list[Result]
    worker: str
    seconds: float


class Crew(Protocol):
    """Processes that train, ``size`` of them, each on one thread."""

    size: int

    def start(self) -> Executor:
        """Has them ready for work; again where they have ended."""

    def submit(self, executor: Executor, plan: Plan, cells: Sequence[int]) -> "Future[Done]":
        """Hands out a batch."""

    def end(self, executor: Executor) -> None:
        """Puts them away at once, whatever they do."""

    def explain(self, error: Exception) -> str:
        """What an exception of theirs means to a person; "" where it is a mistake of ours."""


def do_batch(plan: Plan, cells: Sequence[int]) -> Done:
    """Runs in a worker."""
    begun = time.perf_counter()
    results = run_batch(plan, cells)
    return Done(results, f"{os.uname().nodename}:{os.getpid()}", time.perf_counter() - begun)


def batches(cells: Sequence[int], workers: int) -> list[list[int]]:
    """Cells that are next to each other, in as many batches as keep all workers busy to the end; small ones first, so
    that there is something to see."""
    size = max(1, min(LANES_AT_ONCE, len(cells) // (BATCHES_FOR_EACH * workers)))
    found: list[list[int]] = []
    begin = 0
    while begin < len(cells):
        taken = min(size, FIRST_LANES) if len(found) < workers else size
        found.append(list(cells[begin : begin + taken]))
        begin += taken
    return found


def needed_parts(plan: Plan) -> tuple[str, ...]:
    """The parts of the compiled code that its cells take."""
    from nntui_engine.warmup import parts_for

    needed: dict[str, None] = {}
    for cell in plan.sample():
        needed |= dict.fromkeys(parts_for(plan.of_cells([cell])))
    return tuple(needed)


def warm(plan: Plan, progress: Callable[[str, int, int], None]) -> None:
    """Has everything compiled that a cell takes, once, before workers of this machine look for it."""
    from nntui_engine.compiling.ahead import compile_ahead

    compile_ahead(needed_parts(plan), progress)


def work(
    plan: Plan,
    waves: Iterable[Sequence[int]],
    crew: Crew,
    lost: Callable[[int], object] = lambda batches: None,  # noqa: ARG005
    ending: Callable[[], AbstractContextManager[object]] = nullcontext,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Done]:
    """Has groups of cells done, one group after another, and yields what comes of them as batches end, in any order.

    A batch whose worker has ended is done again by another; ``lost`` hears how many had to be. Workers are put away
    within ``ending()``, and as soon as it is ``stopped()``. Raises InputError on bad input, and where workers end again
    and again on the same cells.
    """
    groups = iter(waves)
    waiting: list[list[int]] = []
    failures: dict[int, int] = {}
    at_work: dict[Future[Done], list[int]] = {}
    executor = crew.start()
    try:
        while not stopped():
            if not waiting and not at_work:
                group = next(groups, None)
                if group is None:
                    break
                waiting = batches(group, crew.size)[::-1]
            broken: list[list[int]] = []
            while waiting and len(at_work) < WAITING * crew.size and not broken:
                batch = waiting.pop()
                try:
                    at_work[crew.submit(executor, plan, batch)] = batch
                except BrokenExecutor:
                    broken.append(batch)
            for future in wait(list(at_work), LOOKING_SECONDS, FIRST_COMPLETED).done if at_work else ():
                batch = at_work.pop(future)
                try:
                    done = future.result()
                except BrokenExecutor:
                    broken.append(batch)
                except InputError:
                    raise
                except BaseException as error:
                    _explain(crew, error, batch)
                    raise
                else:
                    yield done
            if broken:
                broken += at_work.values()
                at_work.clear()
                crew.end(executor)
                _count(failures, broken, crew.size)
                lost(len(broken))
                waiting += broken[::-1]
                executor = crew.start()
    finally:
        with ending():
            crew.end(executor)
            del executor
            gc.collect()  # its locks, which would be said to have been left behind


def _explain(crew: Crew, error: BaseException, batch: Sequence[int]) -> None:
    words = crew.explain(error) if isinstance(error, Exception) else ""
    if words:
        raise InputError(f"cells {batch[0]} to {batch[-1]}: {words}") from None


def _count(failures: dict[int, int], broken: Sequence[Sequence[int]], workers: int) -> None:
    """All that were handed out have failed, though it was one of them at most. Raises InputError for the one."""
    for batch in broken:
        failures[batch[0]] = failures.get(batch[0], 0) + 1
        if failures[batch[0]] > MOST_FAILURES * WAITING * workers:
            raise InputError(
                f"cells {batch[0]} to {batch[-1]}: the process that trained them has ended {failures[batch[0]]} times "
                "(too little memory?)"
            )
