"""Verifying many scenarios: one after another in this process, or several at once in worker processes."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, cast

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
    context = multiprocessing.get_context("spawn")
    workers: dict[Connection, Any] = {}
    at_work: dict[Connection, int] = {}
    found: dict[int, list[Outcome]] = {}
    begun = told = 0
    try:
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            worker = context.Process(target=_work, args=(theirs,), daemon=True)
            worker.start()
            theirs.close()
            workers[ours] = worker
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
            worker.terminate()


def _work(connection: Connection) -> None:
    """A worker's life: take a run, tell how far it is, send its outcomes; end when the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal; the first one ends us
    os.environ["NUMBA_NUM_THREADS"] = "1"
    from nntui_engine.verify import verify

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
