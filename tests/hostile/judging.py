"""What every hostile input must lead to: a result, or one line that says what is wrong, soon."""

import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from pseudo_terminal import allowed

from nntui import cli
from nntui_engine.errors import LONGEST_MESSAGE, InputError

CORPUS = Path(__file__).parent / "corpus"
EXAMPLES = 300  # of all kinds together, unless HOSTILE_EXAMPLES says otherwise
SECONDS = 10.0  # of processor time for one input, where coverage is measured, too
SMALL_ARRAY, SMALL_RUN = 1_000_000, 500_000_000  # the limits, lowered so that what just fits costs little


def examples(share: float) -> settings:
    """Settings for a kind that takes this share of the examples: the same ones every time, or, with
    HOSTILE_EXAMPLES=100000 in the environment, so many new ones."""
    asked = os.environ.get("HOSTILE_EXAMPLES")
    return settings(
        max_examples=max(1, round(share * int(asked or EXAMPLES))),
        derandomize=asked is None,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def check_line(line: str) -> None:
    """One line that can be printed, of a bounded length, that says something."""
    assert line.isprintable(), line
    assert 0 < len(line.strip()) <= LONGEST_MESSAGE + len("nntui: "), line


@contextmanager
def soon(seconds: float = SECONDS) -> Iterator[None]:
    start = time.process_time()
    yield
    took = time.process_time() - start
    assert took < seconds or took < allowed(seconds), f"{took:.1f} s"


def refusal(work: Callable[[], object]) -> str | None:
    """The line that ``work`` is refused with; None if it is not. Anything but an InputError is the test's failure."""
    try:
        with soon():
            work()
    except InputError as error:
        check_line(str(error))
        return str(error)
    return None


def run_command(*arguments: str, within: float = SECONDS) -> tuple[int, str, str]:
    """(exit status, standard output, standard error) of nntui in this process, after checking what is promised."""
    out, err = io.StringIO(), io.StringIO()
    with soon(within), redirect_stdout(out), redirect_stderr(err):
        status = cli.run(list(arguments))
    assert status in (0, 2), (status, err.getvalue())
    lines = err.getvalue().splitlines()
    if status == 2:
        assert len(lines) == 1 or not set(arguments) - {"--"} or arguments[0] == "validate", (
            lines
        )  # nntui alone prints its help
        for line in lines:
            assert line.startswith("nntui: "), line
            check_line(line)
    else:
        assert not lines, lines
    return status, out.getvalue(), err.getvalue()
