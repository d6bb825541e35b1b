"""Verifying many scenarios: one after another in this process, or several at once in worker processes."""

import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Protocol, TypeVar, cast

import nntui
import nntui_engine
from nntui_engine.analysis.judging import Outcome
from nntui_engine.analysis.sabotage import Sabotage
from nntui_engine.errors import InputError
from nntui_engine.scenario import Scenario

from .output import Progress

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Steps = Callable[[int, int], None]


class Job(Protocol[T_co]):
    """A piece of work on one scenario that can be sent to a process."""

    @property
    def scenario(self) -> Scenario:
        """The scenario that is worked on."""

    @property
    def title(self) -> str:
        """What messages call this piece of work."""

    def work(self, progress: Steps, compiling: Progress | None = None) -> T_co:
        """Do it, calling ``progress(done, total)`` with steps; returns what came of it. Raises InputError."""


@dataclass(frozen=True, slots=True)
class Run:
    """Measure a scenario's expectations on one seed."""

    scenario: Scenario
    seed: int

    @property
    def title(self) -> str:
        """The scenario and the seed, such as "digits (seed 0)"."""
        return f"{self.scenario.name} (seed {self.seed})"

    def work(self, progress: Steps, compiling: Progress | None = None) -> list[Outcome]:
        """Train it and measure each expectation: one outcome for each. Raises InputError on bad input."""
        from nntui_engine.analysis.verify import measure

        return measure(self.scenario, self.seed, progress, compiling)


@dataclass(frozen=True, slots=True)
class Saboteur:
    """Make every swap in a scenario's lanes, from one seed on."""

    scenario: Scenario
    seed: int

    @property
    def title(self) -> str:
        """The scenario's name."""
        return self.scenario.name

    def work(self, progress: Steps, compiling: Progress | None = None) -> Sabotage:
        """Train with each swap and tell which expectations notice. Raises InputError on bad input."""
        from nntui_engine.analysis.sabotage import sabotage

        return sabotage(self.scenario, self.seed, progress, compiling)


def do_jobs(
    jobs: Sequence[Job[T]], at_a_time: int, compiling: Progress, report: Callable[[Job[T], int, int], None]
) -> Iterator[T]:
    """Do every job, at most ``at_a_time`` at once, and yield what comes of them in the order of ``jobs``.

    ``report(job, done, total)`` is called with steps. A worker trains on one thread, since the others keep the other
    cores busy; a run's numbers do not depend on that. Raises InputError on bad input.
    """
    from nntui_engine.compiling.ahead import compile_ahead
    from nntui_engine.warmup import parts_for

    needed = dict.fromkeys(part for job in jobs for part in parts_for(job.scenario))
    compile_ahead(tuple(needed), compiling)
    if min(at_a_time, len(jobs)) <= 1:
        for job in jobs:
            yield job.work(partial(report, job), compiling)
        return
    yield from _do_apart(jobs, min(at_a_time, len(jobs)), report)


def _do_apart(jobs: Sequence[Job[T]], at_a_time: int, report: Callable[[Job[T], int, int], None]) -> Iterator[T]:
    workers: dict[Connection, subprocess.Popen[bytes]] = {}
    at_work: dict[Connection, int] = {}
    found: dict[int, T] = {}
    begun = told = 0
    try:
        for _ in range(at_a_time):
            connection, worker = _start_worker()
            workers[connection] = worker
        idle = list(workers)
        while told < len(jobs):
            while idle and begun < len(jobs):
                connection = idle.pop()
                connection.send(jobs[begun])
                at_work[connection] = begun
                begun += 1
            for ready in wait(list(at_work)):
                connection = cast("Connection", ready)
                number = at_work[connection]
                try:
                    kind, *content = connection.recv()
                except EOFError:
                    raise InputError(f"{jobs[number].title}: the process that verified it has ended") from None
                if kind == "steps":
                    report(jobs[number], *content)
                    continue
                if kind == "input error":
                    raise InputError(*content)
                found[number] = content[0]
                del at_work[connection]
                idle.append(connection)
            while told in found:
                yield found.pop(told)
                told += 1
    finally:
        for connection, worker in workers.items():
            connection.close()
            worker.kill()
            worker.wait()


def _start_worker() -> tuple[Connection, "subprocess.Popen[bytes]"]:
    """A process that verifies what it is sent, in a group of its own: Ctrl-C is for its parent, which ends it."""
    ours, theirs = socket.socketpair()
    paths = [str(Path(nntui.__file__).parents[1]), str(Path(nntui_engine.__file__).parents[1])]
    environment = {
        **os.environ,
        "NUMBA_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([*paths, *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    code = f"from nntui.headless.verifying import work; work({theirs.fileno()})"
    worker = subprocess.Popen(
        [sys.executable, "-P", "-W", "ignore", "-c", code],  # -P: the folder a person is in may hold a re.py
        stdin=subprocess.DEVNULL,
        env=environment,
        pass_fds=[theirs.fileno()],
        process_group=0,
    )
    theirs.close()
    return Connection(ours.detach()), worker


def _end_with_the_other_side(descriptor: int) -> None:
    """Also in the middle of a job, which may take minutes: who was killed ends no worker itself."""
    hung_up = select.poll()
    hung_up.register(descriptor, 0)
    hung_up.poll()
    os._exit(0)


def work(descriptor: int) -> None:
    """A worker's life: take a job, tell how far it is, send what came of it; end when the other side is gone."""
    if hasattr(select, "poll"):
        threading.Thread(target=_end_with_the_other_side, args=(descriptor,), daemon=True).start()
    connection = Connection(descriptor)

    def steps(done: int, total: int) -> None:
        connection.send(("steps", done, total))

    try:
        while True:
            job = connection.recv()
            try:
                connection.send(("done", job.work(steps)))
            except InputError as error:
                connection.send(("input error", str(error)))
    except (EOFError, OSError):
        os._exit(0)
