"""Atomic operations on int64 arrays, for threads that share a piece of work inside compiled code.

Loads acquire and stores release: what one thread wrote before a store is seen by a thread that loads the stored value.
In plain Python only one thread ever works, and they are ordinary operations.
"""

import os
from typing import Any

from llvmlite import ir

from .compiler import cgutils, intrinsic, make_array, types
from .policy import JIT

_ALIGN = 8


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    return builder.gep(make_array(array_type)(context, builder, array).data, [index])


@intrinsic
def _load(typing_context: Any, array: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(_address(context, builder, signature.args[0], *args), "acquire", _ALIGN)

    return types.int64(array, types.intp), generate


@intrinsic
def _store(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _address(context, builder, signature.args[0], args[0], args[1])
        builder.store_atomic(args[2], place, "release", _ALIGN)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.int64), generate


@intrinsic
def _add(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _address(context, builder, signature.args[0], args[0], args[1])
        return builder.atomic_rmw("add", place, args[2], "acq_rel")

    return types.int64(array, types.intp, types.int64), generate


@intrinsic
def _replace(typing_context: Any, array: Any, index: Any, expected: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _address(context, builder, signature.args[0], args[0], args[1])
        pair = builder.cmpxchg(place, args[2], args[3], "acq_rel", "acquire")
        return builder.extract_value(pair, 1)

    return types.boolean(array, types.intp, types.int64, types.int64), generate


@intrinsic
def _yield(typing_context: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if os.name == "posix":
            function = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(ir.IntType(32), []), "sched_yield"
            )
            builder.call(function, [])
        return context.get_dummy_value()

    return types.void(), generate


def _plain_load(array: Any, index: int) -> int:
    return int(array[index])


def _plain_store(array: Any, index: int, value: int) -> None:
    array[index] = value


def _plain_add(array: Any, index: int, value: int) -> int:
    before = int(array[index])
    array[index] = before + value
    return before


def _plain_replace(array: Any, index: int, expected: int, value: int) -> bool:
    if array[index] != expected:
        return False
    array[index] = value
    return True


def _plain_yield() -> None: ...


# load(array, index); store(array, index, value); add(array, index, value): the value before;
# replace(array, index, expected, value): whether it was as expected; give_way(): let another thread run
load: Any = _load if JIT else _plain_load
store: Any = _store if JIT else _plain_store
add: Any = _add if JIT else _plain_add
replace: Any = _replace if JIT else _plain_replace
give_way: Any = _yield if JIT else _plain_yield
