"""Processes of this machine that do the work of a sweep."""

import os
import signal
import threading
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import Executor, Future

from .crew import Done, do_batch
from .plan import Plan

ONE_THREAD = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class LocalCrew:
    """So many processes, which end with this one."""

    def __init__(self, size: int) -> None:
        self.size = size

    def start(self) -> Executor:
        """They begin when there is something to do."""
        from joblib.externals.loky import ProcessPoolExecutor

        executor: Executor = ProcessPoolExecutor(
            max_workers=self.size, timeout=None, env=ONE_THREAD, initializer=begin_worker, initargs=(os.getpid(),)
        )
        return executor

    def submit(self, executor: Executor, plan: Plan, cells: Sequence[int]) -> "Future[Done]":
        """Hands out a batch."""
        return executor.submit(do_batch, plan, cells)

    def end(self, executor: Executor) -> None:
        """Kills them."""
        executor.shutdown(wait=True, kill_workers=True)  # type: ignore[call-arg]  # loky's

    def explain(self, error: Exception) -> str:  # noqa: ARG002
        """Nothing but a lost process is expected of them."""
        return ""


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
