"""The BLAS matrix product on parts of arrays: what ``np.dot`` calls inside kernels, with leading dimensions.

Numba looks the function up in SciPy's BLAS; it releases nothing and allocates nothing.
"""

from typing import Any

import numpy as np
from llvmlite import ir

from .compiler import cgutils, intrinsic, make_array, types
from .policy import JIT

_BYTE, _WORD, _POINTER = ir.IntType(8), ir.IntType(64), ir.IntType(8).as_pointer()
_SIGNATURE = ir.FunctionType(
    ir.IntType(32),
    [_BYTE, _BYTE, _BYTE, _WORD, _WORD, _WORD, _POINTER, _POINTER, _WORD, _POINTER, _WORD, _POINTER, _POINTER, _WORD],
)


def _constant(builder: Any, kind: Any, value: float) -> Any:
    place = cgutils.alloca_once_value(builder, ir.Constant(kind, value))
    return builder.bitcast(place, _POINTER)


@intrinsic
def _gemm(
    typing_context: Any, turn_a: Any, turn_b: Any, m: Any, n: Any, k: Any, a: Any, a_at: Any, lda: Any, b: Any,
    b_at: Any, ldb: Any, keep: Any, c: Any, c_at: Any, ldc: Any,
) -> Any:  # fmt: skip
    if not (isinstance(a, types.Array) and a.dtype == b.dtype == c.dtype):
        return None
    whole = types.intp

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        turn_a, turn_b, m, n, k, a, a_at, lda, b, b_at, ldb, keep, c, c_at, ldc = args
        real = ir.FloatType() if signature.args[5].dtype == types.float32 else ir.DoubleType()

        def place(index: int, array: Any, at: Any) -> Any:
            data = make_array(signature.args[index])(context, builder, array).data
            return builder.bitcast(builder.gep(data, [at]), _POINTER)

        def flag(turn: Any) -> Any:
            return builder.select(
                builder.icmp_signed("!=", turn, ir.Constant(_WORD, 0)),
                ir.Constant(_BYTE, ord("t")),
                ir.Constant(_BYTE, ord("n")),
            )

        one, zero = _constant(builder, real, 1.0), _constant(builder, real, 0.0)
        beta = builder.select(builder.icmp_signed("!=", keep, ir.Constant(_WORD, 0)), one, zero)
        function = cgutils.get_or_insert_function(builder.module, _SIGNATURE, "numba_xxgemm")
        letter = ir.Constant(_BYTE, ord("s" if isinstance(real, ir.FloatType) else "d"))
        # BLAS stores columns: the transposed product, with its factors swapped, is ours by rows
        builder.call(
            function,
            [letter, flag(turn_b), flag(turn_a), n, m, k, one, place(8, b, b_at), ldb, place(5, a, a_at), lda, beta,
             place(12, c, c_at), ldc],
        )  # fmt: skip
        return context.get_dummy_value()

    signature = types.void(whole, whole, whole, whole, whole, a, whole, whole, b, whole, whole, whole, c, whole, whole)
    return signature, generate


def _plain_gemm(
    turn_a: int, turn_b: int, m: int, n: int, k: int, a: Any, a_at: int, lda: int, b: Any, b_at: int, ldb: int,
    keep: int, c: Any, c_at: int, ldc: int,
) -> None:  # fmt: skip
    def part(array: Any, at: int, rows: int, columns: int, step: int) -> Any:
        flat = array.reshape(-1)[at:]
        strides = (step * flat.itemsize, flat.itemsize)
        return np.lib.stride_tricks.as_strided(flat, (rows, columns), strides)

    left = part(a, a_at, k, m, lda).T if turn_a else part(a, a_at, m, k, lda)
    right = part(b, b_at, n, k, ldb).T if turn_b else part(b, b_at, k, n, ldb)
    out = part(c, c_at, m, n, ldc)
    product = left @ right
    out[:] = out + product if keep else product


# gemm(turn_a, turn_b, m, n, k, a, a_at, lda, b, b_at, ldb, keep, c, c_at, ldc): c = a·b, or c += a·b with ``keep``.
# a (m, k) begins at entry a_at of a C-contiguous array, its rows lda entries apart; with turn_a it is stored as (k, m).
gemm: Any = _gemm if JIT else _plain_gemm
