"""How every kernel is compiled, cached and threaded, in one place.

* ``nogil``: a screen keeps drawing while a kernel runs.
* ``fastmath`` lets sums be reordered and products fused, but keeps NaN and Inf checks alive
  (the full flag would let the compiler assume that neither exists).
* ``error_model="numpy"``: a division by zero gives Inf or NaN, which are results here.
* The cache folder carries a stamp of every kernel's source: Numba itself does not notice a change in a function
  that lives in another file. Its files are sealed (``sealed_cache.py``); a damaged one counts as missing.
* The BLAS that kernels call stays on one thread; what runs in parallel is lanes, and pieces of a step (``team.py``).
"""

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from .cache import cache_folder
from .compiler import numba, types
from .sealed_cache import SealedCache

Function = TypeVar("Function", bound=Callable[..., Any])

_config: Any = numba.config
JIT = not _config.DISABLE_JIT
_REORDER = {"contract", "reassoc", "nsz"}
_EXACT_ORDER = {"contract"}
# Compiled code calls an inner kernel directly; it needs none of the wrappers that let Python and C call it
_INNER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_LINKED: dict[str, Any] = {"no_cpython_wrapper": True}
inner_kernels: set[str] = set()  # the names of kernels that only kernels call


def single_threaded_blas() -> None:
    """Load SciPy's BLAS with one thread: it reads the variable when it is loaded. NumPy's own BLAS is left alone."""
    name = "OPENBLAS_NUM_THREADS"
    loaded_before = "scipy.linalg" in sys.modules
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        importlib.import_module("scipy.linalg.cython_blas")
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
    if loaded_before:
        from threadpoolctl import ThreadpoolController

        for library in ThreadpoolController().lib_controllers:
            if library.internal_api == "openblas" and "scipy" in Path(library.filepath).parent.name:
                library.set_num_threads(1)


def _with_cache(dispatcher: Any) -> Any:
    folder = cache_folder() if JIT else None
    if folder is None:
        return dispatcher
    before = _config.CACHE_DIR
    _config.CACHE_DIR = str(folder)
    try:
        dispatcher._cache = SealedCache(dispatcher.py_func, folder, inner_kernels)
    except RuntimeError:  # no place to write to: compile in memory
        return dispatcher
    finally:
        _config.CACHE_DIR = before
    return dispatcher


def _compiled(function: Function, fastmath: set[str] = _REORDER, cached: bool = True, **options: Any) -> Function:
    jit: Any = numba.njit  # some of these options are missing from its type
    dispatcher: Any = jit(nogil=True, fastmath=fastmath, error_model="numpy", _nrt=False, **options)(function)
    if JIT:
        _one_version(dispatcher)
        if options == _INNER:
            inner_kernels.add(function.__name__)
    return _with_cache(dispatcher) if cached else dispatcher  # type: ignore[no-any-return]


def _one_version(dispatcher: Any) -> None:
    """Let a call with a constant use the version for any number: Numba would compile one for each constant."""
    template = dispatcher.get_call_template
    dispatcher.get_call_template = lambda args, kws: template(tuple(map(types.unliteral, args)), kws)


def kernel(function: Function) -> Function:
    """Compile a serial kernel that other kernels call; sums inside may be reordered, the same way every time."""
    return _compiled(function, **_INNER)


def leaf_kernel(function: Function) -> Function:
    """Compile a serial kernel that stays a function of its own: copied into a large caller, its loop over an array may
    not be vectorised any more (measured: 1 ns an entry in place of 0.05)."""
    return _apart(kernel(function))  # type: ignore[no-any-return]


def exact_leaf_kernel(function: Function) -> Function:
    """A ``leaf_kernel`` whose additions stay in the order written."""
    return _apart(exact_kernel(function))  # type: ignore[no-any-return]


def _apart(dispatcher: Any) -> Any:
    if JIT:
        template = dispatcher.get_call_template

        def get_call_template(args: Any, kws: Any) -> Any:
            found = template(args, kws)
            for compiled in dispatcher.overloads.values():
                _never_inline(compiled)
            return found

        dispatcher.get_call_template = get_call_template
    return dispatcher


def _never_inline(compiled: Any) -> None:
    library = compiled.library
    for module in (library._final_module, library._shared_module):
        if module is not None:
            for function in module.functions:
                if function.name == compiled.fndesc.llvm_func_name and not function.is_declaration:
                    function.add_function_attribute("noinline")


def exact_kernel(function: Function) -> Function:
    """Compile a serial kernel that other kernels call, whose additions stay in the order written."""
    return _compiled(function, _EXACT_ORDER, **_INNER)


def inlined_kernel(function: Function) -> Function:
    """Copy a short part of a larger kernel into its caller before compilation.

    A callee is optimised again in every caller above it, so each level less saves seconds of cold compilation.
    """
    return _compiled(function, cached=False, inline="always")


def entry_kernel(function: Function) -> Function:
    """Compile a serial kernel that Python calls."""
    return _compiled(function, no_cfunc_wrapper=True)


def linked_kernel(function: Function) -> Function:
    """Compile a serial kernel that others call by its address (``links.py``).

    Its name is made its own: what is compiled ahead is told from inner kernels by its name, and every kind has a
    ``forward`` and a ``backward``.
    """
    function.__name__ = function.__qualname__ = f"linked_{function.__module__.rpartition('.')[2]}_{function.__name__}"
    return _compiled(function, **_LINKED)


def parallel_kernel(function: Function) -> Function:
    """Compile a kernel with a ``prange`` loop, which Python calls. No scalar is ever summed across iterations.

    For loops of tiny steps, as a race's, which come out three times as fast this way as shared by ``team.py``.
    """
    return _compiled(function, no_cfunc_wrapper=True, parallel=True)


def threads() -> int:
    """How many threads may compute: NUMBA_NUM_THREADS, else one for each core that this process may use."""
    return int(_config.NUMBA_NUM_THREADS)


single_threaded_blas()
if not JIT:
    import numpy

    numpy.seterr(all="ignore")  # plain Python then behaves as the compiled code: wrap, Inf and NaN without a word
