"""A tile of a sum of products kept in registers: what convolution needs and BLAS cannot do without copies.

The rows of its left factor may overlap and begin anywhere, as the patches of a picture do, so that nothing is gathered
first; and the loop over the sum turns on two levels, as over lines and columns.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import binding, ir

from .compiler import cgutils, intrinsic, make_array, types
from .policy import JIT

LANES = 16  # entries of the right factor side by side
ROWS = 8  # of the left factor in one tile
_WORD, _BIT, _LANE = ir.IntType(64), ir.IntType(1), ir.IntType(32)


def _registers() -> tuple[int, int]:
    """(how many vector registers this machine has, how many bytes in each)."""
    features = binding.get_host_cpu_features() if JIT else {}
    if features.get("avx512f"):
        return 32, 64
    return (16, 32) if features.get("avx") else (32, 16)


def _rows_at_once(vectors: int, itemsize: int) -> int:
    """Rows whose sums stay in registers together, with some left for the factors."""
    count, size = _registers()
    each = vectors * -(-LANES * itemsize // size)
    return max(r for r in (1, 2, 4, 8) if r == 1 or r * each <= count * 3 // 4)


class _Emitter:
    """Writes a tile's code: the words of the call by name, the arrays' addresses, vectors in and out of them."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any, names: Sequence[str]) -> None:
        self.builder = builder
        self.word = dict(zip(names, args, strict=True))
        self.data = {
            name: make_array(kind)(context, builder, value).data
            for name, kind, value in zip(names, signature.args, args, strict=True)
            if isinstance(kind, types.Array)
        }
        self.single = signature.args[0].dtype == types.float32
        self.itemsize = 4 if self.single else 8
        self.scalar = ir.FloatType() if self.single else ir.DoubleType()
        self.vector = ir.VectorType(self.scalar, LANES)
        self.mask_type = ir.VectorType(_BIT, LANES)

    def whole(self, value: int) -> Any:
        return ir.Constant(_WORD, value)

    def place(self, name: str, at: Any) -> Any:
        return self.builder.gep(self.data[name], [at])

    def vector_at(self, pointer: Any, number: int) -> Any:
        moved = self.builder.gep(pointer, [self.whole(number * LANES)])
        return self.builder.bitcast(moved, self.vector.as_pointer())

    def spread(self, value: Any, vector: Any) -> Any:
        """``value`` in every lane of a vector of ``vector``'s type."""
        first = self.builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(_LANE, 0))
        zeros = ir.Constant(ir.VectorType(_LANE, LANES), [0] * LANES)
        return self.builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)

    def masks(self, vectors: int) -> list[Any]:
        """For each vector, which of its lanes are among the first ``lanes``."""
        numbers = ir.VectorType(_WORD, LANES)
        limit = self.spread(self.word["lanes"], numbers)
        return [
            self.builder.icmp_signed("<", ir.Constant(numbers, [v * LANES + i for i in range(LANES)]), limit)
            for v in range(vectors)
        ]

    def _masked(self, what: str, result: Any, types_: list[Any]) -> Any:
        name = f"llvm.masked.{what}.v{LANES}f{8 * self.itemsize}.p0"
        return cgutils.get_or_insert_function(self.builder.module, ir.FunctionType(result, types_), name)

    def load(self, pointer: Any, mask: Any) -> Any:
        kinds = [self.vector.as_pointer(), _LANE, self.mask_type, self.vector]
        align, other = ir.Constant(_LANE, self.itemsize), ir.Constant(self.vector, [0.0] * LANES)
        return self.builder.call(self._masked("load", self.vector, kinds), [pointer, align, mask, other])

    def store(self, value: Any, pointer: Any, mask: Any) -> None:
        kinds = [self.vector, self.vector.as_pointer(), _LANE, self.mask_type]
        align = ir.Constant(_LANE, self.itemsize)
        self.builder.call(self._masked("store", ir.VoidType(), kinds), [value, pointer, align, mask])

    def opaque(self, pointer: Any) -> Any:
        """The same pointer, of which the compiler knows nothing: else it keeps one for each row, more than there are
        registers for, in place of one and the rows' offsets."""
        kind = ir.FunctionType(pointer.type, [pointer.type])
        return self.builder.call(ir.InlineAsm(kind, "", "=r,0"), [pointer])

    def least(self, a: Any, b: Any) -> Any:
        return self.builder.select(self.builder.icmp_signed("<", a, b), a, b)

    def rows(self, vectors: int, first: int, some: int) -> None:
        """The tile's rows first … first + some − 1, as far as there are so many."""
        b, w = self.builder, self.word
        flags = ("contract",)
        last = b.sub(w["count"], self.whole(1))
        offsets = []
        for t in range(first, first + some):
            at = b.add(w["table_at"], self.least(self.whole(t), last))
            offsets.append(b.fptosi(b.load(self.place("table", at)), _WORD))
        start = self.place("start", w["start_at"])
        sums = []
        for _ in range(some):
            for v in range(vectors):
                sums.append(cgutils.alloca_once(b, self.vector))
                b.store(b.load(self.vector_at(start, v), align=self.itemsize), sums[-1])
        with cgutils.for_range(b, w["n0"]) as outer:
            left = cgutils.alloca_once_value(b, self.place("a", b.add(w["a_at"], b.mul(outer.index, w["a0"]))))
            right = cgutils.alloca_once_value(b, self.place("y", b.add(w["y_at"], b.mul(outer.index, w["y0"]))))
            with cgutils.for_range(b, w["n1"]):
                a, y = self.opaque(b.load(left)), b.load(right)
                factors = [b.load(self.vector_at(y, v), align=self.itemsize) for v in range(vectors)]
                for t in range(some):
                    value = self.spread(b.load(b.gep(a, [offsets[t]])), self.vector)
                    for v in range(vectors):
                        total = sums[t * vectors + v]
                        product = b.fmul(value, factors[v], flags=flags)
                        b.store(b.fadd(b.load(total), product, flags=flags), total)
                b.store(b.gep(a, [w["a1"]]), left)
                b.store(b.gep(y, [w["y1"]]), right)
        masks = self.masks(vectors)
        for t in range(some):
            with b.if_then(b.icmp_signed("<", self.whole(first + t), w["count"])):
                at = b.add(w["c_at"], b.mul(self.whole(first + t), w["c_step"]))
                pointer = self.place("c", at)
                for v in range(vectors):
                    place, total = self.vector_at(pointer, v), b.load(sums[t * vectors + v])
                    with b.if_else(b.icmp_signed("!=", w["keep"], self.whole(0))) as (kept, fresh):
                        with kept:
                            self.store(b.fadd(self.load(place, masks[v]), total, flags=flags), place, masks[v])
                        with fresh:
                            self.store(total, place, masks[v])

    def lane_sums(self) -> None:
        """Four sums at a time, since each addition waits for the one before."""
        b, w = self.builder, self.word
        at = cgutils.alloca_once_value(b, self.place("y", w["y_at"]))
        sums = [cgutils.alloca_once_value(b, ir.Constant(self.vector, [0.0] * LANES)) for _ in range(4)]
        for count, some in ((b.sdiv(w["n"], self.whole(4)), 4), (b.srem(w["n"], self.whole(4)), 1)):
            with cgutils.for_range(b, count):
                for i in range(some):
                    y = b.load(at)
                    value = b.load(self.vector_at(y, 0), align=self.itemsize)
                    b.store(b.fadd(b.load(sums[i]), value), sums[i])
                    b.store(b.gep(y, [w["step"]]), at)
        first, second, third, fourth = map(b.load, sums)
        total = b.fadd(b.fadd(first, second), b.fadd(third, fourth))
        (mask,) = self.masks(1)
        place = self.vector_at(self.place("c", w["c_at"]), 0)
        self.store(b.fadd(self.load(place, mask), total), place, mask)


