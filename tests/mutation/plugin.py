"""A pytest plugin: how long each test took, or only the tests asked for, in the order asked for, within their time."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


class Times:
    """Seconds of every test that passed, written to the file that MUTATION_TIMES names."""

    def __init__(self, path: str) -> None:
        self._path, self._seconds, self._bad = Path(path), {}, set()  # type: ignore[var-annotated]

    def pytest_runtest_logreport(self, report: Any) -> None:
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0.0) + report.duration
        if not report.passed:
            self._bad.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        good = {test: round(s, 4) for test, s in self._seconds.items() if test not in self._bad}
        self._path.write_text(json.dumps(good, indent=0), encoding="utf-8")


class Only:
    """Runs the tests in ``wanted`` (name → usual seconds), one after another.

    A test that takes far longer than usual is stopped by a signal, and the process with it: processor time is what
    counts on a busy machine, and the clock where it waits for what never comes.
    """

    def __init__(self, wanted: dict[str, float]) -> None:
        self._wanted = wanted
        self._rank = {test: i for i, test in enumerate(wanted)}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self._rank), key=lambda item: self._rank[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[Any]:
        usual = self._wanted[item.nodeid]
        signal.setitimer(signal.ITIMER_PROF, 5.0 + 10.0 * usual)
        signal.setitimer(signal.ITIMER_REAL, 30.0 + 20.0 * usual)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
            signal.setitimer(signal.ITIMER_REAL, 0.0)


def pytest_configure(config: Any) -> None:
    path = os.environ.get("MUTATION_TIMES")
    if path:
        config.pluginmanager.register(Times(path))
