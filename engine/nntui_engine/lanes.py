"""What experiments and races share about their lanes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import InputError
from .registry import allowed_names

_LAUNCH = threading.Lock()


@contextmanager
def launching() -> Iterator[None]:
    """Hold while a kernel runs: two threads that launch parallel kernels at once can kill the process with Numba's
    simplest threading layer."""
    with _LAUNCH:
        yield


def named_lanes(names: list[str], lane: str | None) -> list[str]:
    """``[lane]``, or all ``names`` for None; InputError if there is no lane of that name."""
    if lane is None:
        return names
    if lane not in names:
        raise InputError(f'unknown lane "{lane}"; {allowed_names(lane, names)}')
    return [lane]


def shown(value: object) -> str:
    """A setting's value as a person would write it."""
    return f"{value:g}" if isinstance(value, float) else str(value)