_NAMES = (
    "a", "a_at", "table", "table_at", "count", "y", "y_at", "n0", "a0", "y0", "n1", "a1", "y1", "start", "start_at", "keep", "c", "c_at", "c_step", "lanes",
)  # fmt: skip
_ARRAYS = ("a", "table", "y", "start", "c")


def _tile(vectors: int) -> Any:
    def typer(typing_context: Any, *kinds: Any) -> Any:
        given = [kind if name in _ARRAYS else types.intp for name, kind in zip(_NAMES, kinds, strict=True)]

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            emitter = _Emitter(context, builder, signature, args, _NAMES)
            some = _rows_at_once(vectors, emitter.itemsize)
            for first in range(0, ROWS, some):
                emitter.rows(vectors, first, some)
            return context.get_dummy_value()

        return types.void(*given), generate

    return typer


@intrinsic
def _tile_1(
    typing_context: Any, a: Any, a_at: Any, table: Any, table_at: Any, count: Any, y: Any, y_at: Any, n0: Any, a0: Any,
    y0: Any, n1: Any, a1: Any, y1: Any, start: Any, start_at: Any, keep: Any, c: Any,
    c_at: Any, c_step: Any, lanes: Any,
) -> Any:  # fmt: skip
    return _tile(1)(typing_context, a, a_at, table, table_at, count, y, y_at, n0, a0, y0, n1, a1, y1, start, start_at, keep, c, c_at, c_step, lanes)  # fmt: skip


