"""A Dask cluster that does the work of a sweep: one that is there, or one made for the occasion."""

import fcntl
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from nntui_engine.errors import InputError

from .crew import Done, do_batch, needed_parts
from .made_with import made_with
from .plan import Plan
from .workers import ONE_THREAD

ANSWER_SECONDS = 5.0  # in which a scheduler must answer
WORKERS_SECONDS = 15.0  # in which the first of its workers must be there
MOST_LOCAL = 256
PROCESSOR = "processor"  # of what numbers hang on, the only thing that may differ
_prepared = threading.Lock()
_ready: set[tuple[str, ...]] = set()


class ClusterCrew:
    """The workers of a cluster at the end of ``client``; ``parts`` are what they must have compiled."""

    def __init__(self, client: Any, size: int, parts: tuple[str, ...], where: str) -> None:
        self.size = size
        self._client, self._parts, self._where = client, parts, where

    def start(self) -> Executor:
        """The same client, again and again: the scheduler itself replaces workers that are lost."""
        executor: Executor = self._client.get_executor(pure=False)
        return executor

    def submit(self, executor: Executor, plan: Plan, cells: Sequence[int]) -> "Future[Done]":
        """Hands out a batch."""
        return executor.submit(do_batch_there, plan, cells, self._parts)

    def end(self, executor: Executor) -> None:
        """Takes back what was handed out."""
        with suppress(Exception):
            executor.shutdown(wait=False)

    def explain(self, error: Exception) -> str:
        """What the cluster says of itself."""
        name = type(error).__name__
        if name == "KilledWorker":
            return f"--cluster {self._where}: workers have ended again and again on them (too little memory?)"
        if isinstance(error, (CancelledError, OSError)) or name in ("FutureCancelledError", "CommClosedError"):
            return f"--cluster {self._where}: the scheduler is gone"
        return ""


def do_batch_there(plan: Plan, cells: Sequence[int], parts: tuple[str, ...]) -> Done:
    """Runs in a worker of a cluster, which nobody has prepared."""
    _prepare(parts)
    return do_batch(plan, cells)


def _prepare(parts: tuple[str, ...]) -> None:
    """Compiles what is needed, once a machine: workers that write one cache at the same time could crash. Before Numba
    is loaded its threads are set to one, which Dask does for other libraries alone."""
    with _prepared:
        if parts in _ready:
            return
        for name, value in ONE_THREAD.items():
            os.environ.setdefault(name, value)
        from nntui_engine.compiling.ahead import compile_ahead
        from nntui_engine.kernels.cache import cache_folder

        folder = cache_folder()
        if folder is not None:
            with (folder / ".sweep-lock").open("wb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                compile_ahead(parts)
        _ready.add(parts)


@contextmanager
def cluster_crew(where: str, plan: Plan) -> Iterator[ClusterCrew]:
    """The workers of the cluster that ``--cluster`` names: ``tcp://HOST:PORT``, or ``local:N`` for N processes of this
    machine. Raises InputError for another form, where nobody answers, and where workers have other versions."""
    if find_spec("distributed") is None:
        raise InputError('--cluster needs Dask: pip install "nntui[cluster]"')
    kind, _, rest = where.partition(":")
    local = kind == "local"
    if local and not (rest.isdecimal() and 1 <= int(rest) <= MOST_LOCAL):
        raise InputError(f"--cluster {where}: write local:N with N from 1 to {MOST_LOCAL}, or tcp://HOST:PORT")
    if not local and "://" not in where:
        raise InputError(f"--cluster {where}: write tcp://HOST:PORT, or local:N for N processes of this machine")
    dask: Any = import_module("distributed")
    for name in [one for one in logging.root.manager.loggerDict if one.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # each has a level of its own
    cluster = None
    if local:
        cluster = dask.LocalCluster(
            n_workers=int(rest),
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )
    try:
        try:
            client = dask.Client(cluster or where, timeout=ANSWER_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError, RuntimeError):
            raise InputError(f"--cluster {where}: no Dask scheduler answers there") from None
        try:
            yield ClusterCrew(client, _checked(client, where), needed_parts(plan), where)
        finally:
            with suppress(Exception):
                client.close(timeout=1.0)
    finally:
        if cluster is not None:
            with suppress(Exception):
                cluster.close(timeout=1.0)


def _checked(client: Any, where: str) -> int:
    """How many workers there are. Raises InputError where there are none, or one is not as it should be."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_SECONDS)
    except TimeoutError:
        raise InputError(f"--cluster {where}: the scheduler has no workers; start some: dask worker {where}") from None
    workers = client.scheduler_info(n_workers=-1)["workers"]
    for address, said in workers.items():
        if said["nthreads"] != 1:
            raise InputError(
                f"--cluster {where}: worker {address} has {said['nthreads']} threads; must be 1: "
                "dask worker --nthreads 1, as many as there are cores"
            )
    here = made_with()
    for address, there in client.run(made_with, on_error="return").items():
        if not isinstance(there, dict):
            raise InputError(f"--cluster {where}: worker {address} has no such nntui ({type(there).__name__}: {there})")
        for what, version in here.items():
            if what != PROCESSOR and there.get(what) != version:
                raise InputError(
                    f"--cluster {where}: worker {address} has {what} {there.get(what)}, here it is {version}; "
                    "must be the same"
                )
    return len(workers)
