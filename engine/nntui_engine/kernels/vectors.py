"""Code for vectors of numbers, written out: what loops that turn few times, or that hold many sums at once, need.

Sixteen numbers at a time on every machine; the compiler splits them where its registers are shorter. The last vector of
a row is loaded and stored through a mask of the lanes there are.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from .compiler import cgutils, make_array, types

LANES = 16
WORD = ir.IntType(64)
_BIT, _LANE = ir.IntType(1), ir.IntType(32)


class Emitter:
    """The words of an intrinsic's call by name, the addresses of its arrays, vectors in and out of them."""

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
        return ir.Constant(WORD, value)

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
        numbers = ir.VectorType(WORD, LANES)
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
