"""Linked kernels: compiled apart from the training loop, which calls them by their address.

So a network compiles what its own layers need, and no more. All linked kernels take (lane, node, piece, first, n):
the lane, a node of it, the piece under way, and rows first … first + n − 1 of the mini-batch.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from .compiler import intrinsic, numba, types
from .policy import JIT
from .tables import Lane

_plain: dict[int, Callable[..., None]] = {}  # in plain Python an address is the function's place here


def address_of(function: Any, dtype: Any) -> int:
    """Where a linked kernel stands in memory, compiled (or loaded) for lanes of ``dtype``; never 0."""
    if not JIT:
        _plain[id(function)] = function
        return id(function)
    arguments = (numba.typeof(_sample(dtype)), *[types.int64] * 4)
    function.compile(arguments)
    compiled = function.overloads[arguments]
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_cfunc_wrapper_name))


def _sample(dtype: Any) -> Lane:
    """A lane of the right types."""
    reals, floats, ints = np.zeros(1, dtype), np.zeros(1), np.zeros(1, np.int64)
    table, real_table = np.zeros((1, 1), np.int64), np.zeros((1, 1))
    order = np.zeros(1, np.int32)
    return Lane(reals, reals, order, floats, table, table, table, real_table, real_table, ints, floats)


@intrinsic
def _call(typing_context: Any, address: Any, lane: Any, node: Any, piece: Any, first: Any, n: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        passed = [context.get_value_type(argument) for argument in signature.args[1:]]
        function = ir.FunctionType(context.get_value_type(types.none), passed)
        builder.call(builder.inttoptr(args[0], function.as_pointer()), args[1:])
        return context.get_dummy_value()

    return types.void(types.int64, lane, *[types.int64] * 4), generate


def _plain_call(address: int, lane: Any, node: int, piece: int, first: int, n: int) -> None:
    _plain[int(address)](lane, node, piece, first, n)


# Calls the linked kernel that stands at an address: that, lane, node, piece, first, n
call_linked: Any = _call if JIT else _plain_call
