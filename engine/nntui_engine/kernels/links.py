"""Linked kernels: compiled apart from the training loop, which calls them by their address.

So a network compiles what its own layers need, and no more. All linked kernels take (place, node, piece, first, n):
where the lane stands (``lane_at``), a node of it, the piece under way, and rows first … first + n − 1 of the
mini-batch.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from .compiler import cgutils, intrinsic, numba, types
from .policy import JIT
from .tables import sample_lane

_plain: dict[int, Callable[..., None]] = {}  # in plain Python an address is the function's place here


def address_of(function: Any, dtype: Any) -> int:
    """Where a linked kernel stands in memory, compiled (or loaded) for lanes of ``dtype``; never 0."""
    if not JIT:
        _plain[id(function)] = function
        return id(function)
    arguments = (types.CPointer(numba.typeof(sample_lane(dtype))), *[types.int64] * 4)
    function.compile(arguments)
    compiled = function.overloads[arguments]
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_cfunc_wrapper_name))


@intrinsic
def _call(typing_context: Any, address: Any, lane: Any, node: Any, piece: Any, first: Any, n: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        stored = context.data_model_manager[lane].get_data_type()
        place = cgutils.alloca_once(builder, stored)
        context.pack_value(builder, lane, args[1], place)
        passed = [stored.as_pointer(), *(context.get_value_type(argument) for argument in signature.args[2:])]
        function = ir.FunctionType(context.get_value_type(types.none), passed)
        builder.call(builder.inttoptr(args[0], function.as_pointer()), [place, *args[2:]])
        return context.get_dummy_value()

    return types.void(types.int64, lane, *[types.int64] * 4), generate


@intrinsic
def _lane_at(typing_context: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.unpack_value(builder, signature.return_type, args[0])

    return place.dtype(place), generate


def _plain_call(address: int, lane: Any, node: int, piece: int, first: int, n: int) -> None:
    _plain[int(address)](lane, node, piece, first, n)


def _plain_lane_at(place: Any) -> Any:
    return place


# Calls the linked kernel that stands at an address: that, lane, node, piece, first, n
call_linked: Any = _call if JIT else _plain_call
# The lane that a linked kernel was called with: it is passed by its place, since as numbers it is a hundred of them
lane_at: Any = _lane_at if JIT else _plain_lane_at