@intrinsic
def _tile_2(
    typing_context: Any, a: Any, a_at: Any, table: Any, table_at: Any, count: Any, y: Any, y_at: Any, n0: Any, a0: Any,
    y0: Any, n1: Any, a1: Any, y1: Any, start: Any, start_at: Any, keep: Any, c: Any,
    c_at: Any, c_step: Any, lanes: Any,
) -> Any:  # fmt: skip
    return _tile(2)(typing_context, a, a_at, table, table_at, count, y, y_at, n0, a0, y0, n1, a1, y1, start, start_at, keep, c, c_at, c_step, lanes)  # fmt: skip


@intrinsic
def _tile_3(
    typing_context: Any, a: Any, a_at: Any, table: Any, table_at: Any, count: Any, y: Any, y_at: Any, n0: Any, a0: Any,
    y0: Any, n1: Any, a1: Any, y1: Any, start: Any, start_at: Any, keep: Any, c: Any,
    c_at: Any, c_step: Any, lanes: Any,
) -> Any:  # fmt: skip
    return _tile(3)(typing_context, a, a_at, table, table_at, count, y, y_at, n0, a0, y0, n1, a1, y1, start, start_at, keep, c, c_at, c_step, lanes)  # fmt: skip


@intrinsic
def _lane_sums(typing_context: Any, y: Any, y_at: Any, n: Any, step: Any, c: Any, c_at: Any, lanes: Any) -> Any:
    whole = types.intp
    signature = types.void(y, whole, whole, whole, c, whole, whole)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        names = ("y", "y_at", "n", "step", "c", "c_at", "lanes")
        _Emitter(context, builder, signature, args, names).lane_sums()
        return context.get_dummy_value()

    return signature, generate


def _plain_lane_sums(y: Any, y_at: int, n: int, step: int, c: Any, c_at: int, lanes: int) -> None:
    lanes = min(lanes, LANES)
    for i in range(n):
        c[c_at : c_at + lanes] += y[y_at + i * step : y_at + i * step + lanes]


def _plain(vectors: int) -> Any:
    def tile(
        a: Any, a_at: int, table: Any, table_at: int, count: int, y: Any, y_at: int, n0: int, a0: int, y0: int, n1: int,
        a1: int, y1: int, start: Any, start_at: int, keep: int, c: Any, c_at: int,
        c_step: int, lanes: int,
    ) -> None:  # fmt: skip
        i, j = np.ix_(np.arange(n0), np.arange(n1))
        left = (i * a0 + j * a1).ravel() + a_at
        right = (i * y0 + j * y1).ravel() + y_at
        lanes = min(lanes, vectors * LANES)
        a, y, c = a.reshape(-1), y.reshape(-1), c.reshape(-1)
        factor = y[right[:, None] + np.arange(lanes)]
        for t in range(min(count, ROWS)):
            total = start[start_at : start_at + lanes] + a[left + int(table[table_at + t])] @ factor
            out = c[c_at + t * c_step : c_at + t * c_step + lanes]
            out[:] = out + total if keep else total

    return tile


# tile_V(…): rows t = 0 … min(count, ROWS) − 1 of c, lanes f = 0 … min(lanes, V·LANES) − 1 of them:
#     c[c_at + t·c_step + f] (+)= start[start_at + f] + Σᵢⱼ a[a_at + table[table_at + t] + i·a0 + j·a1]
#                                                          · y[y_at + i·y0 + j·y1 + f]
# with i < n0, j < n1; added to c with ``keep``, one row after the other, so that rows may overlap.
# The table holds whole numbers in the arrays' own kind. y and start are read V·LANES entries wide: room is needed.
tile_1: Any = _tile_1 if JIT else _plain(1)
tile_2: Any = _tile_2 if JIT else _plain(2)
tile_3: Any = _tile_3 if JIT else _plain(3)
# lane_sums(y, y_at, n, step, c, c_at, lanes): c[c_at + f] += Σᵢ y[y_at + i·step + f] over i < n, f < min(lanes, LANES)
lane_sums: Any = _lane_sums if JIT else _plain_lane_sums
