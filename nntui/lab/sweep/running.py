"""A sweep that goes on in a thread while somebody watches: cells come in, processes come and go."""

import threading
import time
from dataclasses import dataclass, field

from nntui.lab.warming import Warming
from nntui.sweep.crew import Crew, needed_parts, work
from nntui.sweep.results import Results
from nntui.sweep.search import is_complete, waves
from nntui_engine.errors import InputError

ENDING_SECONDS = 5.0


@dataclass(slots=True)
class Worker:
    """What one process has done: ``seconds`` of work, ``last`` when it told of it."""

    name: str
    cells: int = 0
    seconds: float = 0.0
    last: float = field(default_factory=time.monotonic)


class SweepRun:
    """Has a crew do what is missing in ``results``; all but :meth:`start` and :meth:`stop` may be read at
    any time. ``progress`` is that of the compiler: (done, total, words)."""

    def __init__(self, results: Results, crew: Crew) -> None:
        self.results, self._crew = results, crew
        self.workers: dict[str, Worker] = {}
        self.lost = 0
        self.progress = (0, 0, "")
        self.error = ""
        self.running = False
        self.began_with = len(results.found)
        self.begun = self.ended = 0.0
        self._complete = is_complete(results)
        self._stopped = False
        self._warming: Warming | None = None
        self._thread = threading.Thread(target=self._main, name="nntui-sweep", daemon=True)

    @property
    def finished(self) -> bool:
        """Whether every cell has ended."""
        return self._complete

    @property
    def rate(self) -> float:
        """Cells a second since the first batch was handed out, 0.0 before."""
        done = len(self.results.found) - self.began_with
        seconds = (self.ended or time.monotonic()) - self.begun if self.begun else 0.0
        return done / seconds if seconds > 0 and done else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At that rate; None while it is not known."""
        left = self.results.plan.wanted - len(self.results.found)
        return left / self.rate if self.rate else None

    def start(self) -> None:
        """Begins, unless nothing is missing."""
        if not self.finished:
            self.running = True
            self._thread.start()

    def wait(self) -> None:
        """Returns when nothing goes on any more."""
        if self._thread.ident is not None:
            self._thread.join()

    def stop(self) -> None:
        """Ends it with all cells kept that have ended; waits for its processes to be gone."""
        self._stopped = True
        if self._warming is not None:
            self._warming.stop()
        if self._thread.is_alive():
            self._thread.join(ENDING_SECONDS)

    def _main(self) -> None:
        try:
            self._work()
        except InputError as error:
            self.error = str(error)
        except Exception as error:  # a dead thread must be seen
            self.error = f"{type(error).__name__}: {error}"
        finally:
            self.ended, self.running = time.monotonic(), False

    def _work(self) -> None:
        plan = self.results.plan
        self.progress = (0, 0, "looking at the cells")
        self._warming = Warming(needed_parts(plan))
        if self._stopped:
            return
        self._warming.run(self._tell)
        self.progress = (0, 0, "")
        self.begun = time.monotonic()
        stopped = lambda: self._stopped  # noqa: E731
        for done in work(plan, waves(self.results), self._crew, self._note_lost, stopped=stopped):
            self.results.add(done.results)
            worker = self.workers.setdefault(done.worker, Worker(done.worker))
            worker.cells += len(done.results)
            worker.seconds += done.seconds
            worker.last = time.monotonic()
        self._complete = not self._stopped

    def _tell(self, done: int, total: int, words: str) -> None:
        self.progress = (done, total, words)

    def _note_lost(self, batches: int) -> None:
        self.lost += batches
