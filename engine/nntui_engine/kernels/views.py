"""Views into the flat pool, without the cost of a slice and a reshape.

NumPy's way, ``pool[a:b].reshape(r, c)``, makes Numba emit bounds clamping, a general reshape and reference counts for
each view: most of the compiled size of a training step. These build the array header and nothing else. The pool
outlives every view, because the caller of the kernel holds it.
"""

from typing import Any

from .compiler import cgutils, intrinsic, make_array, populate_array, types
from .policy import JIT


def _header(
    context: Any, builder: Any, array_type: Any, pool_type: Any, pool: Any, start: Any, shape: list[Any]
) -> Any:
    """Emit the header of a C-contiguous array of ``shape`` that begins at entry ``start`` of the pool."""
    source = make_array(pool_type)(context, builder, pool)
    view = make_array(array_type)(context, builder)
    itemsize = context.get_abi_sizeof(context.get_data_type(pool_type.dtype))
    size = context.get_constant(types.intp, itemsize)
    strides = [size]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    populate_array(
        view,
        data=builder.gep(source.data, [start]),
        shape=cgutils.pack_array(builder, shape),
        strides=cgutils.pack_array(builder, strides),
        itemsize=size,
        meminfo=None,
        parent=None,
    )
    return view._getvalue()


@intrinsic
def _vector(typing_context: Any, pool: Any, start: Any, size: Any) -> Any:
    result = types.Array(pool.dtype, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _header(context, builder, result, signature.args[0], args[0], args[1], [args[2]])

    return result(pool, types.intp, types.intp), generate


@intrinsic
def _matrix(typing_context: Any, pool: Any, start: Any, rows: Any, columns: Any) -> Any:
    result = types.Array(pool.dtype, 2, "C")

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _header(context, builder, result, signature.args[0], args[0], args[1], [args[2], args[3]])

    return result(pool, types.intp, types.intp, types.intp), generate


def _plain_vector(pool: Any, start: int, size: int) -> Any:
    return pool[start : start + size]


def _plain_matrix(pool: Any, start: int, rows: int, columns: int) -> Any:
    return pool[start : start + rows * columns].reshape(rows, columns)


# vector(pool, start, size): a (size,) view of the flat pool; matrix(pool, start, rows, columns): a (rows, columns) one
vector: Any = _vector if JIT else _plain_vector
matrix: Any = _matrix if JIT else _plain_matrix
