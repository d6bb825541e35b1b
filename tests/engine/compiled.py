"""Call from Python a kernel that only other kernels call (compiled, it has no Python wrapper of its own)."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import pytest

JIT = not numba.config.DISABLE_JIT
needs_jit = pytest.mark.skipif(not JIT, reason="takes minutes in plain Python, and is about compiled code")


@cache
def compiled(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A compiled function that hands its arguments on to ``kernel``; the kernel itself under NUMBA_DISABLE_JIT=1."""
    if not JIT:
        return kernel
    return numba.njit(lambda *args: kernel(*args))  # type: ignore[no-any-return]
