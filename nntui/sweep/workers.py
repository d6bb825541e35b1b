"""Who does the work of a sweep: processes of this machine, each training on one thread."""

import gc
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from nntui_engine.errors import InputError

from .batch import Result, run_batch
from .plan import Plan

LANES_AT_ONCE = 32
FIRST_LANES = 4
BATCHES_FOR_EACH = 4  # worker, at least: the last of them end at about the same time
WAITING = 2  # batches for each worker that are handed out ahead
LOOKING_SECONDS = 0.1  # between two looks at whether it is to stop
MOST_FAILURES = 3  # of a batch whose worker ended
ONE_THREAD = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Done:
    """A batch that has ended: what came of it, which process did it, and how long that took in seconds."""

    results: list[Result]
    worker: str
    seconds: float


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


def processes(workers: int) -> Executor:
    """So many processes of this machine."""
    from joblib.externals.loky import ProcessPoolExecutor

    executor: Executor = ProcessPoolExecutor(
        max_workers=workers, timeout=None, env=ONE_THREAD, initializer=begin_worker, initargs=(os.getpid(),)
    )
    return executor


def warm(plan: Plan, progress: Callable[[str, int, int], None]) -> None:
    """Has everything compiled that a cell takes, once, before workers look for it."""
    from nntui_engine.compiling.ahead import compile_ahead

    compile_ahead(needed_parts(plan), progress)


def needed_parts(plan: Plan) -> tuple[str, ...]:
    """The parts of the compiled code that its cells take."""
    from nntui_engine.warmup import parts_for

    needed: dict[str, None] = {}
    for cell in plan.sample():
        needed |= dict.fromkeys(parts_for(plan.of_cells([cell])))
    return tuple(needed)


def prepare_processes() -> None:
    """Starts what looks after the locks of processes, while standard error still is a file: to be called before a
    screen takes it."""
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend import resource_tracker as of_loky

    resource_tracker.ensure_running()
    of_loky.ensure_running()


def begin_worker(parent: int) -> None:
    """Has this process end as soon as its parent has, since who was killed ends no worker itself. Ctrl-C is for the
    parent, and so is the terminal: remarks of libraries would land in the middle of a screen."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(0)

    threading.Thread(target=look, name="nntui-parent", daemon=True).start()


def work(
    plan: Plan,
    cells: Sequence[int],
    make: Callable[[], Executor],
    workers: int,
    lost: Callable[[int], object] = lambda batches: None,  # noqa: ARG005
    ending: Callable[[], AbstractContextManager[object]] = nullcontext,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Done]:
    """Has the cells done, and yields what comes of them as batches end, in any order.

    A batch whose worker has ended is done again by another; ``lost`` hears how many had to be. Workers are put away
    within ``ending()``, and as soon as it is ``stopped()``. Raises InputError on
    bad input, and where workers end again and again on the same cells.
    """
    waiting = batches(cells, workers)[::-1]
    failures: dict[int, int] = {}
    at_work: dict[Future[Done], list[int]] = {}
    executor = make()
    try:
        while (waiting or at_work) and not stopped():
            broken: list[list[int]] = []
            while waiting and len(at_work) < WAITING * workers and not broken:
                batch = waiting.pop()
                try:
                    at_work[executor.submit(do_batch, plan, batch)] = batch
                except BrokenExecutor:
                    broken.append(batch)
            for future in wait(list(at_work), LOOKING_SECONDS, FIRST_COMPLETED).done if at_work else ():
                batch = at_work.pop(future)
                try:
                    yield future.result()
                except BrokenExecutor:
                    broken.append(batch)
            if broken:
                broken += at_work.values()
                at_work.clear()
                _shut(executor)
                for batch in broken:
                    failures[batch[0]] = failures.get(batch[0], 0) + 1
                    if failures[batch[0]] > MOST_FAILURES * WAITING * workers:
                        raise InputError(
                            f"cells {batch[0]} to {batch[-1]}: the process that trained them has ended "
                            f"{failures[batch[0]]} times (too little memory?)"
                        )
                lost(len(broken))
                waiting += broken[::-1]
                executor = make()
    finally:
        with ending():
            _shut(executor)
            del executor
            gc.collect()  # its locks, which would be said to have been left behind


def _shut(executor: Executor) -> None:
    """Ends the workers at once, whatever they do."""
    try:
        executor.shutdown(wait=True, kill_workers=True)  # type: ignore[call-arg]  # loky's
    except TypeError:
        executor.shutdown(wait=False, cancel_futures=True)
