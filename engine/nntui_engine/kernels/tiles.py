"""A matrix product on explicit vectors, for factors that are used again at every step of a sequence.

BLAS packs its factors anew at each call and chooses its blocks for large matrices: at 16×64×256 it reaches half of what
one core can do. Here ``pack`` lays a factor out once, in panels of COLUMNS columns, and ``tile`` keeps a block of the
result in registers over the whole inner dimension. What is left at the edges goes to BLAS.
"""

from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from .blas import gemm
from .compiler import cgutils, intrinsic, make_array, types
from .policy import JIT, leaf_kernel

_WIDE = llvm.get_host_cpu_features().get("avx512f", False)
_VECTORS = 2  # next to each other in a block
_VECTOR_BYTES = 64 if _WIDE else 32
ROWS = 8 if _WIDE else 4  # of a block: its sums fill half the registers
COLUMN_BYTES = _VECTORS * _VECTOR_BYTES
_INT, _WORD = ir.IntType(32), ir.IntType(64)


@intrinsic
def _tile(
    typing_context: Any, k: Any, a: Any, a_at: Any, a_row: Any, a_k: Any, b: Any, b_at: Any, b_k: Any, keep: Any,
    c: Any, c_at: Any, c_row: Any,
) -> Any:  # fmt: skip
    if not (isinstance(a, types.Array) and a.dtype == b.dtype == c.dtype):
        return None
    whole = types.intp

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        k, a, a_at, a_row, a_k, b, b_at, b_k, keep, c, c_at, c_row = args
        size = 4 if signature.args[1].dtype == types.float32 else 8
        real = ir.FloatType() if size == 4 else ir.DoubleType()
        lanes = _VECTOR_BYTES // size
        vector = ir.VectorType(real, lanes)
        multiply_add = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(vector, [vector, vector, vector]),
            f"llvm.fmuladd.v{lanes}f{8 * size}",
        )
        same = ir.Constant(ir.VectorType(_INT, lanes), [0] * lanes)

        def whole_number(value: int) -> Any:
            return ir.Constant(_WORD, value)

        def data(index: int, array: Any, at: Any) -> Any:
            return builder.gep(make_array(signature.args[index])(context, builder, array).data, [at])

        def place(pointer: Any, row: Any, index: int) -> Any:
            at = builder.add(row, whole_number(index * lanes))
            return builder.bitcast(builder.gep(pointer, [at]), vector.as_pointer())

        def everywhere(value: Any) -> Any:
            first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(_INT, 0))
            return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), same)

        left, right, result = data(1, a, a_at), data(5, b, b_at), data(9, c, c_at)
        rows_of_a = [builder.mul(a_row, whole_number(i)) for i in range(ROWS)]
        rows_of_c = [builder.mul(c_row, whole_number(i)) for i in range(ROWS)]
        kept = builder.icmp_signed("!=", keep, whole_number(0))
        places = [(i, j) for i in range(ROWS) for j in range(_VECTORS)]
        starts = [
            builder.select(kept, builder.load(place(result, rows_of_c[i], j), align=size), ir.Constant(vector, None))
            for i, j in places
        ]
        before = builder.block
        loop, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
        builder.cbranch(builder.icmp_signed(">", k, whole_number(0)), loop, after)

        builder.position_at_end(loop)
        turn = builder.phi(_WORD)
        sums = [builder.phi(vector) for _ in places]
        at_a, at_b = builder.mul(turn, a_k), builder.mul(turn, b_k)
        b_now = [builder.load(place(right, at_b, j), align=size) for j in range(_VECTORS)]
        a_now = [everywhere(builder.load(builder.gep(left, [builder.add(at_a, row)]))) for row in rows_of_a]
        more = [builder.call(multiply_add, [a_now[i], b_now[j], s]) for (i, j), s in zip(places, sums, strict=True)]
        following = builder.add(turn, whole_number(1))
        builder.cbranch(builder.icmp_signed("<", following, k), loop, after)
        turn.add_incoming(whole_number(0), before)
        turn.add_incoming(following, loop)
        for s, start, value in zip(sums, starts, more, strict=True):
            s.add_incoming(start, before)
            s.add_incoming(value, loop)

        builder.position_at_end(after)
        for (i, j), start, value in zip(places, starts, more, strict=True):
            total = builder.phi(vector)
            total.add_incoming(start, before)
            total.add_incoming(value, loop)
            starts[i * _VECTORS + j] = total
        for (i, j), total in zip(places, starts, strict=True):
            builder.store(total, place(result, rows_of_c[i], j), align=size)
        return context.get_dummy_value()

    signature = types.void(whole, a, whole, whole, whole, b, whole, whole, whole, c, whole, whole)
    return signature, generate


def _plain_tile(
    k: int, a: Any, a_at: int, a_row: int, a_k: int, b: Any, b_at: int, b_k: int, keep: int, c: Any, c_at: int,
    c_row: int,
) -> None:  # fmt: skip
    columns = COLUMN_BYTES // c.itemsize
    i, j, t = np.arange(ROWS)[:, None], np.arange(columns), np.arange(k)
    product = a[a_at + i * a_row + t * a_k] @ b[b_at + t[:, None] * b_k + j]
    at = c_at + i * c_row + j
    c[at] = c[at] + product if keep else product


