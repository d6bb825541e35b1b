"""A tile of a sum of products kept in registers: what convolution needs and BLAS cannot do without copies.

The rows of its left factor may overlap and begin anywhere, as the patches of a picture do, so that nothing is gathered
first; and the loop over the sum turns on two levels, as over lines and columns.
"""

from typing import Any

import numpy as np
from llvmlite import binding, ir

from .compiler import cgutils, intrinsic, types
from .policy import JIT
from .vectors import LANES, WORD, Emitter

ROWS = 8  # of the left factor in one tile


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


class _Tile(Emitter):
    """The code of a tile."""

    def rows(self, vectors: int, first: int, some: int, pair: bool = False) -> None:
        """The tile's rows first … first + some − 1, as far as there are so many."""
        b, w = self.builder, self.word
        flags = ("contract",)
        last = b.sub(w["count"], self.whole(1))
        offsets = []
        for t in range(first, first + some):
            at = b.add(w["table_at"], self.least(self.whole(t), last))
            offsets.append(b.fptosi(b.load(self.place("table", at)), WORD))
        start = self.place("start", w["start_at"])
        sums = []
        for _ in range(some):
            for v in range(vectors):
                sums.append(cgutils.alloca_once(b, self.vector))
                b.store(b.load(self.vector_at(start, v), align=self.itemsize), sums[-1])
        if pair:
            numbers = ir.VectorType(WORD, LANES)
            half = self.spread(b.sdiv(w["lanes"], self.whole(2)), numbers)
            lane = ir.Constant(numbers, list(range(LANES)))
            sides = [b.icmp_signed("<", lane, half), b.icmp_signed(">=", lane, half)]
        with cgutils.for_range(b, w["n0"]) as outer:
            left = cgutils.alloca_once_value(b, self.place("a", b.add(w["a_at"], b.mul(outer.index, w["a0"]))))
            right = cgutils.alloca_once_value(b, self.place("y", b.add(w["y_at"], b.mul(outer.index, w["y0"]))))

            def inner(times: Any, mask: Any = None) -> None:
                with cgutils.for_range(b, times):
                    a, y = self.opaque(b.load(left)), b.load(right)
                    factors = [b.load(self.vector_at(y, v), align=self.itemsize) for v in range(vectors)]
                    for t in range(some):
                        value = self.spread(b.load(b.gep(a, [offsets[t]])), self.vector)
                        for v in range(vectors):
                            before = b.load(sums[t * vectors + v])
                            total = b.fadd(before, b.fmul(value, factors[v], flags=flags), flags=flags)
                            total = total if mask is None else b.select(mask, total, before)
                            b.store(total, sums[t * vectors + v])
                    b.store(b.gep(a, [w["a1"]]), left)
                    b.store(b.gep(y, [w["y1"]]), right)

            if pair:
                inner(w["edge"], sides[0])
                inner(b.sub(w["n1"], b.mul(w["edge"], self.whole(2))))
                inner(w["edge"], sides[1])
            else:
                inner(w["n1"])
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
    "a", "a_at", "table", "table_at", "count", "y", "y_at", "n0", "a0", "y0", "n1", "a1", "y1", "start", "start_at",
    "keep", "c", "c_at", "c_step", "lanes",
)  # fmt: skip


