"""Numba's own settings in the environment (``NUMBA_…``): a bad one is one line, before anything is compiled.

Numba itself ignores what it cannot read with a warning, and stops at the first parallel loop for want of threads or of
a threading layer.
"""

import importlib
import os
import re
import warnings

from ..errors import InputError, allowed_names

MOST_THREADS = 1024
_LAYERS = ("tbb", "omp", "workqueue")
_MODULES = {"tbb": "tbbpool", "omp": "omppool", "workqueue": "workqueue"}  # of numba.np.ufunc
_UNREAD = re.compile(r"Environment variable '(\w+)' is defined but its associated value '(.*?)' could not", re.DOTALL)


def import_numba() -> None:
    """Import Numba, unless it was before. Raises InputError that names a variable Numba cannot use, and what it can."""
    _check_threads()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        importlib.import_module("numba")
    for warning in heard:
        unread = _UNREAD.match(str(warning.message))
        if unread is not None:
            raise InputError(f'{unread[1]}: "{unread[2]}" is not allowed; must be {_readable(warning)}')
    _check_layer()


def _readable(warning: warnings.WarningMessage) -> str:
    text = str(warning.message)
    if "NUMBA_OPT" in text:
        return "0, 1, 2, 3 or max"
    return "a whole number" if "literal for int()" in text else "what Numba's documentation says"


def _check_threads() -> None:
    text = os.environ.get("NUMBA_NUM_THREADS")
    if text is not None and not (re.fullmatch(r"\s*\+?\d{1,9}\s*", text) and 1 <= int(text) <= MOST_THREADS):
        raise InputError(f'NUMBA_NUM_THREADS: "{text}" is not allowed; must be a whole number from 1 to {MOST_THREADS}')


def _check_layer() -> None:
    order = os.environ.get("NUMBA_THREADING_LAYER_PRIORITY")
    if order is not None and sorted(order.split()) != sorted(_LAYERS):
        raise InputError(
            f'NUMBA_THREADING_LAYER_PRIORITY: "{order}" is not allowed; must be {", ".join(_LAYERS)} in any order, '
            "with spaces between"
        )
    chosen = os.environ.get("NUMBA_THREADING_LAYER")
    if chosen is None:
        return
    here = [layer for layer in _LAYERS if _is_here(layer)]
    names = ["default", *here, "forksafe"]
    names += ["threadsafe"] if {"tbb", "omp"} & set(here) else []
    names += ["safe"] if "tbb" in here else []
    if chosen not in names:
        why = "is not installed here" if chosen in (*_LAYERS, "safe", "threadsafe") else "is not a threading layer"
        raise InputError(f'NUMBA_THREADING_LAYER: "{chosen}" {why}; {allowed_names(chosen, names)}')


def _is_here(layer: str) -> bool:
    try:
        if layer == "tbb":
            importlib.import_module("numba.np.ufunc.parallel")._check_tbb_version_compatible()
        importlib.import_module(f"numba.np.ufunc.{_MODULES[layer]}")
    except Exception:  # whatever keeps its library from loading
        return False
    return True
