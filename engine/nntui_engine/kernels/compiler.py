"""The parts of Numba that kernels are made with, imported here alone: after a look at its settings."""

from .numba_settings import import_numba

import_numba()

import numba  # noqa: E402
from numba import prange, types  # noqa: E402
from numba.core import cgutils  # noqa: E402
from numba.core.caching import FunctionCache, IndexDataCacheFile  # noqa: E402
from numba.extending import intrinsic  # noqa: E402
from numba.np.arrayobj import make_array, populate_array  # noqa: E402

__all__ = [
    "FunctionCache",
    "IndexDataCacheFile",
    "cgutils",
    "intrinsic",
    "make_array",
    "numba",
    "populate_array",
    "prange",
    "types",
]
