"""Verifying many scenarios: one after another in this process, or several at once in worker processes."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import cast

import nntui
import nntui_engine
from nntui_engine.errors import InputError
from nntui_engine.scenario import Scenario
from nntui_engine.verify import Outcome

from .output import Progress


@dataclass(frozen=True, slots=True)
class Run:
    """One scenario with one seed."""

    scenario: Scenario
    seed: int

    @property
    def title(self) -> str:
        return f"{self.scenario.name} (seed {self.seed})"


Report = Callable[[Run, int, int], None]


def verify_runs(
    runs: Sequence[Run], jobs: int, compiling: Progress, report: Report
) -> Iterator[tuple[Run, list[Outcome]]]:
    """Verify every run, at most ``jobs`` at a time, and yield the outcomes in the order of ``runs``.

    ``report(run, done, total)`` is called with steps. A worker trains on one thread, since the others keep the other
    cores busy; a run's numbers do not depend on that. Raises InputError on bad input.
    """
    from nntui_engine.compile_ahead import compile_ahead
    from nntui_engine.warmup import parts_for

    needed = dict.fromkeys(part for run in runs for part in parts_for(run.scenario))
    compile_ahead(tuple(needed), compiling)
    if min(jobs, len(runs)) <= 1:
        from nntui_engine.verify import verify

        for run in runs:
            yield run, verify(run.scenario, run.seed, partial(report, run), compiling)
        return
    yield from _verify_apart(runs, min(jobs, len(runs)), report)


def _verify_apart(runs: Sequence[Run], jobs: int, report: Report) -> Iterator[tuple[Run, list[Outcome]]]:
    workers: dict[Connection, subprocess.Popen[bytes]] = {}
    at_work: dict[Connection, int] = {}
    found: dict[int, list[Outcome]] = {}
    begun = told = 0
    try:
        for _ in range(jobs):
            connection, worker = _start_worker()
            workers[connection] = worker
        idle = list(workers)
        while told < len(runs):
            while idle and begun < len(runs):
                connection = idle.pop()
                connection.send((runs[begun].scenario, runs[begun].seed))
                at_work[connection] = begun
                begun += 1
            for ready in wait(list(at_work)):
                connection = cast("Connection", ready)
                number = at_work[connection]
                try:
                    kind, *content = connection.recv()
                except EOFError:
                    raise InputError(f"{runs[number].title}: the process that verified it has ended") from None
                if kind == "steps":
                    report(runs[number], *content)
                    continue
                if kind == "input error":
                    raise InputError(*content)
                found[number] = content[0]
                del at_work[connection]
                idle.append(connection)
            while told in found:
                yield runs[told], found.pop(told)
                told += 1
    finally:
        for connection, worker in workers.items():
            connection.close()
            worker.kill()


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
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        env=environment,
        pass_fds=[theirs.fileno()],
        process_group=0,
    )
    theirs.close()
    return Connection(ours.detach()), worker


def work(descriptor: int) -> None:
    """A worker's life: take a run, tell how far it is, send its outcomes; end when the other side is gone."""
    from nntui_engine.verify import verify

    connection = Connection(descriptor)

    def steps(done: int, total: int) -> None:
        connection.send(("steps", done, total))

    try:
        while True:
            scenario, seed = connection.recv()
            try:
                connection.send(("outcomes", verify(scenario, seed, steps)))
            except InputError as error:
                connection.send(("input error", str(error)))
    except (EOFError, OSError):
        os._exit(0)
