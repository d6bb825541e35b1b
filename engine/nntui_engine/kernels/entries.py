"""The kernels that Python calls to train a network, and to ask it for answers."""

from typing import Any

from .compiler import numba, types
from .policy import JIT
from .predict import predict_lane
from .tables import sample_tables, sample_written
from .train import train_lanes


def compile_entries(dtype: Any) -> None:
    """Compile (or load) both for lanes of ``dtype``, and run nothing."""
    if not JIT:
        return
    tables, written = numba.typeof(sample_tables(dtype)), numba.typeof(sample_written())
    entries: tuple[tuple[Any, tuple[Any, ...]], ...] = (
        (train_lanes, (types.int64, tables, written)),
        (
            predict_lane,
            (types.Array(numba.typeof(dtype.type(0)), 2, "C"), types.int64, tables, types.int64, types.float64[:, ::1]),
        ),
    )
    for function, arguments in entries:
        function.compile(arguments)
