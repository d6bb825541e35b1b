"""Reading one array and writing another, with the promise that they do not overlap.

Without it a loop that reads from computed places is not vectorised: each write might change what is read next. The
promise holds between ``read_apart`` and ``write_apart`` in one function, whatever arrays they are given.
"""

from typing import Any

from .compiler import intrinsic, make_array, types
from .policy import JIT


def _scopes(builder: Any) -> Any:
    """The LLVM metadata that names what is read."""
    module = builder.module
    domain = module.add_metadata(["nntui apart"])
    return module.add_metadata([module.add_metadata(["what is read", domain])])


def _place(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    return builder.gep(make_array(array_type)(context, builder, array).data, [index])


@intrinsic
def _read(typing_context: Any, array: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(_place(context, builder, signature.args[0], *args))
        value.set_metadata("alias.scope", _scopes(builder))
        return value

    return array.dtype(array, types.intp), generate


@intrinsic
def _write(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        stored = builder.store(args[2], _place(context, builder, signature.args[0], *args[:2]))
        stored.set_metadata("noalias", _scopes(builder))
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), generate


def _plain_read(array: Any, index: int) -> Any:
    return array[index]


def _plain_write(array: Any, index: int, value: Any) -> None:
    array[index] = value


# read_apart(array, index) of a C-contiguous (n,) array; write_apart(array, index, value); no index from the end
read_apart: Any = _read if JIT else _plain_read
write_apart: Any = _write if JIT else _plain_write