# tile(k, a, a_at, a_row, a_k, b, b_at, b_k, keep, c, c_at, c_row): a block of ROWS rows and COLUMN_BYTES of each row of
# c = a·b, or c += a·b with ``keep``; 1-D arrays. Entry (i, t) of a is at a_at + i·a_row + t·a_k, of b (t, j) at
# b_at + t·b_k + j, of c (i, j) at c_at + i·c_row + j.
tile: Any = _tile if JIT else _plain_tile


@intrinsic
def _copy_columns(typing_context: Any, a: Any, a_at: Any, b: Any, b_at: Any) -> Any:
    if not (isinstance(a, types.Array) and a.dtype == b.dtype):
        return None

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        block = ir.VectorType(_INT, COLUMN_BYTES // 4).as_pointer()
        places = [
            builder.bitcast(
                builder.gep(make_array(signature.args[i])(context, builder, args[i]).data, [args[i + 1]]), block
            )
            for i in (0, 2)
        ]
        builder.store(builder.load(places[0], align=4), places[1], align=4)
        return context.get_dummy_value()

    return types.void(a, types.intp, b, types.intp), generate


def _plain_copy_columns(a: Any, a_at: int, b: Any, b_at: int) -> None:
    columns = COLUMN_BYTES // a.itemsize
    b[b_at : b_at + columns] = a[a_at : a_at + columns]


# copy_columns(a, a_at, b, b_at): COLUMN_BYTES of a, from entry a_at on, into b at b_at
copy_columns: Any = _copy_columns if JIT else _plain_copy_columns


@leaf_kernel
def pack(k, columns, b, b_at, b_k, b_column, panels):
    """Lay out b (k, columns), entry (t, j) at b_at + t·b_k + j·b_column, in panels as ``product`` reads them.

    Columns that fill no panel are left out. ``panels`` (at least k·columns).
    """
    wide = COLUMN_BYTES // b.itemsize
    at = 0
    for first in range(0, columns - wide + 1, wide):
        if b_column == 1:
            for t in range(k):
                copy_columns(b, b_at + t * b_k + first, panels, at + t * wide)
        else:
            for j in range(wide):
                start = b_at + (first + j) * b_column
                for t in range(k):
                    panels[at + t * wide + j] = b[start + t * b_k]
        at += k * wide


@leaf_kernel
def product(n, columns, k, a, a_at, a_row, panels, b, b_at, b_row, turn_b, keep, c, c_at, c_row):
    """c = a·b, or c += a·b with ``keep``; 1-D arrays.

    a (n, k) begins at a_at, its rows a_row entries apart; c (n, columns) likewise. b (k, columns), with ``turn_b``
    stored as (columns, k), is given twice: packed, and as it is for what fills no block.
    """
    wide = COLUMN_BYTES // c.itemsize
    rows, full = n // ROWS * ROWS, columns // wide * wide
    for first in range(0, full, wide):
        for row in range(0, rows, ROWS):
            tile(
                k, a, a_at + row * a_row, a_row, 1, panels, first * k, wide, keep, c, c_at + row * c_row + first, c_row
            )
    if rows < n and full > 0:
        gemm(0, turn_b, n - rows, full, k, a, a_at + rows * a_row, a_row, b, b_at, b_row, keep, c, c_at + rows * c_row,
             c_row)  # fmt: skip
    if full < columns:
        at = b_at + full * (b_row if turn_b else 1)
        gemm(0, turn_b, n, columns - full, k, a, a_at, a_row, b, at, b_row, keep, c, c_at + full, c_row)


@leaf_kernel
def turned_sum(parts, m, columns, k, a, a_at, a_part, a_row, b, b_at, b_part, b_row, c, c_at, c_row, panel):
    """c = Σ aᵀ·b over ``parts`` pairs of a (k, m) and b (k, columns), which lie a_part and b_part entries apart.

    c (m, columns); rows of the three are a_row, b_row, c_row entries apart; 1-D arrays. ``panel``: (k + m)·the columns
    of a block. A panel of c is summed up in one place: rows a power of two apart push each other out of the cache.
    """
    wide = COLUMN_BYTES // c.itemsize
    rows, full = m // ROWS * ROWS, columns // wide * wide
    sums = k * wide
    for first in range(0, full, wide):
        for part in range(parts):
            start = b_at + part * b_part + first
            for t in range(k):
                copy_columns(b, start + t * b_row, panel, t * wide)
            for row in range(0, rows, ROWS):
                tile(k, a, a_at + part * a_part + row, 1, a_row, panel, 0, wide, part, panel, sums + row * wide, wide)
        for row in range(rows):
            copy_columns(panel, sums + row * wide, c, c_at + row * c_row + first)
    for part in range(parts):
        at, start = a_at + part * a_part, b_at + part * b_part
        if rows < m and full > 0:
            gemm(1, 0, m - rows, full, k, a, at + rows, a_row, b, start, b_row, part, c, c_at + rows * c_row, c_row)
        if full < columns:
            gemm(1, 0, m, columns - full, k, a, at, a_row, b, start + full, b_row, part, c, c_at + full, c_row)
