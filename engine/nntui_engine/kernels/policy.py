"""How every kernel is compiled, cached and threaded, in one place.

* ``nogil``: a screen keeps drawing while a kernel runs.
* ``fastmath`` lets sums be reordered and products fused, but keeps NaN and Inf checks alive
  (the full flag would let the compiler assume that neither exists).
* ``error_model="numpy"``: a division by zero gives Inf or NaN, which are results here.
* The cache folder carries a stamp of every kernel's source: Numba itself does not notice a change in a function
  that lives in another file. A damaged cache entry counts as missing and is written anew.
* The BLAS that ``np.dot`` calls inside kernels stays on one thread; lanes are what runs in parallel.
"""

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba import njit
from numba.core.caching import FunctionCache

from .cache import cache_folder

Function = TypeVar("Function", bound=Callable[..., Any])

JIT = not numba.config.DISABLE_JIT
_REORDER = {"contract", "reassoc", "nsz"}
_EXACT_ORDER = {"contract"}


def single_threaded_blas() -> None:
    """Load SciPy's BLAS with one thread (it reads the variable when it is loaded)."""
    if "scipy.linalg" in sys.modules:
        from threadpoolctl import ThreadpoolController

        ThreadpoolController().limit(limits=1, user_api="blas")
        return
    name = "OPENBLAS_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        import scipy.linalg.cython_blas
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


class _ForgivingCache(FunctionCache):
    """Numba's cache on disk, where an unreadable entry is a missing one and a full disk is no error."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:
            self._discard()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except Exception:
            self._discard()

    def _discard(self) -> None:
        try:
            self.flush()
        except Exception:
            return


def _cached(dispatcher: Any) -> Any:
    folder = cache_folder() if JIT else None
    if folder is None:
        return dispatcher
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        dispatcher._cache = _ForgivingCache(dispatcher.py_func)
    except RuntimeError:  # no place to write to: compile in memory
        return dispatcher
    finally:
        numba.config.CACHE_DIR = before
    return dispatcher


# Compiled code calls an inner kernel directly: without the two wrappers that let Python and C call it, LLVM has
# half as much to do (see `entry_kernel`).
_INNER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: Function) -> Function:
    """Compile a serial kernel that other kernels call; sums inside may be reordered, the same way every time."""
    return _cached(njit(nogil=True, fastmath=_REORDER, error_model="numpy", **_INNER)(function))  # type: ignore[no-any-return]


def exact_kernel(function: Function) -> Function:
    """Compile a serial kernel that other kernels call, whose additions stay in the order written."""
    return _cached(njit(nogil=True, fastmath=_EXACT_ORDER, error_model="numpy", **_INNER)(function))  # type: ignore[no-any-return]


def inlined_kernel(function: Function) -> Function:
    """A short part of a larger kernel, copied into its caller before compilation: the caller's callees are then
    optimised once less."""
    return njit(inline="always", nogil=True, fastmath=_REORDER, error_model="numpy")(function)  # type: ignore[no-any-return]


def entry_kernel(function: Function) -> Function:
    """Compile a serial kernel that Python calls."""
    return _cached(  # type: ignore[no-any-return]
        njit(nogil=True, fastmath=_REORDER, error_model="numpy", no_cfunc_wrapper=True)(function)
    )


def parallel_kernel(function: Function) -> Function:
    """Compile a kernel with ``prange`` loops, which Python calls. No scalar is ever summed across iterations."""
    return _cached(  # type: ignore[no-any-return]
        njit(nogil=True, parallel=True, fastmath=_REORDER, error_model="numpy", no_cfunc_wrapper=True)(function)
    )


single_threaded_blas()
if not JIT:
    import numpy

    numpy.seterr(all="ignore")  # plain Python then behaves as the compiled code: wrap, Inf and NaN without a word