def _tile(vectors: int, *arrays: Any) -> Any:
    """What an intrinsic returns: its signature, and what writes its code."""
    given = iter(arrays)
    kinds = [next(given) if name in {"a", "table", "y", "start", "c"} else types.intp for name in _NAMES]

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        tile = _Tile(context, builder, signature, args, _NAMES)
        some = _rows_at_once(vectors, tile.itemsize)
        if some == ROWS and vectors > 1:
            few = builder.icmp_signed("<=", tile.word["count"], tile.whole(ROWS // 2))
            with builder.if_else(few) as (half, all_of_them):
                with half:
                    tile.rows(vectors, 0, ROWS // 2)
                with all_of_them:
                    tile.rows(vectors, 0, ROWS)
        else:
            for first in range(0, ROWS, some):
                tile.rows(vectors, first, some)
        return context.get_dummy_value()

    return types.void(*kinds), generate


@intrinsic
def _tile_1(
    typing_context: Any, a: Any, a_at: Any, table: Any, table_at: Any, count: Any, y: Any, y_at: Any, n0: Any, a0: Any,
    y0: Any, n1: Any, a1: Any, y1: Any, start: Any, start_at: Any, keep: Any, c: Any, c_at: Any, c_step: Any,
    lanes: Any,
) -> Any:  # fmt: skip
    return _tile(1, a, table, y, start, c)


@intrinsic
def _tile_2(
    typing_context: Any, a: Any, a_at: Any, table: Any, table_at: Any, count: Any, y: Any, y_at: Any, n0: Any, a0: Any,
    y0: Any, n1: Any, a1: Any, y1: Any, start: Any, start_at: Any, keep: Any, c: Any, c_at: Any, c_step: Any,
    lanes: Any,
) -> Any:  # fmt: skip
    return _tile(2, a, table, y, start, c)


@intrinsic
def _tile_3(
    typing_context: Any, a: Any, a_at: Any, table: Any, table_at: Any, count: Any, y: Any, y_at: Any, n0: Any, a0: Any,
    y0: Any, n1: Any, a1: Any, y1: Any, start: Any, start_at: Any, keep: Any, c: Any, c_at: Any, c_step: Any,
    lanes: Any,
) -> Any:  # fmt: skip
    return _tile(3, a, table, y, start, c)


@intrinsic
def _lane_sums(typing_context: Any, y: Any, y_at: Any, n: Any, step: Any, c: Any, c_at: Any, lanes: Any) -> Any:
    whole = types.intp
    signature = types.void(y, whole, whole, whole, c, whole, whole)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        names = ("y", "y_at", "n", "step", "c", "c_at", "lanes")
        _Tile(context, builder, signature, args, names).lane_sums()
        return context.get_dummy_value()

    return signature, generate


def _plain_lane_sums(y: Any, y_at: int, n: int, step: int, c: Any, c_at: int, lanes: int) -> None:
    lanes = min(lanes, LANES)
    for i in range(n):
        c[c_at : c_at + lanes] += y[y_at + i * step : y_at + i * step + lanes]


@intrinsic
def _tile_pair(
    typing_context: Any, a: Any, a_at: Any, table: Any, table_at: Any, count: Any, y: Any, y_at: Any, n0: Any, a0: Any,
    y0: Any, n1: Any, a1: Any, y1: Any, start: Any, start_at: Any, keep: Any, c: Any, c_at: Any, c_step: Any,
    lanes: Any, edge: Any,
) -> Any:  # fmt: skip
    signature, _ = _tile(1, a, table, y, start, c)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        tile = _Tile(context, builder, signature, args, (*_NAMES, "edge"))
        some = _rows_at_once(1, tile.itemsize)
        for first in range(0, ROWS, some):
            tile.rows(1, first, some, pair=True)
        return context.get_dummy_value()

    return types.void(*signature.args, types.intp), generate


def _plain_pair(
    a: Any, a_at: int, table: Any, table_at: int, count: int, y: Any, y_at: int, n0: int, a0: int, y0: int, n1: int,
    a1: int, y1: int, start: Any, start_at: int, keep: int, c: Any, c_at: int, c_step: int, lanes: int, edge: int,
) -> None:  # fmt: skip
    half, tile = lanes // 2, _plain(1)
    for side in (0, 1):
        first, skip = side * half, side * edge
        tile(a, a_at + skip * a1, table, table_at, count, y, y_at + skip * y1 + first, n0, a0, y0, n1 - edge, a1, y1,
             start, start_at + first, keep, c, c_at + first, c_step, half)  # fmt: skip


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
# tile_pair(…, edge): as tile_1 for two neighbours side by side, the lower and the upper half of the lanes. The first
#     does not see the last ``edge`` of the n1 left factors, the second not the first; what stands in y there is unused.
tile_pair: Any = _tile_pair if JIT else _plain_pair
# lane_sums(y, y_at, n, step, c, c_at, lanes): c[c_at + f] += Σᵢ y[y_at + i·step + f] over i < n, f < min(lanes, LANES)
lane_sums: Any = _lane_sums if JIT else _plain_lane_sums
