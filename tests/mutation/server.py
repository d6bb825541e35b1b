"""Runs tests on request, each time in a fork of a process that has imported everything but the product.

A request is a line of JSON on standard input, ``{"tests": {name: seconds}}``; the answer is a line with the outcome:
"survived", "killed", "timeout", or "nothing ran".
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import sys

import pytest
from mutation.plugin import Only

MEMORY = 4 << 30  # bytes: a mutant may ask for any number of rows
HEAVY = (
    *("numba", "numpy", "scipy.linalg", "sklearn.datasets", "sklearn.model_selection", "sklearn.decomposition"),
    *("textual.app", "textual.widgets", "rich.console", "rich.markdown", "plotext", "click", "msgspec", "platformdirs"),
    *(
        "hypothesis",
        "hypothesis.strategies",
        "pytest_asyncio",
        "pexpect",
        "pyte",
        "jsonschema",
        "xml.etree.ElementTree",
    ),
)


def _run(tests: dict[str, float]) -> int:
    """In the fork: the exit status of pytest."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:cov", "--hypothesis-seed=0"]
    return int(pytest.main([*options, *files], plugins=[Only(tests)]))


def outcome(tests: dict[str, float]) -> str:
    child = os.fork()
    if child == 0:
        status = 3
        try:
            status = _run(tests)
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what its tests started
    if os.WIFSIGNALED(ended):
        return "timeout" if os.WTERMSIG(ended) in (signal.SIGPROF, signal.SIGALRM) else "killed"
    status = os.WEXITSTATUS(ended)
    return {0: "survived", 5: "nothing ran"}.get(status, "killed")


def main() -> None:
    for name in HEAVY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    print("ready", flush=True)
    for line in sys.stdin:
        print(outcome(json.loads(line)["tests"]), flush=True)


if __name__ == "__main__":
    main()
